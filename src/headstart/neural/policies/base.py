"""What a policy is, and how it finds the layers that it is asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

from ...core.errors import InputError, InputTypeError
from ..plan import Plan


class Policy(ABC):
    """A small object that changes a training plan.

    Policies are values: they compare by what they say, and hold nothing of a network. Several are applied one after the
    other, so that ``[FreezeBelow("layer3"), LayerwiseLR(0.8)]`` freezes the lower layers and slows down the others.
    """

    @abstractmethod
    def apply(self, plan: Plan, *, epochs: float) -> Plan:
        """The plan that this policy makes of ``plan``, for a training of so many epochs."""


def apply_all(policies: Any, plan: Plan, *, epochs: float) -> Plan:
    """Apply one policy or several in their order; raise where one is none, or where nothing is left to train."""
    found = [policies] if isinstance(policies, Policy) else policies
    if not isinstance(found, Iterable) or isinstance(found, str):
        raise InputTypeError(
            f"policy is {policies!r}; expected a policy of headstart.neural, such as FullFineTune(), or a list of them"
        )
    for policy in found:
        if not isinstance(policy, Policy):
            hint = ": make one of the class, with brackets" if isinstance(policy, type) else ""
            raise InputTypeError(
                f"policy holds {policy!r}; expected policies of headstart.neural, such as LinearProbe(){hint}"
            )
        plan = policy.apply(plan, epochs=epochs)
    if not plan.solve_head and not any(stage.trains for stage in plan.stages):
        raise InputError("with these policies nothing trains; expected at least one layer that does")
    return plan


def find_layer(plan: Plan, layer: Any) -> int:
    """The index of the first stage that ``layer`` names: its name, a pattern of names, or its place.

    Raises
    ------
    InputError
        Where no layer has this name or place; the message shows the layers there are.
    """
    names = [stage.group.name for stage in plan.stages]
    if isinstance(layer, bool) or not isinstance(layer, (str, int)):
        raise InputTypeError(
            f"a layer is given as {layer!r}; expected its name, a pattern such as 'layer3*', or its place"
        )
    if isinstance(layer, int):
        if not -len(names) <= layer < len(names):
            raise InputError(f"there is no layer {layer}; expected 0 to {len(names) - 1}: {shown(names)}")
        return layer % len(names)
    if layer in names:
        return names.index(layer)
    for k, name in enumerate(names):
        if fnmatchcase(name, layer):
            return k
    raise InputError(f"no layer is called {layer!r}; expected one of, or a pattern of: {shown(names)}")


def shown(names: list[str], most: int = 30) -> str:
    """Names of layers for a message."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
