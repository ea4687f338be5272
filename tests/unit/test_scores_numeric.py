"""What the scores stand on: sums, evidence, transport on a line and by assignment, the bootstrap of groups."""

import numpy as np
import ot
import pytest
from sklearn.covariance import ledoit_wolf_shrinkage

from headstart.numeric.assignment import assignment
from headstart.numeric.gaussian_distances import squared_wasserstein_diagonal, squared_wasserstein_full
from headstart.numeric.group_bootstrap import (
    bootstrap_draws,
    bootstrap_interval,
    dealt,
    number_of_groups,
    replicates,
    without_each,
)
from headstart.numeric.line_transport import levels, line_transport
from headstart.numeric.random_features import fourier_directions, fourier_features
from headstart.numeric.row_sums import about, in_row_space, shrinkage, sums_over


@pytest.mark.parametrize("kind", ["codes", "numbers"])
def test_sums_add_up_come_off_and_move(kind):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 4)) + 3.0
    Y = rng.integers(3, size=50) if kind == "codes" else rng.normal(size=50)
    T = np.eye(3)[Y] if kind == "codes" else Y[:, None]
    K, origin = T.shape[1], X.mean(axis=0) + 0.1
    first, second = np.arange(20), np.arange(20, 50)
    whole = sums_over(X, np.arange(50), Y, K, origin)
    left = whole - sums_over(X, first, Y, K, origin)
    for name in ("n", "z", "gram", "third", "fourth", "y", "yy", "yz"):
        np.testing.assert_allclose(getattr(left, name), getattr(sums_over(X, second, Y, K, origin), name), atol=1e-9)
    both = left + sums_over(X, first, Y, K, origin)
    np.testing.assert_allclose(both.gram, whole.gram)
    gram, yz = about(whole, origin)
    np.testing.assert_allclose(gram, X.T @ X)
    np.testing.assert_allclose(yz, T.T @ X)
    np.testing.assert_allclose(whole.covariance, np.cov(X.T, bias=True))
    assert shrinkage(whole, 4) == pytest.approx(ledoit_wolf_shrinkage(X))


def test_rows_in_their_own_space_keep_their_products():
    X = np.random.default_rng(0).normal(size=(6, 20))
    Z = in_row_space(X)
    assert Z.shape == (6, 6)
    np.testing.assert_allclose(Z @ Z.T, X @ X.T, atol=1e-10)
    sums = sums_over(Z, np.arange(6), np.zeros(6, dtype=int), 1, Z.mean(axis=0))
    assert shrinkage(sums, 20) == pytest.approx(ledoit_wolf_shrinkage(X))


@pytest.mark.parametrize("power", [1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize(("n", "m"), [(7, 7), (12, 5), (5, 20), (1, 4)])
def test_transport_on_a_line_is_exact_and_its_potentials_solve_the_dual(power, n, m):
    rng = np.random.default_rng(n)
    a, b = np.round(rng.normal(size=n), 1), np.round(rng.normal(size=m) + 0.3, 1)
    C = np.abs(a[:, None] - b) ** power
    cost, f, g = line_transport(a, b, power, levels(n, m))
    assert cost == pytest.approx(ot.emd2(np.full(n, 1 / n), np.full(m, 1 / m), C), abs=1e-12)
    assert f.mean() + g.mean() == pytest.approx(cost)
    assert (f[:, None] + g <= C + 1e-9).all()


def test_assignment_is_exact_and_its_potentials_solve_the_dual():
    C = np.random.default_rng(0).random((30, 30))
    C[3] = C[4]
    cost, f, g, plan = assignment(C)
    assert cost == pytest.approx(ot.emd2(np.full(30, 1 / 30), np.full(30, 1 / 30), C))
    assert f.mean() + g.mean() == pytest.approx(cost)
    assert (f[:, None] + g <= C + 1e-9).all()
    assert C[np.arange(30), plan].mean() == pytest.approx(cost)


def test_distances_of_gaussians_equal_those_of_pot():
    rng = np.random.default_rng(0)
    means = rng.normal(size=(2, 3, 4))
    covariances = [[np.cov(rng.normal(size=(4, 9))) for _ in range(3)] for _ in range(2)]
    full = squared_wasserstein_full(means[0], np.array(covariances[0]), means[1], np.array(covariances[1]))
    diagonals = [np.array([np.diag(S) for S in part]) for part in covariances]
    diagonal = squared_wasserstein_diagonal(means[0], diagonals[0], means[1], diagonals[1])
    for i in range(3):
        for j in range(3):
            S, T = covariances[0][i], covariances[1][j]
            expected = ot.gaussian.bures_wasserstein_distance(means[0][i], means[1][j], S, T)
            assert full[i, j] == pytest.approx(expected**2)
            S, T = np.diag(diagonals[0][i]), np.diag(diagonals[1][j])
            expected = ot.gaussian.bures_wasserstein_distance(means[0][i], means[1][j], S, T)
            assert diagonal[i, j] == pytest.approx(expected**2)


def test_random_features_are_nearly_the_kernel():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 3))
    F = fourier_features(X, fourier_directions(3, 20_000, 1.5, rng))
    D = ((X[:, None] - X) ** 2).sum(axis=2)
    np.testing.assert_allclose(F @ F.T, np.exp(-D / 4.5), atol=0.03)


def test_groups_are_even_and_few_enough_for_memory():
    sizes = np.bincount(dealt(103, 20, np.random.default_rng(0)))
    assert sizes.min() == 5
    assert sizes.max() == 6
    assert [number_of_groups(n, d) for n, d in ((10**5, 512), (10**5, 3000), (12, 3), (50, 10**5))] == [20, 10, 10, 20]


def test_the_bootstrap_of_a_mean_is_its_t_interval():
    values = np.random.default_rng(0).normal(size=20)
    without = (values.sum() - values) / 19
    draws = bootstrap_draws(values.mean(), without, 40_000, np.random.default_rng(1))
    low, high = bootstrap_interval(draws, 20, 0.95)
    half = 2.093 * values.std(ddof=1) / np.sqrt(20)
    assert high - low == pytest.approx(2 * half, rel=0.02)
    assert (low + high) / 2 == pytest.approx(values.mean(), abs=0.05 * half)


@pytest.mark.parametrize("n_groups", [10, 20])
def test_replicates_are_balanced_and_tell_what_leaving_out_would(n_groups):
    kept = replicates(n_groups)
    signs = np.where(kept, 1, -1)
    if n_groups == 20:
        assert (kept.sum(axis=1) == 10).all()
        np.testing.assert_array_equal(signs @ signs.T, 20 * np.eye(19))
    values = np.random.default_rng(0).normal(size=n_groups)
    found = np.array([values[there].mean() for there in kept])
    without = without_each(values.mean(), found, kept)
    expected = (values.sum() - values) / (n_groups - 1)
    assert np.corrcoef(without, expected)[0, 1] > 0.95
    assert without.std() == pytest.approx(expected.std(), rel=0.06)
    assert without_each(values.mean(), found + 5.0, kept).std() == pytest.approx(without.std())
