"""What a task asks of a language model: the words around the text, and a word for each class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.errors import InputError, InputTypeError

TEXT, NAME, WORDS = "{text}", "{task}", "{labels}"
# The cue says which answers there are: without training a model cannot know them.
TEMPLATE = "Task: {task}\nText: {text}\nAnswer ({labels}):"


@dataclass(frozen=True)
class TextTask:
    """A labelled text task in words: how a text is asked about, and what each class is called in the answer.

    Parameters
    ----------
    name : str
        The task: a column of Y, or the name of a Domain.
    template : str, default=None
        The prompt. ``{text}`` stands for the text, once, with a cue for the answer after it; ``{task}`` for the name
        and ``{labels}`` for the words of all classes ("negative or positive") may stand anywhere. None:
        ``"Task: {task}\\nText: {text}\\nAnswer ({labels}):"``, which tells the model which answers there are. Spaces at
        its end belong to the answer, since tokens begin with their space.
    labels : dict, default=None
        The word or words of each class. None: the classes themselves, where they are words.

    Raises
    ------
    InputError
        Where the template has no place for the text or no cue, or words are missing, empty or the same.

    Examples
    --------
    >>> from headstart.multitask import TextTask
    >>> task = TextTask("mood", "Review: {text}\\nThe writer is", {0: "angry", 1: "glad"})
    >>> print(task.shown("It broke."), "angry")
    Review: It broke.
    The writer is angry
    """

    name: str
    template: str | None = None
    labels: Mapping[Any, str] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise InputTypeError(f"the name of a task is {self.name!r}; expected words, such as 'mood'")
        if self.template is not None:
            self._check_template()
        if self.labels is not None:
            self._check_labels()

    @property
    def pattern(self) -> str:
        """The template, without the spaces at its end."""
        return (TEMPLATE if self.template is None else self.template).rstrip(" \t")

    def around(self, words: tuple[str, ...] = ()) -> tuple[str, str]:
        """What stands before and after the text; ``words`` are those of the classes, by default of ``labels``."""
        words = words or tuple((self.labels or {}).values())
        before, _, after = self.pattern.partition(TEXT)
        return self._filled(before, words), self._filled(after, words)

    def shown(self, text: str) -> str:
        """The prompt for a text."""
        before, after = self.around()
        return f"{before}{text}{after}"

    def words(self, classes: np.ndarray) -> tuple[str, ...]:
        """The words of these classes.

        Raises
        ------
        InputError
            Where classes are no words and ``labels`` has none for them.
        """
        if self.labels is not None:
            return tuple(self.labels[c] for c in classes.tolist())
        odd = [c for c in classes.tolist() if not isinstance(c, str)]
        if odd:
            shown = ", ".join(f"{c!r}: '...'" for c in classes.tolist()[:4])
            raise InputError(
                f"task {self.name!r} has the class {odd[0]!r}, which says nothing to a language model; expected words "
                f"for each class: tasks=[TextTask({self.name!r}, labels={{{shown}}})]"
            )
        return TextTask(self.name, labels={c: c for c in classes.tolist()}).words(classes)

    def known(self) -> np.ndarray | None:
        """The classes that ``labels`` names, sorted; None where it names none."""
        return None if self.labels is None else np.unique(np.asarray(list(self.labels)))

    def _filled(self, part: str, words: tuple[str, ...]) -> str:
        listed = f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else "".join(words)
        return part.replace(NAME, self.name).replace(WORDS, listed)

    def _check_template(self) -> None:
        template = self.template
        if not isinstance(template, str):
            raise InputTypeError(
                f"the template of task {self.name!r} is {template!r:.60}; expected words with {{text}}"
            )
        n = template.count(TEXT)
        if n != 1:
            raise InputError(
                f"the template of task {self.name!r} has {{text}} {n} times; expected it once, where the text stands: "
                "'Text: {text}\\nAnswer:'"
            )
        if not template.partition(TEXT)[2].strip():
            raise InputError(
                f"the template of task {self.name!r} ends with {{text}}; expected a cue for the answer after it, such "
                "as '{text}\\nAnswer:', for the model could not tell the answer from more of the text"
            )

    def _check_labels(self) -> None:
        labels = self.labels
        if not isinstance(labels, Mapping) or not labels:
            raise InputTypeError(
                f"the labels of task {self.name!r} are {labels!r:.60}; expected words by class, such as "
                "{0: 'negative', 1: 'positive'}"
            )
        for c, word in labels.items():
            if not isinstance(word, str) or not word.strip():
                raise InputError(f"the class {c!r} of task {self.name!r} is called {word!r}; expected words")
            if word != word.strip():
                raise InputError(
                    f"the class {c!r} of task {self.name!r} is called {word!r}; expected no space at its ends: the "
                    "one before an answer is put there"
                )
        kinds = sorted({type(c).__name__ for c in labels})
        if len(kinds) > 1:
            raise InputError(
                f"the classes of task {self.name!r} are of several types ({', '.join(kinds)}); expected one"
            )
        words = list(labels.values())
        twice = sorted({w for w in words if words.count(w) > 1})
        if twice:
            raise InputError(
                f"several classes of task {self.name!r} are called {twice[0]!r}; expected words that differ"
            )
