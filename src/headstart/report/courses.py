"""How long to train: the loss by epoch of each candidate, on the rows it learns from and on the fold's other rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from .scale import Scale
from .svg import dot, group, inside, label, line, tag
from .words import count, number

# A loss counts as low as another within so much of it; it has risen where it lies so much above: less is noise.
CLOSE, RISE = 0.01, 0.05
# Losses beyond so many times the middle candidate's highest are cut: a wild one must not flatten the others.
REACH = 2.0
MOST_POINTS = 120


@dataclass(frozen=True)
class Course:
    """The losses of one candidate: ``learnt`` on rows it learns from, ``seen`` (folds, epochs) on the others."""

    name: str
    learnt: np.ndarray
    seen: np.ndarray

    @property
    def epochs(self) -> np.ndarray:
        """The epochs as people count them."""
        return np.arange(1, len(self.learnt) + 1)

    @property
    def mean(self) -> np.ndarray:
        """The loss on the other rows, mean over folds."""
        return np.asarray(self.seen.mean(axis=0)) if len(self.seen) else np.full(len(self.learnt), np.nan)

    @property
    def best(self) -> int | None:
        """The place of the epoch with the lowest loss on the other rows."""
        return int(self.mean.argmin()) if len(self.seen) else None

    @property
    def overfits(self) -> bool:
        """Whether the loss on the other rows rises again: in the mean by more than noise, and in every fold."""
        if self.best is None:
            return False
        rise = self.seen[:, -1] - self.seen[:, self.best]
        return bool((rise > 0).all() and rise.mean() > RISE * abs(self.mean[self.best]))

    @property
    def enough(self) -> int | None:
        """The place of the first epoch whose loss is as low as the lowest, but for noise."""
        if self.best is None:
            return None
        mean = self.mean
        return int(np.flatnonzero(mean <= mean[self.best] + CLOSE * abs(mean[self.best]))[0])

    def reading(self) -> str:
        """What the curve says, in some words."""
        if self.best is None or self.enough is None:
            return "not watched: a class is missing in a fold"
        last = len(self.learnt) - 1
        if self.overfits:
            return f"over-fits after epoch {self.best + 1}: train fewer epochs, or fewer layers"
        if last == 0:
            return "one epoch"
        if self.enough > 0.9 * last:
            return "still falling at the end: more epochs may help"
        return f"as low from epoch {self.enough + 1} on"


def read_courses(curves: Any) -> list[Course]:
    """The courses of all candidates that were trained by epochs, in their order."""
    if curves is None or not len(curves):
        return []
    found = []
    for name, rows in curves.groupby("candidate", sort=False):
        learnt = rows.pivot_table(index="fold", columns="epoch", values="loss", dropna=False)
        seen = rows.pivot_table(index="fold", columns="epoch", values="watched", dropna=False)
        seen = seen.reindex(columns=learnt.columns).to_numpy(float)
        values = learnt.to_numpy(float)
        whole = np.isfinite(seen).all(axis=1)
        found.append(Course(str(name), np.nanmean(values, axis=0), seen[whole]))
    return found


def views(curves: pd.DataFrame | None) -> list[dict[str, Any]]:
    """A picture, its words and a row of numbers for each candidate, on one axis of losses."""
    courses = read_courses(curves)
    if not courses:
        return []
    tops = [float(np.nanmax([*c.learnt, *c.mean])) for c in courses]
    top = min(max(tops), REACH * sorted(tops)[len(tops) // 2])
    bottom = min(float(np.nanmin([*c.learnt, *c.mean])) for c in courses)
    y = Scale.around([bottom, top], pad=0.08, n_ticks=4)
    return [_view(c, y) for c in courses]


def _view(c: Course, y: Scale) -> dict[str, Any]:
    best = c.best
    return {
        "name": c.name,
        "reading": c.reading(),
        "warns": c.overfits,
        "picture": _picture(c, y),
        "cut": bool(np.nanmax([*c.learnt, *c.mean]) > y.high),
        "epochs": count(len(c.learnt)),
        "lowest": "" if best is None else f"{number(c.mean[best])} at epoch {count(best + 1)}",
        "end": number(c.mean[-1]),
        "learnt": number(c.learnt[-1]),
    }


def _picture(c: Course, y: Scale) -> Markup:
    n = len(c.learnt)
    shapes = []
    if len(c.seen) > 1:
        edge = [*path(c.seen.max(axis=0), y), *path(c.seen.min(axis=0), y)[::-1]]
        shapes.append(tag("polygon", points=" ".join(edge), class_="band-seen"))
    shapes += [stroke(c.learnt, y, "line-learnt"), stroke(c.mean, y, "line-seen")]
    marks = []
    if n == 1:
        marks += [dot(0, _pc(y, c.learnt[0]), 4, "point-learnt"), dot(0, _pc(y, c.mean[0]), 4, "point-seen")]
    elif c.best is not None:
        marks.append(dot(_across(n).at(c.best + 1), _pc(y, c.mean[c.best]), 5, "point-seen"))
    told = f"{c.name}: loss on rows it learns from {number(c.learnt[0])} to {number(c.learnt[-1])} over {n} epochs"
    if c.best is not None:
        told += f"; on the others lowest at epoch {c.best + 1} with {number(c.mean[c.best])}, "
        told += f"at the end {number(c.mean[-1])}"
    return plot_of(shapes, marks, y, n, f"{told}.")


def path(values: np.ndarray, y: Scale) -> list[str]:
    """The points of a line over epochs, at most so many as can be told apart."""
    n = len(values)
    x = _across(n)
    places = np.unique(np.linspace(0, n - 1, min(n, MOST_POINTS)).round().astype(int))
    drawn = [k for k in places if np.isfinite(values[k])]
    beyond = [values[k] > y.high for k in drawn]
    # Of what runs beyond the axis only the point beside what does not: a line along the edge would look measured.
    shown = [k for j, k in enumerate(drawn) if not all(beyond[max(j - 1, 0) : j + 2])]
    return [f"{x.at(k + 1):.2f},{100 - y.at(values[k]):.2f}" for k in shown]


def stroke(values: np.ndarray, y: Scale, css: str) -> Markup:
    """A line over epochs."""
    return tag("polyline", points=" ".join(path(values, y)), class_=css, vector_effect="non-scaling-stroke")


def plot_of(shapes: list[Markup], marks: list[Markup], y: Scale, n: int, told: str) -> Markup:
    """A small picture over ``n`` epochs: stretched shapes, the axes, marks; ``told`` in words."""
    x = _across(n)
    stretched = tag(
        "svg", group(shapes), class_="stretch", viewBox="0 0 100 100", preserveAspectRatio="none", aria_hidden="true"
    )
    axes = [line(0, _pc(y, t), 100, _pc(y, t), "grid") for t in y.ticks]
    axes += [label(0, _pc(y, t), number(t, y.decimals), "tick", anchor="end", dx=-6, dy=4) for t in y.ticks]
    axes.append(line(0, "100%", 100, "100%", "axis"))
    axes += [label(x.at(e), "100%", count(e), "tick", anchor=inside(x.at(e), edge=4), dy=17) for e in sorted({1, n})]
    axes.append(label(50, "100%", "epochs", "tick", dy=17))
    drawn = tag("svg", group([*axes, *marks]), class_="marks", width="100%", height="100%", aria_hidden="true")
    return tag("div", group([stretched, drawn]), class_="plot plot-small", role="img", aria_label=told)


def _across(n: int) -> Scale:
    return Scale(1.0, float(max(n, 2)), (), 0)


def legend_marks() -> list[tuple[Markup, str]]:
    """The two lines of the pictures and what they are."""
    names = (("seen", "the fold's other rows; band: from fold to fold"), ("learnt", "rows that it learns from"))
    return [(legend_mark(css), name) for css, name in names]


def legend_mark(css: str) -> Markup:
    """A short piece of a line."""
    shape = tag("line", x1="1", y1="8", x2="33", y2="8", class_=f"line-{css}")
    return tag("svg", shape, class_="legend-mark", width="34", height="16", aria_hidden="true")


def _pc(y: Scale, value: float) -> str:
    return f"{100 - y.at(value):.2f}%"
