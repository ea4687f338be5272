"""All commands under one name. Modules of commands import what is slow only when they run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated

import typer

from .backbones import backbones
from .demo import demo
from .diagnose import diagnose
from .errors import BAD_INPUT, guarded
from .evaluate import evaluate
from .finetune import finetune
from .fit import fit
from .layers import layers
from .map import map_
from .multitask import multitask
from .predict import predict
from .rank import rank
from .report import report
from .tasks import tasks
from .voice import tell_error

app = typer.Typer(
    name="headstart",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"headstart {version('headstart')}")
        raise typer.Exit


@app.callback()
def _common(
    _: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Transfer learning with evidence.

    You have a small table of labelled rows (the target) and larger tables that are nearly about the same (the sources).
    headstart tells how they differ, whether the sources help, and leaves a model that predicts.

    Try it without data of your own: [bold]headstart demo[/bold]
    """


for command in (demo, diagnose, rank, fit, evaluate, predict, report, backbones, layers, finetune, multitask, tasks):
    app.command()(guarded(command))
app.command("map")(guarded(map_))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    try:
        code = app(
            args=list(arguments) if arguments is not None else None, prog_name="headstart", standalone_mode=False
        )
    except typer.Abort:
        return 130
    except Exception as error:
        # How typer reports a wrong option; its exceptions have had several homes, their two methods have stayed.
        if not hasattr(error, "format_message"):
            raise
        context = getattr(error, "ctx", None)
        asked = f" (see: {context.command_path} --help)" if context is not None else ""
        tell_error(f"{error.format_message()}{asked}")
        return BAD_INPUT
    finally:
        _flush()
    return code if isinstance(code, int) else 0


def _flush() -> None:
    """Let a closed pipe (``headstart ... | head``) end quietly."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
