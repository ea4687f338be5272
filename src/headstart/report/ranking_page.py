"""The page of a ranking of sources: the answer, the gains with their intervals, the cheap scores, what was left out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..core.errors import InputTypeError
from ..ranking.backbone_result import BackboneRanking
from ..ranking.result import SourceRanking
from . import plots, source_scores
from .backbone_page import render_backbones
from .ranking_parts import filled, score_cells, settings_of
from .scale import Scale
from .words import count, interval, is_number, minus_signs, number, percent, plural, seconds, signed
from .writing import write_whole


def render_ranking(ranking: Any, run: Mapping[str, Any] | None = None) -> str:
    """The page of a ``SourceRanking``, or of a ``BackboneRanking``, as a string of HTML.

    Parameters
    ----------
    ranking : SourceRanking or BackboneRanking
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
    if isinstance(ranking, BackboneRanking):
        return render_backbones(ranking, run)
    if not isinstance(ranking, SourceRanking):
        raise InputTypeError(
            f"{type(ranking).__name__} is no ranking; expected what hs.rank_sources or hs.rank_backbones gives"
        )
    known = dict(run or {})
    table = ranking.table
    folds = table.loc[table["rank"].notna(), "folds"]
    ends = [v for c in ("gain", "gain_low", "gain_high") for v in table[c]]
    scale = Scale.of_gains([v for v in ends[:1] if is_number(v)], ends)
    sources = ", ".join(f"{s['name']}, {plural(int(s['rows']), 'row')}" for s in known.get("sources") or ())
    told = {n: note for n, note in ranking.notes().items() if n in (ranking.best, *ranking.tied)}
    return filled(
        "ranking.html.j2",
        ranking,
        known,
        question="Which source to learn from?",
        kicker="Ranking of sources",
        one="Source",
        mark="undetermined" if ranking.best in ranking.leaks else table.iloc[0]["verdict"],
        warnings=[minus_signs(text) for text in ranking.warnings()],
        sentences=[*map(minus_signs, ranking.findings()), *(f"{name}: {note}" for name, note in told.items())],
        level=percent(ranking.level),
        folds=f"{count(folds.min())} to {count(folds.max())}" if folds.nunique() > 1 else "",
        rows=[_row(row, ranking, scale, told) for row in table.to_dict("records")],
        axis=plots.strip_axis(scale),
        scores_title="Scores before any fit to the target",
        scores_said=source_scores.said(ranking),
        kinds=source_scores.kinds(ranking),
        settings=settings_of(ranking, known, ("Sources", sources), time=_time(ranking)),
    )


def _time(ranking: SourceRanking) -> str:
    """What it took, beside what it would have taken without the rounds."""
    took, full = seconds(ranking.seconds), seconds(ranking.seconds_of_all)
    if ranking.share_of_time < 0.95:
        return f"{took}. To try all sources on all folds would have taken about {full}."
    return f"{took}, about as long as to try all sources on all folds: the rounds save time where sources are many."


def write_ranking(path: str | os.PathLike[str], *, ranking: Any, run: Mapping[str, Any] | None = None) -> None:
    """Write the page of a ranking as one self-contained HTML file; see ``render_ranking``."""
    write_whole(path, render_ranking(ranking, run))


def _row(row: Mapping[str, Any], ranking: Any, scale: Scale, told: Mapping[str, str]) -> dict[str, Any]:
    """A row of the table; what is ``told`` above of a source is not told again."""
    ranked, name = is_number(row["rank"]), row["source"]
    behind = is_number(row["behind"])
    return {
        "rank": f"{row['rank']:.0f}" if ranked else "",
        "name": name,
        "verdict": ranking.verdict_of(row),
        "pooling": "pooling hurts" if row["pooling_high"] < 0 else "",
        "tied": bool(row["tied"]) and len(ranking.tied) > 1,
        "note": ranking.left_out.get(name) or ("" if name in told else ranking.notes().get(name, "")),
        "strip": plots.strip(row["gain"], row["gain_low"], row["gain_high"], scale, kind="transfer") if ranked else "",
        "gain": signed(row["gain"]) if ranked else "",
        "interval": interval(row["gain_low"], row["gain_high"]) if ranked else "",
        "p_harm": percent(row["p_harm"]) if ranked else "",
        "behind": number(row["behind"]) if behind else "",
        "behind_interval": interval(row["behind_low"], row["behind_high"]) if behind and row["rank"] > 1 else "",
        "scores": score_cells(row, ranking),
        "seconds": seconds(row["seconds"]) if ranked else "",
    }
