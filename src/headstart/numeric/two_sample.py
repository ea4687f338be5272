"""Whether two samples differ: the AUC between them, permutation and sign-flip tests, Holm's correction."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

Array = NDArray[np.float64]


def placements(high: Array, low: Array) -> tuple[Array, Array]:
    """Share of ``low`` below each value of ``high``, and share of ``high`` above each of ``low``; ties count half.

    Both have the same mean: the AUC, the probability that a random value of ``high`` exceeds one of ``low``.
    """
    m, n = len(high), len(low)
    ranks = rankdata(np.concatenate([high, low]))
    of_high = (ranks[:m] - rankdata(high)) / n
    of_low = 1.0 - (ranks[m:] - rankdata(low)) / m
    return of_high, of_low


def auc_spread(of_high: Array, of_low: Array) -> tuple[float, float]:
    """AUC and its standard deviation (DeLong, DeLong and Clarke-Pearson 1988) from the two placements."""
    m, n = len(of_high), len(of_low)
    variance = _variance(of_high) / m + _variance(of_low) / n
    return float(of_high.mean()), float(np.sqrt(variance))


def _variance(values: Array) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else 0.25


def auc_interval(auc: float, spread: float, n_high: int, n_low: int, level: float = 0.95) -> tuple[float, float]:
    """Interval of an AUC that stays inside 0 to 1.

    Near 0 and 1 the spread of the placements vanishes; the interval then reaches as far as a share of 0 in the
    smaller sample allows (the rule of three).
    """
    z = float(norm.ppf(0.5 + level / 2))
    floor = -np.log((1 - level) / 2) / min(n_high, n_low) if min(auc, 1 - auc) < 1 / min(n_high, n_low) else 0.0
    half = max(z * spread, 0.0)
    low, high = auc - half, auc + half
    if floor:
        low, high = (min(low, 1 - floor), high) if auc > 0.5 else (low, max(high, floor))
    return float(np.clip(low, 0, 1)), float(np.clip(high, 0, 1))


def cross_fit_factor(n_folds: int) -> float:
    """How much wider a cross-fitted score spreads than its rows alone would have it.

    The models of different folds share rows, so that scores of folds go together. The variance is taken to grow by the
    ratio of test to training rows, as Nadeau and Bengio (2003) do: sqrt(1 + k / (k - 1)) for k folds. For the AUC of
    two samples of one population 1.3 to 1.5 was measured for five folds, where this is 1.5.
    """
    return float(np.sqrt(1.0 + n_folds / (n_folds - 1.0)))


def auc_p_value(auc: float, n_high: int, n_low: int, *, factor: float = 1.0) -> float:
    """One-sided p value of "the AUC is 0.5", from the exact null variance of the Mann-Whitney statistic.

    ``factor`` widens its standard deviation, for scores that are cross-fitted.
    """
    spread = factor * np.sqrt((n_high + n_low + 1) / (12.0 * n_high * n_low))
    return float(norm.sf((auc - 0.5) / spread))


FAR_BELOW = 0.35  # an AUC that nobody would call guessing
FEWEST_OF_A_CLASS = 5


def runs_against(high: Array, low: Array, *, n_asked: int = 1) -> float | None:
    """The AUC of scores that rank the wrong way round; None where that may be chance, or is not far below 0.5.

    ``high`` are the scores of rows that should have the higher ones. The AUC has to be 0.35 at most, its 95 % interval
    has to lie below 0.5, and under the exact null variance so low an AUC has to have a probability below 1/200: scores
    that are noise, row by row, pass in less than 1 of 100 cases. ``n_asked`` scorers that are asked about the same rows
    share that level (Bonferroni). A model of noise is another matter: it may truly lean against the labels.
    """
    if min(len(high), len(low)) < FEWEST_OF_A_CLASS:
        return None
    auc, spread = auc_spread(*placements(high, low))
    end = auc_interval(auc, spread, len(high), len(low))[1]
    chance = auc_p_value(1 - auc, len(high), len(low))
    return auc if auc <= FAR_BELOW and end < 0.5 and chance < 0.005 / n_asked else None


def holm(p_values: Array) -> Array:
    """Holm's adjusted p values (1979): at most one false claim in 1/alpha families; NaN stays NaN."""
    p = np.asarray(p_values, dtype=float)
    adjusted = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    stepped = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return adjusted


