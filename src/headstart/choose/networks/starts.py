"""Where the candidates start: a backbone that is opened once, and the network that was trained on the source once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...core.errors import InputError
from ...neural.backbone import Backbone
from ...neural.backbones.open import open_backbone
from ...neural.finetune import FineTuneClassifier, FineTuneRegressor
from ...neural.fitting import stacked
from ...neural.policies.freezing import FullFineTune
from ...neural.problem import Problem


@dataclass(frozen=True)
class Starts:
    """What can be started from.

    ``backbone`` is None where a small network with random weights is made for the rows; ``source`` is the fitted
    estimator of the source, called ``source_name``. ``has_head``: its classes are the target's, so that its head can be
    gone on with. ``settings`` are parameters of every training on target rows.
    """

    task: str
    kind: str
    settings: Mapping[str, Any]
    backbone: Backbone | None = None
    source: Any = None
    source_name: str = ""
    has_head: bool = False
    n_source: int = 0
    notes: tuple[str, ...] = field(default=())

    @property
    def knows(self) -> bool:
        """Whether there is anything to transfer."""
        return self.source is not None or (self.backbone is not None and self.backbone.pretrained)

    def scratch(self) -> Any:
        """A small network with random weights."""
        return estimator_of(self.task)(kind=self.kind, **self.settings)

    def tuned(self, *, by_source: bool, policy: Any = None, adapter: Any = None) -> Any:
        """A network that starts from the source's, or from the backbone."""
        start = {"source_model": self.source} if by_source else {"backbone": self.backbone}
        return estimator_of(self.task)(kind=self.kind, policy=policy, adapter=adapter, **start, **self.settings)


def estimator_of(task: str) -> Any:
    """The fine-tuning estimator for a task."""
    return FineTuneClassifier if task == "classification" else FineTuneRegressor


def open_starts(
    problem: Problem,
    task: str,
    backbone: Any,
    weights: Any,
    settings: Mapping[str, Any],
    source_settings: Mapping[str, Any],
    seed: int,
    folder: Path | None,
) -> Starts:
    """Open the backbone, and train on the source: neither sees a row of the target."""
    opened = None if backbone is None else open_backbone(backbone, weights=weights, seed=seed)
    if opened is not None and opened.takes is not None and opened.takes.kind != problem.kind:
        raise InputError(
            f"X holds {problem.kind} and the backbone {opened.name} takes {opened.takes.kind}; expected the same"
        )
    source, has_head = None, False
    if problem.ys is not None:
        codes = problem.ys
        labels = codes if problem.source_classes is None else problem.source_classes[codes]
        given = {} if folder is None else {"folder": folder, "resume": True}
        source = estimator_of(task)(
            opened, kind=problem.kind, policy=FullFineTune(), random_state=seed, **source_settings, **given
        )
        source.fit(stacked(problem.source_blocks), labels)
        source.set_params(folder=None, resume=False)  # where it was trained is no part of a model
        has_head = problem.classes is None or bool(np.isin(source.classes_, problem.classes).all())
    name = " and ".join(problem.names)
    notes = () if opened is None else tuple(opened.notes)
    return Starts(task, problem.kind, settings, opened, source, name, has_head, problem.n_source, notes)
