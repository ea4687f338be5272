"""What the estimators of several tasks that hold a network have in common: fit, judge, predict, keep."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy.special import softmax
from sklearn.base import BaseEstimator
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ...core.domain import refuse_duplicate_columns
from ...core.errors import InputError
from ...neural.backbone import Backbone
from ...neural.training.device import pick_device
from ..given import as_domains, label_table
from ..grouping import propose_groups
from .fitting import FittedTasks, fit_tasks
from .judging import HeldOut, hold_out, losers, verdicts_of
from .keeping import LiveTasks, from_plain, to_plain
from .outputs import outputs_of_tasks
from .problem import TaskProblem
from .reading import read_table, read_tasks
from .serving import made_tasks
from .summary import task_table

FALLBACKS = ("hurts", "doubt", "never")


class MultiTaskNetworkEstimator(BaseEstimator):
    """Base of the estimators of several tasks that hold a network."""

    _kinds: ClassVar[str | None] = None

    def __init__(
        self,
        backbone: Any = None,
        *,
        sharing: Any = None,
        weighting: Any = None,
        auxiliary: Any = (),
        auxiliary_weights: Any = None,
        folds: int | None = 5,
        fallback: str = "hurts",
        affinity: int = 30,
        weights: Any = None,
        policy: Any = None,
        adapter: Any = None,
        kind: str | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        weight_decay: float = 0.01,
        schedule: str = "one-cycle",
        patience: int | None = None,
        validation_share: float = 0.2,
        augment: str = "none",
        precision: str = "auto",
        accumulate: int = 1,
        clip: float | None = 1.0,
        device: str = "auto",
        folder: Any = None,
        resume: bool = False,
        callbacks: Any = (),
        random_state: Any = None,
    ) -> None:
        self.backbone = backbone
        self.sharing = sharing
        self.weighting = weighting
        self.auxiliary = auxiliary
        self.auxiliary_weights = auxiliary_weights
        self.folds = folds
        self.fallback = fallback
        self.affinity = affinity
        self.weights = weights
        self.policy = policy
        self.adapter = adapter
        self.kind = kind
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.patience = patience
        self.validation_share = validation_share
        self.augment = augment
        self.precision = precision
        self.accumulate = accumulate
        self.clip = clip
        self.device = device
        self.folder = folder
        self.resume = resume
        self.callbacks = callbacks
        self.random_state = random_state

    def fit(self, X: Any, Y: Any = None) -> Any:
        """Train all tasks together, and judge each against a network of its own.

        Parameters
        ----------
        X : rows of any kind, list of Domain or Sources
            Rows that all tasks share: images, texts, series, a table or a torch Dataset; or one Domain a task, with
            rows and labels of its own.
        Y : table of shape (n_rows, n_tasks), default=None
            One column for each task. Gaps (NaN, None) are allowed anywhere: a missing label takes a row from its task
            alone. None where ``X`` is domains. Its rows are those of ``X`` in order, whatever an index says.

        Returns
        -------
        self
        """
        self._check_parameters()
        kinds = self._kinds if self._kinds is not None else getattr(self, "kinds", None)
        problem = read_tasks(self, X, Y, kinds=kinds, auxiliary=self.auxiliary, kind=self.kind)
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        held = None if self.folds is None else hold_out(self, problem, self.folds, seed)
        joint = fit_tasks(self, problem, seed)
        self._keep(problem, joint, held, seed)
        return self

    def _check_parameters(self) -> None:
        if self.fallback not in FALLBACKS:
            raise InputError(f"fallback={self.fallback!r}; expected one of {', '.join(map(repr, FALLBACKS))}")
        for name, least in (("folds", 2), ("affinity", 0)):
            value = getattr(self, name)
            if value is None and name == "folds":
                continue
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
                raise InputError(f"{name}={value!r}; expected a whole number of at least {least}")

    def _keep(self, problem: TaskProblem, joint: FittedTasks, held: HeldOut | None, seed: int) -> None:
        mains = problem.mains
        self._kind = problem.kind
        self._mains, self._n_labelled = mains.tolist(), len(problem.tasks)
        self._tasks = [problem.tasks[k] for k in mains]
        self.tasks_ = [task.name for task in self._tasks]
        self.kinds_ = [task.kind for task in self._tasks]
        self.classes_ = [task.classes for task in self._tasks]
        self.auxiliary_ = [task.name for task in problem.tasks if task.auxiliary]
        self.auxiliary_ += [task.name for task in made_tasks(self.auxiliary)]
        self.layers_, self.histories_ = joint.layers, {"joint": joint.history}
        self.task_weights_ = joint.weights
        self.learnt_ = joint.network.trunk.learnt() | joint.served
        self.affinity_ = joint.affinity
        self.groups_ = None if joint.affinity is None else propose_groups(joint.affinity)
        self.backbone_name_, self.notes_ = joint.backbone.name, list(joint.backbone.notes)
        alone: dict[int, FittedTasks] = {}
        if held is not None:
            self.verdicts_ = verdicts_of(problem, held, int(self.folds or 0))
            for place in losers(self.verdicts_, self.fallback):
                k = int(mains[place])
                alone[place] = fit_tasks(self, problem.of_tasks(k), seed, f"alone {k}", alone=True)
                self.histories_[f"alone {problem.labels[k]}"] = alone[place].history
            self.table_ = task_table(self.verdicts_, set(alone))
        self.alone_ = [self.tasks_[place] for place in alone]
        self._live = LiveTasks(joint.of_mains(), alone)
        vars(self).pop("_kept", None)

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
        from ...neural.outputs import outputs_of
        from .solving import OneTaskFeatures

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

    def to_stored(self) -> Any:
        """A copy that holds the networks as plain arrays, for ``hs.save``."""
        copy = type(self).__new__(type(self))
        vars(copy).update(vars(self))
        if "_live" in vars(copy):
            live = copy._live
            copy._kept = (to_plain(live.joint), {str(k): to_plain(own) for k, own in live.alone.items()})
            del copy._live
        copy.callbacks = ()
        if isinstance(copy.backbone, Backbone):
            copy.backbone = copy.backbone.name
        elif hasattr(copy.backbone, "state_dict"):
            copy.backbone = type(copy.backbone)
        return copy

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False  # domains bring their labels
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        tags.input_tags.allow_nan = True
        tags.non_deterministic = False
        return tags
