"""The verdicts of several tasks as plain values: what ``verdict.json`` holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import task_sentences as sentences
from .task_facts import OneTask, TaskFacts, read_task_facts


def tasks_record(model: Any, run: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The answer, its sentence, and a record for each task.

    Parameters
    ----------
    model : estimator of several tasks
        Fitted.
    run : mapping, default=None
        What ``run.json`` holds.

    Returns
    -------
    dict
        ``decision`` is that of all tasks together: "helps" or "hurts" where some do and none does the other.
    """
    f = read_task_facts(model, run)
    decision = sentences.mark(f)
    return {
        "decision": None if decision == "none" else decision,
        "answer": sentences.answer(f),
        "sentence": f"{sentences.sentence(f)} {sentences.consequence(f)}",
        "warnings": sentences.warnings_of(f),
        "tasks": [_record(task, f) for task in f.tasks],
        "auxiliary": list(f.auxiliary),
        "fallback": f.fallback,
        "harmed": f.harmed,
        "groups": [list(group) for group in f.groups],
        "affinity": None if f.affinity is None else f.affinity.T.to_dict(),
    }


def _record(task: OneTask, f: TaskFacts) -> dict[str, Any]:
    found: dict[str, Any] = {"task": task.name, "kind": task.kind, "uses": task.uses}
    v = task.verdict
    if v is None:
        return {**found, "decision": None}
    return {
        **found,
        "decision": v.decision,
        "metric": v.metric,
        "score": v.score,
        "score_alone": v.score_alone,
        "score_guess": v.score_guess,
        "gain": v.gain,
        "interval": list(v.interval),
        "level": f.level,
        "p_harm": v.p_harm,
        "labels": v.n_rows,
    }
