"""The tokenizer of a pretrained network, as the ``tokenizers`` package runs it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...core.errors import InputError, InputTypeError
from ...core.optional import require

# Texts that are encoded at once: the package's own objects take far more memory than the numbers.
_CHUNK = 1000


@dataclass(frozen=True)
class FastTokenizer:
    """A tokenizer as plain text, which is all that has to be kept of it.

    Parameters
    ----------
    text : str
        Its description in the JSON of the ``tokenizers`` package: a file ``tokenizer.json``.
    pad_id : int
        The number that fills up a batch.
    """

    text: str
    pad_id: int

    @classmethod
    def of(cls, tokenizer: Any) -> FastTokenizer:
        """The tokenizer of a Hugging Face model, or one of the ``tokenizers`` package."""
        inner = getattr(tokenizer, "backend_tokenizer", tokenizer)
        if not (hasattr(inner, "to_str") and hasattr(inner, "encode_batch")):
            raise InputTypeError(
                f"tokenizer is of type {type(tokenizer).__name__}; expected a fast tokenizer of transformers "
                "(AutoTokenizer.from_pretrained(...)), one of the tokenizers package, or None for one of the training "
                "texts' words"
            )
        pad = getattr(tokenizer, "pad_token_id", None)
        if pad is None:  # what fills up a batch is masked, so any number of the vocabulary does
            padding = json.loads(inner.to_str()).get("padding")
            pad = padding["pad_id"] if padding else getattr(tokenizer, "eos_token_id", None) or 0
        return cls(inner.to_str(), int(pad))

    @cached_property
    def _inner(self) -> Any:
        tokenizers = require("tokenizers", extra="text", purpose="the tokenizer of a pretrained network")
        inner = tokenizers.Tokenizer.from_str(self.text)
        inner.no_padding()
        inner.no_truncation()
        return inner

    def __len__(self) -> int:
        return int(self._inner.get_vocab_size())

    def encode_all(self, texts: list[str], max_length: int) -> tuple[list[list[int]], int]:
        """Token numbers with the marks of beginning and end, at most ``max_length`` a text; how many were cut."""
        marks = self._inner.num_special_tokens_to_add(False)
        if max_length <= marks:
            raise InputError(f"max_length is {max_length}; expected more than the {marks} marks of beginning and end")
        found: list[list[int]] = []
        n_cut = 0
        for start in range(0, len(texts), _CHUNK):
            chunk = texts[start : start + _CHUNK]
            self._inner.no_truncation()
            ids = [encoding.ids for encoding in self._inner.encode_batch(chunk)]
            long = [k for k, numbers in enumerate(ids) if len(numbers) > max_length]
            if long:  # again, so that the mark of the end stays
                self._inner.enable_truncation(max_length)
                for k, encoding in zip(long, self._inner.encode_batch([chunk[k] for k in long]), strict=True):
                    ids[k] = encoding.ids
            found += ids
            n_cut += len(long)
        self._inner.no_truncation()
        return found, n_cut

    def to_plain(self) -> dict[str, Any]:
        """A JSON-able dict."""
        return {"type": "tokenizers", "text": self.text, "pad_id": self.pad_id}
