"""An adapter that sits in a network: its parameters, its state, merging, switching, taking it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
import torch
from torch import nn

from ...core.errors import InputError
from .registry import Registry
from .sharing import refuse_shared
from .states import check_state


class Attached:
    """An adapter in a network. Made by ``attach`` and by ``load_adapter``, not by hand.

    Attributes
    ----------
    adapter : LoRA, DoRA, BottleneckAdapter, IA3 or BitFit
        What was attached.
    module : torch.nn.Module
        The network that holds it.
    name : str
        Its name there.
    merged : bool
        Whether it is folded into the weights at present.
    """

    #: The part of the network that names in files are relative to: "" or the place of the Hugging Face model.
    root: str = ""

    def __init__(self, adapter: Any, registry: Registry, name: str) -> None:
        self.adapter, self.name, self.merged = adapter, name, False
        self.module: nn.Module = registry.module
        self._registry: Any = registry
        self._kept: list[tuple[torch.Tensor, torch.Tensor]] = []
        self._statistics: dict[str, torch.Tensor] = {}
        self._active = False

    def __repr__(self) -> str:
        state = "merged" if self.merged else "active" if self._active else "not active"
        return f"<{self.adapter!r} as {self.name!r} in {type(self.module).__name__}, {state}>"

    # What a kind of carrier has to say.

    def _trained(self) -> dict[str, nn.Parameter]:
        """Its parameters, by their names in states."""
        raise NotImplementedError

    def _values(self) -> dict[str, torch.Tensor]:
        """The tensors that hold its weights, by their names in states."""
        return dict(self._trained())

    def _switch(self, on: bool) -> None:
        """Let it act, or not."""
        raise NotImplementedError

    def _folds_into(self) -> list[torch.Tensor]:
        """The tensors of the base that merging changes."""
        raise NotImplementedError

    def _fold(self) -> None:
        """Change them, and stop acting."""
        raise NotImplementedError

    def _unfold(self) -> None:
        """Act again; the tensors are put back by the caller."""
        raise NotImplementedError

    def _take_out(self) -> None:
        """Leave the layers as they were."""
        raise NotImplementedError

    # What users call.

    @property
    def active(self) -> bool:
        """Whether the network computes with it."""
        return self._active

    def parameters(self) -> Iterator[nn.Parameter]:
        """What trains."""
        return iter(self._trained().values())

    def parameter_names(self) -> list[str]:
        """The names of what trains, as ``module.named_parameters()`` gives them."""
        own = {id(p) for p in self.parameters()}
        return [name for name, p in self.module.named_parameters() if id(p) in own]

    def state(self) -> dict[str, torch.Tensor]:
        """Copies of all its weights, by layer; with running statistics where these moved while it was active."""
        return {name: t.detach().clone() for name, t in self._values().items()} | self.statistics()

    def load_state(self, state: Mapping[str, torch.Tensor]) -> None:
        """Take weights, as ``state`` gives them.

        Parameters
        ----------
        state : mapping of str to torch.Tensor
            All of its weights and nothing else.

        Raises
        ------
        InputError
            Names what is missing, unexpected, or of another shape; nothing is changed then.
        """
        self._present()
        if self.merged:
            raise InputError(f"the adapter {self.name!r} is merged; call unmerge() before load_state()")
        prefix = f"{self.root}." if self.root else ""
        statistics = {prefix + k: v for k, v in state.items() if prefix + k in self._registry.statistics}
        weights = {k: v for k, v in state.items() if prefix + k not in self._registry.statistics}
        expected = self._values()
        check_state(weights, expected, self._registry.statistics, statistics)
        with torch.no_grad():
            for name, values in expected.items():
                values.copy_(weights[name])
        self._statistics = {k: v.clone() for k, v in statistics.items()}
        if self._active:
            self._registry.set_statistics(self._statistics)

    def statistics(self) -> dict[str, torch.Tensor]:
        """Running statistics that differ from the base's, by name; usually none, since they are held."""
        moved = self._registry.moved_statistics() if self._active else self._statistics
        return {name.removeprefix(f"{self.root}." if self.root else ""): t for name, t in moved.items()}

    def activate(self) -> None:
        """Let the network compute with this adapter, and no other; its parameters train, those of the others do not."""
        self._present()
        for other in self._registry.adapters.values():
            if other.merged and other is not self:
                raise InputError(
                    f"the adapter {other.name!r} is merged; call its unmerge() before another is activated"
                )
        for other in self._registry.adapters.values():
            if other is not self:
                other.deactivate()
        if not self._active:
            self._switch(True)
            self._registry.set_statistics(self._statistics)
            self._active = True
        for parameter in self.parameters():
            parameter.requires_grad_(not self.merged)

    def deactivate(self) -> None:
        """Let the network compute as its base does."""
        self._present()
        if self.merged:
            raise InputError(f"the adapter {self.name!r} is merged; call unmerge() before deactivate()")
        if self._active:
            self._statistics = self._registry.moved_statistics()
            self._registry.set_statistics({})
            self._switch(False)
            self._active = False
        for parameter in self.parameters():
            parameter.requires_grad_(False)

    def merge(self) -> None:
        """Fold it into the weights of the base: the same outputs at the base's own speed.

        The weights that change are kept once more until ``unmerge``, which puts back their very bits. While merged it
        does not train.

        Raises
        ------
        InputError
            Where the adapter is no change of weights, is not active, or changes a weight that another layer uses too.
        """
        self._present()
        if self.merged:
            return
        if not self.adapter.changes_weights:
            raise InputError(f"{type(self.adapter).__name__} is not linear and cannot be merged; keep it attached")
        if not self._active:
            raise InputError(f"the adapter {self.name!r} is not active; call activate() before merge()")
        refuse_shared(self.module, self._folds_into())
        self._keep()
        with torch.no_grad():
            self._fold()
        self.merged = True
        for parameter in self.parameters():
            parameter.requires_grad_(False)

    def unmerge(self) -> None:
        """Put back the weights of the base, bit by bit, and act beside them again."""
        self._present()
        if not self.merged:
            return
        with torch.no_grad():
            self._unfold()
        self.merged = False
        for parameter in self.parameters():
            parameter.requires_grad_(True)

    def detach(self, *, keep_merged: bool = False) -> None:
        """Take it out; without its last adapter the network is what it was, bit by bit.

        Parameters
        ----------
        keep_merged : bool, default=False
            Leave the adapter folded into the weights: an ordinary network with adapted weights, to be used or saved.

        Raises
        ------
        InputError
            Where ``keep_merged`` is asked for and the adapter is not merged, or other adapters sit on the same base.
        """
        self._present()
        if keep_merged and not self.merged:
            raise InputError(f"the adapter {self.name!r} is not merged; call merge() before detach(keep_merged=True)")
        if keep_merged and len(self._registry.adapters) > 1:
            others = ", ".join(repr(n) for n in self._registry.adapters if n != self.name)
            raise InputError(f"the adapters {others} need the base as it was; detach them before keep_merged=True")
        statistics = self._registry.moved_statistics() if keep_merged else {}
        if self.merged and not keep_merged:
            self.unmerge()
        self.merged = False
        kept = [(t, t.detach().clone()) for t, _ in self._kept] if keep_merged else []
        self.deactivate()
        with torch.no_grad():
            for tensor, values in kept:
                tensor.copy_(values)
        self._take_out()
        self._kept = []
        del self._registry.adapters[self.name]
        if not self._registry.adapters:
            self._registry.close()
        if statistics:
            self._registry.set_statistics(statistics)
        self._registry = None

    def table(self) -> pd.DataFrame:
        """One row a layer: what trains in it, and its share of all parameters of the base; the sum is the last row."""
        sizes: dict[str, int] = {}
        for name, parameter in self._trained().items():
            layer = self._layer_of(name)
            sizes[layer] = sizes.get(layer, 0) + parameter.numel()
        total = sum(p.numel() for p, _ in self._present().trained) or 1
        rows = [*sizes.items(), ("all", sum(sizes.values()))]
        return pd.DataFrame([{"layer": k, "parameters": n, "share": n / total} for k, n in rows])

    def kept(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Tensors of the base that it has changed at present, each with the values before."""
        return self._kept if self.merged else []

    def _layer_of(self, name: str) -> str:
        raise NotImplementedError

    def _keep(self) -> None:
        self._kept = [(t, t.detach().clone()) for t in self._folds_into()]

    def _present(self) -> Registry:
        if self._registry is None:
            raise InputError(f"the adapter {self.name!r} was detached; attach it again")
        registry: Registry = self._registry
        return registry
