"""Binary decision trees as flat arrays: routing rows, walking levels, cutting branches, renumbering.

Node 0 is the root. A leaf has the children -1. Rows with ``x <= threshold`` go left; rows without a value go where
``missing_left`` says. Nothing here loops over rows or nodes, only over levels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from .types import Floats, Ints

Bools = NDArray[np.bool_]
Rows = NDArray[np.float32]
LEAF = -1


@dataclass(frozen=True)
class FlatTree:
    """The nodes of a tree, one entry each.

    ``left``, ``right`` (-1 for a leaf), ``feature``, ``threshold`` and ``missing_left`` are the tree itself. ``origin``
    is the node's number in the source tree, -1 where it was grown on target rows. ``source`` (n_nodes, n_values) is
    what the source says there: class shares, or a mean; ``spread`` (n_nodes,) the variance that goes with a mean.
    """

    left: Ints
    right: Ints
    feature: Ints
    threshold: Floats
    missing_left: Bools
    origin: Ints
    source: Floats
    spread: Floats

    def __len__(self) -> int:
        return len(self.left)

    @property
    def inner(self) -> Bools:
        """Which nodes have children."""
        return self.left != LEAF

    def take(self, nodes: Ints) -> FlatTree:
        """The entries of ``nodes``, their links as they are."""
        return FlatTree(*(getattr(self, f.name)[nodes] for f in fields(self)))


def goes_left(x: Floats | Rows, threshold: Floats, missing_left: Bools) -> Bools:
    """Whether a row with the value ``x`` goes left."""
    return np.where(np.isnan(x), missing_left, x <= threshold)


def descend(tree: FlatTree, X: Rows) -> Iterator[tuple[Ints, Ints]]:
    """Level by level from the root: rows, and the node that each has come to. Rows in leaves leave the walk."""
    rows = np.arange(X.shape[0])
    nodes = np.zeros(X.shape[0], dtype=np.intp)
    while rows.size:
        yield rows, nodes
        inside = tree.left[nodes] != LEAF
        rows, nodes = rows[inside], nodes[inside]
        left = goes_left(X[rows, tree.feature[nodes]], tree.threshold[nodes], tree.missing_left[nodes])
        nodes = np.where(left, tree.left[nodes], tree.right[nodes])


def leaves_of(tree: FlatTree, X: Rows) -> Ints:
    """The leaf of each row."""
    leaf = np.zeros(X.shape[0], dtype=np.intp)
    for rows, nodes in descend(tree, X):
        leaf[rows] = nodes
    return leaf


def sums(tree: FlatTree, X: Rows, M: Floats) -> Floats:
    """For each node the sum (n_nodes, n_columns) of the rows of ``M`` that reach it."""
    out = np.zeros((len(tree), M.shape[1]))
    leaf = leaves_of(tree, X)
    for column in range(M.shape[1]):
        out[:, column] = np.bincount(leaf, weights=M[:, column], minlength=len(tree))
    return add_up(tree, out)


def levels(tree: FlatTree) -> list[Ints]:
    """The nodes of each level, the root's first."""
    found = []
    nodes = np.zeros(1, dtype=np.intp)
    while nodes.size:
        found.append(nodes)
        inside = nodes[tree.left[nodes] != LEAF]
        nodes = np.concatenate([tree.left[inside], tree.right[inside]])
    return found


def add_up(tree: FlatTree, at_leaves: Floats) -> Floats:
    """Sums over the leaves below each node (n_nodes, ...), of values given at the leaves."""
    total = at_leaves.copy()
    for nodes in reversed(levels(tree)):
        inside = nodes[tree.left[nodes] != LEAF]
        total[inside] = total[tree.left[inside]] + total[tree.right[inside]]
    return total


