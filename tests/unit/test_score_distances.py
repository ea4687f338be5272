"""Distances of domains, each against a slow direct writing or POT."""

import numpy as np
import ot
import pytest
from sklearn.metrics.pairwise import rbf_kernel

import headstart as hs
from headstart.numeric.discrepancy import squared_mmd
from headstart.scores.table import TABLE

S = hs.scores
NAMES = [k.name for k in TABLE if not k.tasks]


def domains(n=60, m=45, d=4, shift=0.5, seed=0):
    rng = np.random.default_rng(seed)
    ys, yt = rng.integers(3, size=n), rng.integers(2, size=m)
    ys[:3], yt[:2] = np.arange(3), np.arange(2)
    return (
        2.0 * np.eye(3, d)[ys] + rng.normal(size=(n, d)),
        ys,
        2.0 * np.eye(2, d)[yt] + shift + rng.normal(size=(m, d)),
        yt,
    )


def distance(name, Xs, ys, Xt, yt, **options):
    first = (Xs, ys, Xt, yt) if name == "otdd" else (Xs, Xt)
    return getattr(S, name)(*first, **options)


def test_proxy_a_distance_by_hand():
    Xs, _, Xt, _ = domains(100, 100, shift=0.0)
    assert abs(S.proxy_a_distance(Xs, Xs[::-1] + 1e-9)) < 0.6
    assert S.proxy_a_distance(Xs, Xt + 50.0) == 2.0
    # one column: the best cut is half way, and errs at a tail of the normal distribution
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(20_000, 1)), rng.normal(size=(5_000, 1)) + 2.0
    assert S.proxy_a_distance(a, b) == pytest.approx(2 * (1 - 2 * 0.1587), abs=0.04)


def test_mmd_is_nearly_that_of_the_whole_kernel():
    Xs, _, Xt, _ = domains()
    X = np.vstack([Xs, Xt])
    expected = squared_mmd(rbf_kernel(X, gamma=0.5 / 2.0**2), (np.arange(105) < 60).astype(float)[:, None])[0]
    assert S.mmd(Xs, Xt, width=2.0, n_pairs=20_000) == pytest.approx(expected, abs=0.004)
    assert S.mmd(10.0 * Xs, 10.0 * Xt) == pytest.approx(S.mmd(Xs, Xt))


def test_wasserstein_is_the_mean_of_pots_over_columns():
    Xs, _, Xt, _ = domains()
    for p in (1.0, 2.0):
        expected = np.mean([ot.wasserstein_1d(Xs[:, j], Xt[:, j], p=p) ** (1 / p) for j in range(4)])
        assert S.wasserstein(Xs, Xt, power=p) == pytest.approx(expected)


def test_sliced_wasserstein_is_pots_along_the_same_directions():
    Xs, _, Xt, _ = domains()
    directions = np.random.default_rng(3).normal(size=(4, 30))
    directions /= np.linalg.norm(directions, axis=0)
    expected = ot.sliced_wasserstein_distance(Xs, Xt, projections=directions, p=2)
    assert S.sliced_wasserstein(Xs, Xt, n_slices=30, random_state=3) == pytest.approx(expected)


def gaussian(X, covariance):
    C = np.cov(X.T, bias=True)
    return X.mean(axis=0), C if covariance == "full" else np.diag(np.diag(C))


@pytest.mark.parametrize("covariance", ["diagonal", "full"])
@pytest.mark.parametrize(("n", "m"), [(40, 40), (20, 60)])
def test_otdd_is_the_whole_plan_of_pot(covariance, n, m):
    Xs, ys, Xt, yt = domains(n, m)
    sides = [[gaussian(X[y == c], covariance) for c in np.unique(y)] for X, y in ((Xs, ys), (Xt, yt))]
    L = np.array([[ot.gaussian.bures_wasserstein_distance(a, b, A, B) ** 2 for b, B in sides[1]] for a, A in sides[0]])
    C = ((Xs[:, None] - Xt) ** 2).sum(axis=2) + L[np.ix_(ys, yt)]
    expected = np.sqrt(ot.emd2(np.full(n, 1 / n), np.full(m, 1 / m), C))
    assert S.otdd(Xs, ys, Xt, yt, covariance=covariance) == pytest.approx(expected)


def test_otdd_of_a_data_set_with_itself_is_zero_whatever_labels_are_called():
    Xs, ys, _, _ = domains()
    assert S.otdd(Xs, ys, Xs, np.array(["x", "y", "z"])[ys]) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_farther_is_larger_and_lengths_may_differ(name):
    found = [distance(name, *domains(80, 50, shift=shift)) for shift in (0.0, 2.0, 4.0)]
    assert found[0] < found[1] <= found[2]


@pytest.mark.parametrize("name", NAMES)
def test_single_precision_and_a_common_shift(name):
    Xs, ys, Xt, yt = domains()
    expected = distance(name, Xs, ys, Xt, yt)
    single = Xs.astype(np.float32), ys, Xt.astype(np.float32), yt
    assert distance(name, *single) == pytest.approx(expected, rel=1e-4)
    assert distance(name, Xs + 100.0, ys, Xt + 100.0, yt) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_more_columns_than_rows(name):
    assert np.isfinite(distance(name, *domains(12, 10, d=40)))


XS, YS, XT, YT = domains()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: S.mmd(XS, XT[:, :3]), "Xs has 4 columns and Xt 3; expected the same columns"),
        (lambda: S.wasserstein(XS, np.where(XT > 2, np.inf, XT)), r"Xt has \d+ entries that are NaN or infinite"),
        (lambda: S.wasserstein(XS, XT, power=0.5), r"power=0\.5; expected 1 or more"),
        (lambda: S.sliced_wasserstein(XS, XT, n_slices=0), "n_slices=0; expected"),
        (lambda: S.mmd(XS, XT, width=0.0), r"width=0\.0; expected a number above 0"),
        (lambda: S.mmd(XS, XT, n_pairs=0), "n_pairs=0; expected"),
        (lambda: S.proxy_a_distance(XS[:3], XT), "3 and 45 rows; expected 5 at least"),
        (lambda: S.otdd(XS, None, XT, YT), "ys is None; expected the class of each row"),
        (lambda: S.otdd(XS, YS[:-1], XT, YT), "Xs has 60 rows and ys 59"),
        (lambda: S.otdd(XS, YS, XT, [None, *YT[1:]]), "yt has 1 gaps"),
        (lambda: S.otdd(XS, YS, XT, YT, covariance="round"), "covariance='round'; expected 'diagonal' or 'full'"),
        (lambda: S.otdd(XS, YS, XT, YT, max_rows=0), "max_rows=0; expected"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(hs.InputError, match=message):
        call()
