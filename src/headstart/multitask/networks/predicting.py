"""What a fitted network of several tasks says of rows, and how well."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import softmax
from sklearn.base import BaseEstimator
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils.validation import check_is_fitted

from ...core.domain import refuse_duplicate_columns
from ...core.errors import InputError
from ...neural.outputs import outputs_of
from ...neural.training.device import pick_device
from ..given import as_domains, label_table
from .fitting import FittedTasks
from .keeping import LiveTasks, from_plain
from .outputs import outputs_of_tasks
from .reading import read_table
from .solving import OneTaskFeatures


class PredictsTasks(BaseEstimator):
    """Predictions and scores of tasks, each by the joint network or by the network it fell back to."""

    device: str
    tasks_: list[Any]
    kinds_: list[str]
    classes_: list[Any]
    auxiliary_: list[Any]

    @property
    def network_(self) -> Any:
        """The fitted joint torch module, in evaluation mode, without the heads of auxiliary tasks."""
        return self._living().joint.network

    def _living(self) -> LiveTasks:
        check_is_fitted(self)
        if "_live" not in vars(self):
            joint, alone = self._kept
            tasks = tuple(self._tasks)
            self._live = LiveTasks(
                from_plain(joint, tasks), {int(k): from_plain(kept, (tasks[int(k)],)) for k, kept in alone.items()}
            )
        return self._live

    def _outputs(self, X: Any, places: list[int]) -> list[np.ndarray]:
        """Outputs (n_rows, n_outputs) of these tasks: of the joint network, or of the task's own where it fell back."""
        living = self._living()
        if self._kind == "table":
            X = read_table(self, X, reset=False)
        device = pick_device(self.device)
        found: dict[int, np.ndarray] = {}
        together = [k for k in places if k not in living.alone]
        if together:
            read = living.joint.reader.read(X, "X")
            outs = outputs_of_tasks(living.joint.network.to(device), read, device, together)
            found |= {k: self._in_units(living.joint, k, out) for k, out in zip(together, outs, strict=True)}
        for k in places:
            if k in living.alone:
                own = living.alone[k]
                (out,) = outputs_of_tasks(own.network.to(device), own.reader.read(X, "X"), device, [0])
                found[k] = self._in_units(own, 0, out)
        return [found[k] for k in places]

    @staticmethod
    def _in_units(fitted: FittedTasks, place: int, out: np.ndarray) -> np.ndarray:
        return fitted.center[place] + fitted.scale[place] * out

    def _predicted(self, X: Any, places: list[int]) -> list[np.ndarray]:
        found = []
        for k, out in zip(places, self._outputs(X, places), strict=True):
            classes = self.classes_[k]
            found.append(out[:, 0] if classes is None else classes[out.argmax(axis=1)])
        return found

    def _probabilities(self, X: Any, places: list[int]) -> list[np.ndarray]:
        return [softmax(out, axis=1) for out in self._outputs(X, places)]

    def _placed(self) -> list[Any]:
        check_is_fitted(self)
        return list(self.tasks_)

    def _place(self, task: Any) -> int:
        check_is_fitted(self)
        if task not in self.tasks_:
            shown = ", ".join(repr(name) for name in self.tasks_[:10]) + (" ..." if len(self.tasks_) > 10 else "")
            what = " (it is auxiliary, and its head was dropped)" if task in self.auxiliary_ else ""
            raise InputError(f"task={task!r} is none of the {len(self.tasks_)} tasks predicted{what}; expected {shown}")
        return self.tasks_.index(task)

    def features(self, X: Any, task: Any = None) -> np.ndarray:
        """What the joint network makes of rows before the head of a task: (n_rows, n_features); by default the first.

        Without a task of interest, ``task=None``: where all heads read the same features, it does not matter.
        """
        living = self._living()
        place = 0 if task is None else self._place(task)
        if self._kind == "table":
            X = read_table(self, X, reset=False)
        device = pick_device(self.device)
        network = living.joint.network.to(device)
        part = OneTaskFeatures(network, network.kept[place])
        return outputs_of(part, living.joint.reader.read(X, "X"), device)

    def score(self, X: Any, Y: Any = None) -> float:
        """The mean over tasks of the score of each, over the rows that have a label of it.

        Accuracy of classes, R2 of numbers. Takes what ``fit`` takes, a table or domains.
        """
        scores = self.scores(X, Y)
        if scores.isna().all():
            raise InputError("no task has a label to score on; expected at least one")
        return float(scores.mean())

    def scores(self, X: Any, Y: Any = None) -> pd.Series:
        """The score of each task, by its name: accuracy of classes, R2 of numbers; NaN for a task without a label."""
        check_is_fitted(self)
        domains = as_domains(X)
        if domains is None:
            frame = label_table(Y)
            if hasattr(Y, "columns"):
                refuse_duplicate_columns(frame, what="Y")
                lacking = [name for name in self.tasks_ if name not in frame.columns]
                if lacking:
                    raise InputError(f"Y lacks the tasks {lacking[:5]}; expected a column for each of {self.tasks_}")
                frame = frame[self.tasks_]
            elif frame.shape[1] == self._n_labelled:
                frame = frame.iloc[:, self._mains]
            elif frame.shape[1] != len(self.tasks_):
                raise InputError(f"Y has {frame.shape[1]} columns; expected one for each of {len(self.tasks_)} tasks")
            said = self._predicted(X, list(range(len(self.tasks_))))
            pairs = [(k, frame.iloc[:, k].to_numpy(), said[k]) for k in range(len(self.tasks_))]
        else:
            for d in domains:
                if d.label not in self.auxiliary_:
                    self._place(d.label)
            known = [d for d in domains if d.y is not None and d.label in self.tasks_]
            pairs = [
                (self._place(d.label), np.asarray(d.y), self._predicted(d.X, [self._place(d.label)])[0]) for d in known
            ]
        scores = dict.fromkeys(self.tasks_, np.nan)
        for k, y, predicted in pairs:
            there = ~pd.isna(y)
            right = np.asarray(y[there].tolist())
            if self.kinds_[k] == "classification":
                if there.any():
                    scores[self.tasks_[k]] = float(accuracy_score(right, predicted[there]))
            elif there.sum() > 1:
                scores[self.tasks_[k]] = float(r2_score(right, predicted[there]))
        return pd.Series(scores, name="score")
