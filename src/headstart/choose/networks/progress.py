"""What a search tells while it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Report = Callable[[int, int, str], None]


@contextmanager
def reporter(progress: bool | Report) -> Iterator[Report]:
    """A function of the trainings done, those there are and the name of the next; 0 of 0 before they are counted."""
    if callable(progress):
        yield progress
        return
    if not progress:
        yield lambda done, total, name: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns: list[Any] = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("networks", total=None)

        def report(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total or None, description=name or "networks")

        yield report
