"""What a fitted PromptedTasks says of texts, and how it is kept."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import softmax
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ...core.errors import InputError
from ...neural.adapters.registry import attached_to
from ...neural.inputs.texts import read_texts
from ...neural.training.device import pick_device
from ..scoring import side_by_side
from .keeping import Kept, Live, from_plain, to_plain
from .likelihood import answer_scores
from .model import LanguageModel
from .prompt import Prompt
from .reading import read_tasks
from .training import SHARED


class Predicts(BaseEstimator):
    """The predictions of many prompted tasks."""

    by_token: bool
    device: str
    tasks_: list[str]
    classes_: list[np.ndarray]
    _prompts: list[Prompt]
    _live: Live
    _kept: Kept

    @property
    def adapters_(self) -> dict[str, Any]:
        """The adapters by task, or as "shared"; none where nothing was trained."""
        held = attached_to(self.language_model_.model)
        return {(SHARED if key == SHARED else self.tasks_[int(key[4:])]): one for key, one in held.items()}

    @property
    def language_model_(self) -> LanguageModel:
        """The language model with its adapters."""
        check_is_fitted(self, "tasks_")
        if "_live" not in vars(self):
            self._live = from_plain(self._kept)
        return self._live.language

    def label_scores(self, X: Any, task: Any) -> np.ndarray:
        """Log likelihoods (n_rows, n_classes) of the words of each class after the prompt of each text.

        Divided by the number of tokens where ``by_token``.
        """
        k = self._place(task)
        texts = read_texts(X, "X")
        language, prompt = self.language_model_, self._prompts[k]
        device = pick_device(self.device)
        model = language.model.to(device)
        held = self.adapters_
        if held:
            held[SHARED if SHARED in held else self.tasks_[k]].activate()
        scores = answer_scores(
            model, prompt.rows(texts, language.tokens, "X"), prompt.answers, language.tokens.pad, device
        )
        return scores / [len(a) for a in prompt.answers] if self.by_token else scores

    def predict_proba(self, X: Any, task: Any = None) -> Any:
        """Probabilities (n_rows, n_classes) of one task; of all tasks a list of them, as scikit-learn has it."""
        check_is_fitted(self, "tasks_")
        if task is None:
            return [self.predict_proba(X, name) for name in self.tasks_]
        return softmax(self.label_scores(X, task), axis=1)

    def predict(self, X: Any, task: Any = None) -> np.ndarray:
        """The likeliest class: (n_rows,) of one task, or (n_rows, n_tasks)."""
        check_is_fitted(self, "tasks_")
        if task is not None:
            return np.asarray(self.classes_[self._place(task)][self.label_scores(X, task).argmax(axis=1)])
        return side_by_side([self.predict(X, name) for name in self.tasks_])

    def score(self, X: Any, Y: Any = None) -> float:
        """The mean over tasks of the accuracy of each, over rows with a label of it; takes what ``fit`` takes."""
        check_is_fitted(self, "tasks_")
        found = [labelled for labelled in read_tasks(X, Y) if len(labelled)]
        if not found:
            raise InputError("no task has a label to score on; expected at least one")
        return float(np.mean([np.mean(self.predict(f.texts, f.name) == f.y) for f in found]))

    def _place(self, task: Any) -> int:
        check_is_fitted(self, "tasks_")
        if str(task) not in self.tasks_:
            shown = ", ".join(repr(name) for name in self.tasks_[:10]) + (" ..." if len(self.tasks_) > 10 else "")
            raise InputError(f"task={task!r} is none of the {len(self.tasks_)} tasks; expected one of {shown}")
        return self.tasks_.index(str(task))

    def to_stored(self) -> Any:
        """A copy that holds the language model as plain arrays, for ``hs.save``."""
        copy = type(self).__new__(type(self))
        copy.__dict__.update(vars(self))
        if "_live" in vars(copy):
            copy._kept = to_plain(copy._live)
            del copy._live
        copy.callbacks = ()
        if not isinstance(copy.backbone, str):
            copy.backbone = copy._kept.name if "_kept" in vars(copy) else None
        return copy

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False  # domains bring their labels
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags
