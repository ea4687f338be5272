"""Canonical correlations against the generalised eigenproblem they solve, and against scikit-learn."""

import numpy as np
import pytest
from scipy.linalg import eigh
from sklearn.cross_decomposition import CCA

from headstart.numeric.canonical import canonical_pairs, held_out_correlations


def linked(rng, n, p, q, k, noise=0.5):
    common = rng.normal(size=(n, k))
    X = common @ rng.normal(size=(k, p)) + noise * rng.normal(size=(n, p))
    return X + 3.0, common @ rng.normal(size=(k, q)) + noise * rng.normal(size=(n, q))


def test_without_shrinkage_it_is_that_of_scikit_learn(rng):
    X, Y = linked(rng, 200, 4, 3, 2)
    found = canonical_pairs(X, Y, shrinkage=0.0)
    other = CCA(3, scale=False, max_iter=5000, tol=1e-12).fit(X, Y)
    a, b = other.transform(X, Y)
    expected = [np.corrcoef(a[:, j], b[:, j])[0, 1] for j in range(3)]
    np.testing.assert_allclose(found.correlation, expected, atol=1e-6)
    ours = found.of_a(X)
    for j in range(2):
        assert abs(np.corrcoef(ours[:, j], a[:, j])[0, 1]) == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_allclose(np.cov(ours.T, bias=True), np.eye(3), atol=1e-10)
    np.testing.assert_allclose(ours.T @ found.of_b(Y) / 200, np.diag(found.correlation), atol=1e-10)


def test_shrunk_correlations_solve_the_eigenproblem(rng):
    X, Y = linked(rng, 12, 20, 6, 2)
    found = canonical_pairs(X, Y, shrinkage=0.4)
    A, B = X - X.mean(0), Y - Y.mean(0)

    def shrunk(M):
        S = M.T @ M / len(M)
        return 0.6 * S + 0.4 * np.diag(np.diag(S))

    C = 0.6 * A.T @ B / len(A)
    squared = eigh(C.T @ np.linalg.solve(shrunk(A), C), shrunk(B), eigvals_only=True)[::-1]
    np.testing.assert_allclose(found.correlation, np.sqrt(np.maximum(squared, 0)), atol=1e-8)
    auto = canonical_pairs(X, Y)
    assert 0 < auto.shrinkage[0] < 1 and auto.correlation.max() <= 1


def test_correlations_on_rows_left_out_know_what_is_common(rng):
    X, Y = linked(rng, 80, 10, 8, 2)
    held_out = held_out_correlations(X, Y, 5)
    assert (held_out[:2] > 0.6).all() and np.abs(held_out[3:]).max() < 0.4
    # what is common by chance is found in the rows, and not in others
    noise = rng.normal(size=(80, 8))
    assert canonical_pairs(X, noise, shrinkage=0.0).correlation[0] > 0.5
    assert held_out_correlations(X, noise, 5, shrinkage=0.0)[0] < 0.35


def test_constant_columns_play_no_part(rng):
    X, Y = linked(rng, 50, 3, 3, 1)
    wide = np.column_stack([X, np.ones(50)])
    np.testing.assert_allclose(canonical_pairs(wide, Y).of_a(wide), canonical_pairs(X, Y).of_a(X), atol=1e-8)
