"""From peft's configuration to an adapter of ours, or a refusal of what would be lost."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from ...core.errors import InputError
from .adapter import Adapter
from .ia3 import IA3
from .lora import DoRA, LoRA

# Options that say nothing about what the layers compute, or that the names and shapes of the weights tell as well.
_HARMLESS = {
    "auto_mapping",
    "base_model_name_or_path",
    "exclude_modules",
    "fan_in_fan_out",
    "feedforward_modules",
    "inference_mode",
    "init_ia3_weights",
    "layers_pattern",
    "layers_to_transform",
    "lora_alpha",
    "lora_dropout",
    "megatron_core",
    "peft_type",
    "peft_version",
    "qalora_group_size",
    "r",
    "revision",
    "runtime_config",
    "target_modules",
    "task_type",
    "use_dora",
    "use_rslora",
}
# These start from a base that they changed: without that base the adapter is worthless.
_PLAIN_STARTS = (True, False, None, "gaussian", "eva", "orthogonal", "lora_ga")


def adapter_of_peft(config: dict[str, Any], state: Iterable[str]) -> Adapter:
    """The adapter that peft's configuration describes; its layers are those of the saved weights."""
    kind = config.get("peft_type")
    if kind not in ("LORA", "IA3"):
        raise InputError(f"the adapter is of peft's kind {kind!r}; expected LORA or IA3. Load it with peft")
    lost = [key for key, value in config.items() if value and key not in _HARMLESS and not _is_plain(key, value)]
    if lost:
        told = ", ".join(f"{key}={config[key]!r}" for key in lost)
        raise InputError(f"the adapter was made with {told}, which headstart does not carry; load it with peft")
    if kind == "IA3":
        return IA3(layers=_layers(state, (".ia3_l",)))
    rank = config["r"]
    # Rank-stabilised LoRA divides by the root of the rank.
    alpha = config["lora_alpha"] * (math.sqrt(rank) if config.get("use_rslora") else 1)
    layers = _layers(state, (".lora_A", ".lora_embedding_A"))
    made = DoRA if config.get("use_dora") else LoRA
    return made(rank=rank, alpha=alpha, dropout=config.get("lora_dropout") or 0.0, layers=layers)


def _layers(state: Iterable[str], marks: tuple[str, ...]) -> tuple[str, ...]:
    found = {key.partition(mark)[0] for key in state for mark in marks if mark in key}
    if not found:
        raise InputError("the adapter's file has no weights of its kind; expected names such as '...lora_A.weight'")
    return tuple(sorted(found))


def _is_plain(key: str, value: Any) -> bool:
    return (key == "bias" and value == "none") or (key == "init_lora_weights" and value in _PLAIN_STARTS)
