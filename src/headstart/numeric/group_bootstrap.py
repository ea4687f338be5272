"""How far a statistic of rows would move with other rows: pseudo-values of groups of rows, and a bootstrap of these."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t

from .types import Floats, Ints

MOST_GROUPS = 20
# Folds of a cross-validation are unions of groups, so that groups come in multiples of this.
N_FOLDS = 5


def dealt(n: int, n_groups: int, rng: np.random.Generator) -> Ints:
    """The group of each of ``n`` rows, dealt at random like cards: sizes differ by one at most."""
    groups = np.empty(n, dtype=np.intp)
    groups[rng.permutation(n)] = np.arange(n) % n_groups
    return groups


def number_of_groups(n: int, n_columns: int) -> int:
    """Twenty; fewer where there are fewer rows or where products of columns would take more than 1 GB in all."""
    fit_memory = int(1e9 / (8.0 * min(n, n_columns) ** 2))
    return max(N_FOLDS * (min(MOST_GROUPS, n, fit_memory) // N_FOLDS), N_FOLDS)


def bootstrap_draws(value: float, without: Floats, n_boot: int, rng: np.random.Generator) -> Floats:
    """Draws (n_boot,) of a statistic around ``value``, from what it is ``without`` (n_groups,) each group of rows.

    The pseudo-values G value - (G - 1) without (Tukey 1958) behave like G independent values whose mean is the
    statistic; these are drawn with replacement. No row is ever doubled: in a statistic by cross-validation or
    nearest neighbours a doubled row would know itself. The variance of the pseudo-values errs upwards in the mean,
    whatever the statistic (Efron & Stein 1981).
    """
    G = without.size
    pseudo = (G - 1.0) * (without.mean() - without)
    return value + pseudo[rng.integers(G, size=(n_boot, G))].mean(axis=1)


def bootstrap_interval(draws: Floats, n_groups: int, level: float) -> tuple[float, float]:
    """Percentiles of draws, expanded (Hesterberg 2015) so that G groups give the width of Student's t with G - 1."""
    tail = norm.cdf(-np.sqrt(n_groups / (n_groups - 1.0)) * t.ppf(0.5 + level / 2.0, n_groups - 1))
    low, high = np.quantile(draws, [tail, 1.0 - tail])
    return float(low), float(high)


def replicates(n_groups: int) -> NDArray[np.bool_]:
    """The groups (n_replicates, n_groups) that are kept in each of the replicates of an uneven statistic.

    Accuracies jump when a row changes sides, and the pseudo-values of one group multiply each jump by the number of
    groups. Of twenty groups, nineteen balanced halves are kept instead (McCarthy 1969), in which jumps count as they
    are; of fewer, all but one.
    """
    return _HALVES if n_groups == MOST_GROUPS else ~np.eye(n_groups, dtype=bool)


def without_each(value: float, found: Floats, kept: NDArray[np.bool_]) -> Floats:
    """What the statistic would be without each group, from its values in replicates that keep ``kept``.

    Exact where it is a mean over rows and all but one group is kept; with halves it is what is linear in the groups.
    """
    G = kept.shape[1]
    if kept.shape[0] == G:
        return found
    effects = np.where(kept, 1.0, -1.0).T @ (found - found.mean())
    return np.asarray(value - (effects - effects.mean()) / (G - 1.0))


def _paley(q: int) -> NDArray[np.bool_]:
    """A Hadamard matrix without its first row, of ones, for a prime q that is 3 modulo 4 (Paley 1933): (q, q + 1)."""
    squares = {i * i % q for i in range(1, q)}
    signs = np.array([0] + [1 if i in squares else -1 for i in range(1, q)])
    core = signs[(np.arange(q)[None, :] - np.arange(q)[:, None]) % q]
    H = np.eye(q + 1, dtype=int)
    H[0, 1:], H[1:, 0] = 1, -1
    H[1:, 1:] += core
    return np.asarray(H[1:] > 0)


_HALVES = _paley(MOST_GROUPS - 1)
