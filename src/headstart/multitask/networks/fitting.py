"""From read rows and labels to a trained network of several tasks."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from ...core.errors import InputError, InputTypeError
from ...neural.adapters.adapter import Adapter
from ...neural.adapters.attached import Attached
from ...neural.adapters.plan import adapter_plan
from ...neural.backbone import Backbone
from ...neural.opening import is_small, open_for
from ...neural.pace import epochs_of, language, paced, settings_for
from ...neural.plan import Plan
from ...neural.policies.base import apply_all
from ...neural.policies.freezing import FullFineTune
from ...neural.problem import Problem
from ...neural.stopping import AUTO, ended_late, in_full, patience_of
from ...neural.training.device import pick_device
from ..auxiliary.base import AuxiliaryWeights
from ..auxiliary.fixed import FixedWeight
from ..network import MultiTaskNetwork
from ..sharing.base import Sharing
from ..sharing.hard import HardSharing
from ..weighting.base import Weighting
from ..weighting.equal import EqualWeighting
from .problem import OneTask, TaskProblem
from .serving import made_tasks, weighting_for, weights_of
from .solving import solve_heads
from .training import train_tasks


@dataclass(frozen=True)
class FittedTasks:
    """A trained network of several tasks, with what it takes to use it and to tell how it came about.

    Numbers of task k are ``center[k] + scale[k] * output``.
    """

    network: MultiTaskNetwork
    reader: Any
    backbone: Backbone
    sharing: Sharing
    labels: tuple[str, ...]
    tasks: tuple[OneTask, ...]
    center: np.ndarray
    scale: np.ndarray
    layers: pd.DataFrame | None = None
    history: Any = None
    weights: pd.Series | None = None
    affinity: pd.DataFrame | None = None
    served: dict[str, pd.DataFrame] = field(default_factory=dict)
    attached: Attached | None = None

    def of_mains(self) -> FittedTasks:
        """Without the heads of auxiliary tasks, which have served."""
        mains = [k for k, task in enumerate(self.tasks) if not task.auxiliary]
        if len(mains) < len(self.tasks) or len(self.network.made):
            self.network.keep(mains)
        return replace(
            self, tasks=tuple(self.tasks[k] for k in mains), center=self.center[mains], scale=self.scale[mains]
        )


def fit_tasks(how: Any, problem: TaskProblem, seed: int, phase: str = "joint", *, alone: bool = False) -> FittedTasks:
    """Open, read and train; a task ``alone`` shares with nobody, is weighed by nothing, and nothing serves it.

    ``how`` are the estimator's parameters, and all that is random follows from ``seed``.
    """
    made = [] if alone else made_tasks(how.auxiliary)
    sharing = HardSharing() if alone or how.sharing is None else how.sharing
    if not isinstance(sharing, Sharing):
        raise InputTypeError(f"sharing is {sharing!r}; expected one of headstart.multitask, such as HardSharing()")
    weighting = EqualWeighting() if alone or how.weighting is None else how.weighting
    if not isinstance(weighting, Weighting):
        raise InputTypeError(f"weighting is {weighting!r}; expected one of headstart.multitask, such as UPGrad()")
    serving: AuxiliaryWeights = FixedWeight()
    if not alone:
        mains = tuple(map(int, problem.mains))
        # What was asked for holds in all folds, also in one that has no label of an auxiliary task.
        serving = weights_of(how, len(how.auxiliary) > 0)
        weighting = weighting_for(how, serving, mains, weighting)
    as_one = Problem(problem.kind, problem.X, None, (), None, (), None, None)
    backbone, reader = open_for(how, as_one, seed)
    device = pick_device(how.device)
    trunk = sharing.build(backbone, list(problem.labels), seed=seed)
    rows = reader.read(problem.X, "X")
    few = rows.batch(np.arange(min(len(rows), 2)))
    heads = [
        task.build(problem.kind, few, trunk.n_features, problem.domain, seed=seed + k) for k, task in enumerate(made)
    ]
    network = MultiTaskNetwork(trunk, [task.n_outputs for task in problem.tasks], made=heads).to(device)
    knows, own = backbone.pretrained, is_small(backbone)
    epochs = epochs_of(how.epochs, how, len(rows), knows, language=language(as_one, backbone, knows))
    plan, attached = _plan(how, network, epochs=epochs, seed=seed)
    plan = _paced(paced(plan, how, as_one, knows, own, adapted=attached is not None), network)
    codes, center, scale = standardised(problem)
    if plan.solve_head:
        solve_heads(network, rows, codes, problem.tasks, device)
    history, weights, affinity, served = None, np.ones(len(problem.tasks) + len(made)), None, {}
    if any(stage.trains for stage in plan.stages):
        patience = _patience(how, problem, own, epochs, plan)
        settings = settings_for(
            how, as_one, len(rows), epochs, knows, own, adapted=attached is not None, patience=patience
        )
        parts = (rows, codes, problem, weighting, device, seed)
        start = copy.deepcopy(network.state_dict()) if patience is not None and how.patience == AUTO else None
        found = train_tasks(how, network, plan, settings, *parts, phase, serving, made)
        if start is not None and ended_late(found[0], settings):
            network.load_state_dict(start)
            settings = replace(settings, patience=None)
            found = train_tasks(how, network, plan, settings, *parts, in_full(phase), serving, made)
        history, weights, affinity, served = found
    named = [*(task.name for task in problem.tasks), *(task.name for task in made)]
    return FittedTasks(
        network.cpu().eval(),
        reader,
        backbone,
        sharing,
        problem.labels,
        problem.tasks,
        center,
        scale,
        plan.table(network),
        history,
        pd.Series(weights, index=pd.Index(named, name="task", tupleize_cols=False), name="weight"),
        affinity,
        served,
        attached,
    )


def _patience(how: Any, problem: TaskProblem, own: bool, epochs: int, plan: Plan) -> int | None:
    """As of one task, by the labels of the task that has fewest; beside auxiliary tasks only what the user gave."""
    fewest = 0 if how.auxiliary and how.patience == AUTO else int(problem.there.sum(axis=0).min())
    return patience_of(how, problem.kind, fewest, own, epochs, given=how.epochs, solved=plan.solve_head)


def _paced(plan: Plan, network: MultiTaskNetwork) -> Plan:
    """Parts that start from random weights learn as fast as the heads, above the rate of a backbone that knows."""
    fresh = {*network.trunk.fresh, "made tasks"}
    speed = plan.stages[-1].speed
    stages = (replace(s, speed=s.speed * speed) if s.group.name in fresh else s for s in plan.stages)
    return replace(plan, stages=tuple(stages))


def standardised(problem: TaskProblem) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels in which numbers have mean 0 and deviation 1, so that no task's unit decides; centers and scales."""
    center, scale = np.zeros(len(problem.tasks)), np.ones(len(problem.tasks))
    for k, task in enumerate(problem.tasks):
        if task.kind == "regression":
            y = problem.codes[problem.there[:, k], k]
            if y.size:
                center[k], scale[k] = y.mean(), y.std() or 1.0
    return (problem.codes - center) / scale, center, scale


