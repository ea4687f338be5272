"""What a page of several tasks says in words."""

from __future__ import annotations

from collections.abc import Sequence

from .task_facts import UNNAMED, TaskFacts
from .words import count, joined, percent, plural

NEVER = "no task gets a model of its own, whatever its verdict"
# Names beyond so many, or of so many letters together, are counted in a sentence; tables have them all.
MOST_NAMES, MOST_LETTERS = 6, 80


def named(names: Sequence[str]) -> str:
    """Tasks by name, or their number where a sentence cannot hold the names."""
    if len(names) <= MOST_NAMES and sum(map(len, names)) <= MOST_LETTERS:
        return joined(names)
    return plural(len(names), "task")


def question(f: TaskFacts) -> str:
    """The question that the page answers: its title."""
    names = [task.name for task in f.tasks]
    who = joined(names) if len(names) <= 3 and sum(map(len, names)) <= 40 else f"the {count(len(names))} tasks"
    place = "" if f.table == UNNAMED else f" of {f.table}"
    return f"Do {who}{place} gain by learning together?"


def mark(f: TaskFacts) -> str:
    """Which sign stands before the answer."""
    helped, hurt = f.decided("helps"), f.decided("hurts")
    if not f.judged:
        return "none"
    return "undetermined" if bool(helped) == bool(hurt) else "helps" if helped else "hurts"


def answer(f: TaskFacts) -> str:
    """The answer in a few words."""
    if not f.judged:
        return "Not judged"
    parts = [(word, len(f.decided(word))) for word in ("helps", "hurts")]
    told = [(word, n) for word, n in parts if n]
    n_tasks = len(f.tasks)
    every = "both" if n_tasks == 2 else f"all {count(n_tasks)}"
    if not told:
        return f"Undetermined for {every} tasks"
    if told[0][1] == n_tasks:
        return f"Learning together {told[0][0]} {every} tasks"
    counts = " and ".join(f"{word} {count(n)}" for word, n in told)
    return f"Learning together {counts} of {count(n_tasks)} tasks"


def sentence(f: TaskFacts) -> str:
    """The verdicts in one sentence."""
    if not f.judged:
        return "No task was held against a model of its own, so nothing tells whether learning together helps."
    helped, hurt, unsure = (f.decided(word) for word in ("helps", "hurts", "undetermined"))
    told = [f"helps {named(helped)}"] if helped else []
    told += [f"hurts {named(hurt)}"] if hurt else []
    if not told:
        return f"Whether learning together helps {named(unsure)} cannot be told from these rows."
    rest = f"; for {named(unsure)} these rows do not tell" if unsure else ""
    return f"Learning together {' and '.join(told)}{rest}."


def consequence(f: TaskFacts) -> str:
    """What predicts each task in the end."""
    alone, together = f.alone, [task.name for task in f.tasks if task.uses == "joint"]
    own = f"a {f.thing} of its own" if len(alone) == 1 else f"{f.thing}s of their own"
    if not alone:
        return f"The joint {f.thing} predicts {'both' if len(together) == 2 else 'all'} of them."
    who = f"{named(alone)} {'is' if len(alone) == 1 else 'are'} predicted by {own}"
    return f"{who}, {named(together)} by the joint one." if together else f"{who}: nothing is shared in the end."


def warnings_of(f: TaskFacts) -> list[str]:
    """What is to be read first."""
    return [*_worse_than_guessing(f), *_harmed(f)]


def _worse_than_guessing(f: TaskFacts) -> list[str]:
    if not f.guessed:
        return []
    many = len(f.guessed) > 1
    told = f"{named(f.guessed)} {'score' if many else 'scores'} no better on held-out rows than guessing"
    few = (
        "The rows may say nothing about them, or be too few"
        if many
        else "The rows may say nothing about it, or be too few"
    )
    mend = (
        "; on numbers, linear models (--model linear, MultiTaskLinearClassifier and -Regressor) need fewer"
        if f.networks
        else ""
    )
    return [f"{told} by the shares of classes or the mean of numbers. {few}{mend}. Do not rely on such predictions."]


