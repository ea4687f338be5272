"""Trees from a file are checked before they are used: scikit-learn follows their indices without looking.

A file that passes every check of types could still send a prediction outside the tree's memory. skops therefore
trusts no tree at all; here each tree's links and columns are checked instead.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.errors import InputError

_DAMAGED = "the model file holds a tree whose {what}; it is damaged or was tampered with: save the model again"


def check_trees(model: Any) -> None:
    """Raise where a tree anywhere in ``model`` points outside itself or outside its columns."""
    pending, seen = [model], set()
    while pending:
        value = pending.pop()
        if value is None or isinstance(value, (bool, int, float, str, bytes, type)) or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, np.ndarray):
            pending.extend(value.ravel().tolist() if value.dtype == object else ())
        elif isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, (list, tuple, set)):
            pending.extend(value)
        else:
            _check_owner(value)
            pending.extend(getattr(value, "__dict__", {}).values())


def _check_owner(value: Any) -> None:
    """Check the trees that an estimator owns against the columns that the estimator accepts."""
    kind = type(value)
    if not kind.__module__.startswith(("sklearn.", "headstart.")):
        return
    state = getattr(value, "__dict__", {})
    if hasattr(state.get("tree_"), "children_left"):
        check_tree(state["tree_"], int(state.get("n_features_in_", 0)))
    if kind.__module__.startswith("sklearn.ensemble._hist_gradient_boosting.") and "_predictors" in state:
        _check_boosting(state)
    if kind.__module__ in ("sklearn.ensemble._forest", "sklearn.ensemble._gb") and "estimators_" in state:
        # Forests and boosting check the columns once, for all their trees.
        for tree in np.asarray(state["estimators_"], dtype=object).ravel():
            if getattr(tree, "n_features_in_", None) != state.get("n_features_in_"):
                raise InputError(_DAMAGED.format(what="columns are not those of its forest"))


def check_tree(tree: Any, n_columns: int) -> None:
    """Check one scikit-learn Tree, of an estimator that accepts ``n_columns`` columns."""
    n = int(tree.node_count)
    if n < 1 or n > int(tree.capacity):
        raise InputError(_DAMAGED.format(what=f"{n} nodes are not all there"))
    left, right = np.asarray(tree.children_left), np.asarray(tree.children_right)
    inner = left != -1
    _check_links(left[inner], right[inner], n)
    _check_columns(np.asarray(tree.feature)[inner], min(n_columns, int(tree.n_features)))


def _check_boosting(state: dict[str, Any]) -> None:
    n_columns = int(state["_n_features"])
    categorical = np.asarray(state["_bin_mapper"].is_categorical_, dtype=bool)
    if len(categorical) != n_columns:
        raise InputError(_DAMAGED.format(what="columns are not those of its bins"))
    for predictor in (p for stage in state["_predictors"] for p in stage):
        nodes = predictor.nodes
        if len(nodes) == 0:
            raise InputError(_DAMAGED.format(what="nodes are not all there"))
        inner = nodes["is_leaf"] == 0
        _check_links(nodes["left"][inner].astype(np.int64), nodes["right"][inner].astype(np.int64), len(nodes))
        columns = nodes["feature_idx"][inner]
        _check_columns(columns, n_columns)
        sets = nodes["is_categorical"][inner] != 0
        stored = predictor.raw_left_cat_bitsets
        if sets.any() and (
            not categorical[columns[sets]].all()
            or stored.shape[1:] != (8,)
            or (nodes["bitset_idx"][inner][sets] >= len(stored)).any()
        ):
            raise InputError(_DAMAGED.format(what="sets of categories are not all there"))


def _check_links(left: np.ndarray, right: np.ndarray, n: int) -> None:
    children = np.concatenate([left, right])
    if ((children < 1) | (children >= n)).any():
        raise InputError(_DAMAGED.format(what="links lead outside it"))
    # With one parent each, and the root nobody's child, no path from the root can run in a circle.
    if len(np.unique(children)) != len(children):
        raise InputError(_DAMAGED.format(what="links run in a circle"))


def _check_columns(columns: np.ndarray, n_columns: int) -> None:
    if ((columns < 0) | (columns >= n_columns)).any():
        raise InputError(_DAMAGED.format(what=f"columns are not among the {n_columns} of its data"))
