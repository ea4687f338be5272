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
        return view

    def _places(self, index: Any) -> torch.Tensor:
        """Where the rows at ``index`` lie in memory."""
        index = as_index(index)
        if index.numel() and not (0 <= int(index.min()) and int(index.max()) < len(self)):
            raise InputError(
                f"row {int(index.min() if index.min() < 0 else index.max())} of {len(self)} rows is asked for"
            )
        return index if self._at is None else self._at[index]


class TensorRows(View):
    """Rows of one shape: a tensor (n_rows, ...) of floats. Series and tables are these."""

    def __init__(self, values: torch.Tensor) -> None:
        super().__init__(len(values))
        self.values = values

    def batch(self, index: Any, device: Any = "cpu", generator: torch.Generator | None = None) -> torch.Tensor:
        """The rows at ``index`` on ``device``; ``generator`` plays no part, since nothing is drawn."""
        return self.values.index_select(0, self._places(index)).to(device)


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
        lengths, starts = self.lengths[places], self.starts[places]
        steps = torch.arange(int(lengths.max()) if len(places) else 0)
        mask = steps < lengths[:, None]
        flat = (starts[:, None] + steps).clamp_(max=len(self.ids) - 1)
        ids = self.ids[flat].to(torch.int64).masked_fill_(~mask, self.pad_id)
        return {"input_ids": ids.to(device), "attention_mask": mask.to(device=device, dtype=torch.int64)}