def _harmed(f: TaskFacts) -> list[str]:
    if not f.harmed:
        return []
    why = f"fallback is {f.fallback!r}" if f.fallback else "these models have no fallback"
    mend = (
        "fit with fallback='hurts', which gives such tasks a network of their own"
        if f.fallback
        else "fit those tasks alone, or try the networks"
    )
    many = len(f.harmed) > 1
    return [
        f"{named(f.harmed)} {'lose' if many else 'loses'} by learning together and {'are' if many else 'is'} "
        f"predicted by the joint {f.thing} all the same, since {why}; {mend}."
    ]


def figures(f: TaskFacts) -> list[tuple[str, str, str]]:
    """Four numbers at the top: name, value, what it means."""
    n = len(f.tasks)
    served = (
        f"and {plural(len(f.auxiliary), 'auxiliary task')} that served"
        if f.auxiliary
        else f"predicted by one {f.thing} or more"
    )
    return [
        ("Tasks", count(n), served),
        ("Gain together", count(len(f.decided("helps"))), "the interval of the gain lies above zero"),
        ("Lose together", count(len(f.decided("hurts"))), "the interval lies below zero"),
        (f"With a {f.thing} of its own", count(len(f.alone)), _fallback(f)),
    ]


def _fallback(f: TaskFacts) -> str:
    told = {
        "hurts": "tasks that lose fall back to it",
        "doubt": "tasks that do not surely gain fall back to it",
        "never": NEVER,
    }
    return told.get(f.fallback or "", "these models have no fallback")


def how_measured(f: TaskFacts) -> list[str]:
    """How the verdicts came about."""
    found = []
    if f.judged:
        own = (
            "a network of its own, of the same size, trained and stopped in the same way"
            if f.networks
            else "a model of its own, tuned likewise"
        )
        found.append(
            f"The rows were dealt into {plural(int(f.n_folds or 0), 'fold')}. In each, the joint {f.thing}, and for "
            f"each task {own}, were fitted to the other rows and scored on the rows of the fold. All labels of a row "
            "are in one fold, so that no task's label of a row was known where another's was predicted."
        )
        found += [
            f"{m.name[:1].upper()}{m.name[1:]}: {m.meaning}" for m in dict.fromkeys(task.metric for task in f.tasks)
        ]
        found.append(
            "Guessing gives each row of a fold the shares of the classes, or the mean of the numbers, of the other "
            "rows: what needs no model."
        )
        found.append(
            f"Intervals hold the true gain in {percent(f.level)} of such studies, each for its own task, by the "
            "corrected resampled t-test (Nadeau and Bengio 2003). Of twenty tasks that gain nothing, two come out as "
            "helped or hurt."
        )
    if f.auxiliary:
        found.append(
            f"{named(f.auxiliary)} only served: trained with the others, neither judged nor predicted, and dropped "
            "from the model."
        )
    if f.networks:
        found.append(
            "A row without a label of a task is left out of that task alone. Numbers were brought to mean 0 and "
            "deviation 1 for training and are predicted in their own unit."
        )
    return found


def limits(f: TaskFacts) -> list[str]:
    """What must not be read into the page."""
    found = [
        "The verdicts are about these tasks together, with this sharing and this weighting; another set of tasks may "
        "do otherwise."
        if f.networks
        else "The verdicts are about these tasks together; another set of tasks may do otherwise."
    ]
    if f.judged:
        found.append(
            "The verdict judges the joint fit against single ones. Which of them predicts a task follows from it, so "
            "the score of a task that fell back is the one called alone."
            if f.fallback
            else "Scores are of rows held out from these tables; rows of other places or times may differ."
        )
    if f.backbone and not f.backbone.startswith("small/"):
        found.append(
            f"What {f.backbone} was pretrained on was not looked at: its licence, its biases, and whether these rows "
            "were among it."
        )
    return found
