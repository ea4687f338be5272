"""What the numbers mean, in plain sentences; the page and the card say the same."""

from __future__ import annotations

import re

from ..diagnosis.concept import AGAINST
from . import network_sentences as networks
from .facts import UNNAMED, Facts
from .words import count, interval, is_number, joined, labels_worth, minus_signs, number, percent, plural

ANSWERS = {"helps": "Yes, it helps", "undetermined": "Undetermined"}
SHORTCUTS = {
    "Pooling": "plain pooling, one table of source and target rows,",
    "The source's model alone": "the source's model as it is",
    **networks.SHORTCUTS,
}
POLICIES = {
    "blend": "a blend of candidates, weighted by how they did on held-out rows",
    "best": "the single candidate with the smallest loss on held-out rows",
    "strict": "the blend where its interval lies above zero, else target only",
}


def policy(f: Facts) -> str:
    """What the policy means; nothing where it is none of ours."""
    return (networks.POLICIES if f.networks else POLICIES).get(f.policy or "", "")


def question(f: Facts) -> str:
    """The question that the report answers: its title."""
    if f.networks:
        return networks.question(f)
    if not f.sources:
        return "A model without a source" if f.target == UNNAMED else f"{f.target}: a model without a source"
    if f.n_target is not None and not f.has_labels:
        return f"{f.source} for {f.target}, without target labels"
    if len(f.sources) > 3:
        return f"Do {count(len(f.sources))} sources help {f.target}?"
    return f"{'Does' if len(f.sources) == 1 else 'Do'} {joined(f.sources)} help {f.target}?"


def answer(f: Facts) -> str:
    """The answer in a word or two."""
    if f.verdict is None:
        return "No verdict"
    if _leaky(f):
        return "Not to be trusted: rows leak"
    if f.verdict.decision == "hurts":
        return f"{f.verdict.shortcut} hurts"
    return ANSWERS.get(f.verdict.decision, str(f.verdict.decision))


def _leaky(f: Facts) -> bool:
    """Whether a verdict that is no warning rests on rows that stand in a source too."""
    return f.leaks and f.verdict is not None and f.verdict.decision != "hurts"


def sentence(f: Facts) -> str:
    """The verdict in one sentence, with real minus signs; without a verdict the reason."""
    if f.verdict is not None and not f.has_gain:
        return "Undetermined: the score was not defined on enough of the held-out parts to measure a gain."
    text = f.verdict.sentence() if f.verdict is not None else _sentence_case(f.note or "the model gives no reason")
    return re.sub(r"\bR2\b", "R\N{SUPERSCRIPT TWO}", minus_signs(text))


def rest_of_sentence(f: Facts) -> str:
    """The sentence as it stands below the answer, which it does not repeat."""
    rest = sentence(f).removeprefix(f"{answer(f)}: ")
    if _leaky(f):
        if rest.startswith("Transfer helps"):
            return f"Scored on rows that leak, {rest[:1].lower()}{rest[1:]}"
        rest = rest.removeprefix("Undetermined: ")
    return rest[:1].upper() + rest[1:]


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def consequences(f: Facts) -> list[str]:
    """What a user should do with the verdict."""
    v, d = f.verdict, f.decimals
    if v is None:
        return [_without_verdict(f)]
    if f.networks:
        return [networks.consequence(f), made_of(f)]
    if not f.has_gain:
        return [f"More labelled rows of {f.target} are needed to judge the source.", made_of(f)]
    source = "the source" if len(f.sources) <= 1 else "the sources"
    low, high = v.interval
    with_source, alone = (number(-s if f.metric.negated else s, d) for s in (v.score, v.baseline_score))
    if _leaky(f):
        found = [
            f"Rows on which the scores were measured stand in {source} too, so the gain may be nothing but that. Drop "
            f"them from {source} and fit again."
        ]
    elif v.decision == "helps":
        found = [
            f"Use the model with {source}. On new rows of {f.target} expect {f.metric.valued(v.score, d)}, where "
            f"{plural(v.n_target, 'labelled row')} alone give {alone}."
        ]
    elif v.decision == "hurts":
        pools = v.shortcut == "Pooling"
        trust = f"put the rows of {source} and of {f.target} into one table" if pools else f"use {source} as it is"
        found = [
            f"Do not {trust}: that is what hurts. All figures and pictures below are about the other model, which "
            "headstart made of the candidates by how they did on held-out rows; what differs between the domains is "
            "shown there too."
        ]
    else:
        found = [
            f"Neither a gain nor a harm is shown: the truth may be anything from {f.metric.gained(low, d)} to "
            f"{f.metric.gained(high, d)}. On held-out rows the model with {source} scored {with_source}, the best one "
            f"without {alone}. More labelled rows of {f.target} may settle it."
        ]
    return [*found, made_of(f), without_sources(f)]


