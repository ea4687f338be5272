"""Images that were read: in memory, or decoded when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch

from ...core.errors import HeadstartError, InputError
from .augment import augmented
from .rows import View, check_places, pick

# Pillow decodes outside Python's lock, so threads do it at the same time; more than a few only wait for the disk.
THREADS = 4
# Images that are decoded before the next ones are handed to the threads: so many wait in memory at once.
_CHUNK = 256


class ImageRows(View):
    """Images of one size.

    Parameters
    ----------
    pixels : tensor (n, channels, height, width) of uint8 or float32, or callable
        What lies in memory; or what gives such a tensor for a list of row numbers.
    n_rows : int
        How many images there are.
    mean, std : tuple of float
        Per channel, of images from 0 to 1.
    augment : {"none", "flip", "crop"}
        How training images are changed.
    """

    def __init__(
        self,
        pixels: torch.Tensor | Callable[[list[int]], torch.Tensor],
        n_rows: int,
        mean: Sequence[float],
        std: Sequence[float],
        augment: str,
    ) -> None:
        super().__init__(n_rows)
        self.pixels, self.augment = pixels, augment
        self._mean = torch.tensor(mean, dtype=torch.float32).reshape(1, -1, 1, 1)
        self._std = torch.tensor(std, dtype=torch.float32).reshape(1, -1, 1, 1)

    @property
    def in_memory(self) -> bool:
        """Whether the images lie in memory, decoded."""
        return isinstance(self.pixels, torch.Tensor)

    def batch(self, index: Any, device: Any = "cpu", generator: torch.Generator | None = None) -> torch.Tensor:
        """The images at ``index``, normalised; changed by the reader's ``augment`` where a ``generator`` is given."""
        places = self._places(index)
        if isinstance(self.pixels, torch.Tensor):
            pixels = pick(self.pixels, places)
        else:
            check_places(places, self._n_rows)
            pixels = self.pixels(places.tolist())
        pixels = pixels.to(device)  # before they become floats: a quarter of the bytes
        if generator is not None:
            pixels = augmented(pixels, self.augment, generator)
        white = 255.0 if pixels.dtype == torch.uint8 else 1.0
        mean, std = self._mean.to(device), self._std.to(device)
        return pixels.to(torch.float32).sub_(mean * white).div_(std * white)


def decode_all(decode: Callable[[int], np.ndarray], rows: Sequence[int], names: Any, *, what: str) -> list[np.ndarray]:
    """Decode rows by a few threads; raise one error for all that cannot be read.

    ``names(row)`` is what the message calls a row; ``decode(row)`` gives its pixels.
    """
    found: list[np.ndarray] = []
    bad: list[tuple[int, Exception]] = []

    def attempt(row: int) -> np.ndarray | tuple[int, Exception]:
        try:
            return decode(row)
        except ImportError:
            raise
        except Exception as error:  # damaged files make Pillow raise almost anything
            return row, error

    with ThreadPoolExecutor(THREADS) as pool:
        for start in range(0, len(rows), _CHUNK):
            for result in pool.map(attempt, rows[start : start + _CHUNK]):
                if isinstance(result, tuple):
                    bad.append(result)
                elif not bad:
                    found.append(result)
    if bad:
        raise _unreadable(bad, len(rows), names, what)
    return found


def _unreadable(bad: list[tuple[int, Exception]], n_rows: int, names: Any, what: str) -> InputError:
    shown: list[str] = []
    told: set[str] = set()
    for row, error in bad[:3]:
        reason = _reason(error)
        # What was expected is said once.
        found, _, _ = reason.partition("; expected")
        shown.append(f"row {row}{names(row)}: {found if reason.removeprefix(found) in told else reason}")
        told.add(reason.removeprefix(found))
    more = f"; and {len(bad) - 3} more" if len(bad) > 3 else ""
    mend = "" if len(bad) == n_rows else ". Mend or drop those rows"
    return InputError(f"{len(bad)} of {n_rows} images of {what} cannot be read: {'; '.join(shown)}{more}{mend}")


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, IsADirectoryError):
        return "it is a folder; expected a file"
    if isinstance(error, HeadstartError):
        return str(error)
    if type(error).__name__ == "UnidentifiedImageError":
        return "it is no image, or of a format that Pillow does not know"
    return str(error) or type(error).__name__
