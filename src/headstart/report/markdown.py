"""Pieces of Markdown that a model card is made of."""

from __future__ import annotations

import re
from collections.abc import Sequence


def section(title: str, paragraphs: list[str]) -> str:
    """A heading with what stands below it."""
    return "\n\n".join([f"## {title}", *(p for p in paragraphs if p)])


def fenced(text: str, language: str) -> str:
    """A code block that no run of backticks inside can end."""
    ticks = "`" * max(3, 1 + max((len(m) for m in re.findall(r"`+", text)), default=0))
    return f"{ticks}{language}\n{text}\n{ticks}"


def listed(items: list[str]) -> str:
    """Lines with a bullet each."""
    return "\n".join(f"- {plain(item)}" for item in items)


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table with its head."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(plain(c) for c in line) + " |" for line in lines)


def plain(text: str) -> str:
    """Text that Markdown shows as it is: names of columns and files may hold anything."""
    return re.sub(r"([\\`*_{}\[\]<>|#~])", r"\\\1", " ".join(text.split()))
