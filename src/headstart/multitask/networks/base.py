"""What the estimators of several tasks that hold a network have in common: fit, judge, predict, keep."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.utils import check_random_state

from ...core.errors import InputError
from ...neural.backbone import Backbone
from ..grouping import propose_groups
from .fitting import FittedTasks, fit_tasks
from .judging import HeldOut, hold_out, losers, verdicts_of
from .keeping import LiveTasks, to_plain
from .predicting import PredictsTasks
from .problem import TaskProblem
from .reading import read_tasks
from .serving import made_tasks
from .summary import task_table

FALLBACKS = ("hurts", "doubt", "never")


class MultiTaskNetworkEstimator(PredictsTasks):
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
        patience: int | str | None = "auto",
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
        self._labelled_at = len(problem.tasks), mains.tolist()
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
