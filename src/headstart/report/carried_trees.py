"""A source tree, and what became of its nodes: counts, words, and the outlines before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .encoded import Column, digits_for, short
from .tree_picture import LEVELS, WORDS, Node, outline, swatch
from .words import count, joined, percent, plural


@dataclass(frozen=True)
class Story:
    """One tree: scikit-learn's trees ``before`` and ``after``, and the table of what became of each node."""

    before: Any
    after: Any
    nodes: pd.DataFrame
    columns: list[Column]
    before_classes: Any = None
    after_classes: Any = None


def view(estimator: Any, columns: list[Column], name: str) -> dict[str, Any]:
    """What the page shows of a tree or of a forest; ``name`` is unique on the page."""
    classes = getattr(estimator, "classes_", None)
    known = getattr(estimator.source_model_, "classes_", None)
    if "fate" in estimator.transfer_:
        nodes = estimator.transfer_
        story = Story(estimator.source_model_, estimator.estimator_, nodes, columns, known, classes)
        n = {fate: int((nodes["fate"] == fate).sum()) for fate in WORDS}
        rows = [_fate_row(fate, [n[fate]]) for fate in WORDS if n[fate]]
        return {
            "headline": headline(nodes["fate"]),
            "table": {"kind": "fates", "heads": ["Nodes"], "rows": rows},
            "about": _METHODS[estimator.method],
            "pictures": pictures(story, name),
        }
    table, nodes = estimator.transfer_, getattr(estimator, "nodes_", None)
    methods = list(dict.fromkeys(table["method"]))
    sums = table.groupby("method")[list(WORDS)].sum().loc[methods]
    told: dict[str, Any] = {
        "headline": _forest_headline(table, methods),
        "table": {
            "kind": "fates",
            "heads": [f"Nodes, {m.upper()}" for m in methods],
            "rows": [_fate_row(f, sums[f].tolist()) for f in WORDS if sums[f].any()],
        },
        "about": " ".join(_METHODS[m] for m in methods),
    }
    if nodes is not None:
        k, source = int(nodes["tree"].iloc[0]), int(nodes["source_tree"].iloc[0])
        trees = estimator.source_model_.estimators_[source], estimator.estimator_.estimators_[k]
        how = table["method"].iloc[k].upper()
        told["shown"] = f"The tree that changed most, number {source + 1} of the source, moved by {how}: "
        told["shown"] += f"{headline(nodes['fate'])}."
        told["pictures"] = pictures(Story(*trees, nodes, columns, known, classes), name)
    return told


_METHODS = {
    "ser": "SER: leaves grow on the target rows in them, then branches that the target rows do without are cut.",
    "strut": "STRUT: questions stay, and each threshold is chosen anew on the target rows that reach it.",
}


def _fate_row(fate: str, counts: list[Any]) -> dict[str, Any]:
    return {"mark": swatch(fate), "word": WORDS[fate], "counts": [count(n) for n in counts]}


def _forest_headline(table: pd.DataFrame, methods: list[str]) -> str:
    changed = table[["expanded", "pruned", "gone", "grown"]].sum(axis=1) > 0
    moved = table[["moved", "swapped"]].sum(axis=1) > 0
    n_source = int(table["source_tree"].nunique())
    how = " and ".join(m.upper() for m in methods)
    twice = f"each moved by {how}, make {count(len(table))} trees" if len(methods) > 1 else f"were each moved by {how}"
    comma = ", " if len(methods) > 1 else " "
    parts = [
        (int((~changed & ~moved).sum()), "kept every node"),
        (int((~changed & moved).sum()), "kept all questions and got new thresholds"),
        (int(changed.sum()), "lost or grew branches"),
    ]
    said = joined([f"{'all' if n == len(table) > 1 else count(n)} {what}" for n, what in parts if n])
    return f"{plural(n_source, 'tree')} of the source{comma}{twice}: {said}"


def headline(fates: pd.Series) -> str:
    """What became of the nodes of one tree, in a sentence."""
    n = {fate: int((fates == fate).sum()) for fate in WORDS}
    total = len(fates) - n["grown"]
    said = [f"{count(n['kept'])} {'was' if n['kept'] == 1 else 'were'} kept"]
    if n["moved"] + n["swapped"]:
        with_swap = f" ({count(n['swapped'])} with the branches swapped)" if n["swapped"] else ""
        got = n["moved"] + n["swapped"]
        said.append(f"{count(got)} got a new threshold{with_swap}")
    if n["expanded"]:
        said.append(f"{plural(n['expanded'], 'leaf', 'leaves')} grew into {_branches(n['expanded'])}")
    if n["pruned"]:
        said.append(f"{plural(n['pruned'], 'question')} became {'a leaf' if n['pruned'] == 1 else 'leaves'}")
    if n["gone"]:
        said.append(f"{count(n['gone'])} {'is' if n['gone'] == 1 else 'are'} gone")
    new = f"; {plural(n['grown'], 'node')} {'is' if n['grown'] == 1 else 'are'} new" if n["grown"] else ""
    return f"of the {plural(total, 'node')} of the source tree {joined(said)}{new}"


def _branches(n: int) -> str:
    return "a branch" if n == 1 else "branches"


