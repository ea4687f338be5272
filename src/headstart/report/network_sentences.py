"""What the numbers of a search among networks mean, in plain sentences: where they differ from those of tables."""

from __future__ import annotations

from .facts import UNNAMED, Facts
from .words import count, joined, number, percent, plural

# What one would do without a look, as the verdict calls it, in the middle of a sentence.
SHORTCUTS = {
    "Fine-tuning all layers": "fine-tuning all layers",
    "The best way to transfer": "the way to transfer that did best",
}
POLICIES = {
    "blend": "a blend of the candidates, weighted by how they did on held-out rows; each is kept and run",
    "best": "the single candidate with the smallest loss on held-out rows",
    "strict": "transfer where the interval of its gain lies above zero, else the best from scratch",
}


def question(f: Facts) -> str:
    """The question that the report answers: its title."""
    if not f.donors:
        return "A network from scratch" if f.target == UNNAMED else f"{f.target}: a network from scratch"
    if len(f.donors) > 3:
        return f"Do {count(len(f.donors))} starts help {f.target}?"
    return f"{'Does' if len(f.donors) == 1 else 'Do'} {joined(f.donors)} help {f.target}?"


def starts(f: Facts) -> str:
    """What the candidates start from, in a sentence."""
    told = []
    if f.backbone:
        told.append(f"the pretrained network {f.backbone}")
    if f.sources:
        own = f"{f.backbone}, trained further on" if f.backbone else "a network trained on"
        rows = f" ({plural(f.n_source, 'row')})" if f.n_source else ""
        told.append(f"{own} {joined(f.sources)}{rows}")
    if not told:
        return "Every candidate starts from random weights."
    return f"Candidates that transfer start from {' or from '.join(told)}."


def consequence(f: Facts) -> str:
    """What a user should do with the verdict; there is one."""
    v, d = f.verdict, f.decimals
    if not f.has_gain:
        return f"More labelled rows of {f.target} are needed to judge transfer."
    with_it, alone = (number(-s if f.metric.negated else s, d) for s in (v.score, v.baseline_score))
    if v.decision == "helps":
        return (
            f"Use the model. On new rows of {f.target} expect {f.metric.valued(v.score, d)}, where "
            f"{plural(v.n_target, 'labelled row')} alone give {alone}."
        )
    if v.decision == "hurts":
        trust = "fine-tune all layers" if v.shortcut == "Fine-tuning all layers" else "transfer"
        return (
            f"Do not {trust} without a look at held-out rows: that is what hurts. All figures and pictures below are "
            "about the other model, which headstart chose by how the candidates did on held-out rows."
        )
    low, high = v.interval
    return (
        f"Neither a gain nor a harm is shown: the truth may be anything from {f.metric.gained(low, d)} to "
        f"{f.metric.gained(high, d)}. On held-out rows the model with transfer scored {with_it}, the best "
        f"without it {alone}. More labelled rows of {f.target} may settle it."
    )


def without_verdict(f: Facts) -> str:
    """What to do where nothing was judged."""
    if f.donors:
        return (
            "The model below predicts, but nothing here says how well. Label more rows of the target and fit again: 20 "
            "are a start, 50 say more."
        )
    return (
        "The model below is the best from scratch that the folds found. Give it a source or a pretrained backbone to "
        "learn whether transfer helps."
    )


def made_of(f: Facts) -> str:
    """Which model was handed over."""
    share = f.weight_from_source
    if share is None:
        return ""
    used = f.board.loc[f.board["weight"].fillna(0.0) > 0, "candidate"]
    names = [f"\N{LEFT DOUBLE QUOTATION MARK}{name}\N{RIGHT DOUBLE QUOTATION MARK}" for name in used]
    if f.fell_back:
        return (
            "The policy is strict and the interval does not show a gain, so the model handed over is "
            f"{joined(names)}: it transfers nothing."
        )
    if share == 0:
        return f"The model handed over is {joined(names)}, since it did best on held-out rows: it transfers nothing."
    if len(names) == 1:
        why = ": the candidate with the smallest loss on held-out rows" if f.verdict is not None else ""
        return f"The model handed over is {names[0]}{why}."
    return (
        f"The model handed over is a blend of {count(len(names))} candidates: {percent(share)} of its weight lies on "
        "those that transfer."
    )


def trained(f: Facts) -> list[str]:
    """How often each candidate was trained, and what that cost the rows."""
    found = []
    if f.n_folds:
        found.append(
            f"Every candidate was trained {plural(f.n_folds, 'time')}, each time without some of the labelled target "
            "rows, and scored on those."
        )
    if f.sources:
        found.append(
            "The network of the source was trained once, before that, by source rows alone; source rows were never "
            "scored."
        )
    return [" ".join(found)]


def limits(f: Facts) -> list[str]:
    """What must not be read into the report, of networks alone."""
    found = []
    if f.sources:
        found.append("Errors of the source's labels pass into the layers that were taken over.")
    if f.backbone:
        found.append(
            f"What {f.backbone} was pretrained on was not looked at: its licence, its biases, and whether rows of the "
            "target were among it."
        )
    return found
