"""What the commands say: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.text import Text

# Characters in a line where no terminal says how many it has.
PAGE = 88


def _console(stream: Any) -> Console:
    # Text of users (file names, labels) may hold brackets, which are not markup; numbers need no colours of their own.
    return Console(file=stream, markup=False, highlight=False, emoji=False, soft_wrap=not stream.isatty())


def tell_error(message: str) -> None:
    """One clear message on stderr."""
    _tell("error", "bold red", message)


def tell_warning(message: str) -> None:
    """Something that the user should act on or know of."""
    _tell("warning", "bold yellow", message)


def _tell(kind: str, style: str, message: str) -> None:
    text = Text.assemble((f"{kind}: ", style), message)
    _console(sys.stderr).print(text)


class Voice:
    """Says what a command does and prints its result.

    Parameters
    ----------
    as_json : bool, default=False
        Whether stdout gets one JSON document and nothing else.
    quiet : bool, default=False
        Whether stderr gets warnings and errors only.
    """

    def __init__(self, *, as_json: bool = False, quiet: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet

    def note(self, message: str) -> None:
        """Say on stderr what was decided or done."""
        if not self.quiet:
            _console(sys.stderr).print(Text(message, style="dim"))

    def show(self, content: Any = "") -> None:
        """Print a line or a text as it is; under ``--json`` nothing."""
        if not self.as_json:
            _console(sys.stdout).print(content)

    def lay_out(self, content: Any) -> None:
        """Print a paragraph or a table, broken to the width of the terminal, or of a page where there is none."""
        if not self.as_json:
            width = None if sys.stdout.isatty() else int(os.environ.get("COLUMNS", PAGE))
            Console(file=sys.stdout, markup=False, highlight=False, emoji=False, width=width).print(content)

    def give(self, content: dict[str, Any]) -> None:
        """Print the result as JSON, where it was asked for."""
        if self.as_json:
            sys.stdout.write(json.dumps(plain(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n")

    @contextmanager
    def progress(self, what: str, *, in_lines: bool = False) -> Iterator[Callable[..., None]]:
        """A function of the steps done, those in all and the name of the next, if it has one.

        It moves a bar in a terminal. Elsewhere it is silent, or, ``in_lines``, tells a step now and then.
        """
        if self.quiet or not sys.stderr.isatty():
            if not self.quiet:
                self.note(what)
            if in_lines and not self.quiet:
                from .progress_lines import ProgressLines

                yield ProgressLines(self.note)
                return
            yield lambda done, total, name="": None
            return
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=_console(sys.stderr), transient=True) as bar:
            task = bar.add_task(what, total=None)

            def move(done: int, total: int, name: str = "") -> None:
                bar.update(task, completed=done, total=total or None, description=name or what)

            yield move

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Show that work is going on: a spinner in a terminal, one line elsewhere."""
        if self.quiet:
            yield
        elif sys.stderr.isatty():
            with _console(sys.stderr).status(Text(what)):
                yield
        else:
            self.note(what)
            yield


def plain(value: Any) -> Any:
    """JSON's own types; NaN and infinities, which JSON lacks, become None."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if hasattr(value, "tolist"):  # NumPy
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)
