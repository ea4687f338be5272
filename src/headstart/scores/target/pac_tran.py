"""PACTran: a PAC-Bayesian bound of the loss of a linear head on the features."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

from ...core.errors import InputError
from ...numeric.types import Floats, Ints
from ..rows import Found, Rows, read


def pac_tran(
    features: Any,
    y: Any,
    *,
    penalty_rows: float = 1.0,
    prior_variance: float | None = None,
    max_rows: int | None = 5000,
    random_state: int = 0,
) -> float:
    """Minus PACTran-Gauss: the bound on the expected log loss of a linear head, with Gaussian prior and posterior.

    The bound is the smallest of log loss + |w|^2 / (2 penalty_rows n) over heads w, and a price for their flatness:
    K D s / (2 penalty_rows n) log(1 + penalty_rows n tr(H) / (K D)), with H the Hessian of the loss there, s the
    prior's variance, D columns and K classes. The sign is turned so that higher is better.

    Parameters
    ----------
    features : array-like of shape (n_rows, n_columns)
        What the pretrained model makes of the target rows. Their unit matters: the prior is on the weights.
    y : array-like of shape (n_rows,)
        Classes of the target rows.
    penalty_rows : float, default=1.0
        lambda sigma_0^2 by the number of rows; the authors try 0.1, 1 and 10.
    prior_variance : float or None, default=None
        sigma_0^2. None: 10 / n_columns, one of the two that the authors try at this penalty.
    max_rows : int or None, default=5000
        Rows that the head is fitted to, drawn at random where there are more; None for all. The bound holds for as
        many rows as were used, so that scores compare only at one number of rows.
    random_state : int, default=0
        Seed of that draw.

    Returns
    -------
    float
        The score.

    Raises
    ------
    InputError
        Where entries are missing, lengths differ, ``y`` has one class or real numbers, or a parameter is not above 0.

    References
    ----------
    Ding, Chen, Levinboim, Changpinyo, Soricut (2022), PACTran: PAC-Bayesian metrics for estimating the transferability
    of pretrained models to classification tasks, ECCV.

    Examples
    --------
    >>> import headstart as hs
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(90) % 3
    >>> good, noise = np.eye(3)[y] + 0.3 * rng.normal(size=(90, 3)), rng.normal(size=(90, 3))
    >>> hs.scores.pac_tran(good, y) > hs.scores.pac_tran(noise, y)
    True
    """
    rows = read(features, y, score="pac_tran", seed=random_state)
    return evaluate(rows, penalty_rows=penalty_rows, prior_variance=prior_variance, max_rows=max_rows).value


def evaluate(
    rows: Rows, *, penalty_rows: float = 1.0, prior_variance: float | None = None, max_rows: int | None = 5000
) -> Found:
    """PACTran, and PACTran without each group of rows."""
    if not penalty_rows > 0:
        raise InputError(f"penalty_rows={penalty_rows!r}; expected a number above 0")
    if prior_variance is not None and not prior_variance > 0:
        raise InputError(f"prior_variance={prior_variance!r}; expected a number above 0, or None")
    some = some_rows(rows, max_rows)
    assert rows.codes is not None
    X, codes, groups = rows.X[some].astype(np.float64), rows.codes[some], rows.groups[some]
    X -= X.mean(axis=0)
    s = 10.0 / rows.n_columns if prior_variance is None else prior_variance
    start = np.zeros((X.shape[1] + 1, rows.n_classes))
    bound, theta = _bound(X, codes, start, rows.n_columns, penalty_rows, s, steps=200)
    without = []
    for g in range(rows.n_groups if rows.leave_out else 0):
        kept = groups != g
        # The head hardly moves: a few steps from the head on all rows find it.
        moved = _bound(X[kept], codes[kept], theta, rows.n_columns, penalty_rows, s, steps=20)[0]
        without.append(-moved)
    return Found(-bound, np.array(without))


def some_rows(rows: Rows, max_rows: int | None) -> Ints:
    """At most so many rows, drawn at random, in their order."""
    if max_rows is not None and max_rows < 2:
        raise InputError(f"max_rows={max_rows!r}; expected at least 2, or None for all rows")
    if max_rows is None or rows.n <= max_rows:
        return np.arange(rows.n)
    return np.sort(np.random.default_rng(rows.seed).permutation(rows.n)[:max_rows])


def _bound(
    X: Floats, codes: Ints, theta: Floats, n_columns: int, penalty_rows: float, s: float, steps: int
) -> tuple[float, Floats]:
    n, d = X.shape
    present = np.unique(codes)
    codes, K = np.searchsorted(present, codes), present.size
    Z = np.hstack([X, np.ones((n, 1))])
    scale = penalty_rows * n

    def loss(flat: Floats) -> tuple[float, Floats]:
        W = flat.reshape(d + 1, K)
        logits = Z @ W
        logits -= logsumexp(logits, axis=1, keepdims=True)
        value = -logits[np.arange(n), codes].mean() + 0.5 * float(np.sum(W[:d] ** 2)) / scale
        P = np.exp(logits, out=logits)
        P[np.arange(n), codes] -= 1.0
        slope = Z.T @ P / n
        slope[:d] += W[:d] / scale
        return float(value), slope.ravel()

    found = minimize(
        loss, theta[:, present].ravel(), jac=True, method="L-BFGS-B", options={"maxiter": steps, "gtol": 1e-6}
    )
    W = found.x.reshape(d + 1, K)
    logits = Z @ W
    P = np.exp(logits - logsumexp(logits, axis=1, keepdims=True))
    trace = float(np.sum((P * (1.0 - P)).sum(axis=1) * np.einsum("ij,ij->i", X, X))) / n
    KD = K * n_columns
    flat = 0.5 * KD / scale * s * np.log1p(scale * trace / KD)
    whole = np.zeros_like(theta)
    whole[:, present] = W
    return float(found.fun) + float(flat), whole
