"""Labels as a network learns them, and which rows are held out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from ..core.errors import InputError


@dataclass(frozen=True)
class Labels:
    """Labels as a network learns them: codes of classes, or numbers of mean 0 and deviation 1."""

    values: np.ndarray
    task: str
    center: float = 0.0
    scale: float = 1.0

    @classmethod
    def of(cls, y: np.ndarray, task: str) -> Labels:
        """Standardise numbers; leave codes as they are."""
        if task == "classification":
            return cls(y, task)
        scale = float(y.std()) or 1.0
        return cls((y - y.mean()) / scale, task, float(y.mean()), scale)

    def loss(self, device: torch.device) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
        """The mean loss of outputs (n_rows, n_outputs) for the labels at an index."""
        if self.task == "classification":
            codes = torch.as_tensor(self.values, dtype=torch.int64, device=device)
            return lambda out, index: functional.cross_entropy(out.float(), codes[index])
        numbers = torch.as_tensor(self.values, dtype=torch.float32, device=device)
        return lambda out, index: functional.mse_loss(out[:, 0].float(), numbers[index])


def held_out(
    labels: Labels, share: float, seed: int, *, mend: str = "more labels, another share, or patience=None"
) -> tuple[np.ndarray, np.ndarray]:
    """Rows to learn from and rows held out, of each class alike."""
    n = len(labels.values)
    if not 0 < share < 1:
        raise InputError(f"validation_share is {share!r}; expected a share of the rows, above 0 and below 1")
    rng = np.random.default_rng(seed)
    order = rng.permutation(n)
    if labels.task == "classification":
        # Spread each class evenly over the order, so that every share of it holds each class in proportion.
        place = np.empty(n)
        for code in np.unique(labels.values):
            members = order[labels.values[order] == code]
            place[members] = (np.arange(len(members)) + rng.random()) / len(members)
        order = np.argsort(place, kind="stable")
    n_held = round(share * n)
    if not 0 < n_held < n:
        raise InputError(
            f"validation_share={share} of {n} rows are {n_held} rows; expected at least one to hold out and one to "
            f"learn from: {mend}"
        )
    return np.sort(order[n_held:]), np.sort(order[:n_held])