def reduce_up(tree: FlatTree, leaf_error: Floats, held: Bools, *, ties: bool) -> tuple[Bools, Floats]:
    """Bottom-up reduction: which nodes become leaves, and the error of what is left below each node.

    A node becomes a leaf where that makes fewer errors than its subtree, or, with ``ties``, no more. Nodes of ``held``
    never do. Errors are sums over rows, so a subtree's is the sum of its children's.
    """
    cut = np.zeros(len(tree), dtype=bool)
    error = leaf_error.copy()
    for nodes in reversed(levels(tree)):
        inside = nodes[tree.left[nodes] != LEAF]
        below = error[tree.left[inside]] + error[tree.right[inside]]
        # Sums of floats in another order are not equal to the last digit.
        slack = 1e-9 * (1.0 + np.abs(leaf_error[inside]))
        better = leaf_error[inside] <= below + slack if ties else leaf_error[inside] < below - slack
        better &= ~held[inside]
        cut[inside] = better
        error[inside] = np.where(better, leaf_error[inside], below)
    return cut, error


def rebuild(tree: FlatTree, to_leaf: Bools, gone: Bools) -> tuple[FlatTree, Ints]:
    """The tree whose nodes ``to_leaf`` have no children, and where nodes ``gone`` are replaced by their sibling.

    Returns the tree, numbered depth first as scikit-learn does, and the old number of each of its nodes.
    """
    left, right = tree.left.copy(), tree.right.copy()
    left[to_leaf] = right[to_leaf] = LEAF
    stands_in = np.arange(len(tree))
    size = np.ones(len(tree), dtype=np.intp)
    for nodes in reversed(levels(tree)):
        inside = nodes[left[nodes] != LEAF]
        a, b = left[inside], right[inside]
        only_b, only_a = gone[a] & ~gone[b], gone[b] & ~gone[a]
        stands_in[inside] = np.where(only_b, stands_in[b], np.where(only_a, stands_in[a], inside))
        left[inside], right[inside] = stands_in[a], stands_in[b]
        size[inside] = np.where(only_b, size[b], np.where(only_a, size[a], 1 + size[a] + size[b]))
    place = np.zeros(len(tree), dtype=np.intp)
    nodes = stands_in[:1]
    old = np.zeros(size[0], dtype=np.intp)
    while nodes.size:
        old[place[nodes]] = nodes
        inside = nodes[left[nodes] != LEAF]
        a, b = left[inside], right[inside]
        place[a] = place[inside] + 1
        place[b] = place[inside] + 1 + size[a]
        nodes = np.concatenate([a, b])
    new_left, new_right = left[old], right[old]
    inner = new_left != LEAF
    new_left[inner], new_right[inner] = place[new_left[inner]], place[new_right[inner]]
    kept = tree.take(old)
    found = FlatTree(
        new_left,
        new_right,
        np.where(inner, kept.feature, -2),
        np.where(inner, kept.threshold, -2.0),
        kept.missing_left & inner,
        kept.origin,
        kept.source,
        kept.spread,
    )
    return found, old


def clip_monotone(tree: FlatTree, value: Floats, direction: Ints) -> Floats:
    """Values (n_nodes,) that rise (1) or fall (-1) with the features that ``direction`` (n_features,) names.

    As scikit-learn grows such trees: the children of a split on such a feature are parted at the middle of their
    values, and all nodes below stay on their side of it.
    """
    value = value.copy()
    low, high = np.full(len(tree), -np.inf), np.full(len(tree), np.inf)
    for nodes in levels(tree):
        value[nodes] = np.clip(value[nodes], low[nodes], high[nodes])
        inside = nodes[tree.left[nodes] != LEAF]
        a, b = tree.left[inside], tree.right[inside]
        for child in (a, b):
            low[child], high[child] = low[inside], high[inside]
        middle = (np.clip(value[a], low[a], high[a]) + np.clip(value[b], low[b], high[b])) / 2
        way = direction[tree.feature[inside]]
        smaller, larger = np.where(way > 0, a, b), np.where(way > 0, b, a)
        bound = way != 0
        high[smaller[bound]], low[larger[bound]] = middle[bound], middle[bound]
    return value
