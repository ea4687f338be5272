"""The pictures of the report. Colours are CSS classes, so that light, dark and print each have their own."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from .scale import Scale
from .svg import canvas, dot, group, inside, label, line, pct, tag
from .words import MINUS, Metric, interval, is_number, number, percent, signed

# Width of a digit below a strip in pixels, the gap between numbers included.
CHARACTER = 8
# Width of the narrowest strip of a leaderboard, and of tables with many columns, in pixels.
WIDE, NARROW = 170, 108


def gain_interval(
    verdict: Any, metric: Metric, decimals: int, *, alone: str = "target only", with_it: str = "with source"
) -> Markup:
    """The gain as a dot on its interval, against zero below and against the scores above, called by their names."""
    low, high = verdict.interval
    scale = Scale.around([0.0, verdict.gain, low, high], pad=0.30, n_ticks=5)
    zero, at = scale.at(0), scale.at(verdict.gain)
    top, middle, bottom = 46, 92, 156
    parts = [
        tag("rect", x="0", y=top, width=pct(zero), height=bottom - top, class_="zone-harm"),
        tag("rect", x=pct(zero), y=top, width=pct(100 - zero), height=bottom - top, class_="zone-help"),
    ]
    for tick in scale.ticks:
        x = scale.at(tick)
        parts.append(line(x, bottom, x, bottom + 5, "axis"))
        parts.append(label(x, bottom + 20, _tick(tick, scale), "tick", anchor=inside(x, edge=4)))
    ends = [v if is_number(v) else edge for v, edge in ((low, scale.low), (high, scale.high))]
    parts += [
        line(zero, top - 8, zero, bottom, "zero"),
        label(zero, 14, f"{alone} {number(verdict.baseline_score, decimals)}", "note-target", anchor=_beside(zero, at)),
        label(
            at,
            32,
            f"{with_it} {number(verdict.score, decimals)}",
            "note-strong",
            anchor=_beside(at, zero),
        ),
        line(scale.at(ends[0]), middle, scale.at(ends[1]), middle, "whisker-band"),
        line(at, top - 8, at, middle, "lead"),
        dot(at, middle, 7, "point"),
        label(scale.at(ends[0]), middle + 5, _end(low, decimals), f"note {_zone(low)}", anchor="end", dx=-12),
        label(scale.at(ends[1]), middle + 5, _end(high, decimals), f"note {_zone(high)}", anchor="start", dx=12),
        label(at, middle + 28, signed(verdict.gain, decimals), "note-strong", anchor=inside(at)),
    ]
    parts.append(label(zero, bottom - 8, "worse", "zone-word", anchor="end", dx=-8))
    parts.append(label(zero, bottom - 8, "better", "zone-word", anchor="start", dx=8))
    words = (
        f"Gain {signed(verdict.gain, decimals)} {metric.unit}, {percent(verdict.level)} interval "
        f"{interval(low, high, decimals)}; {with_it} {number(verdict.score, decimals)}, "
        f"{alone} {number(verdict.baseline_score, decimals)}."
    )
    return canvas(group(parts), height=182, css="chart", title=words)


def _tick(value: float, scale: Scale) -> str:
    return "0" if abs(value) < 1e-12 else signed(value, scale.decimals)


def _beside(x: float, other: float) -> str:
    """Text at ``x`` grows away from ``other`` where there is room for it, so that it never leaves the picture."""
    return ("start" if x < 60 else "end") if x > other else ("end" if x > 36 else "start")


def _zone(value: float) -> str:
    """The halo of a number that may lie across the line of zero: in the colour of its side."""
    return "halo-harm" if value < 0 else "halo-help"


def _end(value: float, decimals: int) -> str:
    return signed(value, decimals) if is_number(value) else f"{MINUS if value < 0 else ''}\N{INFINITY}"


def strip(gain: Any, low: Any, high: Any, scale: Scale, *, kind: str) -> Markup:
    """One candidate's gain and interval in a table row; ``kind`` ("transfer", "baseline", "model") sets its look."""
    zero = scale.at(0)
    parts = [line(zero, 0, zero, "100%", "zero")]
    if is_number(gain):
        y = "50%"
        if is_number(low) and is_number(high):
            parts.append(line(scale.at(low), y, scale.at(high), y, f"whisker whisker-{kind}"))
        known = [v for v in (gain, low, high) if is_number(v)]
        if min(known) < scale.low:
            parts.append(_arrow(0, "0,12 7,7 7,17", kind))
        if max(known) > scale.high:
            parts.append(_arrow(100, "0,12 -7,7 -7,17", kind))
        if scale.holds(gain):
            parts.append(dot(scale.at(gain), y, 5, f"point point-{kind}"))
    return canvas(group(parts), height=24, css="strip")


