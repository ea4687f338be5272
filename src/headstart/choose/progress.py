"""A bar on stderr, or the user's own function, or nothing."""

from __future__ import annotations

from collections.abc import Callable


def reporter(progress: bool | Callable[..., None], what: str) -> Callable[..., None]:
    """Something to tell how many of how many steps are done, and the name of the next where steps have names."""
    if callable(progress):
        return progress
    if not progress:
        return lambda done, total, name="": None
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress

    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task(what, total=None)

    def report(done: int, total: int, name: str = "") -> None:
        bar.start()
        bar.update(task, completed=done, total=total, description=escape(f"{what}: {name}" if name else what))
        if done >= total:
            bar.stop()

    return report
