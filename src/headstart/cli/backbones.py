"""``headstart backbones``: pretrained networks that are good to start from."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from . import options as o
from .voice import Voice


def backbones(
    kind: Annotated[
        str | None, typer.Option(metavar="KIND", help="images or texts alone; both by default.", show_default=False)
    ] = None,
    json: o.Json = False,
) -> None:
    """List pretrained networks that are good to start from, with size, licence and the memory that training takes.

    Any other network of timm or Hugging Face opens as well: timm/NAME or hf/NAME.

    Example: headstart backbones --kind texts
    """
    from ..backbone_catalogue import CATALOGUE, ROWS, TOKENS
    from ..core.errors import InputError

    kinds = tuple(dict.fromkeys(entry.kind for entry in CATALOGUE))
    if kind is not None and kind not in kinds:
        raise InputError(f"--kind {kind!r} has no backbones; expected {' or '.join(kinds)}")
    voice = Voice(as_json=json)
    for shown in (kind,) if kind else kinds:
        _show([entry for entry in CATALOGUE if entry.kind == shown], shown, voice)
    voice.lay_out(
        f"Memory is that of training with AdamW on {ROWS} images, or {ROWS} texts of {TOKENS} tokens: all of the "
        "network, or a LoRA adapter of 1 % of it. Half precision, fewer rows at a time, and frozen layers take less. "
        "The models are downloaded when they are opened, or read from weights=PATH."
    )
    voice.give({"backbones": [entry.to_dict() for entry in CATALOGUE if kind in (None, entry.kind)]})


def _show(entries: list[Any], kind: str, voice: Voice) -> None:
    from rich.text import Text

    voice.lay_out(Text(f"{kind.capitalize()} (pip install 'headstart[{entries[0].extra}]')\n", style="bold"))
    unit = "pixels" if kind == "images" else "tokens"
    for entry in entries:
        side = f"{entry.size} x {entry.size}" if kind == "images" else str(entry.size)
        voice.lay_out(Text.assemble((entry.name, "bold"), f": {entry.why}"))
        voice.lay_out(
            f"  {_count(entry.parameters)} parameters, {side} {unit}, {entry.licence}; "
            f"{_bytes(entry.memory())} to train all, {_bytes(entry.lora_memory())} with LoRA\n"
        )


def _count(n: int) -> str:
    return f"{n / 1e9:.1f} B" if n >= 1e9 else f"{n / 1e6:.1f} M"


def _bytes(n: int) -> str:
    return f"{n / 2**30:.1f} GiB"
