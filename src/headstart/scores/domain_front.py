"""The front of the distances between a source's and a target's rows."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from .choosing import check_bootstrap, choose, scored
from .domains import read_domains
from .result import ScoreTable
from .table import TABLE, ScoreKind

NAMES = tuple(kind.name for kind in TABLE if not kind.tasks)


def domain_distances(
    Xs: Any,
    Xt: Any,
    ys: Any = None,
    yt: Any = None,
    *,
    scores: str | Iterable[str] = "default",
    scale: bool = True,
    n_boot: int = 500,
    level: float = 0.95,
    random_state: int = 0,
) -> ScoreTable:
    """Measure how far a source's rows lie from the target's, without training.

    Distances rank sources. A near source may teach another task, and a far one the same: they say nothing of
    whether transfer helps. ``hs.diagnose`` says which kind of shift it is.

    Parameters
    ----------
    Xs, Xt : array-like of shape (n_source, n_columns) and (n_target, n_columns)
        Rows of source and target in the same columns, at least ten each for an interval.
    ys, yt : array-like of shape (n_source,) and (n_target,), default=None
        Classes, for ``otdd``; they need not be the same.
    scores : {"default", "all"} or list of str, default="default"
        Which distances; both words take all whose needs are given.
    scale : bool, default=True
        Whether each column is first divided by its deviation over both domains, which count alike, so that units of
        columns play no part. False where columns have one unit, such as the features of a network, or where several
        sources are compared in one scale that was found before.
    n_boot : int, default=500
        Bootstrap draws for the intervals; 0 for none.
    level : float, default=0.95
        Of the intervals.
    random_state : int, default=0
        Seed of groups, folds, random directions and draws.

    Returns
    -------
    ScoreTable
        Distances with their intervals; print it.

    Raises
    ------
    InputError
        Where entries are missing, columns or lengths differ, or an asked distance lacks what it needs.

    Notes
    -----
    The bootstrap is that of ``transferability``, over groups of both domains' rows at once. What few rows add to a
    distance, such as that of two draws of one domain, is no part of the interval: it holds what other samples of as
    many rows would give in the mean. The kernel's width, the scale and random directions are held fixed.

    Examples
    --------
    >>> import headstart as hs
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(200, 3))
    >>> near, far = (hs.scores.domain_distances(X[:100] + shift, X[100:]) for shift in (0.1, 3.0))
    >>> all(a.score < b.score for a, b in zip(near, far))
    True
    """
    given = {"domains": Xs, "labelled domains": None if ys is None or yt is None else ys}
    kinds, skipped = choose(scores, NAMES, partial(_lacks, given=given))
    domains = read_domains(Xs, Xt, ys, yt, leave_out=n_boot > 0, seed=random_state)
    n, m = domains.Xs.shape[0], domains.Xt.shape[0]
    check_bootstrap(n_boot, level, min(n, m), random_state)
    if scale:
        domains = domains.scaled()
    found = [scored(kind, partial(kind.evaluate, domains), n_boot, level, random_state) for kind in kinds]
    title = f"Distances: {n} source rows, {m} target rows, {domains.Xs.shape[1]} columns"
    return ScoreTable(title, tuple(found), level, n_boot, skipped)


def _lacks(kind: ScoreKind, *, given: dict[str, Any]) -> str | None:
    return "needs ys= and yt=" if given[kind.needs] is None else None
