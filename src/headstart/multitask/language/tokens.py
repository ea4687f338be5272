"""Words to tokens: prompts of several parts, in which a text of a user can never be taken for a mark of the model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...core.optional import require
from ...neural.inputs.fast_tokenizer import FastTokenizer


@dataclass(frozen=True)
class Tokens:
    """A tokenizer, and the tokens that stand before every prompt.

    Parameters
    ----------
    tokenizer : FastTokenizer
        That of the model.
    begin : tuple of int
        What the model was trained to see first: Llama 3 its mark of a beginning, SmolLM2 nothing.
    end : int or None
        The token that ends a turn of a chat.
    """

    tokenizer: FastTokenizer
    begin: tuple[int, ...] = ()
    end: int | None = None

    @classmethod
    def of(cls, tokenizer: Any) -> Tokens:
        """The tokens of a tokenizer of transformers, or of the tokenizers package."""
        fast = FastTokenizer.of(tokenizer)
        found = cls(fast)
        plain = found._plain.encode("a", add_special_tokens=False).ids
        marked = found._plain.encode("a", add_special_tokens=True).ids
        # What a tokenizer puts at the end, if it does, would close the prompt before the answer.
        place = next((k for k in range(len(marked)) if marked[k : k + len(plain)] == plain), 0)
        begin = tuple(marked[:place])
        bos = getattr(tokenizer, "bos_token_id", None)
        if not begin and bos is not None and getattr(tokenizer, "add_bos_token", False):
            begin = (int(bos),)
        end = getattr(tokenizer, "eos_token_id", None)
        return cls(fast, begin, None if end is None else int(end))

    @property
    def pad(self) -> int:
        """What fills up a batch; it is masked."""
        return self.tokenizer.pad_id

    @cached_property
    def _plain(self) -> Any:
        """The tokenizer, to which marks such as ``<s>`` in a text are letters."""
        tokenizers = require("tokenizers", extra="text", purpose="the tokenizer of a language model")
        inner = tokenizers.Tokenizer.from_str(self.tokenizer.text)
        inner.no_padding()
        inner.no_truncation()
        inner.encode_special_tokens = True
        return inner

    @cached_property
    def _marks(self) -> tuple[Any, dict[str, int]]:
        added = self._plain.get_added_tokens_decoder()
        marks = {token.content: int(number) for number, token in added.items() if token.special}
        longest = sorted(marks, key=len, reverse=True)
        return (re.compile("(" + "|".join(map(re.escape, longest)) + ")") if marks else None), marks

    def plain(self, text: str) -> list[int]:
        """The tokens of a text as it stands, without any mark."""
        return list(self._plain.encode(text, add_special_tokens=False).ids)

    def placed(self, texts: Sequence[str]) -> list[tuple[list[int], list[tuple[int, int]]]]:
        """The tokens of texts, and from which to which character each token is."""
        found = self._plain.encode_batch(list(texts), add_special_tokens=False)
        return [(list(e.ids), list(e.offsets)) for e in found]

    def cut(self, text: str, most: int) -> str:
        """The text without what is more than so many tokens."""
        ((ids, spans),) = self.placed([text])
        return text if len(ids) <= most else text[: spans[most][0]]

    def pieces(self, parts: Sequence[tuple[str, bool]]) -> list[int | str]:
        """Parts, each trusted or not, as marks (numbers) and the words between them, as long as they go.

        Marks are looked for in trusted parts alone; words are left as words, since their tokens depend on those
        beside them.
        """
        pattern, marks = self._marks
        found: list[int | str] = []
        for part, trusted in parts:
            split = pattern.split(part) if trusted and pattern is not None else [part]
            for piece in split:
                if trusted and piece in marks:
                    found.append(marks[piece])
                elif piece and found and isinstance(found[-1], str):
                    found[-1] += piece
                elif piece:
                    found.append(piece)
        return found

    def numbers(self, pieces: Sequence[int | str]) -> list[int]:
        """Marks and words as tokens."""
        found: list[int] = []
        for piece in pieces:
            found += self.plain(piece) if isinstance(piece, str) else [piece]
        return found
