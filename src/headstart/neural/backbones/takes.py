"""The readers that networks ask for, of ``headstart.neural.inputs``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# Of the photographs of ImageNet, on which most networks for images were trained.
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def image_reader(
    size: tuple[int, int] | None,
    channels: int | None,
    mean: Sequence[float] | None,
    std: Sequence[float] | None,
    interpolation: str | None = None,
) -> Any:
    """Images of a size, normalised; None leaves it to the reader. Nothing is cut off: the label may be about it."""
    from ..inputs import ImageReader

    said: dict[str, Any] = {
        "size": size,
        "channels": channels,
        "mean": None if mean is None else tuple(mean),
        "std": None if std is None else tuple(std),
        "interpolation": interpolation,
    }
    return ImageReader(**{key: value for key, value in said.items() if value is not None})


def text_reader(tokenizer: Any, max_length: int) -> Any:
    """Texts as token numbers."""
    from ..inputs import TextReader

    return TextReader(tokenizer, max_length)
