"""``headstart layers``: which layers of a network to take over."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from . import options as o
from .voice import Voice, tell_warning

TABLE, PAGE, RECORD = "layers.csv", "layers.html", "layers.json"


def layers(
    target: o.Target,
    label: o.Label,
    source: o.Source = None,
    backbone: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="A pretrained network, such as hf/bert-base-uncased; a small one without weights by default.",
            rich_help_panel="Model",
        ),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="The backbone's weights, to fetch nothing.", rich_help_panel="Model"),
    ] = None,
    depths: Annotated[
        str | None,
        typer.Option(metavar="1,2,...", help="Numbers of layers to try; all by default.", rich_help_panel="Model"),
    ] = None,
    repeats: Annotated[
        int, typer.Option(min=2, help="Splits of the target to learn from and score on.", rich_help_panel="Model")
    ] = 5,
    probe: Annotated[
        bool,
        typer.Option("--probe", help="Cheap: linear models on each layer's features.", rich_help_panel="Model"),
    ] = False,
    no_controls: Annotated[
        bool, typer.Option("--no-controls", help="Leave out the source-to-source controls.", rich_help_panel="Model")
    ] = False,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, help="Passes over the target rows; about 900 steps by default.", rich_help_panel="Model"),
    ] = None,
    source_epochs: Annotated[
        int | None, typer.Option(min=1, help="Passes over the source rows; likewise.", rich_help_panel="Model")
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out", "-o", metavar="FOLDER", help="A new folder for the table and the page.", rich_help_panel="Output"
        ),
    ] = None,
    source_label: o.SourceLabel = None,
    drop: o.Drop = None,
    id_column: o.IdColumn = None,
    rename: o.Rename = None,
    task: o.TaskName = None,
    seed: o.Seed = 0,
    json: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Tell how many layers of a network to take over from a source, frozen or fine-tuned.

    Example: headstart layers --target hungary.csv --source long_beach.csv --label disease --out layers
    """
    import shlex
    import sys

    from .. import run_folder as rf
    from . import parts
    from .job import threads_for
    from .problem import Wish, read_problem

    voice = Voice(as_json=json, quiet=quiet)
    asked = _depths(depths)
    study = parts.layer_study(
        backbone=backbone,
        weights=weights,
        mode="probe" if probe else "train",
        depths=asked,
        repeats=repeats,
        controls=not no_controls,
        epochs=epochs,
        source_epochs=source_epochs,
        random_state=seed,
    )
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
        alone=backbone is not None,
    )
    problem = read_problem(wish)
    for note in problem.notes:
        voice.note(note)
    for warning in problem.warnings:
        tell_warning(warning)
    assert problem.task is not None  # the label is required
    with voice.progress("training the networks ...") as progress, threads_for(problem):
        study.set_params(progress=progress, task=problem.task.kind)
        study.fit(problem.target.X, problem.target.y, source=problem.source)
    study.set_params(progress=None)
    voice.show(study.summary())
    if out is not None:
        run = {"command": shlex.join(["headstart", *sys.argv[1:]]), "seed": seed, **problem.record}
        _write(out, study, run, voice)
    voice.give(_record(study))


def _depths(text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"--depths is {text!r}; expected whole numbers with commas, such as 1,2,4") from None


def _record(study: Any) -> dict[str, Any]:
    return {
        "recommendation": study.recommendation_.to_dict(),
        "metric": study.metric_,
        "layers": study.layers_,
        "table": study.table_.to_dict("records"),
    }


def _write(out: str, study: Any, run: dict[str, Any], voice: Voice) -> None:
    from .. import run_folder as rf
    from ..store.files import versions
    from . import parts
    from .voice import plain

    run = {**run, "versions": versions()}
    with rf.new_run_folder(out) as folder:
        study.table_.to_csv(folder / TABLE, index=False)
        parts.write_layers(folder / PAGE, study=study, run=run)
        rf.write_json(folder / RECORD, plain({**_record(study), "run": run}))
    voice.note(f"wrote {TABLE}, {PAGE} and {RECORD} to {out!r}")
