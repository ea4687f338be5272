"""One image: from a file, a PIL image or an array to (height, width, channels), of 8 bits or of floats from 0 to 1."""

from __future__ import annotations

import os
from threading import Lock
from typing import Any

import numpy as np

from ...core.errors import InputError
from ...core.optional import require

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos", "box", "hamming")
# Transparent places show what lies beneath: white, as on most pages.
_PAPER = 255
# A user's image may stand in several rows, and reads its file when it is first looked at, which two threads can't do.
_LOADING = Lock()


def pillow(module: str = "PIL.Image") -> Any:
    """A module of Pillow."""
    return require(module, extra="vision", purpose="reading image files and resizing images")


def decode(value: Any, float_max: float | None) -> np.ndarray:
    """The pixels of one image in its own channels; ``float_max`` is what stands for white in arrays of floats."""
    if isinstance(value, (str, os.PathLike)):
        with pillow().open(value) as image:
            return _from_pil(image)
    if hasattr(value, "convert") and hasattr(value, "getbands"):
        with _LOADING:
            value.load()
        return _from_pil(value)
    return from_array(np.asarray(value), float_max)


def _from_pil(image: Any) -> np.ndarray:
    image = pillow("PIL.ImageOps").exif_transpose(image)
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        values = np.asarray(image, dtype=np.float32)
        white = 1.0 if image.mode == "F" else 65535.0
        low, high = float(values.min()), float(values.max())
        if not (low >= 0 and high <= white):
            raise InputError(f"its values go from {low:g} to {high:g}; expected 0 to {white:g} in a {image.mode} image")
        return (values / white)[:, :, None]
    if image.mode == "1":
        image = image.convert("L")
    elif image.mode in ("P", "PA", "La", "RGBa") or "transparency" in image.info:
        transparent = image.mode != "P" or "transparency" in image.info
        image = image.convert("RGBA" if transparent else "RGB")
    elif image.mode not in ("L", "LA", "RGB", "RGBA"):
        image = image.convert("RGB")
    values = np.asarray(image)
    return values[:, :, None] if values.ndim == 2 else values


def from_array(values: np.ndarray, float_max: float | None) -> np.ndarray:
    """An array (height, width[, channels]), or several of them (n, ...), as 8 bits or floats from 0 to 1."""
    if values.dtype == np.uint8:
        return values
    if values.dtype == bool:
        return values.astype(np.uint8) * np.uint8(255)
    if values.dtype.kind not in "fiu":
        raise InputError(f"its values are of type {values.dtype}; expected numbers, in arrays of one shape per image")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise InputError("it holds NaN or infinity; expected numbers: fill them, or drop the image")
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    white = 65535.0 if values.dtype == np.uint16 else white_of(values) if float_max is None else float_max
    if not (low >= 0 and high <= white):
        raise InputError(
            f"its values go from {low:g} to {high:g}; expected 0 to {white:g}: images are not to be standardised "
            "before, and all of them are to be of one scale, 0 to 1 or 0 to 255; a torch Dataset, such as "
            "TensorDataset(X), is taken as it is"
        )
    if values.dtype.kind != "f" and white == 255:
        return values.astype(np.uint8)
    return (values / white).astype(np.float32)


def white_of(values: np.ndarray) -> float:
    """1 where no value is above 1, else 255."""
    return 1.0 if values.dtype.kind == "f" and (values.size == 0 or float(values.max()) <= 1.0) else 255.0


def to_channels(image: np.ndarray, channels: int) -> np.ndarray:
    """The image (height, width, any channels) in ``channels``: grey to colour and back, alpha on white."""
    found = image.shape[2]
    if found == channels:
        return image
    if found not in (1, 2, 3, 4) or channels not in (1, 3):
        raise InputError(
            f"it has {found} channels; expected {channels}"
            + (
                ", or one of 1 (grey), 2 (grey and alpha), 3 (red, green, blue), 4 (and alpha)"
                if channels in (1, 3)
                else ""
            )
            + ": arrays are (height, width, channels)"
        )
    if found in (2, 4):
        image = _on_paper(image)
    if image.shape[2] == channels:
        return image
    if channels == 3:
        return np.repeat(image, 3, axis=2)
    grey = image @ np.array([0.299, 0.587, 0.114])
    return (np.rint(grey).astype(np.uint8) if image.dtype == np.uint8 else grey.astype(np.float32))[:, :, None]


def _on_paper(image: np.ndarray) -> np.ndarray:
    whole = image.dtype == np.uint8
    white = _PAPER if whole else _PAPER / 255
    alpha = image[:, :, -1:].astype(np.float64) / (255 if whole else 1)
    mixed = image[:, :, :-1] * alpha + white * (1 - alpha)
    return np.rint(mixed).astype(np.uint8) if whole else mixed.astype(np.float32)


def fit_size(image: np.ndarray, size: tuple[int, int], crop_pct: float | None, interpolation: str) -> np.ndarray:
    """The image at ``size`` (height, width).

    Without ``crop_pct`` both sides are resized, whatever becomes of the shape. With it the image keeps its shape: it is
    resized until ``size / crop_pct`` is just covered, and ``size`` is cut from its middle, as timm does to evaluate.
    """
    height, width = image.shape[:2]
    if crop_pct is None:
        return image if (height, width) == size else _resize(image, size, interpolation)
    cover = tuple(int(np.floor(side / crop_pct)) for side in size)
    if cover[0] == cover[1]:  # torchvision's rounding: the shorter side exactly, the longer one cut
        short = min(height, width)
        new = (int(cover[0] * height / short), int(cover[0] * width / short))
    else:
        ratio = min(height / cover[0], width / cover[1])
        new = (round(height / ratio), round(width / ratio))
    image = image if (height, width) == new else _resize(image, new, interpolation)
    top, left = (round((n - side) / 2.0) for n, side in zip(new, size, strict=True))
    return image[top : top + size[0], left : left + size[1]]


def _resize(image: np.ndarray, size: tuple[int, int], interpolation: str) -> np.ndarray:
    Image = pillow()
    how = Image.Resampling[interpolation.upper()]
    wide = (size[1], size[0])
    if image.dtype == np.uint8 and image.shape[2] == 3:
        return np.asarray(Image.fromarray(image).resize(wide, how))
    # Floats keep their gradations, one channel after the other.
    channels = [
        np.asarray(Image.fromarray(np.ascontiguousarray(image[:, :, c])).resize(wide, how))
        for c in range(image.shape[2])
    ]
    resized = np.stack(channels, axis=2)
    return resized if image.dtype == np.uint8 else np.clip(resized, 0.0, 1.0)
