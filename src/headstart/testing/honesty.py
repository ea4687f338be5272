"""Checks that ``fit`` is a quiet function of its arguments: it changes nothing else, and repeats itself."""

from __future__ import annotations

import contextlib
import io
import random
from typing import Any

import joblib
import numpy as np
import sklearn
from sklearn.base import clone

from ..core.domain import Domain
from .problem import assert_same, fresh, make_problem, outcome, task_of


def fit_changes_no_input(estimator: Any) -> None:
    """X, y and the source are byte for byte what they were, as arrays and as DataFrames."""
    problem = make_problem(task_of(estimator))
    for as_frame in (False, True):
        wrap = problem.frame if as_frame else np.array
        X, y, Xs, ys = wrap(problem.X), problem.y.copy(), wrap(problem.Xs), problem.ys.copy()
        source = Domain(Xs, ys, name="source")
        before = [joblib.hash(part) for part in (X, y, Xs, ys, source.X, source.y)]
        fitted = fresh(estimator).fit(X, y, source=source)
        if hasattr(fitted, "predict"):
            fitted.predict(wrap(problem.X_new))
        after = [joblib.hash(part) for part in (X, y, Xs, ys, source.X, source.y)]
        names = ("X", "y", "source rows", "source labels", "rows of the Domain", "labels of the Domain")
        changed = [name for name, was, now in zip(names, before, after, strict=True) if was != now]
        assert not changed, f"fit changed its input: {', '.join(changed)}; expected a copy to be changed, if anything"


def fit_changes_no_parameter(estimator: Any) -> None:
    """Every constructor parameter is the same object with the same content; nothing inside it was fitted."""
    problem = make_problem(task_of(estimator))
    model = fresh(estimator)
    shallow = model.get_params(deep=False)
    before = {key: joblib.hash(value) for key, value in model.get_params(deep=True).items()}
    model.fit(problem.X, problem.y, source=problem.source)
    after = {key: joblib.hash(value) for key, value in model.get_params(deep=True).items()}
    changed = [key for key in before if before[key] != after.get(key)]
    changed += [key for key, value in model.get_params(deep=False).items() if value is not shallow[key]]
    assert not changed, f"fit changed the parameters {sorted(set(changed))}; expected clones to be fitted instead"


def fit_leaves_global_state_alone(estimator: Any) -> None:
    """NumPy's and Python's global random state and scikit-learn's settings are what they were."""
    problem = make_problem(task_of(estimator))

    def state() -> dict[str, str]:
        return {
            "NumPy's global random state": joblib.hash(np.random.get_state()),  # noqa: NPY002 - it is what is checked
            "Python's global random state": joblib.hash(random.getstate()),
            "scikit-learn's configuration": repr(sorted(sklearn.get_config().items())),
            "NumPy's error settings": repr(sorted(np.geterr().items())),
        }

    before = state()
    outcome(fresh(estimator).fit(problem.X, problem.y, source=problem.source), problem)
    changed = [name for name, now in state().items() if now != before[name]]
    assert not changed, f"fit changed {' and '.join(changed)}; expected a local generator and no global setting"


def fit_prints_nothing(estimator: Any) -> None:
    """Nothing appears on standard output or standard error."""
    problem = make_problem(task_of(estimator))
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        fresh(estimator).fit(problem.X, problem.y, source=problem.source)
    said = out.getvalue() + err.getvalue()
    assert not said, f"fit printed {said[:80]!r}; expected nothing"


def same_seed_same_result(estimator: Any) -> None:
    """Two fits with the same ``random_state`` agree, whatever the global random state is."""
    problem = make_problem(task_of(estimator))
    first = outcome(fresh(estimator).fit(problem.X, problem.y, source=problem.source), problem)
    kept = np.random.get_state()  # noqa: NPY002
    try:
        np.random.seed(7)  # noqa: NPY002 - another global state must not matter
        second = outcome(fresh(estimator).fit(problem.X, problem.y, source=problem.source), problem)
    finally:
        np.random.set_state(kept)  # noqa: NPY002
    assert_same(second, first, when="fitted twice with the same random_state", tol=1e-12)


def refit_forgets(estimator: Any) -> None:
    """A second fit without a source knows nothing of the first fit's source."""
    problem = make_problem(task_of(estimator))
    used = fresh(estimator).fit(problem.X, problem.y, source=problem.source).fit(problem.X, problem.y)
    assert used.n_source_ == 0, f"after a second fit without a source n_source_ is {used.n_source_}; expected 0"
    new = fresh(estimator).fit(problem.X, problem.y)
    assert_same(outcome(used, problem), outcome(new, problem), when="fitted again without the source", tol=1e-12)


def parameters_survive_clone(estimator: Any) -> None:
    """``clone`` and ``set_params(**get_params())`` give an estimator that fits to the same result."""
    problem = make_problem(task_of(estimator))
    model = fresh(estimator)
    expected = outcome(model.fit(problem.X, problem.y, source=problem.source), problem)
    copy = clone(model)
    fitted = [key for key in vars(copy) if key.endswith("_") and not key.startswith("_")]
    assert not fitted, f"a clone carries fitted attributes {fitted}; expected none"
    copy.set_params(**model.get_params(deep=False))
    found = outcome(copy.fit(problem.X, problem.y, source=problem.source), problem)
    assert_same(found, expected, when="fitted after clone and set_params", tol=1e-12)
