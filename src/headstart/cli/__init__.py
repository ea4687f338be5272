"""The command line: ``headstart demo | diagnose | fit | evaluate | predict | report``, of tasks ``multitask``."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit code: 0; 2 for bad input; 3 for harm under ``--fail-on-harm``."""
    try:
        from .app import run

        code = run(arguments)
    except KeyboardInterrupt:  # while the commands are still being loaded
        import sys

        sys.stderr.write("error: interrupted before anything was done\n")
        code = 130
    raise SystemExit(code)
