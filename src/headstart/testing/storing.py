"""Checks that a fitted estimator can be kept: pickled for joblib's workers, saved and loaded for good."""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path
from typing import Any

from ..store import load, save
from .problem import assert_same, fresh, make_problem, outcome, task_of


def survives_pickle(estimator: Any) -> None:
    """A pickled estimator says the same as the one that was fitted."""
    problem = make_problem(task_of(estimator))
    fitted = fresh(estimator).fit(problem.X, problem.y, source=problem.source)
    again = pickle.loads(pickle.dumps(fitted))
    assert_same(outcome(again, problem), outcome(fitted, problem), when="after pickling", tol=1e-12)


def survives_save_and_load(estimator: Any) -> None:
    """``hs.save`` and ``hs.load`` give back an estimator that says the same."""
    problem = make_problem(task_of(estimator))
    fitted = fresh(estimator).fit(problem.X, problem.y, source=problem.source)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.headstart"
        save(fitted, path)
        again = load(path)
    assert_same(outcome(again, problem), outcome(fitted, problem), when="after save and load", tol=1e-12)
