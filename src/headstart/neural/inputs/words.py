"""A small tokenizer of one's own: the words of the training texts, and letters for all others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

PAD, UNKNOWN = "[PAD]", "[UNK]"
_WORDS = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class WordTokenizer:
    """Words that were in at least two training texts are one token; others are spelt, letter by letter.

    Plain Python, so that the tokens of a model do not depend on which packages are installed.

    Parameters
    ----------
    tokens : tuple of str
        The vocabulary; a token's number is its place. The first two are padding and letters never seen; a letter
        that goes on with a word begins with ``##``.

    Examples
    --------
    >>> from headstart.neural.inputs import WordTokenizer
    >>> tokenizer = WordTokenizer.of(["Good tea.", "good cup"])
    >>> [tokenizer.tokens[k] for k in tokenizer.encode("A good cut")]
    ['a', 'good', 'c', '##u', '##t']
    """

    tokens: tuple[str, ...]

    @classmethod
    def of(cls, texts: Iterable[str], most_words: int = 20_000, most_letters: int = 1_000) -> WordTokenizer:
        """The tokenizer of some training texts: their most frequent words and letters."""
        words: Counter[str] = Counter()
        letters: Counter[str] = Counter()
        for text in texts:
            found = _WORDS.findall(text.lower())
            words.update(set(found))
            letters.update("".join(found))
        kept = sorted(letters, key=lambda letter: (-letters[letter], letter))[:most_letters]
        often = sorted((w for w, n in words.items() if n > 1 and len(w) > 1), key=lambda w: (-words[w], w))
        return cls((PAD, UNKNOWN, *kept, *("##" + letter for letter in kept), *often[:most_words]))

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def pad_id(self) -> int:
        """The number that fills up a batch."""
        return 0

    def encode(self, text: str) -> list[int]:
        """The token numbers of a text."""
        numbers, found = self._numbers, []
        for word in _WORDS.findall(text.lower()):
            number = numbers.get(word)
            if number is not None:
                found.append(number)
            else:
                found.append(numbers.get(word[0], 1))
                found += [numbers.get("##" + letter, 1) for letter in word[1:]]
        return found or [1]  # nothing but blanks: no text is without a token

    def encode_all(self, texts: list[str], max_length: int) -> tuple[list[list[int]], int]:
        """Token numbers, at most ``max_length`` a text, and how many texts were cut."""
        found = [self.encode(text) for text in texts]
        return [ids[:max_length] for ids in found], sum(len(ids) > max_length for ids in found)

    def to_plain(self) -> dict[str, Any]:
        """A JSON-able dict."""
        return {"type": "words", "tokens": list(self.tokens)}
