"""A page as a file that is whole or not there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ..core.errors import InputError


def write_whole(path: str | os.PathLike[str], text: str) -> None:
    """Write a file beside its place, then put it there; raise where the folder does not exist."""
    place = Path(path)
    if not place.parent.is_dir():
        raise InputError(f"the folder {str(place.parent)!r} does not exist; create it before writing {place.name!r}")
    content = text.encode("utf-8")
    handle, partial = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.partial-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(partial, 0o644)
        os.replace(partial, place)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
