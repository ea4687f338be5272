"""A prompt as parts: the words of the task, the examples before them, the place of the text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ...core.errors import InputError

# A part: words, and whether they are the task's own, in which marks of the model count.
Part = tuple[str, bool]

BETWEEN = "\n\n"
# Signs for private use stand for texts while a chat template is filled in; no tokenizer sees them.
_HOLE = re.compile("\ue000(\\d+)\ue001")


def plain_parts(around: tuple[str, str], shots: Sequence[tuple[str, str]]) -> tuple[list[Part], list[Part], str]:
    """The parts before and after the text, and what stands between the prompt and an answer.

    ``shots`` are texts with their answers, in the order in which they are shown.
    """
    before, after = around
    gap = "" if after.endswith("\n") else " "
    lead: list[Part] = []
    for text, word in shots:
        lead += [(before, True), (text, False), (after + gap + word + BETWEEN, True)]
    return [*lead, (before, True)], [(after, True)], gap


def chat_parts(
    around: tuple[str, str], shots: Sequence[tuple[str, str]], tokenizer: Any
) -> tuple[list[Part], list[Part], str]:
    """The same as turns of a chat, as the model's own template writes them."""
    before, after = around
    told = []
    for k, (_, word) in enumerate(shots):
        told += [
            {"role": "user", "content": f"{before}{_hole(k)}{after}"},
            {"role": "assistant", "content": word},
        ]
    told.append({"role": "user", "content": f"{before}{_hole(len(shots))}{after}"})
    written = tokenizer.apply_chat_template(told, tokenize=False, add_generation_prompt=True)
    pieces = _HOLE.split(written)
    if pieces[1::2] != [str(k) for k in range(len(shots) + 1)]:
        raise InputError(
            "the chat template does not write each message once and in order; expected one that does: pass chat=False"
        )
    lead: list[Part] = []
    for k, (text, _) in enumerate(shots):
        lead += [(pieces[2 * k], True), (text, False)]
    return [*lead, (pieces[-3], True)], [(pieces[-1], True)], ""


def _hole(k: int) -> str:
    return f"\ue000{k}\ue001"
