"""What a report is about, read once from the model, the diagnosis and the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from sklearn.base import is_regressor

from ..core.errors import InputError, InputTypeError
from ..diagnosis import Diagnoses, Diagnosis
from .words import Metric, decimals_for, is_number, metric_of, network_name

TARGET_ONLY, SCRATCH, SOURCE_ONLY = "target only", "from scratch", "source only"
UNNAMED = "the target"


@dataclass(frozen=True)
class Facts:
    """Everything that the page and the card say, in one place."""

    model: str
    task: str
    policy: str | None
    classes: tuple[str, ...]
    target: str
    sources: tuple[str, ...]
    n_target: int | None
    n_source: int
    verdict: Any
    note: str
    n_folds: int
    metric: Metric
    decimals: int
    board: pd.DataFrame
    curve: pd.DataFrame
    diagnoses: tuple[Diagnosis, ...]
    run: Mapping[str, Any]
    against: Mapping[str, float]
    networks: bool = False
    backbone: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def alone(self) -> str:
        """What the gain is measured against."""
        return SCRATCH if self.networks else TARGET_ONLY

    @property
    def with_it(self) -> str:
        """What is measured against it."""
        return "with transfer" if self.networks else "with source"

    @property
    def donors(self) -> tuple[str, ...]:
        """What is transferred from: the sources, and the pretrained network."""
        return (*self.sources, *([self.backbone] if self.backbone else []))

    @property
    def source(self) -> str:
        """The source's name, or how many sources there are."""
        return self.sources[0] if len(self.sources) == 1 else f"{len(self.sources)} sources"

    @property
    def has_gain(self) -> bool:
        """Whether there is a verdict with a gain to draw."""
        return self.verdict is not None and is_number(self.verdict.gain)

    @property
    def beyond(self) -> bool:
        """Whether an interval reaches scores that the metric cannot have."""
        if not self.has_gain:
            return False
        base, ends = (
            self.verdict.baseline_score,
            [*self.verdict.interval, *self.board["gain_low"], *self.board["gain_high"]],
        )
        known = [base + e for e in ends if is_number(e)]
        return any(s < self.metric.lowest - 1e-9 or s > self.metric.highest + 1e-9 for s in known)

    @property
    def leaks(self) -> bool:
        """Whether target rows stand in a source too, so that scores are too good."""
        return any(d.duplicates is not None and d.duplicates.leak for d in self.diagnoses)

    @property
    def fell_back(self) -> bool:
        """Whether policy "strict" handed over target only, since help was not shown."""
        return self.policy == "strict" and self.verdict is not None and self.verdict.decision != "helps"

    @property
    def has_labels(self) -> bool:
        """Whether the target had labels to judge by."""
        return self.verdict is not None or self.n_source == 0 or bool(self.board["score"].notna().any())

    @property
    def weight_from_source(self) -> float | None:
        """Share of the model's weight that lies on candidates that learn from the source."""
        weights = self.board["weight"].fillna(0.0) if len(self.board) else pd.Series(dtype=float)
        if not len(weights) or weights.sum() <= 0:
            return None
        return float(weights[learns_from_source(self.board)].sum() / weights.sum())


def learns_from_source(board: pd.DataFrame) -> pd.Series:
    """Which candidates see source rows, or start from a pretrained network: all but those called target only.

    Among networks the candidate without transfer is a baseline that has any name, and the source's network is none.
    """
    names = board["candidate"].astype(str)
    alone = names.str.startswith(TARGET_ONLY)
    if names.str.startswith(SCRATCH).any():
        alone |= (board["kind"] == "baseline") & (names != SOURCE_ONLY)
    return ~alone


