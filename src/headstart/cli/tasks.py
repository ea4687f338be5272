"""``headstart tasks``: which tasks to supervise, from measured transfers."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from . import options as o
from .voice import Voice

PAGE, AFFINITY, POLICIES, MAP, RECORD = "task_map.html", "affinity.csv", "policies.csv", "task_map.json", "tasks.json"
_DATA, _MODEL, _OUTPUT = "Data", "Policy", "Output"
MOST = 10  # budgets that are tried where none is asked for


def tasks(
    measured: Annotated[
        str,
        typer.Argument(
            metavar="MEASURED",
            help="Measured transfers, one a row, as CSV or Parquet; or task_map.json, which this command and headstart "
            "map --tasks write.",
        ),
    ],
    budget: Annotated[
        str | None,
        typer.Option(
            "--budget",
            "-b",
            metavar="N|A-B",
            help="What sources may cost in all: a number, several with commas, or a range; 1-10 by default.",
            rich_help_panel=_MODEL,
        ),
    ] = None,
    max_order: Annotated[
        int | None,
        typer.Option(min=1, help="No transfer from more sources than this.", rich_help_panel=_MODEL),
    ] = None,
    sources: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,...", help="The tasks that may be supervised; all by default.", rich_help_panel=_MODEL
        ),
    ] = None,
    targets: Annotated[
        str | None,
        typer.Option(metavar="A,B,...", help="The tasks to be solved; all by default.", rich_help_panel=_MODEL),
    ] = None,
    cost: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TASK=X",
            help="What a source costs; 1 by default. May be given several times.",
            rich_help_panel=_MODEL,
        ),
    ] = None,
    importance: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TASK=X",
            help="By how much a target counts; 1 by default. May be given several times.",
            rich_help_panel=_MODEL,
        ),
    ] = None,
    alike: Annotated[
        bool,
        typer.Option("--alike", help="Scale affinities so that every target counts alike.", rich_help_panel=_MODEL),
    ] = False,
    row: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="The column of rows, folds or repeats that transfers are compared on; row or repeat, if there is one.",
            rich_help_panel=_DATA,
        ),
    ] = None,
    lower_is_better: Annotated[
        bool, typer.Option("--lower-is-better", help="Scores are losses.", rich_help_panel=_DATA)
    ] = False,
    baseline: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A source that is no task, such as training from scratch. May be given several times.",
            rich_help_panel=_DATA,
        ),
    ] = None,
    separator: Annotated[
        str, typer.Option(metavar="TEXT", help="What joins the names of several sources.", rich_help_panel=_DATA)
    ] = "+",
    out: Annotated[
        str | None,
        typer.Option(
            "--out", "-o", metavar="FOLDER", help="A new folder for the page and the tables.", rich_help_panel=_OUTPUT
        ),
    ] = None,
    json: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Choose which tasks to supervise within a budget, and which transfer solves each target.

    The table has the columns sources (names joined by +), target, and one of: score, with a column row or repeat that
    tells on what it was measured; win_rate and against; affinity. Or it is a matrix of scores: the names of sources in
    the first column, and a column for each target. Of what headstart map --tasks wrote, take task_map.json.

    Baselines are never chosen; it says for which targets no source beats them.

    Example: headstart tasks measured.csv --budget 1-5 --out tasks
    """
    import shlex
    import sys

    from .. import run_folder as rf
    from .task_transfers import Reading, read_map

    voice = Voice(as_json=json, quiet=quiet)
    wanted = _budgets(budget)
    limits: dict[str, Any] = {
        "max_order": max_order,
        "sources": _names(sources),
        "targets": _names(targets),
        "costs": _numbers(cost, "--cost"),
    }
    if out is not None:
        rf.check_place(out, overwrite=None)
    found = read_map(measured, Reading(row, not lower_is_better, tuple(baseline or ()), separator))
    for note in found.notes:
        voice.note(note)
    least = found.tasks.least_budget(**limits)
    if wanted is None:
        first = max(1, -int(-least // 1))
        wanted = [float(b) for b in range(first, max(first, min(MOST, len(found.tasks.sources))) + 1)]
    elif len(wanted) > 1 and any(b < least for b in wanted) and max(wanted) >= least:
        voice.note(f"budgets below {least:g} do not reach all targets and are left out")
        wanted = [b for b in wanted if b >= least]
    more = {"importance": _numbers(importance, "--importance"), "scale": "range" if alike else None}
    policies = found.tasks.policies(wanted, **limits, **more)
    voice.show(str(policies[wanted[0]]) if len(wanted) == 1 else str(policies))
    record = {
        "map": repr(found.tasks),
        "normalize": found.tasks.normalize,
        "policies": [p.to_dict() for p in policies.values()],
        "least_budget": least,
    }
    for note in _unknown(found.tasks, policies):
        voice.note(note)
    if policies.outlook:
        record["outlook"] = policies.outlook
    if out is not None:
        told = {k: v for k, v in {**limits, **more}.items() if v}
        run = {
            "command": shlex.join(["headstart", *sys.argv[1:]]),
            "table": found.table,
            "limits": "; ".join(f"{k.replace('_', ' ')}: {_said(v)}" for k, v in told.items()),
        }
        _write(out, found.tasks, policies, record, run, voice)
    voice.give(record)


def _write(out: str, tasks: Any, policies: Any, record: dict[str, Any], run: dict[str, Any], voice: Voice) -> None:
    from .. import run_folder as rf
    from ..store.files import versions
    from . import parts
    from .voice import plain

    run = {**run, "versions": versions()}
    with rf.new_run_folder(out) as folder:
        tasks.to_frame().to_csv(folder / AFFINITY, index=False)
        policies.to_frame().to_csv(folder / POLICIES, index=False)
        tasks.to_json(folder / MAP)
        parts.write_task_map(folder / PAGE, tasks=tasks, policies=policies, run=run)
        rf.write_json(folder / RECORD, plain({**record, "run": run}))
    voice.note(f"wrote {PAGE}, {AFFINITY}, {POLICIES}, {MAP} and {RECORD} to {out!r}")


def _unknown(tasks: Any, policies: Any) -> list[str]:
    """What the answer does not rest on: transfers that were not measured, and chance, where rows are not known."""
    table = tasks.affinity
    missing = [f"{s} to {t}" for t in table for s in table.index if s != t and table.loc[s, t] != table.loc[s, t]]
    missing += [f"any task to {s}" for s in table.index if s not in table.columns]
    said = []
    if missing:
        shown = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        said.append(f"not measured, so that nothing is known of it here: {shown}")
    beside = [b for p in policies.values() for b in p.beside.values()]
    if any(b.n_rows is None and not b.verdict for b in beside):
        said.append(
            "how many rows were compared is not known: chance is not reckoned with where a source beats a baseline"
        )
    return said


def _budgets(text: str | None) -> list[float] | None:
    """ "3", "2.5", "1,2,4" or "1-20" as numbers."""
    if text is None:
        return None
    try:
        ends = text.split("-")
        if len(ends) == 2 and ends[0].strip():
            first, last = int(ends[0]), int(ends[1])
            if first > last:
                raise ValueError
            return [float(b) for b in range(first, last + 1)]
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(
            f"--budget is {text!r}; expected a number, several with commas, or a range such as 1-20"
        ) from None


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]


def _numbers(given: list[str] | None, option: str) -> dict[str, float] | None:
    """ "depth=2" as a name and a number."""
    if not given:
        return None
    result = {}
    for text in given:
        name, _, value = text.rpartition("=")
        if name.strip() in result:
            raise typer.BadParameter(f"{option} names {name.strip()!r} twice; expected each task once")
        try:
            result[name.strip()] = float(value)
        except ValueError:
            name = ""
        if not name:
            raise typer.BadParameter(f"{option} is {text!r}; expected a task and a number, such as depth=2")
    return result


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {v:g}" for k, v in value.items())
    return ", ".join(value) if isinstance(value, list) else str(value)
