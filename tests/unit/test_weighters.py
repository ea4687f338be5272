"""The weighters as estimators: what all share, what they refuse, and where they must not break."""

import warnings

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from headstart.core.domain import Domain, Sources
from headstart.core.errors import HeadstartWarning, InputError, InputTypeError
from headstart.instance import (
    KLIEP,
    KMM,
    RULSIF,
    ULSIF,
    DomainClassifierWeighter,
    LabelShiftWeighter,
    NearestNeighborWeighter,
)

SHARED = [
    KMM(random_state=0),
    KLIEP(random_state=0),
    ULSIF(random_state=0),
    RULSIF(random_state=0),
    DomainClassifierWeighter(random_state=0),
    NearestNeighborWeighter(),
]
ALL = [*SHARED, LabelShiftWeighter(random_state=0)]
WITH_RATIO = [w for w in ALL if hasattr(w, "weigh")]
SCALED = [w for w in ALL if "scale" in w.get_params()]
name = lambda w: type(w).__name__  # noqa: E731


def fresh(weighter, **params):
    return type(weighter)(**{**weighter.get_params(deep=False), **params})


def problem(n_source=120, n_target=80, d=3, seed=0):
    rng = np.random.default_rng(seed)
    Xs, Xt = rng.normal(size=(n_source, d)), rng.normal(size=(n_target, d)) * 0.7 + 0.5
    return Domain(Xs, (Xs[:, 0] + rng.normal(size=n_source) > 0).astype(int), name="source"), Xt


@parametrize_with_checks(ALL)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("weighter", ALL, ids=name)
def test_weights_are_of_mean_one_in_the_order_of_the_rows(weighter):
    source, Xt = problem()
    found = fresh(weighter).fit(Xt, source=source)
    assert found.source_weight_.shape == (120,) and found.n_source_ == 120
    assert found.source_weight_.dtype == np.float64
    assert (found.source_weight_ >= 0).all()
    assert found.source_weight_.mean() == pytest.approx(1.0)
    assert found.source_weight_.std() > 0.05
    # two domains one after the other are the same rows
    half = Sources([Domain(source.X[:50], source.y[:50]), Domain(source.X[50:], source.y[50:])])
    np.testing.assert_array_equal(fresh(weighter).fit(Xt, source=half).source_weight_, found.source_weight_)


@pytest.mark.parametrize("weighter", ALL, ids=name)
def test_random_state_decides_and_the_global_one_is_left_alone(weighter):
    source, Xt = problem()
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first = fresh(weighter).fit(Xt, source=source).source_weight_
    second = fresh(weighter).fit(Xt, source=source).source_weight_
    np.testing.assert_array_equal(first, second)
    if "random_state" in weighter.get_params():
        fresh(weighter, random_state=None).fit(Xt, source=source)
        fresh(weighter, random_state=np.random.RandomState(3)).fit(Xt, source=source)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize("weighter", ALL, ids=name)
