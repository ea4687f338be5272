"""Pictures of a map of tasks: the tree of sources, and which sources serve which targets."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from ..task_map.beside import EVEN, NO
from .svg import canvas, dot, group, label, tag

_LINE = 24  # pixels from one name to the next
_TOP = 16
# The picture is at least as wide as this many pixels (it scrolls on a phone), so that names have room beside the lines.
_LEFT, _RIGHT = 34.0, 66.0  # percent: where lines leave the sources and reach the targets
_JOINT = 52.0
_LONGEST = 26  # letters of a name


def tree(found: Any) -> Markup:
    """The tree of tasks with its root at the right: the further right two tasks join, the less alike they are.

    Parameters
    ----------
    found : TaskTree
        With ``names``, ``order`` and ``linkage``.
    """
    n, order = len(found.names), found.order
    place = {name: _TOP + _LINE * k for k, name in enumerate(order)}
    top = float(found.linkage[-1, 2]) or 1.0
    height = _TOP + _LINE * n
    at: dict[int, tuple[float, float]] = {k: (0.0, float(place[name])) for k, name in enumerate(found.names)}
    paths = []
    for k, (a, b, far, _) in enumerate(found.linkage):
        (xa, ya), (xb, yb) = at[int(a)], at[int(b)]
        x = 98 * float(far) / top
        paths.append(tag("path", d=f"M{xa:.2f} {ya:.1f}H{x:.2f}V{yb:.1f}H{xb:.2f}", class_="map-branch", **_THIN))
        at[n + k] = (x, (ya + yb) / 2)
    x, y = at[2 * n - 2]
    paths.append(tag("path", d=f"M{x:.2f} {y:.1f}H100", class_="map-branch", **_THIN))
    words = [label(_LEFT, place[name], _cut(name), "map-name", anchor="end", dx=-8, dy=5) for name in order]
    drawn = _stretched(paths, height, left=_LEFT, width=100 - _LEFT)
    spoken = f"Tree of {n} tasks, similar ones beside each other: {', '.join(order)}."
    return canvas(group([drawn, *words]), height=height, css="map-picture", title=spoken)


def policy(found: Any, order: list[str] | None = None) -> Markup:
    """Sources at the left, targets at the right, and the transfer of each target; several sources meet in a dot.

    Parameters
    ----------
    found : Policy
        With ``sources`` and ``transfers``; a transfer that does not beat a baseline is drawn by a broken line.
    order : list of str, default=None
        In which order sources stand; by name otherwise.
    """
    known = {name: k for k, name in enumerate(order or sorted(found.sources))}
    sources = sorted(found.sources, key=lambda s: (known.get(s, len(known)), s))
    rank = {s: k for k, s in enumerate(sources)}

    def middle(target: str) -> float:
        return sum(rank[s] for s in found.transfers[target]) / len(found.transfers[target])

    targets = sorted(found.transfers, key=lambda t: (middle(t), t))
    rows = max(len(sources), len(targets))
    height = 2 * _TOP + _LINE * (rows - 1)
    left, right = _spread(sources, rows), _spread(targets, rows)
    lines, joints = [], []
    for target in targets:
        y = right[target]
        several = len(found.transfers[target]) > 1
        end = _JOINT if several else _RIGHT
        mark = _MARKS.get(found.beside[target].beats, "") if target in found.beside else ""
        for source in found.transfers[target]:
            css = f"{'map-line-joined' if several else 'map-line'}{mark}"
            lines.append(_curve(_LEFT, left[source], end, y, css))
        if several:
            lines.append(_curve(_JOINT, y, _RIGHT, y, f"map-line{mark}"))
            joints.append(dot(_JOINT, y, 3.5, "map-joint"))
    words = [label(_LEFT, left[s], _cut(s), "map-name", anchor="end", dx=-14, dy=5) for s in sources]
    words += [label(_RIGHT, right[t], _cut(t), "map-name", anchor="start", dx=14, dy=5) for t in targets]
    dots = [dot(_LEFT, left[s], 5, "point-source") for s in sources]
    dots += [dot(_RIGHT, right[t], 5, "point-target") for t in targets]
    spoken = "; ".join(f"{t} from {' with '.join(found.transfers[t])}{_spoken(found, t)}" for t in targets)
    drawn = _stretched(lines, height)
    return canvas(
        group([drawn, *joints, *dots, *words]), height=height, css="map-picture", title=f"Transfers: {spoken}."
    )


_MARKS = {NO: " map-line-below", EVEN: " map-line-even"}


def _spoken(found: Any, target: str) -> str:
    beside = found.beside.get(target)
    if beside is None or beside.beats not in _MARKS:
        return ""
    return f", which {'loses to' if beside.beats == NO else 'is not told apart from'} {beside.baseline}"


_THIN = {"vector_effect": "non-scaling-stroke"}


def _stretched(shapes: list[Markup], height: float, *, left: float = 0.0, width: float = 100.0) -> Markup:
    """Shapes whose x is in percent and whose y is in pixels."""
    return tag(
        "svg",
        group(shapes),
        x=f"{left}%",
        y=0,
        width=f"{width}%",
        height=height,
        viewBox=f"0 0 100 {height}",
        preserveAspectRatio="none",
    )


def _curve(x1: float, y1: float, x2: float, y2: float, css: str) -> Markup:
    half = (x1 + x2) / 2
    return tag("path", d=f"M{x1} {y1:.1f}C{half} {y1:.1f} {half} {y2:.1f} {x2} {y2:.1f}", class_=css, **_THIN)


def _spread(names: list[str], rows: int) -> dict[str, float]:
    """The height of each name; fewer names than rows are spread over them."""
    step = _LINE * (rows - 1) / max(len(names) - 1, 1)
    first = _TOP if len(names) > 1 else _TOP + _LINE * (rows - 1) / 2
    return {name: first + step * k for k, name in enumerate(names)}


def _cut(name: str) -> Markup | str:
    if len(name) <= _LONGEST:
        return name
    half = (_LONGEST - 1) // 2
    short = f"{name[:half]}\N{HORIZONTAL ELLIPSIS}{name[-half:]}"
    return group([tag("title", name), short])
