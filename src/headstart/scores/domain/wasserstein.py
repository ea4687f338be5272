"""Wasserstein's distance column by column, and along random directions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...core.errors import InputError
from ...numeric.line_transport import levels, line_transport
from ..domains import Domains, kept_means, read_domains
from ..rows import Found


def wasserstein(Xs: Any, Xt: Any, *, power: float = 1.0) -> float:
    """The mean over columns of the exact Wasserstein distance of the two domains in this column.

    It sees each column alone: a change of how columns go together leaves it as it is.

    Parameters
    ----------
    Xs, Xt : array-like of shape (n_source, n_columns) and (n_target, n_columns)
        Rows of source and target. Columns of larger unit count more.
    power : float, default=1.0
        The p of Wasserstein's distance, at least 1; with 1, the area between the two distribution functions.

    Returns
    -------
    float
        The distance, in the unit of the columns. Where the domains are one it is above 0, the more the fewer rows.

    Raises
    ------
    InputError
        Where entries are missing, columns differ, or ``power`` is below 1.

    See Also
    --------
    sliced_wasserstein : Along random directions, which sees columns together.

    References
    ----------
    Ramdas, Garcia Trillos, Cuturi (2017), On Wasserstein two-sample testing and related families of nonparametric
    tests, Entropy 19.

    Examples
    --------
    >>> import headstart as hs
    >>> hs.scores.wasserstein([[0.0, 5.0], [1.0, 5.0]], [[2.0, 5.0], [3.0, 5.0]])
    1.0
    """
    return evaluate_columns(read_domains(Xs, Xt), power=power).value


def sliced_wasserstein(Xs: Any, Xt: Any, *, power: float = 2.0, n_slices: int = 100, random_state: int = 0) -> float:
    """The sliced Wasserstein distance: the power mean of the exact distances along random directions.

    Parameters
    ----------
    Xs, Xt : array-like of shape (n_source, n_columns) and (n_target, n_columns)
        Rows of source and target.
    power : float, default=2.0
        The p of Wasserstein's distance, at least 1.
    n_slices : int, default=100
        Random directions. Their choice adds an error that the interval does not hold; the same seed takes the same ones
        for every source.
    random_state : int, default=0
        Seed of the directions.

    Returns
    -------
    float
        The distance, in the unit of the columns. Where the domains are one it is above 0, the more the fewer rows.

    Raises
    ------
    InputError
        Where entries are missing, columns differ, ``power`` or ``n_slices`` is below 1.

    References
    ----------
    Bonneel, Rabin, Peyre, Pfister (2015), Sliced and Radon Wasserstein barycenters of measures, Journal of Mathematical
    Imaging and Vision 51.

    Examples
    --------
    >>> import headstart as hs
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(200, 3))
    >>> print(round(hs.scores.sliced_wasserstein(X, X + [3.0, 0.0, 0.0]), 1))
    1.7
    """
    return evaluate_slices(read_domains(Xs, Xt, seed=random_state), power=power, n_slices=n_slices).value


def evaluate_columns(domains: Domains, *, power: float = 1.0) -> Found:
    """The mean distance over columns, and that without each group of both domains."""
    costs = _costs(domains, _columns(domains), power)
    means = np.mean(np.maximum(costs, 0.0) ** (1.0 / power), axis=0)
    return Found(float(means[0]), means[1:])


def evaluate_slices(domains: Domains, *, power: float = 2.0, n_slices: int = 100) -> Found:
    """The power mean along directions, and that without each group of both domains."""
    if n_slices < 1:
        raise InputError(f"n_slices={n_slices!r}; expected at least 1")
    directions = np.random.default_rng(domains.seed).normal(size=(domains.Xs.shape[1], n_slices))
    directions /= np.linalg.norm(directions, axis=0)
    lines = zip((domains.Xs @ directions).T, (domains.Xt @ directions).T, strict=True)
    means = np.maximum(np.mean(_costs(domains, lines, power), axis=0), 0.0) ** (1.0 / power)
    return Found(float(means[0]), means[1:])


def _columns(domains: Domains) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    # a few columns at a time are read together: one by one each would touch all rows' memory
    for start in range(0, domains.Xs.shape[1], 16):
        some = slice(start, start + 16)
        yield from zip(
            np.ascontiguousarray(domains.Xs[:, some].T, dtype=np.float64),
            np.ascontiguousarray(domains.Xt[:, some].T, dtype=np.float64),
            strict=True,
        )


def _costs(domains: Domains, lines: Any, power: float) -> np.ndarray:
    """For each line the cost on all rows and, to first order, without each group: what the potentials say."""
    if not power >= 1:
        raise InputError(f"power={power!r}; expected 1 or more")
    at = levels(domains.Xs.shape[0], domains.Xt.shape[0])
    found = []
    for a, b in lines:
        cost, f, g = line_transport(a, b, power, at)
        row = [np.array([cost])]
        if domains.leave_out:
            kept = (kept_means(v, w, domains.n_groups) for v, w in zip((f, g), domains.groups, strict=True))
            row.append(sum(kept))
        found.append(np.concatenate(row))
    return np.array(found)
