"""``headstart rank``: which of several sources to learn from."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from . import options as o
from .voice import Voice, tell_warning

NOTHING_KEPT = "nothing was kept: a ranking is written when it is done, and --time-limit ends it in time"
TABLE, PAGE, RECORD = "ranking.csv", "ranking.html", "ranking.json"


def rank(
    target: o.Target,
    label: o.Label,
    source: o.Source = None,
    source_label: o.SourceLabel = None,
    drop: o.Drop = None,
    id_column: o.IdColumn = None,
    rename: o.Rename = None,
    task: o.TaskName = None,
    scoring: Annotated[
        str | None,
        typer.Option(metavar="METRIC", help="A metric of scikit-learn to state gains in.", rich_help_panel="Model"),
    ] = None,
    max_tried: Annotated[
        int,
        typer.Option(min=1, help="So many sources at most are fitted; the others are scored.", rich_help_panel="Model"),
    ] = 16,
    repeats: Annotated[
        int, typer.Option(min=1, help="Shufflings of the target in the last round.", rich_help_panel="Model")
    ] = 4,
    time_limit: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="How long it may take, such as 5m: the least promising sources are left out.",
            rich_help_panel="Model",
        ),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Folds fitted at the same time.", rich_help_panel="Model")] = 1,
    seed: o.Seed = 0,
    out: Annotated[
        str | None,
        typer.Option(
            "--out", "-o", metavar="FOLDER", help="A new folder for the table and the page.", rich_help_panel="Output"
        ),
    ] = None,
    json: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Rank sources by what they add to the target: gains with intervals, ties, and the ones that would hurt.

    Each source is fitted on folds of the target: the time grows with the sources, with their rows, and with --repeats.
    --max-tried, --repeats 1, --jobs and --time-limit shorten it. Nothing is kept of a ranking that is interrupted.

    Example: headstart rank --target hungary.csv --source cleveland.csv --source long_beach.csv --label disease
    """
    import shlex
    import sys

    from .. import run_folder as rf
    from ..core.domain import Domain
    from . import parts
    from .job import threads_for
    from .measure import check_scoring
    from .problem import Wish, read_problem

    voice = Voice(as_json=json, quiet=quiet)
    check_scoring(scoring)
    limit = o.seconds(time_limit)
    if out is not None:
        rf.check_place(out, overwrite=None)
    wish = Wish(
        target=target,
        source=source or (),
        label=label,
        source_label=source_label,
        drop=tuple(drop or ()),
        id_column=id_column,
        task=task,
        rename=tuple(rename or ()),
        takes_models=False,
        spares_sources=True,
    )
    problem = read_problem(wish)
    for note in problem.notes:
        voice.note(note)
    for warning in problem.warnings:
        tell_warning(warning)
    assert problem.task is not None and problem.source is not None  # label and source are required
    sources = [problem.source] if isinstance(problem.source, Domain) else list(problem.source.domains)
    with voice.progress("ranking the sources ...", in_lines=True) as progress, threads_for(problem):
        try:
            found = parts.rank_sources(
                problem.target,
                sources,
                task=problem.task.kind,
                scoring=scoring,
                max_tried=max_tried,
                repeats=repeats,
                time_limit=limit,
                n_jobs=jobs,
                progress=progress,
                random_state=seed,
            )
        except KeyboardInterrupt:
            raise KeyboardInterrupt(NOTHING_KEPT) from None
    found = found.with_unusable(problem.unusable)
    voice.show(str(found))
    if out is not None:
        run = {"command": shlex.join(["headstart", *sys.argv[1:]]), "seed": seed, **problem.record}
        _write(out, found, run, voice)
    voice.give(found.to_dict())


def _write(out: str, found: Any, run: dict[str, Any], voice: Voice) -> None:
    from .. import run_folder as rf
    from ..store.files import versions
    from . import parts
    from .voice import plain

    run = {**run, "versions": versions()}
    with rf.new_run_folder(out) as folder:
        found.table.to_csv(folder / TABLE, index=False)
        parts.write_ranking(folder / PAGE, ranking=found, run=run)
        rf.write_json(folder / RECORD, plain({**found.to_dict(), "run": run}))
    voice.note(f"wrote {TABLE}, {PAGE} and {RECORD} to {out!r}")
