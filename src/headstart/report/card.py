"""The model card: what the model is for, how good it is, and what it must not be used for, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import carried, sentences, tables, trained
from . import network_sentences as networks
from .facts import Facts, read_facts
from .markdown import fenced, listed, plain, section, table
from .task_card import task_card
from .task_facts import is_of_tasks
from .words import interval, joined, labels_worth, number, percent, signed


def model_card(model: Any, diagnosis: Any = None, run: Mapping[str, Any] | None = None) -> str:
    """The model card of a fitted model, in Markdown.

    Parameters
    ----------
    model : TransferClassifier, TransferRegressor, NeuralTransferSearch or an estimator of several tasks
        Fitted.
    diagnosis : Diagnosis or Diagnoses, default=None
        What ``hs.diagnose`` returned.
    run : mapping, default=None
        What ``run.json`` holds; all of it may be missing.

    Returns
    -------
    str
        Markdown.

    References
    ----------
    Mitchell et al. (2019). Model cards for model reporting. FAT* 2019.
    """
    if is_of_tasks(model):
        return task_card(model, run)
    f = read_facts(model, diagnosis, run)
    label = f.run.get("label") or ("the class" if f.run.get("holds") == "images" else "the label")
    parts = [
        f"# Model card: {plain(str(label))} for {plain(f.target)}",
        section("Intended use", _intended(f, str(label))),
        section(
            "Verdict",
            [
                _verdict(f),
                *(plain(c) for c in sentences.consequences(f) if c),
            ],
        ),
        section("Metrics", [_metrics(f)]),
        section("Baselines and candidates", [_candidates(f)]),
        section("Data", [_data(f)]),
        section("How it was made", _made(f, model)),
        section("How it was measured", [listed(sentences.how_measured(f))]),
        section("Limits", [listed(sentences.limits(f))]),
        section("Load and predict", [_code(f)]),
        section("Licence", ["Licence of the data: not stated.", "Licence of the model: not stated."]),
    ]
    return "\n\n".join(parts) + "\n"


def _intended(f: Facts, label: str) -> list[str]:
    what = f"the classes of {plain(label)}" if f.task == "classification" else f"the number {plain(label)}"
    what = "the class" if label == "the class" else what
    classes = f" ({joined([plain(c) for c in f.classes], 10)})" if f.classes else ""
    source = (
        f", with {plain(joined(f.donors))} as {'the source' if len(f.donors) == 1 else 'sources'}" if f.donors else ""
    )
    holds = f.run.get("holds")
    things = str(holds) if holds in ("images", "texts") else "rows"
    alike = "rows that have the same columns, measured" if things == "rows" else f"{things} of the same kind, made"
    return [
        f"Predicts {what}{classes} for {things} like those of {plain(f.target)}{source}. It is meant for {alike} in "
        "the same way.",
        "Not meant for: rows of other places or times without a new test; decisions about people without a check by "
        "people.",
    ]


def _verdict(f: Facts) -> str:
    """The answer in bold and the sentence; the answer alone in bold where the sentence begins with it."""
    return f"**{sentences.answer(f)}.** {plain(sentences.rest_of_sentence(f))}"


def _metrics(f: Facts) -> str:
    v, d = f.verdict, f.decimals
    if not f.has_gain:
        return f"None: nothing was scored with and without {'transfer' if f.networks else 'a source'}."
    low, high = v.interval
    rows = [
        ("metric", f.metric.name),
        (f.with_it, number(v.score, d)),
        (v.baseline, number(v.baseline_score, d)),
        (f"gain, {percent(v.level)} interval", f"{signed(v.gain, d)} ({interval(low, high, d)})"),
        ("probability of harm", percent(v.p_harm)),
        ("worth in target labels", labels_worth(v.worth_labels)),
        ("labelled target rows", f"{v.n_target:,}"),
        ("source rows", f"{v.n_source:,}"),
    ]
    return table(("", "value"), rows)


def _candidates(f: Facts) -> str:
    if not len(f.board):
        return "No candidate was recorded."
    rows = [
        (r["name"], r["kind"], r["score"], r["gain"], r["interval"] or "\N{EN DASH}", r["weight"], r["note"])
        for r in tables.board_rows(f, tables.gain_scale(f))
    ]
    return table(("candidate", "kind", "score", "gain", "interval", "weight", "note"), rows)


def _data(f: Facts) -> str:
    rows = [
        (
            r["role"],
            r["name"],
            r["rows"],
            r["labelled"] or "\N{EN DASH}",
            r["columns"] or "\N{EN DASH}",
            r["sha256"] or "not recorded",
        )
        for r in tables.data_rows(f)
    ]
    return table(("role", "name", "rows", "labelled", "columns", "SHA-256"), rows)


def _made(f: Facts, model: Any) -> list[str]:
    versions = ", ".join(f"{k} {v}" for k, v in (f.run.get("versions") or {}).items()) or "not recorded"
    seed = f.run.get("seed")
    policy = sentences.policy(f)
    found = [f"{f.model}{f', policy {f.policy}: {policy}' if policy else ''}.", sentences.made_of(f)]
    if f.networks:
        found += [networks.starts(f), *trained.counted(model)]
    told = carried.views(model)
    if told:
        found.append("What was carried over from models of the source:")
        found.append(listed([f"{c['name']}: {c['headline']}." for c in told]))
    found.append(f"Seed: {'not recorded' if seed is None else seed}. Versions: {plain(versions)}.")
    if f.run.get("command"):
        found.append(fenced(str(f.run["command"]), "sh"))
    if f.diagnoses:
        found.append(listed([f"{d.source} to {d.target}: {', '.join(d.setting)}" for d in f.diagnoses]))
    return found


def _code(f: Facts) -> str:
    column = f.run.get("column")
    if f.run.get("holds") == "images":
        first, rows = [], 'rows = ["photo_1.jpg", "photo_2.jpg"]  # paths of images'
    elif column:
        first, rows = ["import pandas as pd"], f'rows = pd.read_csv("new_rows.csv")[{column!r}]  # the texts'
    else:
        rows = 'rows = pd.read_csv("new_rows.csv")  # the columns of the target, without the label'
        first = ["import pandas as pd"]
    lines = ["import headstart as hs", *first, "", 'model = hs.load("model.headstart")', rows, "model.predict(rows)"]
    if f.task == "classification":
        lines.append("model.predict_proba(rows)  # one column for each of model.classes_")
    return fenced("\n".join(lines), "python")
