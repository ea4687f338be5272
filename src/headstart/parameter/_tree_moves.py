"""One tree moved from source to target by SER or STRUT, and the account of what became of its nodes."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import sklearn
from scipy.special import xlogy

from ..numeric.tree_labels import Classes, Labels, Numbers
from ..numeric.trees import FlatTree, add_up, clip_monotone, leaves_of, rebuild, reduce_up, sums
from ..numeric.trees_strut import Moved, rethreshold
from ._tree_arrays import append_nodes, read_tree, write_tree

# What can become of a node of the source tree; "grown" are nodes that it did not have.
FATES = ("kept", "moved", "swapped", "expanded", "pruned", "gone", "grown")


@dataclass(frozen=True)
class Options:
    """The settings of a transfer; ``keep`` is "all", "none" or the codes of the classes whose leaves are kept."""

    keep: Literal["all", "none"] | np.ndarray
    source_rows: float
    label_shift: bool
    leaf_risk: float
    strut_rows: int


@dataclass(frozen=True)
class Target:
    """The target rows: ``X`` as trees read it, ``y`` as the grower reads it, class codes or numbers.

    Numbers are measured from ``centre`` in units of ``scale``; ``weight`` (n_rows,) comes from the tree's
    ``class_weight``.
    """

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    labels: Labels
    classes: np.ndarray | None
    centre: float = 0.0
    scale: float = 1.0

    @property
    def n_values(self) -> int:
        """Number of classes; 1 for a regression."""
        return 1 if self.classes is None else len(self.classes)


def make_target(X: np.ndarray, y: np.ndarray, classes: np.ndarray | None, weight: np.ndarray) -> Target:
    """Read target rows: ``y`` (n_rows,) are codes of ``classes``, or numbers where ``classes`` is None."""
    rows = np.ascontiguousarray(X, dtype=np.float32)
    if classes is not None:
        return Target(rows, y, weight, Classes.of(y, len(classes), weight), classes)
    centre = float(np.mean(y))
    scale = float(np.std(y)) or 1.0
    return Target(rows, y, weight, Numbers.of((y - centre) / scale, weight), None, centre, scale)


def move(
    model: Any, columns: np.ndarray | None, target: Target, method: str, options: Options
) -> tuple[Any, dict[str, np.ndarray]]:
    """Move a fitted scikit-learn tree to the target rows; returns it, and what became of its nodes (``account``)."""
    before = read_tree(model, columns, target.n_values)
    tree = _in_target_units(before, target, options)
    direction = np.zeros(model.tree_.n_features, dtype=np.intp)
    if model.monotonic_cst is not None:
        direction[:] = model.monotonic_cst
    if method == "ser":
        tree, moved = _expand(tree, model, target), None
    else:
        # Exchanged children would turn a rise into a fall.
        moved = rethreshold(tree, target.X, target.labels, direction != 0, options.strut_rows)
        tree = moved.tree
    S = sums(tree, target.X, target.labels.M)
    to_leaf, gone = _reduction(tree, S, before, model, target, method, options)
    after, old = rebuild(tree, to_leaf, gone)
    S = S[old]
    value = target.labels.value(S, after.source, options.source_rows)
    value = _monotone(after, value, direction, target)
    rows = sums(after, target.X, np.ones((len(target.X), 1)))[:, 0].astype(np.int64)
    weight = target.labels.weight(S)
    impurity = _impurity(model.criterion, value, target.labels.spread(S), after, rows) * target.scale**2
    result = write_tree(model, after, value * target.scale + target.centre, impurity, rows, weight)
    return result, account(before, after, old, moved, to_leaf, rows, model.tree_.n_node_samples)


def _in_target_units(tree: FlatTree, target: Target, options: Options) -> FlatTree:
    """What the source says, in the target's units and, where wanted, moved to its class shares or its mean."""
    if target.classes is None:
        source = (tree.source - target.centre) / target.scale
        if options.label_shift:
            # The target's own mean is 0 in these units.
            source = source - source[0]
        return replace(tree, source=source, spread=tree.spread / target.scale**2)
    if not options.label_shift:
        return tree
    source = tree.source * _share_ratio(tree.source[0], target)
    return replace(tree, source=source / source.sum(axis=1, keepdims=True))


def _share_ratio(root: np.ndarray, target: Target) -> np.ndarray:
    """Target over source share of each class; one row more of each class, so that none is ruled out by absence."""
    count = target.labels.M.sum(axis=0)
    share = (count + 1.0) / (count + 1.0).sum()
    return np.divide(share, root, out=np.zeros(len(share)), where=root > 0)


def _expand(tree: FlatTree, model: Any, target: Target) -> FlatTree:
    """Grow a full tree in each leaf that target rows of different labels reach."""
    leaf = leaves_of(tree, target.X)
    order = np.argsort(leaf, kind="stable")
    nodes, first, count = np.unique(leaf[order], return_index=True, return_counts=True)
    mixed = ~target.labels.pure(np.add.reduceat(target.labels.M[order], first, axis=0))
    grower = _grower(model)
    least = 2 * grower.min_samples_leaf if isinstance(grower.min_samples_leaf, (int, np.integer)) else 2
    leaves, grown = [], []
    weighted = not np.all(target.weight == 1.0)
    # Each fit has a handful of rows: checking them again costs ten times as much as growing the tree.
    with sklearn.config_context(assume_finite=True, skip_parameter_validation=True):
        for k in np.flatnonzero(mixed & (count >= least)):
            rows = order[first[k] : first[k] + count[k]]
            weight = target.weight[rows] if weighted else None
            found = copy.copy(grower).fit(target.X[rows], target.y[rows], sample_weight=weight)
            if found.tree_.node_count > 1:
                leaves.append(nodes[k])
                grown.append(found)
    return append_nodes(tree, np.array(leaves), grown) if grown else tree


