"""From labelled texts to prompts, and to what is learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.errors import InputError
from .checks import weight_of_tasks
from .model import LanguageModel
from .parts import chat_parts, plain_parts
from .prompt import Prompt, make_prompt
from .reading import Labelled, classes_of, match_tasks, read_tasks
from .shots import draw_shots
from .task import TextTask
from .training import Examples


@dataclass(frozen=True)
class Read:
    """A task as ``fit`` was given it: its words, its rows, its classes and the place of each label among them."""

    task: TextTask
    labelled: Labelled
    classes: np.ndarray
    codes: np.ndarray
    words: tuple[str, ...]
    weight: float


@dataclass(frozen=True)
class Asked:
    """A task in tokens; ``spelt`` is its prompt in words, ``shown`` are the rows that stand in it."""

    prompt: Prompt
    spelt: str
    shown: np.ndarray


def read_all(how: Any, X: Any, Y: Any) -> list[Read]:
    """Read and check all that needs no language model."""
    found = read_tasks(X, Y)
    tasks = match_tasks(how.tasks, found)
    needs = "training" if how.adapters != "none" else f"shots={how.shots}" if how.shots else None
    weights = weight_of_tasks(how.task_weights, [t.name for t in tasks], [max(len(f), 1) for f in found])
    read = []
    for task, labelled, weight in zip(tasks, found, weights, strict=True):
        classes, codes = classes_of(task, labelled, needs_labels=needs)
        read.append(Read(task, labelled, classes, codes, task.words(classes), weight))
    return read


def asked(how: Any, read: Read, rng: np.random.Generator, language: LanguageModel) -> Asked:
    """Draw the examples of a task, and make its prompt."""
    tokens, around, words = language.tokens, read.task.around(read.words), read.words
    shown = draw_shots(read.codes, read.classes, how.shots, rng, read.task.name)
    shots = [(tokens.cut(read.labelled.texts[j], how.max_length), words[read.codes[j]]) for j in shown]
    spelt = plain_parts(around, shots)
    prompt = make_prompt(
        read.task.name,
        chat_parts(around, shots, language.chat) if how.chat else spelt,
        words,
        tokens,
        max_length=how.max_length,
        context=language.context,
        close=tokens.end if how.chat else "\n",
    )
    return Asked(prompt, "".join(part for part, _ in spelt[0]) + "{text}" + around[1], shown)


def examples_of(read: Read, asked: Asked, language: LanguageModel) -> Examples:
    """The rows that are learned from: all but those that are shown, which would tell their own answer."""
    labelled, prompt = read.labelled, asked.prompt
    learnt = np.setdiff1d(np.arange(len(labelled)), asked.shown)
    if not len(learnt):
        raise InputError(
            f"all {len(labelled)} labelled rows of task {prompt.task!r} are shown as examples; expected more labels, "
            "fewer shots, or adapters='none'"
        )
    rows = prompt.rows([labelled.texts[j] for j in learnt], language.tokens, f"task {prompt.task!r}")
    answers = [prompt.answers[read.codes[j]] for j in learnt]
    return Examples(rows, answers, np.full(len(learnt), read.weight))
