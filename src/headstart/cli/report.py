"""``headstart report``: the page of a run, made again."""

from __future__ import annotations

from typing import Annotated

import typer

from . import options as o
from .voice import Voice


def report(
    run: Annotated[str, typer.Option("--run", "-r", metavar="FOLDER", help="The run folder that fit left.")],
    trust: o.Trusted = None,
    json: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Make report.html and model_card.md of a run again, from its model and diagnosis.

    The data are not needed. Example: headstart report --run run
    """
    import json as js
    from pathlib import Path

    from .. import run_folder as rf
    from ..diagnosis.result import Diagnoses, Diagnosis
    from ..store.atomic import replacing
    from . import parts
    from .chosen import choose_model
    from .revive import revive
    from .spaces import read_spaces
    from .summary import verdict_text
    from .task_summary import tasks_text
    from .voice import plain

    voice = Voice(as_json=json, quiet=quiet)
    chosen = choose_model(run, None, trust)
    folder = Path(run)
    diagnosis: Diagnosis | Diagnoses | None = None
    if (folder / rf.DIAGNOSIS).exists():  # without rows of a source there was nothing to compare
        record = js.loads((folder / rf.DIAGNOSIS).read_text(encoding="utf-8"))
        several = len(chosen.run.get("sources", ())) > 1
        diagnosis = (
            Diagnoses(tuple(revive(Diagnosis, d) for d in record.values())) if several else revive(Diagnosis, record)
        )
    with replacing(folder / rf.REPORT) as partial:
        parts.write_report(
            partial, model=chosen.model, diagnosis=diagnosis, run=chosen.run, alignments=read_spaces(folder)
        )
    with replacing(folder / rf.CARD) as partial:
        partial.write_text(parts.model_card(chosen.model, diagnosis, chosen.run), encoding="utf-8")
    rf.refresh(folder, chosen.run)
    verdict = js.loads((folder / rf.VERDICT).read_text(encoding="utf-8"))
    voice.lay_out(tasks_text(verdict) if "tasks" in verdict else verdict_text(verdict))
    voice.show(f"report  {folder / rf.REPORT}")
    voice.give(plain({"verdict": verdict, "report": str(folder / rf.REPORT), "model_card": str(folder / rf.CARD)}))
