"""One step: the losses of a batch, in parts where asked or where memory is short, and their gradients."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol, runtime_checkable

import torch

from ...core.errors import HeadstartWarning, InputError, InputTypeError
from .memory import out_of_memory
from .processes import Team
from .stages import Stages

Objective = Callable[[torch.Tensor], Any]
Combine = Callable[[dict[str, torch.Tensor]], torch.Tensor | None]


@runtime_checkable
class Descent(Protocol):
    """A ``combine`` that computes the gradients itself, also where several processes or parts share a batch."""

    def descend(self, out: Any, share: float) -> dict[str, float]:
        """Leave in the weights the gradient of what the objective gave of some rows, times their share of the batch.

        Returns numbers for the history, already times the share, the same names at each call; "loss" is what was
        minimised.
        """


class Gradients:
    """Computes the gradients of a batch.

    ``parts`` is in how many parts a batch is computed; it doubles where memory runs out. ``least`` is the smallest
    part.
    """

    def __init__(
        self,
        objective: Objective,
        combine: Combine | Descent | None,
        stages: Stages,
        team: Team,
        context: Callable[[], AbstractContextManager[object]],
        parts: int,
        least: int,
        may_halve: bool = True,
    ) -> None:
        self.objective, self.combine, self.stages, self.team = objective, combine, stages, team
        self.context, self.parts, self.least, self.may_halve = context, parts, least, may_halve

    def __call__(self, rows: torch.Tensor) -> dict[str, float]:
        """Leave the gradient of the mean loss of ``rows`` in the weights; the losses of this process' share by name.

        They are weighted by their share of the rows, so that the sum over processes is the mean. "loss" is what was
        minimised: the sum of the named losses where there is no ``combine``.
        """
        mine = self.team.share(rows)
        n = rows.shape[0]
        while True:
            try:
                return self._all_parts(mine, n)
            except (RuntimeError, MemoryError) as error:
                if not out_of_memory(error):
                    raise
                self._halve(n, error)
            # Outside of the handler, where the error no longer holds what was computed.
            for p in self.stages.training:
                p.grad = None
            if self.team.device.type != "cpu":
                torch.get_device_module(self.team.device).empty_cache()

    def _all_parts(self, rows: torch.Tensor, n: int) -> dict[str, float]:
        if self.parts == 1:
            return self._part(rows, rows.shape[0] / n)
        # Each process cuts alike, since synchronised normalisation waits for the others in each part.
        parts = max(min(self.parts, n // self.team.size // self.least), 1)
        found: dict[str, float] = {}
        for part in rows.tensor_split(parts):
            for name, value in self._part(part, part.shape[0] / n).items():
                found[name] = found.get(name, 0.0) + value
        return found

    def _part(self, rows: torch.Tensor, share: float) -> dict[str, float]:
        with self.context():
            out = self.objective(rows)
        if isinstance(self.combine, Descent):
            return self.combine.descend(out, share)
        if self.combine is not None:
            return self._combined(out, share)
        if not isinstance(out, Mapping):
            self._back(out, share)
            return {"loss": out.item() * share}
        _check_losses(out)
        loss = sum(out.values())
        self._back(loss, share)
        named = {name: value.item() * share for name, value in out.items()}
        return {**named, "loss": loss.item() * share}

    def _back(self, loss: Any, share: float) -> None:
        _check_loss(loss, "the loss")
        if not loss.requires_grad:
            raise InputError(
                "the loss does not depend on any weight that trains at this step; expected the objective to compute "
                "it with the network that is trained, with gradients, or a plan that trains what it uses"
            )
        (loss if share == 1 else loss * share).backward()

    def _combined(self, out: Any, share: float) -> dict[str, float]:
        """Let ``combine`` see the losses as they are, and weight the gradient afterwards."""
        assert self.combine is not None
        losses = dict(out) if isinstance(out, Mapping) else {"loss": out}
        _check_losses(losses)
        before = [(p, p.grad) for p in self.stages.training]
        for p, _ in before:
            p.grad = None
        found = {name: value.item() * share for name, value in losses.items()}
        total = self.combine(losses)
        if total is None:
            found["loss"] = sum(found.values())
            if all(p.grad is None for p, _ in before):
                raise InputError(
                    "combine returned None and left no gradient; expected one number to minimise, or gradients in the "
                    "weights"
                )
        else:
            self._back(total, 1.0)
            found["loss"] = total.item() * share
        for p, held in before:
            if p.grad is not None and share != 1:
                p.grad.mul_(share)
            if held is not None:
                p.grad = held if p.grad is None else p.grad.add_(held)
        return found

    def _halve(self, n: int, error: BaseException) -> None:
        largest = -(-n // self.team.size)
        rows = -(-largest // self.parts)
        if rows // 2 < self.least:
            raise InputError(
                f"out of memory with {rows} row(s) at a time, and fewer cannot be computed ({error}); expected a "
                "network and rows that fit: shorter or smaller inputs, precision='bfloat16', a smaller network, or "
                "fewer layers that train"
            ) from error
        if not self.may_halve:
            raise InputError(
                f"out of memory in a process that shares batch normalisation with others ({error}); expected a batch "
                f"that fits: pass accumulate={2 * self.parts}"
            ) from error
        self.parts = max(self.parts * 2, 2)
        warnings.warn(
            f"out of memory with {rows} rows at a time: batches of {n} rows are computed in {self.parts} parts from "
            f"now on, which changes the speed, not the mean gradient; pass accumulate={self.parts} to begin so",
            HeadstartWarning,
            stacklevel=2,
        )


def _check_losses(losses: Mapping[str, Any]) -> None:
    if not losses:
        raise InputError("the objective gave no loss; expected one number, or a dict of at least one")
    if "loss" in losses and len(losses) > 1:
        raise InputError("one of several losses is named 'loss', as their sum is; expected another name")
    for name, value in losses.items():
        _check_loss(value, f"the loss {name!r}")


def _check_loss(value: Any, what: str) -> None:
    if not isinstance(value, torch.Tensor):
        raise InputTypeError(f"{what} is a {type(value).__name__}; expected a tensor that holds the mean of the rows")
    if value.dim():
        raise InputError(
            f"{what} has shape {tuple(value.shape)}; expected one number, the mean of the rows: call .mean()"
        )
