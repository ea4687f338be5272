"""Rows in memory: a tensor, texts as one long row of numbers; views of them without a copy."""

from __future__ import annotations

import copy
from typing import Any, Self

import numpy as np
import torch

from ...core.errors import InputError


def as_index(index: Any) -> torch.Tensor:
    """Row numbers as a tensor on the CPU; a mask becomes the numbers of its true entries."""
    if isinstance(index, torch.Tensor):
        found = index.cpu()
    else:
        found = torch.from_numpy(np.asarray(index))
    if found.dtype == torch.bool:
        return found.nonzero().flatten()
    return found.to(torch.int64).flatten() if found.numel() else torch.zeros(0, dtype=torch.int64)


def pick(values: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """``values`` at ``places``; a row that is not there is an error, and never counted from the end."""
    try:
        return values.index_select(0, places)
    except (IndexError, RuntimeError):
        check_places(places, len(values))
        raise


def check_places(places: torch.Tensor, n_rows: int) -> None:
    """Raise where one of ``places`` is none of the rows."""
    bad = places[(places < 0) | (places >= n_rows)]
    if len(bad):
        raise InputError(f"row {int(bad[0])} of {n_rows} rows is asked for; expected 0 to {n_rows - 1}")


class View:
    """Some of the rows that lie in memory, or all of them, in some order."""

    def __init__(self, n_rows: int) -> None:
        self._n_rows = n_rows
        self._at: torch.Tensor | None = None

    def __len__(self) -> int:
        return self._n_rows if self._at is None else len(self._at)

    def take(self, index: Any) -> Self:
        """Some of the rows, without a copy."""
        view = copy.copy(self)
        view._at = self._places(index)
        check_places(view._at, self._n_rows)
        return view

    def _places(self, index: Any) -> torch.Tensor:
        """Where the rows at ``index`` lie in memory; whether they are there, ``pick`` tells."""
        index = as_index(index)
        return index if self._at is None else pick(self._at, index)


class TensorRows(View):
    """Rows of one shape: a tensor (n_rows, ...) of floats. Series and tables are these."""

    def __init__(self, values: torch.Tensor) -> None:
        super().__init__(len(values))
        self.values = values

    def batch(self, index: Any, device: Any = "cpu", generator: torch.Generator | None = None) -> torch.Tensor:
        """The rows at ``index`` on ``device``; ``generator`` plays no part, since nothing is drawn."""
        return pick(self.values, self._places(index)).to(device)


class TextRows(View):
    """Texts as token numbers, one after the other in ``ids``; text k takes ``lengths[k]`` from ``starts[k]`` on."""

    def __init__(self, ids: torch.Tensor, lengths: torch.Tensor, pad_id: int) -> None:
        super().__init__(len(lengths))
        self.ids, self.lengths, self.pad_id = ids, lengths, pad_id
        self.starts = lengths.cumsum(0) - lengths

    def batch(
        self, index: Any, device: Any = "cpu", generator: torch.Generator | None = None
    ) -> dict[str, torch.Tensor]:
        """``input_ids`` and ``attention_mask``, (n, longest of the batch), padded on the right.

        ``generator`` plays no part, since nothing is drawn.
        """
        places = self._places(index)
        lengths, starts = pick(self.lengths, places), pick(self.starts, places)
        steps = torch.arange(int(lengths.max()) if len(places) else 0)
        mask = steps < lengths[:, None]
        flat = (starts[:, None] + steps).clamp_(max=len(self.ids) - 1)
        ids = self.ids[flat].to(torch.int64).masked_fill_(~mask, self.pad_id)
        return {"input_ids": ids.to(device), "attention_mask": mask.to(device=device, dtype=torch.int64)}
