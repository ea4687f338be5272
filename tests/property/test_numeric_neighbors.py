"""Nearest rows by tree and by blocks, against all distances."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from headstart.numeric import neighbors


@given(st.integers(0, 500), st.integers(3, 60), st.integers(1, 60), st.integers(1, 40), st.integers(1, 3))
@settings(max_examples=80, deadline=None)
def test_the_nearest_are_the_nearest(seed, n_source, n_target, d, k):
    rng = np.random.default_rng(seed)
    Xs, Xt = rng.normal(size=(n_source, d)), rng.normal(size=(n_target, d))
    found = neighbors.nearest(Xs, Xt, n_neighbors=k)
    D = cdist(Xt, Xs)
    expected = np.sort(D, axis=1)[:, :k]
    np.testing.assert_allclose(np.sort(np.take_along_axis(D, found, axis=1), axis=1), expected, rtol=2e-3)
    assert neighbors.share_out(found, np.arange(n_source)).sum() == pytest.approx(n_target)


def test_blocks_are_merged(monkeypatch):
    monkeypatch.setattr(neighbors, "_TARGET_ROWS", 7)
    monkeypatch.setattr(neighbors, "_SOURCE_ROWS", 5)
    rng = np.random.default_rng(0)
    Xs, Xt = rng.normal(size=(33, 20)), rng.normal(size=(29, 20))
    for k in (1, 2, 8):
        expected = np.argsort(cdist(Xt, Xs), axis=1)[:, :k]
        np.testing.assert_array_equal(neighbors.nearest(Xs, Xt, n_neighbors=k), expected)


def test_rounding_does_not_decide():
    # a large common offset drowns small distances in float32
    rng = np.random.default_rng(0)
    Xs = 1e4 + rng.normal(size=(200, 20))
    Xt = Xs[rng.permutation(200)] + 1e-4 * rng.normal(size=(200, 20))
    np.testing.assert_array_equal(neighbors.nearest(Xs, Xt)[:, 0], cdist(Xt, Xs).argmin(axis=1))


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
