"""How an adapter joins a training plan: of the layers, its own parameters train; the head trains as planned."""

from __future__ import annotations

from dataclasses import replace

from ...core.errors import InputError
from ..groups import LayerGroup
from ..network import HEAD
from ..plan import Plan
from .attached import Attached


def adapter_plan(plan: Plan, attached: Attached) -> Plan:
    """The plan in which the adapter trains, and the head, and nothing else.

    Layer groups that the plan keeps frozen stay frozen, their adapters with them; epochs and speeds are the plan's.

    Parameters
    ----------
    plan : Plan
        Of the network with the adapter, or of a ``Network`` whose encoder it is attached to.
    attached : Attached
        Of the encoder.

    Returns
    -------
    Plan
        The same stages, each restricted to the adapter's parameters in it.

    Raises
    ------
    InputError
        Where nothing of the adapter would train.

    Examples
    --------
    >>> import headstart as hs
    >>> from torch import nn
    >>> encoder = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
    >>> network = hs.neural.Network(encoder, 8, 2, hs.neural.layer_groups(encoder))
    >>> adapter = hs.neural.LoRA(rank=1).attach(encoder, seed=0)
    >>> plan = hs.neural.adapter_plan(hs.neural.Plan.of(network.groups), adapter)
    >>> plan.table(network)["trained"].tolist()
    [12, 18]
    """
    heads = [stage for stage in plan.stages if stage.group == LayerGroup(HEAD, (HEAD,))]
    names = [f"encoder.{n}" if heads else n for n in attached.parameter_names()]
    stages = []
    left = set(names)
    for stage in plan.stages:
        own = tuple(name for name in names if stage.group.holds(name))
        left -= set(own)
        if stage in heads:
            stages.append(stage)
        elif own:
            stages.append(replace(stage, only=own))
        else:
            stages.append(replace(stage, starts=None, only=None))
    if left:
        raise InputError(
            f"{sorted(left)[0]!r} lies in no layer group of the plan; expected a plan of the network with the adapter"
        )
    if not any(stage.trains and stage.only for stage in stages if stage not in heads):
        raise InputError(
            "nothing of the adapter would train: all layer groups that hold it are frozen; let one of them train, or "
            "choose other layers="
        )
    return replace(plan, stages=tuple(stages))
