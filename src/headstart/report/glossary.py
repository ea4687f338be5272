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
# Names of a search among networks; after a comma may stand what they start from.
_NETWORKS = {
    "from scratch": "fitted to the target's labelled rows alone, without a source and without pretrained weights",
    "source only": "the network that was trained on the source, asked about the target as it is",
    "frozen features": "all layers stay as they are; a linear model is fitted to what the last of them gives, in one "
    "step. Cheap, and what the others have to beat",
    "fine-tune all layers": "every layer goes on training on the target's rows",
    "probe, then all layers": "the new head is fitted to the frozen features first, so that its first steps do not "
    "spoil the layers below; then all layers train",
    "gradual unfreezing": "the head trains first, then one layer more at a time, from the top down",
    "freeze lower half": "the lower half of the layers stays as it is, the upper half and the head train",
    "layer-wise rates": "all layers train, each more slowly than the one above it",
    "L2-SP": "all layers train, and are pulled back to where they started",
    "LoRA": "the layers stay as they are; beside each a change of low rank is trained, with few weights",
    "DoRA": "as LoRA, with the length of each weight vector trained apart from its direction",
    "BottleneckAdapter": "the layers stay as they are; small layers of a few units are put in and trained",
    "IA3": "the layers stay as they are; a factor for each of their outputs is trained",
    "BitFit": "of each layer the offsets alone are trained",
}
_LEARNERS = {
    "linear": "penalised logistic or ridge regression",
    "boosting": "gradient-boosted trees",
    "trees": "extremely randomised trees",
    "network": "a small network with random weights",
    "all source models": "with all models of the source at once",
}


def explained(names: Iterable[str], *, networks: bool = False) -> list[tuple[str, str]]:
    """The ways and the learners that these candidates have, each with its meaning; names of users' own are left out."""
    known = _NETWORKS if networks else _WAYS
    ways, learners = [], []
    for name in map(str, names):
        found = [w for w in known if name.startswith(w)][:1]
        # In a common space the way is told after it.
        found += [w for w in known if found == ["common space"] and name.endswith(f", {w}")]
        if not found:
            continue
        ways += found
        learners += [learner for learner in _LEARNERS if f"({learner})" in name]
    return [
        *((w, text) for w, text in known.items() if w in ways),
        *((f"({k})", text) for k, text in _LEARNERS.items() if k in learners),
    ]
