"""Adapters in a language model: which tasks train which, and the loss of their answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ...neural.adapters.attached import Attached
from ...neural.adapters.plan import adapter_plan
from ...neural.groups import layer_groups
from ...neural.plan import Plan
from ...neural.training.device import pick_device
from ...neural.training.history import History
from ...neural.training.loop import train
from ...neural.training.settings import TrainingSettings
from .likelihood import answer_losses

SHARED = "shared"


@dataclass(frozen=True)
class Examples:
    """What is trained on: prompts and answers in tokens, and how much each row counts (1 on average)."""

    prompts: list[list[int]]
    answers: list[tuple[int, ...]]
    weight: np.ndarray

    def __len__(self) -> int:
        return len(self.prompts)


def joined(parts: Sequence[Examples]) -> Examples:
    """The rows of several tasks as one; weights are brought to 1 on average."""
    weight = np.concatenate([p.weight for p in parts])
    prompts = [row for p in parts for row in p.prompts]
    return Examples(prompts, [a for p in parts for a in p.answers], weight / weight.mean())


def train_adapter(
    model: Any,
    adapter: Any,
    name: str,
    examples: Examples,
    settings: TrainingSettings,
    *,
    pad: int,
    by_token: bool,
    seed: int,
    callbacks: Sequence[Any],
) -> tuple[Attached, Any, History]:
    """Attach an adapter and train it on the answers; the adapter, the table of what trained, and the course."""
    attached = adapter.attach(model, seed=seed, name=name)
    plan = adapter_plan(Plan.of(layer_groups(model)), attached)
    device = pick_device(settings.device)
    weight = torch.as_tensor(examples.weight, dtype=torch.float32, device=device)

    def objective(rows: torch.Tensor) -> torch.Tensor:
        chosen = rows.tolist()
        answers = [examples.answers[k] for k in chosen]
        losses = answer_losses(model, [examples.prompts[k] for k in chosen], answers, pad, device)
        if by_token:
            losses = losses / torch.tensor([len(a) for a in answers], device=device)
        return (losses * weight[rows.to(device)]).mean()

    table = plan.table(model)
    history = train(model, plan, objective, len(examples), settings, seed=seed + 1, callbacks=callbacks)
    return attached, table, history
