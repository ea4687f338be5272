"""From files and folders to a transfer problem for networks: images, texts, or whole tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..core.domain import Domain, Sources, Task
from ..core.errors import InputError
from ..files import read_table
from .entries import Entries, check_images, from_folder, from_table, only_column
from .label_checks import check_labels
from .naming import named_path, names_of_sources, some
from .problem import Problem, Wish, described, read_problem


@dataclass(frozen=True, kw_only=True)
class NetworkWish:
    """What the user asked for, as the options say it."""

    target: str
    source: Sequence[str]
    label: str | None
    column: str | None = None
    source_label: str | None = None
    backbone: str | None = None
    task: str | None = None
    drop: Sequence[str] = ()
    id_column: str | None = None


def read_network_problem(wish: NetworkWish) -> tuple[Problem, str]:
    """Read everything, and tell what the rows are: "images", "texts" or "table".

    Raises
    ------
    InputError
        Where a file, a folder or a column is wrong, or the parts do not belong together.
    """
    if wish.task not in (None, "classification", "regression"):
        raise InputError(f"--task is {wish.task!r}; expected classification or regression")
    if not wish.source and wish.backbone is None:
        raise InputError(
            "neither --source nor --backbone is given; expected something to start from: rows to train a network on "
            "first, or a pretrained network by name (headstart backbones lists some)"
        )
    paths = [named_path(s) for s in wish.source]
    is_folder = Path(wish.target).is_dir()
    column = wish.column
    _check_label(wish, [Path(wish.target), *(Path(p) for _, p in paths)])
    notes = []
    if not is_folder and column is None:
        column = _only(wish)
        if column is None:
            return _whole_table(wish), "table"
        notes.append(f"the rows are column {column!r}, the only one beside the label")
    target = _entries(wish, wish.target, column, wish.label, "should hold the label")
    label = wish.source_label or wish.label
    sources = [_entries(wish, path, column, label, "should hold the label of the source") for _, path in paths]
    names = names_of_sources([name for name, _ in paths], sources, target)
    for entries, name in zip(sources, names, strict=True):
        if entries.kind != target.kind:
            raise InputError(
                f"the target {str(target.path)!r} holds {target.kind} and the source {name} {entries.kind}; expected "
                "the same kind"
            )
    warnings = _checked(wish, [target, *sources])
    task = _task(wish, [target, *sources])
    everything = [(target, f"target {target.name}"), *((s, f"source {n}") for s, n in zip(sources, names, strict=True))]
    notes += [f"{who}: {note}" for entries, who in everything for note in entries.notes]
    if target.kind == "images":
        for entries, _ in everything:
            check_images(entries)
    notes.append(f"target {target.name}: {len(target.X)} labelled {target.kind}; task: {described(task)}")
    domains = [Domain(s.X, s.y, name=n) for s, n in zip(sources, names, strict=True)]
    record = {
        "target": target.record(target.name),
        "sources": [s.record(n) for s, n in zip(sources, names, strict=True)],
        "label": wish.label,
        "source_label": wish.source_label,
        "id_column": wish.id_column,
        "task": task.kind,
        "holds": target.kind,
        "column": target.column,
        "columns": None if target.column is None else [target.column],
    }
    source = None if not domains else domains[0] if len(domains) == 1 else Sources(domains)
    return Problem(
        Domain(target.X, target.y, name=target.name), source, None, task, record, notes, warnings
    ), target.kind


def _check_label(wish: NetworkWish, places: list[Path]) -> None:
    """The label is a column of tables, and of folders it is the name of the subfolder."""
    folders = [p for p in places if p.is_dir()]
    if wish.label is None and len(folders) < len(places):
        table = next(p for p in places if not p.is_dir())
        raise InputError(f"--label is not given; expected the column of {str(table)!r} that is to be predicted")
    if folders and len(folders) == len(places):
        for option, value in (("--label", wish.label), ("--column", wish.column)):
            if value is not None:
                raise InputError(
                    f"{option} is {value!r}, and {str(folders[0])!r} is a folder, whose subfolders are the labels; "
                    f"leave {option} out"
                )
    if folders and wish.task == "regression":
        raise InputError(
            f"--task is regression, and the labels of {str(folders[0])!r} are the names of its folders; expected "
            "numbers: a table with a column of paths and one of numbers"
        )


def _only(wish: NetworkWish) -> str | None:
    """The one column of words of the target's table, beside the label and those left out."""
    besides = [wish.label or "", *wish.drop, *([wish.id_column] if wish.id_column else [])]
    return only_column(read_table(wish.target).frame, besides)


def _entries(wish: NetworkWish, path: str, column: str | None, label: str | None, what: str) -> Entries:
    if Path(path).is_dir():
        return from_folder(path, labelled=True)
    as_text = [c for c in (column, wish.id_column) if c is not None]
    table = read_table(path, as_text=as_text)
    if column is None:  # the target is a folder
        column = wish.column or only_column(table.frame, [label or "", *as_text, *wish.drop])
    if column is None:
        raise InputError(
            f"the target is a folder of images; expected the column of {str(path)!r} that holds paths of images: pass "
            f"--column NAME (it has {some([str(c) for c in table.frame.columns])})"
        )
    return from_table(table, column, label, what=what)


def _checked(wish: NetworkWish, parts: list[Entries]) -> list[str]:
    """Labels that nothing can be learned from are refused; returns warnings. Other labels than the target's may be."""
    warnings = []
    for part in parts:
        if part.column is None and len(set(part.y)) == 1:
            raise InputError(
                f"the folder {str(part.path)!r} has one class folder, {part.y[0]!r}; expected at least two, one for "
                "each class"
            )
        own: Any = part
        warnings += check_labels(wish.label or "", wish.task, [own], [own])
    return list(dict.fromkeys(warnings))


def _task(wish: NetworkWish, parts: list[Entries]) -> Task:
    if wish.task == "regression":
        return Task("regression")
    kinds = [Task.of(p.y) for p in parts]
    if wish.task is None and any(k.kind == "regression" for k in kinds):
        return Task("regression")
    target = pd.unique(np.asarray(parts[0].y)).tolist()
    return Task("classification", tuple(sorted(target, key=lambda v: (str(type(v)), v))))


def _whole_table(wish: NetworkWish) -> Problem:
    """A table whose columns all go to a small network."""
    if wish.backbone is not None:
        frame = read_table(wish.target).frame
        rest = [str(c) for c in frame.columns if c not in (wish.label, wish.id_column, *wish.drop)]
        raise InputError(
            f"--backbone {wish.backbone} reads images or texts, and {wish.target!r} has {len(rest)} columns; expected "
            f"--column NAME, the one that holds them (it has {some(rest)})"
        )
    problem = read_problem(
        Wish(
            target=wish.target,
            source=wish.source,
            label=wish.label,
            source_label=wish.source_label,
            drop=wish.drop,
            id_column=wish.id_column,
            task=wish.task,
        )
    )
    if problem.unlabeled is not None:  # no candidate learns from rows without labels
        problem.notes[:] = [n.replace("are used as unlabelled rows", "are left out") for n in problem.notes]
        problem.unlabeled = None
    problem.record |= {"holds": "table", "column": None}
    n = problem.target.X.shape[1]
    problem.notes.append(
        f"all {n} columns go to a small network; --column NAME takes one that holds texts or paths of images"
    )
    return problem
