"""One network trained on source and target rows, with an alignment or without."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from ...core.errors import InputError
from ..backbone import Backbone
from ..backbones.seeds import seeded
from ..fitting import Fitted, network_for, stacked
from ..groups import LayerGroup
from ..labels import Labels
from ..network import Network
from ..opening import is_small, open_for
from ..pace import epochs_of, paced, settings_for
from ..plan import Plan, Stage
from ..policies.base import apply_all
from ..policies.freezing import FullFineTune
from ..problem import Problem
from ..resuming import same_for
from ..training.device import pick_device
from ..training.loop import train
from ..training.order import mixed_seed
from ..training.settings import TrainingSettings
from ..training.stages import Stages
from .alignment import Alignment
from .batch import PairedBatch
from .clock import CHANGES, LABELLED, UNLABELLED, Clock, Positions, Stream
from .statistics import statistics_kept

PARTS = "alignment"


@dataclass(frozen=True)
class Opened:
    """A backbone and the rows to learn from, read once for all networks.

    ``target`` are all target rows, those with labels first, ``n_labelled`` in number.
    """

    problem: Problem
    backbone: Backbone
    reader: Any
    source: Any
    target: Any
    n_labelled: int
    source_labels: Labels
    target_labels: Labels | None


@dataclass(frozen=True)
class Trained:
    """A trained network, and the batch normalisation in it that was trained, by name."""

    network: Network
    layers: Any
    history: Any
    norms: tuple[str, ...]


class Joint(nn.Module):
    """A network and what trains beside it."""

    def __init__(self, network: Network, parts: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.alignment = parts

    @property
    def groups(self) -> tuple[LayerGroup, ...]:
        """The network's layers, the head last."""
        return tuple(group.under("network") for group in self.network.groups)


def open_rows(how: Any, problem: Problem, task: str, seed: int) -> Opened:
    """Open the backbone, fit the reader to the rows to learn from, and read them."""
    X = problem.X if problem.unlabeled is None else stacked((problem.X, problem.unlabeled))
    backbone, reader = open_for(how, replace(problem, X=X), seed)
    n = 0 if problem.y is None else len(problem.y)
    # One scale for the numbers of both domains: one head predicts both.
    together = Labels.of(problem.ys if problem.y is None else np.concatenate([problem.ys, problem.y]), task)
    n_source = len(problem.ys)
    source_labels = replace(together, values=together.values[:n_source])
    target_labels = replace(together, values=together.values[n_source:]) if n else None
    source = reader.read(problem.source_blocks[0], "source")
    return Opened(problem, backbone, reader, source, reader.read(X, "X"), n, source_labels, target_labels)


def train_one(how: Any, opened: Opened, alignment: Alignment | None, seed: int, phase: str) -> Trained:
    """Train a copy of the backbone; without an alignment on labelled rows alone, in the same steps."""
    device = pick_device(how.device)
    backbone, problem = opened.backbone, opened.problem
    network = network_for(backbone, copy.deepcopy(backbone.module), problem.classes, torch.device("cpu"))
    parts = nn.Module()
    if alignment is not None:
        with seeded(seed):
            parts = alignment.parts(backbone.n_features, network.head.out_features)
            alignment.begin(network, parts)
    joint = Joint(network, parts).to(device)
    n_rows = len(opened.source)
    own, knows = is_small(backbone), backbone.pretrained
    epochs = epochs_of(how.epochs, how, n_rows, knows)
    rounds = 1 if alignment is None else alignment.steps
    plan = _plan(how, joint, epochs)
    plan = paced(plan, how, problem, knows, own)
    if any(True for _ in parts.parameters()):
        head = plan.stages[-1]
        plan = replace(plan, stages=(*plan.stages, Stage(LayerGroup(PARTS, (PARTS,)), speed=head.speed)))
    # A policy that thaws by epochs counts those that learn labels.
    plan = replace(plan, stages=tuple(_later(stage, rounds) for stage in plan.stages))
    settings = settings_for(how, problem, n_rows, epochs * rounds, knows, own)
    found = Stages(joint, plan, settings).normalises()
    norms = tuple(name.removeprefix("network.") for name in found if name.startswith("network."))
    clock = Clock()
    history = train(
        joint,
        plan,
        _objective(joint, opened, alignment, settings, seed, device, clock, bool(norms)),
        n_rows,
        settings,
        seed=seed,
        callbacks=[clock, *how.callbacks],
        folder=None if how.folder is None else Path(how.folder) / phase,
        resume=how.resume,
        same=same_for(how, problem, phase),
    )
    if alignment is not None:
        alignment.end(network, parts)
    return Trained(network.eval(), plan.table(joint), history, norms)


