"""What the classifier and the regressor of linear transfer have in common: reading, detecting, fitting."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from ..core.base import TransferData, TransferEstimator, stack_rows
from ..core.errors import InputError
from ..numeric.rotated import column_scale
from ._linear_detect import detect_by_models, detect_by_rows, plain_fit
from ._linear_fit import Settings, fit_target
from ._linear_source import SourceLinear, read_models
from .given_models import refuse_both

FORMS = ("l2", "offset", "elastic")


class LinearTransfer(TransferEstimator):
    """Base of both; the public classes say what each parameter means."""

    _task: str

    def __init__(
        self,
        form: str = "l2",
        *,
        source_model: Any = None,
        strength: float | None = None,
        l1_ratio: float = 0.5,
        slope_penalty: float = 1.0,
        detect: bool | str = "auto",
        threshold: float = 2.0,
        random_state: Any = None,
    ) -> None:
        self.form = form
        self.source_model = source_model
        self.strength = strength
        self.l1_ratio = l1_ratio
        self.slope_penalty = slope_penalty
        self.detect = detect
        self.threshold = threshold
        self.random_state = random_state

    def fit(self, X: Any, y: Any, *, source: Any = None, unlabeled: Any = None) -> Any:
        """Fit or read the source models, drop the sources that do not help, and fit the target.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_target, n_features)
            Target rows.
        y : array-like of shape (n_target,)
            Target labels.
        source : Domain or Sources, default=None
            The labelled source. None: ``source_model``, or, without one, a penalised linear model of the target alone.
        unlabeled : Domain, default=None
            Target rows without labels. They help to tell in which units the columns are penalised.
        """
        how = self._settings()
        refuse_both(source, self.source_model)
        data = self._read(X, y, source, unlabeled, task=self._task, sparse=True)
        if data.y is None:
            raise InputError(
                f"the target y is None; {type(self).__name__} learns how the target differs from the source, which "
                "needs target labels: pass them, or use hs.SourceOnly"
            )
        models: list[SourceLinear] = []
        if self.source_model is not None:
            models = read_models(
                self.source_model,
                task=self._task,
                n_columns=self.n_features_in_,
                columns=getattr(self, "feature_names_in_", None),
                y=data.y,
            )
        classes = self._all_classes(data, models)
        kept, self.detection_ = self._detect(data, models, how)
        self.transferable_ = kept
        self._scale = column_scale(data.target_rows)[1]
        if not kept.any() and (classes is None or np.isin(classes, data.y).all()):
            self._keep_alone(plain_fit(data.X, data.y, how, "target", rule="least"))
            return self
        sources = self._sources(data, models, kept, how)
        trusted = self.detection_ is not None
        found = fit_target(data.X, data.y, sources, classes, self._scale, how, trusted=trusted)
        self.toward_ = found.toward if kept.any() else "zero"
        self.slope_ = found.slope
        self.strength_ = found.strength
        self._keep(found.coef, found.intercept, found.source_coef, found.source_intercept)
        return self

    def _settings(self) -> Settings:
        if self.form not in FORMS:
            raise InputError(f"form={self.form!r}; expected 'l2', 'offset' or 'elastic'")
        for name in ("slope_penalty", "threshold"):
            value = getattr(self, name)
            if not _is_number(value) or not 0 < value < np.inf:
                raise InputError(f"{name}={value!r}; expected a number above 0")
        if self.strength is not None and not (_is_number(self.strength) and 0 < self.strength < np.inf):
            raise InputError(f"strength={self.strength!r}; expected a number above 0, or None to have it chosen")
        if not _is_number(self.l1_ratio) or not 0 < self.l1_ratio <= 1:
            raise InputError(
                f"l1_ratio={self.l1_ratio!r}; expected a number above 0 and at most 1: without an L1 part use form='l2'"
            )
        if self.detect not in (True, False, "auto"):
            raise InputError(f"detect={self.detect!r}; expected True, False or 'auto'")
        strength = None if self.strength is None else float(self.strength)
        return Settings(self._task, self.form, strength, float(self.l1_ratio), float(self.slope_penalty))

    def _detect(self, data: TransferData, models: list[SourceLinear], how: Settings) -> tuple[np.ndarray, Any]:
        n_sources = len(models) or len(data.names)
        wanted = n_sources > 1 if self.detect == "auto" else self.detect and n_sources > 0
        if not wanted:
            return np.ones(n_sources, dtype=bool), None
        rng = np.random.default_rng(self._seed())
        if models:
            return detect_by_models(data, models, how, float(self.threshold), rng)
        return detect_by_rows(data, how, float(self.threshold), rng)

    def _seed(self) -> Any:
        if isinstance(self.random_state, np.random.RandomState):
            return self.random_state.randint(2**31)
        return self.random_state

    def _sources(
        self, data: TransferData, models: list[SourceLinear], kept: np.ndarray, how: Settings
    ) -> list[SourceLinear]:
        """What the target is shrunk towards: with rows, one model of all kept; of the offset form one of each."""
        if models or not kept.any():
            return [m for m, k in zip(models, kept, strict=True) if k] if models else []
        blocks = data.source_blocks()
        rows = [(blocks[k], data.ys[data.domain_of == k], data.names[k]) for k in np.flatnonzero(kept)]
        free = Settings(how.task, how.form, None, how.l1_ratio, how.slope_penalty)
        if self.form == "offset":
            return [plain_fit(X, y, free, name) for X, y, name in rows]
        if self.form == "elastic":
            rows.insert(0, (data.X, data.y, "target"))
        X = rows[0][0] if len(rows) == 1 else stack_rows(*(r[0] for r in rows))
        return [plain_fit(X, np.concatenate([r[1] for r in rows]), free, "sources")]

    def _keep_alone(self, found: SourceLinear) -> None:
        """The target-only model."""
        self.toward_, self.slope_, self.strength_ = "zero", np.zeros(0), found.strength
        self._keep(found.coef, found.intercept, np.zeros_like(found.coef), np.zeros_like(found.intercept))

    def _keep(self, coef: Any, intercept: Any, source_coef: Any, source_intercept: Any) -> None:
        self.coef_, self.intercept_ = coef, intercept
        self.source_coef_, self.source_intercept_ = source_coef, source_intercept

    def _all_classes(self, data: TransferData, models: list[SourceLinear]) -> np.ndarray | None:
        return None

    @property
    def carried_(self) -> pd.DataFrame:
        """What was carried over, coefficient by coefficient, the one that moved furthest first."""
        check_is_fitted(self, "coef_")
        columns = getattr(self, "feature_names_in_", [f"x{j}" for j in range(self.n_features_in_)])
        coef, source = np.atleast_2d(self.coef_), np.atleast_2d(self.source_coef_)
        frame: dict[str, Any] = {"column": np.tile(np.asarray(columns, dtype=object), len(coef))}
        if self._task == "classification":
            classes = self.classes_[-len(coef) :]
            frame["class"] = np.repeat(classes, coef.shape[1])
        frame |= {"source": source.ravel(), "target": coef.ravel(), "moved": ((coef - source) * self._scale).ravel()}
        table = pd.DataFrame(frame)
        return table.iloc[np.argsort(-np.abs(table["moved"].to_numpy()), kind="stable")].reset_index(drop=True)

    def _output(self, X: Any) -> np.ndarray:
        check_is_fitted(self, "coef_")
        rows = self._read_new(X, sparse=True)
        return np.asarray(rows @ np.atleast_2d(self.coef_).T) + self.intercept_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, (bool, np.bool_))
