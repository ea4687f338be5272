"""Checks of how an estimator reads its source: as a Domain or Sources, or not at all."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import clone

from ..core.domain import Domain, Sources
from ..core.errors import HeadstartError, HeadstartWarning, InputError, InputTypeError
from .problem import Problem, assert_same, fresh, make_problem, outcome, task_of


def bare_arrays_are_refused(estimator: Any) -> None:
    """Anything that cross-validation could slice is refused as ``source=`` and ``unlabeled=``, with the mend."""
    problem = make_problem(task_of(estimator))
    pair = (problem.Xs, problem.ys)
    for odd in (problem.Xs, list(pair), pair, problem.frame(problem.Xs), [problem.source], "source.csv"):
        _refused(estimator, problem, "hs.Domain" if not _holds_domain(odd) else "hs.Sources", source=odd)
    _refused(estimator, problem, "hs.Domain", source=problem.source, unlabeled=problem.X_new)


def _holds_domain(value: Any) -> bool:
    return isinstance(value, list) and isinstance(value[0], Domain)


def _refused(estimator: Any, problem: Problem, mend: str, **passed: Any) -> None:
    given = {key: type(value).__name__ for key, value in passed.items()}
    try:
        fresh(estimator).fit(problem.X, problem.y, **passed)
    except InputTypeError as error:
        assert mend in str(error), f"{given} is refused with {str(error)!r}; expected the mend {mend!r} in the message"
    else:
        raise AssertionError(f"fit accepted {given}; expected InputTypeError: cross-validation slices arrays silently")


def several_sources_are_read(estimator: Any) -> None:
    """Two domains are fitted; a method that does not tell them apart sees exactly their rows in one."""
    problem = make_problem(task_of(estimator))
    half = len(problem.Xs) // 2
    two = Sources(
        [
            Domain(problem.Xs[:half], problem.ys[:half], name="first"),
            Domain(problem.Xs[half:], problem.ys[half:], name="second"),
        ]
    )
    fitted = fresh(estimator).fit(problem.X, problem.y, source=two)
    assert fitted.n_source_ == two.n_rows, f"n_source_ is {fitted.n_source_}; expected the {two.n_rows} rows of both"
    traits = getattr(estimator, "traits", None)
    if traits is not None and not traits.several_sources:
        one = fresh(estimator).fit(problem.X, problem.y, source=problem.source)
        when = "with two sources, though traits.several_sources is False, as against the same rows in one source"
        assert_same(outcome(fitted, problem), outcome(one, problem), when=when)


def source_of_other_width_is_refused(estimator: Any) -> None:
    """A source with other columns than the target is refused, unless the method is made for that."""
    traits = getattr(estimator, "traits", None)
    if traits is not None and not traits.same_columns:
        return
    problem = make_problem(task_of(estimator))
    narrow = Domain(problem.Xs[:, :-1], problem.ys, name="narrow")
    try:
        fresh(estimator).fit(problem.X, problem.y, source=narrow)
    except InputError as error:
        text = str(error)
        named = "narrow" in text and "column" in text
        assert named, f"a narrow source is refused with {text!r}; expected the source's name and its columns"
    else:
        raise AssertionError("fit accepted a source with 3 columns for a target with 4; expected InputError")


def missing_target_labels_are_used_or_refused(estimator: Any) -> None:
    """Without target labels ``fit`` works where the traits say so, and refuses with a message where not.

    It may warn: what cannot be measured should be said.
    """
    problem = make_problem(task_of(estimator))
    traits = getattr(estimator, "traits", None)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", HeadstartWarning)
            fitted = fresh(estimator).fit(problem.X, None, source=problem.source)
    except HeadstartError as error:
        optional = traits is not None and traits.target_labels != "required"
        assert not optional, f"traits.target_labels is {traits.target_labels!r}, and fit without y raises: {error}"
        return
    required = traits is not None and traits.target_labels == "required"
    assert not required, "traits.target_labels is 'required', and fit without y passes; expected InputError"
    for key, value in outcome(fitted, problem).items():
        finite = value.dtype.kind not in "fc" or np.isfinite(value).all()
        assert finite, f"fitted without target labels, {key} is not finite"


def unlabeled_rows_are_read(estimator: Any) -> None:
    """``unlabeled=`` takes a Domain, and is checked like the source: other columns are refused, where they matter."""
    problem = make_problem(task_of(estimator))
    extra = Domain(problem.X_new, name="extra")
    fitted = fresh(estimator).fit(problem.X, problem.y, source=problem.source, unlabeled=extra)
    outcome(fitted, problem)
    traits = getattr(estimator, "traits", None)
    if traits is not None and not traits.same_columns:
        return
    try:
        fresh(estimator).fit(
            problem.X, problem.y, source=problem.source, unlabeled=Domain(problem.X_new[:, :-1], name="narrow")
        )
    except InputError:
        return
    raise AssertionError("fit accepted unlabeled rows with 3 columns for a target with 4; expected InputError")


def no_source_is_target_only(estimator: Any, *, target_only: Any = None) -> None:
    """Without a source the estimator is the learner inside it, to the last digit."""
    problem = make_problem(task_of(estimator))
    fitted = fresh(estimator).fit(problem.X, problem.y)
    assert fitted.n_source_ == 0, f"without a source n_source_ is {fitted.n_source_}; expected 0"
    if hasattr(fitted, "source_weight_"):
        found = np.asarray(fitted.source_weight_).shape
        assert found == (0,), f"without a source source_weight_ has shape {found}; expected (0,)"
    inside = target_only if target_only is not None else getattr(estimator, "estimator", None)
    if inside is None or not hasattr(fitted, "predict"):
        return
    alone = fresh(clone(inside)).fit(problem.X, problem.y)
    for method in ("predict", "predict_proba"):
        if hasattr(fitted, method) and hasattr(alone, method):
            found, expected = getattr(fitted, method)(problem.X_new), getattr(alone, method)(problem.X_new)
            when = f"without a source, against {type(inside).__name__} alone"
            assert_same({method: found}, {method: expected}, when=when, tol=1e-12)