def _grower(model: Any) -> Any:
    """The learner of expansions: the source tree's own, without its limits of the whole tree's size."""
    grower = type(model)(**model.get_params(deep=False))
    grower.set_params(max_depth=None, max_leaf_nodes=None, ccp_alpha=0.0, random_state=_seed(model.random_state))
    if "class_weight" in grower.get_params():
        grower.set_params(class_weight=None)
    return grower


def _seed(random_state: Any) -> int:
    if isinstance(random_state, (int, np.integer)):
        return int(random_state)
    if random_state is None:
        return int(np.random.default_rng().integers(2**31 - 1))
    # A copy: the caller's generator stays where it is.
    return int(copy.deepcopy(random_state).randint(2**31 - 1))


def _reduction(
    tree: FlatTree, S: np.ndarray, before: FlatTree, model: Any, target: Target, method: str, options: Options
) -> tuple[np.ndarray, np.ndarray]:
    """Which nodes become leaves, and which give way to their sibling."""
    labels = target.labels
    error = labels.error(S, labels.value(S, tree.source, options.source_rows))
    unreached = labels.weight(S) <= 0
    nothing = np.zeros(len(tree), dtype=bool)
    if isinstance(options.keep, str) and options.keep == "all":
        if method == "strut":
            return nothing, nothing
        return reduce_up(tree, error, nothing, ties=False)[0], nothing
    held = nothing
    if not isinstance(options.keep, str):
        lone = unreached & _at_risk(tree, before, model, target, options)
        held = add_up(tree, lone.astype(float)) > 0
    if method == "strut":
        to_leaf = tree.inner & labels.pure(S) & ~held
    else:
        to_leaf = reduce_up(tree, error, held, ties=True)[0]
    return to_leaf, unreached & ~held


def _at_risk(tree: FlatTree, before: FlatTree, model: Any, target: Target, options: Options) -> np.ndarray:
    """Source leaves of a class to keep that may well be empty by chance (Minvielle et al. 2019)."""
    assert not isinstance(options.keep, str)
    said = tree.source.argmax(axis=1)
    weight = model.tree_.weighted_n_node_samples
    inside = weight[:, None] * before.source
    share = np.divide(inside, inside[0], out=np.zeros_like(inside), where=inside[0] > 0)
    leaf = ~tree.inner & (tree.origin >= 0)
    origin = np.where(leaf, tree.origin, 0)
    count = (target.labels.M > 0).sum(axis=0)
    empty_by_chance = (1.0 - share[origin, said]) ** count[said]
    return leaf & np.isin(said, options.keep) & (empty_by_chance > options.leaf_risk)


def _monotone(tree: FlatTree, value: np.ndarray, direction: np.ndarray, target: Target) -> np.ndarray:
    if not direction.any():
        return value
    if target.classes is None:
        return clip_monotone(tree, value[:, 0], direction)[:, None]
    share = clip_monotone(tree, value[:, 1], direction)
    return np.column_stack([1.0 - share, share])


def _impurity(criterion: str, value: np.ndarray, spread: np.ndarray, tree: FlatTree, rows: np.ndarray) -> np.ndarray:
    if criterion == "gini":
        return 1.0 - (value**2).sum(axis=1)
    if criterion in ("entropy", "log_loss"):
        return -xlogy(value, value).sum(axis=1) / np.log(2)
    return np.where(rows > 0, spread, tree.spread)


def account(
    before: FlatTree,
    after: FlatTree,
    old: np.ndarray,
    moved: Moved | None,
    to_leaf: np.ndarray,
    rows: np.ndarray,
    source_rows: np.ndarray,
) -> dict[str, np.ndarray]:
    """What became of each node of the source tree, and which nodes were grown: the columns of a table."""
    n = len(before)
    node = np.full(n, -1)
    from_source = after.origin >= 0
    node[after.origin[from_source]] = np.flatnonzero(from_source)
    there = node >= 0
    fate = np.full(n, "kept", dtype=object)
    if moved is not None:
        fate[moved.changed[:n]] = "moved"
        fate[moved.swapped[:n]] = "swapped"
    fate[~before.inner & there & after.inner[node]] = "expanded"
    fate[before.inner & to_leaf[:n]] = "pruned"
    fate[~there] = "gone"
    grown = np.flatnonzero(~from_source)
    both = np.r_[node, grown]
    present = both >= 0
    return {
        "source_node": np.r_[np.arange(n), np.full(len(grown), -1)],
        "node": both,
        "fate": np.r_[fate, np.full(len(grown), "grown", dtype=object)],
        "feature": np.where(
            np.r_[before.inner, np.zeros(len(grown), dtype=bool)],
            np.r_[before.feature, np.zeros(len(grown), dtype=np.intp)],
            np.where(present, after.feature[both], -2),
        ),
        "source_threshold": np.r_[np.where(before.inner, before.threshold, np.nan), np.full(len(grown), np.nan)],
        "threshold": np.where(present & after.inner[both], after.threshold[both], np.nan),
        "source_rows": np.r_[source_rows, np.zeros(len(grown), dtype=np.int64)],
        "target_rows": np.where(present, rows[both], 0),
    }