def _arrow(x: float, points: str, kind: str) -> Markup:
    """The sign that a gain or its interval goes on beyond the edge."""
    return tag("svg", tag("polygon", points=points, class_=f"tip tip-{kind}"), x=pct(x), y="0", overflow="visible")


def strip_axis(scale: Scale, narrowest: int = WIDE) -> Markup:
    """The axis below a column of strips; numbers that would run into others are left out, zero last of all.

    ``narrowest``: how many pixels wide the column is at least.
    """
    parts = [line(0, 1, 100, 1, "axis")]
    parts += [line(scale.at(t), 0, scale.at(t), 5, "axis") for t in scale.ticks]
    taken: list[tuple[float, float]] = []
    for tick in sorted(scale.ticks, key=abs):
        x, text = scale.at(tick), _tick(tick, scale)
        anchor = inside(x, edge=7)
        wide = len(text) * 100 * CHARACTER / narrowest
        start = x - {"start": 0.0, "middle": wide / 2, "end": wide}[anchor]
        if all(start >= b or start + wide <= a for a, b in taken):
            taken.append((start, start + wide))
            parts.append(label(x, 18, text, "tick", anchor=anchor))
    return canvas(group(parts), height=24, css="strip")


def bar(share: float, css: str = "bar") -> Markup:
    """A share as a bar in a table row."""
    width = 100 * min(max(share, 0.0), 1.0) if is_number(share) else 0.0
    parts = [tag("rect", x="0", y="0", width="100%", height="100%", rx="2", class_="bar-bed")]
    if width > 0:
        parts.append(tag("rect", x="0", y="0", width=pct(width), height="100%", rx="2", class_=css))
    return canvas(group(parts), height=8, css="bars")


def auc_ruler(auc: float, low: float, high: float) -> Markup:
    """How well rows tell which domain they are from: 0.5 not at all, 1 always."""
    scale = Scale(0.5, 1.0, (0.5, 0.6, 0.7, 0.8, 0.9, 1.0), 1)
    parts = [line(0, 22, 100, 22, "axis"), line(scale.at(low), 22, scale.at(high), 22, "whisker-band")]
    parts += [line(scale.at(t), 22, scale.at(t), 28, "axis") for t in scale.ticks]
    parts += [label(scale.at(t), 42, f"{t:.1f}", "tick", anchor=inside(scale.at(t), edge=3)) for t in scale.ticks]
    parts += [
        dot(scale.at(auc), 22, 6, "point"),
        label(0, 60, "cannot be told apart", "tick", anchor="start"),
        label(100, 60, "always", "tick", anchor="end"),
    ]
    words = f"AUC {auc:.2f}, 95% interval {low:.2f} to {high:.2f}, on a scale from 0.5 to 1."
    return canvas(group(parts), height=66, css="chart inset", title=words)


def shares(target: float, source: float, most: float) -> Markup:
    """The share of a class in the two domains as two dots on one line."""
    scale = Scale(0.0, max(most, 0.01), (), 0)
    a, b = scale.at(target), scale.at(source)
    parts = [
        line(0, "50%", 100, "50%", "rail"),
        line(a, "50%", b, "50%", "bridge"),
        dot(b, "50%", 6, "point-source"),
        dot(a, "50%", 5, "point-target"),
    ]
    return canvas(group(parts), height=20, css="strip inset")


def coefficients(source: float, target: float, scale: Scale) -> Markup:
    """A coefficient in the source and in the target as two dots on one line, with zero marked."""
    zero, a, b = scale.at(0), scale.at(target), scale.at(source)
    parts = [
        line(0, "50%", 100, "50%", "rail"),
        line(zero, 0, zero, "100%", "axis"),
        line(a, "50%", b, "50%", "bridge"),
        dot(b, "50%", 6, "point-source"),
        dot(a, "50%", 5, "point-target"),
    ]
    return canvas(group(parts), height=20, css="strip inset")


def split(from_source: float, *, words: tuple[str, str] = ("from the source", "target only")) -> Markup:
    """The model as one bar in two parts: what learns from the source, and target only."""
    learned, alone = words
    here = 100 * from_source
    parts = [
        tag("rect", x="0", y="0", width=pct(here), height=22, class_="bar-source"),
        tag("rect", x=pct(here), y="0", width=pct(100 - here), height=22, class_="bar-target"),
        line(here, 0, here, 22, "cut") if 0 < here < 100 else "",
    ]
    if here > 0:
        parts.append(label(0, 42, f"{percent(from_source)} {learned}", "note-strong", anchor="start"))
    if here < 100:
        parts.append(label(100, 42, f"{percent(1 - from_source)} {alone}", "note-target", anchor="end"))
    told = f"By weight {percent(from_source)} of the model is {learned}, {percent(1 - from_source)} {alone}."
    return canvas(group(parts), height=54, css="chart", title=told)
