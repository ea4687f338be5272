"""Series: channels of numbers over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch

from ...core.errors import InputError, InputTypeError
from .kinds import as_entries
from .rows import TensorRows

# A row is padded where it has at least this share of the longest length.
_SHORTEST = 0.5


@dataclass(frozen=True)
class SeriesReader:
    """Reads series, standardised per channel.

    Parameters
    ----------
    channels, length : int, default=None
        Numbers of channels and of points in time. None: those of the training rows, the longest of them.
    mean, std : tuple of float, default=None
        Per channel, over the rows and points of target and source training rows. None: learnt by ``fit``.

    Notes
    -----
    Rows are an array (n, channels, length), or a list of arrays (channels, length); (n, length), and arrays of one
    dimension in a list, are one channel. Shorter rows are padded at their end with the mean, down to half of
    ``length``; others are refused.

    Examples
    --------
    >>> import numpy as np
    >>> from headstart.neural.inputs import SeriesReader
    >>> reader = SeriesReader().fit(np.array([[[1.0, 2.0, 3.0]], [[3.0, 4.0, 5.0]]]))
    >>> reader.shape, reader.mean
    ((1, 3), (3.0,))
    >>> reader.read([np.array([[3.0, 3.0]])]).batch([0]).shape
    torch.Size([1, 1, 3])
    """

    channels: int | None = None
    length: int | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None

    kind: ClassVar[str] = "series"

    @property
    def is_fitted(self) -> bool:
        """Whether it can read."""
        return None not in (self.channels, self.length, self.mean, self.std)

    @property
    def shape(self) -> tuple[int, ...]:
        """(channels, length)."""
        if self.channels is None or self.length is None:
            raise InputError("this SeriesReader is not fitted; expected reader.fit(X) before shape")
        return (self.channels, self.length)

    def fit(self, X: Any, source_blocks: Sequence[Any] = ()) -> SeriesReader:
        """Learn channels, length and scale from training rows; returns another reader."""
        blocks = [_series(X, what="X")]
        channels = self.channels or blocks[0][0].shape[0]
        blocks += [_series(block, what=f"X of source {k}") for k, block in enumerate(source_blocks, start=1)]
        for k, block in enumerate(blocks):
            _check(block, channels, what="X" if k == 0 else f"X of source {k}")
        rows = [row for block in blocks for row in block]
        count = sum(row.shape[1] for row in rows)
        mean = np.sum([row.sum(axis=1, dtype=np.float64) for row in rows], axis=0) / count
        squares = np.sum([((row - mean[:, None]) ** 2).sum(axis=1) for row in rows], axis=0) / count
        std = np.sqrt(squares)
        std = np.where(std > 1e-12 * np.maximum(np.abs(mean), 1e-300), std, 1.0)
        return replace(
            self,
            channels=channels,
            length=self.length or max(row.shape[1] for row in rows),
            mean=self.mean or tuple(mean.tolist()),
            std=self.std or tuple(std.tolist()),
        )

    def read(self, X: Any, what: str = "X") -> TensorRows:
        """Check, standardise and pad rows."""
        channels, length = self.shape
        if self.mean is None or self.std is None:
            raise InputError("this SeriesReader is not fitted; expected reader.fit(X) before read")
        rows = _series(X, what=what)
        _check(rows, channels, what=what)
        least = int(np.ceil(_SHORTEST * length))
        values = np.zeros((len(rows), channels, length), dtype=np.float32)
        mean, std = np.array(self.mean)[:, None], np.array(self.std)[:, None]
        for k, row in enumerate(rows):
            n = row.shape[1]
            if not least <= n <= length:
                raise InputError(
                    f"{what} has a series of length {n} at row {k}; expected {least} to {length}, the longest in "
                    "training (shorter ones are padded): cut, split or resample it"
                )
            values[k, :, :n] = (row - mean) / std
        return TensorRows(torch.from_numpy(values))

    def to_plain(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """A JSON-able dict, and no arrays."""
        return {"type": "series", **asdict(self)}, {}

    @classmethod
    def from_plain(cls, plain: dict[str, Any], arrays: dict[str, np.ndarray]) -> SeriesReader:
        """The reader that ``to_plain`` described."""
        values = {k: tuple(v) if isinstance(v, (list, tuple)) else v for k, v in plain.items() if k != "type"}
        return cls(**values)


def _series(X: Any, *, what: str) -> list[np.ndarray]:
    """Each row as an array (channels, length) of numbers."""
    if hasattr(X, "__array__") and getattr(X, "ndim", 0) > 1 and not hasattr(X, "columns"):
        entries = list(np.asarray(X))
    else:
        entries = as_entries(X)
    if not entries:
        raise InputError(f"{what} has no rows; expected at least one series")
    rows = []
    for k, entry in enumerate(entries):
        row = np.asarray(entry)
        if row.dtype.kind not in "fiub":
            raise InputTypeError(
                f"{what} holds {type(entry).__name__} of type {row.dtype} at row {k}; expected series of numbers "
                "(channels, length), all channels of a row of one length"
            )
        row = row[None] if row.ndim == 1 else row
        if row.ndim != 2 or row.size == 0:
            raise InputError(f"{what} has shape {row.shape} at row {k}; expected series (channels, length)")
        rows.append(row)
    return rows


def _check(rows: list[np.ndarray], channels: int, *, what: str) -> None:
    for k, row in enumerate(rows):
        if row.shape[0] != channels:
            raise InputError(
                f"{what} has {row.shape[0]} channels at row {k}; expected {channels}, as in the target's training "
                "rows; series are (n, channels, length): where the channels come last, pass np.swapaxes(X, 1, 2)"
            )
        if not np.isfinite(row).all():
            bad = sum(not np.isfinite(r).all() for r in rows)
            raise InputError(
                f"{what} holds NaN or infinity in {bad} of {len(rows)} series, the first at row {k}; expected numbers: "
                "fill the gaps, such as by interpolation, or drop those rows"
            )