def test_inputs_are_not_changed(weighter):
    source, Xt = problem()
    kept = source.X.copy(), source.y.copy(), Xt.copy()
    fresh(weighter).fit(Xt, source=source)
    for now, then in zip((source.X, source.y, Xt), kept, strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("weighter", ALL, ids=name)
def test_unlabelled_rows_join_the_target(weighter):
    source, Xt = problem()
    whole = fresh(weighter).fit(Xt, source=source).source_weight_
    if isinstance(weighter, LabelShiftWeighter):
        part = fresh(weighter).fit(Xt[:30], np.zeros(30, int), source=source).source_weight_
        more = fresh(weighter).fit(Xt[:30], np.zeros(30, int), source=source, unlabeled=Domain(Xt[30:])).source_weight_
        assert not np.allclose(part, more)
    else:
        joined = fresh(weighter).fit(Xt[:30], source=source, unlabeled=Domain(Xt[30:])).source_weight_
        np.testing.assert_array_equal(joined, whole)


@pytest.mark.parametrize("weighter", ALL, ids=name)
def test_without_a_source_there_are_no_weights(weighter):
    _, Xt = problem()
    found = fresh(weighter).fit(Xt)
    assert found.source_weight_.shape == (0,) and found.n_source_ == 0


@pytest.mark.parametrize("weighter", WITH_RATIO, ids=name)
def test_ratio_at_new_rows(weighter):
    source, Xt = problem(300, 300)
    with pytest.raises(NotFittedError):
        fresh(weighter).weigh(Xt)
    with pytest.raises(InputError, match="was fitted without a source"):
        fresh(weighter).fit(Xt).weigh(Xt)
    found = fresh(weighter).fit(Xt, source=source)
    at_source = found.weigh(source.X)
    if isinstance(weighter, DomainClassifierWeighter):
        assert np.corrcoef(at_source, found.source_weight_)[0, 1] > 0.98
    else:
        np.testing.assert_allclose(at_source, found.source_weight_, rtol=1e-10)
    assert found.weigh(Xt).mean() > at_source.mean() + 0.1
    with pytest.raises(InputError, match="features"):
        found.weigh(Xt[:, :2])


@pytest.mark.parametrize("weighter", ALL, ids=name)
def test_bound_holds_and_has_an_effect(weighter):
    source, Xt = problem()
    free = fresh(weighter, bound=None).fit(Xt, source=source)
    bound = 0.5 * (1 + free.source_weight_.max())
    held = fresh(weighter, bound=bound).fit(Xt, source=source)
    assert held.source_weight_.max() <= bound * (1 + 1e-9) < free.source_weight_.max()
    assert held.source_weight_.mean() == pytest.approx(1.0)
    if hasattr(held, "weigh"):
        assert held.weigh(np.vstack([Xt, source.X])).max() <= bound * (1 + 1e-9)


@pytest.mark.parametrize("weighter", SCALED, ids=name)
def test_units_of_the_columns_do_not_matter_unless_asked_for(weighter):
    source, Xt = problem()
    units = np.array([1e-6, 1.0, 1e9])
    there = Domain(source.X * units + 5.0 * units)
    plain = fresh(weighter).fit(Xt, source=Domain(source.X)).source_weight_
    scaled = fresh(weighter).fit(Xt * units + 5.0 * units, source=there).source_weight_
    np.testing.assert_allclose(scaled, plain, rtol=1e-3, atol=1e-3)
    raw = fresh(weighter, scale=False).fit(Xt * [1.0, 1.0, 30.0], source=Domain(source.X * [1.0, 1.0, 30.0]))
    assert not np.allclose(raw.source_weight_, plain, atol=0.05)
    np.testing.assert_array_equal(raw.scale_, 1.0)


HARD = {
    "one row each": (np.ones((1, 3)), np.zeros((1, 3))),
    "one target row": (np.arange(60.0).reshape(20, 3), np.full((1, 3), 30.0)),
    "one source row": (np.full((1, 3), 30.0), np.arange(60.0).reshape(20, 3)),
    "two rows each": (np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[0.0, 0.0], [1.0, 1.0]])),
    "all rows equal": (np.ones((20, 2)), np.ones((15, 2))),
    "a constant column": (np.c_[np.arange(30.0), np.ones(30)], np.c_[np.arange(10.0, 30.0), np.ones(20)]),
    "duplicates": (np.repeat(np.arange(5.0), 10)[:, None], np.repeat(np.arange(3.0), 7)[:, None]),
    "more columns than rows": (np.eye(8, 40), np.eye(6, 40) + 0.1),
    "huge values": (np.arange(40.0).reshape(20, 2) * 1e150, np.arange(20.0).reshape(10, 2) * 2e150),
    "tiny values": (np.arange(40.0).reshape(20, 2) * 1e-150, np.arange(20.0).reshape(10, 2) * 2e-150),
    "an outlier": (np.r_[np.arange(20.0), 1e6][:, None], np.arange(10.0)[:, None]),
}


@pytest.mark.parametrize("case", HARD)
@pytest.mark.parametrize("weighter", ALL, ids=name)
def test_hard_cases_give_finite_weights_of_mean_one(weighter, case):
    Xs, Xt = HARD[case]
    ys = np.arange(len(Xs)) % 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", HeadstartWarning)
        found = fresh(weighter).fit(Xt, source=Domain(Xs, ys))
    assert np.isfinite(found.source_weight_).all()
    assert found.source_weight_.mean() == pytest.approx(1.0)
    if hasattr(found, "weigh"):
        assert np.isfinite(found.weigh(Xt)).all()


@pytest.mark.parametrize("weighter", SHARED[:4], ids=name)
def test_domains_without_overlap_are_told(weighter):
    Xs, Xt = np.arange(20.0)[:, None], 1e4 + np.arange(20.0)[:, None]
    narrow = fresh(weighter, width=0.1, scale=False)
    with pytest.warns(HeadstartWarning, match="no source row in the region of the target"):
        narrow.fit(Xt, source=Domain(Xs))
    np.testing.assert_array_equal(narrow.source_weight_, 1.0)
    if hasattr(narrow, "weigh"):
        np.testing.assert_array_equal(narrow.weigh(Xt), 1.0)


