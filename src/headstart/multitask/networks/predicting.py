"""What a fitted network of several tasks says of rows, and how well."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import softmax
from sklearn.utils.validation import check_is_fitted

from ...neural.outputs import outputs_of
from ...neural.training.device import pick_device
from ..scoring import ScoresTasks
from .fitting import FittedTasks
from .keeping import LiveTasks, from_plain
from .outputs import outputs_of_tasks
from .reading import read_table
from .solving import OneTaskFeatures


class PredictsTasks(ScoresTasks):
    """Predictions and scores of tasks, each by the joint network or by the network it fell back to."""

    device: str
    classes_: list[Any]

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
