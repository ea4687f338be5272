"""Where a training stands: everything that a resume needs, and how it is put on disk and taken up again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ...core.errors import InputError
from . import checkpoint
from .device import random_states, set_random_states
from .processes import Team
from .stages import Stages


@dataclass
class Progress:
    """The plain values: what was done, what the present epoch has summed up, and what was best."""

    step: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    rows: list[dict[str, Any]] = field(default_factory=list)
    best_score: float | None = None
    best_epoch: int | None = None
    parts: int = 1
    stopped: str | None = None


class Weights:
    """The tensors that training changes, and a copy of them as they once were."""

    def __init__(self, network: nn.Module, stages: Stages) -> None:
        persistent = set(network.state_dict())
        buffers = {name: b for name, b in network.named_buffers() if name in persistent}
        self.trained = list(stages.trained.values())
        self.live: dict[str, torch.Tensor] = {**stages.trained, **buffers}
        self.kept = {name: t.detach().clone() for name, t in self.live.items()}

    @torch.no_grad()
    def keep(self) -> None:
        """Copy the present tensors."""
        for name, t in self.live.items():
            self.kept[name].copy_(t)

    @torch.no_grad()
    def put_back(self) -> None:
        """Give the network the tensors that were kept."""
        for name, t in self.live.items():
            t.copy_(self.kept[name])

    @torch.no_grad()
    def finite(self) -> bool:
        """Whether all weights are free of NaN and infinity."""
        # Buffers may hold infinities on purpose, such as masks of attention.
        return all(bool(torch.isfinite(p).all()) for p in self.trained)


class Saved:
    """The parts of a training that a checkpoint holds."""

    def __init__(
        self,
        folder: Path,
        network: nn.Module,
        stages: Stages,
        optimizer: torch.optim.Optimizer,
        weights: Weights,
        team: Team,
        same: dict[str, Any],
        combine: Any,
    ) -> None:
        self.folder, self.stages, self.optimizer, self.weights, self.team = folder, stages, optimizer, weights, team
        self.combine = combine if hasattr(combine, "state_dict") and hasattr(combine, "load_state_dict") else None
        frozen = [(n, t) for n, t in network.named_parameters() if n not in weights.live]
        # The network first: where it differs, so do other things.
        self.same = {
            "network": checkpoint.describe(weights.live.items()),
            "frozen weights": checkpoint.fingerprint(frozen),
            **same,
        }
        # As JSON gives them back, so that equal things compare equal.
        self.same = json.loads(json.dumps(self.same, default=_plain))

    def save(self, progress: Progress) -> None:
        """Write everything; all processes take part, the first one writes."""
        states = {kind: self.team.stacked(s) for kind, s in random_states(self.team.device).items()}
        names = sorted(progress.sums)
        sums = self.team.stacked(torch.tensor([progress.sums[n] for n in names], dtype=torch.float64))
        if self.team.rank == 0:
            tensors = {f"random.{kind}": s for kind, s in states.items()}
            tensors["sums"] = sums
            tensors |= {f"weights.{n}": t for n, t in self.weights.live.items()}
            tensors |= {f"kept.{n}": t for n, t in self.weights.kept.items()}
            tensors |= {f"start.{n}": t for n, t in self.stages.start_weights().items()}
            for name, p in self.stages.trained.items():
                tensors |= {f"optimizer.{key}.{name}": t for key, t in self.optimizer.state.get(p, {}).items()}
            if self.combine is not None:
                tensors |= {f"combine.{n}": t for n, t in _tensors(self.combine).items()}
            checkpoint.write(self.folder, tensors, {"same": self.same, "progress": asdict(progress)})
        self.team.wait()

    @torch.no_grad()
    def load(self) -> Progress:
        """Put everything back as it was, and say how far it was."""
        tensors, values = checkpoint.read(self.folder)
        checkpoint.refuse_other(values["same"], self.same, self.folder)
        for name, t in self.weights.live.items():
            t.copy_(tensors[f"weights.{name}"])
            self.weights.kept[name].copy_(tensors[f"kept.{name}"])
        for name, t in self.stages.start_weights().items():
            t.copy_(tensors[f"start.{name}"])
        for name, p in self.stages.trained.items():
            keys = [k for k in ("step", "exp_avg", "exp_avg_sq") if f"optimizer.{k}.{name}" in tensors]
            for key in keys:
                read = tensors[f"optimizer.{key}.{name}"]
                # Moments lie in memory as the weight does, which the fused step relies on; the count lies beside them.
                place = (
                    torch.empty_like(p) if read.shape == p.shape and key != "step" else _beside(read, p, self.optimizer)
                )
                self.optimizer.state[p][key] = place.copy_(read)
        if self.combine is not None:
            self.combine.load_state_dict({n[8:]: t for n, t in tensors.items() if n.startswith("combine.")})
        # A copy: torch reads a state from the beginning of its storage, wherever the view begins.
        states = {n[7:]: t[self.team.rank].clone() for n, t in tensors.items() if n.startswith("random.")}
        set_random_states(states, self.team.device)
        progress = Progress(**values["progress"])
        # Each process has sums of its own.
        progress.sums = dict(zip(sorted(progress.sums), tensors["sums"][self.team.rank].tolist(), strict=True))
        return progress


def _beside(read: torch.Tensor, p: nn.Parameter, optimizer: torch.optim.Optimizer) -> torch.Tensor:
    return torch.empty_like(read, device=p.device if optimizer.defaults.get("fused") else None)


def _tensors(combine: Any) -> dict[str, torch.Tensor]:
    found = combine.state_dict()
    odd = [name for name, value in found.items() if not isinstance(value, torch.Tensor)]
    if odd:
        raise InputError(
            f"combine.state_dict() holds {odd[0]!r}, a {type(found[odd[0]]).__name__}; expected tensors alone, so "
            "that a checkpoint can hold them"
        )
    # Two names may share one tensor, which safetensors refuses.
    return {name: value.detach().clone() for name, value in found.items()}


def _plain(value: Any) -> Any:
    return value.item()