REFUSED = [
    (KMM(bound=0.5), InputError, "bound is 0.5; expected a number of at least 1"),
    (KLIEP(bound="2"), InputTypeError, "bound is '2', of type str; expected a number"),
    (KMM(width=0.0), InputError, "width is 0.0; expected a number above 0"),
    (KMM(slack=1.5), InputError, "slack is 1.5; expected a number of at least 0 and at most 1"),
    (KMM(n_components=0), InputError, "n_components is 0; expected an integer of at least 1"),
    (KMM(max_iter=1.5), InputTypeError, "max_iter is 1.5, of type float; expected an integer"),
    (KMM(scale="yes"), InputTypeError, "scale is 'yes'; expected True or False"),
    (ULSIF(width=[1.0, -1.0]), InputError, "expected a positive number, or a list of them, or None"),
    (ULSIF(penalty="small"), InputTypeError, "penalty is 'small'; expected a positive number, a list of them, or None"),
    (RULSIF(alpha=1.0), InputError, "alpha is 1.0; expected a share of at least 0 and below 1"),
    (KLIEP(cv=1), InputError, "cv is 1; expected an integer of at least 2"),
    (KLIEP(random_state="seed"), InputError, "cannot be used to seed"),
    (DomainClassifierWeighter(LinearSVC()), InputTypeError, "LinearSVC has no predict_proba"),
    (DomainClassifierWeighter(calibration="platt"), InputError, 'expected "sigmoid", "isotonic" or None'),
    (NearestNeighborWeighter(slack="none"), InputError, "slack is 'none'; expected a number of at least 0"),
    (NearestNeighborWeighter(n_jobs=0), InputError, "n_jobs is 0; expected an integer of at least 1"),
    (LabelShiftWeighter(method="ml"), InputError, 'method is \'ml\'; expected "em" or "bbse"'),
    (LabelShiftWeighter(smoothing=-1), InputError, "smoothing is -1; expected a number of at least 0"),
]


@pytest.mark.parametrize(("weighter", "error", "message"), REFUSED, ids=lambda v: str(v)[:40])
def test_parameters_out_of_range_are_refused(weighter, error, message):
    source, Xt = problem()
    with pytest.raises(error) as raised:
        weighter.fit(Xt, source=source)
    assert message in str(raised.value)


def test_kmm_tells_when_it_was_cut_short():
    source, Xt = problem()
    with pytest.warns(HeadstartWarning, match="KMM ended after 2 steps .* raise max_iter, tol or width"):
        KMM(max_iter=2, tol=1e-9, random_state=0).fit(Xt, source=source)


def test_widths_and_penalties_that_are_given_are_taken():
    source, Xt = problem()
    found = ULSIF(width=[0.3, 1.0], penalty=[0.1, 1.0, 10.0], random_state=0).fit(Xt, source=source)
    assert found.width_ in (0.3, 1.0) and found.penalty_ in (0.1, 1.0, 10.0) and found.errors_.shape == (2, 3)
    assert found.errors_.min() == found.errors_[found.widths_ == found.width_, found.penalties_ == found.penalty_][0]
    one = KLIEP(width=0.7, random_state=0).fit(Xt, source=source)
    assert one.width_ == 0.7 and one.scores_.size == 0
    two = KLIEP(width=[0.001, 0.7], random_state=0).fit(Xt, source=source)
    assert two.width_ == 0.7 and two.scores_[0] < two.scores_[1]
    assert KMM(width=0.7, random_state=0).fit(Xt, source=source).width_ == 0.7


def test_other_parameters_have_an_effect():
    source, Xt = problem()
    for plain, other in [
        (KMM(random_state=0), KMM(random_state=0, slack=0.0, bound=1.2)),
        (KMM(random_state=0, n_components=20), KMM(random_state=1, n_components=20)),
        (KLIEP(random_state=0), KLIEP(random_state=0, n_centers=3)),
        (KLIEP(random_state=0), KLIEP(random_state=0, cv=2, width=[0.2, 0.25, 0.3, 0.35, 0.4, 0.5])),
        (ULSIF(random_state=0), ULSIF(random_state=0, n_centers=3)),
        (RULSIF(random_state=0), RULSIF(0.8, random_state=0)),
        (DomainClassifierWeighter(random_state=0), DomainClassifierWeighter(random_state=0, calibration=None)),
        (DomainClassifierWeighter(random_state=0), DomainClassifierWeighter(random_state=0, calibration="isotonic")),
        (DomainClassifierWeighter(random_state=0), DomainClassifierWeighter(random_state=0, cv=2)),
        (NearestNeighborWeighter(), NearestNeighborWeighter(3)),
        (NearestNeighborWeighter(), NearestNeighborWeighter(smoothing=1.0)),
        (LabelShiftWeighter(random_state=0), LabelShiftWeighter(random_state=0, method="bbse")),
        (LabelShiftWeighter(random_state=0), LabelShiftWeighter(random_state=0, smoothing=100.0)),
    ]:
        a, b = (w.fit(Xt, source=source).source_weight_ for w in (plain, other))
        assert not np.allclose(a, b, rtol=1e-3), other


