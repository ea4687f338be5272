"""The page of a ranking of backbones: the first, how far the others are behind it, scores, and what to make of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..ranking.backbone_result import BackboneRanking
from ..scores.table import BY_NAME
from . import plots
from .ranking_parts import filled, score_cells, score_word, settings_of
from .scale import Scale
from .words import count, interval, is_number, number, percent, plural, seconds

_UNITS = {
    "classification": "in nats of the log loss",
    "regression": "in squared error as a share of the labels' variance",
}


def render_backbones(ranking: BackboneRanking, run: Mapping[str, Any] | None = None) -> str:
    """The page of a ``BackboneRanking`` as a string of HTML; see ``render_ranking``."""
    known = dict(run or {})
    records = ranking.table.to_dict("records")
    ranked = [r for r in records if is_number(r["rank"])]
    ends = [r[c] for r in ranked for c in ("behind", "behind_low", "behind_high")]
    scale = Scale.of_gains([v for r in ranked[1:2] for v in (r["behind_low"], r["behind_high"]) if is_number(v)], ends)
    rows = [_row(r, ranking, scale) for r in records]
    return filled(
        "backbone_ranking.html.j2",
        ranking,
        known,
        question="Which network to start from?",
        kicker="Ranking of pretrained networks",
        one="Network",
        sentences=ranking.sentences()[: -len(ranking.left_out) or None],  # these have a section of their own
        mark="undetermined" if len(ranking.tied) > 1 else "helps" if len(ranked) > 1 else "none",
        level=percent(ranking.level),
        unit=_UNITS[ranking.task],
        rows=rows,
        any_tuned=_n_tuned(ranking) > 0,
        axis=plots.strip_axis(scale),
        scores_title="Scores of the features as they are",
        scores_said=_scores_said(ranking),
        kinds=[
            {"name": score_word(n), "assumes": BY_NAME[n].assumes, "misleads": BY_NAME[n].misleads}
            for n in ranking.cheap
        ],
        left_out=[r for r in rows if not r["rank"]],
        measured=_measured(ranking),
        limits=_limits(ranking),
        settings=settings_of(ranking, known),
    )


def _row(row: Mapping[str, Any], ranking: BackboneRanking, scale: Scale) -> dict[str, Any]:
    is_ranked = is_number(row["rank"])
    cells = {
        "rank": f"{row['rank']:.0f}" if is_ranked else "",
        "name": row["backbone"],
        "tried": row["tried"],
        "note": row["note"],
        "scores": score_cells(row, ranking),
    }
    if not is_ranked:
        return cells
    is_first = row["rank"] == 1
    ends = (None, None) if is_first else (row["behind_low"], row["behind_high"])
    return cells | {
        "tied": bool(row["tied"]) and len(ranking.tied) > 1,
        "strip": plots.strip(row["behind"], *ends, scale, kind="baseline" if is_first else "transfer"),
        "behind": "" if is_first else number(row["behind"]),
        "interval": "" if is_first else interval(*ends),
        "score": number(row["score"]),
        "frozen": number(row["frozen_score"]),
        "parameters": count(row["parameters"]),
        "seconds": seconds(row["seconds"]),
    }


def _n_tuned(ranking: BackboneRanking) -> int:
    return int((ranking.table["tried"] == "fine-tuned").sum())


def _scores_said(ranking: BackboneRanking) -> list[str]:
    return [
        f"More is better in each column. {score_word(ranking.decided_by)} decided who was tried first. Two networks of "
        "different width are not always comparable by them."
    ]


def _measured(ranking: BackboneRanking) -> list[str]:
    passes = plural(ranking.repeats, "shuffling")
    folds = f"{ranking.n_folds} parts, each held out once" if ranking.n_folds else "parts, each held out once"
    said = [
        f"Each network ran once over the {plural(ranking.n_target, 'labelled row')}, as it is. What it gives are "
        "features of the rows.",
        f"A penalised linear model of these features was fitted to all labelled rows but one part, and scored on that "
        f"part: {folds}. The first round is one shuffling of the rows"
        + (f"; the better networks went on to {passes}." if ranking.repeats > 1 else "."),
    ]
    tuned = _n_tuned(ranking)
    if tuned:
        epochs = (
            f"{plural(ranking.epochs, 'epoch')}" if ranking.epochs else "as many epochs as the number of rows asks for"
        )
        said.append(
            f"Then {plural(tuned, 'network was', 'networks were')} fine-tuned, {epochs}, on the parts of one "
            "shuffling. Their scores are of the fine-tuned network; beside them stands that of frozen features. These "
            "stand before all that were not fine-tuned."
        )
    else:
        said.append("No network was fine-tuned: the ranking is that of features as they are.")
    return [*said, "Times are those of features, linear models and fine-tunings together."]


def _limits(ranking: BackboneRanking) -> list[str]:
    """What holds of such a ranking, and of this one."""
    said = []
    table = ranking.table
    if len(ranking.tied) > 1:
        small = table[table["tied"].astype(bool)].sort_values("parameters").iloc[0]
        said.append(
            f"Tied means not told apart, not equal. Of those tied {small['backbone']} is the smallest, with "
            f"{count(small['parameters'])} weights."
        )
    if not _n_tuned(ranking):
        said.append(
            "Fine-tuning changes the features. A network that is behind here may come first when all of its layers "
            "train, above all with many labels; fine_tune= of rank_backbones tries the best ones."
        )
    if (table["tried"] == "not tried").any():
        said.append("Networks that were not tried may be better than those that were: a cheap score left them out.")
    return [
        *said,
        f"The order is that of losses, which also count how sure a network is of what it says. So one with the better "
        f"{ranking.metric_word} may come later.",
        f"The score of the first is a little flattered, since it was chosen on the {plural(ranking.n_target, 'row')} "
        "that it is scored on. Score the model that you fit on rows of its own.",
        "It assumes that the rows held out are new. Where rows come in groups (patients, scenes, near duplicates), "
        "parts of a group are on both sides, and networks that know the group look good.",
        "A network that was trained on these very rows, or on their labels, is ranked too high. Nothing here can tell.",
        "What a network costs to run is not part of the ranking: look at its weights and its time.",
    ]
