"""The picture of a layer study: score by the number of layers taken over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from .scale import Scale
from .svg import dot, group, inside, label, line, tag
from .words import joined, number

# Bands are drawn as far as so many times the range of the scores: one wild network must not flatten the others.
REACH = 1.5


@dataclass(frozen=True)
class Course:
    """One line of the picture: scores by depth with their standard errors, or one score for all depths."""

    name: str
    css: str
    depths: tuple[int, ...]
    scores: tuple[float, ...]
    errors: tuple[float, ...]
    level: bool = False

    @classmethod
    def of(cls, table: pd.DataFrame, mode: str, name: str, css: str, *, start: str | None = None) -> Course | None:
        """The rows of a mode, beginning at depth 0 with those of ``start``; None where nothing was scored."""
        part = table[(table["mode"] == mode) & table["score"].notna()]
        if part.empty:
            return None
        rows = pd.concat([table[table["mode"] == start], part]) if start else part
        rows = rows[rows["score"].notna()].sort_values("depth")
        errors = rows["error"].fillna(0.0)
        return cls(name, css, tuple(rows["depth"]), tuple(rows["score"]), tuple(errors))


def target_courses(table: pd.DataFrame) -> list[Course]:
    """What was scored on target rows: frozen and tuned above scratch, or a probe above random layers."""
    probe = Course.of(table, "probe", "layers that learned", "frozen")
    if probe is not None:
        random = Course.of(table, "random", "layers with random weights", "scratch")
        return [c for c in (random, probe) if c]
    scratch = _level(table, "scratch", "from scratch", "scratch")
    frozen = Course.of(table, "frozen", "frozen", "frozen", start="scratch")
    tuned = Course.of(table, "tuned", "fine-tuned", "tuned", start="scratch")
    return [c for c in (scratch, frozen, tuned) if c]


def control_courses(table: pd.DataFrame) -> list[Course]:
    """What was scored on source rows; empty where no control was trained."""
    frozen = Course.of(table, "control frozen", "kept and frozen", "frozen", start="source")
    tuned = Course.of(table, "control tuned", "kept and fine-tuned", "tuned", start="source")
    if frozen is None and tuned is None:
        return []
    base = _level(table, "source", "the source network", "scratch")
    return [c for c in (base, frozen, tuned) if c]


def _level(table: pd.DataFrame, mode: str, name: str, css: str) -> Course | None:
    found = Course.of(table, mode, name, css)
    if found is None:
        return None
    last = int(table["depth"].max())
    return Course(name, css, (0, last), found.scores * 2, found.errors * 2, level=True)


def layer_plot(courses: Sequence[Course], metric: str, chosen: tuple[int, str] | None = None) -> Markup:
    """The picture; ``chosen``: depth and look of the network to be marked."""
    depths = sorted({d for c in courses for d in c.depths})
    low, high = min(depths), max(depths)
    room = 0.06 * max(high - low, 1)
    x = Scale(low - room, high + room, tuple(range(low, high + 1)), 0)
    scores = [s for c in courses for s in c.scores]
    reach = REACH * max(max(scores) - min(scores), 0.02)
    edges = [
        s + side * min(e, reach) for c in courses for s, e in zip(c.scores, c.errors, strict=True) for side in (-1, 1)
    ]
    y = Scale.around(edges, pad=0.08)

    def place(path: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{x.at(a):.2f},{100 - y.at(b):.2f}" for a, b in path)

    shapes = []
    for c in courses:
        if len(c.depths) > 1:
            up = [(d, s + e) for d, s, e in zip(c.depths, c.scores, c.errors, strict=True)]
            down = [(d, s - e) for d, s, e in zip(c.depths, c.scores, c.errors, strict=True)]
            shapes.append(tag("polygon", points=place([*up, *down[::-1]]), class_=f"band-{c.css}"))
    for c in courses:
        path = place([*zip(c.depths, c.scores, strict=True)])
        shapes.append(tag("polyline", points=path, class_=f"line-{c.css}", vector_effect="non-scaling-stroke"))
    stretched = tag(
        "svg", group(shapes), class_="stretch", viewBox="0 0 100 100", preserveAspectRatio="none", aria_hidden="true"
    )
    marks = [*_grid(x, y, metric), *_dots(courses, x, y, chosen)]
    drawn = tag("svg", group(marks), class_="marks", width="100%", height="100%", aria_hidden="true")
    return tag("div", group([stretched, drawn]), class_="plot", role="img", aria_label=_spoken(courses, metric))


def _grid(x: Scale, y: Scale, metric: str) -> list[Markup]:
    parts = [line(0, _pc(y, t), 100, _pc(y, t), "grid") for t in y.ticks]
    parts += [label(0, _pc(y, t), number(t, y.decimals), "tick", anchor="end", dx=-8, dy=4) for t in y.ticks]
    parts.append(line(0, "100%", 100, "100%", "axis"))
    # No more numbers than have room on a telephone.
    every = -(-len(x.ticks) // 14)
    parts += [
        label(x.at(t), "100%", str(int(t)), "tick", anchor=inside(x.at(t), edge=2), dy=18) for t in x.ticks[::every]
    ]
    parts.append(label(100, "100%", "layers taken over, from the input", "tick", anchor="end", dy=38))
    parts.append(label(0, "0", metric, "tick", anchor="start", dx=-44, dy=-10))
    return parts


def _dots(courses: Sequence[Course], x: Scale, y: Scale, chosen: tuple[int, str] | None) -> list[Markup]:
    parts = []
    for c in courses:
        if c.level:
            continue
        for depth, score in zip(c.depths, c.scores, strict=True):
            if chosen == (depth, c.css):
                parts.append(dot(x.at(depth), _pc(y, score), 11, "ring"))
            parts.append(dot(x.at(depth), _pc(y, score), 5, f"point-{c.css}"))
    return parts


def legend_mark(css: str) -> Markup:
    """A short piece of a line, with its dot, as in the picture."""
    parts = [tag("line", x1="1", y1="8", x2="33", y2="8", class_=f"line-{css}")]
    if css != "scratch":
        parts.append(tag("circle", cx="17", cy="8", r="5", class_=f"point-{css}"))
    return tag("svg", group(parts), class_="legend-mark", width="34", height="16", aria_hidden="true")


def _spoken(courses: Sequence[Course], metric: str) -> str:
    told = []
    for c in courses:
        if c.level:
            told.append(f"{c.name} {number(c.scores[0])}")
        else:
            told.append(
                f"{c.name} {joined([f'{number(s)} at {d}' for d, s in zip(c.depths, c.scores, strict=True)], 99)}"
            )
    return f"{metric} by the number of layers taken over: {'; '.join(told)}."


def _pc(y: Scale, value: float) -> str:
    return f"{100 - y.at(value):.2f}%"
