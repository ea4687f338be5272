"""The model card of several tasks, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import task_sentences as sentences
from . import trained
from .markdown import fenced, listed, plain, section, table
from .task_facts import UNNAMED, TaskFacts, read_task_facts
from .words import DASH, interval, joined, number, percent, signed


def task_card(model: Any, run: Mapping[str, Any] | None = None) -> str:
    """The model card of a fitted estimator of several tasks, in Markdown; ``run`` as of ``run.json``, or None."""
    f = read_task_facts(model, run)
    names = [task.name for task in f.tasks]
    title = plain(joined(names, 4)) + ("" if f.table == UNNAMED else f" for {plain(f.table)}")
    parts = [
        f"# Model card: {title}",
        section("Intended use", _intended(f)),
        section(
            "Verdict",
            [
                f"**{plain(sentences.answer(f))}.** {plain(sentences.sentence(f))} {plain(sentences.consequence(f))}",
                *(plain(w) for w in sentences.warnings_of(f)),
            ],
        ),
        section("Tasks", [_tasks(f)]),
        section("Data", [_data(f)]),
        section("How it was made", _made(f)),
        section("How it was measured", [listed(sentences.how_measured(f))] if f.judged else ["It was not measured."]),
        section("Limits", [listed(sentences.limits(f))]),
        section("Load and predict", [_code(f)]),
        section("Licence", ["Licence of the data: not stated.", "Licence of the model: not stated."]),
    ]
    return "\n\n".join(parts) + "\n"


def _intended(f: TaskFacts) -> list[str]:
    holds = f.run.get("holds")
    things = str(holds) if holds in ("images", "texts", "series") else "rows"
    alike = "rows that have the same columns, measured" if things == "rows" else f"{things} of the same kind, made"
    told = [
        f"{plain(t.name)} ({'a number' if t.kind == 'regression' else plain(joined(t.classes, 10))})" for t in f.tasks
    ]
    return [
        f"Predicts {joined(told, 40)} for {things} like those of {plain(f.table)}. It is meant for {alike} in the same "
        "way.",
        "Not meant for: rows of other places or times without a new test; decisions about people without a check by "
        "people.",
    ]


def _tasks(f: TaskFacts) -> str:
    rows = []
    for t in f.tasks:
        v, d = t.verdict, t.decimals
        if v is None:
            rows.append((t.name, t.kind, DASH, DASH, DASH, DASH, DASH, DASH, DASH, t.uses))
            continue
        low, high = v.interval
        gain = f"{signed(v.gain, d)} ({interval(low, high, d)})"
        scores = number(v.score, d), number(v.score_alone, d), number(v.score_guess, d)
        rows.append((t.name, t.kind, t.metric.name, *scores, gain, percent(v.p_harm), v.decision, t.uses))
    head = (
        "task",
        "kind",
        "metric",
        "together",
        "alone",
        "guessing",
        f"gain, {percent(f.level)} interval",
        "P(harm)",
        "verdict",
        "uses",
    )
    return table(head, rows)


def _data(f: TaskFacts) -> str:
    target = f.run.get("target")
    if not isinstance(target, Mapping):
        return "The table was not recorded."
    labels = f.run.get("labels") or {}
    rows = [
        ("table", str(target.get("name", ""))),
        ("rows with a label", str(target.get("labelled_rows", DASH))),
        ("columns", str(target.get("columns", DASH))),
        ("SHA-256", str(target.get("sha256") or "not recorded")),
        *((f"labels of {name}", str(n)) for name, n in labels.items()),
    ]
    return table(("", "value"), rows)


def _made(f: TaskFacts) -> list[str]:
    parts = [f.model]
    if f.networks:
        parts.append(f"sharing {f.sharing}, weighting {f.weighting}, on {f.backbone}")
    elif f.method:
        parts.append(f"method {f.method!r}")
    found = [plain(f"{', '.join(parts)}.")]
    if f.auxiliary:
        found.append(plain(f"{joined(f.auxiliary)} served as auxiliary tasks."))
    if f.layers is not None:
        found += [plain(f"Trained: {v['headline']}.") for v in trained.views_of({"": f.layers})]
    versions = ", ".join(f"{k} {v}" for k, v in (f.run.get("versions") or {}).items()) or "not recorded"
    seed = f.run.get("seed")
    found.append(f"Seed: {'not recorded' if seed is None else seed}. Versions: {plain(versions)}.")
    if f.run.get("command"):
        found.append(fenced(str(f.run["command"]), "sh"))
    return found


def _code(f: TaskFacts) -> str:
    column = f.run.get("column")
    first: list[str] = ["import pandas as pd"]
    if f.run.get("holds") == "images":
        first, rows = [], 'rows = ["photo_1.jpg", "photo_2.jpg"]  # paths of images'
    elif column:
        rows = f'rows = pd.read_csv("new_rows.csv")[{column!r}].tolist()  # the texts'
    else:
        rows = 'rows = pd.read_csv("new_rows.csv")  # the columns of the table, without the labels'
    lines = ["import headstart as hs", *first, "", 'model = hs.load("model.headstart")', rows, "model.predict(rows)"]
    classes = next((task.name for task in f.tasks if task.kind == "classification"), None)
    if classes is not None:
        lines.append(f"model.predict_proba(rows, task={classes!r})  # one column for each of its classes")
    return fenced("\n".join(lines), "python")
