"""The learning curve: how many target labels is the source worth?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from .scale import Scale
from .svg import dot, group, inside, label, line, tag
from .words import Metric, count, is_number, number, round_count

FURTHEST = 6  # the axis ends at most at so many times the labels there are


@dataclass(frozen=True)
class Points:
    """What is drawn: target only over labels with its band, and the model with the source."""

    n: np.ndarray
    alone: np.ndarray
    low: np.ndarray
    high: np.ndarray
    at: float
    score: float
    base: float
    worth: float | None

    @property
    def end(self) -> float | None:
        """Up to how many labels the arrow reaches; None where the worth cannot be told."""
        if self.worth is None:
            return None
        return min(self.at + self.worth, FURTHEST * self.at) if math.isfinite(self.worth) else 2.0 * self.at

    @property
    def guess(self) -> list[tuple[float, float]]:
        """The way from target only to the end of the arrow at the rate 1 / sqrt(n) that the worth was reckoned by."""
        if not self.worth or not math.isfinite(self.worth) or self.end != self.at + self.worth:
            return []
        rate = (self.score - self.base) / (self.at**-0.5 - self.end**-0.5)
        return [(n, self.score + rate * (self.end**-0.5 - n**-0.5)) for n in np.linspace(self.at, self.end, 24)]


def read_points(curve: pd.DataFrame, verdict: Any) -> Points | None:
    """The points of a learning curve; None where there are fewer than two.

    The last one is the verdict's own: the rows that a fold learns from, at which target only and the model with the
    source were scored alike.
    """
    known = curve[curve["target_only"].notna()].sort_values("n_labels")
    if verdict is None or not is_number(verdict.score) or len(known) < 2:
        return None
    n, alone = known["n_labels"].to_numpy(float), known["target_only"].to_numpy(float)
    sides = [known[c].to_numpy(float) if c in known else alone for c in ("target_only_low", "target_only_high")]
    low, high = (np.where(np.isnan(side), alone, side) for side in sides)
    worth = verdict.worth_labels
    worth = None if worth is None or math.isnan(worth) or worth < 0 else float(worth)
    return Points(n, alone, low, high, float(n[-1]), float(verdict.score), float(verdict.baseline_score), worth)


def learning_curve(
    points: Points, metric: Metric, decimals: int, *, alone: str = "target only", with_it: str = "with source"
) -> Markup:
    """The picture, with what the curve and the dot above it are called.

    Line and band are stretched with the page; dots and words keep their size, so they live in a layer of their own.
    """
    p = points
    room = p.at + 0.8 * (p.at - p.n[0])  # for the words beside the last dots
    x = Scale.around([*p.n, max(p.end or 0.0, room)], pad=0.06, n_ticks=5)
    x = Scale(max(x.low, 0.0), x.high, tuple(t for t in x.ticks if t >= 0 and t == int(t)), 0)
    y = Scale.around([*_calm(p.low, p.alone), *_calm(p.high, p.alone), *p.alone, p.score, p.base], pad=0.14)

    def place(path: list[tuple[float, float]]) -> str:
        return " ".join(f"{x.at(a):.2f},{100 - y.at(b):.2f}" for a, b in path)

    def stroke(path: list[tuple[float, float]], css: str) -> Markup:
        return tag("polyline", points=place(path), class_=css, vector_effect="non-scaling-stroke")

    edge = [*zip(p.n, p.high, strict=True), *list(zip(p.n, p.low, strict=True))[::-1]]
    shapes = [tag("polygon", points=place(edge), class_="band-target")]
    shapes.append(stroke([*zip(p.n, p.alone, strict=True)], "line-target"))
    if p.guess:
        shapes.append(stroke(p.guess, "line-guess"))
    if p.end is not None and p.end > p.at:
        shapes.append(stroke([(p.at, p.score), (p.end, p.score)], "worth"))
    stretched = tag(
        "svg", group(shapes), class_="stretch", viewBox="0 0 100 100", preserveAspectRatio="none", aria_hidden="true"
    )
    marks = [*_grid(x, y, metric), *_dots(x, y, p, decimals, alone, with_it), *_worth(x, y, p)]
    drawn = tag("svg", group(marks), class_="marks", width="100%", height="100%", aria_hidden="true")
    words = (
        f"Learning curve of {alone}: {number(p.alone[0], decimals)} {metric.unit} at {count(p.n[0])} labelled "
        f"rows, {number(p.base, decimals)} at {count(p.at)}; {with_it} {number(p.score, decimals)}."
    )
    return tag("div", group([stretched, drawn]), class_="plot", role="img", aria_label=words)


def _calm(bound: np.ndarray, middle: np.ndarray) -> list[float]:
    """Bounds without those of a curve's first points that would flatten the rest (R2 of -5 at 5 labels)."""
    reach = 3 * max(float(np.ptp(middle)), 0.02)
    return [float(np.clip(b, middle.min() - reach, middle.max() + reach)) for b in bound if is_number(b)]


def _grid(x: Scale, y: Scale, metric: Metric) -> list[Markup]:
    parts = [line(0, _pc(y, t), 100, _pc(y, t), "grid") for t in y.ticks]
    parts += [label(0, _pc(y, t), number(t, y.decimals), "tick", anchor="end", dx=-8, dy=4) for t in y.ticks]
    parts.append(line(0, "100%", 100, "100%", "axis"))
    parts += [label(x.at(t), "100%", count(t), "tick", anchor=inside(x.at(t), edge=2), dy=18) for t in x.ticks]
    parts.append(label(100, "100%", "labelled target rows to learn from", "tick", anchor="end", dy=38))
    parts.append(label(0, "0", metric.name, "tick", anchor="start", dx=-44, dy=-10))
    return parts


def _dots(x: Scale, y: Scale, p: Points, decimals: int, alone: str, with_it: str) -> list[Markup]:
    at, above = x.at(p.at), p.score >= p.base
    parts = [dot(x.at(a), _pc(y, b), 4, "point-target") for a, b in zip(p.n, p.alone, strict=True)]
    parts.append(line(at, _pc(y, p.base), at, _pc(y, p.score), "lead"))
    parts.append(dot(at, _pc(y, p.base), 4, "point-target"))
    parts.append(dot(at, _pc(y, p.score), 6, "point-source"))
    words = f"{with_it} {number(p.score, decimals)}"
    parts.append(label(at, _pc(y, p.score), words, "note-strong halo", anchor="start", dx=10, dy=-10 if above else 20))
    words = f"{alone} {number(p.base, decimals)}"
    parts.append(label(at, _pc(y, p.base), words, "note-target halo", anchor="start", dx=10, dy=22 if above else -12))
    return parts


def _worth(x: Scale, y: Scale, p: Points) -> list[Markup]:
    if p.end is None or p.worth is None or p.end <= p.at:
        return []
    at, height = x.at(p.end), _pc(y, p.score)
    tip = tag("path", d="M-8,-5 L0,0 L-8,5", class_="worth-tip")
    finite = math.isfinite(p.worth)
    words = f"worth about {count(round_count(p.worth))} more labels" if finite else "more labels than can be told"
    return [
        tag("svg", tip, x=f"{at:.2f}%", y=height, overflow="visible"),
        label(at, height, words, "note halo", anchor="end", dy=-28),
    ]


def _pc(y: Scale, value: float) -> str:
    return f"{100 - y.at(value):.2f}%"
