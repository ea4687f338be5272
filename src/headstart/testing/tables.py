"""Checks of tables: columns are told by name, never by luck; the layout in memory plays no part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.domain import Domain
from .problem import COLUMNS, assert_same, fresh, make_problem, outcome, task_of

OTHER_ORDER = [COLUMNS[2], COLUMNS[0], COLUMNS[3], COLUMNS[1]]


def source_columns_are_matched_by_name(estimator: Any) -> None:
    """A source DataFrame with its columns in another order gives the same result."""
    problem = make_problem(task_of(estimator))
    X, Xs = problem.frame(problem.X), problem.frame(problem.Xs)
    expected = fresh(estimator).fit(X, problem.y, source=Domain(Xs, problem.ys))
    found = fresh(estimator).fit(X, problem.y, source=Domain(Xs[OTHER_ORDER], problem.ys))
    when = "with the source's columns in another order"
    assert_same(outcome(found, problem, as_frame=True), outcome(expected, problem, as_frame=True), when=when)


def columns_in_another_order_are_refused(estimator: Any) -> None:
    """New rows whose columns stand in another order than in ``fit`` raise, instead of being mistaken."""
    problem = make_problem(task_of(estimator))
    fitted = fresh(estimator).fit(problem.frame(problem.X), problem.y, source=problem_source(problem))
    for name, method in _methods(fitted):
        _raises(method, problem.frame(problem.X_new)[OTHER_ORDER], f"{name} accepted columns in another order")


def problem_source(problem: Any) -> Domain:
    """The source as a DataFrame with named columns."""
    return Domain(problem.frame(problem.Xs), problem.ys, name="source")


def wrong_number_of_columns_is_refused(estimator: Any) -> None:
    """New rows with one column less raise ValueError, and the message says how many were expected."""
    problem = make_problem(task_of(estimator))
    fitted = fresh(estimator).fit(problem.X, problem.y, source=problem.source)
    assert fitted.n_features_in_ == 4, f"n_features_in_ is {fitted.n_features_in_}; expected 4"
    for name, method in _methods(fitted):
        text = _raises(method, problem.X_new[:, :3], f"{name} accepted 3 columns where fit had 4")
        assert "3" in text and "4" in text, f"{name} refuses 3 columns with {text!r}; expected both numbers in it"


def _methods(fitted: Any) -> list[tuple[str, Callable[[Any], Any]]]:
    names = ("predict", "predict_proba", "transform", "transform_source")
    return [(name, getattr(fitted, name)) for name in names if hasattr(fitted, name)]


def _raises(method: Callable[[Any], Any], X: Any, otherwise: str) -> str:
    try:
        method(X)
    except ValueError as error:
        return str(error)
    raise AssertionError(f"{otherwise}; expected ValueError")


def memory_layout_plays_no_part(estimator: Any) -> None:
    """float32 and column-major arrays give the same result as float64 row by row."""
    problem = make_problem(task_of(estimator))
    expected = outcome(fresh(estimator).fit(problem.X, problem.y, source=problem.source), problem)
    for name, turn in (("float32", _single), ("column-major", np.asfortranarray), ("strided", _strided)):
        fitted = fresh(estimator).fit(turn(problem.X), problem.y, source=Domain(turn(problem.Xs), problem.ys))
        assert_same(outcome(fitted, problem), expected, when=f"with {name} rows", tol=1e-6)


def _single(X: np.ndarray) -> np.ndarray:
    return X.astype(np.float32)


def _strided(X: np.ndarray) -> np.ndarray:
    return np.repeat(X, 2, axis=0)[::2]


def polars_frames_are_read(estimator: Any) -> None:
    """polars frames give the same result as pandas frames (where polars is installed)."""
    try:
        import polars
    except ImportError:
        return
    problem = make_problem(task_of(estimator))
    X, Xs = (polars.DataFrame(rows, schema=list(COLUMNS)) for rows in (problem.X, problem.Xs))
    found = fresh(estimator).fit(X, problem.y, source=Domain(Xs, problem.ys))
    expected = fresh(estimator).fit(problem.frame(problem.X), problem.y, source=problem_source(problem))
    when = "with polars frames, against pandas frames"
    assert_same(outcome(found, problem, as_frame=True), outcome(expected, problem, as_frame=True), when=when)
