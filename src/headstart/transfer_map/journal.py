"""The file that a map goes on from: one line for each measurement, written as it is made."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..choose.trial import Kept
from ..core.errors import InputError
from .cell import Cell

FORMAT, VERSION = "headstart transfer map", 2
_OTHER = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}


def cells_in(path: str | os.PathLike[str]) -> int:
    """How many cells a file to go on from holds; 0 where there is none, or it cannot be read."""
    try:
        lines = Path(path).read_bytes().splitlines()
    except OSError:
        return 0
    places = set()
    for line in lines[1:]:
        try:
            cell = json.loads(line)["cell"]
            places.add((tuple(cell["sources"]), cell["target"]))
        except (ValueError, KeyError, TypeError):  # half a line, or another file: the map itself says so
            continue
    return len(places)


class Journal:
    """Cells measured so far, kept in a file of JSON lines, each forced to the disk before the next is measured.

    Parameters
    ----------
    path : path or None
        None keeps nothing.
    about : dict
        What numbers depend on: data, settings and versions by name. A file about anything else is refused.

    Raises
    ------
    InputError
        Where the file is none of a map, or of another one, or cannot be put there.
    """

    def __init__(self, path: str | os.PathLike[str] | None, about: dict[str, Any]) -> None:
        self._path = None if path is None else Path(path)
        self.cells: dict[tuple[tuple[str, ...], str], Cell] = {}
        self.kept: dict[tuple[tuple[str, ...], str], Kept] = {}
        if self._path is None:
            return
        if self._path.is_dir():
            raise InputError(
                f"{str(path)!r}, which is to keep the map, is a folder; expected the name of a file, such as map.jsonl"
            )
        if not self._path.absolute().parent.is_dir():
            raise InputError(f"the folder of {str(path)!r}, which is to keep the map, does not exist; create it first")
        if self._path.exists() and self._path.stat().st_size:
            self._read(about)
        else:
            self._append({"format": FORMAT, "version": VERSION, "about": about})

    def add(self, cell: Cell, kept: Kept | None) -> None:
        """Keep a measurement; ``kept`` is what it takes to measure on, None where the cell is finished."""
        self.cells[cell.place] = cell
        if self._path is not None:
            self._append({"cell": cell.to_dict(), "kept": None if kept is None else vars(kept)})

    def _append(self, content: dict[str, Any]) -> None:
        assert self._path is not None
        line = json.dumps(_plain(content), ensure_ascii=False, allow_nan=False) + "\n"
        with self._path.open("ab") as file:
            file.write(line.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())

    def _read(self, about: dict[str, Any]) -> None:
        assert self._path is not None
        content = self._path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        lines = self._lines(whole)
        head = next(lines, None)
        if head is None and content.startswith(b'{"format": "headstart'):
            head = {}  # killed while it wrote the first line
        if not isinstance(head, dict) or (head and head.get("format") != FORMAT):
            raise InputError(
                f"{str(self._path)!r} holds something else than a map of transfer; expected a file that "
                "map_transfers or map_tasks left under resume=, or a new name"
            )
        if head and head["version"] != VERSION:
            raise InputError(f"{str(self._path)!r} is of another version of headstart; name a new file")
        if head:
            self._refuse_other(head["about"], _plain(about))
        for found in lines:
            cell = Cell.from_dict(_numbers(found["cell"]))
            self.cells[cell.place] = cell
            self.kept.pop(cell.place, None)
            if found["kept"] is not None:
                self.kept[cell.place] = _kept(found["kept"])
        if len(whole) < len(content):  # a run that was killed left half a line
            with self._path.open("r+b") as file:
                file.truncate(len(whole))
        if not head:
            self._append({"format": FORMAT, "version": VERSION, "about": about})

    def _lines(self, content: bytes) -> Iterator[Any]:
        for number, line in enumerate(content.splitlines(), start=1):
            try:
                yield json.loads(line)
            except ValueError as error:
                if number == 1:
                    yield None
                    return
                raise InputError(
                    f"line {number} of {str(self._path)!r} cannot be read ({error}); it is damaged: name a new file"
                ) from error

    def _refuse_other(self, theirs: dict[str, Any], ours: dict[str, Any]) -> None:
        if set(theirs) != set(ours):
            raise InputError(
                f"{str(self._path)!r} is of another kind of map: one is of domains (map_transfers), the other of "
                "tasks (map_tasks). Name a new file for the new map"
            )
        for part in ours:  # settings first: they may change which rows are used
            then, now = theirs.get(part), ours[part]
            if then == now:
                continue
            if isinstance(then, dict) and isinstance(now, dict):
                other = [k for k in dict.fromkeys([*then, *now]) if then.get(k) != now.get(k)]
                told = ", ".join(_told(part, k, then.get(k), now.get(k)) for k in other[:3])
                told += f" and {len(other) - 3} more" if len(other) > 3 else ""
            else:
                told = _told("", part, then, now)
            raise InputError(
                f"{str(self._path)!r} is of another run: {told}; expected the same data, settings and versions, so "
                "that the map is as if it had never been interrupted. Name a new file for the new map"
            )


_PARTS = {"data": ("domain", "rows or labels"), "tasks": ("task", "labels")}


def _told(part: str, name: str, then: Any, now: Any) -> str:
    if part == "rows":
        return "the rows have changed"
    if part in _PARTS:
        what, changed = _PARTS[part]
        if then is None or now is None:
            return f"{what} {name!r} is {'new' if then is None else 'gone'}"
        return f"the {changed} of {what} {name!r} have changed"
    return f"{name} was {then!r} and is {now!r}"


def _kept(found: dict[str, Any]) -> Kept:
    values, alone = (
        {name: [np.asarray(v, dtype=float) for v in parts] for name, parts in found[part].items()}
        for part in ("values", "alone")
    )
    return Kept(found["n_folds"], values, alone, tuple(found["notes"]))


def _plain(value: Any) -> Any:
    """JSON's own types; what it lacks of numbers as words."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if hasattr(value, "tolist"):  # NumPy
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": str(value)}
    return value


def _numbers(value: Any) -> Any:
    """The inverse of ``_plain``, but for arrays, which are lists."""
    if isinstance(value, dict):
        return _OTHER[value["number"]] if list(value) == ["number"] else {k: _numbers(v) for k, v in value.items()}
    return [_numbers(v) for v in value] if isinstance(value, list) else value
