"""The page of a ranking of sources: the answer, the gains with their intervals, the cheap scores, what was left out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from ..core.errors import InputTypeError
from . import plots
from .scale import Scale
from .templating import environment, file_of
from .words import interval, is_number, number, percent, plural, seconds, signed
from .writing import write_whole

_SHORT = {"source_model": "Its own model", "logme": "LogME", "leep": "LEEP", "mmd": "MMD"}


def render_ranking(ranking: Any, run: Mapping[str, Any] | None = None) -> str:
    """The page of a ``SourceRanking`` as a string of HTML.

    Parameters
    ----------
    ranking : SourceRanking
    run : mapping, default=None
        What is known besides: command, seed, versions, names of the tables. All of it may be missing.

    Returns
    -------
    str
        One page without a reference to anything outside it.

    Raises
    ------
    InputTypeError
        Where it is something else than a ranking.
    """
    if not hasattr(ranking, "sentences") or not hasattr(ranking, "tied"):
        raise InputTypeError(f"{type(ranking).__name__} is no ranking; expected what hs.rank_sources gives")
    known = dict(run or {})
    table = ranking.table
    ends = [v for c in ("gain", "gain_low", "gain_high") for v in table[c]]
    scale = Scale.of_gains([v for v in ends[:1] if is_number(v)], ends)
    first = table.iloc[0]
    page = (
        environment()
        .get_template("ranking.html.j2")
        .render(
            css=Markup(file_of("page.css")),
            mark=first["verdict"],
            answer=_answer(ranking),
            sentences=ranking.sentences(),
            metric=ranking.metric_word,
            level=percent(ranking.level),
            rows=[_row(row, ranking, scale) for row in table.to_dict("records")],
            axis=plots.strip_axis(scale),
            scores=[_SHORT.get(name, name.replace("_", " ").capitalize()) for name in ranking.cheap],
            settings=_settings(ranking, known),
            command=known.get("command"),
            versions=known.get("versions") or {},
        )
    )
    return "\n".join(line for line in page.splitlines() if line.strip()) + "\n"


def write_ranking(path: str | os.PathLike[str], *, ranking: Any, run: Mapping[str, Any] | None = None) -> None:
    """Write the page of a ranking as one self-contained HTML file; see ``render_ranking``."""
    write_whole(path, render_ranking(ranking, run))


def _answer(ranking: Any) -> str:
    if len(ranking.tied) > 1:
        return f"{ranking.best}, tied with {plural(len(ranking.tied) - 1, 'other')}"
    return str(ranking.best)


def _row(row: Mapping[str, Any], ranking: Any, scale: Scale) -> dict[str, Any]:
    ranked = is_number(row["rank"])
    return {
        "rank": f"{row['rank']:.0f}" if ranked else "",
        "name": row["source"],
        "verdict": row["verdict"],
        "tied": bool(row["tied"]) and len(ranking.tied) > 1,
        "note": row["note"],
        "strip": plots.strip(row["gain"], row["gain_low"], row["gain_high"], scale, kind="transfer") if ranked else "",
        "gain": signed(row["gain"]) if ranked else "",
        "interval": interval(row["gain_low"], row["gain_high"]) if ranked else "",
        "p_harm": percent(row["p_harm"]) if ranked else "",
        "behind": number(row["behind"]) if ranked else "",
        "behind_interval": interval(row["behind_low"], row["behind_high"]) if ranked and row["rank"] > 1 else "",
        "scores": [number(row[name]) if is_number(row[name]) else "" for name in ranking.cheap],
        "seconds": seconds(row["seconds"]) if ranked else "",
    }


def _settings(ranking: Any, run: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = [
        ("Target", f"{ranking.target}, {plural(ranking.n_target, 'labelled row')}"),
        ("Sources", ", ".join(f"{s['name']}, {plural(int(s['rows']), 'row')}" for s in run.get("sources") or ())),
        ("Tried first by", ranking.decided_by),
        ("Time", f"{seconds(ranking.seconds)}; all in full: about {seconds(ranking.seconds_of_all)}"),
        ("Seed", str(run["seed"]) if run.get("seed") is not None else "not recorded"),
        ("Versions", ", ".join(f"{k} {v}" for k, v in (run.get("versions") or {}).items()) or "not recorded"),
    ]
    return [(k, v) for k, v in rows if v]
