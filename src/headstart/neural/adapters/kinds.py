"""From an adapter's settings, as files hold them, back to the adapter."""

from __future__ import annotations

from typing import Any

from ...core.errors import InputError
from .adapter import Adapter
from .bitfit import BitFit
from .bottleneck import BottleneckAdapter
from .ia3 import IA3
from .lora import DoRA, LoRA


def from_settings(settings: dict[str, Any]) -> Adapter:
    """The adapter of which these are the ``settings``."""
    kinds: dict[str, type[Adapter]] = {k.__name__: k for k in (LoRA, DoRA, BottleneckAdapter, IA3, BitFit)}
    values = dict(settings)
    kind = values.pop("kind", None)
    if kind not in kinds:
        raise InputError(f"an adapter of the kind {kind!r}; expected one of {', '.join(kinds)}")
    if isinstance(values.get("layers"), list):
        values["layers"] = tuple(values["layers"])
    return kinds[kind](**values)