def means_p_values(M: Any, n_first: int, rng: np.random.Generator, n_draws: int = 2000) -> Array:
    """P values of "the first rows have the same mean in this column", adjusted for all columns of ``M`` (n, p).

    Westfall and Young's (1993) comparison with the largest of all columns' differences, over drawings of as many rows:
    right also for a few rows and columns that are zero but for rare rows, where a normal approximation is wrong by
    orders of magnitude. ``M`` is dense or sparse, without gaps.
    """
    n, m = M.shape[0], min(n_first, M.shape[0] - n_first)
    values: Any = M  # issparse would take the type away
    squared = values.multiply(values) if sp.issparse(M) else values**2
    total, square = (np.asarray(part.sum(axis=0)).ravel() for part in (M, squared))
    spread = np.sqrt(np.maximum(square / n - (total / n) ** 2, 0.0) * m * (n - m) / max(n - 1, 1))
    used = spread > 1e-9 * max(1.0, float(spread.max(initial=0.0)))
    scale = np.where(used, spread, np.inf)
    found = np.abs(np.asarray(M[:n_first].sum(axis=0)).ravel() - total * (n_first / n)) / scale
    exceed = np.zeros(M.shape[1])
    block = 500  # drawings at once, so that their sums fit into memory
    for start in range(0, n_draws, block):
        b = min(block, n_draws - start)
        rows = np.concatenate([rng.choice(n, m, replace=False, shuffle=False) for _ in range(b)])
        drawn: Any = sp.csr_array((np.ones(b * m), rows, np.arange(0, b * m + 1, m)), shape=(b, n)) @ M
        sums = drawn.toarray() if sp.issparse(M) else np.asarray(drawn)
        largest = np.sort((np.abs(sums - total * (m / n)) / scale).max(axis=1))
        exceed += b - np.searchsorted(largest, found - 1e-9, side="left")
    return (1 + exceed) / (n_draws + 1)


def counts_p_value(first: Array, second: Array, rng: np.random.Generator, n_draws: int = 4000) -> float:
    """Monte Carlo p value of "two rows of counts come from the same shares", exact at any sample size.

    The chi-square statistic is compared with tables that have the same margins (multivariate hypergeometric).
    """
    counts = np.asarray([first, second], dtype=np.int64)
    counts = counts[:, counts.sum(axis=0) > 0]
    total = counts.sum(axis=0)
    if len(total) < 2:
        return 1.0
    expected = total * (counts[0].sum() / total.sum())
    # With both margins fixed the squared deviations of the second row follow from those of the first.
    draws = rng.multivariate_hypergeometric(total, int(counts[0].sum()), size=n_draws, method="marginals")
    found = float(((counts[0] - expected) ** 2 / total).sum())
    drawn = ((draws - expected) ** 2 / total).sum(axis=1)
    return float((1 + np.sum(drawn >= found - 1e-12)) / (n_draws + 1))


def sign_flip_p_value(terms: Array, rng: np.random.Generator, n_draws: int = 4000) -> float:
    """P value of "every column of ``terms`` (n, k) has mean zero", from the largest of the k standardised sums.

    Null draws flip the sign of whole rows, which keeps the dependence between columns and, unlike a normal
    approximation, the heavy tails of a sum that few rows dominate.
    """
    scale = np.sqrt((terms**2).sum(axis=0))
    used = scale > 1e-12 * max(1.0, float(scale.max(initial=0.0)))
    if not used.any():
        return 1.0
    standard = terms[:, used] / scale[used]
    found = float(np.abs(standard.sum(axis=0)).max())
    n = len(standard)
    block = max(1, int(4e6 // n))
    exceed = done = 0
    while done < n_draws:
        b = min(block, n_draws - done)
        signs = rng.integers(0, 2, size=(b, n), dtype=np.int8).astype(np.float32) * 2 - 1
        drawn = np.abs(signs @ standard.astype(np.float32)).max(axis=1)
        exceed += int((drawn >= found - 1e-6).sum())
        done += b
    return (1 + exceed) / (n_draws + 1)


def redraw_p_value(
    domain: Array, probability: Array, products: Array, rng: np.random.Generator, n_draws: int = 4000
) -> float:
    """P value of "the domain is independent of ``products`` (n, k) given the features", by drawing domains anew.

    The conditional randomisation test (Candes, Fan, Janson and Lv 2018): each null draw puts row i into the domain
    with its ``probability``, and the largest of k standardised sums is compared. With a few rows in the domain
    it takes their spread from all rows, where a sign flip knows only that of the few.
    """
    scale = np.sqrt((probability * (1 - probability)) @ products**2)
    used = scale > 1e-12 * max(1.0, float(scale.max(initial=0.0)))
    if not used.any():
        return 1.0
    standard = (products[:, used] / scale[used]).astype(np.float32)
    expected = probability @ standard
    found = float(np.abs(domain @ standard - expected).max())
    chance = probability.astype(np.float32)
    block = max(1, int(4e6 // len(domain)))
    exceed = done = 0
    while done < n_draws:
        b = min(block, n_draws - done)
        drawn = (rng.random((b, len(domain)), dtype=np.float32) < chance).astype(np.float32)
        exceed += int((np.abs(drawn @ standard - expected).max(axis=1) >= found - 1e-6).sum())
        done += b
    return (1 + exceed) / (n_draws + 1)


def effective_sample_size(weight: Array) -> float:
    """Kish's effective sample size: (sum w)^2 / sum w^2; 0 for no weight at all."""
    square = float((weight**2).sum())
    return float(weight.sum() ** 2 / square) if square > 0 else 0.0
