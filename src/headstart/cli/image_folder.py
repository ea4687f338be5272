"""A folder of images: one subfolder for each class, or images without labels."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import InputError

# As headstart.neural.inputs tells images by their names; a test holds the two together. Here torch is not needed.
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm", ".jp2")
_TREE = "expected one folder for each class, which holds its images: photos/cats/1.jpg, photos/dogs/2.jpg"


@dataclass(frozen=True)
class ImageFolder:
    """The images of a folder.

    Attributes
    ----------
    path : pathlib.Path
        The folder.
    files : tuple of pathlib.Path
        The images, in order of their names.
    labels : tuple of str
        The class of each, from the subfolder that holds it; empty where nothing was asked about classes.
    notes : tuple of str
        What was passed over.
    """

    path: Path
    files: tuple[Path, ...]
    labels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the folder: what messages call the domain."""
        return self.path.resolve().name

    @property
    def names(self) -> list[str]:
        """The images' names within the folder."""
        return [file.relative_to(self.path).as_posix() for file in self.files]

    def sha256(self) -> str:
        """A checksum of all names and contents."""
        found = hashlib.sha256()
        for file, name in zip(self.files, self.names, strict=True):
            with file.open("rb") as opened:
                found.update(f"{name}\0{hashlib.file_digest(opened, 'sha256').hexdigest()}\n".encode())
        return found.hexdigest()


def class_folders(path: str | Path) -> ImageFolder:
    """Images with the name of their subfolder as label.

    Raises
    ------
    InputError
        Where there are no subfolders, or one of them holds no image.
    """
    place = Path(path)
    classes = sorted(p for p in place.iterdir() if p.is_dir() and not _is_hidden(p))
    if not classes:
        n_loose = sum(_is_image(p) for p in place.iterdir())
        found = f"{n_loose} images that are in no subfolder" if n_loose else "no subfolders"
        raise InputError(f"the folder {str(place)!r} has {found}; {_TREE}")
    files: list[Path] = []
    labels: list[str] = []
    loose = [p for p in place.iterdir() if not p.is_dir()]
    n_loose = sum(_is_image(p) for p in loose)
    hidden, others = _passed_over(p for p in loose if not _is_image(p))
    for one in classes:
        images, n_hidden, n_others = _images_in(one)
        hidden, others = hidden + n_hidden, others + n_others
        if not images:
            held = f"{n_others} files that are no images" if n_others else "no file"
            raise InputError(
                f"the class folder {str(one)!r} holds {held}; expected images ({', '.join(SUFFIXES[:3])} ...) in each "
                "class: remove the folder, or put images into it"
            )
        files += images
        labels += [one.name] * len(images)
    return ImageFolder(place, tuple(files), tuple(labels), _notes(hidden, others, n_loose))


def all_images(path: str | Path) -> ImageFolder:
    """The images of a folder and its subfolders, without labels.

    Raises
    ------
    InputError
        Where there is none.
    """
    place = Path(path)
    images, hidden, others = _images_in(place)
    if not images:
        held = f"{others} files that are no images" if others else "no file"
        raise InputError(f"the folder {str(place)!r} holds {held}; expected images ({', '.join(SUFFIXES[:3])} ...)")
    return ImageFolder(place, tuple(images), (), _notes(hidden, others))


def _images_in(folder: Path) -> tuple[list[Path], int, int]:
    """The images below a folder, and how many hidden files and others there are."""
    images: list[Path] = []
    rest: list[Path] = []
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(names):
            file = Path(here, name)
            (images if _is_image(file) else rest).append(file)
    return images, *_passed_over(iter(rest))


def _passed_over(files: Iterator[Path]) -> tuple[int, int]:
    hidden = [_is_hidden(file) for file in files]
    return sum(hidden), len(hidden) - sum(hidden)


def _is_hidden(path: Path) -> bool:
    return path.name.startswith(".")


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not _is_hidden(path)


def _notes(hidden: int, others: int, loose: int = 0) -> tuple[str, ...]:
    told = [
        _counted(hidden, "hidden file", "hidden files"),
        _counted(others, "file that is no image", "files that are no images"),
        _counted(loose, "image in no class folder", "images in no class folder"),
    ]
    said = [t for t in told if t]
    return (f"left out: {', '.join(said)}",) if said else ()


def _counted(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}" if n else ""
