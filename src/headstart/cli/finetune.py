"""``headstart finetune``: which way to transfer a network, does it help, and the model."""

from __future__ import annotations

from typing import Annotated

import typer

from . import options as o
from .errors import HARM
from .voice import Voice, tell_warning

_DATA, _MODEL, _TRAINING, _OUTPUT = "Data", "Model", "Training", "Output"


def finetune(
    target: Annotated[
        str,
        typer.Option(
            "--target",
            "-t",
            metavar="PATH",
            help="The rows that matter: a table, or a folder with one subfolder of images for each class.",
            rich_help_panel=_DATA,
        ),
    ],
    label: Annotated[
        str | None,
        typer.Option(
            "--label", "-l", metavar="COLUMN", help="The column to predict; of a table alone.", rich_help_panel=_DATA
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
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--source",
            "-s",
            metavar="[NAME=]PATH",
            help="Rows to train a network on first: a table or a folder, as the target. May be given several times.",
            rich_help_panel=_DATA,
        ),
    ] = None,
    source_label: o.SourceLabel = None,
    drop: o.Drop = None,
    id_column: o.IdColumn = None,
    task: o.TaskName = None,
    backbone: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A pretrained network to start from, such as timm/resnet50 or hf/bert-base-uncased. Of several the "
            "best on the target rows is taken.",
            rich_help_panel=_MODEL,
        ),
    ] = None,
    weights: o.Weights = None,
    policy: Annotated[
        str,
        typer.Option(
            metavar="POLICY",
            help="blend: weigh all, each of which is kept; best: the best candidate; strict: transfer only where it "
            "surely helps.",
            rich_help_panel=_MODEL,
        ),
    ] = "blend",
    candidates: Annotated[
        str,
        typer.Option(
            metavar="WHICH",
            help="auto: the usual ways to transfer; every: also layer-wise rates, L2-SP and all adapters.",
            rich_help_panel=_MODEL,
        ),
    ] = "auto",
    scoring: Annotated[
        str | None,
        typer.Option(metavar="METRIC", help="A metric of scikit-learn, such as accuracy.", rich_help_panel=_MODEL),
    ] = None,
    folds: Annotated[
        int, typer.Option(min=2, help="Parts of the target rows to score on.", rich_help_panel=_MODEL)
    ] = 5,
    seed: o.Seed = 0,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, help="Passes over the target rows; by their number by default.", rich_help_panel=_TRAINING),
    ] = None,
    source_epochs: Annotated[
        int | None, typer.Option(min=1, help="Passes over the source rows; likewise.", rich_help_panel=_TRAINING)
    ] = None,
    batch_size: o.BatchSize = None,
    learning_rate: o.LearningRate = None,
    device: o.Device = "auto",
    time_limit: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="How long it may take, such as 30m: candidates and folds for which there is no time are left out.",
            rich_help_panel=_TRAINING,
        ),
    ] = None,
    plan: Annotated[
        bool,
        typer.Option(
            "--plan", help="Show what would be tried and how many weights would train.", rich_help_panel=_OUTPUT
        ),
    ] = False,
    out: Annotated[
        str, typer.Option("--out", "-o", metavar="FOLDER", help="The run folder to write.", rich_help_panel=_OUTPUT)
    ] = "headstart-run",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the run in that folder.", rich_help_panel=_OUTPUT)
    ] = False,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with a search that was interrupted.", rich_help_panel=_OUTPUT),
    ] = False,
    fail_on_harm: Annotated[
        bool,
        typer.Option("--fail-on-harm", help="Leave with exit code 3 where transfer hurts.", rich_help_panel=_OUTPUT),
    ] = False,
    json: o.Json = False,
    quiet: o.Quiet = False,
) -> int:
    """Try the ways to transfer a network on the same folds, tell whether transfer helps, and leave a model.

    Examples: headstart finetune --target photos/ --backbone timm/resnet50 --out run

    headstart finetune --target reviews.csv --label good --column text --source books.csv --out run
    """
    import shlex
    import sys

    from .. import run_folder as rf
    from . import parts
    from .best_backbone import check_several, with_best
    from .network_job import How, Settings, check_device, check_how, search_run
    from .network_plan import plan_table, planned
    from .network_problem import NetworkWish, read_network_problem
    from .summary import summarise

    voice = Voice(as_json=json, quiet=quiet)
    several = list(dict.fromkeys(backbone or ()))
    check_several(several, weights=weights, plan=plan)
    how = How(
        backbone=several[0] if several else None,
        weights=weights,
        policy=policy,
        candidates=candidates,
        scoring=scoring,
        folds=folds,
        time_limit=o.seconds(time_limit),
        epochs=epochs,
        source_epochs=source_epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        device=device,
    )
    settings = Settings(how, out, overwrite, resume, seed, shlex.join(["headstart", *sys.argv[1:]]))
    if plan:
        check_how(how)
    else:
        settings.check()
    parts.network_search()  # torch is missing before anything is read, if it is
    check_device(device)
    wish = NetworkWish(
        target=target,
        source=source or (),
        label=label,
        column=column,
        source_label=source_label,
        backbone=how.backbone,
        task=task,
        drop=tuple(drop or ()),
        id_column=id_column,
    )
    problem, kind = read_network_problem(wish)
    for note in problem.notes:
        voice.note(note)
    for warning in problem.warnings:
        tell_warning(warning)
    if plan:
        records = planned(problem, kind, how, seed)
        voice.lay_out(plan_table(records))
        voice.give({"candidates": records})
        return 0
    if len(several) > 1:
        settings = with_best(settings, several, problem, kind, voice)
    result = search_run(problem, kind, settings, voice)
    summarise(result, voice)
    if settings.ranking is not None:
        voice.note(f"the ranking of the backbones is in {str(result.folder / rf.BACKBONES)!r}")
    verdict = result.verdict
    return HARM if fail_on_harm and verdict is not None and verdict.decision == "hurts" else 0
