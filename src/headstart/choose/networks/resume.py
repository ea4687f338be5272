"""A search on disk: what it was begun with, so that only the same search goes on with it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import joblib

from ...core.errors import InputError
from ...neural.inputs.fingerprint import fingerprint as content
from ...neural.problem import Problem
from ..candidates import Candidate
from ..folds import Fold

RECORD = "search.json"


def seed_of(folder: Path | None, resume: bool, drawn: int, given: bool) -> int:
    """The seed of the search: of one that goes on and was given none, that of its beginning."""
    if folder is None:
        return drawn
    there = folder / RECORD
    if not resume:
        if there.is_file():
            raise InputError(
                f"{str(folder)!r} already holds a search; expected resume=True to go on with it, or another folder"
            )
        return drawn
    if not given and there.is_file():
        return int(json.loads(there.read_text(encoding="utf-8"))["seed"])
    return drawn


def begin(folder: Path, record: dict[str, Any]) -> dict[str, Any]:
    """Write what a search is, or check that the one on disk is the same; give what the disk says."""
    there = folder / RECORD
    if not there.is_file():
        write(folder, record)
        return record
    try:
        kept: dict[str, Any] = json.loads(there.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{str(there)!r} cannot be read ({error}); expected another folder") from error
    other = [name for name, value in record.items() if name != "plan" and kept.get(name) != value]
    if other:
        raise InputError(
            f"{str(folder)!r} holds another search: {', '.join(other)} differ; expected the same rows, labels, "
            "candidates and settings, or another folder"
        )
    return kept


def write(folder: Path, record: dict[str, Any]) -> None:
    """Write the record; a kill at any moment leaves the one before or the new one."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{RECORD}.partial"
    partial.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    os.replace(partial, folder / RECORD)


def fingerprint(problem: Problem) -> dict[str, Any]:
    """What tells these rows and labels from others."""
    return {
        "kind": problem.kind,
        "rows": content(problem.X),
        "labels": content(problem.y),
        "source": content(*problem.source_blocks, problem.ys),
    }


def described(candidates: list[Candidate], folds: list[Fold]) -> dict[str, Any]:
    """The candidates with their settings, and the folds."""
    return {
        "candidates": {c.name: _settings(c.member) for c in candidates if c.role != "source only"},
        "folds": joblib.hash([(f.train, f.test) for f in folds]),
    }


def _settings(estimator: Any) -> dict[str, str]:
    left_out = {"backbone", "source_model", "callbacks", "folder", "resume", "device"}
    found = {name: repr(value) for name, value in estimator.get_params(deep=False).items() if name not in left_out}
    backbone = getattr(estimator, "backbone", None)
    return {**found, "backbone": getattr(backbone, "name", None) or type(backbone).__name__}
