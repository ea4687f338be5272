"""Any module as a backbone: an instance, or a class or function that makes one."""

from __future__ import annotations

import copy
import importlib
import inspect
import json
from collections.abc import Callable, Collection
from typing import Any

from torch import nn

from ...core.errors import InputError, InputTypeError
from ..backbone import Backbone
from ..groups import layer_groups
from .fit_weights import load_weights
from .guess import guessed_reader, kind_taken, runs_on
from .seeds import seeded
from .weight_files import read_weights

# Arguments that fetch trained weights; a network that is built again gets those of the model file.
_FETCHING = ("weights", "pretrained", "weights_backbone")


def open_module(
    network: nn.Module | Callable[..., Any],
    *,
    weights: str | None,
    pretrained: bool | None,
    arguments: dict[str, Any],
    head: str | None,
    takes: Any,
    seed: int,
) -> Backbone:
    """A copy of a module, or what a class or function makes, with its head taken off."""
    recipe: dict[str, Any] = {}
    trained = bool(pretrained) or weights is not None
    if isinstance(network, nn.Module):
        if arguments:
            raise InputError("arguments= are for a class or function that makes a module; this is a module already")
        name, module = type(network).__name__, copy.deepcopy(network)
    else:
        name = getattr(network, "__name__", type(network).__name__)
        _refuse_open(network, arguments, name)
        with seeded(seed):
            module = network(**arguments)
        if not isinstance(module, nn.Module):
            raise InputTypeError(f"{name} made a {type(module).__name__}; expected a torch.nn.Module")
        recipe = _recipe(network, arguments, head)
        trained = trained or any(arguments.get(key) for key in _FETCHING)
    notes: tuple[str, ...] = ()
    if weights is not None:
        off = () if head is None else (head,)
        notes = load_weights(module, read_weights(weights), network=name, source=repr(weights), head=off)
    module.eval()
    kind = kind_taken(module, takes, name)
    if takes is None:
        # With the head in its place: often it alone settles the size of the images.
        takes = guessed_reader(module, kind, name)
    if head is not None:
        take_off(module, head, name)
    n_features = runs_on(module, kind, takes, name)
    if head is None:
        notes += _of_a_classifier(module, n_features)
    return Backbone(
        name=name,
        module=module,
        n_features=n_features,
        takes=takes,
        groups=layer_groups(module),
        recipe=recipe,
        pretrained=trained,
        notes=notes,
    )


def _refuse_open(network: Callable[..., Any], arguments: dict[str, Any], name: str) -> None:
    """Refuse what cannot be called with these arguments."""
    try:
        signature = inspect.signature(network)
    except (TypeError, ValueError):  # written in C
        return
    try:
        signature.bind(**arguments)
    except TypeError as error:
        raise InputError(
            f"{name} cannot be called with arguments={arguments!r}: {error}; expected all that it needs: "
            f"open_backbone({name}, arguments={{...}}), or a function without arguments that makes the module"
        ) from error


def _of_a_classifier(module: nn.Module, n_features: int) -> tuple[str, ...]:
    """What to say where the last layer may be the head of another task."""
    last = [(name, layer) for name, layer in module.named_modules() if name and isinstance(layer, nn.Linear)][-1:]
    return tuple(
        f"the features are the outputs of its last layer {name!r}; if those are classes, head={name!r} takes it off"
        for name, layer in last
        if layer.out_features == n_features
    )


def take_off(module: nn.Module, head: str, name: str) -> None:
    """Put an identity in the place of a part."""
    linear = [part for part, layer in module.named_modules() if part and isinstance(layer, nn.Linear)]
    try:
        module.get_submodule(head)
    except AttributeError:
        last = f"its last linear layers are {', '.join(map(repr, linear[-3:]))}" if linear else "it has no linear layer"
        raise InputError(f"{name} has no part head={head!r}; {last}") from None
    if not head:
        raise InputError(f"head='' names no part of {name}; expected None, or a part such as {linear[-1:]}")
    parent, _, own = head.rpartition(".")
    setattr(module.get_submodule(parent), own, nn.Identity())


def build_module(recipe: dict[str, Any], trusted: Collection[str]) -> nn.Module:
    """The network of a recipe, with random weights, if the caller names what is to be called."""
    path = recipe["path"]
    if path not in trusted:
        raise InputTypeError(
            f"the network is made by {path!r}, code that is not headstart's; if you trust it, pass trusted=[{path!r}]"
        )
    try:
        make = _found(path)
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"the network is made by {path!r}, which cannot be imported here ({error}); install or import what holds it"
        ) from error
    module: nn.Module = make(**recipe["arguments"])
    if recipe["head"] is not None:
        take_off(module, recipe["head"], path)
    return module


def made_by(recipe: dict[str, Any]) -> Any:
    """The class or function that a recipe of this kind calls."""
    return _found(recipe["path"])


def _recipe(network: Callable[..., Any], arguments: dict[str, Any], head: str | None) -> dict[str, Any]:
    """How to make it again; empty where it can't be imported by its name, or an argument is no plain value."""
    path = f"{getattr(network, '__module__', '')}.{getattr(network, '__qualname__', '')}"
    kept = {key: value for key, value in arguments.items() if key not in _FETCHING}
    try:
        same = _found(path) is network and not path.startswith("__main__")
        plain = json.loads(json.dumps(kept))
    except (ImportError, AttributeError, TypeError, ValueError):
        return {}
    return {"kind": "made", "path": path, "arguments": plain, "head": head} if same and plain == kept else {}


def _found(path: str) -> Any:
    """What a dotted path names: the longest beginning that is a module, then attributes."""
    parts = path.split(".")
    for n in range(len(parts) - 1, 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:n]))
        except ModuleNotFoundError:
            continue
        for part in parts[n:]:
            found = getattr(found, part)
        return found
    raise ImportError(f"no module holds {path!r}")
