"""What the page of a ranking says of the cheap scores: which one decided, what each tells, and what is better."""

from __future__ import annotations

from ..ranking.cheap import is_higher_better
from ..ranking.result import SourceRanking
from ..scores.table import BY_NAME
from .ranking_parts import score_word

_SAYS = {
    "proxy_a_distance": "How well a linear classifier tells rows of the source from rows of the target: 0 is not at "
    "all (by chance a little below), 2 is each of them.",
    "mmd": "How far the distributions of rows lie apart, means, spread and shape: 0 is not at all (by chance a little "
    "below).",
    "sliced_wasserstein": "How far rows have to be moved, on average over directions, to turn the source into the "
    "target: 0 is not at all.",
    "logme": "How likely the target's labels are, given a linear model on what the source's model says of its rows, in "
    "nats per row. It may be below or above 0; only sources of the same target can be compared.",
    "leep": "How likely the target's labels are, given what the source's model says of its rows: a mean log "
    "probability, so it is below 0, and 0 would be certainty.",
}


def said(ranking: SourceRanking) -> list[str]:
    """Who decided, and what that does not mean."""
    if not ranking.cheap:
        return []
    word, more = score_word(ranking.decided_by), len(ranking.cheap) > 1
    word = f"{word[:1].lower()}{word[1:]}" if word.startswith("Proxy") else word
    others = ", the others stand here for comparison" if more else ""
    better = "more" if is_higher_better(ranking.decided_by) else "less"
    return [
        f"The {word} alone decided whom to try first ({better} of it comes first){others}. None of them knows whether "
        "a source helps: that is what the gains above are for."
    ]


def kinds(ranking: SourceRanking) -> list[dict[str, str]]:
    """Of each score its name, what it says, and which way is better."""
    return [{"name": score_word(n), "says": _says(n, ranking), "better": _better(n)} for n in ranking.cheap]


def _says(name: str, ranking: SourceRanking) -> str:
    if name == "source_model":
        return f"The {ranking.metric_word} on target rows of a linear model that saw the source alone."
    return _SAYS.get(name) or f"It takes for granted: {BY_NAME[name].assumes}"


def _better(name: str) -> str:
    return "More is better." if is_higher_better(name) else "Less is better."
