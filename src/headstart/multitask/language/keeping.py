"""A fitted language model inside an estimator: out of sight of what walks over attributes, and kept without pickle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from ...core.errors import InputError
from ...neural.adapters.keeping import put_back, take_apart
from ...neural.inputs.fast_tokenizer import FastTokenizer
from .model import LanguageModel, build
from .tokens import Tokens


class Live:
    """A language model with its adapters. No attributes to walk over: ``to_plain`` alone keeps them."""

    __slots__ = ("language",)

    def __init__(self, language: LanguageModel) -> None:
        self.language = language


@dataclass(frozen=True)
class Kept:
    """A language model as plain values: its configuration, tokenizer and arrays by name, its adapters apart.

    ``same`` names weights that are another one, such as those of the head that are the embeddings'.
    """

    name: str
    recipe: dict[str, Any]
    tokenizer: dict[str, Any]
    begin: list[int]
    end: int | None
    context: int
    weights: dict[str, np.ndarray]
    same: dict[str, str]
    dtypes: dict[str, str]
    adapters: list[dict[str, Any]] = field(default_factory=list)


def to_plain(live: Live) -> Kept:
    """What a language model is built again from."""
    language = live.language
    base, adapters = take_apart(language.model)
    weights: dict[str, np.ndarray] = {}
    first: dict[tuple[Any, ...], str] = {}
    same: dict[str, str] = {}
    for name, tensor in base.items():
        place = (tensor.data_ptr(), tensor.shape, tensor.stride())
        if place in first and tensor.numel():
            same[name] = first[place]
            continue
        first[place] = name
        weights[name] = _array(tensor)
    return Kept(
        language.name,
        language.recipe,
        language.tokens.tokenizer.to_plain(),
        list(language.tokens.begin),
        language.tokens.end,
        language.context,
        weights,
        same,
        {name: str(tensor.dtype).removeprefix("torch.") for name, tensor in base.items()},
        [{**kept, "state": {k: _array(t) for k, t in kept["state"].items()}} for kept in adapters],
    )


def from_plain(kept: Kept) -> Live:
    """The language model again, with its adapters, in eval mode."""
    model = build(kept.recipe)
    state = {
        name: torch.as_tensor(np.asarray(kept.weights[kept.same.get(name, name)])).to(getattr(torch, dtype))
        for name, dtype in kept.dtypes.items()
    }
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise InputError(f"the weights of {kept.name!r} in the file do not fit its configuration ({error})") from error
    put_back(model, kept.adapters)
    fast = FastTokenizer(kept.tokenizer["text"], kept.tokenizer["pad_id"])
    tokens = Tokens(fast, tuple(kept.begin), kept.end)
    return Live(LanguageModel(kept.name, model.eval(), tokens, kept.context, None, kept.recipe))


def _array(tensor: torch.Tensor) -> np.ndarray:
    tensor = tensor.detach().cpu()
    # NumPy has no bfloat16; as float32 each value stays the same.
    found: np.ndarray = (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).contiguous().numpy()
    return found
