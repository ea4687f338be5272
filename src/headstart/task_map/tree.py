"""The tree of tasks: those that serve the same targets alike stand together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, leaves_list, linkage, optimal_leaf_ordering
from scipy.spatial.distance import squareform

from ..core.errors import InputError


@dataclass(frozen=True, eq=False)
class TaskTree:
    """Source tasks, joined step by step by how alike they transfer to all targets.

    Attributes
    ----------
    names : tuple of str
        The source tasks.
    linkage : ndarray of shape (n_sources - 1, 4)
        As SciPy's ``scipy.cluster.hierarchy`` has it; ``dendrogram(tree.linkage, labels=tree.names)`` draws it.
        Heights are root mean squared differences of ranks, 0 to 1.
    distances : DataFrame of shape (n_sources, n_sources)
        What was clustered.

    Examples
    --------
    >>> import headstart as hs
    >>> import pandas as pd
    >>> affinity = pd.DataFrame(
    ...     {"t": [0.5, 0.4, 0.1], "u": [0.6, 0.3, 0.1]}, index=["edges", "corners", "scenes"]
    ... )
    >>> print(hs.TaskMap.from_affinities(affinity).tree())
    +-- scenes
    `-- 0.50
        +-- corners
        `-- edges
    """

    names: tuple[str, ...]
    linkage: np.ndarray
    distances: pd.DataFrame

    @classmethod
    def of(cls, affinity: pd.DataFrame) -> TaskTree:
        """Cluster the rows of a table of affinities, sources by targets; gaps and own transfers are left out."""
        names = [str(n) for n in affinity.index]
        if len(names) == 1:
            raise InputError(f"the map has one source, {names[0]!r}; expected at least two to make a tree of")
        distances = pd.DataFrame(_distances(_ranks(affinity), names), index=names, columns=names)
        condensed = squareform(distances.to_numpy(), checks=False)
        joined = optimal_leaf_ordering(linkage(condensed, method="average"), condensed)
        return cls(tuple(names), joined, distances)

    @property
    def order(self) -> list[str]:
        """The tasks as they stand at the leaves, similar ones beside each other."""
        return [self.names[k] for k in leaves_list(self.linkage)]

    def groups(self, n: int) -> list[list[str]]:
        """The tasks cut into ``n`` groups, in the order of the leaves."""
        if not isinstance(n, (int, np.integer)) or not 1 <= n <= len(self.names):
            raise InputError(f"n is {n!r}; expected 1 to {len(self.names)}, the number of tasks in the tree")
        of = dict(zip(self.names, fcluster(self.linkage, n, criterion="maxclust"), strict=True))
        found: dict[int, list[str]] = {}
        for name in self.order:
            found.setdefault(int(of[name]), []).append(name)
        return list(found.values())

    def __str__(self) -> str:
        n = len(self.names)
        lines: list[str] = []

        def draw(node: int, indent: str, last: bool, top: bool) -> None:
            head = "" if top else indent + ("`-- " if last else "+-- ")
            if node < n:
                lines.append(head + self.names[node])
                return
            if not top:
                lines.append(f"{head}{self.linkage[node - n, 2]:.2f}")
            below = "" if top else indent + ("    " if last else "|   ")
            left, right = (int(v) for v in self.linkage[node - n, :2])
            draw(left, below, False, False)
            draw(right, below, True, False)

        draw(2 * n - 2, "", True, True)
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"TaskTree of {len(self.names)} tasks"


def _ranks(affinity: pd.DataFrame) -> np.ndarray:
    """For each target the share of the other sources that a source is better than, 0 to 1."""
    own = affinity.index.to_numpy()[:, None] == affinity.columns.to_numpy()[None, :]
    values = affinity.mask(own)
    above = values.rank() - 1
    return (above / np.maximum(values.notna().sum() - 1, 1)).to_numpy(dtype=float)


def _distances(ranks: np.ndarray, names: list[str]) -> np.ndarray:
    """Root mean squares of the differences, over the targets that both have."""
    n = len(ranks)
    squared = np.zeros((n, n))
    for i in range(n):
        both = np.isfinite(ranks[i]) & np.isfinite(ranks)
        count = both.sum(axis=1)
        if not count.all():
            j = int(np.argmin(count))
            raise InputError(
                f"the sources {names[i]!r} and {names[j]!r} were measured on no common target, so nothing tells how "
                "alike they are; expected every two sources to share one: measure more transfers"
            )
        squared[i] = np.where(both, (ranks[i] - ranks) ** 2, 0.0).sum(axis=1) / count
    return np.sqrt(squared)
