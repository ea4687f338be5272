"""The squared MMD: against a direct double sum, and how often it cries wolf."""

import numpy as np

from headstart.numeric.discrepancy import mmd_by_exchange, squared_mmd
from headstart.numeric.kernels import gaussian


def test_it_is_the_papers_double_sum(rng):
    X, Y = rng.normal(size=(9, 3)), rng.normal(size=(6, 3)) + 0.5
    Z = np.vstack([X, Y])
    K = gaussian(Z, Z, 1.3)
    within = [
        np.mean(
            [np.exp(-np.sum((A[i] - A[j]) ** 2) / (2 * 1.3**2)) for i in range(len(A)) for j in range(len(A)) if i != j]
        )
        for A in (X, Y)
    ]
    across = np.mean([np.exp(-np.sum((x - y) ** 2) / (2 * 1.3**2)) for x in X for y in Y])
    first = (np.arange(15) < 9).astype(float)[:, None]
    assert np.isclose(squared_mmd(K, first)[0], within[0] + within[1] - 2 * across)
    other = np.random.default_rng(1).permutation(first[:, 0])
    both = squared_mmd(K, np.column_stack([first[:, 0], other]))
    assert both[1] != both[0] and np.isclose(both[0], squared_mmd(K, first)[0])


def _one(seed, gap):
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(2):
        Z = np.vstack([rng.normal(size=(20, 2)) + gap, rng.normal(size=(30, 2))])
        parts.append((gaussian(Z, Z, 1.5), 20))
    return mmd_by_exchange(parts, rng, 200)


def test_it_is_unbiased_and_its_noise_is_kept_to():
    found = [_one(seed, 0.0) for seed in range(100)]
    values = np.array([f[0] for f in found])
    assert abs(values.mean()) < 3 * values.std() / 10
    assert np.mean(values > [f[1] for f in found]) <= 0.12  # 5 % in truth; three standard errors above
    assert np.mean([f[2] < 0.005 for f in found]) <= 0.03


def test_it_sees_a_difference():
    mmd, noise, p_value = _one(0, 1.0)
    assert mmd > 3 * noise and p_value < 0.01