def pictures(story: Story, name: str) -> list[dict[str, Any]]:
    """The tree before and after; ``name`` is unique on the page."""
    before, after = _before(story), _after(story)
    shown = []
    for when, root, tree in (("Before", before, story.before.tree_), ("After", after, story.after.tree_)):
        hidden = _hidden(root)
        size = f"{plural(int(tree.node_count), 'node')}, {plural(int(tree.max_depth) + 1, 'level')}."
        left_out = f" {plural(hidden, 'node')} deeper than {LEVELS} levels left out." if hidden else ""
        whose = "the source tree" if when == "Before" else "the tree moved to the target"
        title = f"{when}: {whose}, {size}{left_out}"
        shown.append({"when": when, "note": f"{size}{left_out}", "svg": outline(root, title, f"{name}-{when.lower()}")})
    return shown


def _hidden(node: Node) -> int:
    return node.below + sum(_hidden(child) for child in node.children)


def _before(story: Story) -> Node:
    tree = story.before.tree_
    rows = story.nodes[story.nodes["source_node"] >= 0].set_index("source_node")
    fates = rows["fate"].to_dict()
    size, alive = _below(tree, {node for node, fate in fates.items() if fate != "gone"})

    def build(node: int, depth: int) -> Node:
        fate = fates[node]
        is_leaf = tree.children_left[node] < 0
        if not alive[node] and not is_leaf:
            # A branch that is gone as a whole is one line: no row of the target comes there.
            return Node("gone", f"a branch of {count(size[node])} nodes", more="no target row reaches it")
        if is_leaf:
            n_rows = int(rows.at[node, "source_rows"])
            more = "no target row reaches it" if fate == "gone" else ""
            return Node(fate, *_says(tree, node, story.before_classes, n_rows), more)
        feature, old, new = int(tree.feature[node]), float(tree.threshold[node]), float(rows.at[node, "threshold"])
        found = Node(fate, *_asks(story.columns[feature], old, new), _future(fate, story.columns[feature], old, new))
        if fate == "pruned":
            found.more = f"now a leaf; {plural(int(size[node]) - 1, 'node')} below gone"
            return found
        _add_children(found, tree, node, depth, size, build)
        return found

    return build(0, 0)


def _after(story: Story) -> Node:
    tree = story.after.tree_
    rows = story.nodes[story.nodes["node"] >= 0].set_index("node")
    size, _ = _below(tree, set())

    def build(node: int, depth: int) -> Node:
        fate = str(rows.at[node, "fate"])
        old = float(rows.at[node, "source_threshold"])
        if tree.children_left[node] < 0:
            more = ""
            if fate == "pruned":
                column = story.columns[int(rows.at[node, "feature"])]
                more = f"was: {''.join(column.asks(old))}"
            n_rows = int(rows.at[node, "target_rows"])
            return Node(fate, *_says(tree, node, story.after_classes, n_rows), more)
        column, new = story.columns[int(tree.feature[node])], float(tree.threshold[node])
        found = Node(fate, *_asks(column, new, old), _past(fate, column, old, new))
        _add_children(found, tree, node, depth, size, build)
        return found

    return build(0, 0)


def _add_children(found: Node, tree: Any, node: int, depth: int, size: np.ndarray, build: Any) -> None:
    if depth + 1 == LEVELS:
        found.below = int(size[node]) - 1
        return
    for way, links in (("yes", tree.children_left), ("no", tree.children_right)):
        child = build(int(links[node]), depth + 1)
        child.way = way
        found.children.append(child)


def _below(tree: Any, wanted: set[int]) -> tuple[np.ndarray, np.ndarray]:
    """For each node the number of nodes of its branch, itself included, and whether any is among ``wanted``."""
    size = np.ones(tree.node_count, dtype=int)
    has = np.array([node in wanted for node in range(tree.node_count)])
    # scikit-learn numbers nodes so that children come after their parent.
    for node in range(tree.node_count - 1, -1, -1):
        for child in (tree.children_left[node], tree.children_right[node]):
            if child >= 0:
                size[node] += size[child]
                has[node] |= has[child]
    return size, has


def _asks(column: Column, threshold: float, other: float) -> tuple[str, str]:
    """A question, with as many digits as tell its threshold from the ``other`` one."""
    return column.asks(threshold, _digits(column, threshold, other))


def _digits(column: Column, old: float, new: float) -> int:
    return 4 if np.isnan(old) or np.isnan(new) else digits_for(column.own(old), column.own(new))


def _future(fate: str, column: Column, old: float, new: float) -> str:
    if fate == "gone":
        return "all target rows go one way"
    return _changed(fate, old, new, f"now {short(column.own(new), _digits(column, old, new))}")


def _past(fate: str, column: Column, old: float, new: float) -> str:
    if fate == "expanded":
        return "was a leaf"
    return _changed(fate, old, new, f"was {short(column.own(old), _digits(column, old, new))}")


def _changed(fate: str, old: float, new: float, said: str) -> str:
    if fate not in ("moved", "swapped"):
        return ""
    bound = "the same again" if old == new else said
    return f"{bound}, branches swapped" if fate == "swapped" else bound


def _says(tree: Any, node: int, classes: Any, n_rows: int) -> tuple[str, str]:
    """What a leaf says: the most probable class with its share, or a number; and how many rows lie in it."""
    value = np.asarray(tree.value[node][0], dtype=float)
    rows = f", {plural(n_rows, 'row')}"
    if classes is None:
        return f"\N{RIGHTWARDS ARROW} {short(float(value[0]))}", rows
    share = value / value.sum()
    best = int(share.argmax())
    return f"\N{RIGHTWARDS ARROW} {classes[best]}", f", {percent(float(share[best]))}{rows}"
