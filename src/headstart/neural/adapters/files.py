"""Adapters in folders: safetensors and JSON, in peft's layout wherever peft can read it."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from ...core.errors import HeadstartWarning, InputError
from .attached import Attached
from .attaching import attach
from .fingerprint import differences, fingerprint
from .hugging_face import hugging_face_root, peft_values
from .kinds import from_settings
from .peft_files import adapter_of_peft
from .registry import Registry, registry_of

WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"
# What peft puts before the names of the network that it wraps.
_PREFIX = "base_model.model."
_LENGTHS = ".lora_magnitude_vector"
# The layer, and what of an adapter lies in it.
_PARAMETER = re.compile(
    r"(?:(.*)\.)?(?:lora_[AB]\.weight|lora_embedding_[AB]|lora_magnitude_vector\.weight|ia3_l|(?:down|up)_(?:weight|bias))"
)


def save_adapter(attached: Attached, folder: str | Path) -> None:
    """Save an adapter: its weights, what it is, and what base it belongs to.

    ``adapter_model.safetensors`` and ``adapter_config.json`` are in peft's layout where peft can read it: LoRA, DoRA
    and IA3 on layers that it knows. Running statistics are saved with the adapter if they moved while it was active.

    Parameters
    ----------
    attached : Attached
        As ``attach`` gave it; merged or not makes no difference.
    folder : str or Path
        Is made where it does not exist; an adapter in it is replaced.

    Examples
    --------
    >>> import tempfile
    >>> import headstart as hs
    >>> from torch import nn
    >>> encoder = nn.Sequential(nn.Linear(4, 4))
    >>> adapter = hs.neural.LoRA(rank=1).attach(encoder, seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     hs.neural.save_adapter(adapter, folder)
    ...     adapter.detach()
    ...     hs.neural.load_adapter(encoder, folder).adapter
    LoRA(rank=1, alpha=None, dropout=0.0, layers=None)
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    state = {_PREFIX + _outer(k): t.cpu().contiguous() for k, t in attached.state().items()}
    base = _base(attached._present(), attached.root)
    about = {"adapter": attached.adapter.settings(), "base": {"name": _name(attached), **fingerprint(base)}}
    save_file(state, folder / WEIGHTS, metadata={"format": "pt", "headstart": json.dumps(about)})
    config = json.dumps(_config(attached), indent=2, sort_keys=True)
    (folder / CONFIG).write_text(config + "\n", encoding="utf-8")


def load_adapter(module: nn.Module, folder: str | Path, *, name: str = "default") -> Attached:
    """Attach a saved adapter, of ours or of peft's, to a network, in place.

    Parameters
    ----------
    module : torch.nn.Module
        The base: the same architecture, with the same weights.
    folder : str or Path
        As written by ``save_adapter``, or by ``save_pretrained`` of peft.
    name : str, default="default"
        Its name among the adapters of ``module``.

    Returns
    -------
    Attached
        Active, and ready to train further.

    Raises
    ------
    InputError
        Where the folder holds no adapter, or one of another architecture (the first differences are named), or one with
        options of peft's that would be lost.

    Warns
    -----
    HeadstartWarning
        Where the weights of the base are not those that the adapter was trained on.

    Examples
    --------
    >>> import headstart as hs
    >>> from torch import nn
    >>> hs.neural.load_adapter(nn.Linear(2, 2), "no such folder")
    Traceback (most recent call last):
    headstart.core.errors.InputError: no adapter in 'no such folder': adapter_config.json is missing...
    """
    folder = Path(folder)
    config, state, about = _read(folder)
    root = hugging_face_root(module) or ""
    if about is None:
        adapter = adapter_of_peft(config, state)
    else:
        adapter = from_settings(about["adapter"])
        if adapter.through_peft is False:
            root = ""
        _check_base(_base(registry_of(module) or Registry(module), root), about["base"], module)
    attached = attach(adapter, module, seed=0, name=name, keys=layer_keys(state))
    try:
        attached.load_state(state)
    except InputError:
        attached.detach()
        raise
    return attached


def layer_keys(state: Iterable[str]) -> list[str]:
    """The layers that a state is of."""
    return sorted({found[1] or "" for key in state if (found := _PARAMETER.fullmatch(key))})


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, torch.Tensor], dict[str, Any] | None]:
    for file in (CONFIG, WEIGHTS):
        if not (folder / file).is_file():
            raise InputError(
                f"no adapter in {str(folder)!r}: {file} is missing; expected what save_adapter or peft has written"
            )
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        with safe_open(folder / WEIGHTS, framework="pt") as file:
            about = json.loads((file.metadata() or {}).get("headstart", "null"))
            state = {_inner(key.removeprefix(_PREFIX)): file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, ValueError) as error:
        raise InputError(f"the adapter in {str(folder)!r} can't be read: {error}; was it cut short?") from error
    return config, state, about


def _check_base(base: dict[str, torch.Tensor], saved: dict[str, Any], module: nn.Module) -> None:
    wrong = differences(saved, base)
    where = type(module).__name__
    if wrong:
        raise InputError(
            f"the adapter belongs to another architecture, {saved['name']}; in this {where} {'; '.join(wrong[:3])}"
            + (f"; and {len(wrong) - 3} more differences" if len(wrong) > 3 else "")
        )
    if fingerprint(base)["checksum"] != saved["checksum"]:
        warnings.warn(
            f"the weights of this {where} are not those that the adapter was trained on, and its outputs will not be "
            "what they were; load the base that it was trained on",
            HeadstartWarning,
            stacklevel=3,
        )


def _config(attached: Attached) -> dict[str, Any]:
    settings = attached.adapter.settings()
    layers = getattr(attached, "layers", [])
    adapter = attached.adapter
    by_peft = adapter.through_peft and all(
        layer.tensor is None and layer.path and adapter.takes(layer, True) for layer in layers
    )
    if not by_peft:
        return {"headstart": settings}
    model = attached.module.get_submodule(attached.root)
    origin = getattr(getattr(model, "config", None), "_name_or_path", None) or None
    return {
        "base_model_name_or_path": origin,
        "inference_mode": True,
        "task_type": None,
        **peft_values(adapter, layers),
    }


def _base(registry: Registry, root: str) -> dict[str, torch.Tensor]:
    prefix = f"{root}." if root else ""
    return {k.removeprefix(prefix): t for k, t in registry.base().items() if k.startswith(prefix)}


def _name(attached: Attached) -> str:
    return type(attached.module.get_submodule(attached.root)).__name__


def _outer(key: str) -> str:
    return key.removesuffix(".weight") if f".{key}".endswith(_LENGTHS + ".weight") else key


def _inner(key: str) -> str:
    return key + ".weight" if f".{key}".endswith(_LENGTHS) else key
