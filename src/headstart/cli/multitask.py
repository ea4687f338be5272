"""``headstart multitask``: several tasks of one table learned together, each judged, and the model."""

from __future__ import annotations

from typing import Annotated

import typer

from . import options as o
from .errors import HARM
from .task_parts import exported
from .voice import Voice, tell_warning

_DATA, _MODEL, _TRAINING, _OUTPUT = "Data", "Model", "Training", "Output"


def multitask(
    table: Annotated[
        str,
        typer.Argument(metavar="TABLE", help="The table, as CSV or Parquet, with a column of labels for each task."),
    ],
    tasks: Annotated[
        list[str],
        typer.Option(
            "--tasks",
            metavar="A,B,...",
            help="The columns to predict; gaps are allowed. A column whose name has a comma: --tasks once more.",
            rich_help_panel=_DATA,
        ),
    ],
    auxiliary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="C,...",
            help="Columns of tasks that only serve: learned beside the others, not predicted.",
            rich_help_panel=_DATA,
        ),
    ] = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]KIND,...",
            help="classification or regression, of a task or of all; told from the labels where they can tell.",
            rich_help_panel=_DATA,
        ),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The column of texts, or of paths of images as seen from the table. Without it the whole table goes "
            "to a small network.",
            rich_help_panel=_DATA,
        ),
    ] = None,
    drop: o.Drop = None,
    id_column: o.IdColumn = None,
    model: Annotated[
        str,
        typer.Option(
            metavar="KIND",
            help="network; or linear or kernel: models that share what the rows tell, often better on small tables of "
            "numbers, and without torch.",
            rich_help_panel=_MODEL,
        ),
    ] = "network",
    sharing: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"What tasks share: {', '.join(exported('sharing'))}. HardSharing by default.",
            rich_help_panel=_MODEL,
        ),
    ] = None,
    weighting: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"How much each task counts: {', '.join(exported('weighting'))}. EqualWeighting by default.",
            rich_help_panel=_MODEL,
        ),
    ] = None,
    fallback: Annotated[
        str | None,
        typer.Option(
            metavar="WHEN",
            help="Which tasks get a network of their own in the end. hurts (the default): those that lose by learning "
            "together; doubt: those that do not surely gain; never.",
            rich_help_panel=_MODEL,
        ),
    ] = None,
    backbone: o.BackboneName = None,
    weights: o.Weights = None,
    folds: Annotated[
        int, typer.Option(min=2, help="Parts of the rows to judge each task on.", rich_help_panel=_MODEL)
    ] = 5,
    seed: o.Seed = 0,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, help="Passes over the rows; by their number by default.", rich_help_panel=_TRAINING),
    ] = None,
    batch_size: o.BatchSize = None,
    learning_rate: o.LearningRate = None,
    device: o.Device = "auto",
    out: Annotated[
        str, typer.Option("--out", "-o", metavar="FOLDER", help="The run folder to write.", rich_help_panel=_OUTPUT)
    ] = "headstart-run",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the run in that folder.", rich_help_panel=_OUTPUT)
    ] = False,
    fail_on_harm: Annotated[
        bool,
        typer.Option(
            "--fail-on-harm",
            help="Leave with exit code 3 where a task loses by learning together and is not given a model of its own.",
            rich_help_panel=_OUTPUT,
        ),
    ] = False,
    json: o.Json = False,
    quiet: o.Quiet = False,
) -> int:
    """Learn several tasks of one table together, tell of each whether it gains, and leave a model of all.

    A task that loses by learning together is given a network of its own.

    Examples: headstart multitask patients.csv --tasks disease,days --auxiliary blood_pressure --out run

    headstart multitask reviews.csv --tasks good,angry --column text --backbone hf/bert-base-uncased --out run
    """
    import shlex
    import sys

    from . import parts
    from .network_job import check_device
    from .task_job import TaskSettings, multitask_run
    from .task_summary import summarise_tasks
    from .task_table import TaskWish, read_task_table

    voice = Voice(as_json=json, quiet=quiet)
    settings = TaskSettings(
        model=model,
        sharing=sharing,
        weighting=weighting,
        fallback=fallback,
        backbone=backbone,
        weights=weights,
        folds=folds,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        device=device,
        seed=seed,
        out=out,
        overwrite=overwrite,
        command=shlex.join(["headstart", *sys.argv[1:]]),
    )
    settings.check(column=column, auxiliary=bool(auxiliary))
    if model == "network":
        parts.network_tasks()  # torch is missing before anything is read, if it is
        check_device(device)
    read = read_task_table(
        TaskWish(
            table=table,
            tasks=tasks,
            auxiliary=auxiliary or (),
            kinds=kinds or (),
            column=column,
            drop=tuple(drop or ()),
            id_column=id_column,
            model=model,
            backbone=backbone,
            folds=folds,
        )
    )
    for note in read.problem.notes:
        voice.note(note)
    for warning in read.problem.warnings:
        tell_warning(warning)
    result = multitask_run(read, settings, voice)
    harmed = summarise_tasks(result, voice)
    return HARM if fail_on_harm and harmed else 0
