"""``--source-model``: fitted models of other places, without their rows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import run_folder as rf
from ..core.errors import InputError
from . import parts


@dataclass(frozen=True, eq=False)
class SourceModel:
    """A loaded model, what it is called, and what ``run.json`` records of it."""

    name: str
    model: Any
    record: dict[str, Any]


def read_source_models(wishes: Sequence[str], trusted: Sequence[str], target: str, sha256: str) -> list[SourceModel]:
    """Load what ``[NAME=]PATH`` names: a run folder, or a model file.

    Raises
    ------
    InputError
        Where a path is neither, two models have one name, or a run was fitted to the very file of the target, whose
        digest is ``sha256``: it has seen the rows that it would be scored on.
    """
    found: list[SourceModel] = []
    for wish in wishes:
        name, mark, path = wish.partition("=")
        given = bool(mark) and not Path(wish).exists()
        found.append(_read(Path(path if given else wish), name if given else None, trusted, target, sha256))
    names = [m.name for m in found]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise InputError(
            f"two source models have the name {twice[0]!r}; give each its own: --source-model first=PATH "
            "--source-model second=PATH"
        )
    return found


def _read(path: Path, name: str | None, trusted: Sequence[str], target: str, sha256: str) -> SourceModel:
    run: dict[str, Any] = {}
    file = path
    if path.is_dir():
        run = rf.read_run(path)
        file = path / rf.MODEL
    elif not path.exists():
        raise InputError(f"there is no {str(path)!r}; expected a run folder of headstart fit, or a model file")
    seen = [run.get("target") or {}, *(run.get("sources") or ())]
    if any(table.get("sha256") == sha256 for table in seen):
        raise InputError(
            f"the run {str(path)!r} was fitted to this very target table, so that its model knows the labels it would "
            "be scored on; expected a model of other rows"
        )
    model = parts.load_model(file, trusted)
    theirs = str((run.get("target") or {}).get("name") or path.stem or "source model")
    name = name or (theirs if theirs != target else f"{path.absolute().parent.name}/{theirs}")
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    record = {
        "name": name,
        "file": str(path),
        "sha256": digest,
        "kind": type(model).__name__,
        "label": run.get("label"),
    }
    return SourceModel(name, model, record)
