"""OTMapping and its numeric parts: against POT, against closed forms, and what is refused."""

import numpy as np
import ot
import pytest
import scipy.sparse as sp

from headstart.core.domain import Domain, Sources
from headstart.core.errors import HeadstartWarning, InputError, InputTypeError
from headstart.feature import OTMapping
from headstart.numeric.prototypes import prototypes
from headstart.numeric.transport import barycentric, plan, sinkhorn, sinkhorn_groups


def problem(n_source=60, n_target=50, d=3, seed=0):
    rng = np.random.default_rng(seed)
    Xs, Xt = rng.normal(size=(n_source, d)), rng.normal(size=(n_target, d)) * 0.8 + 1.0
    return Xs, (Xs[:, 0] > 0).astype(int), Xt, (Xt[:, 0] > 1.0).astype(int)


def costs(Xs, Xt):
    return ((Xs[:, None] - Xt) ** 2).sum(axis=2)


@pytest.mark.parametrize("reg", [1.0, 0.1, 0.02])
def test_sinkhorn_is_pots(reg):
    Xs, _, Xt, _ = problem()
    C, a = costs(Xs, Xt), np.random.default_rng(1).dirichlet(np.ones(60))
    b = np.full(50, 0.02)
    found = sinkhorn(C, a, b, reg, tol=1e-10, max_iter=20_000)
    P = plan(C, a, b, reg, found)
    assert found.converged
    np.testing.assert_allclose(P.sum(axis=0), b, rtol=1e-12)
    expected = ot.sinkhorn(a, b, C, reg, method="sinkhorn_log", stopThr=1e-11, numItermax=20_000)
    np.testing.assert_allclose(P, expected, atol=1e-9)
    np.testing.assert_allclose(
        barycentric(C, b, reg, found, Xt), (expected @ Xt) / expected.sum(axis=1)[:, None], atol=1e-6
    )


@pytest.mark.slow
def test_sinkhorn_with_tiny_regularisation_is_the_cheapest_assignment():
    Xs, _, Xt, _ = problem(30, 30)
    C, a = costs(Xs, Xt), np.full(30, 1 / 30)
    # absorbs many times, since potentials over reg are in the hundreds
    P = plan(C, a, a, 0.01, sinkhorn(C, a, a, 0.01, tol=1e-6, max_iter=100_000))
    best = float(np.sum(ot.emd(a, a, C) * C))
    assert best <= float(np.sum(P * C)) + 1e-6 and float(np.sum(P * C)) < 1.02 * best


def test_a_row_without_weight_knows_where_it_would_go():
    C, b = np.array([[0.0, 1.0], [1.0, 0.0], [5.0, 1.0]]), np.array([0.5, 0.5])
    found = sinkhorn(C, np.array([0.5, 0.5, 0.0]), b, 0.05)
    assert barycentric(C, b, 0.05, found, np.array([[0.0], [1.0]]))[2, 0] == pytest.approx(1.0)


def test_sinkhorn_says_where_it_is_not_there_yet():
    Xs, _, Xt, _ = problem()
    C, a, b = costs(Xs, Xt), np.full(60, 1 / 60), np.full(50, 0.02)
    found = sinkhorn(C, a, b, 0.02, tol=1e-12, max_iter=20)
    assert not found.converged and found.error > 1e-12
    missed = np.abs(plan(C, a, b, 0.02, found).sum(axis=1) - a).sum()
    assert found.error == pytest.approx(missed, rel=0.2)


def test_class_regularisation_is_pots():
    """POT penalises masses with a floor of 1e-3, here shares: eta and floor in the units of the other."""
    Xs, ys, Xt, _ = problem()
    C, a, b, n = costs(Xs, Xt), np.full(60, 1 / 60), np.full(50, 0.02), 50
    expected = ot.da.sinkhorn_lpl1_mm(
        a, ys, b, C, 1.0, eta=0.2, numItermax=10, numInnerItermax=5000, stopInnerThr=1e-12
    )
    found = sinkhorn_groups(C, a, b, ys, 1.0, 0.2 * np.sqrt(n), floor=1e-3 * n, tol=1e-10, max_iter=5000)
    np.testing.assert_allclose(plan(found.cost, a, b, 1.0, found.potentials), expected, atol=1e-8)


def mapping(**params):
    return OTMapping(**{"tol": 1e-10, "max_steps": 20_000, "scale": False, **params})


