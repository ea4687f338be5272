"""What the names in the leaderboard mean, in a sentence each."""

from __future__ import annotations

from collections.abc import Iterable

# A candidate is called by a way and, in brackets, a learner; looked up in this order.
_WAYS = {
    "target only": "fitted to the target's labelled rows alone",
    "source only, linked by labels": "fitted to the source's rows alone, in a space in which the labels of both "
    "domains link their different columns: target labels have a part in it",
    "source only": "fitted to the source's rows alone, and asked about the target as it is",
    "pooled, equal weights": "fitted to one table of target and source rows, weighted so that both domains count alike",
    "pooled, linked by labels": "fitted to one table of target and source rows, in a space in which the labels of both "
    "domains link their different columns",
    "pooled": "fitted to one table of target and source rows",
    "common space": "one table in a space that domains with different columns have in common: linked by the columns "
    "that they share, or where they share none by the labels",
    "TCA": "fitted to components of the columns that vary much and in which both domains have the same mean",
    "feature augmentation": "one table in which each column stands for both domains and once more for each of them, so "
    "that what differs can be learned apart",
    "source prior": "a model of the target that starts from what models of the source predict, and departs from it as "
    "far as the target's rows ask",
    "linear transfer": "a linear model of the source whose coefficients leave it one by one, as far as the target's "
    "rows ask",
    "forest transfer": "trees of the source, moved to the target: branches that its rows do not need are cut, others "
    "grow, and thresholds move",
    "boosting transfer": "gradient boosting that goes on from the source's, as far as that is to be trusted, with new "
    "trees of the target",
    "recalibrated source": "what models of the source predict, shifted and scaled to fit the target's labels",
    "source outputs as columns": "a model of the target that sees what models of the source predict as columns more",
}
_LEARNERS = {
    "linear": "penalised logistic or ridge regression",
    "boosting": "gradient-boosted trees",
    "trees": "extremely randomised trees",
    "all source models": "with all models of the source at once",
}


def explained(names: Iterable[str]) -> list[tuple[str, str]]:
    """The ways and the learners that these candidates have, each with its meaning; names of users' own are left out."""
    ways, learners = [], []
    for name in map(str, names):
        found = [w for w in _WAYS if name.startswith(w)][:1]
        # In a common space the way is told after it.
        found += [w for w in _WAYS if found == ["common space"] and name.endswith(f", {w}")]
        if not found:
            continue
        ways += found
        learners += [learner for learner in _LEARNERS if f"({learner})" in name]
    return [
        *((w, text) for w, text in _WAYS.items() if w in ways),
        *((f"({k})", text) for k, text in _LEARNERS.items() if k in learners),
    ]
