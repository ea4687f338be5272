"""A tree before and after its transfer: an outline, one node a line, that needs no more width than a phone has."""

from __future__ import annotations

from dataclasses import dataclass, field

from markupsafe import Markup

from .svg import group, tag

LEVELS = 5
WORDS = {
    "kept": "kept: the same question, or still a leaf",
    "moved": "same question, new threshold",
    "swapped": "new threshold, branches swapped",
    "expanded": "leaf that grew into a branch",
    "pruned": "question that became a leaf",
    "gone": "gone",
    "grown": "new, learned from target rows",
}
# All on a square of 14 around the origin: each fate has its own outline, so that colour is not needed.
_MARKS = {
    "kept": '<circle r="5.5"/>',
    "moved": '<path d="M0-7 7 0 0 7-7 0z"/>',
    "swapped": '<path d="M-6.5-6 6.5 6V-6L-6.5 6z"/>',
    "expanded": '<path d="M-6-6H6V6H-6z"/><path class="fate-sign" d="M-3.5 0H3.5M0-3.5V3.5"/>',
    "pruned": '<path d="M-6-6H6V6H-6z"/><path class="fate-sign" d="M-3.5 0H3.5"/>',
    "gone": '<circle r="5.5"/>',
    "grown": '<path d="M0-6.5 7 5.5H-7z"/>',
}
_INDENT, _MARGIN, _LINE, _SECOND = 18, 10, 26, 17
_NARROWEST = 320  # pixels: a small phone
# Widths of letters in pixels, in the widest of the page's fonts; the others are narrower.
_WIDE, _USUAL, _SLIM = 14.0, 8.7, 5.5
_ARE_SLIM, _ARE_WIDE = frozenset("fijlrtI.,:;|'!()[] -/"), frozenset("mwMWQOGD@%\N{HORIZONTAL ELLIPSIS}")


@dataclass
class Node:
    """A node as it is drawn: ``way`` is "yes" or "no" below a question; ``more`` what else there is to say.

    ``text`` and ``tail`` make one line, of which ``text`` may be shortened; ``below`` counts nodes that are not drawn.
    """

    fate: str
    text: str
    tail: str = ""
    more: str = ""
    way: str = ""
    children: list[Node] = field(default_factory=list)
    below: int = 0


def mark(fate: str) -> Markup:
    """The sign of a fate, around the origin."""
    return tag("g", Markup(_MARKS[fate]), class_=f"fate fate-{fate}")


def swatch(fate: str) -> Markup:
    """The sign of a fate, for a table or a legend."""
    return tag(
        "svg", mark(fate), class_="legend-mark", width="18", height="18", viewBox="-9 -9 18 18", aria_hidden="true"
    )


def outline(root: Node, title: str, name: str) -> Markup:
    """The picture; ``name`` is unique on the page. A screen reader hears each node with its level."""
    marks: list[Markup] = []
    branches: list[Markup] = []
    spoken: list[str] = []
    height = _draw(root, 0, 12, marks, branches, spoken)[1]
    parts = [
        tag("title", title, id=f"{name}-title"),
        tag("desc", " ".join(spoken), id=f"{name}-desc"),
        *branches,
        *marks,
    ]
    return tag(
        "svg",
        group(parts),
        class_="tree",
        width="100%",
        height=height - 6,
        role="img",
        aria_labelledby=f"{name}-title",
        aria_describedby=f"{name}-desc",
        focusable="false",
    )


def _draw(
    node: Node, depth: int, y: int, marks: list[Markup], branches: list[Markup], spoken: list[str]
) -> tuple[int, int]:
    """Draw a node and all below it from the height ``y``; returns its own height and the next free one."""
    x = _MARGIN + _INDENT * depth
    line, second = _lines(node, depth)
    way = tag("tspan", f"{node.way}: ", class_="way") if node.way else ""
    marks.append(tag("g", mark(node.fate), transform=f"translate({x} {y})"))
    marks.append(tag("text", group([way, line]), x=x + 14, y=y + 5, class_=f"told-{node.fate}"))
    if second:
        marks.append(tag("text", second, x=x + 14, y=y + 5 + _SECOND, class_="tick"))
    said = ", ".join(part for part in (node.text + node.tail, node.more, WORDS[node.fate]) if part)
    spoken.append(f"Level {depth + 1}{f', {node.way}' if node.way else ''}: {said}.")
    free = y + _LINE + (_SECOND if second else 0)
    for child in node.children:
        at, free_below = _draw(child, depth + 1, free, marks, branches, spoken)
        css = "branch branch-grown" if child.fate == "grown" else "branch branch-gone" if child.fate == "gone" else ""
        branches.append(tag("path", d=f"M{x} {y + 8}V{at}H{x + _INDENT - 8}", class_=css or "branch"))
        free = free_below
    return y, free


def _lines(node: Node, depth: int) -> tuple[str, str]:
    """The line of a node, its name shortened where it would leave a phone, and what stands below it."""
    room = _NARROWEST - _MARGIN - 14.0 - _INDENT * depth
    first = room - (_width(f"{node.way}: ") if node.way else 0.0)
    line = _cut(node.text, first - _width(node.tail)) + node.tail
    more = ", ".join(part for part in (node.more, f"{node.below} more below" if node.below else "") if part)
    if more and _width(f"{line}, {more}") <= first:
        return f"{line}, {more}", ""
    # The second line is smaller.
    return line, _cut(more, room * 14 / 13)


def _width(text: str) -> float:
    return sum(_SLIM if c in _ARE_SLIM else _WIDE if c in _ARE_WIDE else _USUAL + c.isupper() for c in text)


def _cut(text: str, room: float) -> str:
    """The text, or as much of its beginning as there is room for, three letters at least."""
    if _width(text) <= room:
        return text
    fits = [k for k in range(3, len(text)) if _width(text[:k]) + _WIDE <= room]
    return f"{text[: max(fits, default=3)]}\N{HORIZONTAL ELLIPSIS}"
