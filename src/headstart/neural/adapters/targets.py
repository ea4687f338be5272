"""Which layers of a network an adapter can go to, found by what they are and where they stand."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

_ATTENTION = re.compile(r"att(n|ention)", re.IGNORECASE)
# Words in the names of layers that lead into attention; its other layers lead out.
_KEY_VALUE = {"k", "v", "kv", "qkv", "wk", "wv", "wkv", "wqkv", "key", "value", "keys", "values", "attn", "in"}
_LEADS_IN = _KEY_VALUE | {"q", "wq", "query", "queries", "qk"}
_SECOND_OF_FEEDFORWARD = {"linear2", "fc2", "lin2", "w2", "wo", "down_proj", "fc_out", "dense_4h_to_h"}
_SIZES = {"transposed": "nf", "convolution": "out_channels", "attention": "embed_dim", "embedding": "embedding_dim"}


@dataclass(frozen=True)
class Layer:
    """A layer that can be adapted.

    ``kind`` is "linear", "transposed" (transformers' Conv1D), "convolution", "embedding" or "attention" (torch's
    MultiheadAttention as a whole). ``tensor`` names the weight where others read it without calling the layer: then
    the weight itself is adapted, not the output.
    """

    path: str
    module: Any
    kind: str
    tensor: str | None = None
    in_attention: bool = False
    feedforward: bool = False

    @property
    def key(self) -> str:
        """Its name in states and files."""
        tensor = self.tensor if self.tensor not in (None, "weight") else ""
        return ".".join(part for part in (self.path, tensor) if part)

    @property
    def weight(self) -> torch.Tensor:
        """The weight that is adapted."""
        found: torch.Tensor = getattr(self.module, self.tensor or "weight")
        return found

    @property
    def n_outputs(self) -> int:
        """Features that come out."""
        return int(getattr(self.module, _SIZES.get(self.kind, "out_features")))

    @property
    def leads_into_attention(self) -> bool:
        """Whether it makes queries, keys or values."""
        if self.kind == "attention":
            return False
        return self.in_attention and bool(_words(self.path) & _LEADS_IN or self.key != self.path)

    @property
    def makes_keys_or_values(self) -> bool:
        """Whether it makes keys or values, alone or with the queries."""
        return self.in_attention and bool(_words(self.path) & _KEY_VALUE or self.key != self.path)


def layers_of(module: nn.Module) -> list[Layer]:
    """All layers that some adapter can go to, in the order of the network's own parts."""
    found = list(_walk(module))
    has_attention = any(layer.in_attention for layer in found)
    return [replace(layer, feedforward=has_attention and _is_second(layer)) for layer in found]


def opened(layers: list[Layer]) -> list[Layer]:
    """The same layers, each MultiheadAttention replaced by its weights, which torch reads without calling a layer."""
    result: list[Layer] = []
    for layer in layers:
        if layer.kind != "attention":
            result.append(layer)
            continue
        mha = layer.module
        names = ["in_proj_weight"] if mha._qkv_same_embed_dim else ["q_proj_weight", "k_proj_weight", "v_proj_weight"]
        result += [Layer(layer.path, mha, "linear", name, True) for name in names]
        out = ".".join(p for p in (layer.path, "out_proj") if p)
        result.append(Layer(out, mha.out_proj, "linear", "weight", True))
    return result


def _walk(module: nn.Module) -> Iterator[Layer]:
    inside: list[str] = []
    attention: list[str] = []
    tuner, transposed = _peft_layer(), _transposed()
    for name, part in module.named_modules():
        path = re.sub(r"(^|\.)base_layer(?=\.|$)", "", name)
        if any(name.startswith(outer) for outer in inside):
            continue
        if name and (_ATTENTION.search(name.rpartition(".")[2]) or _ATTENTION.search(type(part).__name__)):
            attention.append(name + ".")
        if isinstance(part, tuner):
            inside.append(name + ".")
            part = part.get_base_layer()
        elif hasattr(part, "is_headstart_slot"):
            inside.append(name + ".")
            continue
        if isinstance(part, nn.MultiheadAttention):
            inside.append(name + "." if name else "")
            yield Layer(path, part, "attention", in_attention=True)
            continue
        kind = _kind(part, transposed)
        if kind is not None:
            within = kind in ("linear", "transposed") and any(name.startswith(outer) for outer in attention)
            yield Layer(path, part, kind, in_attention=within)


def _kind(part: nn.Module, transposed: type) -> str | None:
    if part._parameters.get("weight") is None:  # none, or made anew on each call by a normalisation of weights
        return None
    if isinstance(part, nn.Linear):
        return "linear"
    if isinstance(part, transposed):
        return "transposed"
    if isinstance(part, (nn.Conv1d, nn.Conv2d)):
        return "convolution" if part.groups == 1 else None
    if isinstance(part, nn.Embedding) and part.max_norm is None:
        return "embedding"
    return None


def _is_second(layer: Layer) -> bool:
    """The second layer of a feed-forward part: it narrows, in one of many blocks, or is called so."""
    if layer.in_attention or layer.kind not in ("linear", "transposed"):
        return False
    names = layer.path.split(".")
    if names[-1] in _SECOND_OF_FEEDFORWARD:
        return True
    shape = layer.module.weight.shape if layer.kind == "linear" else layer.module.weight.shape[::-1]
    return any(n.isdigit() for n in names[:-1]) and len(shape) == 2 and shape[1] > shape[0]


def _words(path: str) -> set[str]:
    names = [n for n in path.split(".") if not n.isdigit()]
    return set(re.sub(r"([a-z])([A-Z])", r"\1_\2", names[-1]).lower().split("_")) if names else set()


def _transposed() -> type:
    """transformers' Conv1D; a module can be one only where transformers has been imported."""
    library = sys.modules.get("transformers.pytorch_utils")
    return library.Conv1D if library is not None else type(None)


def _peft_layer() -> type:
    library = sys.modules.get("peft.tuners.tuners_utils")
    return library.BaseTunerLayer if library is not None else type(None)
