"""From what ``fit`` was given to a trained network: open, read, train on the source, train on the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from ..core.errors import InputTypeError
from .adapters.adapter import Adapter
from .adapters.attached import Attached
from .adapters.plan import adapter_plan
from .backbone import Backbone
from .head import solve_head
from .labels import Labels
from .network import Network
from .opening import carry_head, is_small, open_for
from .pace import epochs_of, language, learns, paced, settings_for
from .phase import train_phase, watched
from .plan import Plan
from .policies.base import apply_all
from .policies.freezing import FullFineTune
from .problem import Problem
from .resuming import same_for
from .stopping import AUTO, patience_of
from .training.device import pick_device


@dataclass(frozen=True)
class Fitted:
    """A trained network with what it takes to use it and to tell how it came about.

    Numbers are ``center + scale * output``. ``layers`` is the plan's table; ``histories`` the courses of training on
    the "source" and the "target", of those that there were.
    """

    network: Network
    reader: Any
    backbone: Backbone
    layers: pd.DataFrame
    histories: dict[str, Any]
    attached: Attached | None = None
    center: float = 0.0
    scale: float = 1.0


def fit_network(how: Any, problem: Problem, task: str, seed: int) -> Fitted:
    """Open, read and train; ``how`` are the estimator's parameters, and all that is random follows from ``seed``."""
    backbone, reader = open_for(how, problem, seed)
    own = is_small(backbone)
    device = pick_device(how.device)
    encoder = backbone.module
    before: torch.nn.Linear | None = None if problem.given is None else problem.given.network_.head
    histories: dict[str, Any] = {}
    knows = backbone.pretrained
    network = labels = attached = None
    if problem.ys is not None:
        labels = Labels.of(problem.ys, task)
        network = network_for(backbone, encoder, problem.source_classes, device)
        rows = reader.read(stacked(problem.source_blocks), "source")
        epochs = epochs_of(how.source_epochs, how, len(rows), knows, language=language(problem, backbone, knows))
        plan = paced(apply_all(FullFineTune(), Plan.of(network.groups), epochs=epochs), how, problem, knows, own)
        if learns(problem.source_classes):
            # What a source teaches is worth learning longer than is best for the source itself.
            patience = None if how.patience == AUTO else how.patience
            settings = settings_for(how, problem, len(rows), epochs, knows, own, patience=patience)
            same = same_for(how, problem, "source")
            histories["source"] = train_phase(how, network, plan, settings, rows, labels, device, seed, "source", same)
        before, knows = network.head, True
    if problem.y is not None:
        labels = Labels.of(problem.y, task)
        network = network_for(backbone, encoder, problem.classes, device)
        has_head = before is not None and problem.same_task
        if before is not None and has_head:
            carry_head(network, before, problem.source_classes, problem.classes)
        rows = reader.read(problem.X, "X")
        epochs = epochs_of(how.epochs, how, len(rows), knows, language=language(problem, backbone, knows))
        plan, attached = plan_for(how, network, epochs=epochs, seed=seed)
        if plan.solve_head and learns(problem.classes):
            solve_head(network, rows, labels.values, task, device)
        adapted = attached is not None
        if not has_head:
            plan = paced(plan, how, problem, knows, own, adapted=adapted)
        if learns(problem.classes) and any(stage.trains for stage in plan.stages):
            patience = patience_of(how, problem.kind, len(rows), own, epochs, given=how.epochs, solved=plan.solve_head)
            settings = settings_for(how, problem, len(rows), epochs, knows, own, adapted=adapted, patience=patience)
            same = same_for(how, problem, "target")
            watch = watched(how, reader, labels, problem.classes)
            histories["target"] = train_phase(
                how, network, plan, settings, rows, labels, device, seed + 1, "target", same, watch
            )
    assert network is not None and labels is not None
    layers = plan.table(network)
    return Fitted(network.cpu().eval(), reader, backbone, layers, histories, attached, labels.center, labels.scale)


def plan_for(how: Any, network: Network, *, epochs: float, seed: int) -> tuple[Plan, Attached | None]:
    """What policy and adapter make of a network's layers."""
    plan = apply_all(FullFineTune() if how.policy is None else how.policy, Plan.of(network.groups), epochs=epochs)
    if how.adapter is None:
        return plan, None
    if not isinstance(how.adapter, Adapter):
        raise InputTypeError(
            f"adapter is {how.adapter!r}; expected an adapter of headstart.neural, such as LoRA(), or None"
        )
    attached = how.adapter.attach(network.encoder, seed=seed)
    return adapter_plan(plan, attached), attached


def stacked(blocks: tuple[Any, ...]) -> Any:
    """The rows of all source domains as one collection."""
    if len(blocks) == 1:
        return blocks[0]
    if all(isinstance(block, np.ndarray) for block in blocks) and len({block.shape[1:] for block in blocks}) == 1:
        return np.concatenate(blocks)
    if all(isinstance(block, pd.DataFrame) for block in blocks):
        return pd.concat(blocks, ignore_index=True)
    if all(isinstance(block, torch.utils.data.Dataset) for block in blocks):
        return torch.utils.data.ConcatDataset(list(blocks))
    return [row for block in blocks for row in block]


def network_for(backbone: Backbone, encoder: Any, classes: np.ndarray | None, device: torch.device) -> Network:
    n_outputs = 1 if classes is None else len(classes)
    return Network(encoder, backbone.n_features, n_outputs, backbone.groups).to(device)