def without_sources(f: Facts) -> str:
    """Which sources the model does not use, and why."""
    if not f.left_out:
        return ""
    one = len(f.left_out) == 1
    return (
        f"It leaves out {joined(f.left_out)}: of the labels of {f.target} {'its' if one else 'their'} own "
        f"{'model tells' if one else 'models tell'} no more than chance might, or the contrary."
    )


def _without_verdict(f: Facts) -> str:
    if f.networks:
        return networks.without_verdict(f)
    if f.sources and f.has_labels and not f.weight_from_source:
        return "The model below is of the target alone: what uses the source could not be judged, or not be fitted."
    if f.n_source and f.sources:
        return (
            "The model below predicts, but nothing here says how well. Label a few rows of the target and fit again: "
            "20 are a start, 50 say more."
        )
    return (
        "The model below is the best that the folds found of the target alone. Give it a source to learn whether "
        "transfer helps."
    )


def made_of(f: Facts) -> str:
    """Which model was handed over, and how much of it learns from the source."""
    if f.networks:
        return networks.made_of(f)
    share = f.weight_from_source
    if f.fell_back:
        return (
            "The policy is strict and the interval does not show a gain, so the model handed over is target only: it "
            "uses no source row."
        )
    if share is None:
        return ""
    if share == 0:
        return "The model handed over is target only: no weight lies on a candidate that learns from the source."
    if f.policy == "best":
        return "The policy is best: the model handed over is a single candidate, the one with the smallest loss."
    return (
        f"The model handed over is {percent(share)} candidates that learn from the source and {percent(1 - share)} "
        "target only, by weight."
    )


def figures(f: Facts) -> list[tuple[str, str, str]]:
    """The key figures: name, value, what stands below it."""
    v, d = f.verdict, f.decimals
    if not f.has_gain:
        return []
    worth, (low, high) = labels_worth(v.worth_labels), v.interval
    found = [
        ("Gain of the model", f.metric.gained(v.gain, d), f"{percent(v.level)} interval {interval(low, high, d)}"),
        (f.with_it.capitalize(), number(v.score, d), f"{f.alone} {number(v.baseline_score, d)}"),
        ("Probability of harm", percent(v.p_harm), "that the model's true gain lies below zero"),
    ]
    if worth == "not measurable":
        why = "there is no gain to buy" if v.gain <= 0 else "the learning curve does not rise steadily"
        found.append(("Worth in labels", "\N{EN DASH}", f"not measurable: {why}"))
    elif worth[0].isdigit():
        found.append(("Worth in labels", f"about {worth}", "more labelled rows would have bought the gain"))
    elif worth == "none":
        found.append(("Worth in labels", "under 1", "the gain is worth no further label"))
    else:
        found.append(("Worth in labels", "beyond", "more labels than the learning curve can tell"))
    return found


def how_measured(f: Facts) -> list[str]:
    """How the numbers came about, and what they mean and do not mean."""
    v = f.verdict
    found = networks.trained(f) if f.networks else []
    if f.n_folds and not f.networks:
        found.append(
            f"Every candidate was fitted {plural(f.n_folds, 'time')}, each time without some of the labelled target "
            "rows, and scored on those." + (" Source rows were learned from, never scored." if f.n_source else "")
        )
    if f.left_out:
        found.append(
            "Which sources are used was decided anew for each held-out part, by the other rows. The leaderboard says "
            "how often each was, and how its own model scores as it stands."
        )
    if v is None:
        return [*found, "There is no verdict, so no gain was measured."]
    found.append(_compared_with(f))
    shortcut = SHORTCUTS[v.shortcut] if f.networks else "pooling"
    found.append(
        "Folds share rows, so their scores vary less than they should. The interval is widened for it by the corrected "
        "resampled t-test of Nadeau and Bengio (2003). Intervals of single candidates in the leaderboard are widened "
        f"further, for there being many of them; where {shortcut} is judged by itself, its interval is not."
    )
    found.append(
        f"The {percent(v.level)} interval is for the gain on rows like the {count(v.n_target)} labelled ones: in "
        f"{percent(v.level)} of such studies it holds the true gain. It does not say what happens if new rows differ "
        "from them, nor how often a single prediction is right."
    )
    found.append(
        "Helps is said only where the whole interval of the model lies above zero. Where it does not, and the interval "
        f"of {SHORTCUTS[v.shortcut]} lies below zero, that is said to hurt: not the model. All else is undetermined."
    )
    found.append(f"{f.metric.name}: {f.metric.meaning}")
    return found