def test_mapping_is_pots_at_the_rows_of_fit_and_at_new_rows():
    Xs, _, Xt, _ = problem()
    found = mapping(reg=0.1).fit(Xt, source=Domain(Xs))
    theirs = ot.da.SinkhornTransport(
        reg_e=0.1, norm="median", max_iter=20_000, tol=1e-11, out_of_sample_map="ferradans"
    )
    theirs.fit(Xs=Xs, Xt=Xt)
    np.testing.assert_allclose(found.transform_source(Xs), theirs.transform(Xs=Xs), atol=1e-6)
    new = np.random.default_rng(5).normal(size=(9, 3))
    np.testing.assert_allclose(found.transform_source(new), theirs.transform(Xs=new), atol=1e-6)
    np.testing.assert_array_equal(found.transform(Xt), Xt)


def test_columns_that_hardly_vary_in_the_source_stay_where_they_are():
    Xs, ys, Xt, _ = problem()
    still = np.random.default_rng(2).normal(size=60)
    Xs, Xt = np.c_[Xs, 0.1 * still, np.full(60, 3.0)], np.c_[Xt, np.random.default_rng(3).normal(size=(50, 2)) * 40]
    source, new = Domain(Xs, ys), Xs[:7] + 0.01
    for rows in (Xs, new):
        moved = OTMapping().fit(Xt, source=source).transform_source(rows)
        np.testing.assert_array_equal(moved[:, 3:], rows[:, 3:])
        every = OTMapping(least_spread=0.0).fit(Xt, source=source).transform_source(rows)
        assert every[:, 3:].std() > 1.0
        np.testing.assert_array_equal(moved[:, :3], every[:, :3])
    with pytest.raises(InputError, match="least_spread is -1; expected a number of at least 0"):
        OTMapping(least_spread=-1).fit(Xt, source=source)


@pytest.mark.slow
def test_a_plan_over_prototypes_is_near_the_one_over_rows():
    Xs, _, Xt, _ = problem(1500, 1200, 2)
    full = OTMapping(n_anchors=2000, random_state=0).fit(Xt, source=Domain(Xs))
    few = OTMapping(n_anchors=200, random_state=0).fit(Xt, source=Domain(Xs))
    assert full.quantization_ == [0.0, 0.0] and 0 < max(few.quantization_) < 0.15
    assert len(few.anchors_[0]) <= 200
    gap = few.transform_source(Xs) - full.transform_source(Xs)
    # the documented bound, in standard deviations of a domain
    assert np.sqrt(np.mean(gap**2)) / Xt.std() < sum(few.quantization_)


def test_all_rows_are_anchors_where_the_plan_has_room():
    Xs, _, Xt, _ = problem(60, 10)
    assert len(OTMapping(n_anchors=25).fit(Xt, source=Domain(Xs)).anchors_[0]) == 60  # 60 x 10 < 25 x 25
    assert len(OTMapping(n_anchors=20, random_state=0).fit(Xt, source=Domain(Xs)).anchors_[0]) <= 40


def test_known_labels_keep_classes_apart_and_set_their_shares():
    rng = np.random.default_rng(0)
    ys, y = np.arange(100) % 2, np.r_[np.zeros(60, int), np.ones(20, int)]
    # the classes change places: without labels each goes to the wrong side
    Xs = rng.normal(size=(100, 1)) * 0.1 + np.where(ys == 1, 1.0, -1.0)[:, None]
    Xt = rng.normal(size=(80, 1)) * 0.1 + np.where(y == 1, -1.0, 1.0)[:, None]
    told = OTMapping().fit(Xt, y, source=Domain(Xs, ys)).transform_source(Xs)
    assert (np.sign(told[:, 0]) == np.where(ys == 1, -1, 1)).all()
    blind = OTMapping(use_labels=False).fit(Xt, y, source=Domain(Xs, ys)).transform_source(Xs)
    assert np.mean(np.sign(blind[:, 0]) == np.where(ys == 1, -1, 1)) < 0.5
    # shares of 3 to 1 in the target: with them no row of the larger class has to leave
    Xt = rng.normal(size=(80, 1)) * 0.1 + np.where(y == 1, 1.0, -1.0)[:, None]
    told = OTMapping(class_weight=0).fit(Xt, y, source=Domain(Xs, ys)).transform_source(Xs)
    assert np.abs(told[:, 0] - np.where(ys == 1, 1.0, -1.0)).max() < 0.5


