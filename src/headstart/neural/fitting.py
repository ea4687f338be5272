"""From what ``fit`` was given to a trained network: open, read, train on the source, train on the target."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from ..core.domain import Domain
from ..core.errors import InputError, InputTypeError
from . import defaults
from .adapters.adapter import Adapter
from .adapters.attached import Attached
from .adapters.plan import adapter_plan
from .backbone import Backbone
from .head import solve_head
from .labels import Labels, held_out
from .network import HEAD, Network
from .opening import carry_head, is_small, open_for
from .outputs import evaluating, smaller
from .plan import Plan
from .policies.base import apply_all
from .policies.freezing import FullFineTune
from .problem import Problem
from .resuming import same_for
from .stopping import AUTO, ended_late, patience_of
from .training.device import drawn_generator, pick_device
from .training.loop import train
from .training.settings import TrainingSettings, check_real, check_whole


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
            histories["source"] = _train(how, network, plan, settings, rows, labels, device, seed, "source", same)
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
            histories["target"] = _train(
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


def learns(classes: np.ndarray | None) -> bool:
    """One class is known without learning."""
    return classes is None or len(classes) > 1


def language(problem: Problem, backbone: Backbone, knows: bool) -> bool:
    """Whether a network is a pretrained one for texts, rather than a small one of headstart's."""
    return knows and problem.kind == "texts" and not is_small(backbone)


def epochs_of(given: int | None, how: Any, n_rows: int, knows: bool, *, language: bool = False) -> int:
    """The epochs that the user gave, or that suit the number of rows."""
    if given is None:
        return defaults.epochs(n_rows, batch_size_of(how, n_rows), knows, language)
    check_whole("epochs", given)
    return given


def batch_size_of(how: Any, n_rows: int) -> int:
    """The rows of a step that the user gave, or that suit the number of rows."""
    if how.batch_size is None:
        return defaults.batch_size(n_rows)
    check_whole("batch_size", how.batch_size)
    return how.batch_size


def _rate(how: Any, kind: str, knows: bool, own: bool, adapted: bool) -> float:
    return defaults.learning_rate(kind, knows, own, adapted) if how.learning_rate is None else how.learning_rate


def paced(plan: Plan, how: Any, problem: Problem, knows: bool, own: bool, *, adapted: bool = False) -> Plan:
    """A head that starts from nothing learns at a rate of its own, above that of a backbone that knows something."""
    if plan.solve_head or plan.stages[-1].group.name != HEAD:
        return plan
    rate = _rate(how, problem.kind, knows, own, adapted)
    check_real("learning_rate", rate)
    return plan.change(-1, speed=plan.stages[-1].speed * max(defaults.HEAD_RATE / rate, 1.0))


def settings_for(
    how: Any,
    problem: Problem,
    n_rows: int,
    epochs: int,
    knows: bool,
    own: bool,
    *,
    adapted: bool = False,
    patience: int | None = None,
) -> TrainingSettings:
    return TrainingSettings(
        epochs=epochs,
        batch_size=batch_size_of(how, n_rows),
        learning_rate=_rate(how, problem.kind, knows, own, adapted),
        weight_decay=how.weight_decay,
        schedule=how.schedule,
        accumulate=how.accumulate,
        clip=how.clip,
        precision=how.precision,
        device=how.device,
        patience=patience,
    )


def _train(
    how: Any,
    network: Network,
    plan: Plan,
    settings: TrainingSettings,
    rows: Any,
    labels: Labels,
    device: torch.device,
    seed: int,
    phase: str,
    same: dict[str, str],
    watch: tuple[Any, Labels] | None = None,
) -> Any:
    """Train on rows; with ``patience`` a share of them is kept apart, to tell when to stop.

    Where that was headstart's own choice, and the end was late, all rows are learnt from in full instead.
    ``watch`` are rows and labels whose loss is told after each epoch.
    """
    loss = labels.loss(device)
    look = None
    if watch is not None:
        seen, theirs = watch
        told = theirs.loss(device)

        def look() -> float:
            return _held_loss(network, seen, np.arange(len(seen)), told, device)

    def course(learn: np.ndarray, held: np.ndarray | None, settings: TrainingSettings, name: str) -> Any:
        learnt = torch.as_tensor(learn)

        def objective(index: torch.Tensor) -> torch.Tensor:
            index = learnt[index]
            changes = None if how.augment == "none" else drawn_generator()
            return loss(network(rows.batch(index, device, changes)), index.to(device))

        return train(
            network,
            plan,
            objective,
            len(learn),
            settings,
            seed=seed,
            validate=None if held is None else lambda: _held_loss(network, rows, held, loss, device),
            watch=look,
            callbacks=how.callbacks,
            folder=None if how.folder is None else Path(how.folder) / name,
            resume=how.resume,
            same=same,
        )

    if settings.patience is None:
        return course(np.arange(len(rows)), None, settings, phase)
    start = copy.deepcopy(network.state_dict())
    history = course(*held_out(labels, how.validation_share, seed), settings, phase)
    if how.patience == AUTO and ended_late(history, settings):
        network.load_state_dict(start)
        return course(np.arange(len(rows)), None, replace(settings, patience=None), f"{phase}/in full")
    return history


def watched(how: Any, reader: Any, labels: Labels, classes: np.ndarray | None) -> tuple[Any, Labels] | None:
    """The rows of ``watch=`` as the network reads them, and their labels as it learns them."""
    domain = getattr(how, "watch", None)
    if domain is None:
        return None
    if not isinstance(domain, Domain) or domain.y is None:
        raise InputTypeError("watch is not a Domain with labels; expected hs.Domain(X, y) of rows to look at")
    y = np.asarray(domain.y)
    if classes is not None:
        strange = np.setdiff1d(y, classes)
        if len(strange):
            raise InputError(f"watch has labels {strange[:3].tolist()} that y lacks; expected the classes of y")
        y = np.searchsorted(classes, y)
    values = y if classes is not None else (y - labels.center) / labels.scale
    return reader.read(domain.X, "watch"), replace(labels, values=values)


def _held_loss(network: Network, rows: Any, held: np.ndarray, loss: Any, device: torch.device) -> float:
    """The mean loss of rows held out."""
    total, start, block = 0.0, 0, 256
    with evaluating(network), torch.no_grad():
        while start < len(held):
            index = torch.as_tensor(held[start : start + block])
            try:
                total += float(loss(network(rows.batch(index, device)), index.to(device))) * len(index)
            except (RuntimeError, MemoryError) as error:
                block = smaller(min(block, len(index)), error)
                continue
            start += len(index)
    return total / len(held)
