"""The heads of several tasks: those of one size are one batched operation."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional


class Heads(nn.Module):
    """A linear head for each task, on features of one length.

    Parameters
    ----------
    n_features : int
        Length of a row's features.
    n_outputs : sequence of int
        Outputs of each task: one for each class, or one for a number.

    Attributes
    ----------
    places : list of list of int
        The tasks of each batch of heads: those with as many outputs.

    Notes
    -----
    Heads start at zero, so that the first predictions are those of no knowledge, whatever the scale of the features.

    Examples
    --------
    >>> import torch
    >>> from headstart.multitask.heads import Heads
    >>> heads = Heads(4, [3, 1, 3])
    >>> heads.places
    [[0, 2], [1]]
    >>> [out.shape for out in heads(torch.ones(5, 4))]
    [torch.Size([2, 5, 3]), torch.Size([1, 5, 1])]
    """

    def __init__(self, n_features: int, n_outputs: Sequence[int]) -> None:
        super().__init__()
        self.n_features, self.n_outputs = n_features, tuple(n_outputs)
        sizes = sorted(set(self.n_outputs), key=self.n_outputs.index)
        self.places = [[k for k, size in enumerate(self.n_outputs) if size == wanted] for wanted in sizes]
        self._of = {k: (g, i) for g, members in enumerate(self.places) for i, k in enumerate(members)}
        self.weights = nn.ParameterList(
            torch.zeros(len(members), size, n_features) for members, size in zip(self.places, sizes, strict=True)
        )
        self.biases = nn.ParameterList(
            torch.zeros(len(members), size) for members, size in zip(self.places, sizes, strict=True)
        )

    def forward(self, features: torch.Tensor) -> list[torch.Tensor]:
        """Outputs of each batch of heads, (n_tasks_of_it, n_rows, n_outputs).

        ``features`` are (n_rows, n_features), read by all tasks, or (n_tasks, n_rows, n_features), for each its own.
        """
        if features.dim() == 2:
            return [self._of_one(features, W, b) for W, b in zip(self.weights, self.biases, strict=True)]
        found = []
        for members, W, b in zip(self.places, self.weights, self.biases, strict=True):
            read = features if len(members) == len(self.n_outputs) else features[members]
            found.append(torch.baddbmm(b[:, None].to(read.dtype), read, W.transpose(1, 2).to(read.dtype)))
        return found

    @staticmethod
    def _of_one(features: torch.Tensor, W: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """One matrix product for all heads."""
        count, size, width = W.shape
        out = functional.linear(features, W.reshape(count * size, width), b.reshape(-1))
        return out.view(-1, count, size).transpose(0, 1)

    def of_task(self, features: torch.Tensor, task: int) -> torch.Tensor:
        """Outputs (n_rows, n_outputs) of one task from its features (n_rows, n_features)."""
        W, b = self.of(task)
        return functional.linear(features, W, b)

    def of(self, task: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Weights (n_outputs, n_features) and biases (n_outputs,) of one task: views, to read or to write."""
        batch, place = self._of[task]
        return self.weights[batch][place], self.biases[batch][place]

    def apart(self, outputs: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """What ``forward`` gave, as one tensor (n_rows, n_outputs) a task."""
        return [outputs[batch][place] for batch, place in (self._of[k] for k in range(len(self.n_outputs)))]
