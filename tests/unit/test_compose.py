"""The wrappers against the same thing built by hand with scikit-learn."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.ensemble import BaggingClassifier
from sklearn.feature_selection import RFE
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import headstart as hs


@pytest.fixture
def data(rng):
    X, Xs = rng.normal(size=(24, 3)), rng.normal(0.5, 1.2, size=(40, 3))
    y, ys = (X[:, 0] + rng.normal(size=24) > 0).astype(int), (Xs[:, 0] + rng.normal(size=40) > 0).astype(int)
    return X, y, Xs, ys, rng.normal(size=(9, 3))


def logistic():
    return LogisticRegression(tol=1e-8)


def assert_same_model(found, expected, X):
    np.testing.assert_allclose(found.predict_proba(X), expected.predict_proba(X), atol=1e-6)
    np.testing.assert_array_equal(found.predict(X), expected.predict(X))


@pytest.mark.parametrize(
    "wrapper",
    [
        hs.TargetOnly(logistic()),
        hs.SourceOnly(logistic()),
        hs.Pooled(logistic(), target_weight=7.0),
        hs.Pooled(logistic(), target_weight="equal"),
        hs.Reweighted(logistic(), hs.ULSIF(random_state=0)),
        hs.Aligned(logistic(), target_weight="equal"),
        hs.TargetBlind(hs.Pooled(logistic())),
    ],
    ids=lambda w: type(w).__name__,
)
def test_without_a_source_it_is_the_estimator_alone(wrapper, data):
    X, y, _, _, new = data
    found = wrapper.fit(X, y)
    assert_same_model(found, logistic().fit(X, y), new)
    assert found.n_source_ == 0


def test_baselines_by_hand(data):
    X, y, Xs, ys, new = data
    source = hs.Domain(Xs, ys)
    assert_same_model(hs.TargetOnly(logistic()).fit(X, y, source=source), logistic().fit(X, y), new)
    assert_same_model(hs.SourceOnly(logistic()).fit(X, y, source=source), logistic().fit(Xs, ys), new)
    both, labels = np.vstack([Xs, X]), np.r_[ys, y]
    for given, each in ((1.0, 1.0), (2.5, 2.5), ("equal", 40 / 24), (np.int64(3), 3.0)):
        expected = logistic().fit(both, labels, sample_weight=np.r_[np.ones(40), np.full(24, each)])
        assert_same_model(hs.Pooled(logistic(), target_weight=given).fit(X, y, source=source), expected, new)


def test_regressors_by_hand(data):
    X, _, Xs, _, new = data
    y, ys = X @ [1.0, 2, 3], Xs @ [1.0, 2, 2]
    source = hs.Domain(Xs, ys)
    found = hs.Pooled(Ridge(), target_weight=3).fit(X, y, source=source)
    weight = np.r_[np.ones(40), np.full(24, 3)]
    expected = Ridge().fit(np.vstack([Xs, X]), np.r_[ys, y], sample_weight=weight)
    np.testing.assert_allclose(found.predict(new), expected.predict(new))
    assert found.score(X, y) == pytest.approx(expected.score(X, y))
    np.testing.assert_allclose(
        hs.SourceOnly(Ridge()).fit(X, y, source=source).predict(new), Ridge().fit(Xs, ys).predict(new)
    )


def test_reweighted_by_hand(data):
    X, y, Xs, ys, new = data
    source = hs.Domain(Xs, ys)
    found = hs.Reweighted(logistic(), hs.RULSIF(random_state=0), target_weight=2.0).fit(X, y, source=source)
    weight = hs.RULSIF(random_state=0).fit(X, y, source=source).source_weight_
    np.testing.assert_allclose(found.source_weight_, weight)
    expected = logistic().fit(np.vstack([Xs, X]), np.r_[ys, y], sample_weight=np.r_[weight, np.full(24, 2.0)])
    assert_same_model(found, expected, new)


def test_reweighted_without_target_labels_learns_from_the_source_alone(data):
    X, _, Xs, ys, new = data
    found = hs.Reweighted(logistic(), hs.RULSIF(random_state=0)).fit(X, None, source=hs.Domain(Xs, ys))
    assert_same_model(found, logistic().fit(Xs, ys, sample_weight=found.source_weight_), new)


def test_unlabelled_rows_reach_the_weighter(data):
    X, y, Xs, ys, _ = data
    more = hs.Domain(np.random.default_rng(5).normal(2, 1, size=(30, 3)))
    found = hs.Reweighted(logistic(), hs.RULSIF(random_state=0)).fit(X, y, source=hs.Domain(Xs, ys), unlabeled=more)
    expected = hs.RULSIF(random_state=0).fit(X, y, source=hs.Domain(Xs, ys), unlabeled=more).source_weight_
    without = hs.RULSIF(random_state=0).fit(X, y, source=hs.Domain(Xs, ys)).source_weight_
    np.testing.assert_allclose(found.source_weight_, expected)
    assert np.abs(expected - without).max() > 0.01


def test_aligned_by_hand_with_two_sources(data):
    X, y, Xs, ys, new = data
    sources = hs.Sources([hs.Domain(Xs[:25], ys[:25], name="a"), hs.Domain(Xs[25:], ys[25:], name="b")])
    found = hs.Aligned(logistic(), hs.FeatureAugmentation()).fit(X, y, source=sources)

    def copies(rows, own):
        blocks = [rows] + [rows if k == own else 0 * rows for k in range(3)]
        return np.hstack(blocks)

    rows = np.vstack([copies(Xs[:25], 1), copies(Xs[25:], 2), copies(X, 0)])
    expected = logistic().fit(rows, np.r_[ys, y])
    np.testing.assert_allclose(found.predict_proba(new), expected.predict_proba(copies(new, 0)), atol=1e-6)


def test_aligned_on_sparse_rows(data):
    X, y, Xs, ys, new = data
    dense = hs.Aligned(logistic()).fit(X, y, source=hs.Domain(Xs, ys))
    sparse = hs.Aligned(logistic()).fit(sp.csr_matrix(X), y, source=hs.Domain(sp.csr_matrix(Xs), ys))
    np.testing.assert_allclose(sparse.predict_proba(sp.csr_matrix(new)), dense.predict_proba(new), atol=1e-6)


def test_augmentation_by_hand(data):
    X, _, Xs, _, _ = data
    augment = hs.FeatureAugmentation(shared_weight=2.0).fit(X, source=hs.Domain(Xs, name="s"))
    np.testing.assert_array_equal(augment.transform(X), np.hstack([2 * X, X, 0 * X]))
    np.testing.assert_array_equal(augment.transform_source(Xs), np.hstack([2 * Xs, 0 * Xs, Xs]))
    assert augment.get_feature_names_out().tolist()[:4] == ["shared: x0", "shared: x1", "shared: x2", "target: x0"]
    np.testing.assert_array_equal(augment.transform(sp.csr_matrix(X)).toarray(), augment.transform(X))
    with pytest.raises(hs.InputError, match="domain=1 of 1 source domains"):
        augment.transform_source(Xs, domain=1)
    with pytest.raises(hs.InputError, match="shared_weight=0; expected a number above 0"):
        hs.FeatureAugmentation(shared_weight=0).fit(X)


def test_augmentation_is_the_kernel_of_the_paper(data):
    # Daume, section 3.2: rows of one domain count double
    X, _, Xs, _, _ = data
    augment = hs.FeatureAugmentation().fit(X, source=hs.Domain(Xs))
    T, S = augment.transform(X), augment.transform_source(Xs)
    np.testing.assert_allclose(T @ T.T, 2 * X @ X.T)
    np.testing.assert_allclose(T @ S.T, X @ Xs.T)


@pytest.mark.parametrize("fit_on", ["both", "target", "source"])
def test_prepared_by_hand(data, fit_on):
    X, y, Xs, ys, new = data
    X, Xs, new = 50 + 9 * X, 50 + 9 * Xs, 50 + 9 * new
    found = hs.Prepared(StandardScaler(), hs.Pooled(logistic()), fit_on=fit_on).fit(X, y, source=hs.Domain(Xs, ys))
    scaler = StandardScaler().fit({"both": np.vstack([X, Xs]), "target": X, "source": Xs}[fit_on])
    expected = logistic().fit(scaler.transform(np.vstack([Xs, X])), np.r_[ys, y])
    np.testing.assert_allclose(found.predict_proba(new), expected.predict_proba(scaler.transform(new)), atol=1e-6)


def test_prepared_encodes_tables_of_both_domains(rng):
    target = pd.DataFrame({"size": rng.normal(size=20), "colour": ["red", "blue"] * 10})
    source = pd.DataFrame({"colour": ["green", "blue", "red"] * 10, "size": rng.normal(size=30)})
    model = hs.Prepared(hs.TableEncoder(), hs.Pooled(logistic()))
    model.fit(target, np.arange(20) % 2, source=hs.Domain(source, np.arange(30) % 2))
    names = model.preprocessor_.get_feature_names_out().tolist()
    assert names == ["size", "colour=blue", "colour=green", "colour=red"]
    assert model.predict_proba(target).shape == (20, 2)


def test_target_blind_never_shows_the_labels(data):
    X, y, Xs, ys, new = data
    source = hs.Domain(Xs, ys)
    one, other = (hs.TargetBlind(hs.Pooled(logistic())).fit(X, v, source=source) for v in (y, 1 - y))
    np.testing.assert_array_equal(one.predict_proba(new), other.predict_proba(new))
    assert_same_model(one, logistic().fit(Xs, ys), new)


def test_learners_without_weights_are_refused_where_weights_are_needed(data):
    X, y, Xs, ys, _ = data
    source = hs.Domain(Xs, ys)
    needs = [
        hs.Reweighted(KNeighborsClassifier(), hs.ULSIF()),
        hs.Pooled(KNeighborsClassifier(), target_weight=2),
        hs.Aligned(make_pipeline(StandardScaler(), KNeighborsClassifier()), target_weight="equal"),
    ]
    for model in needs:
        with pytest.raises(hs.InputTypeError, match="KNeighborsClassifier does not accept sample_weight"):
            model.fit(X, y, source=source)
    # without weights there is nothing to refuse
    expected = KNeighborsClassifier().fit(np.vstack([Xs, X]), np.r_[ys, y])
    found = hs.Pooled(KNeighborsClassifier()).fit(X, y, source=source)
    np.testing.assert_array_equal(found.predict(X), expected.predict(X))
    with pytest.raises(hs.InputTypeError, match="KNeighborsRegressor does not accept sample_weight"):
        hs.Pooled(KNeighborsRegressor(), target_weight=2).fit(X, X[:, 0], source=hs.Domain(Xs, Xs[:, 0]))


def test_weights_reach_the_last_step_of_a_pipeline(data):
    X, y, Xs, ys, new = data
    found = hs.Pooled(make_pipeline(StandardScaler(), logistic()), target_weight=5.0)
    found.fit(X, y, source=hs.Domain(Xs, ys))
    weight = np.r_[np.ones(40), np.full(24, 5.0)]
    expected = make_pipeline(StandardScaler(), logistic())
    expected.fit(np.vstack([Xs, X]), np.r_[ys, y], logisticregression__sample_weight=weight)
    assert_same_model(found, expected, new)


@pytest.mark.parametrize("value", [0, -1, np.nan, np.inf, True, "half", None, [1.0]])
def test_target_weights_that_cannot_be_used(value, data):
    X, y, Xs, ys, _ = data
    with pytest.raises(hs.InputError, match="target_weight=.*expected 'equal' or a number above 0"):
        hs.Pooled(logistic(), target_weight=value).fit(X, y, source=hs.Domain(Xs, ys))


def test_a_class_of_the_source_only_has_a_column(data):
    X, y, Xs, ys, new = data
    L = np.array(["no", "yes", "perhaps"])
    ys = np.where(np.arange(40) < 10, 2, ys)
    source = hs.Domain(Xs, L[ys])
    target_only = hs.TargetOnly(logistic()).fit(X, L[y], source=source)
    assert target_only.classes_.tolist() == ["no", "perhaps", "yes"]
    proba = target_only.predict_proba(new)
    np.testing.assert_array_equal(proba[:, 1], 0)
    np.testing.assert_allclose(proba[:, [0, 2]], logistic().fit(X, L[y]).predict_proba(new), atol=1e-6)
    assert not hasattr(target_only, "decision_function")
    assert hs.Pooled(logistic()).fit(X, L[y], source=source).decision_function(new).shape == (9, 3)


def test_prepared_refuses_what_it_cannot_do(data):
    X, y, Xs, ys, _ = data
    with pytest.raises(hs.InputError, match="fit_on='all'; expected 'both', 'target' or 'source'"):
        hs.Prepared(StandardScaler(), hs.Pooled(logistic()), fit_on="all").fit(X, y)
    with pytest.raises(hs.InputTypeError, match=r"LogisticRegression, which cannot use a source.*hs.Pooled"):
        hs.Prepared(StandardScaler(), logistic()).fit(X, y, source=hs.Domain(Xs, ys))
    with pytest.raises(hs.InputTypeError, match="expected a scikit-learn classifier or regressor"):
        hs.Pooled(StandardScaler()).fit(X, y)


# Traps: scikit-learn's own tools that cannot reach the source.


def test_a_pipeline_that_scales_the_target_alone_is_noticed(data):
    X, y, Xs, ys, _ = data
    X, Xs = 100 + 20 * X, 100 + 20 * Xs
    trap = make_pipeline(StandardScaler(), hs.Pooled(logistic()))
    with pytest.warns(hs.HeadstartWarning, match=r"mean 0 and deviation 1 and 3 of the source's 3 .*hs.Prepared"):
        trap.fit(X, y, pooled__source=hs.Domain(Xs, ys))


def test_rightly_scaled_sources_are_no_alarm(data):
    X, y, Xs, ys, _ = data
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for fit_on in ("both", "target", "source"):
            model = hs.Prepared(StandardScaler(), hs.Pooled(logistic()), fit_on=fit_on)
            model.fit(100 + 20 * X, y, source=hs.Domain(100 + 20 * Xs, ys))
        # raw on both sides, and too few rows to tell
        hs.Pooled(LogisticRegression(max_iter=10_000)).fit(100 + X, y, source=hs.Domain(100 + Xs, ys))
        hs.Pooled(LogisticRegression(max_iter=10_000)).fit(
            StandardScaler().fit_transform(X[:9]), np.arange(9) % 2, source=hs.Domain(100 + Xs, ys)
        )


def test_column_selection_names_both_widths(data):
    X, y, Xs, ys, _ = data

    class Selected(hs.Pooled):
        @property
        def coef_(self):
            return self.estimator_.coef_

    with pytest.raises(hs.InputError, match="has 3 columns and the target 2"):
        RFE(Selected(logistic()), n_features_to_select=1).fit(X, y, source=hs.Domain(Xs, ys))


def test_reencoded_labels_are_refused_or_noticed(data):
    X, y, Xs, ys, _ = data
    source = hs.Domain(Xs, np.array(["no", "yes"])[ys])
    # BaggingClassifier hands on 0 and 1
    with pytest.raises(hs.InputError, match="target's labels are numbers.*source's are text.*BaggingClassifier"):
        hs.Pooled(logistic()).fit(X, y, source=source)
    with pytest.raises(hs.InputError, match="no label in common: the target has 0, 1 and the source 5, 9"):
        hs.Pooled(logistic()).fit(X, y, source=hs.Domain(Xs, np.where(ys == 0, 5, 9)))
    with pytest.warns(hs.HeadstartWarning, match="the target's labels are 0, 1 and the source's 1, 2"):
        hs.Pooled(logistic()).fit(X, y, source=hs.Domain(Xs, ys + 1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hs.Pooled(logistic()).fit(X, y + 1, source=hs.Domain(Xs, np.where(Xs[:, 1] > 1, 3, ys + 1)))
        hs.Pooled(logistic()).fit(X, y, source=hs.Domain(Xs, np.r_[0, ys[1:]]))


def test_one_versus_rest_is_noticed(data):
    import sklearn

    X, _, Xs, ys, _ = data
    y = np.array(["a", "b", "c"])[np.arange(24) % 3]
    source = hs.Domain(Xs, np.array(["a", "b", "c"])[np.arange(40) % 3])
    with (
        sklearn.config_context(enable_metadata_routing=True),
        pytest.raises(hs.InputError, match="OneVsRestClassifier"),
    ):
        OneVsRestClassifier(hs.Pooled(logistic())).fit(X, y, source=source)
    with sklearn.config_context(enable_metadata_routing=True), pytest.raises(hs.InputError, match="BaggingClassifier"):
        BaggingClassifier(hs.Pooled(logistic()), n_estimators=2, random_state=0).fit(X, y, source=source)


def test_an_aligner_is_not_fitted_to_rows_that_are_scored_later():
    shift = hs.datasets.make_shift("covariate", n_target=30, random_state=0)
    inside = hs.Aligned(hs.TransferClassifier(), hs.FeatureAugmentation())
    with pytest.raises(hs.InputError, match=r"expected the aligner as a candidate of it.*hs.TransferClassifier\(cand"):
        inside.fit(shift.target.X, shift.target.y, source=shift.source)