def _plan(how: Any, network: MultiTaskNetwork, *, epochs: float, seed: int) -> tuple[Plan, Attached | None]:
    """What policy, sharing and adapter make of the network's layers."""
    plan = apply_all(FullFineTune() if how.policy is None else how.policy, Plan.of(network.groups), epochs=epochs)
    speeds = getattr(network.trunk, "speeds", {})
    plan = replace(plan, stages=tuple(replace(s, speed=s.speed * speeds.get(s.group.name, 1.0)) for s in plan.stages))
    if how.adapter is None:
        return plan, None
    if not isinstance(how.adapter, Adapter):
        raise InputTypeError(
            f"adapter is {how.adapter!r}; expected an adapter of headstart.neural, such as LoRA(), or None"
        )
    if not network.trunk.whole:
        raise InputError(
            f"adapter={how.adapter!r} goes into the one encoder that all tasks share, and with "
            f"{type(how.sharing).__name__} there is none; expected HardSharing(), MMoE() or CGC(), or adapter=None"
        )
    attached = how.adapter.attach(network.trunk.encoder, seed=seed)
    inside = [s for s in plan.stages if all(p.startswith("trunk.encoder") for p in s.group.prefixes)]
    within = Plan(tuple(replace(s, group=s.group.inside("trunk").inside("encoder")) for s in inside))
    adapted = iter(adapter_plan(within, attached).stages)
    stages = (
        replace(next(adapted), group=s.group) if s in inside else s
        for s in plan.stages
    )  # fmt: skip
    return replace(plan, stages=tuple(stages)), attached
