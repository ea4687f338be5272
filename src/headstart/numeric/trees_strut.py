"""STRUT: new thresholds for a tree's splits, chosen on target rows (Segev et al. 2017, algorithm 2).

A threshold is a midpoint between neighbouring values of the target rows that reach the node. Among those at which the
information gain has a local maximum, the one of the largest divergence gain is taken,

    DG = 1 - p_left D(target left, source left) - p_right D(target right, source right),

once as it is and once with the source's children exchanged; where the exchange gains more, the children swap places.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .tree_labels import Labels
from .trees import LEAF, Bools, FlatTree, Rows, goes_left
from .types import Floats, Ints

# Gains that agree to ten digits are equal: rounding decides nothing.
DIGITS = 10


@dataclass(frozen=True)
class Moved:
    """A tree with new thresholds: which nodes had theirs chosen anew, and which their children exchanged."""

    tree: FlatTree
    changed: Bools
    swapped: Bools


@dataclass(frozen=True)
class _Candidates:
    """Places between two rows where their node could be split: the node, the threshold, and the sums on both sides.

    They stand in the order of node and threshold.
    """

    node: Ints
    threshold: Floats
    low: Floats
    high: Floats

    def only(self, which: Bools) -> _Candidates:
        return _Candidates(self.node[which], self.threshold[which], self.low[which], self.high[which])

    @property
    def starts(self) -> Ints:
        """Where the candidates of each node begin."""
        return np.flatnonzero(np.r_[True, self.node[1:] != self.node[:-1]])


def rethreshold(tree: FlatTree, X: Rows, labels: Labels, no_swap: Bools, least: int = 2) -> Moved:
    """Choose the threshold of each node anew, from the root down.

    Nodes keep theirs where fewer than ``least`` rows reach them, or rows of one label, or of one value of the node's
    feature. Features of ``no_swap`` never exchange children.
    """
    left, right = tree.left.copy(), tree.right.copy()
    threshold, missing_left = tree.threshold.copy(), tree.missing_left.copy()
    changed, swapped = np.zeros(len(tree), dtype=bool), np.zeros(len(tree), dtype=bool)
    rows, nodes = np.arange(X.shape[0]), np.zeros(X.shape[0], dtype=np.intp)
    while True:
        inside = left[nodes] != LEAF
        rows, nodes = rows[inside], nodes[inside]
        if not rows.size:
            break
        x = X[rows, tree.feature[nodes]]
        order = np.lexsort((x, nodes))
        rows, nodes, x = rows[order], nodes[order], x[order]
        found = _candidates(nodes, x, labels, rows, least)
        if found.node.size:
            node, chosen, swap = _choose(found, tree, labels, no_swap)
            threshold[node] = chosen
            changed[node] = True
            crossed = node[swap]
            swapped[crossed] = True
            left[crossed], right[crossed] = tree.right[crossed], tree.left[crossed]
            missing_left[crossed] = ~missing_left[crossed]
        to_left = goes_left(x, threshold[nodes], missing_left[nodes])
        nodes = np.where(to_left, left[nodes], right[nodes])
    moved = replace(tree, left=left, right=right, threshold=threshold, missing_left=missing_left)
    return Moved(moved, changed, swapped)


def _candidates(nodes: Ints, x: Rows, labels: Labels, rows: Ints, least: int) -> _Candidates:
    """All places to split, for rows in the order of node and value; missing values are last in their node."""
    known = ~np.isnan(x)
    first = np.flatnonzero(np.r_[True, nodes[1:] != nodes[:-1]])
    length = np.diff(np.r_[first, len(nodes)])
    M = labels.M[rows]
    movable = (length >= least) & ~labels.pure(np.add.reduceat(M, first, axis=0))
    M = M * known[:, None]
    running = np.cumsum(M, axis=0)
    before = running[first] - M[first]
    total = np.add.reduceat(M, first, axis=0)
    segment = np.repeat(np.arange(len(first)), length)
    splits = (nodes[1:] == nodes[:-1]) & known[1:] & (x[:-1] < x[1:]) & movable[segment[1:]]
    at = np.flatnonzero(splits)
    low = running[at] - before[segment[at]]
    middle = x[at].astype(np.float64) / 2 + x[at + 1].astype(np.float64) / 2
    return _Candidates(nodes[at], middle, low, total[segment[at]] - low)


def _choose(found: _Candidates, tree: FlatTree, labels: Labels, no_swap: Bools) -> tuple[Ints, Floats, Bools]:
    """For each node with candidates: the node, its threshold, and whether its children swap places."""
    found = found.only(_local_maxima(_information_gain(found, labels), found.node))
    straight = _divergence_gain(found, tree.left[found.node], tree.right[found.node], tree, labels)
    crossed = _divergence_gain(found, tree.right[found.node], tree.left[found.node], tree, labels)
    crossed[no_swap[tree.feature[found.node]]] = -np.inf
    starts = found.starts
    a, b = _first_best(straight, found.node, starts), _first_best(crossed, found.node, starts)
    swap = crossed[b] > straight[a]
    return found.node[starts], found.threshold[np.where(swap, b, a)], swap


def _information_gain(found: _Candidates, labels: Labels) -> Floats:
    w, v = labels.weight(found.low), labels.weight(found.high)
    below = (w * labels.spread(found.low) + v * labels.spread(found.high)) / (w + v)
    whole = labels.spread(found.low + found.high)
    # In units of the node's own spread, so that ten digits mean the same for all labels.
    return np.round(1.0 - below / np.where(whole > 0, whole, 1.0), DIGITS)


def _divergence_gain(found: _Candidates, left: Ints, right: Ints, tree: FlatTree, labels: Labels) -> Floats:
    w, v = labels.weight(found.low), labels.weight(found.high)
    D_left = labels.divergence(found.low, tree.source[left], tree.spread[left])
    D_right = labels.divergence(found.high, tree.source[right], tree.spread[right])
    return np.asarray(np.round(1.0 - (w * D_left + v * D_right) / (w + v), DIGITS))


def _local_maxima(gain: Floats, node: Ints) -> Bools:
    """Which gains are no smaller than their neighbours' in the same node."""
    same = node[1:] == node[:-1]
    best = np.ones(len(gain), dtype=bool)
    best[1:] &= ~same | (gain[1:] >= gain[:-1])
    best[:-1] &= ~same | (gain[:-1] >= gain[1:])
    return best


def _first_best(gain: Floats, node: Ints, starts: Ints) -> Ints:
    """The first place of the largest gain in each node."""
    order = np.lexsort((-gain, node))
    return order[starts]
