"""The reader of images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch

from ...core.errors import InputError
from .augment import AUGMENTS
from .image_entries import (
    common_channels,
    common_size,
    image_entries,
    is_floats,
    name_of,
    opened,
    sample,
    stacked,
    warn_of_dark,
    warn_of_scale,
    white_in,
)
from .image_rows import ImageRows, decode_all
from .pictures import INTERPOLATIONS, decode, fit_size, from_array, to_channels

# Images that are looked at for size, channels and scale, spread evenly over the training rows.
_SAMPLE = 1000


@dataclass(frozen=True)
class ImageReader:
    """Reads image files, PIL images and arrays.

    Parameters
    ----------
    size : int or (int, int), default=None
        Height and width of a batch. None: those of the target's training images, or their median where they differ,
        256 at most.
    channels : int, default=None
        1 (grey), 3 (red, green, blue), or as many as arrays have. None: 1 where all of the target's training images
        are grey, else 3 or what arrays have.
    mean, std : tuple of float, default=None
        Per channel, of values from 0 to 1; what a pretrained network was trained with. None: those of the training
        images of target and sources.
    interpolation : {"nearest", "bilinear", "bicubic", "lanczos", "box", "hamming"}, default="bilinear"
        How images are resized.
    crop_pct : float, default=None
        Cut ``size`` from the middle of the image resized to ``size / crop_pct``, as timm does to evaluate, with the
        shape kept. None: the image is resized to ``size``, whatever becomes of its shape, so that nothing is cut off.
    augment : {"none", "flip", "crop"}, default="none"
        How training images are changed by chance: mirrored; also moved by up to an eighth. None by default, since
        mirrored digits or letters are other ones.
    in_memory : int, default=2 ** 31
        Images that take more bytes than this, decoded, are decoded anew for each batch, by four threads.
    white : float, default=None
        What stands for white in arrays of floats, 1 or 255. None: told by ``fit``.

    Notes
    -----
    Images are turned as their EXIF data say. Transparent places show white. 16 bits stay as they are, as floats.
    Grey is repeated for colour; colour becomes grey by ITU-R 601. Arrays are (height, width) or (height, width,
    channels), of uint8, bool, uint16, or of other numbers from 0 to 1 or 0 to 255; an array of four dimensions may
    have its channels first.

    Files that are too many for ``in_memory`` are opened by ``read``, which finds those that are missing or no images;
    that one is cut off in its middle is found when it is asked for.

    Examples
    --------
    >>> import numpy as np
    >>> from headstart.neural.inputs import ImageReader
    >>> digits = np.zeros((10, 8, 8), dtype=np.uint8)
    >>> digits[:, 2:6, 3:5] = 255
    >>> reader = ImageReader().fit(digits)
    >>> reader.shape, reader.mean
    ((1, 8, 8), (0.125,))
    >>> reader.read(digits).batch([0, 3]).shape
    torch.Size([2, 1, 8, 8])
    """

    size: int | tuple[int, int] | None = None
    channels: int | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    interpolation: str = "bilinear"
    crop_pct: float | None = None
    augment: str = "none"
    in_memory: int = 2**31
    white: float | None = None

    kind: ClassVar[str] = "images"

    def __post_init__(self) -> None:
        if isinstance(self.size, int):
            object.__setattr__(self, "size", (self.size, self.size))
        for name in ("size", "mean", "std"):
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else tuple(value))
        for name, known in (("interpolation", INTERPOLATIONS), ("augment", AUGMENTS)):
            if getattr(self, name) not in known:
                raise InputError(f"{name} is {getattr(self, name)!r}; expected one of {', '.join(known)}")
        if self.crop_pct is not None and not 0 < self.crop_pct <= 1:
            raise InputError(f"crop_pct is {self.crop_pct!r}; expected a share of the image, above 0 and at most 1")
        for name in ("mean", "std"):
            value = getattr(self, name)
            if value is not None and self.channels is not None and len(value) != self.channels:
                raise InputError(f"{name} has {len(value)} entries and channels is {self.channels}; expected as many")

    @property
    def is_fitted(self) -> bool:
        """Whether it can read."""
        return None not in (self.size, self.channels, self.mean, self.std)

    @property
    def shape(self) -> tuple[int, ...]:
        """(channels, height, width)."""
        if not self.is_fitted:
            raise InputError("this ImageReader is not fitted; expected reader.fit(X) before")
        assert isinstance(self.size, tuple) and self.channels is not None
        return (self.channels, *self.size)

    def fit(self, X: Any, source_blocks: Sequence[Any] = ()) -> ImageReader:
        """Learn what is None from training images; returns another reader."""
        blocks = [image_entries(X, "X")]
        blocks += [image_entries(block, f"X of source {k}") for k, block in enumerate(source_blocks, start=1)]
        white = self.white or max(filter(None, map(white_in, blocks)), default=None)
        images = sample(blocks[0], white, _SAMPLE, "X")
        size = self.size or common_size(images)
        channels = self.channels or common_channels(images)
        if self.mean is not None:
            warn_of_dark(images)
        fitted = replace(self, size=size, channels=channels, white=white)
        if self.mean is not None and self.std is not None:
            return fitted
        share = _SAMPLE // len(blocks)
        for k, block in enumerate(blocks[1:], start=1):
            images += sample(block, white, share, f"X of source {k}")
        total, squares, count = np.zeros(channels), np.zeros(channels), 0
        for image in images:
            values = fitted._prepared(image).reshape(-1, channels).astype(np.float64)
            values /= 255.0 if image.dtype == np.uint8 else 1.0
            total += values.sum(axis=0)
            squares += (values**2).sum(axis=0)
            count += len(values)
        mean = total / count
        std = np.sqrt(np.maximum(squares / count - mean**2, 0.0))
        std = np.where(std > 1e-6, std, 1.0)
        return replace(fitted, mean=self.mean or tuple(mean.tolist()), std=self.std or tuple(std.tolist()))

    def read(self, X: Any, what: str = "X") -> ImageRows:
        """Check and decode images, or leave them where they are too many for memory."""
        channels, height, width = self.shape
        entries = image_entries(X, what)
        assert self.mean is not None and self.std is not None
        # Of all rows together: what one row shows must not depend on whether it is the darkest.
        found = white_in(entries)
        if self.white == 255.0 and found == 1.0:
            warn_of_scale(entries, what)
        white = self.white or found

        def one(row: int) -> np.ndarray:
            return self._prepared(decode(entries[row], white))

        def several(rows: list[int]) -> torch.Tensor:
            images = decode_all(one, rows, lambda row: name_of(entries[row]), what=what)
            return stacked(images, (len(rows), channels, height, width))

        floats = any(is_floats(value) for value in (entries if isinstance(entries, list) else [entries]))
        bytes_each = channels * height * width * (4 if floats else 1)
        if len(entries) * bytes_each <= self.in_memory:
            pixels: Any = self._whole(entries, white)
            if pixels is None:
                pixels = several(list(range(len(entries))))
        else:
            decode_all(lambda row: opened(entries[row]), range(len(entries)), lambda r: name_of(entries[r]), what=what)
            pixels = several
        return ImageRows(pixels, len(entries), self.mean, self.std, self.augment)

    def _whole(self, entries: np.ndarray | list[Any], white: float | None) -> torch.Tensor | None:
        """An array of images that need nothing but another order, at once; None where they need more."""
        if not isinstance(entries, np.ndarray) or self.crop_pct is not None:
            return None
        entries = entries[:, :, :, None] if entries.ndim == 3 else entries
        if entries.shape[1:] != (*self.shape[1:], self.shape[0]):
            return None
        try:
            values = from_array(entries, white)
        except InputError:  # one by one, so that the message names the row
            return None
        return torch.from_numpy(np.array(np.moveaxis(values, 3, 1), order="C"))

    def _prepared(self, image: np.ndarray) -> np.ndarray:
        assert isinstance(self.size, tuple) and self.channels is not None
        image = image[:, :, None] if image.ndim == 2 else image
        if image.ndim != 3 or 0 in image.shape:
            raise InputError(f"it has shape {image.shape}; expected an image (height, width[, channels])")
        if image.shape[2] == 1:  # resized once, not three times
            image = fit_size(image, self.size, self.crop_pct, self.interpolation)
            return to_channels(image, self.channels)
        return fit_size(to_channels(image, self.channels), self.size, self.crop_pct, self.interpolation)

    def to_plain(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """A JSON-able dict, and no arrays."""
        return {"type": "images", **asdict(self)}, {}

    @classmethod
    def from_plain(cls, plain: dict[str, Any], arrays: dict[str, np.ndarray]) -> ImageReader:
        """The reader that ``to_plain`` described."""
        return cls(**{name: value for name, value in plain.items() if name != "type"})
