"""TrAdaBoostRegressor: scikit-learn's checks, both methods, selection, bad input, transfer."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils.estimator_checks import parametrize_with_checks

from headstart.core.domain import Domain, Sources
from headstart.core.errors import HeadstartWarning, InputError, InputTypeError
from headstart.instance import _two_stage
from headstart.instance.tradaboost_regressor import TrAdaBoostRegressor


@parametrize_with_checks([TrAdaBoostRegressor(), TrAdaBoostRegressor(Ridge(), method="r2")])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def rows(rng, n, sign=1.0, offset=0.0):
    X = rng.normal(size=(n, 4))
    return X, sign * (X[:, 0] + X[:, 1] ** 2 + np.sin(2 * X[:, 2])) + offset + 0.1 * rng.normal(size=n)


@pytest.fixture
def related(rng):
    (Xs, ys), (X, y), (X_new, y_new) = rows(rng, 400, offset=0.2), rows(rng, 24), rows(rng, 1000)
    return Domain(Xs, ys, name="old"), X, y, X_new, y_new


def small(**more):
    return TrAdaBoostRegressor(**{"n_estimators": 4, "n_steps": 4, "cv": 3, "random_state": 0, **more})


def test_without_a_source_it_is_the_wrapped_estimator(related):
    _, X, y, X_new, _ = related
    for method in ("two-stage", "r2"):
        wrapped = make_pipeline(StandardScaler(), Ridge())
        model = TrAdaBoostRegressor(wrapped, method=method).fit(X, y)
        assert np.array_equal(model.predict(X_new), clone(wrapped).fit(X, y).predict(X_new))
        assert (model.n_source_, model.stop_reason_, model.best_step_) == (0, "target only", -1)


@pytest.mark.parametrize("method", ["two-stage", "r2"])
def test_a_related_source_helps(method):
    gains = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        (Xs, ys), (X, y), (X_new, y_new) = rows(rng, 400, offset=0.2), rows(rng, 24), rows(rng, 1000)
        model = small(method=method, n_estimators=None if method == "r2" else 5)
        alone = clone(model).fit(X, y).score(X_new, y_new)
        gains.append(model.fit(X, y, source=Domain(Xs, ys)).score(X_new, y_new) - alone)
    assert min(gains) > 0.1


def test_two_stage_mostly_leaves_a_hostile_source_behind():
    # Mostly: with 40 rows to judge by, a step that keeps a few wrong source rows can look best (docstring).
    losses, last = [], []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        (Xs, ys), (X, y), (X_new, y_new) = rows(rng, 400, sign=-1.0), rows(rng, 40), rows(rng, 1000)
        model = small(n_steps=6)
        alone = clone(model).fit(X, y).score(X_new, y_new)
        model.fit(X, y, source=Domain(Xs, ys))
        assert model.source_share_ < 0.5
        last.append(model.best_step_ == 5)
        losses.append(alone - model.score(X_new, y_new))
    assert np.median(losses) < 0.02
    assert np.mean(last) > 0.5


def test_r2_with_nothing_better_than_guessing_warns_and_is_target_only(rng):
    (Xs, ys), (X, y), (X_new, _) = rows(rng, 300, offset=50.0), rows(rng, 20), rows(rng, 100)
    model = TrAdaBoostRegressor(Ridge(), method="r2")
    with pytest.warns(
        HeadstartWarning, match=r"first round's error on the target rows is 0\.\d+, and 0\.5 is no better"
    ):
        model.fit(X, y, source=Domain(Xs, ys))
    assert np.array_equal(model.predict(X_new), Ridge().fit(X, y).predict(X_new))
    assert not model.source_weight_.any()
    assert model.stop_reason_ == "target only"


def test_the_steps_move_all_weight_to_the_target(related):
    source, X, y, *_ = related
    model = small(n_steps=5).fit(X, y, source=source)
    start = 400 / 424
    assert model.step_shares_ == pytest.approx(start * np.array([1, 0.75, 0.5, 0.25, 0]))
    assert model.best_step_ == int(np.argmin(model.step_errors_))
    assert model.source_share_ == pytest.approx(model.step_shares_[model.best_step_])


def test_the_last_step_is_boosting_on_the_target_alone(rng):
    (Xs, ys), (X, y), (X_new, _) = rows(rng, 200, sign=-1.0, offset=30.0), rows(rng, 60), rows(rng, 100)
    model = small(n_steps=2).fit(X, y, source=Domain(Xs, ys))
    assert model.best_step_ == 1
    assert not model.source_weight_.any()
    other = small(n_steps=2).fit(X, y, source=Domain(Xs + 1, ys + 1))
    assert np.array_equal(model.predict(X_new), other.predict(X_new))


def test_cross_validation_scores_target_rows_only(related, monkeypatch):
    source, X, y, *_ = related
    seen = []
    make = _two_stage.make_folds

    def spy(*args, **kwargs):
        seen.extend(make(*args, **kwargs))
        return seen

    monkeypatch.setattr(_two_stage, "make_folds", spy)
    small().fit(X, y, source=source)
    assert np.array_equal(np.sort(np.concatenate([f.y_test for f in seen])), np.sort(y))
    for fold in seen:
        assert np.array_equal(fold.rows[:400], np.arange(400))
        assert not np.isin(fold.y_test, fold.learner.y[400:]).any()


def test_selection_by_the_learner_fits_less_often(related):
    source, X, y, *_ = related

    class Counted(DecisionTreeRegressor):
        fits = 0

        def fit(self, X, y, sample_weight=None):
            Counted.fits += 1
            return super().fit(X, y, sample_weight=sample_weight)

    counts = {}
    for select_by in ("model", "learner"):
        Counted.fits = 0
        small(estimator=Counted(max_depth=3), select_by=select_by).fit(X, y, source=source)
        counts[select_by] = Counted.fits
    # 4 steps, 3 folds, 4 rounds: a hypothesis for each step, the folds, the rest of the model that is kept.
    assert counts["learner"] == 4 + 4 * 3 + 3
    assert 4 + 4 * 3 < counts["model"] <= 4 + 4 * 3 * 4 + 3


def test_each_learner_predicts_its_rows_once(related, monkeypatch):
    source, X, y, *_ = related
    asked = []
    predict = Ridge.predict
    monkeypatch.setattr(Ridge, "predict", lambda self, X: asked.append(len(X)) or predict(self, X))
    TrAdaBoostRegressor(Ridge(), n_estimators=1, n_steps=3, cv=2, random_state=0).fit(X, y, source=source)
    n, m = len(source.y), len(X)
    # of three steps the first alone needs errors: the last has no weight on the source, whatever they are
    fold = [m // 2, n + m // 2, m // 2, m // 2]
    assert asked[:-1] == [*fold, *fold, n + m]


def test_several_sources_are_pooled(rng):
    (Xa, ya), (Xb, yb), (X, y) = rows(rng, 90), rows(rng, 70, offset=1.0), rows(rng, 20)
    for method in ("two-stage", "r2"):
        two = small(method=method).fit(X, y, source=Sources([Domain(Xa, ya), Domain(Xb, yb)]))
        one = small(method=method).fit(X, y, source=Domain(np.vstack([Xa, Xb]), np.concatenate([ya, yb])))
        assert np.array_equal(two.source_weight_, one.source_weight_)
        assert len(two.source_weight_) == 160


def test_source_rows_that_are_off_lose_their_weight(rng):
    (Xs, ys), (X, y) = rows(rng, 200), rows(rng, 60)
    off = np.arange(200) < 50
    source = Domain(Xs, ys + 6.0 * off)
    for method in ("two-stage", "r2"):
        model = small(method=method, n_estimators=8).fit(X, y, source=source)
        assert model.source_weight_.mean() == pytest.approx(1.0)
        assert model.source_weight_[off].mean() < 0.6 * model.source_weight_[~off].mean()


@pytest.mark.parametrize("method", ["two-stage", "r2"])
def test_sparse_rows_and_gaps(related, method):
    source, X, y, X_new, _ = related
    dense = small(method=method).fit(X, y, source=source)
    sparse = small(method=method).fit(sp.csr_matrix(X), y, source=Domain(sp.csr_matrix(source.X), source.y))
    # Not all: among splits that are equally good, a tree may take another one on sparse rows.
    assert np.isclose(sparse.predict(sp.csr_matrix(X_new)), dense.predict(X_new)).mean() > 0.99
    gaps = X.copy()
    gaps[0, 0] = np.nan
    assert np.isfinite(small(method=method).fit(gaps, y, source=source).predict(gaps)).all()


def test_random_state_makes_it_repeatable(related):
    source, X, y, X_new, _ = related
    learner = DecisionTreeRegressor(max_features=1, max_depth=3)
    a, b, c = (small(estimator=learner, random_state=s).fit(X, y, source=source).predict(X_new) for s in (0, 0, 1))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_cross_validation_passes_the_source_whole(related):
    source, X, y, *_ = related
    assert len(cross_val_score(small(), X, y, cv=3, params={"source": source})) == 3


# Bad input


def test_two_and_three_target_rows_are_enough(rng):
    Xs, ys = rows(rng, 50)
    for m in (2, 3):
        X, y = rows(rng, m)
        for method in ("two-stage", "r2"):
            model = small(method=method).fit(X, y, source=Domain(Xs, ys))
            assert np.isfinite(model.predict(X)).all()


def test_target_without_labels_is_refused(related):
    source, X, *_ = related
    with pytest.raises(InputError, match=r"TrAdaBoostRegressor requires y .*target y is None.*hs\.Reweighted"):
        TrAdaBoostRegressor().fit(X, None, source=source)


def test_constant_target_is_refused_beside_a_source(related):
    source, X, y, *_ = related
    with pytest.raises(InputError, match=r"24 rows and all their labels are 2\.0; expected at least two different"):
        TrAdaBoostRegressor().fit(X, np.full(24, 2.0), source=source)
    with pytest.raises(InputError, match=r"1 rows? and all their labels are"):
        TrAdaBoostRegressor().fit(X[:1], y[:1], source=source)


def test_source_without_labels_or_with_text_or_gaps_is_refused(related):
    source, X, y, *_ = related
    with pytest.raises(InputError, match=r"source 'old' has no labels, which TrAdaBoostRegressor needs"):
        TrAdaBoostRegressor().fit(X, y, source=Domain(source.X, name="old"))
    with pytest.raises(InputError, match=r"y of source 'old': could not convert string to float"):
        TrAdaBoostRegressor().fit(X, y, source=Domain(source.X, ["much"] * 400, name="old"))
    gap = source.y.copy()
    gap[3] = np.nan
    with pytest.raises(InputError, match=r"y of source 'old' has 1 gaps among 400 labels"):
        TrAdaBoostRegressor().fit(X, y, source=Domain(source.X, gap, name="old"))


def test_learner_without_sample_weight_is_refused(related):
    source, X, y, *_ = related
    with pytest.raises(InputTypeError, match=r"KNeighborsRegressor does not accept sample_weight, which TrAdaBoostR"):
        TrAdaBoostRegressor(KNeighborsRegressor()).fit(X, y, source=source)


@pytest.mark.parametrize(
    ("parameters", "match"),
    [
        ({"method": "r3"}, r"method is 'r3'; expected one of 'two-stage', 'r2'"),
        ({"loss": "huber"}, r"loss is 'huber'; expected one of 'linear', 'square', 'exponential'"),
        ({"select_by": "luck"}, r"select_by is 'luck'; expected one of 'learner', 'model'"),
        ({"n_estimators": 0}, r"n_estimators is 0; expected a whole number of at least 1"),
        ({"n_steps": 1}, r"n_steps is 1; expected a whole number of at least 2"),
        ({"cv": 1}, r"cv is 1; expected a whole number of at least 2"),
    ],
)
def test_parameters_out_of_range_are_refused(related, parameters, match):
    source, X, y, *_ = related
    with pytest.raises(InputError, match=match):
        TrAdaBoostRegressor(**parameters).fit(X, y, source=source)
