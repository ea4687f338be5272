"""Kernels, distances and scales against direct computation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist, pdist

from headstart.numeric import kernels
from headstart.numeric.scaling import pooled_scale


def rows(seed, n, d):
    return np.random.default_rng(seed).normal(size=(n, d))


@given(st.integers(0, 99), st.integers(1, 30), st.integers(1, 30), st.integers(1, 12), st.floats(0.1, 10.0))
@settings(max_examples=50, deadline=None)
def test_gaussian_is_the_formula(seed, n, m, d, width):
    X, C = rows(seed, n, d), rows(seed + 1, m, d)
    expected = np.exp(-cdist(X, C, "sqeuclidean") / (2 * width**2))
    np.testing.assert_allclose(kernels.gaussian(X, C, width), expected, atol=1e-12)
    np.testing.assert_allclose(kernels.gaussian_mean(X, C, width), expected.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(kernels.gaussian_sum(X, C, width, C[:, 0]), expected @ C[:, 0], atol=1e-11)


def test_blocks_do_not_change_the_sums(monkeypatch):
    X, C = rows(0, 101, 3), rows(1, 7, 3)
    whole = kernels.gaussian_mean(X, C, 1.0), kernels.gaussian_sum(X, C, 1.0, C[:, 0])
    monkeypatch.setattr(kernels, "_BLOCK", 50)
    assert len(list(kernels.row_blocks(101, 7))) == 15
    np.testing.assert_allclose(kernels.gaussian_mean(X, C, 1.0), whole[0], rtol=1e-13)
    np.testing.assert_allclose(kernels.gaussian_sum(X, C, 1.0, C[:, 0]), whole[1], rtol=1e-13)


@given(st.integers(1, 50), st.integers(1, 50))
def test_blocks_cover_every_row_once(n, m):
    covered = np.concatenate([np.arange(n)[b] for b in kernels.row_blocks(n, m)])
    np.testing.assert_array_equal(covered, np.arange(n))


def test_median_distance_is_the_median_and_leaves_equal_rows_out():
    A, B = rows(0, 20, 3), rows(1, 15, 3)
    rng = np.random.default_rng(0)
    assert kernels.median_distance(A, B, rng) == pytest.approx(np.median(pdist(np.vstack([A, B]))))
    assert kernels.median_distance(np.repeat(A, 3, axis=0), np.repeat(B, 3, axis=0), rng) == pytest.approx(
        np.median(pdist(np.vstack([A, B])))
    )
    assert kernels.median_distance(np.ones((4, 2)), np.ones((3, 2)), rng) == 1.0


def test_nystrom_with_all_rows_as_landmarks_is_exact():
    X = rows(0, 40, 2)
    F = kernels.features(X, X, 1.0, kernels.nystrom_map(X, X, 1.0, keep=1.0))
    np.testing.assert_allclose(F @ F.T, kernels.gaussian(X, X, 1.0), atol=1e-6)


def test_nystrom_keeps_the_share_it_is_asked_for():
    X = rows(0, 300, 5)
    whole = kernels.features(X, X[:100], 2.0, kernels.nystrom_map(X[:100], X, 2.0, keep=1.0))
    part = kernels.features(X, X[:100], 2.0, kernels.nystrom_map(X[:100], X, 2.0, keep=0.9))
    assert part.shape[1] < whole.shape[1] / 2
    assert 0.9 <= np.sum(part**2) / np.sum(whole**2) <= 0.93
    assert kernels.nystrom_map(X[:100], X, 2.0, keep=0.9, most=3).shape == (100, 3)


@pytest.mark.parametrize("factor", [1e-150, 1e-5, 1.0, 1e9, 1e200])
def test_pooled_scale_is_that_of_the_stacked_rows_at_any_size(factor):
    A, B = rows(0, 30, 3) + 5.0, rows(1, 50, 3)
    mean, scale = pooled_scale(A * factor, B * factor)
    stacked = np.vstack([A, B])
    np.testing.assert_allclose(mean / factor, stacked.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(scale / factor, stacked.std(axis=0), rtol=1e-12)


def test_constant_columns_get_the_scale_one():
    A, B = np.full((4, 2), 0.1), np.full((3, 2), 0.1)
    B[:, 1] = 0.0
    A[:, 1] = 0.0
    np.testing.assert_array_equal(pooled_scale(A, B)[1], [1.0, 1.0])
