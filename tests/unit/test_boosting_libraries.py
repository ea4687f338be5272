"""Boosting transfer of LightGBM's and XGBoost's models: equal to their own continuation where that can say it."""

import importlib.util
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import headstart as hs

LIBRARIES = ["lightgbm", "xgboost"]


@pytest.fixture(params=LIBRARIES)
def library(request):
    if importlib.util.find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed: pip install {request.param}")
    return importlib.import_module(request.param)


def learner(library, task, **settings):
    name = {"lightgbm": "LGBM", "xgboost": "XGB"}[library.__name__]
    quiet = {"verbosity": -1} if name == "LGBM" else {}
    kind = getattr(library, name + ("Regressor" if task == "regression" else "Classifier"))
    return kind(n_estimators=8, max_depth=3, n_jobs=1, **quiet, **settings)


def booster_of(model):
    return model.booster_ if hasattr(model, "booster_") else model.get_booster()


def rows(rng, n, shift=0.0, task=2):
    X = rng.normal(size=(n, 3)) + shift
    level = X[:, 0] - shift + np.maximum(X[:, 1], 0) + 0.3 * rng.normal(size=n)
    return X, level if task == "regression" else np.digitize(level, [0.3] if task == 2 else [-0.3, 0.9])


def problem(rng, task):
    (Xs, ys), (X, y), (X_new, _) = rows(rng, 300, 0.0, task), rows(rng, 80, 0.5, task), rows(rng, 100, 0.5, task)
    return Xs, ys, X, y, X_new


def transfer(task, **settings):
    return (hs.BoostingTransferRegressor if task == "regression" else hs.BoostingTransferClassifier)(**settings)


def said(model, X, task):
    return model.predict(X) if task == "regression" else model.predict_proba(X)


TASKS = [2, 3, "regression"]


@pytest.mark.parametrize("task", TASKS)
def test_it_ends_at_the_source(rng, library, task):
    Xs, ys, X, y, X_new = problem(rng, task)
    model = learner(library, task).fit(Xs, ys)
    fitted = transfer(task, source_model=model, shrinkage=1.0, n_new_trees=0).fit(X, y)
    # XGBoost reckons in single precision.
    np.testing.assert_allclose(said(fitted, X_new, task), said(model, X_new, task), rtol=0, atol=1e-6)
    assert (fitted.n_source_trees_, fitted.n_new_trees_) == (8, 0)


@pytest.mark.parametrize("task", TASKS)
def test_model_rows_and_booster_are_equal(rng, library, task):
    Xs, ys, X, y, X_new = problem(rng, task)
    settings = {"shrinkage": 0.5, "n_new_trees": 5, "learning_rate": 0.2}
    model = learner(library, task).fit(Xs, ys)
    state = (
        booster_of(model).save_raw("json")
        if hasattr(booster_of(model), "save_raw")
        else model.booster_.model_to_string()
    )
    by_model = said(transfer(task, source_model=model, **settings).fit(X, y), X_new, task)
    by_booster = said(transfer(task, source_model=booster_of(model), **settings).fit(X, y), X_new, task)
    by_rows = transfer(task, estimator=learner(library, task), **settings).fit(X, y, source=hs.Domain(Xs, ys))
    np.testing.assert_array_equal(by_model, by_booster)
    np.testing.assert_array_equal(by_model, said(by_rows, X_new, task))
    again = (
        booster_of(model).save_raw("json")
        if hasattr(booster_of(model), "save_raw")
        else model.booster_.model_to_string()
    )
    assert state == again
    kept = pickle.loads(pickle.dumps(by_rows))
    np.testing.assert_array_equal(said(kept, X_new, task), by_model)


def test_a_regression_equals_the_librarys_own_continuation(rng, library):
    """Labels whose mean is what the source says: then the level is nothing, as in the library's continuation."""
    Xs, ys, X, y, X_new = problem(rng, "regression")
    model = learner(library, "regression").fit(Xs, ys)
    y = y - np.mean(y - model.predict(X))
    fitted = hs.BoostingTransferRegressor(source_model=model, shrinkage=1.0, n_new_trees=5, learning_rate=0.2).fit(X, y)
    if library.__name__ == "lightgbm":
        params = {"min_data_in_leaf": 4, "max_depth": 3, "learning_rate": 0.2, "verbosity": -1, "num_threads": 1}
        theirs = library.train(params, library.Dataset(X, y), 5, init_model=model.booster_).predict(X_new)
    else:
        more = learner(library, "regression", learning_rate=0.2).set_params(n_estimators=5)
        theirs = more.fit(X, y, xgb_model=model.get_booster()).predict(X_new)
    np.testing.assert_allclose(fitted.predict(X_new), theirs, atol=1e-5)


