"""New labelled rows for a model of several tasks: each task scored on the rows that have a label of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..core.errors import InputError
from ..files import Table, read_table, split_label
from .chosen import Chosen, pick_columns
from .entries import from_table
from .evaluate import measured, show_measured, warn_of_known
from .naming import some
from .voice import Voice, tell_warning


@dataclass(frozen=True, eq=False)
class TaskPart:
    """One task of a model, in the shape of a model of its own."""

    model: Any
    name: str
    task: Any
    classes: np.ndarray | None

    def predict(self, X: Any) -> np.ndarray:
        """The predictions (n_rows,)."""
        return np.asarray(self.model.predict(X, task=self.task))

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probabilities (n_rows, n_classes)."""
        return np.asarray(self.model.predict_proba(X, task=self.task))


class _Classes(TaskPart):
    """A task of classes."""

    @property
    def classes_(self) -> np.ndarray:
        """Its classes, sorted."""
        return np.asarray(self.classes)


def parts_of(model: Any) -> list[TaskPart]:
    """The tasks of a model, each as a model of its own."""
    classes = getattr(model, "classes_", None) or [None] * len(model.tasks_)
    return [
        (TaskPart if known is None else _Classes)(model, str(task), task, known)
        for task, known in zip(model.tasks_, classes, strict=True)
    ]


def evaluate_tasks(
    target: str, chosen: Chosen, label: str | None, scoring: str | None, seed: int, voice: Voice
) -> None:
    """Score each task that the rows have labels of, or the one that ``label`` names."""
    parts = parts_of(chosen.model)
    names = [part.name for part in parts]
    if label is not None and label not in names:
        raise InputError(f"--label is {label!r}, which is none of the tasks; expected one of {some(names, 8)}")
    column, id_column = chosen.run.get("column"), chosen.run.get("id_column")
    if Path(target).is_dir():
        raise InputError(f"{target!r} is a folder; expected a table with a column for each task: {some(names)}")
    table = read_table(target, as_text=[c for c in (column, id_column) if c])
    here = [p for p in parts if p.name in table.frame.columns and table.frame[p.name].notna().any()]
    wanted = [p for p in here if label in (None, p.name)]
    if not wanted:
        raise InputError(
            f"{target!r} has no labels of {'any task' if label is None else repr(label)}; expected a column of labels "
            f"for {'some of ' + some(names) if label is None else 'it'}"
        )
    if scoring is not None and len({p.classes is None for p in wanted}) > 1:
        raise InputError(
            f"--scoring is {scoring!r}, and some tasks have classes and others numbers; expected --label NAME, or no "
            "--scoring"
        )
    warn_of_known(chosen.run, table.path, table.sha256)
    for note in table.notes:
        voice.note(f"{table.path.name}: {note}")
    lacking = [p.name for p in parts if p not in here]
    if lacking and label is None:
        tell_warning(f"{table.path.name} has no labels of {some(lacking)}; they are not scored")
    expected = _expected(chosen.model)
    found = {}
    for part in wanted:
        X, y = _labelled(table, part.name, chosen)
        found[part.name] = measured(part, X, y, scoring, seed=seed, path=str(table.path))
        if found[part.name]["metric"] == "r2":
            found[part.name]["expected"] = expected.get(part.name)
        voice.show(f"{part.name}:")
        show_measured(found[part.name], voice)
        voice.show()
    voice.give({"file": str(table.path), "sha256": table.sha256, "tasks": found})


def _labelled(table: Table, task: str, chosen: Chosen) -> tuple[Any, np.ndarray]:
    """The model's rows that have a label of one task, with it."""
    if chosen.holds != "table":
        column = chosen.run.get("column")
        if column is None:
            raise InputError(
                f"a model file does not say which column of {str(table.path)!r} holds the {chosen.holds}; pass --run, "
                "the run folder"
            )
        entries = from_table(table, column, task, what="should hold the labels of a task")
        return entries.X, entries.y
    part = split_label(table.frame, task, path=table.path)
    X, _ = pick_columns(part.X, chosen, path=table.path)
    return X, part.y


def _expected(model: Any) -> dict[str, float]:
    """What the verdicts promised of tasks that predict numbers: the R2 of the model that predicts each."""
    board: pd.DataFrame | None = getattr(model, "table_", None)
    if board is None:
        return {}
    uses = board["uses"] if "uses" in board else pd.Series("joint", index=board.index)
    return (
        {
            str(row["task"]): float(row["alone"] if use == "alone" else row["joint"])
            for (_, row), use in zip(board.iterrows(), uses, strict=True)
            if row["metric"] == "r2"
        }
        if "metric" in board
        else {}
    )
