"""What ``fit`` prints at its end."""

from __future__ import annotations

import math
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from .. import run_folder as rf
from ..diagnosis.concept import AGAINST
from ..report.words import metric_of
from .job import Result, verdict_record
from .voice import Voice, plain

STYLES = {"helps": "bold green", "hurts": "bold red", "undetermined": "bold yellow"}


def summarise(result: Result, voice: Voice) -> None:
    """The verdict, the head of the leaderboard, and where everything lies."""
    record = verdict_record(result.model)
    voice.lay_out(verdict_text(record))
    # A search among networks has no diagnosis, and looks for these rows itself.
    leaks = leaking(result.diagnosis) or list(getattr(result.model, "leaks_", ()))
    if leaks:
        voice.lay_out(f"But do not trust these scores: rows of the target stand in {', '.join(leaks)} too.")
    against = _against(result)
    for name, auc in against.items():
        voice.lay_out(f"The model of {name} has an AUC of {auc:.2f} on target rows, where 0.5 is guessing: {AGAINST}")
    sources = getattr(result.model, "sources_", None)
    for sentence in _left_out(sources):
        voice.lay_out(sentence)
    shown, hidden = head(result.model.leaderboard_)
    voice.lay_out(board(shown, most=metric_of(getattr(result.model, "metric_", "score")).largest_gain))
    if _known(record.get("baseline_score")):
        voice.lay_out(
            "Gains of the table are over the best single one without transfer, chosen anew in each fold; the model's "
            f"is over {record['baseline']}, the best that was made without transfer: {record['baseline_score']:.3f}."
        )
    if hidden:
        voice.show(f"{hidden} more in {result.folder / rf.LEADERBOARD}")
    voice.show()
    voice.show(f"report  {result.folder / rf.REPORT}")
    new = "NEW_FOLDER" if result.run.get("holds") == "images" and not result.run.get("column") else "NEW.csv"
    voice.show(f"model   {result.folder / rf.MODEL}   (headstart predict --run {result.folder} --target {new})")
    voice.give(
        {
            "verdict": record,
            "leaderboard": plain(result.model.leaderboard_.to_dict("records")),
            "sources": [] if sources is None else plain(sources.to_dict("records")),
            "leaks": leaks,
            "against": against,
            "setting": _setting(result.diagnosis),
            "run": str(result.folder),
            "files": {name: str(result.folder / name) for name in _files() if (result.folder / name).exists()},
        }
    )


def leaking(diagnosis: Any) -> list[str]:
    """The sources that hold rows of the target, by which scores are too good."""
    found = getattr(diagnosis, "diagnoses", (diagnosis,))
    return [d.source for d in found if getattr(getattr(d, "duplicates", None), "leak", False)]


def _left_out(sources: Any) -> list[str]:
    """The sources that the model does not use, in a sentence."""
    from ..choose.source_rows import left_out

    told = "" if sources is None or not len(sources) else left_out(sources)
    return [f"{told[:1].upper()}{told[1:]}."] if told else []


def _against(result: Result) -> dict[str, float]:
    """Sources whose models rank target rows the wrong way round, with their AUC."""
    diagnoses = getattr(result.diagnosis, "diagnoses", (result.diagnosis,))
    concepts = {d.source: d.concept for d in diagnoses if getattr(getattr(d, "concept", None), "runs_against", False)}
    told = {name: c.source_model_on_target[0] for name, c in concepts.items()}
    return {**told, **(getattr(result.model, "against_", None) or {})}


def _files() -> tuple[str, ...]:
    return (
        rf.MODEL,
        rf.VERDICT,
        rf.LEADERBOARD,
        rf.CURVES,
        rf.LAYERS,
        rf.DIAGNOSIS,
        rf.SPACES,
        rf.REPORT,
        rf.CARD,
        rf.RUN,
    )


def _setting(diagnosis: Any) -> Any:
    if diagnosis is None:
        return None
    found = plain(diagnosis.to_dict())
    return found.get("setting") or {name: d.get("setting") for name, d in found.items() if isinstance(d, dict)}


def verdict_text(record: dict[str, Any]) -> Text:
    """The verdict in one sentence, its first word in its colour."""
    decision = record.get("decision")
    if decision is None:
        return Text.assemble(("No verdict: ", "bold"), record["sentence"])
    start, mark, rest = record["sentence"].partition(":")
    return Text.assemble((start + mark, STYLES.get(decision, "bold")), rest)


def head(leaderboard: Any, *, baselines: int = 3, transfers: int = 5) -> tuple[Any, int]:
    """The best baselines and the best of the others, and how many rows are left out."""
    is_baseline, is_source = leaderboard["kind"] == "baseline", leaderboard["kind"] == "source"
    is_other = ~is_baseline & ~is_source
    shown = leaderboard[
        (is_baseline & (is_baseline.cumsum() <= baselines)) | (is_other & (is_other.cumsum() <= transfers))
    ]
    return shown, len(leaderboard) - len(shown)


def board(leaderboard: Any, *, most: float = math.inf) -> Table:
    """The leaderboard as a table, in its own order; intervals are cut at ``most``, the largest gain that can be."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("candidate", overflow="fold", ratio=1)
    for name in ("score", "gain", "90% interval", "weight"):
        table.add_column(name, justify="right", no_wrap=True)
    for _, row in leaderboard.iterrows():
        low, high = (min(max(row.get(name, math.nan), -most), most) for name in ("gain_low", "gain_high"))
        between = (
            f"{_number(low, sign=True)} to {_number(high, sign=True)}"
            if _known(low) and _known(high) and low < high
            else ""
        )
        table.add_row(
            str(row["candidate"]),
            _number(row["score"]),
            _number(row.get("gain"), sign=True),
            between,
            f"{row['weight']:.0%}" if _known(row.get("weight")) else "",
        )
    return table


def _known(value: Any) -> bool:
    return value is not None and isinstance(value, (int, float)) and math.isfinite(value)


def _number(value: Any, *, sign: bool = False) -> str:
    if not _known(value):
        return ""
    return f"{value:+.3f}" if sign else f"{value:.3f}"
