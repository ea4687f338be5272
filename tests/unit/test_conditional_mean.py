"""Conditional means of many columns against ridge_path, one column at a time, and against refits without a row."""

import numpy as np
import pytest

from headstart.numeric.conditional_mean import STRENGTHS, conditional_mean
from headstart.numeric.glm import ridge_path


@pytest.mark.parametrize(("n", "d"), [(40, 3), (8, 20)])
def test_each_column_is_that_of_ridge_path(rng, n, d):
    S, C = rng.normal(2.0, 1.5, size=(n, d)), rng.normal(size=(n, 4))
    C[:, :2] += S[:, :2] @ [[1.0, 2.0], [0.5, -1.0]]
    found = conditional_mean(S, C)
    for j in range(4):
        path = ridge_path(S, C[:, j], STRENGTHS)
        mean_loss = np.mean(((C[:, j] - C[:, j].mean()) * n / (n - 1)) ** 2)
        if path.loo.min() >= mean_loss:  # nothing is better than the mean
            assert found.strength[j] == np.inf and found.r2[j] == 0.0
            np.testing.assert_array_equal(found.coef[:, j], 0.0)
            continue
        assert found.strength[j] == STRENGTHS[path.best]
        np.testing.assert_allclose(found.coef[:, j], path.coef[path.best, 0], atol=1e-8)
        np.testing.assert_allclose(found.intercept[j], path.intercept[path.best, 0])
        np.testing.assert_allclose(found.deviation[j] ** 2, path.loo[path.best])
        np.testing.assert_allclose(found.r2[j], 1 - path.loo[path.best] / mean_loss)


def test_error_is_that_of_refits_without_a_row(rng):
    S = rng.normal(size=(15, 2))
    C = S @ [[1.0], [2.0]] + rng.normal(size=(15, 1))
    found = conditional_mean(S, C, strengths=np.array([3.0]))
    errors = []
    for i in range(15):
        rest = np.arange(15) != i
        A, b = S[rest] - S[rest].mean(0), C[rest, 0] - C[rest, 0].mean()
        # the penalised fit to the other rows alone
        coef = np.linalg.solve(A.T @ A + 3.0 * np.eye(2), A.T @ b)
        errors.append(C[i, 0] - C[rest, 0].mean() - (S[i] - S[rest].mean(0)) @ coef)
    np.testing.assert_allclose(found.deviation[0], np.sqrt(np.mean(np.square(errors))))


def test_a_column_that_follows_exactly_is_found_exactly(rng):
    S = rng.normal(size=(200, 3))
    C = np.column_stack([5.0 + S @ [1.0, -2.0, 0.5], rng.normal(size=200), np.full(200, 7.0)])
    found = conditional_mean(S, C)
    assert found.r2[0] > 0.999 and found.r2[1] < 0.1 and found.r2[2] == 0.0
    np.testing.assert_allclose(found.of(S)[:, 0], C[:, 0], atol=1e-3)
    np.testing.assert_allclose(found.of(S)[:, 2], 7.0)
    assert found.deviation[2] == 0.0


@pytest.mark.parametrize(("n", "d"), [(1, 2), (2, 2), (10, 0)])
def test_too_little_to_learn_from_gives_the_mean(rng, n, d):
    S, C = rng.normal(size=(n, d)), rng.normal(size=(n, 3))
    found = conditional_mean(S, C)
    np.testing.assert_allclose(found.of(S), np.tile(C.mean(axis=0), (n, 1)))
    assert np.isfinite(found.deviation).all() and (found.r2 == 0).all()
