"""Any network run piece by piece, cut behind layers, without another word in its forward."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from ...core.errors import InputError
from ...neural.policies.base import shown
from .calls import Calls, Kept, Reached, swapped
from .draws import Draws
from .outputs import first_of, tensors_in, with_first

# The calls of a module's parts are caught for the time of a pass, so that one pass at a time may run.
_ONE_AT_A_TIME = threading.RLock()
Instead = Mapping[str, nn.Module | torch.Tensor]


class Segments:
    """Runs a network up to a layer, and on from there with a value of one's choice, up to the next one.

    The forward of the network is run anew for each piece, with the layers that ran already replaced by what they gave.
    So each layer computes once, and what the forward does between the layers (a mask, a reshape, a skip connection)
    sees what it would see in one go.

    Parameters
    ----------
    at : sequence of str
        Names of modules, in the order in which they run; the network is cut behind each.

    Raises
    ------
    InputError
        While running: where there is no such module, where one does not run, runs more than once a pass or in another
        order, or gives no tensor; where the forward changes what a layer gave in place, outside of the layers.

    Notes
    -----
    A changed value takes the place of the layer's output wherever that is read, also where a skip connection reads it.
    Other connections that pass a cut by carry what they carried. Random draws are those of one go: what is
    computed again draws what it drew before. Outputs are those of one go to the last bit, and so are gradients, but
    where a skip connection and a cut layer read the same step between layers: that one computes in two passes, and
    the gradients of both meet before it, in another order of rounding. Passes of several threads wait for each other.
    Parts that torch has scripted are not seen.

    Examples
    --------
    >>> import torch
    >>> from headstart.multitask.sharing.segments import Segments
    >>> net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    >>> X = torch.ones(3, 4)
    >>> behind = Segments(["0"]).start(net, X)
    >>> behind.value.shape
    torch.Size([3, 8])
    >>> bool((behind.on(behind.value).value == net(X)).all())
    True
    """

    def __init__(self, at: Sequence[str]) -> None:
        self.at = tuple(at)

    def start(self, module: nn.Module, batch: Any, instead: Instead | None = None) -> Passage:
        """Run a module on a batch up to the first cut; ``instead`` as for ``Passage.on``."""
        parts = dict(module.named_modules())
        strange = [name for name in self.at if not name or name not in parts]
        if strange:
            raise InputError(
                f"{type(module).__name__} has no layer {strange[0]!r}; expected one of: "
                f"{shown([name for name in parts if name])}"
            )
        # Modules that a cut lies in run anew for each piece; the others are those whose calls are caught.
        opened = {name[:i] for name in self.at for i, sign in enumerate(name) if sign == "."} | {""}
        caught = {name: part for name, part in parts.items() if name not in opened}
        draws = Draws(parts.values())
        return _run(Passage(self.at, module, batch, caught, draws, draws.now(), {}, 0, None), instead or {})


class Passage:
    """A network on its way: what the layer at the present cut gave, or at the end what the network gives.

    Attributes
    ----------
    value : torch.Tensor
        The layer's output (its first tensor where it gives several), or that of the network.
    ended : bool
        Whether the network has run to its end.
    """

    def __init__(
        self,
        at: tuple[str, ...],
        module: nn.Module,
        batch: Any,
        caught: dict[str, nn.Module],
        draws: Draws,
        began: Any,
        kept: Kept,
        passed: int,
        output: Any,
    ) -> None:
        self.at, self.module, self.batch, self.caught, self.draws = at, module, batch, caught, draws
        # What layers gave, call by call, with the states of the random generators then, and those before all.
        self.kept, self.began = kept, began
        self.passed, self.output = passed, output
        self.ended = False

    @property
    def value(self) -> torch.Tensor:
        if self.ended:
            found: torch.Tensor = self.output
            return found
        return first_of(self.output, self.at[self.passed])

    def on(self, value: torch.Tensor, instead: Instead | None = None) -> Passage:
        """Go on with a value of the same shape, up to the next cut or the end; may be called any number of times.

        ``instead`` are modules and weights that stand in for those of the network, by name, from here on to there.
        """
        if self.ended:
            raise InputError("the network has run to its end; expected on() at a cut: start anew with another batch")
        layer = self.at[self.passed]
        if value.shape != self.value.shape:
            raise InputError(
                f"on() got a value of shape {tuple(value.shape)} behind layer {layer!r}, which gave "
                f"{tuple(self.value.shape)}; expected the same"
            )
        kept = {**self.kept, layer: [(with_first(self.output, value), self.draws.now())]}
        passed = self.passed + 1
        after = Passage(self.at, self.module, self.batch, self.caught, self.draws, self.began, kept, passed, None)
        return _run(after, instead or {})


def _run(passage: Passage, instead: Instead) -> Passage:
    """The piece up to the next cut."""
    at, passed = passage.at, passage.passed
    until = at[passed] if passed < len(at) else None
    given = at[passed - 1] if passed else None
    run = Calls(passage, until, given, instead)
    versions = _versions(passage.kept)
    with _ONE_AT_A_TIME, swapped(passage.module, instead), run.catching():
        try:
            passage.output = passage.module(passage.batch)
        except Reached as reached:
            passage.output = reached.output
        else:
            if until is not None:
                raise InputError(
                    f"layer {until!r} did not run in a pass of {type(passage.module).__name__}; expected a layer that "
                    "each pass calls, in the order given"
                )
            passage.ended = True
        finally:
            run.end()
    _refuse_changed(versions, _versions(passage.kept))
    passage.kept = {**passage.kept, **run.found}
    if not passage.ended:
        first_of(passage.output, str(until))
    return passage


def _versions(kept: Kept) -> dict[str, list[int]]:
    return {
        name: [t._version for output, _ in calls for t in tensors_in(output) if not t.is_inference()]
        for name, calls in kept.items()
    }


def _refuse_changed(before: dict[str, list[int]], after: dict[str, list[int]]) -> None:
    for name, versions in before.items():
        if after[name] != versions:
            raise InputError(
                f"the network changes in place what layer {name!r} gave, after later layers ran, so that it can't be "
                "run piece by piece; expected y = y + z in place of y += z in its forward, or a cut elsewhere"
            )
