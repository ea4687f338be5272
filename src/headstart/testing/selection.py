"""Checks that scikit-learn's model selection splits the target and hands the source on whole.

The source has as many rows as the target on purpose: that is where an array would be sliced without a word. The
score of each fold is the number of source rows that the fitted estimator saw, so that a slice cannot hide.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn
from sklearn.model_selection import GridSearchCV, cross_val_score, learning_curve

from .problem import Problem, fresh, make_problem, task_of

FOLDS = 3


def _rows_seen(fitted: Any, X: Any, y: Any = None) -> float:
    return float(fitted.n_source_)


def _even(estimator: Any) -> Problem:
    return make_problem(task_of(estimator), n_target=36, n_source=36)


def _whole(seen: Any, problem: Problem, tool: str) -> None:
    rows = len(problem.Xs)
    assert np.all(np.asarray(seen) == rows), f"{tool}: the folds saw {seen} source rows; expected all {rows} each time"


def cross_validation_keeps_the_source_whole(estimator: Any) -> None:
    """``cross_val_score`` with ``params={"source": ...}``."""
    problem = _even(estimator)
    seen = cross_val_score(
        fresh(estimator), problem.X, problem.y, cv=FOLDS, scoring=_rows_seen, params={"source": problem.source},
        error_score="raise",
    )  # fmt: skip
    _whole(seen, problem, "cross_val_score")
    if hasattr(estimator, "score"):
        scores = cross_val_score(
            fresh(estimator), problem.X, problem.y, cv=FOLDS, params={"source": problem.source}, error_score="raise"
        )
        assert np.isfinite(scores).all(), f"cross_val_score gives {scores}; expected finite scores"


def grid_search_keeps_the_source_whole(estimator: Any) -> None:
    """``GridSearchCV(...).fit(X, y, source=...)``, in the folds and in the final fit."""
    problem = _even(estimator)
    search = GridSearchCV(fresh(estimator), {}, cv=FOLDS, scoring=_rows_seen, error_score="raise")
    search.fit(problem.X, problem.y, source=problem.source)
    _whole([search.cv_results_[f"split{k}_test_score"][0] for k in range(FOLDS)], problem, "GridSearchCV")
    _whole(search.best_estimator_.n_source_, problem, "GridSearchCV's final fit")


def learning_curve_keeps_the_source_whole(estimator: Any) -> None:
    """``learning_curve`` with ``params={"source": ...}``: the target shrinks, the source does not."""
    problem = _even(estimator)
    _, _, seen = learning_curve(
        fresh(estimator), problem.X, problem.y, cv=FOLDS, train_sizes=[0.7, 1.0], scoring=_rows_seen, shuffle=True,
        random_state=0, params={"source": problem.source}, error_score="raise",
    )  # fmt: skip
    _whole(seen, problem, "learning_curve")


def metadata_routing_keeps_the_source_whole(estimator: Any) -> None:
    """The same with scikit-learn's metadata routing switched on, without ``set_fit_request``."""
    with sklearn.config_context(enable_metadata_routing=True):
        cross_validation_keeps_the_source_whole(estimator)
        grid_search_keeps_the_source_whole(estimator)
        learning_curve_keeps_the_source_whole(estimator)
