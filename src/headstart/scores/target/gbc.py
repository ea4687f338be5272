"""GBC: how little Gaussians of the classes overlap."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.errors import InputError
from ...numeric.gaussian_distances import bhattacharyya_diagonal
from ..rows import Found, Rows, read

# Of the mean variance of a column; a class of one row has no variance of its own.
_LEAST_VARIANCE = 1e-6


def gbc(features: Any, y: Any, *, n_components: int | None = 64) -> float:
    """The Gaussian Bhattacharyya coefficient: minus the overlap of classes, seen as Gaussians, over all pairs.

    - sum over i != j of exp(-D_ij), D the Bhattacharyya distance of Gaussians with diagonal covariances, on the first
    principal components. Between -K (K - 1) and 0 for K classes; higher is better.

    Parameters
    ----------
    features : array-like of shape (n_rows, n_columns)
        What the pretrained model makes of the target rows.
    y : array-like of shape (n_rows,)
        Classes of the target rows.
    n_components : int or None, default=64
        Principal components that are looked at, as in the paper; None for all.

    Returns
    -------
    float
        The score.

    Raises
    ------
    InputError
        Where entries are missing, lengths differ, ``y`` has one class or real numbers, or ``n_components`` is below 1.

    Notes
    -----
    Variances have a floor of a millionth of the mean variance. In a bootstrap the principal axes are those of all rows.

    References
    ----------
    Pandy, Agostinelli, Uijlings, Ferrari, Mensink (2022), Transferability estimation using Bhattacharyya class
    separability, CVPR.

    Examples
    --------
    >>> import headstart as hs
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(90) % 3
    >>> good, noise = np.eye(3)[y] + 0.3 * rng.normal(size=(90, 3)), rng.normal(size=(90, 3))
    >>> hs.scores.gbc(good, y) > hs.scores.gbc(noise, y)
    True
    """
    return evaluate(read(features, y, score="gbc"), n_components).value


def evaluate(rows: Rows, n_components: int | None = 64) -> Found:
    """GBC, and GBC without each group of rows."""
    if n_components is not None and n_components < 1:
        raise InputError(f"n_components={n_components!r}; expected at least 1, or None for all")
    values, axes = np.linalg.eigh(rows.total.covariance)
    order = np.argsort(values)[::-1][: n_components or values.size]
    order = order[values[order] > 1e-12 * max(values.max(), 1e-300)]
    if order.size == 0:
        flat = -float(rows.n_classes * (rows.n_classes - 1))
        return Found(flat, np.full(rows.n_groups if rows.leave_out else 0, flat))
    axes = axes[:, order]
    floor = _LEAST_VARIANCE * float(values[order].mean())
    assert rows.codes is not None
    shape = (rows.n_groups, rows.n_classes, order.size)
    count, first, second = np.zeros(shape[:2]), np.zeros(shape), np.zeros(shape)
    for start in range(0, rows.n, 4096):
        some = slice(start, start + 4096)
        T = (rows.X[some] - rows.origin) @ axes
        at = (rows.groups[some], rows.codes[some])
        np.add.at(count, at, 1.0)
        np.add.at(first, at, T)
        np.add.at(second, at, T * T)
    all_of = (count.sum(axis=0), first.sum(axis=0), second.sum(axis=0))
    parts = zip(count, first, second, strict=True) if rows.leave_out else ()
    without = [_score(all_of[0] - c, all_of[1] - f, all_of[2] - s, floor) for c, f, s in parts]
    return Found(_score(*all_of, floor), np.array(without))


def _score(count: np.ndarray, first: np.ndarray, second: np.ndarray, floor: float) -> float:
    there = count > 0
    n = count[there, None]
    mean = first[there] / n
    variance = np.maximum(second[there] / n - mean**2, 0.0) + floor
    overlap = np.exp(-bhattacharyya_diagonal(mean, variance))
    return -float(overlap.sum() - np.trace(overlap))
