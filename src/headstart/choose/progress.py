"""A bar on stderr, or the user's own function, or nothing."""

from __future__ import annotations

from collections.abc import Callable


def reporter(progress: bool | Callable[[int, int], None], what: str) -> Callable[[int, int], None]:
    """Something to tell how many of how many steps are done."""
    if callable(progress):
        return progress
    if not progress:
        return lambda done, total: None
    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task(what, total=None)

    def report(done: int, total: int) -> None:
        bar.start()
        bar.update(task, completed=done, total=total)
        if done >= total:
            bar.stop()

    return report
