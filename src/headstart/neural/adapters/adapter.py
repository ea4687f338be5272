"""What all adapters share: plain values that say what is put into a network, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import nn

from ...core.errors import InputError, InputTypeError
from .targets import Layer

if TYPE_CHECKING:
    from .attached import Attached


@dataclass(frozen=True)
class Adapter:
    """What all adapters share: where they go, and how they are attached."""

    #: Whether peft carries it on Hugging Face models.
    through_peft: ClassVar[bool] = False
    #: Whether it is a change of weights: then it can be folded into them.
    changes_weights: ClassVar[bool] = True

    def attach(self, module: nn.Module, *, seed: int, name: str = "default") -> Attached:
        """Put the adapter into ``module``, in place, freeze all else, and make it the active one.

        Before training, the output of ``module`` is what it was. Modules with running statistics (BatchNorm) stay in
        eval from now on, whatever ``train()`` says.

        Parameters
        ----------
        module : torch.nn.Module
            The network, usually an encoder.
        seed : int
            Of the weights that start at random. The global random state is neither used nor changed.
        name : str, default="default"
            Its name among the adapters of ``module``; parameters carry it.

        Returns
        -------
        Attached
            The handle: parameters, merge, detach, state.

        Raises
        ------
        InputError
            Where no layer is found, a pattern matches none, or the name is taken.
        """
        from .attaching import attach

        return attach(self, module, seed=seed, name=name)

    def part(self, layer: Layer, generator: torch.Generator) -> nn.Module:
        """The weights for one layer, where headstart's own layer carries the adapter."""
        raise NotImplementedError

    def takes(self, layer: Layer, peft: bool) -> bool:
        """Whether it can go to such a layer, where peft carries it or not."""
        raise NotImplementedError

    def usual(self, layers: list[Layer]) -> list[Layer]:
        """Where it goes if nobody says."""
        raise NotImplementedError

    def settings(self) -> dict[str, Any]:
        """Kind and parameters, as plain values."""
        values = {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(self).items()}
        return {"kind": type(self).__name__, **values}


def check_whole(adapter: Adapter, name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError(f"{type(adapter).__name__}({name}={value!r}); expected a whole number of at least 1")


def check_patterns(adapter: Any) -> None:
    layers = adapter.layers
    if layers is None or (isinstance(layers, str) and layers):
        return
    if isinstance(layers, str) or not isinstance(layers, Sequence) or not all(isinstance(p, str) and p for p in layers):
        raise InputTypeError(
            f"layers={layers!r}; expected None, a pattern such as 'encoder.layer.*.query', or a list of patterns"
        )
    if not layers:
        raise InputError("layers=[] adapts nothing; expected at least one pattern, or None for the usual layers")
    object.__setattr__(adapter, "layers", tuple(layers))  # so that the adapter can be hashed