def test_numbers_as_labels_pull_rows_to_their_like():
    rng = np.random.default_rng(0)
    Xs, Xt = rng.normal(size=(80, 2)), rng.normal(size=(60, 2))
    ys, y = -Xs[:, 0], Xt[:, 0]
    told = OTMapping().fit(Xt, y, source=Domain(Xs, ys)).transform_source(Xs)
    blind = OTMapping(use_labels=False).fit(Xt, y, source=Domain(Xs, ys)).transform_source(Xs)
    assert np.corrcoef(told[:, 0], ys)[0, 1] > np.corrcoef(blind[:, 0], ys)[0, 1] + 0.3


def test_class_weight_and_reg_have_an_effect():
    Xs, ys, Xt, _ = problem()
    source = Domain(Xs, ys)

    def spread_and_mixing(**params):
        moved = OTMapping(**params).fit(Xt, source=source).transform_source(Xs)
        return moved.std(), np.abs(moved[ys == 1].mean(axis=0) - moved[ys == 0].mean(axis=0)).sum()

    assert spread_and_mixing(reg=1.0)[0] < spread_and_mixing(reg=0.05)[0]
    assert spread_and_mixing(class_weight=1.0, reg=0.3)[1] > spread_and_mixing(class_weight=0, reg=0.3)[1]


def test_each_source_has_a_plan_of_its_own():
    Xs, ys, Xt, yt = problem()
    one = Domain(Xs[:30], ys[:30])
    both = OTMapping().fit(Xt, yt, source=Sources([one, Domain(Xs[30:] + 3, ys[30:])]))
    for k, part in enumerate((Xs[:30], Xs[30:] + 3)):
        assert np.abs(both.transform_source(part, domain=k).mean(axis=0) - Xt.mean(axis=0)).max() < 0.5
    assert len(both.anchors_) == 2 and len(both.quantization_) == 3


def test_constant_columns_units_and_a_single_place():
    Xs, ys, Xt, yt = problem()
    units = np.array([1e-3, 1.0, 1e6])
    plain = OTMapping().fit(Xt, yt, source=Domain(Xs, ys)).transform_source(Xs)
    other = OTMapping().fit(Xt * units, yt, source=Domain(Xs * units, ys)).transform_source(Xs * units)
    np.testing.assert_allclose(other / units, plain, rtol=1e-6, atol=1e-6)
    wide = OTMapping().fit(np.c_[Xt, np.ones(50)], yt, source=Domain(np.c_[Xs, np.ones(60)], ys))
    np.testing.assert_allclose(wide.transform_source(np.c_[Xs, np.ones(60)])[:, :3], plain, atol=1e-9)
    same = OTMapping().fit(np.zeros((4, 2)), source=Domain(np.zeros((3, 2))))
    np.testing.assert_array_equal(same.transform_source(np.zeros((3, 2))), 0.0)


def test_prototypes_stand_for_the_rows_of_their_group():
    rng = np.random.default_rng(0)
    X, groups = rng.normal(size=(500, 3)), rng.integers(-1, 2, 500)
    found = prototypes(X, groups, 40, np.random.default_rng(1))
    assert len(found.centres) <= 40 and found.count.sum() == 500
    np.testing.assert_array_equal(found.group[found.of], groups)
    np.testing.assert_allclose(found.mean(X), found.centres)
    whole = prototypes(X, groups, 500, np.random.default_rng(1))
    assert whole.centres is X and (whole.count == 1).all()


def test_what_is_refused_and_warned_of():
    Xs, ys, Xt, yt = problem()
    source = Domain(Xs, ys, name="there")

    def refuses(match, *args, error=InputError, params=None, **kwargs):
        with pytest.raises(error, match=match):
            OTMapping(**(params or {})).fit(*args, **kwargs)

    refuses("the target has 1 row; OTMapping expected at least 2", Xt[:1], yt[:1], source=source)
    refuses("source 'there' has 1 row", Xt, yt, source=Domain(Xs[:1], ys[:1], name="there"))
    refuses("no label in common", Xt, yt + 5, source=source)
    refuses("use_labels is True and the source has no labels", Xt, yt, source=Domain(Xs), params={"use_labels": True})
    refuses("reg is 0; expected a number above 0", Xt, source=source, params={"reg": 0})
    refuses("class_weight is -1", Xt, source=source, params={"class_weight": -1})
    refuses("n_anchors is 1; expected an integer of at least 2", Xt, source=source, params={"n_anchors": 1})
    refuses("makes rows dense; expected a dense table", sp.csr_matrix(Xt), yt, source=source, error=InputTypeError)
    with pytest.warns(HeadstartWarning, match="ended after 5 iterations with row sums off by .* raise max_steps, tol"):
        OTMapping(max_steps=5, tol=1e-12).fit(Xt, source=source)
