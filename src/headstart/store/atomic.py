"""Files that are whole or not there: write beside the place, then rename."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..core.errors import InputError


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path in the same folder; put it in the place of ``path`` when the block ends well.

    Whatever ends the block otherwise (a full disk, Ctrl-C) removes the temporary file and leaves what was at
    ``path`` as it was. The bytes are forced to the disk before the rename, so that a power cut cannot leave a
    name without its content.
    """
    place = Path(path)
    if place.is_dir():
        raise InputError(f"{str(place)!r} is a folder; expected the name of a file to write")
    if not place.parent.is_dir():
        raise InputError(f"the folder {str(place.parent)!r} does not exist; create it before writing {place.name!r}")
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.partial-")
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        force_to_disk(partial)
        partial.chmod(0o666 & ~_umask())
        os.replace(partial, place)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def force_to_disk(path: Path) -> None:
    """Wait until the bytes of a file are on the disk."""
    descriptor = os.open(path, os.O_RDWR)  # Windows flushes only what is open for writing
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    """The permissions that new files lose; mkstemp makes files that nobody else may read."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
