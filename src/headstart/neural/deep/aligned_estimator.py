"""What the estimators of deep alignment have in common: their settings, and what becomes of the arguments of fit."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

from ...core.errors import InputTypeError
from ..estimator import NetworkEstimator
from ..fitting import fit_network
from ..pace import learns
from ..problem import Problem, read_problem
from .alignment import Alignment
from .dann import DANN
from .fitting import check_domains, fit_aligned
from .unknown import NO_SOURCE

PAPER = "Sun and Saenko 2016; Long et al. 2015, 2018; Ganin et al. 2016; Saito et al. 2018; Damodaran et al. 2018"


class DeepAligned(NetworkEstimator):
    """A network that learns from a source, in features that are aligned with the target's."""

    _task: ClassVar[str]

    def __init__(
        self,
        alignment: Any = None,
        backbone: Any = None,
        *,
        weights: Any = None,
        policy: Any = None,
        kind: str | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        weight_decay: float = 0.01,
        schedule: str = "one-cycle",
        validation_share: float = 0.2,
        fallback: bool = True,
        augment: str = "none",
        precision: str = "auto",
        clip: float | None = 1.0,
        device: str = "auto",
        folder: Any = None,
        resume: bool = False,
        callbacks: Any = (),
        random_state: Any = None,
    ) -> None:
        self.alignment = alignment
        self.backbone = backbone
        self.weights = weights
        self.policy = policy
        self.kind = kind
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.validation_share = validation_share
        self.fallback = fallback
        self.augment = augment
        self.precision = precision
        self.clip = clip
        self.device = device
        self.folder = folder
        self.resume = resume
        self.callbacks = callbacks
        self.random_state = random_state

    def _fit(self, X: Any, y: Any, source: Any, unlabeled: Any) -> Problem:
        alignment = DANN() if self.alignment is None else self.alignment
        if not isinstance(alignment, Alignment):
            hint = ": make one of the class, with brackets" if isinstance(alignment, type) else ""
            raise InputTypeError(
                f"alignment is {alignment!r}; expected a method of headstart.neural, such as DANN() or "
                f"DeepCORAL(){hint}"
            )
        alignment.refuse_task(self._task)
        if not isinstance(self.fallback, bool):
            raise InputTypeError(f"fallback is {self.fallback!r}; expected True or False")
        problem = read_problem(self, X, y, source, unlabeled, task=self._task, kind=self.kind)
        check_domains(problem)
        seed = self._seed()
        # Of these a network that is trained on labels alone has its own.
        how = SimpleNamespace(**vars(self), adapter=None, patience=None, source_epochs=None, accumulate=1)
        if problem.ys is None or not learns(problem.classes):
            self._keep(fit_network(how, problem, self._task, seed), problem)
            self.aligned_, self.source_only_, self.comparison_ = False, None, NO_SOURCE
            return problem
        found = fit_aligned(how, problem, alignment, self._task, seed)
        self._keep(found.fitted, problem)
        self.aligned_, self.source_only_, self.comparison_ = found.aligned, found.table, found.words
        return problem
