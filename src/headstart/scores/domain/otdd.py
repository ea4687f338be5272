"""The optimal transport distance of two labelled data sets."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.errors import InputError
from ...numeric.assignment import assignment
from ...numeric.gaussian_distances import squared_wasserstein_diagonal, squared_wasserstein_full
from ...numeric.kernels import squared_distances
from ...numeric.row_sums import class_sums
from ..domains import Domains, kept_means, read_domains
from ..rows import Found


def otdd(
    Xs: Any,
    ys: Any,
    Xt: Any,
    yt: Any,
    *,
    covariance: str = "diagonal",
    max_rows: int = 1000,
    random_state: int = 0,
) -> float:
    """The optimal transport data set distance: what it costs to move labelled rows of the source onto the target's.

    The squared cost of a pair of rows is |x - x'|^2 plus the squared Wasserstein distance of the Gaussians of their
    classes, so that labels need not have the same names, nor be as many. The distance is the root of the least mean
    cost.

    Parameters
    ----------
    Xs, ys : array-like of shape (n_source, n_columns) and (n_source,)
        Rows of the source and their classes.
    Xt, yt : array-like of shape (n_target, n_columns) and (n_target,)
        Rows of the target and their classes.
    covariance : {"diagonal", "full"}, default="diagonal"
        What the classes' Gaussians know. "full" is the paper's formula, and takes an eigendecomposition of
        n_columns x n_columns for each pair of classes; "diagonal" leaves out how columns go together within a class,
        and is the one that stays cheap at any size. Distances compare only at one setting.
    max_rows : int, default=1000
        Rows of each side that are moved, drawn at random. The Gaussians are found on all rows, in linear time; the
        exact plan is found between these, since its time grows with the cube of their number. With fewer rows on one
        side, each of them counts as several.
    random_state : int, default=0
        Seed of that draw.

    Returns
    -------
    float
        The distance, in the unit of the columns.

    Raises
    ------
    InputError
        Where entries or labels are missing, columns or lengths differ, or a parameter is of another kind.

    Notes
    -----
    The plan between drawn rows costs more than that between the populations: even between two draws of one data set the
    distance is above 0, and in many columns most of it is of this kind. Compare sources at the same ``max_rows``, never
    with 0.

    References
    ----------
    Alvarez-Melis, Fusi (2020), Geometric dataset distances via optimal transport, NeurIPS.

    Examples
    --------
    >>> import headstart as hs
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(100) % 2
    >>> X = y[:, None] * 4.0 + rng.normal(size=(100, 2))
    >>> near, far = X + 0.1, X * [1.0, -1.0]
    >>> hs.scores.otdd(near, y, X, y) < hs.scores.otdd(far, y, X, y)
    True
    """
    for y, name in ((ys, "ys"), (yt, "yt")):
        if y is None:
            raise InputError(f"{name} is None; expected the class of each row: otdd compares labelled data sets")
    domains = read_domains(Xs, Xt, ys, yt, seed=random_state)
    return evaluate(domains, covariance=covariance, max_rows=max_rows).value


def evaluate(domains: Domains, *, covariance: str = "diagonal", max_rows: int = 1000) -> Found:
    """The distance, and to first order the distance without each group of both data sets."""
    if covariance not in ("diagonal", "full"):
        raise InputError(f"covariance={covariance!r}; expected 'diagonal' or 'full'")
    if max_rows < 1:
        raise InputError(f"max_rows={max_rows!r}; expected at least 1")
    assert domains.ys is not None
    assert domains.yt is not None
    between = _LabelDistances(domains, covariance)
    rows_s, rows_t = _as_many(domains, max_rows)
    centre = domains.Xt.mean(axis=0, dtype=np.float64)
    C = squared_distances(domains.Xs[rows_s] - centre, domains.Xt[rows_t] - centre)
    codes_s, codes_t = domains.ys[rows_s], domains.yt[rows_t]
    L = between.all()
    C += L[np.ix_(codes_s, codes_t)]
    cost, f, g, plan = assignment(C)
    if not domains.leave_out:
        return Found(float(np.sqrt(max(cost, 0.0))))
    # Potentials tell how the cost goes with the rows that are moved, the plan how it goes with distances of classes.
    G = domains.n_groups
    moved = kept_means(f, domains.groups[0][rows_s], G) + kept_means(g, domains.groups[1][rows_t], G)
    pairs = codes_s, codes_t[plan]
    moved += [float(np.mean((between.without(h) - L)[pairs])) for h in range(G)]
    return Found(float(np.sqrt(max(cost, 0.0))), np.sqrt(np.maximum(moved, 0.0)))


def _as_many(domains: Domains, max_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """As many rows of both sides, drawn; those of the smaller side stand there several times."""
    rng = np.random.default_rng(domains.seed + 1)
    sizes = domains.Xs.shape[0], domains.Xt.shape[0]
    few = min(*sizes, max_rows)
    times = max(1, min(max(sizes), max_rows) // few)
    drawn = []
    for n in sizes:
        some = rng.permutation(n)[: few * times]
        drawn.append(some if some.size == few * times else np.repeat(some[:few], times))
    return drawn[0], drawn[1]


class _LabelDistances:
    """Squared Wasserstein distances between the classes of source and target, as Gaussians."""

    def __init__(self, domains: Domains, covariance: str) -> None:
        self.domains, self.covariance = domains, covariance
        if covariance == "diagonal":
            self.parts = [_sums(X, y, g, domains.n_groups) for X, y, g in self._sides()]
            self.sums = [tuple(p.sum(axis=0) for p in part) for part in self.parts]

    def _sides(self) -> Any:
        d = self.domains
        return zip((d.Xs, d.Xt), (d.ys, d.yt), d.groups, strict=True)

    def all(self) -> np.ndarray:
        """From all rows."""
        return self._diagonal(self.sums) if self.covariance == "diagonal" else self._full(None)

    def without(self, g: int) -> np.ndarray:
        """Without a group of rows; a class that lies in it as a whole stays where it is."""
        if self.covariance == "full":
            return self._full(g)
        left = []
        for sums, part in zip(self.sums, self.parts, strict=True):
            gone = sums[0] == part[0][g]
            left.append(tuple(np.where(_like(gone, s), s, s - p[g]) for s, p in zip(sums, part, strict=True)))
        return self._diagonal(left)

    def _diagonal(self, sums: Any) -> np.ndarray:
        moments = []
        for count, first, second in sums:
            mean = first / count[:, None]
            moments += [mean, np.maximum(second / count[:, None] - mean**2, 0.0)]
        return squared_wasserstein_diagonal(*moments)

    def _full(self, g: int | None) -> np.ndarray:
        moments = []
        for X, y, groups in self._sides():
            means, covariances = [], []
            for c in range(int(y.max()) + 1):
                own = y == c
                kept = own if g is None or not (own & (groups != g)).any() else own & (groups != g)
                Z = X[kept].astype(np.float64)
                means.append(Z.mean(axis=0))
                Z -= means[-1]
                covariances.append(Z.T @ Z / Z.shape[0])
            moments += [np.array(means), np.array(covariances)]
        return squared_wasserstein_full(*moments)


def _like(flags: np.ndarray, values: np.ndarray) -> np.ndarray:
    return flags if values.ndim == 1 else flags[:, None]


def _sums(X: np.ndarray, y: np.ndarray, groups: np.ndarray, n_groups: int) -> tuple[np.ndarray, ...]:
    """Counts (n_groups, K), sums and sums of squares (n_groups, K, d) of each class."""
    K = int(y.max()) + 1
    cell = groups * K + y
    first, second = np.zeros((2, n_groups * K, X.shape[1]))
    for start in range(0, X.shape[0], 4096):
        Z = X[start : start + 4096].astype(np.float64)
        some = cell[start : start + 4096]
        first += class_sums(some, n_groups * K, Z)
        second += class_sums(some, n_groups * K, Z * Z)
    count = np.bincount(cell, minlength=n_groups * K).reshape(n_groups, K)
    return count.astype(np.float64), first.reshape(n_groups, K, -1), second.reshape(n_groups, K, -1)
