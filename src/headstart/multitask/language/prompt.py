"""The prompt of one task in tokens: what stands before and after a text, and the answers."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from ...core.errors import HeadstartWarning, InputError
from .parts import Part
from .tokens import Tokens

# Fewer tokens than this tell little of a text.
_FEWEST = 16


@dataclass(frozen=True)
class Prompt:
    """A task in tokens.

    A row is ``lead``, the tokens of ``before`` + text + ``after``, and ``tail``. The words around a text are made to
    tokens with it, as one string, so that each prompt has the tokens that its string has.

    Parameters
    ----------
    task : str
        What messages call it.
    lead, tail : tuple of int
        Tokens that are the same in all rows.
    before, after : str
        Words next to the text.
    answers : tuple of tuple of int
        The tokens of each class, in the order of the classes.
    room : int
        Tokens of a text at most.
    """

    task: str
    lead: tuple[int, ...]
    before: str
    after: str
    tail: tuple[int, ...]
    answers: tuple[tuple[int, ...], ...]
    room: int

    def rows(self, texts: Sequence[str], tokens: Tokens, what: str) -> list[list[int]]:
        """The tokens of the prompt of each text; too long a text loses its end, and a warning counts them."""
        start = len(self.before)
        found: list[list[int]] = []
        n_cut = 0
        placed = tokens.placed([f"{self.before}{text}{self.after}" for text in texts])
        for text, (ids, spans) in zip(texts, placed, strict=True):
            cut = text
            while True:
                inside = [k for k, (a, b) in enumerate(spans) if b > start and a < start + len(cut)]
                over = len(inside) - self.room
                if over <= 0:
                    break
                # Where the first token begins that is too much; one token may be part of a letter.
                end = max(spans[inside[-over]][0] - start, 0)
                cut = cut[: min(end, len(cut) - 1)]
                ((ids, spans),) = tokens.placed([f"{self.before}{cut}{self.after}"])
            n_cut += len(cut) < len(text)
            found.append([*self.lead, *ids, *self.tail])
        if n_cut:
            warnings.warn(
                f"{n_cut} of {len(texts)} texts of {what} are longer than the {self.room} tokens that a text may have "
                "and lose their end; a larger max_length keeps more, at the cost of time and memory",
                HeadstartWarning,
                stacklevel=4,
            )
        return found


def make_prompt(
    task: str,
    parts: tuple[list[Part], list[Part], str],
    words: Sequence[str],
    tokens: Tokens,
    *,
    max_length: int,
    context: int,
    close: str | int | None,
) -> Prompt:
    """The prompt of a task; ``close`` ends an answer where one answer begins with another.

    Raises
    ------
    InputError
        Where two answers have the same tokens, the end of the prompt and an answer melt into one token, or the words
        around the text leave no room for it.
    """
    first, last, gap = parts
    lead, before = _apart(tokens.pieces(first), from_end=True)
    tail, after = _apart(tokens.pieces(last), from_end=False)
    held = tail[-1] if tail and isinstance(tail[-1], str) else None
    bare = not tail
    shown = [(before + probe + after if bare else held or "") for probe in ("word", "Some words.")]
    answers = _answers(task, shown, gap, words, tokens, "")
    if _one_begins_another(answers):
        if isinstance(close, int):
            answers = [(*answer, close) for answer in answers]
        elif close is None:
            raise InputError(
                f"one answer of task {task!r} begins with another, and the tokenizer has no token that ends a turn; "
                "expected words none of which begins another"
            )
        else:
            answers = _answers(task, shown, gap, words, tokens, close)
    _refuse_equal(task, words, answers)
    begun = [*tokens.begin, *tokens.numbers(lead)] if not _begins(lead, tokens) else tokens.numbers(lead)
    end = tokens.numbers(tail)
    fixed = len(begun) + len(tokens.plain(before + after)) + len(end) + max(map(len, answers))
    # Words melt with a text at both of its ends.
    room = min(max_length, context - fixed - 2)
    if room < min(_FEWEST, max_length):
        raise InputError(
            f"the words, examples and answers of task {task!r} take {fixed} of the {context} tokens that the model can "
            f"look at, which leaves {max(room, 0)} for a text; expected room for {min(_FEWEST, max_length)}: fewer "
            "shots, a shorter template, or a smaller max_length, which cuts the examples too"
        )
    return Prompt(task, tuple(begun), before, after, tuple(end), tuple(answers), room)


def _apart(pieces: list[int | str], *, from_end: bool) -> tuple[list[int | str], str]:
    """The words next to the text, and all other pieces."""
    if not pieces:
        return [], ""
    place = -1 if from_end else 0
    near = pieces[place]
    if not isinstance(near, str):
        return pieces, ""
    return (pieces[:-1] if from_end else pieces[1:]), near


def _begins(lead: Sequence[int | str], tokens: Tokens) -> bool:
    """Whether a chat template wrote the mark of a beginning itself."""
    n = len(tokens.begin)
    return n > 0 and tuple(lead[:n]) == tokens.begin


def _answers(
    task: str, shown: list[str], gap: str, words: Sequence[str], tokens: Tokens, close: str
) -> list[tuple[int, ...]]:
    """The tokens of each answer, as they stand behind the prompt."""
    found: list[tuple[int, ...]] = []
    for word in words:
        seen = []
        for prompt in shown:
            alone, whole = tokens.plain(prompt), tokens.plain(f"{prompt}{gap}{word}{close}")
            if whole[: len(alone)] != alone:
                raise InputError(
                    f"the end of the prompt of task {task!r}, {prompt[-12:]!r}, and the answer {gap + word!r} melt "
                    "into one token; expected a template with a sign at its end, such as ':'"
                )
            seen.append(tuple(whole[len(alone) :]))
        if seen[0] != seen[1] or not seen[0]:
            raise InputError(
                f"the tokens of the answer {word!r} of task {task!r} depend on the text before it, or are none; "
                "expected a template with words after {text}, and answers that the tokenizer knows"
            )
        found.append(seen[0])
    return found


def _one_begins_another(answers: Sequence[tuple[int, ...]]) -> bool:
    return any(a != b and b[: len(a)] == a for a in answers for b in answers)


def _refuse_equal(task: str, words: Sequence[str], answers: Sequence[tuple[int, ...]]) -> None:
    seen: dict[tuple[int, ...], str] = {}
    for word, answer in zip(words, answers, strict=True):
        if answer in seen:
            raise InputError(
                f"the answers {seen[answer]!r} and {word!r} of task {task!r} have the same tokens, {list(answer)}; "
                "expected words that the tokenizer tells apart: labels={class: other words}"
            )
        seen[answer] = word
