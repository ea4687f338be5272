"""``headstart fit``: two tables in, a verdict and a model out."""

from __future__ import annotations

from typing import Annotated

import typer

from . import options as o
from .errors import HARM
from .voice import Voice, tell_warning


def fit(
    target: o.Target,
    label: o.Label,
    source: o.Source = None,
    source_model: o.SourceModel = None,
    out: Annotated[
        str, typer.Option("--out", "-o", metavar="FOLDER", help="The run folder to write.", rich_help_panel="Output")
    ] = "headstart-run",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the run in that folder.", rich_help_panel="Output")
    ] = False,
    source_label: o.SourceLabel = None,
    no_target_labels: o.NoTargetLabels = False,
    unlabeled: o.Unlabeled = None,
    drop: o.Drop = None,
    id_column: o.IdColumn = None,
    rename: o.Rename = None,
    task: o.TaskName = None,
    policy: Annotated[
        str,
        typer.Option(
            metavar="POLICY",
            help="blend: weigh all candidates; best: the best one; strict: transfer only where it surely helps.",
            rich_help_panel="Model",
        ),
    ] = "blend",
    candidates: Annotated[
        str,
        typer.Option(
            metavar="WHICH",
            help="auto: the methods that did well on other data; every: all that apply, at several times the cost.",
            rich_help_panel="Model",
        ),
    ] = "auto",
    scoring: Annotated[
        str | None,
        typer.Option(
            metavar="METRIC", help="A metric of scikit-learn, such as roc_auc or r2.", rich_help_panel="Model"
        ),
    ] = None,
    all_sources: Annotated[
        bool,
        typer.Option(
            "--all-sources",
            help="Use all sources, also those that tell nothing of the target's labels.",
            rich_help_panel="Model",
        ),
    ] = False,
    time_limit: o.TimeLimit = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes to fit with.", rich_help_panel="Model")] = 1,
    seed: o.Seed = 0,
    fail_on_harm: Annotated[
        bool,
        typer.Option("--fail-on-harm", help="Leave with exit code 3 where the sources hurt.", rich_help_panel="Output"),
    ] = False,
    trust: o.Trusted = None,
    json: o.Json = False,
    quiet: o.Quiet = False,
) -> int:
    """Tell whether the sources help, and leave a model with its report in a run folder.

    Examples: headstart fit --target hungary.csv --source long_beach.csv --label disease --out run

    headstart fit --target hungary.csv --source-model run_of_long_beach/ --label disease --out run
    """
    import shlex
    import sys

    from .job import Settings, fit_run
    from .problem import Wish, read_problem
    from .summary import summarise

    voice = Voice(as_json=json, quiet=quiet)
    settings = Settings(
        out=out,
        overwrite=overwrite,
        policy=policy,
        candidates=candidates,
        scoring=scoring,
        all_sources=all_sources,
        time_limit=o.seconds(time_limit),
        jobs=jobs,
        seed=seed,
        command=shlex.join(["headstart", *sys.argv[1:]]),
    )
    settings.check()
    wish = Wish(
        target=target,
        source=source or (),
        label=label,
        source_label=source_label,
        no_target_labels=no_target_labels,
        takes_no_labels=True,
        unlabeled=unlabeled,
        drop=tuple(drop or ()),
        id_column=id_column,
        task=task,
        rename=tuple(rename or ()),
        source_model=tuple(source_model or ()),
        trust=tuple(trust or ()),
    )
    problem = read_problem(wish)
    for note in problem.notes:
        voice.note(note)
    for warning in problem.warnings:
        tell_warning(warning)
    result = fit_run(problem, settings, voice)
    summarise(result, voice)
    verdict = result.verdict
    return HARM if fail_on_harm and verdict is not None and verdict.decision == "hurts" else 0