def beyond(f: Facts) -> str:
    """Why an interval may reach scores that cannot be; nothing where none does."""
    if not f.beyond:
        return ""
    low, high = f.metric.lowest, f.metric.highest
    span = f"0 to {high:g}" if low == 0 else f"above {high:g}"
    where = f"outside {span}, where no {f.metric.unit} can be" if low == 0 else f"{span}, which no score can be"
    cut = ""
    if is_number(f.metric.largest_gain):
        cut = f", and are cut at {f.metric.largest_gain:g}, the most by which two scores can differ"
    return (
        f"Some intervals reach {where}: they are reckoned from how much the folds differ, without knowing that bound, "
        f"and so few rows leave that much open{cut}."
    )


def limits(f: Facts) -> list[str]:
    """What must not be read into the report."""
    found = []
    v = f.verdict
    if not f.has_labels:
        found.append("Nothing was scored on labelled target rows: how well the model predicts is not known.")
    elif v is not None and v.n_target < 50:
        found.append(
            f"{plural(v.n_target, 'labelled target row')} are few: the score itself, not only the gain, may be off by "
            "more than a careful reader would guess."
        )
    found += [
        "The labelled target rows are taken for a fair sample of the rows to come. Drift, other places and other times "
        "were not tested.",
        "Neither causes nor fairness between groups of people were looked at: check both before deciding about people.",
    ]
    if f.networks:
        found += networks.limits(f)
    elif f.n_source:
        found.append("Errors and gaps of the source's labels pass into the model in proportion to its weight.")
    if f.leaks:
        found.insert(0, "Some target rows stand in the source too: the scores here are too good.")
    return found


def warnings_of(f: Facts) -> list[str]:
    """What must be read before the verdict."""
    found = []
    for d in f.diagnoses:
        if d.duplicates is not None and d.duplicates.leak:
            found.append(
                f"Leak: {plural(d.duplicates.n_rows, 'target row')} ({percent(d.duplicates.share)}) stand in "
                f"{d.source} too, with the same values. A score on them is too good: drop them from one of "
                "the two and fit again."
            )
    for name, auc in f.against.items():
        found.append(
            f"The model of {name} has an AUC of {number(auc, 2)} on rows of {f.target}, where 0.5 is guessing: "
            f"{AGAINST} If so, mend them in one of the two and fit again."
        )
    return found


def _compared_with(f: Facts) -> str:
    """What the gain is over, and how that was chosen."""
    v, without = f.verdict, "transfer" if f.networks else "a source"
    what = "models" if f.networks else "learners"
    if not v.pooling_baseline:  # of a model that was fitted when the comparison was with a single one
        return (
            "The gain is that of the whole procedure: for each held-out part, the weights and the best of the "
            f"{what} that a careful practitioner would try without {without} were chosen without it. Fitted to all "
            f"rows, the latter is {v.baseline}."
        )
    return (
        "The gain is that of the whole procedure: for each held-out part, the weights of the model and of what it is "
        f"compared with were chosen without it. The latter is the best that is made without {without} of the {what} "
        "that a careful practitioner would try: a blend of them, since averaging gains by itself, or one where that "
        f"loses less. Over the parts it scores {number(v.baseline_score, f.decimals)}, and on all rows it is "
        f"{v.baseline}. Candidates of the leaderboard are single ones: their gains are over the best single one "
        f"without {without}, chosen anew for each part, so that {v.single} may have a gain too."
    )
