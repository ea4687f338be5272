"""The command line: ``headstart demo | diagnose | fit | evaluate | predict | report``."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit code: 0; 2 for bad input; 3 for harm under ``--fail-on-harm``."""
    from .app import run

    raise SystemExit(run(arguments))
