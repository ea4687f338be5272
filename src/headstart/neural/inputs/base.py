"""What every reader and every set of read rows can do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import torch

# A tensor, or tensors by name: what a network takes.
Batch = torch.Tensor | dict[str, torch.Tensor]


@runtime_checkable
class Rows(Protocol):
    """Rows that were read: they give batches."""

    def __len__(self) -> int: ...

    def batch(self, index: Any, device: Any = "cpu", generator: torch.Generator | None = None) -> Batch:
        """The rows at ``index`` (whole numbers: list, array or tensor), in this order, on ``device``.

        ``generator`` is given in training alone: it draws the augmentation where the reader has one. Without it
        rows come as they are.
        """

    def take(self, index: Any) -> Rows:
        """Some of the rows, without a copy."""


class Reader(Protocol):
    """Turns what users have into rows; frozen, so that ``fit`` gives another reader.

    Attributes
    ----------
    kind : str
        "images", "texts", "series", "table" or "dataset".
    shape : tuple of int
        Shape of one row of a batch once fitted: (channels, height, width), (max_length,), (channels, length),
        (n_features,).
    """

    kind: ClassVar[str]

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def is_fitted(self) -> bool: ...

    def fit(self, X: Any, source_blocks: Sequence[Any] = ()) -> Reader:
        """Learn what has to be learnt from training rows of the target and, one block a domain, of the sources."""

    def read(self, X: Any, what: str = "X") -> Rows:
        """Check and read rows; ``what`` is what messages call them."""

    def to_plain(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """A JSON-able dict and arrays by name, from which ``reader_from_plain`` builds the reader again."""
