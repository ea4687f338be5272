"""Backbones that are good to start from: what they take, how large they are, under which licence. Needs no torch."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

# What the memory is told for: a batch that trains well on little data, texts of about a hundred words.
ROWS = 16
TOKENS = 128
# The share of the parameters that an adapter trains at most.
LORA_SHARE = 0.01


@dataclass(frozen=True)
class Entry:
    """A backbone of the catalogue.

    Attributes
    ----------
    name : str
        What ``headstart.neural.open_backbone`` opens.
    kind : {"images", "texts"}
        What it takes.
    size : int
        Height and width of an image; tokens of a text at most.
    parameters : int
        Of the backbone alone, without the head that it was trained with.
    activations : int
        Numbers that one row leaves in memory until the gradient is there: an image of ``size``, a text of ``TOKENS``
        tokens. Counted as what PyTorch keeps for the backward pass, parameters not included.
    licence : str
        Of the weights.
    why : str
        For whom it is.
    width : int
        Bytes of a number: 4 for float32, 2 where the model is to be opened as bfloat16.
    """

    name: str
    kind: str
    size: int
    parameters: int
    activations: int
    licence: str
    why: str
    width: int = 4

    @property
    def extra(self) -> str:
        """What to install: ``pip install 'headstart[EXTRA]'``."""
        return "vision" if self.name.startswith("timm/") else "text"

    def memory(self, rows: int = ROWS) -> int:
        """Bytes to train all of it with AdamW.

        ``width * (4 * parameters + rows * activations)``: a weight, its gradient and AdamW's two moments, and what a
        batch leaves until the backward pass. What a framework takes for itself, and copies for a moment, come on top.
        """
        return self.width * (4 * self.parameters + rows * self.activations)

    def lora_memory(self, rows: int = ROWS) -> int:
        """Bytes to train an adapter of at most ``LORA_SHARE`` of the parameters.

        As ``memory``, with gradients and moments of the adapter alone:
        ``width * ((1 + 4 * LORA_SHARE) * parameters + rows * activations)``. The gradient passes through all layers, so
        a batch leaves as much as before.
        """
        adapter = int(LORA_SHARE * self.parameters)
        return self.width * (self.parameters + 4 * adapter + rows * self.activations)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, the computed ones too."""
        return {
            **asdict(self),
            "extra": self.extra,
            "memory_bytes": self.memory(),
            "lora_memory_bytes": self.lora_memory(),
        }


# name, size, parameters and activations in millions, licence, for whom, bytes of a number
_IMAGES: tuple[tuple[str, int, float, float, str, str], ...] = (
    ("timm/convnext_tiny", 224, 27.820, 27.3, "Apache-2.0", "a good first try for photographs"),
    ("timm/vit_small_patch14_dinov2", 518, 22.056, 115.1, "Apache-2.0",
     "strong features without any training; arguments={'img_size': 224} takes a sixth of the memory"),
    ("timm/efficientnet_b0", 224, 4.008, 22.0, "Apache-2.0", "small and accurate"),
    ("timm/tf_efficientnet_lite0", 224, 3.371, 19.9, "Apache-2.0", "small, made for phones"),
    ("timm/mobilenetv4_conv_small", 224, 2.493, 4.1, "Apache-2.0", "very small, for a CPU or a phone"),
    ("timm/resnet18", 224, 11.177, 5.5, "Apache-2.0", "small and plain, well understood"),
    ("timm/resnet50", 224, 23.508, 21.5, "Apache-2.0", "the classic to compare with"),
    ("timm/vit_base_patch16_224", 224, 85.799, 29.4, "Apache-2.0", "the plain vision transformer"),
    ("timm/vgg16", 224, 134.261, 18.3, "BSD-3-Clause", "of historical interest: larger and weaker than the others"),
)  # fmt: skip
_TEXTS: tuple[tuple[str, int, float, float, str, str, int], ...] = (
    ("hf/sentence-transformers/all-MiniLM-L6-v2", 256, 22.565, 8.9, "Apache-2.0",
     "a good first try for short English texts, on a CPU too", 4),
    ("hf/BAAI/bge-small-en-v1.5", 512, 33.212, 17.8, "MIT", "better features of English texts, twice the time", 4),
    ("hf/intfloat/multilingual-e5-small", 512, 117.506, 17.8, "MIT", "texts of many languages", 4),
    ("hf/distilbert-base-uncased", 512, 66.363, 13.8, "Apache-2.0", "a BERT of half the depth", 4),
    ("hf/bert-base-uncased", 512, 108.892, 28.5, "Apache-2.0", "the classic to compare with", 4),
    ("hf/answerdotai/ModernBERT-base", 8192, 149.014, 35.0, "Apache-2.0", "the BERT of today, also for long texts", 4),
    ("hf/HuggingFaceTB/SmolLM2-135M", 8192, 134.515, 43.0, "Apache-2.0", "a small language model for a CPU", 4),
    ("hf/Qwen/Qwen3-0.6B", 32768, 596.050, 110.5, "Apache-2.0", "a language model of many languages", 4),
    ("hf/meta-llama/Meta-Llama-3-8B", 8192, 7504.925, 378.7, "Llama 3 Community",
     "a large language model, with an adapter and dtype='bfloat16'; access is granted on request", 2),
)  # fmt: skip


def _entries() -> tuple[Entry, ...]:
    rows = [("images", *row) for row in _IMAGES] + [("texts", *row) for row in _TEXTS]
    return tuple(
        Entry(name, kind, size, round(parameters * 1e6), round(activations * 1e6), licence, why, *width)
        for kind, name, size, parameters, activations, licence, why, *width in rows
    )


CATALOGUE: tuple[Entry, ...] = _entries()
