"""The maximum mean discrepancy of two samples, and how large it is by chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .types import Floats


def squared_mmd(K: Floats, first: Floats) -> Floats:
    """The unbiased estimate of the squared MMD (Gretton et al. 2012, lemma 6) for each way to cut the rows in two.

    ``K`` (n, n) is the kernel matrix of all rows, ``first`` (n, n_ways) has 1 where a row is in the first sample
    and 0 where it is in the second; every way has at least two rows in each.
    """
    diagonal, sums = np.diag(K), K.sum(axis=1)
    m = first.sum(axis=0)
    n = K.shape[0] - m
    both_first = np.einsum("ij,ij->j", first, K @ first)
    across = sums @ first - both_first
    both_second = sums.sum() - 2.0 * across - both_first
    of_first = diagonal @ first
    within_first = (both_first - of_first) / (m * (m - 1.0))
    within_second = (both_second - (diagonal.sum() - of_first)) / (n * (n - 1.0))
    return np.asarray(within_first + within_second - 2.0 * across / (m * n))


def mmd_by_exchange(
    parts: Sequence[tuple[Floats, int]], rng: np.random.Generator, n_draws: int = 400
) -> tuple[float, float, float]:
    """The squared MMD, averaged over parts; what it stays below in 95 % of exchanges of rows; and its p value.

    A part is a kernel matrix and the number of its rows, the first ones, that are of the first sample. Each draw
    puts as many rows, chosen at random, into the first sample.
    """
    found, drawn = 0.0, np.zeros(n_draws)
    for K, m in parts:
        n = K.shape[0]
        first = np.zeros((n, n_draws + 1))
        first[:m, 0] = 1.0
        order = rng.permuted(np.tile(np.arange(n), (n_draws, 1)), axis=1)[:, :m]
        first[order.T, np.arange(1, n_draws + 1)] = 1.0
        values = squared_mmd(K, first)
        found += float(values[0]) / len(parts)
        drawn += values[1:] / len(parts)
    p_value = (1.0 + float(np.sum(drawn >= found - 1e-12))) / (n_draws + 1.0)
    return found, float(np.quantile(drawn, 0.95)), p_value
