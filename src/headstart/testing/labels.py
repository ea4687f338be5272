"""Checks of classifiers: any labels, probabilities in the order of ``classes_``, labels of one domain only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from .problem import assert_same, fresh, gives_probabilities, make_problem, outcome, task_of


def any_two_labels_do(estimator: Any) -> None:
    """Labels {-1, 1}, {1, 2} and text give the same model as {0, 1}."""
    problem = make_problem(task_of(estimator))
    plain = outcome(fresh(estimator).fit(problem.X, problem.y, source=problem.source), problem)
    for labels in ((-1, 1), (1, 2), ("sick", "well"), (False, True)):
        other = problem.relabel(*labels)
        fitted = fresh(estimator).fit(other.X, other.y, source=other.source)
        assert list(fitted.classes_) == list(labels), f"classes_ is {fitted.classes_!r}; expected {labels!r}"
        expected = {**plain, "predict": np.asarray(labels)[plain["predict"]]}
        assert_same(outcome(fitted, other), expected, when=f"with the labels {labels}")


def probabilities_follow_classes(estimator: Any) -> None:
    """Rows of ``predict_proba`` are non-negative and sum to 1, one column a class, and agree with ``predict``."""
    if not gives_probabilities(estimator):
        return
    problem = _three_classes()
    fitted = fresh(estimator).fit(problem.X, problem.y, source=problem.source)
    proba = fitted.predict_proba(problem.X_new)
    expected = (len(problem.X_new), len(fitted.classes_))
    assert proba.shape == expected, f"predict_proba has shape {proba.shape}; expected {expected}"
    assert (proba >= 0).all(), f"predict_proba holds {proba.min()}; expected no negative probability"
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-9, err_msg="rows of predict_proba do not sum to 1")
    ordered = np.sort(proba, axis=1)
    clear = ordered[:, -1] - ordered[:, -2] > 1e-9  # ties may be broken either way
    best = fitted.classes_[proba.argmax(axis=1)]
    same = np.array_equal(best[clear], fitted.predict(problem.X_new)[clear])
    assert same, "predict is not the class of the largest probability"


def _three_classes() -> Any:
    problem = make_problem("classification", n_target=45, n_source=60)
    y = problem.y + (problem.X[:, 2] > 0.5)
    ys = problem.ys + (problem.Xs[:, 2] > 1.0)
    return replace(problem, y=y, ys=ys).relabel("c", "d", "e")


def labels_of_one_domain_only_are_known(estimator: Any) -> None:
    """``classes_`` is the union of both label sets, also where a label is in the source or the target only."""
    problem = _three_classes()
    fewer_in_target = replace(problem, y=np.where(problem.y == "e", "d", problem.y))
    fewer_in_source = replace(problem, ys=np.where(problem.ys == "c", "d", problem.ys))
    for where, case in (("source", fewer_in_target), ("target", fewer_in_source)):
        fitted = fresh(estimator).fit(case.X, case.y, source=case.source)
        found = list(fitted.classes_)
        assert found == ["c", "d", "e"], f"with a label in the {where} only, classes_ is {found}; expected the union"
        predicted = set(fitted.predict(case.X_new))
        assert predicted <= set(found), f"predict gives {predicted - set(found)}, which classes_ lacks"
        if gives_probabilities(estimator):
            proba = fitted.predict_proba(case.X_new)
            assert proba.shape[1] == 3, f"predict_proba has {proba.shape[1]} columns for 3 classes"
            np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-9)
