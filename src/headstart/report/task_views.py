"""The pictures and rows of a page of several tasks, ready to be shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from . import heat, plots
from .courses import legend_mark, plot_of, stroke
from .scale import Scale
from .task_facts import ALIKE, OneTask, TaskFacts
from .words import count, interval, is_number, joined, number, percent, plural, signed

OPEN_TASKS, MOST_TASKS = 14, 200
OPEN_COURSES, MOST_COURSES = 12, 48
OPEN_MAPS = 4


def boards(f: TaskFacts) -> list[dict[str, Any]]:
    """A table for each metric, whose gains lie on one axis."""
    found = []
    for metric in dict.fromkeys(task.metric for task in f.tasks if task.verdict is not None):
        tasks = [task for task in f.tasks if task.verdict is not None and task.metric == metric]
        scale = _scale(tasks)
        rows = [_row(task, scale, f) for task in tasks[:MOST_TASKS]]
        found.append(
            {
                "metric": metric,
                "rows": rows[:OPEN_TASKS],
                "rest": rows[OPEN_TASKS:],
                "left_out": len(tasks) - len(rows),
                "axis": plots.strip_axis(scale, plots.NARROW),
                "off_scale": any(
                    not (scale.holds(v.interval[0]) and scale.holds(v.interval[1])) for v in _known(tasks)
                ),
            }
        )
    return found


def _known(tasks: list[OneTask]) -> list[Any]:
    return [t.verdict for t in tasks if all(is_number(v) for v in t.verdict.interval)]


def _scale(tasks: list[OneTask]) -> Scale:
    """Gains and intervals of all; one wild task must not squeeze the others."""
    ends = [v for t in tasks for v in (t.verdict.gain, *t.verdict.interval)]
    return Scale.of_gains([t.verdict.gain for t in tasks], ends)


def _row(task: OneTask, scale: Scale, f: TaskFacts) -> dict[str, Any]:
    v, d = task.verdict, task.decimals
    low, high = v.interval
    values = "numbers" if task.kind == "regression" else f"classes {joined(task.classes, 4)}"
    return {
        "name": task.name,
        "about": f"{values}; {plural(v.n_rows, 'label')}",
        "together": number(v.score, d),
        "alone": number(v.score_alone, d),
        "guessing": number(v.score_guess, d),
        "strip": plots.strip(v.gain, low, high, scale, kind="transfer"),
        "gain": signed(v.gain, d),
        "interval": interval(low, high, d),
        "p_harm": percent(v.p_harm),
        "decision": v.decision,
        "uses": "its own" if task.uses == "alone" else "the joint one",
        "sort": {
            "gain": v.gain if is_number(v.gain) else -1e300,
            "p_harm": v.p_harm if is_number(v.p_harm) else -1,
        },
    }


def affinity(f: TaskFacts) -> dict[str, Any] | None:
    """Who helps whom: the map, and what is largest in it."""
    if f.affinity is None:
        return None
    table = f.affinity
    values = table.to_numpy(float)
    others = np.where(np.eye(len(values), dtype=bool), np.nan, values)
    told: list[tuple[str, str, str]] = []
    if np.isfinite(others).any():
        i, j = np.unravel_index(int(np.nanargmax(others)), others.shape)
        k, m = np.unravel_index(int(np.nanargmin(others)), others.shape)
        best, worst = others[i, j], others[k, m]
        if best > 0:
            told.append(("Most helped", str(table.columns[j]), str(table.index[i])))
        if worst < 0:
            told.append(("Most hindered", str(table.columns[m]), str(table.index[k])))
    return {
        "map": heat.view(
            table, "What a step on one task takes off the loss of another", percent=True, own=True, corner="A step on"
        ),
        "told": told,
    }


def grouping(f: TaskFacts) -> dict[str, Any] | None:
    """The groups of tasks, and where they come from."""
    if not f.groups:
        return None
    return {"groups": [joined(g, 40) for g in f.groups], "proposed": f.networks, "one": len(f.groups) == 1}


def learnt(f: TaskFacts) -> list[dict[str, Any]]:
    """What the sharing has learnt, a map each; tables without a number have none."""
    found = []
    for title, table in f.learnt.items():
        if isinstance(table, pd.DataFrame) and table.size:
            found.append(heat.view(table, title[:1].upper() + title[1:], own=title == ALIKE))
    return found


def weights(f: TaskFacts) -> dict[str, Any] | None:
    """How much each task counted, as bars, or one word where all counted alike."""
    if f.weights is None or not len(f.weights):
        return None
    values = f.weights.to_numpy(float)
    top = float(np.nanmax(np.abs(values))) or 1.0
    alike = bool(np.ptp(values) <= 1e-9 * top)
    rows = [
        {"name": str(name), "text": number(value), "share": max(value, 0.0) / top}
        for name, value in zip(f.weights.index, values, strict=True)
    ]
    return {"alike": alike, "rows": [] if alike else rows[:MOST_TASKS], "weighting": f.weighting}


def courses(f: TaskFacts) -> dict[str, Any] | None:
    """The loss of each task by epoch, in the joint training and, of tasks that fell back, in that of their own."""
    joint = _losses(f.histories.get("joint"))
    if not joint:
        return None
    own = {n: _losses(f.histories.get(f"alone {n}")).get(n) for n in f.alone}
    drawn = {name: values for name, values in joint.items() if np.isfinite(values).any()}
    shown = list(drawn)[:MOST_COURSES]
    lines = [v for name in shown for v in (drawn[name], own.get(name)) if v is not None]
    if not lines:
        return None
    tops = sorted(float(np.nanmax(v)) for v in lines)
    top = min(tops[-1], 2.0 * tops[len(tops) // 2])
    y = Scale.around([min(float(np.nanmin(v)) for v in lines), top], pad=0.08, n_ticks=4)
    views = [_course(name, drawn[name], own.get(name), y, name in f.auxiliary) for name in shown]
    legend = [(legend_mark("seen"), f"in the joint {f.thing}")]
    if any(v is not None for v in own.values()):
        legend.append((legend_mark("learnt"), f"in a {f.thing} of its own"))
    return {
        "views": views[:OPEN_COURSES],
        "rest": views[OPEN_COURSES:],
        "left_out": len(drawn) - len(shown),
        "legend": legend,
        "cut": tops[-1] > y.high,
    }


def _losses(history: Any) -> dict[str, np.ndarray]:
    """The mean loss (n_epochs,) of each task while it was learnt."""
    rows = getattr(history, "rows", None) or []
    names = [key.removeprefix("loss of ") for key in (rows[0] if rows else ()) if key.startswith("loss of ")]
    return {name: np.array([row.get(f"loss of {name}", np.nan) for row in rows], dtype=float) for name in names}


def _course(name: str, joint: np.ndarray, own: np.ndarray | None, y: Scale, serves: bool) -> dict[str, Any]:
    shapes = [stroke(joint, y, "line-seen")]
    told = f"{name}: loss {number(joint[0])} to {number(joint[-1])} over {count(len(joint))} epochs"
    if own is not None:
        shapes.insert(0, stroke(own, y, "line-learnt"))
        told += f", alone {number(own[0])} to {number(own[-1])}"
    n = max(len(joint), 0 if own is None else len(own))
    return {
        "name": name,
        "note": "auxiliary" if serves else f"{number(joint[0])} to {number(joint[-1])}",
        "picture": plot_of(shapes, [], y, n, f"{told}."),
    }
