"""Opening a causal language model: the network with its head for the next token, and its tokenizer."""

from __future__ import annotations

import copy
import inspect
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from ...core.errors import InputError, InputTypeError
from ...neural.backbones.from_hub import config_values, is_decoder, load_checked
from ...neural.backbones.hub import fetching, place_of, quiet_transformers, reading, transformers
from .tokens import Tokens

_DTYPES = ("float32", "bfloat16", "float16")
_EXPECTED = "expected 'hf/NAME', a folder or GGUF file, a model of transformers with its tokenizer, or a LanguageModel"


@dataclass(frozen=True)
class LanguageModel:
    """A network that tells the next token, and how words become tokens. Made by ``open_language_model``.

    Attributes
    ----------
    name : str
        What messages call it.
    model : torch.nn.Module
        A causal language model of transformers, in eval mode.
    tokens : Tokens
        Its tokenizer, with the mark of a beginning that it expects.
    context : int
        Tokens that it can look at together.
    chat : object
        The tokenizer of transformers where it has a chat template, else None.
    recipe : dict
        The configuration as plain values, from which the network can be built again without its weights.
    notes : tuple of str
        What loading had to say.
    """

    name: str
    model: Any
    tokens: Tokens
    context: int
    chat: Any = None
    recipe: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def open_language_model(
    name: Any, *, weights: str | os.PathLike[str] | None = None, tokenizer: Any = None, dtype: str | None = None
) -> LanguageModel:
    """Open a causal language model, such as Llama 3 or SmolLM2, with its tokenizer.

    Parameters
    ----------
    name : str, path, model of transformers or LanguageModel
        ``"hf/NAME"``: one of Hugging Face. A path: a folder with config.json, weights and tokenizer, or a GGUF file. A
        model, such as ``LlamaForCausalLM``, is copied and needs ``tokenizer``; what this function gave is copied.
    weights : str or path, optional
        The folder or GGUF file of the whole model; nothing is then fetched, and the name is what messages call it.
    tokenizer : fast tokenizer, optional
        Of transformers or of the tokenizers package. None: that of the folder or file.
    dtype : {"float32", "bfloat16", "float16"}, optional
        Of the weights. None: float32; bfloat16 takes half of the memory.

    Returns
    -------
    LanguageModel
        In eval mode.

    Raises
    ------
    InputError
        Where it is no causal language model, its head for the next token has no weights, or there is no tokenizer.

    Examples
    --------
    >>> from headstart.multitask import open_language_model
    >>> open_language_model("timm/resnet50")
    Traceback (most recent call last):
    headstart.core.errors.InputError: there is no language model 'timm/resnet50'; expected 'hf/NAME', a folder ...
    """
    if isinstance(name, LanguageModel):
        for what, value in (("weights", weights), ("tokenizer", tokenizer), ("dtype", dtype)):
            if value is not None:
                raise InputError(f"{what}= is to be said where a language model is first opened; leave it out")
        return replace(name, model=copy.deepcopy(name.model))
    if isinstance(name, torch.nn.Module):
        for what, value in (("weights", weights), ("dtype", dtype)):
            if value is not None:
                raise InputError(f"{what}= is for a name or a path; a model brings its own: leave it out")
        return _of_model(name, tokenizer)
    if not isinstance(name, (str, os.PathLike)):
        raise InputTypeError(f"the language model is of type {type(name).__name__}; {_EXPECTED}")
    return _of_place(os.fspath(name), None if weights is None else os.fspath(weights), tokenizer, dtype or "float32")


def _of_model(model: torch.nn.Module, tokenizer: Any) -> LanguageModel:
    if not isinstance(model, transformers().PreTrainedModel):
        raise InputTypeError(f"the language model is a {type(model).__name__}; {_EXPECTED}")
    if tokenizer is None:
        raise InputError(
            f"{type(model).__name__} takes token numbers, and only its tokenizer knows them; "
            "expected open_language_model(model, tokenizer=...)"
        )
    return _wrapped(type(model).__name__, copy.deepcopy(model), tokenizer, ())


def _of_place(name: str, weights: str | None, tokenizer: Any, dtype: str) -> LanguageModel:
    if dtype not in _DTYPES:
        raise InputError(f"dtype is {dtype!r}; expected one of {', '.join(map(repr, _DTYPES))}")
    library, _, rest = name.partition("/")
    local = weights is not None or library != "hf" or not rest
    if local and weights is None and not Path(name).exists():
        raise InputError(f"there is no language model {name!r}; {_EXPECTED}")
    place = weights or (name if local else rest)
    folder, where = place_of(place, local)
    auto = transformers()
    with quiet_transformers(gguf="gguf_file" in where), reading(name, place) if local else fetching(name):
        config = auto.AutoConfig.from_pretrained(folder, **where)
        _check_kind(name, config)
        model, notes = load_checked(auto.AutoModelForCausalLM, folder, where, config, {}, dtype, name, place)
        if tokenizer is None:
            tokenizer = auto.AutoTokenizer.from_pretrained(folder, **where)
    lost = [note for note in notes if "lm_head" in note]
    if lost:
        raise InputError(
            f"{name!r} has no weights of the head that tells the next token ({lost[0]}); expected the files of a "
            "causal language model, not of its encoder alone"
        )
    return _wrapped(name, model, tokenizer, notes)


def _check_kind(name: str, config: Any) -> None:
    if not is_decoder(config):
        raise InputError(
            f"{name!r} is of the kind {config.model_type!r}, which does not write text from left to right; expected a "
            "causal language model, such as Llama, Mistral, Qwen or GPT-2"
        )


def _wrapped(name: str, model: Any, tokenizer: Any, notes: tuple[str, ...]) -> LanguageModel:
    _check_kind(name, model.config)
    if model.get_output_embeddings() is None:
        raise InputError(
            f"{name!r} ({type(model).__name__}) has no head that tells the next token; expected one with it, such as "
            "AutoModelForCausalLM opens"
        )
    tokens = Tokens.of(tokenizer)
    n = model.get_input_embeddings().num_embeddings
    if len(tokens.tokenizer) > n:
        raise InputError(
            f"the tokenizer has {len(tokens.tokenizer)} tokens and {name!r} knows {n}; expected the "
            "tokenizer of this model"
        )
    model.config.use_cache = False  # it is asked for where it is of use
    lengths = [getattr(model.config, "max_position_embeddings", None), getattr(tokenizer, "model_max_length", None)]
    context = min(int(length) for length in [*lengths, 10**6] if length)
    chat = tokenizer if getattr(tokenizer, "chat_template", None) else None
    return LanguageModel(name, model.eval(), tokens, context, chat, config_values(model), notes)


def build(recipe: dict[str, Any]) -> Any:
    """The network of a recipe, with random weights. Code that came with a model is not run."""
    auto = transformers()
    values = dict(recipe)
    values.pop("auto_map", None)
    with quiet_transformers():
        config = auto.AutoConfig.for_model(values.pop("model_type"), **values)
        model = auto.AutoModelForCausalLM.from_config(config)
    model.config.use_cache = False
    return model.eval()


def takes(model: Any, argument: str) -> bool:
    """Whether a model's forward pass has such an argument."""
    return argument in inspect.signature(type(model).forward).parameters
