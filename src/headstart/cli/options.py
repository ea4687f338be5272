"""The options that several commands share."""

from __future__ import annotations

import re
from typing import Annotated

import typer

_DATA, _MODEL, _TRAINING, _OUTPUT = "Data", "Model", "Training", "Output"

Target = Annotated[
    str,
    typer.Option(
        "--target", "-t", metavar="FILE", help="The table that matters, as CSV or Parquet.", rich_help_panel=_DATA
    ),
]
Source = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        "-s",
        metavar="[NAME=]FILE",
        help="A table to learn from. May be given several times.",
        rich_help_panel=_DATA,
    ),
]
SourceModel = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[NAME=]PATH",
        help="A run folder or model file of another place, whose rows are not at hand. May be given several times.",
        rich_help_panel=_DATA,
    ),
]
Label = Annotated[
    str, typer.Option("--label", "-l", metavar="COLUMN", help="The column to predict.", rich_help_panel=_DATA)
]
OptionalLabel = Annotated[
    str | None,
    typer.Option("--label", "-l", metavar="COLUMN", help="The column to predict.", rich_help_panel=_DATA),
]
SourceLabel = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN", help="What the label is called in the sources, if otherwise.", rich_help_panel=_DATA
    ),
]
NoTargetLabels = Annotated[
    bool, typer.Option("--no-target-labels", help="The target has no labels at all.", rich_help_panel=_DATA)
]
Unlabeled = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="More rows like the target's, without labels.", rich_help_panel=_DATA),
]
Drop = Annotated[
    list[str] | None,
    typer.Option(metavar="COLUMN", help="A column to leave out. May be given several times.", rich_help_panel=_DATA),
]
Rename = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SOURCE=TARGET",
        help="A source column that the target has under another name. May be given several times.",
        rich_help_panel=_DATA,
    ),
]
IdColumn = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="The column that names the rows: not learned from.", rich_help_panel=_DATA),
]
TaskName = Annotated[
    str | None,
    typer.Option(
        "--task",
        metavar="TASK",
        help="classification or regression; told from the labels by default.",
        rich_help_panel=_DATA,
    ),
]
Seed = Annotated[
    int, typer.Option(min=0, max=2**32 - 1, help="The same seed gives the same result.", rich_help_panel=_MODEL)
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.", rich_help_panel=_OUTPUT)]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Say nothing but warnings and errors.", rich_help_panel=_OUTPUT)
]
Run = Annotated[str | None, typer.Option("--run", "-r", metavar="FOLDER", help="The run folder that fit left.")]
ModelFile = Annotated[
    str | None, typer.Option("--model", "-m", metavar="FILE", help="A model file, in place of a run.")
]
Trusted = Annotated[
    list[str] | None,
    typer.Option(
        "--trust", metavar="TYPE", help="A foreign type that the model file may hold. May be given several times."
    ),
]


def seconds(text: str | None) -> float | None:
    """Read "90", "90s", "5m" or "1.5h" as seconds."""
    if text is None:
        return None
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(s|sec|m|min|h)?\s*", text)
    if found is None or float(found.group(1)) <= 0:
        raise typer.BadParameter(f"{text!r} is no time; expected seconds, or a number with s, m or h, such as 5m")
    return float(found.group(1)) * {"s": 1, "m": 60, "h": 3600}[(found.group(2) or "s")[0]]


TimeLimit = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="How long fitting may take, such as 90s or 5m.", rich_help_panel=_MODEL),
]

# Of networks.
BackboneName = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="A pretrained network to start from, such as timm/resnet50 or hf/bert-base-uncased.",
        rich_help_panel=_MODEL,
    ),
]
Weights = Annotated[
    str | None,
    typer.Option(metavar="PATH", help="The backbone's weights, to fetch nothing.", rich_help_panel=_MODEL),
]
BatchSize = Annotated[int | None, typer.Option(min=1, help="Rows of a step.", rich_help_panel=_TRAINING)]
LearningRate = Annotated[float | None, typer.Option(help="The highest learning rate.", rich_help_panel=_TRAINING)]
Device = Annotated[str, typer.Option(metavar="NAME", help="auto, cpu, cuda or mps.", rich_help_panel=_TRAINING)]