def read_facts(model: Any, diagnosis: Any, run: Mapping[str, Any] | None) -> Facts:
    """Gather the facts; a model that is not fitted, or not one with a verdict, is refused."""
    if not hasattr(model, "verdict_"):
        fitted = hasattr(model, "fit")
        raise (InputError if fitted else InputTypeError)(
            f"the model is a {type(model).__name__} without verdict_; expected a fitted hs.TransferClassifier or "
            "hs.TransferRegressor: call fit before writing a report"
        )
    run = dict(run or {})
    diagnoses = _diagnoses(diagnosis)
    verdict = model.verdict_
    board = _table(
        model,
        "leaderboard_",
        ("candidate", "kind", "score", "gain", "gain_low", "gain_high", "p_harm", "weight", "seconds", "note"),
    )
    curve = _table(model, "learning_curve_", ("n_labels", "target_only"))
    metric = metric_of(verdict.metric if verdict else getattr(model, "metric_", "score"))
    most = metric.largest_gain
    board[["gain_low", "gain_high"]] = board[["gain_low", "gain_high"]].astype(float).clip(-most, most)
    if verdict is not None:
        verdict = replace(
            verdict,
            interval=_within(verdict.interval, most),
            pooling_interval=_within(verdict.pooling_interval, most),
        )
    sizes = [verdict.gain, *verdict.interval] if verdict else board["score"].tolist()
    n_target = verdict.n_target if verdict else _first(diagnoses, "n_target", None)
    given = run.get("source_models") or [{"name": name} for name in getattr(model, "source_names_", ())]
    named = tuple(_name(s) for s in run.get("sources") or given or [d.source for d in diagnoses])
    n_source = int(getattr(model, "n_source_", 0) or 0)
    return Facts(
        model=type(model).__name__,
        task="regression" if is_regressor(model) else "classification",
        policy=getattr(model, "policy", None),
        classes=tuple(str(c) for c in getattr(model, "classes_", ())),
        target=_name(run["target"]) if run.get("target") else _first(diagnoses, "target", UNNAMED),
        sources=named if named or not n_source else ("the source",),
        n_target=None if n_target is None else int(n_target),
        n_source=n_source,
        verdict=verdict,
        note=str(getattr(model, "verdict_note_", "") or ""),
        left_out=_left_out(getattr(model, "sources_", None)),
        n_folds=int(getattr(model, "n_folds_", 0) or 0),
        metric=metric,
        decimals=decimals_for(metric, *sizes),
        board=board,
        curve=curve,
        diagnoses=diagnoses,
        run=run,
        against=_against(model, diagnoses),
        networks=hasattr(model, "curves_"),
        backbone=_backbone(getattr(model, "backbone", None)),
    )


def _left_out(sources: Any) -> tuple[str, ...]:
    """The sources that the model does not use, by name."""
    if sources is None or not len(sources):
        return ()
    return tuple(str(name) for name in sources.loc[~sources["used"].astype(bool), "source"])


def _backbone(given: Any) -> str:
    """The name of what a search among networks started from; nothing where it had no backbone."""
    if given is None:
        return ""
    name = given if isinstance(given, str) else getattr(given, "name", "") or getattr(given, "__name__", "")
    return network_name(str(name or type(given).__name__))


def _against(model: Any, diagnoses: tuple[Diagnosis, ...]) -> dict[str, float]:
    """Sources that rank target rows the wrong way round, with their AUC: those that the model or a diagnosis names."""
    found = {d.source: d.concept.source_model_on_target for d in diagnoses if d.concept.runs_against}
    told = {name: float(value[0]) for name, value in found.items() if value is not None}
    return {**told, **(getattr(model, "against_", None) or {})}


def _within(interval: tuple[float, float], most: float) -> tuple[float, float]:
    """An interval cut where no difference of two scores can lie; ends that are not known stay so."""
    low, high = (min(max(v, -most), most) if v == v else v for v in interval)
    return low, high


def _diagnoses(diagnosis: Any) -> tuple[Diagnosis, ...]:
    if diagnosis is None:
        return ()
    if isinstance(diagnosis, Diagnosis):
        return (diagnosis,)
    if isinstance(diagnosis, Diagnoses):
        return diagnosis.diagnoses
    raise InputTypeError(f"diagnosis is of type {type(diagnosis).__name__}; expected what hs.diagnose returns, or None")


def _first(diagnoses: tuple[Diagnosis, ...], name: str, otherwise: Any) -> Any:
    return getattr(diagnoses[0], name) if diagnoses else otherwise


def _table(model: Any, name: str, columns: tuple[str, ...]) -> pd.DataFrame:
    """A fitted table with at least the columns that a report reads; empty where the model has none."""
    table = getattr(model, name, None)
    if table is None:
        words = ("candidate", "kind", "note")
        return pd.DataFrame({c: pd.Series(dtype=object if c in words else float) for c in columns})
    return table.reindex(columns=[*table.columns, *(c for c in columns if c not in table.columns)])


def _name(record: Any) -> str:
    """The name of a table in ``run.json``, which records it with its file, or by name alone."""
    return str(record["name"] if isinstance(record, Mapping) else record)
