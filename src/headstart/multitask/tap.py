"""Where the heads tap what all tasks share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from ..core.errors import InputError, InputTypeError


class Tap:
    """The shared representation, once for each task, so that one backward pass tells their gradients apart.

    The heads read ``tap[0]``, ``tap[1]`` ... in place of the representation, or ``tap.stacked()`` where they are one
    batched operation. All share the memory of the representation. A single backward pass through the heads then
    leaves the gradient of each task at its own tap, and one pass goes on through the encoder.

    Parameters
    ----------
    shared : torch.Tensor or sequence of torch.Tensor
        The representation (n_rows, ...), or several, such as one of each layer that the heads tap.
    n_tasks : int
        Tasks there are.

    Raises
    ------
    InputError, InputTypeError
        Where there is nothing to tap.

    Notes
    -----
    Gradients at the representation are comparable where all tasks read the same rows. Where each task has rows of its
    own, their gradients have no row in common and no inner product but 0: take ``level="parameter"``.

    Examples
    --------
    >>> import torch
    >>> from headstart.multitask import Tap
    >>> z = torch.ones(5, 3, requires_grad=True)
    >>> tap = Tap(z, 2)
    >>> tap[0].shape, tap.stacked().shape
    (torch.Size([5, 3]), torch.Size([2, 5, 3]))
    """

    def __init__(self, shared: Any, n_tasks: int) -> None:
        several = isinstance(shared, Sequence)
        self.shared: tuple[torch.Tensor, ...] = tuple(shared) if several else (shared,)
        if not self.shared or not all(isinstance(z, torch.Tensor) for z in self.shared):
            raise InputTypeError(f"shared is {type(shared).__name__}; expected a tensor, or at least one in a sequence")
        if n_tasks < 1:
            raise InputError(f"n_tasks is {n_tasks!r}; expected at least 1")
        self._several, self.n_tasks = several, n_tasks
        self._leaves: list[tuple[torch.Tensor, ...] | None] = [None] * n_tasks
        self._stacked: tuple[torch.Tensor, ...] | None = None

    def __len__(self) -> int:
        return self.n_tasks

    def __getitem__(self, task: int) -> Any:
        """The representation for this task: a tensor, or a tuple where several are tapped."""
        found = self._leaves[task]
        if found is None:
            found = tuple(z.detach().requires_grad_() for z in self.shared)
            self._leaves[task] = found
        return found if self._several else found[0]

    def stacked(self) -> Any:
        """The representation for all tasks at once, (n_tasks, n_rows, ...); without copies."""
        if self._stacked is None:
            self._stacked = tuple(z.detach().expand(self.n_tasks, *z.shape).requires_grad_() for z in self.shared)
        return self._stacked if self._several else self._stacked[0]

    def take(self) -> list[torch.Tensor]:
        """The gradients that a backward pass left here, (n_tasks, n_rows, ...) for each tensor; they are let go."""
        found = []
        for i, z in enumerate(self.shared):
            rows = self._rows(i, z)
            found.append(rows)
        self._leaves = [None] * self.n_tasks
        self._stacked = None
        return found

    def _rows(self, i: int, z: torch.Tensor) -> torch.Tensor:
        stacked = None if self._stacked is None else self._stacked[i].grad
        own = [None if leaf is None else leaf[i].grad for leaf in self._leaves]
        if all(g is None for g in own):
            return z.new_zeros(self.n_tasks, *z.shape) if stacked is None else stacked
        zero = torch.zeros_like(z) if any(g is None for g in own) else None
        rows = torch.stack([zero if g is None else g for g in own])
        return rows if stacked is None else rows + stacked

    def summed(self) -> list[torch.Tensor | None]:
        """The sum over tasks of the gradients that a backward pass left here; they are let go."""
        found: list[torch.Tensor | None] = []
        for i in range(len(self.shared)):
            total = None if self._stacked is None or self._stacked[i].grad is None else self._stacked[i].grad.sum(0)
            for leaf in self._leaves:
                if leaf is not None and leaf[i].grad is not None:
                    # The first one is no longer anybody's, so that it may be added to.
                    total = leaf[i].grad if total is None else total.add_(leaf[i].grad)
            found.append(total)
        self._leaves = [None] * self.n_tasks
        self._stacked = None
        return found

    def go_on(self, gradients: Sequence[torch.Tensor | None]) -> None:
        """Send a gradient of each tapped tensor through what it was computed by."""
        pairs = [(z, g) for z, g in zip(self.shared, gradients, strict=True) if z.requires_grad and g is not None]
        if pairs:
            torch.autograd.backward([z for z, _ in pairs], [g for _, g in pairs])
