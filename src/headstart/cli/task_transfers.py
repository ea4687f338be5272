"""The table of ``headstart tasks``: scores, win rates, affinities, or a map that was written before."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.errors import InputError

# Columns that tell on what a score was measured, in the order in which they are looked for.
ROWS = ("row", "repeat", "fold")
# Columns by which the table of gains that ``headstart map`` writes is known, and the map that it writes beside it.
GAINS = {"sources", "target", "verdict", "gain", "baseline_score"}
BESIDE = "task_map.json"


@dataclass(frozen=True)
class Reading:
    """How the table is to be read."""

    row: str | None
    higher_is_better: bool
    baselines: tuple[str, ...]
    separator: str = "+"

    def refuse_of_scores(self, what: str) -> None:
        """Raise where something is said that only a table of scores can use."""
        told = [("--row", self.row), ("--lower-is-better", not self.higher_is_better)]
        self._refuse(told, f"{what} holds no scores of rows", "a table with a column score")

    def refuse_of_tables(self, path: str) -> None:
        """Raise where something is said that only a table can use."""
        told = [
            ("--row", self.row),
            ("--lower-is-better", not self.higher_is_better),
            ("--baseline", self.baselines),
            ("--separator", self.separator != "+"),
        ]
        self._refuse(
            told, f"{path!r} is a map that was made with its rows and baselines", "a table of measured transfers"
        )

    def _refuse(self, told: list[tuple[str, Any]], why: str, wanted: str) -> None:
        given = [option for option, value in told if value]
        if given:
            raise InputError(f"{' and '.join(given)} would do nothing: {why}; leave it out, or give {wanted}")


@dataclass(frozen=True)
class Found:
    """The map, the name of the table, and what was decided without being told."""

    tasks: Any
    table: str
    notes: tuple[str, ...]


def read_map(path: str, reading: Reading) -> Found:
    """Make the map of a file."""
    from ..files import read_table
    from ..task_map import TaskMap

    if (Path(path) / BESIDE).is_file():
        raise InputError(
            f"{path!r} is a folder; expected the map of tasks in it: headstart tasks {Path(path) / BESIDE}"
        )
    if Path(path).suffix == ".json":
        reading.refuse_of_tables(path)
        _refuse_transfer_map(path)
        return Found(TaskMap.from_json(path), Path(path).name, ())
    table = read_table(path, as_text=("sources", "target", "against"))
    if set(table.frame.columns) >= GAINS:
        raise InputError(f"{path!r} is the table of gains that headstart map writes{_point_beside(path)}")
    frame, is_matrix = _as_rows(table.frame)
    options = {"baselines": reading.baselines, "separator": reading.separator}
    columns = set(frame.columns)
    kinds = [k for k in ("score", "win_rate", "affinity") if k in columns]
    if len(kinds) != 1:
        has = f"has {' and '.join(kinds)}" if kinds else f"has the columns {', '.join(map(str, frame.columns))}"
        raise InputError(
            f"{table.path.name!r} {has}; expected sources, target and one of score, win_rate (with against) or "
            "affinity, or a matrix of scores with the sources in its first column: rename or drop columns"
        )
    if kinds != ["score"]:
        reading.refuse_of_scores(table.path.name)
    notes = list(table.notes)
    if is_matrix:
        notes.append("the table is read as a matrix of scores: its rows are sources, its columns targets")
    if kinds == ["win_rate"]:
        tasks = TaskMap.from_win_rates(frame, **options)
    elif kinds == ["affinity"]:
        tasks = TaskMap.from_affinities(frame, **options)
    else:
        row = reading.row or next((r for r in ROWS if r in columns), None)
        if reading.row is None and row is not None:
            notes.append(f"transfers are compared on the column {row!r}")
        if reading.higher_is_better:
            notes.append("scores are taken to be better the higher they are; for losses pass --lower-is-better")
        if row is None:
            notes.append("there is no column row or repeat: scores are summed as they are, not compared row by row")
        if row is not None and row not in columns:
            listed = ", ".join(map(str, frame.columns))
            raise InputError(f"{table.path.name!r} has no column {row!r}, which --row names; it has {listed}")
        try:
            tasks = TaskMap.from_transfers(
                frame,
                row=row,
                higher_is_better=reading.higher_is_better,
                normalize="scores" if row is None else "ahp",
                **options,
            )
        except InputError as error:
            raise InputError(str(error).replace("say row=", "say --row")) from error
    return Found(tasks, table.path.name, tuple(notes))


def _refuse_transfer_map(path: str) -> None:
    """Raise where a JSON file is the record of ``headstart map``."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError):
        return  # told by the reader of maps
    if isinstance(content, dict) and {"between", "cells", "sources", "targets"} <= content.keys():
        raise InputError(f"{path!r} is the record that headstart map writes{_point_beside(path)}")


def _point_beside(path: str) -> str:
    """What to read in the place of another file of ``headstart map``: the map of tasks, where it lies beside it."""
    why = ", whose gains are in each target's own metric and cannot be compared row by row"
    other = Path(path).with_name(BESIDE)
    if other.is_file():
        return f"{why}; expected the map of tasks that lies beside it: headstart tasks {other}"
    return f"{why}; expected {BESIDE}, which headstart map --tasks writes into the same folder, and which is not there"


def _as_rows(frame: Any) -> tuple[Any, bool]:
    """A matrix of scores, names of sources in its first column and numbers in all others, as one row a transfer."""
    names, *targets = frame.columns
    numbers = frame[targets].select_dtypes("number").columns
    known = {"target", "score", "win_rate", "affinity", "against", *ROWS}
    if len(targets) < 2 or len(numbers) < len(targets) or known & set(frame.columns):
        return frame, False
    rows = frame.melt(id_vars=names, var_name="target", value_name="score").rename(columns={names: "sources"})
    return rows.dropna(subset="score").reset_index(drop=True), True