def as_fitted(opened: Opened, trained: Trained, histories: dict[str, Any]) -> Fitted:
    """What an estimator keeps of a network."""
    labels = opened.source_labels
    return Fitted(
        trained.network.cpu(),
        opened.reader,
        opened.backbone,
        trained.layers,
        histories,
        center=labels.center,
        scale=labels.scale,
    )


def _plan(how: Any, joint: Joint, epochs: int) -> Plan:
    plan = apply_all(FullFineTune() if how.policy is None else how.policy, Plan.of(joint.groups), epochs=epochs)
    if plan.solve_head:
        raise InputError(
            f"policy is {how.policy!r}, which fits the head before anything is aligned; expected a policy that trains "
            "layers: FullFineTune(), FreezeBelow(layer), LayerwiseLR(decay) or L2SP()"
        )
    if not any(stage.trains for stage in plan.stages[:-1]):
        raise InputError(
            f"policy is {how.policy!r}, with which no layer of the backbone trains; expected at least one: frozen "
            "features cannot be aligned"
        )
    return plan


def _later(stage: Stage, rounds: int) -> Stage:
    return stage if stage.starts is None else replace(stage, starts=stage.starts * rounds)


def _objective(
    joint: Joint,
    opened: Opened,
    alignment: Alignment | None,
    settings: TrainingSettings,
    seed: int,
    device: torch.device,
    clock: Clock,
    normalises: bool,
) -> Callable[[torch.Tensor], dict[str, torch.Tensor]]:
    network, size = joint.network, settings.batch_size
    n, n_target = opened.n_labelled, len(opened.target)
    positions = Positions(len(opened.source), size, seed)
    unlabelled, labelled = Stream(n_target, seed, UNLABELLED), Stream(max(n, 1), seed, LABELLED)
    classes = opened.problem.classes is not None
    kind = torch.int64 if classes else torch.float32
    labels = torch.as_tensor(opened.source_labels.values, dtype=kind, device=device)
    source_loss = opened.source_labels.loss(device)
    target_loss = None if opened.target_labels is None else opened.target_labels.loss(device)

    def objective(rows: torch.Tensor) -> dict[str, torch.Tensor]:
        at = positions.of(rows, clock.step // clock.per_epoch)
        # As many rows with labels as there are, at most a batch; each once.
        mine = np.unique(labelled.at(at)) if n else np.empty(0, dtype=np.int64)
        changes = torch.Generator().manual_seed(mixed_seed(seed, int(at[0]), CHANGES))
        index, mine_index = rows.to(device), torch.as_tensor(mine, device=device)

        def read(where: Any, which: np.ndarray) -> Any:
            return where.batch(torch.as_tensor(which), device, changes)

        def encode_source() -> torch.Tensor:
            features = read(opened.source, rows.numpy())
            if alignment is None and not n:
                return network.encoder(features)
            with statistics_kept(network):
                return network.encoder(features)

        def encode_target() -> tuple[torch.Tensor, torch.Tensor | None]:
            # Few rows with labels alone would be too few for batch normalisation; it may see the others too.
            more = unlabelled.at(at) if normalises or alignment is not None else at[:0]
            features = network.encoder(read(opened.target, np.r_[mine, more]))
            return features[len(mine) :], features[: len(mine)] if n else None

        batch = PairedBatch(
            network,
            clock.progress,
            clock.step,
            labels[index],
            classes,
            lambda out: source_loss(out, index),
            None if target_loss is None else (lambda out: target_loss(out, mine_index)),
            encode_source,
            encode_target,
        )
        if alignment is None:
            return {"task": batch.task_loss()}
        return alignment.losses(batch, network, joint.alignment)

    return objective
