"""How alike two columns are: their names, their numbers, their levels. All scores lie between 0 and 1."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import SequenceMatcher

import numpy as np

from .synonyms import synonyms
from .types import Floats


def words_of(name: str) -> list[str]:
    """The words of a column name, in lower case: at blanks, marks, capitals inside, and digits."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])", " ", name)
    return [w.lower() for w in re.split(r"[\W_]+", apart) if w]


def name_score(a: str, b: str) -> float:
    """How alike two names are: 1 for the same letters, high where one abbreviates the other or is a synonym.

    Names that share a word and differ in another speak for two things: 0.
    """
    first, second = words_of(a), words_of(b)
    if not first or not second:
        return 0.0
    if "".join(first) == "".join(second):
        return 1.0
    fewer, more = sorted((first, second), key=len)
    # each word of the shorter name takes its nearest in the longer; what is left over counts against it
    near = sum(max(_word_score(w, v) for v in more) for w in fewer) / len(fewer)
    parts = near * (1.0 + len(fewer) / len(more)) / 2.0
    whole = "".join(first), "".join(second)
    if same_but_for_a_word(a, b) and not synonyms(*whole):
        return 0.0
    return max(parts, _word_score(*whole))


def same_but_for_a_word(a: str, b: str) -> bool:
    """Whether two names share a word and differ in others, none of which is like the other's: "mean area", "mean age".

    Who names columns so means two things by them.
    """
    first, second = set(words_of(a)), set(words_of(b))
    rest = first - second, second - first
    if not first & second or not all(rest):
        return False
    return max(_word_score(v, w) for v in rest[0] for w in rest[1]) < 0.5


def _word_score(a: str, b: str) -> float:
    if a == b:
        return 1.0
    if synonyms(a, b):
        return 0.9
    short, long = sorted((a, b), key=len)
    # "bed" of "bedrooms", "temp" of "temperature", "beds" but for its last letter
    stem = short.rstrip("s") if len(short) > 3 else short
    if len(stem) >= 3 and long.startswith(stem):
        return 0.9
    if len(stem) >= 2 and long[0] == stem[0] and _letters_in_order(stem, long):
        return 0.6
    return float(SequenceMatcher(None, a, b).ratio()) ** 2


def _letters_in_order(short: str, long: str) -> bool:
    rest = iter(long)
    return all(letter in rest for letter in short)


def numbers_score(a: Floats, b: Floats) -> float:
    """One less the Kolmogorov-Smirnov distance of two samples, gaps left out; halved where one has only whole numbers
    and the other has not."""
    a, b = np.sort(a[np.isfinite(a)]), np.sort(b[np.isfinite(b)])
    if not a.size or not b.size:
        return 0.0
    at = np.concatenate([a, b])
    distance = np.abs(np.searchsorted(a, at, "right") / a.size - np.searchsorted(b, at, "right") / b.size).max()
    whole = [bool(np.all(np.mod(v, 1.0) == 0)) for v in (a, b)]
    return float(1.0 - distance) * (1.0 if whole[0] == whole[1] else 0.5)


def levels_score(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    """The share of rows of either column whose level the other has too, and how alike the shares of levels are.

    ``a`` and ``b`` give each level's share of the rows. Case, blanks and marks in levels play no part.
    """
    first, second = _bare(a), _bare(b)
    both = first.keys() & second.keys()
    if not both:
        return 0.0
    known = min(sum(first[v] for v in both), sum(second[v] for v in both))
    alike = sum(min(first[v], second[v]) for v in both)
    return float(0.7 * known + 0.3 * alike)


def _bare(shares: Mapping[str, float]) -> dict[str, float]:
    out: dict[str, float] = {}
    for level, share in shares.items():
        bare = re.sub(r"[\W_]+", "", level).lower() or level
        out[bare] = out.get(bare, 0.0) + share
    return out
