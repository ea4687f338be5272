"""The working folder of a search among networks: kept while it runs, so that a killed one goes on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..core.errors import HeadstartError, InputError
from .voice import Voice


def place_of(out: str) -> Path:
    """The working folder beside a run folder."""
    place = Path(out).absolute()
    return place.parent / f".{place.name}.search"


def check_search_place(out: str, *, resume: bool) -> None:
    """Refuse a search that was begun and is not gone on with, before anything slow is done."""
    place = place_of(out)
    if place.exists() and not place.is_dir():
        raise InputError(f"{str(place)!r} is a file; expected nothing there, or the folder of a search: remove it")
    if place.is_dir() and any(place.iterdir()) and not resume:
        raise InputError(
            f"{str(place)!r} holds a search that was begun and is not finished; pass --resume to go on with it, or "
            "remove that folder to begin anew"
        )


@contextmanager
def working_folder(out: str, voice: Voice, *, resume: bool) -> Iterator[Path]:
    """Yield the working folder; remove it when the block ends well.

    An interruption leaves it, and says how to go on. An error leaves nothing where nothing was trained.
    """
    place = place_of(out)
    there = place.is_dir()
    if resume and not there:
        voice.note(f"there is no search to go on with at {str(place)!r}; a new one is begun")
    place.mkdir(parents=True, exist_ok=True)
    try:
        yield place
    except BaseException as error:
        if isinstance(error, HeadstartError) and not there and not _holds_training(place):
            shutil.rmtree(place, ignore_errors=True)
            raise
        voice.note(f"what was trained is kept in {str(place)!r}; the same command with --resume goes on with it")
        raise
    shutil.rmtree(place, ignore_errors=True)


def _holds_training(place: Path) -> bool:
    """Whether more lies there than what the search was begun with."""
    return any(file.is_file() and file.parent != place for file in place.rglob("*"))
