"""The proxy A-distance: how well a linear classifier tells two domains apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.errors import InputError
from ...numeric.group_bootstrap import N_FOLDS, without_each
from ...numeric.row_sums import in_row_space
from ..cross_fitted import cross_fitted_hits, keeping
from ..domains import Domains, read_domains
from ..rows import Found, Rows


def proxy_a_distance(Xs: Any, Xt: Any, *, random_state: int = 0) -> float:
    """2 (1 - 2 e), with e the error of a linear classifier of the domains over five folds.

    0 where the domains cannot be told apart (by chance a little below it), 2 where each row can. The error is the mean
    of the two domains' errors, so that their sizes play no part. The classifier is a linear discriminant with a
    shrunken covariance: it sees what moved the means, and no change of spread alone.

    Parameters
    ----------
    Xs, Xt : array-like of shape (n_source, n_columns) and (n_target, n_columns)
        Rows of source and target; at least five each.
    random_state : int, default=0
        Seed of the folds.

    Returns
    -------
    float
        The distance.

    Raises
    ------
    InputError
        Where entries are missing, columns differ, or a domain has fewer than five rows.

    References
    ----------
    Ben-David, Blitzer, Crammer, Pereira (2007), Analysis of representations for domain adaptation, NeurIPS.

    Examples
    --------
    >>> import headstart as hs
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(200, 3))
    >>> hs.scores.proxy_a_distance(X[:100], X[100:] + 9.0)
    2.0
    """
    return evaluate(read_domains(Xs, Xt, seed=random_state)).value


def evaluate(domains: Domains) -> Found:
    """The distance, and the distance without each group of both domains."""
    sizes = domains.Xs.shape[0], domains.Xt.shape[0]
    if min(sizes) < N_FOLDS:
        raise InputError(
            f"the domains have {sizes[0]} and {sizes[1]} rows; expected {N_FOLDS} at least, one for each fold"
        )
    X = np.concatenate([domains.Xs, domains.Xt])
    codes = np.repeat(np.arange(2), sizes)
    groups = np.concatenate(domains.groups)
    rows = Rows(in_row_space(X), X.shape[1], codes, None, 2, groups, domains.n_groups, domains.leave_out, domains.seed)
    kept = keeping(rows)
    right, seen = cross_fitted_hits(rows, kept, balanced=True)
    error = 1.0 - np.mean(right / seen, axis=1)
    found = 2.0 * (1.0 - 2.0 * error)
    value = float(found[0])
    return Found(value, without_each(value, found[1:], kept[1:]) if rows.leave_out else found[1:])
