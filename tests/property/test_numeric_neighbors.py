"""Nearest rows by tree and by all pairs, against all distances."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from headstart.numeric import all_pairs, neighbors


def directly(Xs, Xt, k):
    """The definition: every distance from the differences, equal ones in the order of the source rows."""
    D = ((Xt[:, None] - Xs) ** 2).sum(axis=2)
    return np.argsort(D, axis=1, kind="stable")[:, :k]


@given(st.integers(0, 500), st.integers(3, 60), st.integers(1, 60), st.integers(1, 40), st.integers(1, 3))
@settings(max_examples=80, deadline=None)
def test_the_nearest_are_the_nearest(seed, n_source, n_target, d, k):
    rng = np.random.default_rng(seed)
    Xs, Xt = rng.normal(size=(n_source, d)), rng.normal(size=(n_target, d))
    found = neighbors.nearest(Xs, Xt, n_neighbors=k)
    np.testing.assert_array_equal(found, directly(Xs, Xt, k))
    assert neighbors.share_out(found, np.arange(n_source)).sum() == pytest.approx(n_target)


@given(st.integers(0, 500), st.integers(8, 300), st.integers(1, 12), st.integers(1, 8), st.sampled_from([1.0, 1e6]))
@settings(max_examples=60, deadline=None)
def test_ties_and_duplicates_go_to_the_first_rows(seed, n_source, d, k, offset):
    # small whole numbers: many rows are equal, and many more equally far
    rng = np.random.default_rng(seed)
    Xs, Xt = offset + rng.integers(0, 3, size=(n_source, d)), offset + rng.integers(0, 3, size=(20, d))
    np.testing.assert_array_equal(all_pairs.nearest_of_all(Xs, Xt, k), directly(Xs, Xt, k))


@pytest.mark.parametrize("k", [1, 2, 8, 33])
@pytest.mark.parametrize("workers", [1, 2])
def test_blocks_and_chunks_are_merged(monkeypatch, k, workers):
    for name, value in {"_TARGET_ROWS": 7, "_SOURCE_ROWS": 5, "_MOST_BOUNDS": 100, "_MOST_VALUES": 30}.items():
        monkeypatch.setattr(all_pairs, name, value)
    rng = np.random.default_rng(0)
    Xs, Xt = rng.normal(size=(33, 20)), rng.normal(size=(29, 20))
    np.testing.assert_array_equal(all_pairs.nearest_of_all(Xs, Xt, k, workers=workers), directly(Xs, Xt, k))


@pytest.mark.parametrize("k", [1, 5])
def test_groups_of_full_size_hold_every_neighbour(k):
    rng = np.random.default_rng(0)
    Xs, Xt = rng.normal(size=(5003, 12)), 0.3 + rng.normal(size=(100, 12))
    expected = np.argsort(cdist(Xt, Xs), axis=1)[:, :k]
    np.testing.assert_array_equal(all_pairs.nearest_of_all(Xs, Xt, k), expected)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("offset", [1e4, 1e6, 1e9])
def test_rounding_does_not_decide(offset, k):
    # a large common offset drowns small distances in float32, and in the expanded square even in float64
    rng = np.random.default_rng(0)
    Xs = offset + rng.normal(size=(400, 20))
    Xt = Xs[rng.permutation(400)] + 1e-4 * rng.normal(size=(400, 20))
    np.testing.assert_array_equal(neighbors.nearest(Xs, Xt, n_neighbors=k), np.argsort(cdist(Xt, Xs), axis=1)[:, :k])


def test_clusters_far_apart_are_told_apart():
    # no common origin helps: within a cluster, distances are a ten-thousand-millionth of its distance from the mean
    rng = np.random.default_rng(0)
    centers = np.array([[-1e6], [1e6], [3e6]])[rng.integers(0, 3, size=600)]
    Xs = centers + 1e-4 * rng.normal(size=(600, 20))
    Xt = Xs[::3] + 1e-5 * rng.normal(size=(200, 20))
    np.testing.assert_array_equal(neighbors.nearest(Xs, Xt)[:, 0], cdist(Xt, Xs).argmin(axis=1))


def test_rows_of_very_different_size():
    rng = np.random.default_rng(0)
    Xs, Xt = (rng.normal(size=(500, 20)) * np.exp(6 * rng.normal(size=(500, 1))) for _ in range(2))
    np.testing.assert_array_equal(neighbors.nearest(Xs, Xt)[:, 0], cdist(Xt, Xs).argmin(axis=1))


def test_the_bounds_hold_and_are_close():
    rng = np.random.default_rng(0)
    Xs, Xt = 5 + rng.normal(size=(640, 30)), 5 + rng.normal(size=(50, 30))
    groups = all_pairs._Groups(Xs, Xt, 1)
    Z = Xt - groups.center
    squares = (Z**2).sum(axis=1)
    bounds = 2 * groups._bounds(Z, squares).astype(np.float64) + squares
    true = cdist(Xs, Xt, "sqeuclidean").reshape(-1, groups.size, 50).min(axis=1)
    assert (bounds[: len(true)] <= true).all()
    np.testing.assert_allclose(bounds[: len(true)], true, rtol=1e-3)


@pytest.mark.parametrize(("n_source", "d", "faster"), [(100_000, 6, True), (1000, 6, False), (10**9, 100, False)])
def test_trees_are_for_few_columns_and_many_rows(n_source, d, faster):
    assert neighbors._tree_is_faster(n_source, d) is faster


@pytest.mark.parametrize("k", [1, 4])
def test_tree_and_all_pairs_agree(k):
    rng = np.random.default_rng(0)
    Xs, Xt = rng.normal(size=(3000, 3)), rng.normal(size=(300, 3))
    assert neighbors._tree_is_faster(*Xs.shape)
    np.testing.assert_array_equal(neighbors.nearest(Xs, Xt, n_neighbors=k), all_pairs.nearest_of_all(Xs, Xt, k))


@pytest.mark.parametrize("factor", [1e-200, 1e-30, 1e30, 1e200])
def test_values_beyond_float32_are_told_apart(factor):
    rng = np.random.default_rng(0)
    Xs, Xt = rng.normal(size=(50, 20)), rng.normal(size=(40, 20))
    np.testing.assert_array_equal(neighbors.nearest(Xs * factor, Xt * factor), neighbors.nearest(Xs, Xt))


def test_slack_is_kept():
    rng = np.random.default_rng(0)
    Xs, Xt = rng.normal(size=(3000, 6)), rng.normal(size=(300, 6))
    D = cdist(Xt, Xs)
    loose = D[np.arange(300), neighbors.nearest(Xs, Xt, slack=0.5)[:, 0]]
    assert (loose <= 1.5 * D.min(axis=1) + 1e-12).all()
    assert (loose > D.min(axis=1)).any(), "slack has no effect"


def test_equal_rows_share_their_place():
    X = np.array([[1.0, 2.0], [0.0, 0.0], [1.0, 2.0], [3.0, 1.0]])
    first, inverse = neighbors.distinct_rows(X)
    np.testing.assert_array_equal(X[first][inverse], X)
    assert first.size == 3
    where = neighbors.nearest(X[first], np.array([[1.0, 2.1], [1.1, 2.0], [3.0, 1.0]]))
    np.testing.assert_allclose(neighbors.share_out(where, inverse), [1.0, 0.0, 1.0, 1.0])


def test_different_rows_of_one_projection_stay_apart(monkeypatch):
    class Blind:
        def normal(self, size):
            return np.zeros(size)

    monkeypatch.setattr(np.random, "default_rng", lambda seed: Blind())
    X = np.array([[1.0], [2.0], [1.0]])
    first, inverse = neighbors.distinct_rows(X)
    np.testing.assert_array_equal(X[first][inverse], X)
    assert first.size == 2
