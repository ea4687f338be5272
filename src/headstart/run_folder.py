"""The run folder: all that a fit leaves, written beside its place and put there in one step."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .core.errors import InputError
from .store.atomic import force_to_disk

MODEL = "model.headstart"
RUN = "run.json"
VERDICT = "verdict.json"
LEADERBOARD = "leaderboard.csv"
CURVES = "curves.csv"  # of networks: the loss by epoch
LAYERS = "layers.csv"  # of networks: what was trained
AFFINITY = "affinity.csv"  # of several tasks: who helps whom
DIAGNOSIS = "diagnosis.json"
SPACES = "spaces.json"  # shows rows: may be deleted before a run is given away
REPORT = "report.html"
BACKBONES = "backbones.html"  # of several backbones: their ranking
CARD = "model_card.md"

FORMAT = "headstart run"
FORMAT_VERSION = 1


def check_place(out: str | os.PathLike[str], *, overwrite: bool | None) -> None:
    """Raise where a run folder may not be put; to be called before the work, not after it.

    Without ``overwrite`` a folder that holds anything is refused. With it only a run folder, or an empty one, may be
    replaced: nothing else can be lost by a wrong ``--out``. None: the command has no such option, since what it
    leaves is no run that could be told from other files; its messages do not name the option.
    """
    place = Path(out)
    if place.is_file() or place.is_symlink():
        raise InputError(f"{str(place)!r} is a file; expected the name of a folder for the run")
    for above in place.absolute().parents:
        if above.exists():
            if not above.is_dir():
                raise InputError(f"{str(above)!r} is a file; expected a folder to put {place.name!r} into")
            _try_to_write(above)
            break
    if not place.is_dir() or not any(place.iterdir()):
        return
    if not overwrite:
        mend = ", or remove it" if overwrite is None else ", or pass --overwrite to replace the run in it"
        raise InputError(f"the folder {str(place)!r} exists and is not empty; choose another name{mend}")
    if not _is_run(place):
        raise InputError(
            f"the folder {str(place)!r} holds something else than a run (no {RUN} of headstart), and is not replaced; "
            "choose another name"
        )


def _try_to_write(folder: Path) -> None:
    """Raise where nothing can be put into a folder. Only trying tells: permissions say yes to root everywhere."""
    try:
        os.rmdir(tempfile.mkdtemp(dir=folder, prefix=".headstart-"))
    except OSError as error:
        if is_disk_full(error):
            raise
        raise InputError(
            f"the folder {str(folder)!r} may not be written to ({error.strerror}); choose another place"
        ) from error


@contextmanager
def new_run_folder(out: str | os.PathLike[str], *, overwrite: bool | None = None) -> Iterator[Path]:
    """Yield a hidden folder beside ``out``; put it in the place of ``out`` when the block ends well.

    Whatever ends the block otherwise (an error, Ctrl-C, a full disk) removes the hidden folder and leaves ``out`` as
    it was. A killed process leaves the hidden folder, ``.NAME.partial-...``, which no command takes for a run.
    """
    check_place(out, overwrite=overwrite)
    place = Path(out).absolute()
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name}.partial-"))
    try:
        yield partial
        for file in sorted(partial.iterdir()):
            force_to_disk(file)
        partial.chmod(0o777 & ~_umask())
        _put(partial, place, overwrite=overwrite)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _put(partial: Path, place: Path, *, overwrite: bool | None) -> None:
    check_place(place, overwrite=overwrite)  # somebody else may have been faster
    if not place.exists() or not any(place.iterdir()):
        with suppress(FileNotFoundError):
            place.rmdir()
        os.rename(partial, place)
        return
    # The old run keeps its name until the new one is whole, and its place until the next line.
    old = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name}.old-"))
    os.rename(place, old)
    try:
        os.rename(partial, place)
    except BaseException:
        os.rename(old, place)
        raise
    shutil.rmtree(old, ignore_errors=True)


def leftovers(out: str | os.PathLike[str]) -> list[Path]:
    """Hidden folders that killed runs left beside ``out``."""
    place = Path(out).absolute()
    return sorted(place.parent.glob(f".{place.name}.partial-*")) if place.parent.is_dir() else []


def write_json(path: Path, content: Any, *, indent: int | None = 2) -> None:
    """Write JSON for people to read: indented (None: on one line), no NaN (which JSON does not have), a line end."""
    text = json.dumps(content, indent=indent, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def finish(folder: Path, run: dict[str, Any]) -> None:
    """Write ``run.json``, the last file, with the checksums of all the others."""
    files = {p.name: _sha256(p) for p in sorted(folder.iterdir()) if p.name != RUN}
    write_json(folder / RUN, {"format": FORMAT, "format_version": FORMAT_VERSION, **run, "files": files})


def read_run(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Read ``run.json`` of a whole run folder.

    Raises
    ------
    InputError
        Where there is no such folder, it is not a run, one of its files is missing, or it comes from a newer format.
    """
    place = Path(folder)
    if not place.exists():
        raise InputError(f"there is no run folder {str(place)!r}; expected one that `headstart fit --out` left")
    if not place.is_dir():
        raise InputError(f"{str(place)!r} is a file; expected a run folder (for a model file pass --model)")
    if place.name.startswith(".") and ".partial-" in place.name:
        raise InputError(f"{str(place)!r} was left by a run that was killed; it is not whole: fit again")
    if not (place / RUN).is_file():
        raise InputError(
            f"{str(place)!r} is not a run folder (it has no {RUN}); expected one that `headstart fit` left"
        )
    try:
        run = json.loads((place / RUN).read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise InputError(f"{str(place / RUN)!r} cannot be read ({error}); fit again") from error
    if not isinstance(run, dict) or run.get("format") != FORMAT:
        raise InputError(f"{str(place / RUN)!r} is not of headstart; expected a run folder that `headstart fit` left")
    if int(run.get("format_version", 0)) > FORMAT_VERSION:
        raise InputError(f"{str(place)!r} was left by a newer headstart; upgrade headstart to read it")
    missing = [name for name in run.get("files", {}) if name != SPACES and not (place / name).is_file()]
    if missing:
        raise InputError(f"the run folder {str(place)!r} lacks {', '.join(missing)}; fit again")
    return run


def refresh(folder: Path, run: dict[str, Any]) -> None:
    """Write ``run.json`` again after one of the files was replaced."""
    from .store.atomic import replacing

    files = {name: _sha256(folder / name) for name in run["files"] if (folder / name).is_file()}
    with replacing(folder / RUN) as partial:
        write_json(partial, {**run, "files": files})


def _is_run(place: Path) -> bool:
    try:
        return json.loads((place / RUN).read_text(encoding="utf-8")).get("format") == FORMAT
    except (OSError, ValueError, AttributeError):
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def is_disk_full(error: OSError) -> bool:
    """Whether an error says that there is no space left."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
