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
        again = load(path, trusted=_own_types(fitted))
    assert_same(outcome(again, problem), outcome(fitted, problem), when="after save and load", tol=1e-12)


def _own_types(fitted: Any) -> list[type]:
    """The classes of the estimator and of what it holds, where headstart and scikit-learn do not know them."""
    held = [fitted, *fitted.get_params(deep=True).values()]
    return [type(part) for part in held if type(part).__module__.partition(".")[0] not in _KNOWN]


_KNOWN = ("headstart", "sklearn", "numpy", "builtins")
