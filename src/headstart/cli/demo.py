"""``headstart demo``: the main job on data that come with the package."""

from __future__ import annotations

from typing import Annotated

import typer

from . import options as o
from .voice import Voice


def demo(
    out: Annotated[
        str, typer.Option("--out", "-o", metavar="FOLDER", help="Where the two runs are written.")
    ] = "headstart-demo",
    seed: o.Seed = 0,
    json: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Show the main job on heart patients of four hospitals, and whether the verdicts were right."""
    from .story import tell

    tell(out, seed, Voice(as_json=json, quiet=quiet))
