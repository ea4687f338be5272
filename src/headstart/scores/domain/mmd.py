"""The maximum mean discrepancy by random features, linear in rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.errors import InputError
from ...numeric.kernels import median_distance
from ...numeric.random_features import fourier_directions, fourier_features
from ..domains import Domains, read_domains
from ..rows import Found


def mmd(Xs: Any, Xt: Any, *, width: float | None = None, n_pairs: int = 256, random_state: int = 0) -> float:
    """The squared maximum mean discrepancy with a Gaussian kernel, from random features.

    The unbiased estimate: 0 in the mean where the domains are one, so that it may fall a little below.

    Parameters
    ----------
    Xs, Xt : array-like of shape (n_source, n_columns) and (n_target, n_columns)
        Rows of source and target.
    width : float or None, default=None
        Width of the kernel, in the unit of the rows. None: the median distance of rows of both. Distances to several
        sources compare only at one width.
    n_pairs : int, default=256
        Pairs of random features; the kernel is then known to some 1 / sqrt(n_pairs) at each pair of rows, its means to
        far less.
    random_state : int, default=0
        Seed of the features and of the rows that the width is found on.

    Returns
    -------
    float
        The squared discrepancy.

    Raises
    ------
    InputError
        Where entries are missing, columns differ, or a parameter is not above 0.

    References
    ----------
    Gretton, Borgwardt, Rasch, Scholkopf, Smola (2012), A kernel two-sample test, Journal of
    Machine Learning Research 13.

    Rahimi, Recht (2007), Random features for large-scale kernel machines, NeurIPS.

    Examples
    --------
    >>> import headstart as hs
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(200, 3))
    >>> hs.scores.mmd(X[:100], X[100:] + 2.0) > 0.3 > hs.scores.mmd(X[:100], X[100:])
    True
    """
    return evaluate(read_domains(Xs, Xt, seed=random_state), width=width, n_pairs=n_pairs).value


def evaluate(domains: Domains, *, width: float | None = None, n_pairs: int = 256) -> Found:
    """The squared discrepancy, and that without each group of both domains."""
    if width is not None and not width > 0:
        raise InputError(f"width={width!r}; expected a number above 0, or None for the median distance")
    if n_pairs < 1:
        raise InputError(f"n_pairs={n_pairs!r}; expected at least 1")
    rng = np.random.default_rng(domains.seed)
    if width is None:
        few = [X[np.sort(rng.permutation(X.shape[0])[:500])].astype(np.float64) for X in (domains.Xs, domains.Xt)]
        width = median_distance(few[0], few[1], rng)
    directions = fourier_directions(domains.Xs.shape[1], n_pairs, width, rng)
    parts = []
    for X, groups in zip((domains.Xs, domains.Xt), domains.groups, strict=True):
        sums = np.zeros((domains.n_groups, 2 * n_pairs))
        for start in range(0, X.shape[0], 4096):
            some = slice(start, start + 4096)
            F = fourier_features(X[some], directions)
            for g in range(domains.n_groups):
                sums[g] += F[groups[some] == g].sum(axis=0)
        parts.append((sums, np.bincount(groups, minlength=domains.n_groups)))
    (first, n), (second, m) = parts
    a, b, n_a, n_b = first.sum(axis=0), second.sum(axis=0), int(n.sum()), int(m.sum())
    value = _unbiased(a, n_a, b, n_b)
    without = [
        _unbiased(a - first[g], n_a - int(n[g]), b - second[g], n_b - int(m[g]))
        for g in range(domains.n_groups if domains.leave_out else 0)
    ]
    return Found(value, np.array(without))


def _unbiased(a: np.ndarray, n: int, b: np.ndarray, m: int) -> float:
    """From sums of features; those of one row have length 1, so that a row's product with itself is known."""
    within = (a @ a - n) / (n * (n - 1.0)) + (b @ b - m) / (m * (m - 1.0))
    return float(within - 2.0 * (a @ b) / (n * m))