def test_max_selection_bounds_the_choice_only():
    source, Xt = problem(300, 300)
    few = ULSIF(max_selection=5, random_state=0).fit(Xt, source=source)
    all_ = ULSIF(random_state=0).fit(Xt, source=source)
    assert not np.allclose(few.errors_, all_.errors_)
    few = KLIEP(max_selection=20, random_state=0).fit(Xt, source=source)
    all_ = KLIEP(random_state=0).fit(Xt, source=source)
    assert not np.allclose(few.scores_, all_.scores_)


def test_sparse_rows_for_those_that_take_them():
    import scipy.sparse as sp

    source, Xt = problem()
    sparse = Domain(sp.csr_matrix(np.where(source.X > 0.5, source.X, 0.0)), source.y)
    found = DomainClassifierWeighter(random_state=0).fit(sp.csr_matrix(np.where(Xt > 0.5, Xt, 0.0)), source=sparse)
    assert found.source_weight_.std() > 0.05
    found = LabelShiftWeighter(random_state=0).fit(sp.csr_matrix(np.where(Xt > 0.5, Xt, 0.0)), source=sparse)
    assert found.source_weight_.std() > 0.01


def test_domain_classifier_reports_how_well_it_tells_the_domains_apart():
    rng = np.random.default_rng(0)
    same = Domain(rng.normal(size=(300, 2)))
    found = DomainClassifierWeighter(random_state=0).fit(rng.normal(size=(300, 2)), source=same)
    assert abs(found.auc_ - 0.5) < 0.06
    assert found.source_weight_.max() < 1.5
    apart = DomainClassifierWeighter(random_state=0).fit(rng.normal(size=(300, 2)) + 9, source=same)
    assert apart.auc_ == 1.0
    with pytest.warns(HeadstartWarning, match="at least 2 of each to cross-fit"):
        alone = DomainClassifierWeighter(random_state=0).fit(np.ones((1, 2)), source=same)
    assert np.isnan(alone.auc_)


def test_domain_classifier_seeds_what_is_not_seeded_and_changes_no_parameter():
    source, Xt = problem()
    forest = RandomForestClassifier(5)
    weights = [
        DomainClassifierWeighter(forest, random_state=s).fit(Xt, source=source).source_weight_ for s in (0, 0, 1)
    ]
    np.testing.assert_array_equal(weights[0], weights[1])
    assert not np.allclose(weights[0], weights[2])
    assert forest.random_state is None


@pytest.mark.parametrize("method", ["em", "bbse"])
def test_label_shift_uses_the_labels_there_are(method):
    source, Xt = problem(200, 100)
    y = np.array([1] * 75 + [0] * 25)
    exact = LabelShiftWeighter(method=method, smoothing=0.0).fit(Xt, y, source=source)
    np.testing.assert_allclose(exact.target_shares_, [0.25, 0.75])
    assert exact.classifiers_ == []
    share = source.y.mean()
    np.testing.assert_allclose(exact.source_weight_[source.y == 1], 0.75 / share)
    np.testing.assert_allclose(exact.source_weight_[source.y == 0], 0.25 / (1 - share))
    smooth = LabelShiftWeighter(method=method, smoothing=100.0).fit(Xt, y, source=source)
    np.testing.assert_allclose(smooth.target_shares_[1], 0.5 * (0.75 + share))


def test_label_shift_with_text_labels_and_labels_of_one_domain():
    rng = np.random.default_rng(0)
    Xs = rng.normal(size=(90, 2)) + np.repeat([[0.0], [2.0], [4.0]], 30, axis=0)
    source = Domain(Xs, np.repeat(["a", "b", "c"], 30))
    found = LabelShiftWeighter(LogisticRegression(), random_state=0).fit(
        np.zeros((4, 2)), ["a", "a", "b", "new"], source=source
    )
    np.testing.assert_allclose(found.target_shares_, (np.array([2, 1, 0]) + 1 / 3) / 4)
    with pytest.raises(InputError, match="no target label occurs in the source"):
        LabelShiftWeighter().fit(np.zeros((2, 2)), ["x", "y"], source=source)
    with pytest.raises(InputError, match="expected the same type"):
        LabelShiftWeighter().fit(np.zeros((2, 2)), [0, 1], source=source)
    with pytest.raises(InputError, match="has no labels, which LabelShiftWeighter needs"):
        LabelShiftWeighter().fit(np.zeros((2, 2)), source=Domain(Xs))
    with pytest.raises(InputError, match="continuous"):
        LabelShiftWeighter().fit(np.zeros((2, 2)), source=Domain(Xs, rng.normal(size=90)))
    one = LabelShiftWeighter().fit(np.zeros((2, 2)), source=Domain(Xs, np.repeat("a", 90)))
    np.testing.assert_array_equal(one.source_weight_, 1.0)
