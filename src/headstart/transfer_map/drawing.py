"""Random numbers and rows of a map: those of one domain or task do not depend on which others there are."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np


def generator(seed: int, *words: str) -> np.random.Generator:
    """Random numbers for one purpose."""
    digest = hashlib.sha256("\0".join(words).encode()).digest()
    return np.random.default_rng([seed, *np.frombuffer(digest, dtype=np.uint32).tolist()])


def drawn_places(y: Any, n: int, random: np.random.Generator) -> np.ndarray:
    """The places (n,) of labels drawn at random, with all classes, or all sizes of numbers, in proportion."""
    total = len(y)
    shuffled = random.permutation(total)
    order = shuffled[np.argsort(np.asarray(y)[shuffled], kind="stable")]
    places = np.floor((np.arange(n) + random.random()) * total / n).astype(int)
    return np.asarray(np.sort(order[np.minimum(places, total - 1)]))
