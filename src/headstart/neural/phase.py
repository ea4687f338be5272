"""One phase of training: on all rows, or with some kept apart to tell when to stop."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..core.domain import Domain
from ..core.errors import InputError, InputTypeError
from .labels import Labels, held_out
from .network import Network
from .outputs import evaluating, smaller
from .plan import Plan
from .stopping import AUTO, ended_late, in_full
from .training.device import drawn_generator
from .training.loop import train
from .training.settings import TrainingSettings


def train_phase(
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
        return course(np.arange(len(rows)), None, replace(settings, patience=None), in_full(phase))
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
