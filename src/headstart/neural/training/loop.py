"""The training loop of headstart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from ...core.errors import InputError
from ..plan import Plan
from . import checkpoint
from .arguments import check_arguments
from .device import own_random_state
from .history import PLAIN, History
from .order import draws_seed
from .processes import Team, synchronised
from .run import Training
from .settings import TrainingSettings, check_whole
from .stages import Stages
from .step import Combine, Descent, Objective


def train(
    network: nn.Module,
    plan: Plan,
    objective: Objective,
    n_rows: int,
    settings: TrainingSettings,
    *,
    seed: int,
    validate: Callable[[], float] | None = None,
    watch: Callable[[], float] | None = None,
    combine: Combine | Descent | None = None,
    callbacks: Sequence[Any] = (),
    folder: str | Path | None = None,
    resume: bool = False,
    checkpoint_every: int | None = None,
    same: Mapping[str, Any] | None = None,
    name: str = PLAIN,
) -> History:
    """Train a network, in place, as a plan says.

    Parameters
    ----------
    network : torch.nn.Module
        What is trained. It is moved to the device, and is in eval mode afterwards.
    plan : Plan
        For each layer group, whether and from when it trains, how fast, and what pulls it. A weight that does not
        require a gradient at the call never trains. Layers that are frozen are in eval mode, with their dropout and
        batch normalisation. ``solve_head`` is for the caller to carry out.
    objective : callable
        Gets row numbers, a tensor of shape (n,) on the CPU, and gives the mean loss of these rows, computed with
        ``network``: one number, or a dict of named ones. What it draws, it draws from torch's global generators, which
        are seeded here and kept in checkpoints.
    n_rows : int
        Rows there are.
    settings : TrainingSettings
        Epochs, batches, rates and so on.
    seed : int
        Decides the order of the rows and what is drawn while training, such as dropout.
    validate : callable, optional
        Called after each epoch with the network in eval mode; gives a score, lower is better. The weights of the best
        epoch are kept, for whatever reason training stops; its rows must have no part in a later score.
    watch : callable, optional
        Called after each epoch likewise; its number stands in the history as "watched", and decides nothing.
    combine : callable, optional
        Gets the dict of losses of each batch, with their graphs, and gives the number to minimise; or leaves gradients
        in the weights itself and returns None. Without it losses are added. Weights of its own belong into the network
        and the plan. If it has ``state_dict`` and ``load_state_dict``, checkpoints hold what they give. If it has
        ``descend``, it gets what the objective gave, whatever that is, with the share of the batch that it stands for,
        and computes gradients and the numbers for the history itself.
    callbacks : sequence of objects
        With any of ``on_start``, ``on_step``, ``on_epoch``, ``on_end``; see ``Callback``.
    folder : path, optional
        Where a checkpoint is kept.
    resume : bool, default=False
        Go on from the checkpoint in ``folder``, if there is one: the result is that of a run that was never
        interrupted, to the last bit on the same machine.
    checkpoint_every : int, optional
        Steps between checkpoints, besides that after each epoch.
    same : dict, optional
        What else has to be as it was for a resume, by a name for messages and as a plain value: such as a checksum of
        the rows, which the loop never sees. A checkpoint with other values is refused.

    name : str, default="training"
        What callbacks are told that it is called, so that they can tell one training of several from another.

    Returns
    -------
    History
        A row an epoch, and why it ended.

    Raises
    ------
    TrainingDiverged
        Where the loss, the score or the weights are NaN or infinite. The network then holds the weights of its best
        epoch, without ``validate`` those after its last epoch, before the first one those of the start. The checkpoint
        stays.
    InputError
        Where something does not fit, such as a checkpoint of another training.

    Warns
    -----
    HeadstartWarning
        Where memory ran out, and batches are computed in more parts.

    Notes
    -----
    AdamW, fused, one parameter group for each speed and decay that the plan names, all from the first step. A pull
    takes back the share rate * speed * pull of the way from the start before each step, apart from the loss (L2-SP
    [1]_, decoupled as AdamW's decay). The last batch of an epoch may be smaller; it is left out where it has one row
    and batch normalisation trains. No global random state is changed. Started by torchrun, the processes share each
    batch.

    References
    ----------
    .. [1] Li, Grandvalet & Davoine (2018). Explicit inductive bias for transfer learning with convolutional networks.

    Examples
    --------
    >>> import headstart as hs
    >>> import torch
    >>> X = torch.linspace(-1, 1, 64)[:, None]
    >>> net = torch.nn.Sequential(torch.nn.Linear(1, 1))
    >>> plan = hs.neural.Plan.of(hs.neural.layer_groups(net))
    >>> history = hs.neural.train(
    ...     net, plan, lambda rows: ((net(X[rows]) - 3 * X[rows]) ** 2).mean(), 64,
    ...     hs.neural.TrainingSettings(epochs=60, batch_size=8, learning_rate=0.1, weight_decay=0), seed=0)
    >>> history.stopped, round(net[0].weight.item(), 2)
    ('epochs', 3.0)
    """
    check_arguments(network, plan, n_rows, settings, seed)
    _check_ends(settings, validate, folder, resume, checkpoint_every)
    where = None if folder is None else Path(folder)
    team = Team.join(settings.device)
    if where is not None and not resume and team.first(checkpoint.exists(where)):
        raise InputError(
            f"{str(where)!r} already holds the checkpoint of a training; expected resume=True to go on with it, or "
            "another folder"
        )
    network.to(team.device)
    stages = Stages(network, plan, settings)
    norms = stages.normalises()
    try:
        with (
            own_random_state(draws_seed(seed, team.rank), team.device),
            synchronised(network, norms, team),
        ):
            run = Training(
                network, stages, objective, n_rows, settings, seed, validate, watch, combine, callbacks, team, norms
            )
            run.name = name
            if where is not None:
                run.keep_in(where, plan, resume, checkpoint_every, same or {})
            return run()
    finally:
        stages.restore()


def _check_ends(settings: TrainingSettings, validate: Any, folder: Any, resume: bool, checkpoint_every: Any) -> None:
    if checkpoint_every is not None:
        check_whole("checkpoint_every", checkpoint_every, or_none=True)
    if settings.patience is not None and validate is None:
        raise InputError(f"patience is {settings.patience} and validate None; expected a score to watch, validate=")
    if folder is None and (resume or checkpoint_every is not None):
        what = "resume=True" if resume else f"checkpoint_every={checkpoint_every}"
        raise InputError(f"{what} without a folder; expected folder=, where the checkpoint is kept")
