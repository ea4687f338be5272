"""One name opens any backbone."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from ...core.errors import InputError, InputTypeError
from ..backbone import Backbone
from .hub import read_json


def open_backbone(
    name: str | os.PathLike[str] | nn.Module | Callable[..., nn.Module] | Backbone,
    *,
    weights: str | os.PathLike[str] | None = None,
    pretrained: bool | None = None,
    takes: Any = None,
    head: str | None = None,
    arguments: dict[str, Any] | None = None,
    pooling: str | None = None,
    max_length: int | None = None,
    dtype: str | None = None,
    seed: int = 0,
) -> Backbone:
    """Open a pretrained network, or any module, as a backbone: a module that gives features, and what it takes.

    Parameters
    ----------
    name : str, path, torch.nn.Module, class or function that makes one, or Backbone
        ``"timm/NAME"``: a network for images of timm. ``"hf/NAME"``: one for texts or images of Hugging Face. A
        path: a folder with config.json and weights, or a GGUF file. A module: a copy of it. A Backbone, as this
        function gave it: a copy, so that what was said of it (``takes``, ``head``) holds where an estimator opens it.
    weights : str or path, optional
        The weights: a folder, or a file that ends in .safetensors, .pth, .pt, .bin or .gguf. With it nothing is
        fetched. For ``"hf/NAME"`` it is the folder or GGUF file of the whole model, and the name is what messages
        call it.
    pretrained : bool, optional
        Whether the weights were trained. False gives random weights. None: True for a name. For a module None is False,
        since nothing tells; say True where it brings trained weights.
    takes : object, optional
        A reader of ``headstart.neural.inputs``. None: the one that the network was trained with, or, for a module,
        the one that its first layer asks for.
    head : str, optional
        The part of a module that is taken off, such as ``"fc"``, so that features and not classes come out. For timm
        and Hugging Face it is known.
    arguments : dict, optional
        Of the class or function that makes the module, or of ``timm.create_model``, such as ``{"in_chans": 1}``.
    pooling : {"mean", "cls", "last", "max"}, optional
        How the tokens of a text become features. None: as the folder says (sentence-transformers' ``1_Pooling``);
        else the mean for encoders, and the last token for decoders, since it alone has seen the whole text. Vectors are
        not scaled to length 1.
    max_length : int, optional
        Tokens of a text that are read. None: what the folder says, at most 512, since attention costs the square of it.
    dtype : {"float32", "bfloat16", "float16"}, optional
        Of the weights of a Hugging Face model. None is float32, in which small steps are not lost; half of the
        memory is reason enough for another one.
    seed : int, default=0
        Of weights that are random. torch's global random state stays as it is.

    Returns
    -------
    Backbone
        In eval mode, without its classifier. ``notes`` names weights that were missing, unexpected or of another shape.

    Raises
    ------
    InputError
        Where there is no such network, the folder has no weights, the weights are of another architecture, or the hub
        cannot be reached.
    MissingDependencyError
        Where timm or transformers is not installed; the message names the extra.

    Notes
    -----
    Weights come from safetensors, or from PyTorch files by ``torch.load(weights_only=True)``: no pickled code is
    run, and none that came with a model. They are matched by name, where names differ by a beginning without it, and
    where they differ altogether in order, if all shapes agree; ``notes`` says so.

    Examples
    --------
    >>> import headstart as hs
    >>> from torch import nn
    >>> net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    >>> backbone = hs.neural.open_backbone(net, head="2")
    >>> backbone.n_features, backbone.takes.kind
    (8, 'table')
    """
    given = {
        "head": head,
        "arguments": arguments,
        "pooling": pooling,
        "max_length": max_length,
        "dtype": dtype,
    }
    file = None if weights is None else os.fspath(weights)
    if isinstance(name, Backbone):
        said = {**given, "weights": file, "pretrained": pretrained, "takes": takes}
        _refuse(said, "to be said where a backbone is first opened", *said)
        return replace(name, module=copy.deepcopy(name.module))
    if pretrained is False and file is not None:
        raise InputError("pretrained=False and weights= contradict each other; leave one of them out")
    trained = pretrained is not False
    if isinstance(name, nn.Module) or (callable(name) and not isinstance(name, (str, os.PathLike))):
        return _module(name, file, pretrained, takes, given, seed)
    if not isinstance(name, (str, os.PathLike)):
        raise InputTypeError(
            f"a backbone is a name, a path, a torch.nn.Module or what makes one; this is of type {type(name).__name__}"
        )
    name = os.fspath(name)
    library, _, rest = name.partition("/")
    if library == "timm" and rest:
        return _timm(name, rest, file, trained, takes, given, seed)
    if library == "hf" and rest:
        return _transformer(name, file or rest, file is not None, trained, takes, given, seed)
    if not Path(name).exists():
        raise InputError(
            f"there is no backbone {name!r}: expected 'timm/NAME', 'hf/NAME', an existing folder or GGUF file, or a "
            "module; the command `headstart backbones` lists good choices"
        )
    if file is not None:
        raise InputError(f"{name!r} is a path itself, and weights={file!r} too; pass one of them")
    said = read_json(name, "config.json", local=True) if Path(name).is_dir() else {}
    if "architecture" in said:
        return _timm(name, said["architecture"], name, trained, takes, given, seed, said.get("pretrained_cfg"))
    return _transformer(name, name, True, trained, takes, given, seed)


def _module(
    network: Any, file: str | None, pretrained: bool | None, takes: Any, given: dict[str, Any], seed: int
) -> Backbone:
    from .known import open_known

    _refuse(given, "for a name of Hugging Face", "max_length", "dtype")
    known = open_known(network, file, pretrained, takes, given) if isinstance(network, nn.Module) else None
    if known is not None:
        return known
    from .from_module import open_module

    _refuse(given, "for a network of Hugging Face", "pooling")
    arguments = given["arguments"] or {}
    return open_module(
        network, weights=file, pretrained=pretrained, arguments=arguments, head=given["head"], takes=takes, seed=seed
    )


def _timm(
    name: str,
    architecture: str,
    file: str | None,
    trained: bool,
    takes: Any,
    given: dict[str, Any],
    seed: int,
    config: dict[str, Any] | None = None,
) -> Backbone:
    from .from_timm import open_timm

    _refuse(given, "for a network of Hugging Face", "pooling", "max_length", "dtype")
    _refuse(given, "for a module; timm's own classifier is taken off", "head")
    return open_timm(
        name,
        architecture,
        weights=file if trained else None,
        pretrained=trained,
        arguments=given["arguments"] or {},
        takes=takes,
        seed=seed,
        config=config,
    )


def _transformer(
    name: str, place: str, local: bool, trained: bool, takes: Any, given: dict[str, Any], seed: int
) -> Backbone:
    from .from_hub import open_transformer

    _refuse(given, "for a module; what comes from Hugging Face has no classifier here", "head")
    _refuse(given, "for timm, or for a class that makes a module", "arguments")
    return open_transformer(
        name,
        place,
        local=local,
        pretrained=trained,
        pooling=given["pooling"],
        max_length=given["max_length"],
        dtype=given["dtype"] or "float32",
        takes=takes,
        seed=seed,
    )


def _refuse(given: dict[str, Any], why: str, *names: str) -> None:
    for name in names:
        if given[name] is not None:
            raise InputError(f"{name}={given[name]!r} is {why}; leave it out")
