"""What the pages of rankings share: how cheap scores are called, the frame around the board, and how to repeat it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from .templating import environment, file_of
from .words import is_number, number, plural, seconds

_SHORT = {
    "source_model": "Its own model",
    "proxy_a_distance": "Proxy A-distance",
    "logme": "LogME",
    "leep": "LEEP",
    "mmd": "MMD",
    "h_score": "H-score",
    "trans_rate": "TransRate",
    "knn_score": "kNN score",
    "pac_tran": "PACTran",
    "gbc": "GBC",
}


def score_word(name: str) -> str:
    """What a page calls a cheap score."""
    return _SHORT.get(name, name.replace("_", " ").capitalize())


def score_cells(row: Mapping[str, Any], ranking: Any) -> list[str]:
    """The cheap scores of a row of the table; nothing where one is not defined."""
    return [number(row[name]) if is_number(row[name]) else "" for name in ranking.cheap]


def answer_of(ranking: Any) -> str:
    """The first, and how many are tied with it; nobody where all hold rows of the target."""
    if ranking.best in getattr(ranking, "leaks", ()):
        return "Not to be trusted: rows leak"
    if len(ranking.tied) > 1:
        return f"{ranking.best}, tied with {plural(len(ranking.tied) - 1, 'other')}"
    return str(ranking.best)


def settings_of(ranking: Any, run: Mapping[str, Any], *more: tuple[str, str], time: str = "") -> list[tuple[str, str]]:
    """What it takes to repeat a ranking; what is not known is left out, but for seed and versions.

    Without ``time`` it is what the ranking took.
    """
    seed = ranking.seed if run.get("seed") is None else run["seed"]
    rows = [
        ("Target", f"{ranking.target}, {plural(ranking.n_target, 'labelled row')}"),
        *more,
        ("Tried first by", score_word(ranking.decided_by) if ranking.decided_by else ""),
        ("Time", time or seconds(ranking.seconds)),
        ("Seed", "no number was given" if seed is None else str(seed)),
        ("Versions", ", ".join(f"{k} {v}" for k, v in (run.get("versions") or {}).items()) or "not recorded"),
    ]
    return [(k, v) for k, v in rows if v]


def filled(template: str, ranking: Any, run: Mapping[str, Any], **parts: Any) -> str:
    """The page: ``parts`` beside what all rankings have."""
    page = (
        environment()
        .get_template(template)
        .render(
            css=Markup(file_of("page.css")),
            answer=answer_of(ranking),
            metric=ranking.metric_word,
            scores=[score_word(name) for name in ranking.cheap],
            command=run.get("command"),
            versions=run.get("versions") or {},
            **{"sentences": ranking.sentences(), "warnings": [], **parts},
        )
    )
    return "\n".join(line for line in page.splitlines() if line.strip()) + "\n"
