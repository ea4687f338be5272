"""Which learning rate: a short training in which it rises, on weights that are put back afterwards."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from torch import nn

from ...core.errors import InputError
from ..plan import Plan
from .arguments import check_arguments
from .device import computing, own_random_state, pick_precision
from .optimizer import make_optimizer, move
from .order import Batches, draws_seed
from .processes import Team, local_device
from .settings import TrainingSettings, check_whole
from .stages import Stages
from .state import Weights
from .step import Combine, Descent, Gradients, Objective

# Share of the past in the smoothed loss, and how far above its lowest value the search ends; both as in fastai.
_PAST = 0.98
_WORSE = 4.0
# Fewer losses than this show no descent.
_LEAST = 10


@dataclass(frozen=True)
class RateCurve:
    """The loss at rising learning rates.

    Attributes
    ----------
    rates : ndarray of shape (n,)
        Learning rates, rising by the same factor.
    losses : ndarray of shape (n,)
        The loss of one batch each.
    smooth : ndarray of shape (n,)
        Their exponential mean, without the bias of its start.
    suggestion : float
        The rate at which the smoothed loss falls fastest.

    Examples
    --------
    >>> import headstart as hs
    >>> import numpy as np
    >>> curve = hs.neural.RateCurve(np.array([0.1, 0.2]), np.array([1.0, 0.5]), np.array([1.0, 0.7]), 0.1)
    >>> curve.table()["rate"].tolist()
    [0.1, 0.2]
    """

    rates: np.ndarray
    losses: np.ndarray
    smooth: np.ndarray
    suggestion: float

    def table(self) -> pd.DataFrame:
        """One row a rate."""
        return pd.DataFrame({"rate": self.rates, "loss": self.losses, "smoothed loss": self.smooth})


def find_learning_rate(
    network: nn.Module,
    plan: Plan,
    objective: Objective,
    n_rows: int,
    settings: TrainingSettings,
    *,
    seed: int,
    combine: Combine | Descent | None = None,
    lowest: float = 1e-7,
    highest: float = 10.0,
    n_steps: int = 100,
) -> RateCurve:
    """Suggest a learning rate: raise it with each step and see where the loss falls fastest [1]_.

    The steps are those of ``train`` in its first epoch: stages that start later are frozen, so the rate is that of the
    layers which begin. The network, its modes and all random states are as before afterwards. Processes started by
    torchrun each search alone, on the same batches.

    Parameters
    ----------
    network, plan, objective, n_rows, settings, seed, combine : as for ``train``
        Of the settings, batch, decay, parts, clip, precision and device play a part; of the plan all
        but the pull. A ``combine`` that changes itself does so here, too.
    lowest, highest : float, default=1e-7 and 10
        Where the rates begin and end, unless the loss explodes before.
    n_steps : int, default=100
        Steps, at least 10; more give a smoother curve.

    Returns
    -------
    RateCurve
        The curve and the suggestion, which is meant for ``TrainingSettings(learning_rate=)``.

    Raises
    ------
    InputError
        Where the loss falls at no rate.

    References
    ----------
    .. [1] Smith (2017). Cyclical learning rates for training neural networks.

    Examples
    --------
    >>> import headstart as hs
    >>> import torch
    >>> X = torch.linspace(-1, 1, 64)[:, None]
    >>> net = torch.nn.Sequential(torch.nn.Linear(1, 1))
    >>> plan = hs.neural.Plan.of(hs.neural.layer_groups(net))
    >>> curve = hs.neural.find_learning_rate(
    ...     net, plan, lambda rows: ((net(X[rows]) - 3 * X[rows]) ** 2).mean(), 64,
    ...     hs.neural.TrainingSettings(), seed=0)
    >>> 0.01 < curve.suggestion < 10
    True
    """
    check_arguments(network, plan, n_rows, settings, seed)
    check_whole("n_steps", n_steps, least=_LEAST)
    if not 0 < lowest < highest < math.inf:
        raise InputError(f"lowest is {lowest!r} and highest {highest!r}; expected two rates above 0, in this order")
    team = Team(0, 1, local_device(settings.device))
    place = next((p.device for p in network.parameters()), team.device)
    modes = {m: m.training for m in network.modules()}
    network.to(team.device)
    stages = Stages(network, plan, settings)
    weights = Weights(network, stages)
    rates = np.geomspace(lowest, highest, n_steps)
    try:
        with own_random_state(draws_seed(seed, 0), team.device):
            losses = _losses(stages, objective, combine, n_rows, settings, seed, team, rates)
    finally:
        weights.put_back()
        stages.restore()
        network.to(place)
        for module, mode in modes.items():
            module.training = mode
    return _curve(rates[: len(losses)], np.array(losses))


def _losses(
    stages: Stages,
    objective: Objective,
    combine: Combine | Descent | None,
    n_rows: int,
    settings: TrainingSettings,
    seed: int,
    team: Team,
    rates: np.ndarray,
) -> list[float]:
    least = 2 if stages.normalises() else 1
    batches = Batches(n_rows, settings.batch_size, seed, least)
    stages.schedule(batches.per_epoch)
    stages.at(0)
    context = computing(pick_precision(settings.precision, team.device), team.device)
    gradients = Gradients(objective, combine, stages, team, context, settings.accumulate, least)
    optimizer = make_optimizer(stages, settings)
    found: list[float] = []
    mean, lowest = 0.0, math.inf
    for step, rate in enumerate(rates):
        if step % batches.per_epoch == 0:
            order = batches.of(step // batches.per_epoch)
        optimizer.zero_grad(set_to_none=True)
        loss = gradients(order[step % batches.per_epoch])["loss"]
        if not math.isfinite(loss):
            break
        found.append(loss)
        mean = _PAST * mean + (1 - _PAST) * loss
        smooth = mean / (1 - _PAST ** (step + 1))
        lowest = min(lowest, smooth)
        if step >= _LEAST and smooth > lowest + (_WORSE - 1) * abs(lowest):
            break
        move(optimizer, stages, float(rate), settings.clip)
    return found


def _curve(rates: np.ndarray, losses: np.ndarray) -> RateCurve:
    n = len(losses)
    if n < _LEAST:
        raise InputError(
            f"the loss was NaN or infinite after {n} steps at a learning rate of {rates[-1] if n else 0:.3g}; "
            f"expected at least {_LEAST} losses: take a lower lowest=, and look for NaN in the rows"
        )
    weights = _PAST ** np.arange(n)
    smooth = np.array([weights[: i + 1][::-1] @ losses[: i + 1] / weights[: i + 1].sum() for i in range(n)])
    slope = np.gradient(smooth, np.log(rates))
    # The first losses, smoothed over few, fall and rise by chance; behind the lowest one there is no more to gain.
    first, last = n // 10, int(smooth.argmin())
    # A fall within the rounding of float32 is none.
    if last <= first or smooth[first] - smooth[last] <= 1e-6 * abs(smooth[first]):
        raise InputError(
            f"the loss fell at no learning rate between {rates[0]:.3g} and {rates[-1]:.3g}; expected rates that are "
            "low enough at the beginning and rows that the network can learn from: take a lower lowest=, more "
            "n_steps=, or a larger batch_size"
        )
    best = first + int(slope[first : last + 1].argmin())
    return RateCurve(rates, losses, smooth, float(rates[best]))
