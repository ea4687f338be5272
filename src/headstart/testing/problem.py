"""The small transfer problem that every check uses, and what an estimator makes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier, is_regressor

from ..core.domain import Domain

COLUMNS = ("age", "weight", "height", "pulse")


@dataclass(frozen=True)
class Problem:
    """A target, a source and new target rows, all with the same four columns.

    Attributes
    ----------
    X, y : ndarray of shape (n_target, 4) and (n_target,)
        The labelled target rows.
    Xs, ys : ndarray of shape (n_source, 4) and (n_source,)
        The source rows.
    X_new : ndarray of shape (n_new, 4)
        Target rows to predict.
    """

    X: np.ndarray
    y: np.ndarray
    Xs: np.ndarray
    ys: np.ndarray
    X_new: np.ndarray

    @property
    def source(self) -> Domain:
        """The source rows as a domain."""
        return Domain(self.Xs, self.ys, name="source")

    def relabel(self, *labels: Any) -> Problem:
        """The same problem with other labels for the classes 0, 1, ..."""
        names = np.asarray(labels)
        return replace(self, y=names[self.y], ys=names[self.ys])

    def frame(self, X: np.ndarray) -> pd.DataFrame:
        """Rows as a DataFrame with named columns."""
        return pd.DataFrame(X, columns=list(COLUMNS))


def make_problem(task: str = "classification", *, n_target: int = 36, n_source: int = 50) -> Problem:
    """Make the problem: the source's rows are shifted, its labels follow nearly the same rule.

    All numbers are multiples of 1/64, so that they survive a turn into float32 and back unchanged.

    Parameters
    ----------
    task : {"classification", "regression"}, default="classification"
        Two classes 0 and 1, or real numbers.
    n_target, n_source : int, default=36 and 50
        Number of rows. Checks of cross-validation make them equal on purpose.

    Returns
    -------
    Problem

    Examples
    --------
    >>> import headstart as hs
    >>> hs.testing.make_problem().source
    Domain('source', 50 rows, 4 columns, labels)
    """
    rng = np.random.default_rng(20)
    rule, rule_of_source = np.array([1.0, -1.0, 0.5, 0.0]), np.array([1.0, -0.8, 0.4, 0.2])

    def rows(n: int, shift: float) -> np.ndarray:
        return np.round((rng.standard_normal((n, 4)) + shift) * 64) / 64

    def labels(X: np.ndarray, rule: np.ndarray) -> np.ndarray:
        level = X @ rule + rng.normal(scale=0.5, size=len(X))
        return (level > np.median(level)).astype(int) if task == "classification" else np.round(level * 64) / 64

    X, Xs = rows(n_target, 0.0), rows(n_source, 0.5)
    return Problem(X, labels(X, rule), Xs, labels(Xs, rule_of_source), rows(15, 0.0))


def task_of(estimator: Any) -> str:
    """The task to check an estimator on; those without a task of their own see classes."""
    return "regression" if is_regressor(estimator) else "classification"


def fresh(estimator: Any) -> Any:
    """An unfitted copy whose randomness, if it has any, is fixed."""
    copy = clone(estimator)
    seeds = {key: 0 for key in copy.get_params(deep=True) if key.split("__")[-1] == "random_state"}
    return copy.set_params(**seeds)


def outcome(fitted: Any, problem: Problem, *, as_frame: bool = False) -> dict[str, np.ndarray]:
    """All that a fitted estimator says: weights of source rows, mapped rows, predictions, probabilities."""
    X_new, Xs = problem.X_new, problem.Xs
    if as_frame:
        X_new, Xs = problem.frame(X_new), problem.frame(Xs)
    found: dict[str, Any] = {}
    if hasattr(fitted, "source_weight_"):
        found["source_weight_"] = fitted.source_weight_
    if hasattr(fitted, "predict"):
        found["predict"] = fitted.predict(X_new)
    if hasattr(fitted, "predict_proba"):
        found["predict_proba"] = fitted.predict_proba(X_new)
    if hasattr(fitted, "transform"):
        found["transform"] = fitted.transform(X_new)
    if hasattr(fitted, "transform_source") and fitted.n_source_:
        found["transform_source"] = fitted.transform_source(Xs)
    if not found:
        raise AssertionError(
            f"a fitted {type(fitted).__name__} has none of predict, transform and source_weight_; expected at least one"
        )
    return {key: np.asarray(_dense(value)) for key, value in found.items()}


def _dense(value: Any) -> Any:
    return value.toarray() if hasattr(value, "toarray") else value


def assert_same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray], *, when: str, tol: float = 1e-7) -> None:
    """Raise where two outcomes differ, and say in what."""
    if found.keys() != expected.keys():
        raise AssertionError(f"{when}: the outcome has {sorted(found)}; expected {sorted(expected)}")
    for key, value in expected.items():
        if value.dtype.kind in "fiu" and found[key].dtype.kind in "fiu":
            same = found[key].shape == value.shape and np.allclose(
                found[key], value, rtol=tol, atol=tol, equal_nan=True
            )
        else:
            same = np.array_equal(found[key], value)
        if not same:
            raise AssertionError(f"{when}: {key} differs; found {found[key][:3]!r} ..., expected {value[:3]!r} ...")


def gives_probabilities(estimator: Any) -> bool:
    """Whether the estimator is a classifier with ``predict_proba``."""
    return is_classifier(estimator) and hasattr(estimator, "predict_proba")
