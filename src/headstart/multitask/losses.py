"""Reads the losses of a step: one a task, some perhaps missing, some perhaps in other processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..core.errors import InputError, InputTypeError

Reduce = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Seen:
    """The losses of a step.

    ``values`` are those over all processes, NaN where no process has rows of the task; ``present`` tells for which
    tasks one has, ``there`` for which the loss is finite too. ``here`` are the tensors of this process: one for each
    task or None, or one tensor of shape (K,).
    """

    values: np.ndarray
    present: np.ndarray
    there: np.ndarray
    here: list[torch.Tensor | None] | torch.Tensor

    def total(self, weights: np.ndarray, there: np.ndarray) -> torch.Tensor | None:
        """The weighted sum of this process' losses of the tasks that are ``there``, or None without any."""
        if isinstance(self.here, torch.Tensor):
            kept = torch.as_tensor(np.flatnonzero(there), device=self.here.device)
            w = torch.as_tensor(weights[there], dtype=self.here.dtype, device=self.here.device)
            return (self.here[kept] * w).sum()
        kept_here = [k for k, loss in enumerate(self.here) if loss is not None and there[k]]
        if not kept_here:
            return None
        parts: list[Any] = [self.here[k] for k in kept_here]
        if len({(p.dtype, p.device) for p in parts}) > 1:
            parts = [p.to(parts[0].device, torch.float32) for p in parts]
        stacked = torch.stack(parts)
        w = weights[kept_here]
        if (w == 1).all():
            return stacked.sum()
        return (stacked * torch.as_tensor(w, dtype=stacked.dtype, device=stacked.device)).sum()


def gather(losses: Any, names: tuple[str, ...], reduce: Reduce | None) -> Seen:
    """Read the losses of this process, and add up those of all."""
    here = _here(losses, names)
    n = len(names)
    if isinstance(here, torch.Tensor):
        own, present = here.detach().cpu().double(), np.ones(n)
    else:
        own, present = torch.zeros(n, dtype=torch.float64), np.zeros(n)
        with_rows = [k for k, loss in enumerate(here) if loss is not None]
        if with_rows:
            found: list[Any] = [here[k] for k in with_rows]
            alike = len({(loss.dtype, loss.device) for loss in found}) == 1
            # One transfer where possible; float64 only then, since MPS has none.
            apart = [x.detach() if alike else x.detach().cpu().double() for x in found]
            own[with_rows] = torch.stack(apart).cpu().double()
            present[with_rows] = 1
    over_all = own.numpy()
    if reduce is not None:
        message = reduce(torch.cat([own, torch.from_numpy(present)]))
        over_all, present = message[:n].cpu().numpy(), message[n:].cpu().numpy()
    is_present = present > 0
    over_all = np.where(is_present, over_all, np.nan)
    return Seen(over_all, is_present, is_present & np.isfinite(over_all), here)


def _here(losses: Any, names: tuple[str, ...]) -> list[torch.Tensor | None] | torch.Tensor:
    if isinstance(losses, torch.Tensor):
        if losses.shape != (len(names),):
            raise InputError(
                f"the losses have shape {tuple(losses.shape)}; expected ({len(names)},), one for each of the tasks"
            )
        return losses
    if isinstance(losses, Mapping):
        odd = [name for name in losses if name not in names]
        if odd:
            raise InputError(f"there is a loss of {odd[0]!r}, which is no task; expected some of {', '.join(names)}")
        found = [losses.get(name) for name in names]
    elif isinstance(losses, Sequence) and not isinstance(losses, str):
        found = list(losses)
        if len(found) != len(names):
            raise InputError(
                f"there are {len(found)} losses and {len(names)} tasks; expected one for each, None for a task without "
                "rows"
            )
    else:
        raise InputTypeError(
            f"the losses are a {type(losses).__name__}; expected a dict of numbers by task, a list of them, or a "
            "tensor of shape (n_tasks,)"
        )
    for name, value in zip(names, found, strict=True):
        if value is None:
            continue
        if not isinstance(value, torch.Tensor):
            raise InputTypeError(f"the loss of task {name!r} is a {type(value).__name__}; expected a tensor, or None")
        if value.dim():
            raise InputError(
                f"the loss of task {name!r} has shape {tuple(value.shape)}; expected one number: call .mean()"
            )
    return found
