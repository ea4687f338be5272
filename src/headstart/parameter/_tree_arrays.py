"""Between scikit-learn's trees and flat arrays."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from sklearn.tree._tree import Tree

from ..numeric.trees import FlatTree, levels


def read_tree(model: Any, columns: np.ndarray | None, n_values: int) -> FlatTree:
    """The nodes of a fitted scikit-learn tree.

    ``columns`` are the places of the tree's classes among ``n_values`` classes; None for a regression.
    """
    tree = model.tree_
    said = tree.value[:, 0, :]
    if columns is None:
        source = np.asarray(said, dtype=float)
    else:
        source = np.zeros((tree.node_count, n_values))
        # Trees of scikit-learn before 1.3 hold counts.
        source[:, columns] = said / said.sum(axis=1, keepdims=True)
    return FlatTree(
        tree.children_left.astype(np.intp),
        tree.children_right.astype(np.intp),
        tree.feature.astype(np.intp),
        tree.threshold.astype(float),
        tree.missing_go_to_left.astype(bool),
        np.arange(tree.node_count),
        source,
        np.asarray(tree.impurity, dtype=float),
    )


def append_nodes(tree: FlatTree, leaves: np.ndarray, grown: list[Any]) -> FlatTree:
    """Put the scikit-learn trees ``grown`` in the place of ``leaves``; their other nodes come last."""
    states = [model.tree_.__getstate__() for model in grown]
    count = np.array([state["node_count"] for state in states])
    nodes = np.concatenate([state["nodes"][: state["node_count"]] for state in states])
    root = np.zeros(len(nodes), dtype=bool)
    first = np.r_[0, np.cumsum(count)[:-1]]
    root[first] = True
    # Each tree's root takes a leaf's number, its other nodes the next free ones.
    number = np.empty(len(nodes), dtype=np.intp)
    number[root] = leaves
    number[~root] = len(tree) + np.arange(len(nodes) - len(grown))
    offset, parent = np.repeat(first, count), np.repeat(leaves, count)

    def link(name: str) -> np.ndarray:
        child = nodes[name].astype(np.intp)
        return np.where(child < 0, -1, number[np.where(child < 0, 0, child + offset)])

    def place(old: np.ndarray, new: np.ndarray) -> np.ndarray:
        out = np.concatenate([old, np.zeros((len(nodes) - len(grown), *old.shape[1:]), dtype=old.dtype)])
        out[number] = new
        return out

    return FlatTree(
        place(tree.left, link("left_child")),
        place(tree.right, link("right_child")),
        place(tree.feature, nodes["feature"]),
        place(tree.threshold, nodes["threshold"]),
        place(tree.missing_left, nodes["missing_go_to_left"].astype(bool)),
        place(tree.origin, np.where(root, parent, -1)),
        place(tree.source, tree.source[parent]),
        place(tree.spread, tree.spread[parent]),
    )


def write_tree(
    model: Any, tree: FlatTree, value: np.ndarray, impurity: np.ndarray, rows: np.ndarray, weight: np.ndarray
) -> Any:
    """A copy of a scikit-learn tree with other nodes: ``rows`` and ``weight`` (n_nodes,) are the node counts."""
    old = model.tree_.__getstate__()
    nodes = np.zeros(len(tree), dtype=old["nodes"].dtype)
    nodes["left_child"], nodes["right_child"] = tree.left, tree.right
    nodes["feature"], nodes["threshold"] = tree.feature, tree.threshold
    nodes["missing_go_to_left"] = tree.missing_left
    nodes["impurity"] = impurity
    nodes["n_node_samples"], nodes["weighted_n_node_samples"] = rows, weight
    n_classes = np.array([value.shape[1]], dtype=np.intp)
    found = Tree(model.tree_.n_features, n_classes, 1)
    found.__setstate__(
        {
            "max_depth": len(levels(tree)) - 1,
            "node_count": len(tree),
            "nodes": nodes,
            "values": np.ascontiguousarray(value[:, None, :]),
        }
    )
    result = copy.copy(model)
    result.tree_ = found
    return result


def in_columns(model: Any, at: np.ndarray, n_columns: int, shift: np.ndarray, scale: np.ndarray) -> Any:
    """A copy of a fitted tree or forest for rows of ``n_columns`` columns.

    Its column k is the column ``at[k]`` of these rows, less ``shift[k]`` and over ``scale[k]`` (> 0).
    """
    result = copy.copy(model)
    if hasattr(model, "estimators_"):
        result.estimators_ = [in_columns(tree, at, n_columns, shift, scale) for tree in model.estimators_]
    else:
        state = model.tree_.__getstate__()
        nodes = state["nodes"].copy()
        inner = nodes["left_child"] >= 0
        feature = nodes["feature"][inner]
        nodes["threshold"][inner] = nodes["threshold"][inner] * scale[feature] + shift[feature]
        nodes["feature"][inner] = at[feature]
        result.tree_ = Tree(n_columns, np.atleast_1d(model.tree_.n_classes), 1)
        result.tree_.__setstate__({**state, "nodes": nodes})
    result.n_features_in_ = n_columns
    if getattr(result, "monotonic_cst", None) is not None:
        direction = np.zeros(n_columns, dtype=int)
        direction[at] = model.monotonic_cst
        result.monotonic_cst = direction
    if hasattr(result, "feature_names_in_"):
        del result.feature_names_in_
    return result
