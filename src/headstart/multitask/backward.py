"""The one step that all weightings share: from the losses of the tasks to the gradients of the weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..core.errors import InputError, InputTypeError
from . import jacobian
from .losses import Seen, gather
from .tap import Tap
from .weighting.base import GradientWeighting
from .weighting.state import WeightingState

Reduce = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class WeighedStep:
    """What a step did.

    Attributes
    ----------
    losses : ndarray of shape (n_tasks,)
        The losses over all processes, NaN for a task without rows.
    weights : ndarray of shape (n_tasks,)
        What the gradient of each loss was multiplied by for what is shared; 0 for a task that was left out. NaN for
        a method that weighs entries, not tasks.
    loss_weights : ndarray of shape (n_tasks,)
        What it was multiplied by for the heads.
    gramian : ndarray of shape (n_tasks, n_tasks) or None
        Inner products of the gradients, before weighting, where the weighting looks at them.
    """

    losses: np.ndarray
    weights: np.ndarray
    loss_weights: np.ndarray
    gramian: np.ndarray | None = None


def weighted_backward(
    losses: Any,
    state: WeightingState,
    *,
    tap: Tap | None = None,
    shared: Iterable[torch.Tensor] | None = None,
    own: Iterable[torch.Tensor] | None = None,
    reduce: Reduce | None = None,
) -> WeighedStep:
    """Leave in ``.grad`` of all weights the gradient that a weighting makes of the tasks' losses.

    Takes the place of ``loss.backward()``; gradients add to those that are there. Weightings by losses weigh heads and
    shared weights alike. Weightings by gradients leave each head the gradient of its own loss, and weigh what is
    shared.

    Parameters
    ----------
    losses : dict of str to tensor, sequence of tensor, or tensor of shape (n_tasks,)
        The mean loss of each task, one number each. None, or no entry, for a task without rows. Numbers apart cost less
        than one tensor, unless the heads are one batched operation.
    state : WeightingState
        What ``weighting.start`` gave.
    tap : Tap, optional
        Where the heads read the shared representation. Needed at the representation level; at the parameter level it
        saves time.
    shared : iterable of torch.Tensor, optional
        The parameters below the tap: needed at the parameter level.
    own : iterable of torch.Tensor, optional
        All other parameters: needed at the parameter level without a tap.
    reduce : callable, optional
        Gives the sum of a tensor, of the CPU or of the device, over the processes that train together; it may overwrite
        its argument. All of them have to call with it. The losses of a process are then its part, which over processes
        sum to the losses: its means times its share of the rows. So are the gradients, which the training adds up as
        ever.

    Returns
    -------
    WeighedStep
        The weights and losses of this step.

    Raises
    ------
    InputError
        Where no task has a finite loss, where a tap or parameters are missing that the weighting needs, and where
        losses do not match the tasks.
    InputTypeError
        Where the losses are neither tensors nor None.

    Warns
    -----
    HeadstartWarning
        Once for each task that is left out of a step since its loss or gradient is NaN or infinite, and at the first
        step where losses or gradients are on wildly different scales and the weighting minds.

    Notes
    -----
    At the representation level one pass goes through the heads and one through the encoder, whatever the number of
    tasks. What is kept besides is the gradient of each task at the representation.

    At the parameter level one pass for each task goes through the encoder, and the gradients of each task at each
    shared parameter are kept until the weights are known. Several processes add them up, parameter by parameter.

    Examples
    --------
    >>> import torch
    >>> from headstart.multitask import Tap, UPGrad, weighted_backward
    >>> encoder, heads = torch.nn.Linear(4, 8), [torch.nn.Linear(8, 1) for _ in range(2)]
    >>> X, Y = torch.ones(16, 4), torch.zeros(16, 2)
    >>> state = UPGrad().start(["left", "right"])
    >>> tap = Tap(encoder(X), 2)
    >>> losses = [(heads[k](tap[k])[:, 0] - Y[:, k]).square().mean() for k in range(2)]
    >>> step = weighted_backward(losses, state, tap=tap)
    >>> encoder.weight.grad.shape
    torch.Size([8, 4])
    """
    if not isinstance(state, WeightingState):
        raise InputTypeError(
            f"state is a {type(state).__name__}; expected what the weighting's start gives: UPGrad().start(n_tasks)"
        )
    weighting = state.weighting
    if tap is not None and len(tap) != len(state.names):
        raise InputError(f"the tap is for {len(tap)} tasks, and there are {len(state.names)}; expected one for each")
    by_gradients = isinstance(weighting, GradientWeighting)
    below = None if shared is None else [p for p in shared if p.requires_grad]
    mine = None if own is None else [p for p in own if p.requires_grad]
    if by_gradients:
        _check_places(weighting, tap, below, mine)
    seen = gather(losses, state.names, reduce)
    there = state.begin(seen)
    loss_weights = weighting.loss_weights(seen.values, there, state.memory, state.rng)
    if not by_gradients:
        _add_up(seen, loss_weights, there, tap)
        weights, gramian = loss_weights, None
    else:
        step = _Compare(state, seen, there, loss_weights, reduce)
        weights, gramian = step(weighting, tap, below, mine)
    loss_weights = np.where(there, loss_weights, 0.0)
    weights = np.where(there, weights, 0.0)
    state.end(seen.values, there, None if gramian is None else np.sqrt(np.maximum(np.diagonal(gramian), 0.0)))
    return WeighedStep(seen.values, weights, loss_weights, gramian)


def _check_places(
    weighting: GradientWeighting, tap: Tap | None, shared: list[torch.Tensor] | None, own: list[torch.Tensor] | None
) -> None:
    name = type(weighting).__name__
    if weighting.level == "representation":
        if tap is None:
            raise InputError(
                f"{name} compares gradients at the representation, and no tap was given; expected tap=Tap(z, n_tasks), "
                f"with heads that read it, or {name}(level='parameter')"
            )
        return
    if not shared:
        raise InputError(
            f"{name} compares gradients at the shared parameters, and none that trains was given; expected "
            "shared=encoder.parameters()"
        )
    if tap is None and own is None:
        raise InputError(
            f"{name} got neither a tap nor own=; expected one of them, so that each head gets the gradient of its "
            "loss: own= takes all parameters that are not shared"
        )


def _add_up(seen: Seen, weights: np.ndarray, there: np.ndarray, tap: Tap | None) -> None:
    total = seen.total(weights, there)
    if total is not None:
        total.backward()
        if tap is not None:
            tap.go_on(tap.summed())


class _Compare:
    """A step of a weighting by gradients."""

    def __init__(
        self,
        state: WeightingState,
        seen: Seen,
        there: np.ndarray,
        loss_weights: np.ndarray,
        reduce: Reduce | None,
    ) -> None:
        self.state, self.seen, self.there, self.loss_weights = state, seen, there, loss_weights
        self.reduce = reduce

    def __call__(
        self, weighting: GradientWeighting, tap: Tap | None, shared: Sequence[torch.Tensor] | None, own: Any
    ) -> tuple[np.ndarray, np.ndarray | None]:
        at_parameters = weighting.level == "parameter"
        if tap is None:
            assert shared is not None
            blocks, mine = jacobian.rows_of(self._apart(), shared, own)
            jacobian.accumulate(own, mine)
        else:
            total = self.seen.total(self.loss_weights, self.there)
            if total is not None:
                total.backward()
            blocks = tap.take()
            self._silence(blocks)
            if at_parameters:
                assert shared is not None
                blocks = jacobian.rows_through(tap.shared, blocks, shared)
        gramian: np.ndarray | None = None
        if weighting.looks_at == "gradients":
            weights = np.where(self.there, np.nan, 0.0)
            passed = self._masked(weighting, blocks, tap, at_parameters)
        else:
            gramian = self._gramian(blocks, at_parameters)
            weights = weighting.gradient_weights(
                gramian, self.seen.values, self.there, self.state.memory, self.state.rng
            )
            passed = [jacobian.combined(block, weights) for block in blocks]
            # As seen from the losses, whose own weights are in these gradients already.
            weights = weights * self.loss_weights
        if at_parameters:
            assert shared is not None
            jacobian.accumulate(shared, passed)
        else:
            assert tap is not None
            tap.go_on(passed)
        return weights, gramian

    def _apart(self) -> list[torch.Tensor | None]:
        here = self.seen.here
        found = list(here.unbind()) if isinstance(here, torch.Tensor) else here
        apart: list[torch.Tensor | None] = []
        for loss, is_there, w in zip(found, self.there, self.loss_weights, strict=True):
            apart.append(None if loss is None or not is_there else loss if w == 1 else loss * float(w))
        return apart

    def _silence(self, blocks: Sequence[torch.Tensor]) -> None:
        """Tasks that are left out have no gradient, not even NaN times 0."""
        left_out = np.flatnonzero(~self.there)
        if left_out.size:
            for block in blocks:
                block[torch.as_tensor(left_out, device=block.device)] = 0

    def _gramian(self, blocks: Sequence[torch.Tensor], at_parameters: bool) -> np.ndarray:
        found = jacobian.gramian_of(blocks, self.reduce, split=not at_parameters)
        bad = self.there & ~np.isfinite(np.diagonal(found))
        if bad.any():
            for k in np.flatnonzero(bad):
                self.state.leave_out(k, "gradient is NaN or infinite")
            self.there &= ~bad
            if not self.there.any():
                raise InputError(
                    f"the gradient of every task is NaN or infinite at step {self.state.step}; expected finite ones: "
                    "look for NaN in the inputs and for a learning rate that is too high"
                )
            self._silence(blocks)
            found[bad] = 0.0
            found[:, bad] = 0.0
        return found

    def _masked(
        self, weighting: GradientWeighting, blocks: Sequence[torch.Tensor], tap: Tap | None, at_parameters: bool
    ) -> list[torch.Tensor]:
        passed, rng = [], self.state.rng()
        for i, block in enumerate(blocks):
            if at_parameters:
                statistic = block if self.reduce is None else self.reduce(block.clone())
            else:
                assert tap is not None
                statistic = (tap.shared[i].detach().sign() * block).sum(1)
                if self.reduce is not None:
                    statistic = self.reduce(statistic)
            u = torch.from_numpy(rng.random(statistic.shape[1:], dtype=np.float32)).to(statistic)
            if statistic is block:
                passed.append(weighting.masked_sum(block, u))
                continue
            mask = weighting.mask(statistic, u)
            passed.append((block * (mask if at_parameters else mask[:, None])).sum(0))
        return passed
