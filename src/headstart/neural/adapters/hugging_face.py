"""LoRA, DoRA and IA3 on Hugging Face models, carried by peft."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from ...core.errors import InputError
from ...core.optional import require
from .attached import Attached
from .low_rank import random_down
from .registry import Registry
from .targets import Layer


class PeftAttached(Attached):
    """An adapter in peft's layers, which stand in the place of the layers that they hold."""

    def __init__(
        self, adapter: object, registry: Registry, name: str, layers: list[Layer], seed: int, root: str
    ) -> None:
        super().__init__(adapter, registry, name)
        self.root = root
        self.layers = layers
        peft = require("peft", extra="text", purpose=f"{type(adapter).__name__} on a Hugging Face model")
        model = self.module.get_submodule(root)
        config = peft_config(self.adapter, layers)
        modes = {id(layer.module): layer.module.training for layer in layers}
        # peft draws from the global random state; what it draws is replaced below.
        with torch.random.fork_rng(devices=[]):
            self._inject(peft, model, config)
        self._modules: dict[str, Any] = {layer.key: model.get_submodule(layer.key) for layer in layers}
        for part in self._modules.values():
            part.train(modes[id(part.get_base_layer())])  # new layers of peft's are in train mode whatever the model is
        self._draw(torch.Generator().manual_seed(seed))
        self._switch(False)

    def _inject(self, peft: Any, model: nn.Module, config: Any) -> None:
        tuner = self._registry.tuner
        kind = peft.LoraModel if config.peft_type == peft.PeftType.LORA else peft.IA3Model
        if tuner is None:
            self._registry.tuner = kind(model, config, self.name)
            return
        if not isinstance(tuner, kind):
            raise InputError(
                f"{type(model).__name__} has {type(tuner).__name__.removesuffix('Model')} adapters; peft can't put "
                f"{type(self.adapter).__name__} beside them. Detach them first"
            )
        tuner.peft_config[self.name] = config
        tuner.inject_adapter(model, self.name)

    def _draw(self, generator: torch.Generator) -> None:
        with torch.no_grad():
            for key, parameter in self._trained().items():
                if key.endswith(".lora_A.weight"):
                    parameter.copy_(random_down(tuple(parameter.shape), generator))
                elif key.endswith(".lora_embedding_B"):
                    parameter.copy_(torch.randn(parameter.shape, generator=generator))

    def _trained(self) -> dict[str, nn.Parameter]:
        found: dict[str, nn.Parameter] = {}
        for key, part in self._modules.items():
            for group in part.adapter_layer_names:
                entry = getattr(part, group)
                if self.name not in entry:
                    continue
                if isinstance(entry[self.name], nn.Parameter):
                    found[f"{key}.{group}"] = entry[self.name]
                else:
                    found |= {f"{key}.{group}.{k}": p for k, p in entry[self.name].named_parameters()}
        return found

    def _layer_of(self, name: str) -> str:
        layer = max((key for key in self._modules if name.startswith(key + ".")), key=len)
        return f"{self.root}.{layer}" if self.root else layer

    def _all(self) -> Iterator[Any]:
        from peft.tuners.tuners_utils import BaseTunerLayer

        return (part for part in self.module.modules() if isinstance(part, BaseTunerLayer))

    def _switch(self, on: bool) -> None:
        for part in self._all():
            part.set_adapter([self.name])
            part.enable_adapters(on)

    def _folds_into(self) -> list[torch.Tensor]:
        return [
            p for part in self._modules.values() for p in part.get_base_layer()._parameters.values() if p is not None
        ]

    def _fold(self) -> None:
        for part in self._modules.values():
            part.merge(adapter_names=[self.name])

    def _unfold(self) -> None:
        with warnings.catch_warnings():
            # peft takes off what it put on, which gives the base's values but not its bits; these are put back here.
            warnings.simplefilter("ignore", UserWarning)
            for part in self._modules.values():
                part.unmerge()
        for tensor, values in self._kept:
            tensor.copy_(values)
        self._kept = []
        self._switch(True)

    def _take_out(self) -> None:
        model = self.module.get_submodule(self.root)
        for key, part in self._modules.items():
            part.set_adapter([])
            part.delete_adapter(self.name)
            if part._all_available_adapter_names():
                continue
            parent, _, child = key.rpartition(".")
            setattr(model.get_submodule(parent), child, part.get_base_layer())
        tuner = self._registry.tuner
        del tuner.peft_config[self.name]
        if not tuner.peft_config:
            self._registry.tuner = None
            del model.peft_config


def peft_config(adapter: Any, layers: list[Layer]) -> Any:
    """peft's configuration of an adapter on just these layers."""
    import peft

    values = peft_values(adapter, layers)
    kind = peft.LoraConfig if values["peft_type"] == "LORA" else peft.IA3Config
    return kind(**{k: v for k, v in values.items() if k != "peft_type"})


def peft_values(adapter: Any, layers: list[Layer]) -> dict[str, Any]:
    """The same as plain values, in peft's words."""
    values: dict[str, Any] = {
        "target_modules": exactly([layer.key for layer in layers]),
        # Conv1D of transformers stores its weight with the inputs first.
        "fan_in_fan_out": any(layer.kind == "transposed" for layer in layers),
    }
    if type(adapter).__name__ == "IA3":
        second = [layer.key for layer in layers if layer.feedforward]
        # A pattern that no name fits, since an empty list is not taken for one.
        return {"peft_type": "IA3", **values, "feedforward_modules": exactly(second) if second else "(?!)"}
    return {
        "peft_type": "LORA",
        **values,
        "r": adapter.rank,
        "lora_alpha": adapter.scale * adapter.rank,
        "lora_dropout": adapter.dropout,
        "use_dora": type(adapter).__name__ == "DoRA",
        "bias": "none",
    }


def exactly(names: list[str]) -> str:
    """A regular expression for these names alone; a list would also take longer names that end as one of them."""
    return "(?:" + "|".join(re.escape(name) for name in names) + ")"


def hugging_face_root(module: nn.Module) -> str | None:
    """Where in ``module`` its one Hugging Face model stands; None where there is none, or more than one."""
    library = sys.modules.get("transformers")
    if library is None:  # then none can have been made
        return None
    found: list[str] = []
    for name, part in module.named_modules():
        if any(outer == "" or name.startswith(outer + ".") for outer in found):
            continue
        if isinstance(part, library.PreTrainedModel):
            found.append(name)
    return found[0] if len(found) == 1 else None
