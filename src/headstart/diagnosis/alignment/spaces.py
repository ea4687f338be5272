"""Rows of two domains in one space, in units that both share, cut into those learned from and those held out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import TruncatedSVD

from .domains import Domains, Maps

FOLDS = 3  # of the rows, of which one is held out; each costs a fit of the aligner
WIDE = 150  # columns beyond which a space is reduced to its leading components
COMPONENTS = 60


@dataclass(frozen=True)
class Space:
    """Rows in one space; ``target`` and ``source`` hold those that maps learned from, ``*_out`` those held out."""

    target: np.ndarray
    source: np.ndarray
    target_out: np.ndarray
    source_out: np.ndarray

    @classmethod
    def cut(
        cls, rows: tuple[np.ndarray, np.ndarray], held: tuple[np.ndarray, np.ndarray], unit: np.ndarray | None
    ) -> Space:
        """Centre and scale by the rows learned from, both domains counted alike.

        ``unit`` None: all columns by one number, since an aligner says by their spread how much they count.
        """
        (T, S), (t, s) = rows, held
        centre, spread = moments(T[~t], S[~s])
        scale = np.sqrt(np.mean(spread**2)) or 1.0 if unit is None else unit
        T, S = (T - centre) / scale, (S - centre) / scale
        if T.shape[1] > WIDE:
            k = min(COMPONENTS, min((~t).sum(), (~s).sum()) - 1)
            svd = TruncatedSVD(max(k, 1), random_state=0).fit(np.vstack([T[~t], S[~s]]))
            T, S = svd.transform(T), svd.transform(S)
        return cls(T[~t], S[~s], T[t], S[s])


@dataclass(frozen=True)
class Part:
    """One fold: ``t`` and ``s`` mark the rows held out.

    ``before`` and ``after`` are the columns that both domains have, in which these can be compared; None where there
    is none. ``own`` (target, source) and ``full`` are all columns: what labels are told from.
    """

    t: np.ndarray
    s: np.ndarray
    before: Space | None
    after: Space | None
    own: tuple[Space, Space]
    full: Space


def moments(T: np.ndarray, S: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each column, both domains counted alike; 1 for a constant column."""
    centre = (T.mean(axis=0) + S.mean(axis=0)) / 2
    spread = np.sqrt((((T - centre) ** 2).mean(axis=0) + ((S - centre) ** 2).mean(axis=0)) / 2)
    return centre, np.where(spread > 1e-10 * np.maximum(1.0, np.abs(centre)), spread, 0.0)


def units(maps: Maps, learned: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray | None, np.ndarray | None]:
    """What columns are divided by: before, their own spread; after, the same where the columns are the same."""
    before = None
    if maps.before is not None:
        spread = moments(maps.before[0][learned[0]], maps.before[1][learned[1]])[1]
        before = np.where(spread > 0, spread, 1.0)
    return before, before if maps.keeps_columns else None


def in_both(rows: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Which columns both domains have: one that an aligner keeps for one domain is zero in all rows of the other.

    Such columns would tell the domains apart for sure, and are no sign of how far apart they lie.
    """
    filled = [np.any(M != 0.0, axis=0) for M in rows]
    return np.asarray(filled[0] & filled[1])


def parts_of(domains: Domains, fold: np.ndarray, source_fold: np.ndarray) -> list[Part]:
    """For each fold the rows in all spaces, mapped by what the other folds taught."""
    found = []
    for k in range(FOLDS):
        t, s = fold == k, source_fold == k
        learned = ~t, ~s
        maps = domains.maps(np.flatnonzero(~t), np.flatnonzero(~s))
        unit, unit_after = units(maps, learned)
        before = None if maps.before is None else Space.cut(maps.before, (t, s), unit)
        after = full = Space.cut(maps.after, (t, s), unit_after)
        keep = in_both(maps.after)
        if not maps.keeps_columns and not keep.all():
            T, S = maps.after
            after = Space.cut((T[:, keep], S[:, keep]), (t, s), None) if keep.any() else None
        if before is not None and maps.own is maps.before:
            own = before, before
        else:
            own = _alone(maps.own[0], t), _alone(maps.own[1], s)
        found.append(Part(t, s, before, after, own, full))
    return found


def _alone(M: np.ndarray, held: np.ndarray) -> Space:
    """One domain's own columns, each in units of its spread."""
    spread = M[~held].std(axis=0)
    return Space.cut((M, M), (held, held), np.where(spread > 1e-10, spread, 1.0))