def test_two_classes_equal_the_librarys_own_continuation(rng, library):
    """With the level as the start value of all rows, handed to the library by its own name for it."""
    Xs, ys, X, y, X_new = problem(rng, 2)
    model = learner(library, 2).fit(Xs, ys)
    fitted = hs.BoostingTransferClassifier(source_model=model, shrinkage=1.0, n_new_trees=5, learning_rate=0.2).fit(
        X, y
    )
    booster, level = booster_of(model), fitted.estimator_.level[1] - fitted.estimator_.level[0]
    if library.__name__ == "lightgbm":
        params = {"objective": "binary", "min_data_in_leaf": 4, "max_depth": 3, "learning_rate": 0.2, "verbosity": -1}
        start = booster.predict(X, raw_score=True) + level
        new = library.train(params | {"num_threads": 1}, library.Dataset(X, y, init_score=start), 5)
        theirs = booster.predict(X_new, raw_score=True) + level + new.predict(X_new, raw_score=True)
    else:
        rows, new = library.DMatrix(X, y), library.DMatrix(X_new)
        for matrix in (rows, new):
            matrix.set_base_margin(np.full(matrix.num_row(), level) + np.log(ys.mean() / (1 - ys.mean())))
        params = {"objective": "binary:logistic", "max_depth": 3, "eta": 0.2, "nthread": 1}
        # The old trees with the margin in place of the old base score, which is the share of the source's rows.
        longer = library.train(params, rows, 5, xgb_model=booster)
        theirs = longer.predict(new, output_margin=True)
    np.testing.assert_allclose(fitted.predict_proba(X_new)[:, 1], expit(theirs), atol=1e-4)


@pytest.mark.parametrize("task", TASKS)
def test_what_is_chosen_is_on_the_path(rng, library, task):
    Xs, ys, X, y, X_new = problem(rng, task)
    model = learner(library, task).fit(Xs, ys)
    fitted = transfer(task, source_model=model, shrinkage=[0.0, 1.0], max_new_trees=6, cv=3, random_state=0).fit(X, y)
    assert len(fitted.path_) == 14 and np.isfinite(fitted.path_["loss"]).all()
    assert fitted.score(X, y) > 0.5
    alone = transfer(task, estimator=learner(library, task)).fit(X, y)
    np.testing.assert_array_equal(said(alone, X_new, task), said(learner(library, task).fit(X, y), X_new, task))


def test_columns_are_matched_by_name(rng, library):
    Xs, ys, X, y, X_new = problem(rng, 2)
    names, mixed = list("abc"), ["c", "a", "b"]
    model = learner(library, 2).fit(pd.DataFrame(Xs, columns=names), ys)
    nameless = learner(library, 2).fit(Xs, ys)
    settings = {"shrinkage": 1.0, "n_new_trees": 3}
    fitted = hs.BoostingTransferClassifier(source_model=model, **settings).fit(pd.DataFrame(X, columns=names)[mixed], y)
    straight = hs.BoostingTransferClassifier(source_model=nameless, **settings).fit(X, y)
    new = pd.DataFrame(X_new, columns=names)[mixed]
    np.testing.assert_allclose(fitted.predict_proba(new), straight.predict_proba(X_new), atol=1e-12)


def test_other_objectives_and_unfitted_models_are_refused(rng, library):
    Xs, ys, X, y, _ = problem(rng, "regression")
    with pytest.raises(hs.InputError, match="that is not fitted; expected a fitted one"):
        hs.BoostingTransferRegressor(source_model=learner(library, "regression")).fit(X, y)
    name = "huber" if library.__name__ == "lightgbm" else "reg:pseudohubererror"
    model = learner(library, "regression", objective=name).fit(Xs, ys)
    with pytest.raises(hs.InputError, match=f"with the loss {name}; expected one of squared_error"):
        hs.BoostingTransferRegressor(source_model=model).fit(X, y)
    with pytest.raises(hs.InputError, match="objective .*; expected binary"):
        hs.BoostingTransferClassifier(source_model=booster_of(model)).fit(X, y > 0)
    with pytest.raises(hs.InputError, match="was fitted to 3 columns and the target has 2"):
        hs.BoostingTransferRegressor(source_model=learner(library, "regression").fit(Xs, ys)).fit(X[:, :2], y)


def test_steps_before_a_model_of_a_library_are_refused(rng, library):
    Xs, ys, X, y, _ = problem(rng, "regression")
    pipe = make_pipeline(StandardScaler(), learner(library, "regression")).fit(Xs, ys)
    with pytest.raises(hs.InputTypeError, match="expected nothing before its [A-Z]+Regressor.*behind a StandardScaler"):
        hs.BoostingTransferRegressor(source_model=pipe).fit(X, y)


def test_the_expected_kinds_name_what_is_missing(rng, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in LIBRARIES else found(name))
    X, y = rows(rng, 20)
    with pytest.raises(hs.InputTypeError, match=r"LGBMClassifier or Booster \(not installed\) or xgboost's XGBCla"):
        hs.BoostingTransferClassifier(source_model=object()).fit(X, y)
