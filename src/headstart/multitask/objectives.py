"""The losses of all tasks at once, from labels with gaps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ..core.errors import InputError, InputTypeError

KINDS = ("classification", "regression")


class TaskLosses:
    """The loss of each task on a batch of rows, computed for all tasks of one size at once.

    Cross entropy for classes, squared error for numbers. The loss of a task is the sum over its labelled rows of the
    batch, divided by as many labelled rows as a batch of this size has on average. So it is a mean over rows whatever
    the gaps, a batch with few labels of a task counts less for it than one with many, the expected gradient is that of
    the mean over all its labelled rows, and the losses of parts of a batch add up, each times its share of the rows.

    Parameters
    ----------
    codes : ndarray of shape (n_rows, n_tasks)
        Class codes from 0, or numbers, best standardised; NaN where a row has no label of a task.
    kinds : sequence of {"classification", "regression"}
        What each task is.
    places : list of list of int
        The tasks of each batch of heads, as ``Heads.places`` tells.
    device : torch.device or str, default="cpu"
        Where the outputs are.

    Raises
    ------
    InputError
        For codes that are no class codes, infinite numbers, a task without labels, and what does not match the tasks.
    InputTypeError
        Where ``codes`` are no array of numbers.

    Notes
    -----
    Where a task's outputs are NaN or infinite at a labelled row, its loss is NaN and it passes no gradient on; the
    losses and gradients of the others are what they would be without it. Outputs at rows without a label of the task
    play no part. Half precision is computed in float32.

    Examples
    --------
    >>> import numpy as np, torch
    >>> from headstart.multitask.heads import Heads
    >>> from headstart.multitask.objectives import TaskLosses
    >>> heads = Heads(4, [3, 1])
    >>> codes = np.array([[0, 0.5], [2, np.nan], [1, -0.5], [np.nan, 1.0]])
    >>> losses = TaskLosses(codes, ["classification", "regression"], heads.places)
    >>> index = torch.tensor([0, 1])
    >>> losses(heads(torch.ones(2, 4)), index)
    tensor([1.4648, 0.1667], grad_fn=<CatBackward0>)
    >>> losses.present(torch.tensor([1]))
    array([ True, False])
    """

    def __init__(
        self, codes: np.ndarray, kinds: Sequence[str], places: Sequence[Sequence[int]], device: Any = "cpu"
    ) -> None:
        codes = _checked(codes, kinds, places)
        self.n_rows, self.n_tasks = codes.shape
        self._there = ~np.isnan(codes)
        self._full = bool(self._there.all())
        self._parts: list[list[_Part]] = []
        order: list[int] = []
        for tasks in places:
            parts = []
            for kind in KINDS:
                inside = [i for i, k in enumerate(tasks) if kinds[k] == kind]
                if inside:
                    members = [tasks[i] for i in inside]
                    order += members
                    picked = None if len(inside) == len(tasks) else torch.as_tensor(inside, device=device)
                    parts.append(_Part(codes[:, members], kind == "classification", picked, device))
            self._parts.append(parts)
        self._sorted = order == sorted(order)
        self._order = torch.as_tensor(np.argsort(order), device=device)
        self._device = torch.device(device)

    def __call__(self, outputs: Sequence[torch.Tensor], index: Any) -> torch.Tensor:
        """The losses (n_tasks,) of the rows ``index``; ``outputs`` (n_tasks_of_it, n_rows, n_outputs) as of ``Heads``.

        Raises InputError where outputs match neither the tasks nor the rows, or lack a class.
        """
        if len(outputs) != len(self._parts):
            raise InputError(f"there are outputs of {len(outputs)} batches of heads; expected {len(self._parts)}")
        index = torch.as_tensor(index, device=self._device)
        of_each = zip(self._parts, outputs, strict=True)
        pairs = [(part, part.picks(out)) for parts, out in of_each for part in parts]
        rows = [part.of_rows(out, index) for part, out in pairs]
        if math.isfinite(sum(found.detach().sum() for found in rows)):
            found = [part.mean(losses, index) for (part, _), losses in zip(pairs, rows, strict=True)]
        else:
            # Once more, with outputs cut off where they are not finite: 0 times NaN is no 0 on the way back.
            found = [part.without_bad(out, index) for part, out in pairs]
        losses = found[0] if len(found) == 1 else torch.cat([one.to(found[0].dtype) for one in found])
        return losses if self._sorted else losses.index_select(0, self._order)

    def present(self, index: Any) -> np.ndarray:
        """Which tasks have a label in the rows ``index``, (n_tasks,) bool; nothing is read from the device."""
        if self._full:
            return np.full(self.n_tasks, len(index) > 0)
        return self._there[np.asarray(index)].any(axis=0)


class _Part:
    """The labels of the tasks of one kind in one batch of heads."""

    def __init__(self, codes: np.ndarray, classes: bool, picked: torch.Tensor | None, device: Any) -> None:
        gaps = np.isnan(codes)
        self.classes, self.picked = classes, picked
        self.highest = int(np.nanmax(codes)) if classes else 0
        filled = np.where(gaps, 0, codes)
        self.labels = torch.as_tensor(filled, dtype=torch.int64 if classes else torch.float32).to(device)
        self.gaps = torch.as_tensor(gaps, device=device) if gaps.any() else None
        self.factor = torch.as_tensor(1 / (1 - gaps.mean(axis=0)), dtype=torch.float32).to(device)

    def picks(self, out: torch.Tensor) -> torch.Tensor:
        """The outputs of its tasks, among those of the batch of heads."""
        if self.picked is not None:
            out = out.index_select(0, self.picked)
        if self.classes and out.shape[-1] <= self.highest:
            raise InputError(f"a label is class {self.highest} and its head has {out.shape[-1]} outputs; expected more")
        if not self.classes and out.shape[-1] != 1:
            raise InputError(f"the head of a regression has {out.shape[-1]} outputs; expected 1")
        return out.float() if out.dtype in (torch.float16, torch.bfloat16) else out

    def of_rows(self, out: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
        """The loss of each row for each task, (n_tasks, n_rows), also of rows without a label."""
        labels = self.labels.index_select(0, index).T
        if out.shape[:2] != labels.shape:
            raise InputError(
                f"the outputs are of {out.shape[0]} tasks and {out.shape[1]} rows; expected {labels.shape[0]} tasks "
                f"and {labels.shape[1]} rows, as many as the index has"
            )
        if self.classes:
            return -out.log_softmax(-1).gather(-1, labels[..., None])[..., 0]
        return (out[..., 0] - labels).square()

    def mean(self, losses: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
        """The sum over labelled rows, by the number of them that is to be expected."""
        if self.gaps is None:
            return losses.mean(1)
        losses = losses.masked_fill(self.gaps.index_select(0, index).T, 0)
        return losses.mean(1) * self.factor

    def without_bad(self, out: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
        """``mean`` of ``of_rows``, NaN for tasks whose outputs at a labelled row are not finite."""
        finite = out.detach().isfinite().all(-1)
        safe = out.masked_fill(~finite[..., None], 0)
        found = self.mean(self.of_rows(safe, index), index)
        bad = ~finite if self.gaps is None else ~finite & ~self.gaps.index_select(0, index).T
        return found.masked_fill(bad.any(1), math.nan)


def _checked(codes: Any, kinds: Sequence[str], places: Sequence[Sequence[int]]) -> np.ndarray:
    """The codes as float64; raises for what is wrong with them."""
    if not isinstance(codes, np.ndarray) or codes.dtype.kind not in "fiub":
        found = codes.dtype if isinstance(codes, np.ndarray) else type(codes).__name__
        raise InputTypeError(f"codes are {found}; expected an array of numbers, (n_rows, n_tasks)")
    if codes.ndim != 2 or not codes.size:
        raise InputError(f"codes have shape {codes.shape}; expected (n_rows, n_tasks), at least one of each")
    codes, n_tasks = codes.astype(np.float64), codes.shape[1]
    if len(kinds) != n_tasks:
        raise InputError(f"there are {len(kinds)} kinds and {n_tasks} tasks; expected one for each")
    if sorted(k for tasks in places for k in tasks) != list(range(n_tasks)):
        raise InputError(
            f"places are {[list(tasks) for tasks in places]}; expected each of the {n_tasks} tasks once, as in "
            "Heads.places"
        )
    for k, (kind, column) in enumerate(zip(kinds, codes.T, strict=True)):
        if kind not in KINDS:
            raise InputError(f"the kind of task {k} is {kind!r}; expected one of {', '.join(map(repr, KINDS))}")
        labels = column[~np.isnan(column)]
        if not labels.size:
            raise InputError(f"task {k} has no label; expected at least one, or the task left out")
        if np.isinf(labels).any():
            raise InputError(f"task {k} has an infinite label; expected numbers, NaN where there is none")
        if kind == "classification" and ((labels < 0) | (labels != np.floor(labels))).any():
            odd = labels[(labels < 0) | (labels != np.floor(labels))][0]
            raise InputError(f"task {k} has the label {odd:g}; expected class codes: 0, 1, 2, ...")
    return codes
