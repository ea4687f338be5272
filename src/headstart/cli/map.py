"""``headstart map``: every domain as a source for every other one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from . import options as o
from .voice import Voice, tell_warning

PAGE, TABLE, RECORD, TASKS = "transfer_map.html", "transfers.csv", "transfer_map.json", "task_map.json"
_DATA, _MODEL, _OUTPUT = "Data", "Model", "Output"


def map_(
    tables: Annotated[
        list[str],
        typer.Argument(
            metavar="[NAME=]FILE...",
            help="A table for each domain, as CSV or Parquet; or one of all, or of tasks.",
        ),
    ],
    label: o.OptionalLabel = None,
    tasks: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,...",
            help="Columns of labels, gaps allowed: map these tasks of one table, not domains.",
            rich_help_panel=_DATA,
        ),
    ] = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--kinds",
            metavar="TASK=KIND",
            help="With --tasks: classification or regression, where labels do not tell; KIND alone: of all tasks.",
            rich_help_panel=_DATA,
        ),
    ] = None,
    domain: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="The column that names the domain of a row.", rich_help_panel=_DATA),
    ] = None,
    targets: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,...", help="The domains or tasks to transfer to; all by default.", rich_help_panel=_DATA
        ),
    ] = None,
    sources: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,...", help="The domains or tasks to transfer from; all by default.", rich_help_panel=_DATA
        ),
    ] = None,
    drop: o.Drop = None,
    id_column: o.IdColumn = None,
    task: o.TaskName = None,
    n_target: Annotated[
        int | None,
        typer.Option(min=8, help="Labelled rows of each target that are used; all by default.", rich_help_panel=_MODEL),
    ] = None,
    orders: Annotated[
        int, typer.Option(min=1, help="So many sources are tried together, at most.", rich_help_panel=_MODEL)
    ] = 1,
    repeats: Annotated[
        int, typer.Option(min=1, help="Shufflings of a target into folds, at most.", rich_help_panel=_MODEL)
    ] = 2,
    scoring: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="A metric of scikit-learn; AUC, accuracy or R2 by default.", rich_help_panel=_MODEL
        ),
    ] = None,
    correction: Annotated[
        str,
        typer.Option(
            metavar="KIND",
            help="How false claims are held down: bh (few of them are false), holm (hardly any), none.",
            rich_help_panel=_MODEL,
        ),
    ] = "bh",
    all_methods: Annotated[
        bool,
        typer.Option("--all-methods", help="Try all methods on each pair: many times as long.", rich_help_panel=_MODEL),
    ] = False,
    time_limit: o.TimeLimit = None,
    jobs: Annotated[int, typer.Option(min=1, help="Folds fitted at the same time.", rich_help_panel=_MODEL)] = 1,
    resume: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Keep each measurement in this file, and go on from it where it exists.",
            rich_help_panel=_MODEL,
        ),
    ] = None,
    seed: o.Seed = 0,
    out: Annotated[
        str | None,
        typer.Option(
            "--out", "-o", metavar="FOLDER", help="A new folder for the page and the table.", rich_help_panel=_OUTPUT
        ),
    ] = None,
    json: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Measure which domain, or task, helps which, and what it hurts to trust: the map of negative transfer.

    Examples: headstart map cleveland.csv hungary.csv zurich.csv --label disease --out map

    headstart map patients.csv --domain hospital --label disease --n-target 50 --time-limit 5m --resume map.jsonl

    headstart map people.csv --tasks wage,union,married --out tasks
    """
    import shlex
    import sys

    from .. import run_folder as rf
    from . import parts
    from .map_tables import Wish, read_columns, read_tables

    voice = Voice(as_json=json, quiet=quiet)
    limit = o.seconds(time_limit)
    if out is not None:
        rf.check_place(out, overwrite=None)
    wish = Wish(tables, label, tasks, domain, tuple(drop or ()), id_column, task, tuple(kinds or ()), all_methods)
    wish.check()
    common: dict[str, Any] = {
        "targets": _names(targets),
        "sources": _names(sources),
        "orders": orders,
        "n_target": n_target,
        "scoring": scoring,
        "correction": None if correction == "none" else correction,
        "repeats": repeats,
        "time_limit": limit,
        "resume": resume,
        "n_jobs": jobs if jobs > 1 else None,
        "random_state": seed,
    }
    if tasks is None:
        read = read_tables(tables, label=str(label), domain=domain, drop=wish.drop, id_column=id_column)
        notes, record = read.notes, read.record
    else:
        columns = read_columns(wish)
        notes, record = columns.notes, columns.record
    for note in notes:
        voice.note(note)
    if resume is not None and (n_kept := parts.cells_kept(resume)):
        voice.note(f"{resume!r} holds {n_kept} cell{'s' * (n_kept != 1)} measured before")
    with _interrupted(resume), voice.progress("measuring transfers ...", in_lines=True) as progress:
        if tasks is None:
            methods = "all" if all_methods else "quick"
            found = parts.map_transfers(read.domains, task=task, methods=methods, progress=progress, **common)
        else:
            found = parts.map_tasks(columns.X, columns.Y, task=columns.kinds, progress=progress, **common)
    voice.show(str(found))
    run = {"command": shlex.join(["headstart", *sys.argv[1:]]), "seed": seed, "tables": record}
    if out is not None:
        _write(out, found, {**run, "label": label, "tasks": tasks, "time_limit": time_limit}, voice)
    voice.give(found.to_dict())


@contextmanager
def _interrupted(resume: str | None) -> Iterator[None]:
    """Say what is kept where the measuring is interrupted, and how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        from . import parts

        n = 0 if resume is None else parts.cells_kept(resume)
        if n:
            cells = "1 cell that was measured stands" if n == 1 else f"the {n} cells that were measured stand"
            tell_warning(f"{cells} in {resume!r}: the same command goes on from there")
        elif resume is None:
            tell_warning("no measurement is kept; with --resume FILE each one is, and the same command goes on from it")
        raise


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]


def _write(out: str, found: Any, run: dict[str, Any], voice: Voice) -> None:
    from .. import run_folder as rf
    from ..store.files import versions
    from . import parts
    from .voice import plain

    run = {**run, "versions": versions()}
    with rf.new_run_folder(out) as folder:
        found.table_.to_csv(folder / TABLE, index=False)
        names = [TABLE, PAGE, RECORD]
        if found.between == "tasks" and len(found.losses()):
            found.to_task_map().to_json(folder / TASKS)
            names.append(TASKS)
        parts.write_transfer_map(folder / PAGE, found=found, run=run)
        rf.write_json(folder / RECORD, plain({**found.to_dict(), "run": run}))
    voice.note(f"wrote {', '.join(names[:-1])} and {names[-1]} to {out!r}")
    if TASKS in names:
        voice.note(f"next: headstart tasks {out}/{TASKS} tells which tasks to supervise")
