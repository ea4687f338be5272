"""The images that were passed, one by one, and what most of them are like."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import Any

import numpy as np
import torch

from ...core.errors import HeadstartWarning, InputError, InputTypeError
from ...core.rows import entry_kind
from .image_rows import decode_all
from .kinds import as_entries
from .pictures import decode, pillow

# A network of one's own that starts from large photographs would not finish.
_LARGEST = 256
# Share of white that some pixel of some photograph reaches, in any collection that is no mistake of scale.
_DARK = 0.3


def image_entries(X: Any, what: str) -> np.ndarray | list[Any]:
    """The images: an array (n, height, width[, channels]), or a list of files, PIL images or arrays."""
    if hasattr(X, "__array__") and getattr(X, "ndim", 0) > 2:
        X = np.asarray(X)
        if X.ndim > 4 or X.dtype.kind not in "fiub":
            raise InputError(
                f"{what} has shape {X.shape} and type {X.dtype}; expected images (n, height, width[, channels]) "
                "of numbers"
            )
        entries: Any = X
        if X.ndim == 4 and X.shape[1] in (1, 3) and min(X.shape[2:]) > 4:
            entries = np.moveaxis(X, 1, 3)
    else:
        entries = as_entries(X)
        for row, value in enumerate(entries):
            if entry_kind(value) is None:
                raise InputTypeError(
                    f"{what} holds {type(value).__name__} at row {row}; expected images: file names, PIL images, or "
                    "arrays (height, width[, channels])"
                )
    if len(entries) == 0:
        raise InputError(f"{what} has no rows; expected at least one image")
    return entries


def is_floats(value: Any) -> bool:
    """Whether an image, or an array of images, is of numbers other than 8 bits."""
    return entry_kind(value) == "array" and np.asarray(value).dtype not in (np.dtype(np.uint8), np.dtype(bool))


def white_in(entries: np.ndarray | list[Any]) -> float | None:
    """What stands for white in arrays of numbers, 1 or 255; None where there are none."""
    arrays = [entries] if isinstance(entries, np.ndarray) else [np.asarray(v) for v in entries if is_floats(v)]
    arrays = [a for a in arrays if a.dtype.kind in "fi" or (a.dtype.kind == "u" and a.dtype.itemsize > 2)]
    if not arrays:
        return None
    is_small = all(a.dtype.kind == "f" and (a.size == 0 or float(a.max()) <= 1.0) for a in arrays)
    return 1.0 if is_small else 255.0


def warn_of_scale(entries: np.ndarray | list[Any], what: str) -> None:
    """Warn where images go from 0 to 1 and those of training went from 0 to 255; black ones are of any scale."""
    arrays = [entries] if isinstance(entries, np.ndarray) else [np.asarray(v) for v in entries if is_floats(v)]
    high = max((float(a.max()) for a in arrays if a.size), default=0.0)
    if high > 0:
        warnings.warn(
            f"{what} holds images of floats up to {high:g}, and in those of training 255 is white: they are taken for "
            "nearly black; expected one scale: multiply them by 255",
            HeadstartWarning,
            stacklevel=4,
        )


def warn_of_dark(images: list[np.ndarray]) -> None:
    """Warn of images that a pretrained network would see as nearly black, as of digits with values of 0 to 16."""
    high = max(float(image.max()) / (255.0 if image.dtype == np.uint8 else 1.0) for image in images)
    if high < _DARK:
        warnings.warn(
            f"the brightest pixel of X is {high:.2g} of white, so that a pretrained network sees nearly black images; "
            "expected values up to white, 255 for whole numbers and 1 for floats: scale them, such as "
            "X * (255 / X.max())",
            HeadstartWarning,
            stacklevel=4,
        )


def name_of(value: Any) -> str:
    """The name of a file for a message, or nothing."""
    return f" {str(value)!r}" if entry_kind(value) in ("text", "path") else ""


def opened(value: Any) -> np.ndarray:
    """Look at the beginning of a file, that it is there and an image; other entries are in memory already."""
    if entry_kind(value) in ("text", "path"):
        with pillow().open(value) as image:
            return np.array(image.size)
    return np.zeros(0)


def sample(entries: np.ndarray | list[Any], white: float | None, most: int, what: str) -> list[np.ndarray]:
    """Up to ``most`` images, evenly spread, decoded in their own size and channels."""
    rows = np.unique(np.linspace(0, len(entries) - 1, min(most, len(entries))).astype(int)).tolist()

    def one(row: int) -> np.ndarray:
        image = decode(entries[row], white)
        return image[:, :, None] if image.ndim == 2 else image

    return decode_all(one, rows, lambda row: name_of(entries[row]), what=what)


def common_size(images: list[np.ndarray]) -> tuple[int, int]:
    """Height and width of all, or their medians, at most 256."""
    sizes = {image.shape[:2] for image in images}
    if len(sizes) == 1:
        height, width = next(iter(sizes))
    else:
        height, width = (int(np.median([image.shape[axis] for image in images])) for axis in (0, 1))
    return min(height, _LARGEST), min(width, _LARGEST)


def common_channels(images: list[np.ndarray]) -> int:
    """1 where all are grey, 3 where some have colours, else what they have."""
    found = Counter(image.shape[2] for image in images)
    if set(found) <= {1, 2}:
        return 1
    return 3 if set(found) <= {1, 2, 3, 4} else found.most_common(1)[0][0]


def stacked(images: list[np.ndarray], shape: tuple[int, ...]) -> torch.Tensor:
    """Images of one size as a tensor (n, channels, height, width): of 8 bits where all are, else of floats 0 to 1."""
    whole = all(image.dtype == np.uint8 for image in images)
    pixels = np.empty(shape, dtype=np.uint8 if whole else np.float32)
    for k, image in enumerate(images):
        pixels[k] = np.moveaxis(image, 2, 0) if image.dtype == np.uint8 and whole else _as_floats(image)
    return torch.from_numpy(pixels)


def _as_floats(image: np.ndarray) -> np.ndarray:
    return np.moveaxis(image.astype(np.float32) / 255.0 if image.dtype == np.uint8 else image, 2, 0)
