"""TransRate: how much the features say about the labels, by the length of their codes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.errors import InputError
from ...numeric.row_sums import RowSums
from ...numeric.types import Floats
from ..rows import Found, Rows, read


def trans_rate(features: Any, y: Any, *, distortion: float = 1e-4) -> float:
    """The coding rate of the features less that within classes: an estimate of their mutual information with labels.

    R(Z) - sum_c n_c / n R(Z_c), where R(Z) = 1/2 log det(I + Z'Z / (n distortion)), from features that are centred and
    scaled to a mean square of 1. Higher is better.

    Parameters
    ----------
    features : array-like of shape (n_rows, n_columns)
        What the pretrained model makes of the target rows.
    y : array-like of shape (n_rows,)
        Classes of the target rows.
    distortion : float, default=1e-4
        How exactly features are coded, as a share of their mean square; the default is the authors'.

    Returns
    -------
    float
        The score, in nats.

    Raises
    ------
    InputError
        Where entries are missing, lengths differ, ``y`` has one class or real numbers, or ``distortion`` is not
        above 0.

    Notes
    -----
    The authors' code weighs all classes alike, which is the paper's formula for classes of one size. Features are
    scaled here so that the unit of the features, to which the rate is sensitive, makes no difference.

    References
    ----------
    Huang, Huang, Rong, Yang, Wei (2022), Frustratingly easy transferability estimation, ICML.

    Examples
    --------
    >>> import headstart as hs
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(90) % 3
    >>> good, noise = np.eye(3)[y] + 0.3 * rng.normal(size=(90, 3)), rng.normal(size=(90, 3))
    >>> hs.scores.trans_rate(good, y) > hs.scores.trans_rate(noise, y)
    True
    """
    return evaluate(read(features, y, score="trans_rate"), distortion).value


def evaluate(rows: Rows, distortion: float = 1e-4) -> Found:
    """TransRate, and TransRate without each group of rows."""
    if not distortion > 0:
        raise InputError(f"distortion={distortion!r}; expected a number above 0, such as 1e-4")
    kept = [rows.total, *((rows.total - part for part in rows.sums) if rows.leave_out else ())]
    left_out = [-1, *(range(rows.n_groups) if rows.leave_out else ())]
    square = [float(np.trace(sums.covariance)) for sums in kept]
    if min(square) <= 0:
        return Found(0.0, np.zeros(len(kept) - 1))
    rates = np.array([_rate(sums, distortion * unit) for sums, unit in zip(kept, square, strict=True)])
    for c in range(rows.n_classes):
        rates -= _class_rates(rows, c, kept, left_out, np.array(square) * distortion)
    return Found(float(rates[0]), rates[1:])


def _rate(sums: RowSums, noise: float) -> float:
    return 0.5 * _log_det(sums.covariance / noise)


def _log_det(A: Floats) -> float:
    """The log determinant of I + A, for A without negative eigenvalues."""
    A = A.copy()
    A[np.diag_indices_from(A)] += 1.0
    return 2.0 * float(np.sum(np.log(np.diag(np.linalg.cholesky(A)))))


def _class_rates(rows: Rows, c: int, kept: list[RowSums], left_out: list[int], noise: Floats) -> Floats:
    """The rate within a class times its share of the rows, on all rows and without each group."""
    assert rows.codes is not None
    where = np.flatnonzero(rows.codes == c)
    Z = rows.X[where].astype(np.float64) - rows.origin
    groups, by_rows = rows.groups[where], where.size <= rows.X.shape[1]
    products = Z @ Z.T if by_rows else Z.T @ Z
    found = np.zeros(len(kept))
    for k, (sums, g) in enumerate(zip(kept, left_out, strict=True)):
        there = groups != g
        n = int(there.sum())
        if n == 0:
            continue
        # about the mean of the rows that are kept: determinants of I + AB and I + BA are the same
        m = sums.mean
        if by_rows:
            along = (Z @ m)[there]
            A = products[np.ix_(there, there)] - along[:, None] - along + m @ m
        else:
            out = Z[~there]
            s = Z[there].sum(axis=0)
            A = products - out.T @ out - np.outer(s, m) - np.outer(m, s) + n * np.outer(m, m)
        found[k] = n / sums.n * 0.5 * _log_det(A / (n * noise[k]))
    return found
