"""The reader of texts."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, ClassVar

import numpy as np
import torch

from ...core.errors import HeadstartWarning, InputError, InputTypeError
from .fast_tokenizer import FastTokenizer
from .kinds import as_entries
from .rows import TextRows
from .words import WordTokenizer


@dataclass(frozen=True)
class TextReader:
    """Reads texts as token numbers.

    Parameters
    ----------
    tokenizer : tokenizer, default=None
        That of a pretrained network: a fast tokenizer of transformers, or one of the tokenizers package. None: a
        small one is made of the words and letters of the training texts of target and sources, see
        ``WordTokenizer``.
    max_length : int, default=256
        Tokens of a text at most; longer texts lose their end, and a warning counts them. 256 holds a review or a
        paragraph, and attention costs the square of it.

    Examples
    --------
    >>> from headstart.neural.inputs import TextReader
    >>> reader = TextReader().fit(["good tea", "good cup"])
    >>> batch = reader.read(["good", "good cup of tea"]).batch([0, 1])
    >>> batch["attention_mask"].sum(dim=1).tolist()
    [1, 9]
    """

    tokenizer: Any = None
    max_length: int = 256

    kind: ClassVar[str] = "texts"

    def __post_init__(self) -> None:
        if isinstance(self.max_length, bool) or not isinstance(self.max_length, int) or self.max_length < 1:
            raise InputError(f"max_length is {self.max_length!r}; expected a whole number of at least 1")
        if self.tokenizer is not None and not isinstance(self.tokenizer, (WordTokenizer, FastTokenizer)):
            object.__setattr__(self, "tokenizer", FastTokenizer.of(self.tokenizer))

    @property
    def is_fitted(self) -> bool:
        """Whether it can read."""
        return self.tokenizer is not None

    @property
    def shape(self) -> tuple[int, ...]:
        """(max_length,)."""
        return (self.max_length,)

    @property
    def n_tokens(self) -> int:
        """Size of the vocabulary: numbers in a batch are below it."""
        return len(self._ready())

    @property
    def pad_id(self) -> int:
        """The number that fills up a batch; the attention mask is 0 there."""
        return int(self._ready().pad_id)

    def fit(self, X: Any, source_blocks: Sequence[Any] = ()) -> TextReader:
        """Make a tokenizer of the training texts where there is none; returns another reader."""
        blocks = [
            read_texts(X, "X"),
            *(read_texts(block, f"X of source {k}") for k, block in enumerate(source_blocks, start=1)),
        ]
        return self if self.is_fitted else replace(self, tokenizer=WordTokenizer.of(chain.from_iterable(blocks)))

    def read(self, X: Any, what: str = "X") -> TextRows:
        """Check texts and turn them into token numbers."""
        texts = read_texts(X, what)
        found, n_cut = self._ready().encode_all(texts, self.max_length)
        if n_cut:
            warnings.warn(
                f"{n_cut} of {len(texts)} texts of {what} are longer than max_length={self.max_length} tokens and lose "
                "their end; a larger max_length keeps more, at the cost of time and memory",
                HeadstartWarning,
                stacklevel=2,
            )
        found = [ids or [self.pad_id] for ids in found]  # signs that a tokenizer drops leave one token to attend to
        lengths = torch.tensor([len(ids) for ids in found], dtype=torch.int64)
        ids = np.fromiter(chain.from_iterable(found), dtype=np.int32, count=int(lengths.sum()))
        return TextRows(torch.from_numpy(ids), lengths, self.pad_id)

    def _ready(self) -> Any:
        if self.tokenizer is None:
            raise InputError("this TextReader has no tokenizer yet; expected reader.fit(X) before")
        return self.tokenizer

    def to_plain(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """A JSON-able dict, and no arrays."""
        tokenizer = None if self.tokenizer is None else self.tokenizer.to_plain()
        return {"type": "texts", "max_length": self.max_length, "tokenizer": tokenizer}, {}

    @classmethod
    def from_plain(cls, plain: dict[str, Any], arrays: dict[str, np.ndarray]) -> TextReader:
        """The reader that ``to_plain`` described."""
        kept = plain["tokenizer"]
        if kept is None:
            return cls(None, plain["max_length"])
        if kept["type"] == "words":
            return cls(WordTokenizer(tuple(kept["tokens"])), plain["max_length"])
        return cls(FastTokenizer(kept["text"], kept["pad_id"]), plain["max_length"])


def read_texts(X: Any, what: str) -> list[str]:
    """The texts of a column, none of them empty; ``what`` is what messages call it."""
    texts = as_entries(X)
    if not texts:
        raise InputError(f"{what} has no rows; expected at least one text")
    odd = [row for row, text in enumerate(texts) if not isinstance(text, str)]
    if odd:
        value = texts[odd[0]]
        raise InputTypeError(
            f"{what} has {len(odd)} rows that are no texts, the first {value!r:.40} of type {type(value).__name__} at "
            f"row {odd[0]}; expected words in each row: drop those rows, or write what they mean"
        )
    empty = [row for row, text in enumerate(texts) if not text.strip()]
    if empty:
        raise InputError(
            f"{what} has {len(empty)} empty texts among {len(texts)}, the first at row {empty[0]}; expected words in "
            "each row: drop those rows"
        )
    return texts
