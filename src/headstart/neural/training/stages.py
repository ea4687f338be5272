"""A plan carried out: what trains at a step, in which mode each layer is, how fast it learns and what pulls it back."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from ...core.errors import InputError
from ..plan import Plan, Stage, trains_by_name
from .settings import TrainingSettings

_WITH_STATISTICS = nn.modules.batchnorm._NormBase
_BATCH_NORM = nn.modules.batchnorm._BatchNorm


class Stages:
    """The stages of a plan on a network, step by step.

    Weights that do not require a gradient when training begins stay as they are, whatever the plan says. Layers of
    frozen stages are in eval mode, with what has no weights and follows them, such as dropout. Normalisation with
    running statistics is in train mode only where all of its own weights train, so that frozen statistics do not drift.
    """

    def __init__(self, network: nn.Module, plan: Plan, settings: TrainingSettings) -> None:
        self.network, self.plan, self.settings = network, plan, settings
        self._flags = {name: p.requires_grad for name, p in network.named_parameters()}
        self._owner = _owners(network, plan)
        # What trains at some time, in the network's order.
        self.trained = {
            name: p
            for name, p in network.named_parameters()
            if name in self._owner and self._may_train(name) and self._flags[name]
        }
        if not self.trained:
            raise InputError(
                "nothing trains: every stage of the plan is frozen, or its weights do not require a gradient; "
                "expected at least one layer that trains"
            )
        half = next((name for name, p in self.trained.items() if p.dtype == torch.float16), None)
        if half is not None:
            raise InputError(
                f"the weight {half!r} is float16, in which gradients vanish; expected float32 or bfloat16 where it "
                "trains: network.float(), or precision='bfloat16'"
            )
        self.training: list[nn.Parameter] = []
        self._starts: list[int | None] = []
        self._eval: list[nn.Module] = []
        self._phase: tuple[bool, ...] | None = None
        self._pulls: list[tuple[float, float, list[nn.Parameter], list[torch.Tensor]]] = []

    def _may_train(self, name: str) -> bool:
        stage = self.plan.stages[self._owner[name]]
        return stage.trains and trains_by_name(stage, name)

    def schedule(self, per_epoch: int) -> None:
        """Say how many steps an epoch has."""
        self._starts = [
            None if s.starts is None else max(math.ceil(s.starts * per_epoch - 1e-9), 0) for s in self.plan.stages
        ]
        first = min((self._starts[self._owner[name]] or 0 for name in self.trained), default=0)
        if first > 0:
            raise InputError(
                f"nothing trains before step {first}; expected a stage of the plan that starts at epoch 0, such as "
                "the head"
            )

    def normalises(self) -> list[str]:
        """Names of the batch normalisation that trains at some time."""
        late = [s.trains for s in self.plan.stages]
        frozen = {id(m) for m in self._frozen(late, set(self.trained))}
        inside = {id(part) for m in self.network.modules() if id(m) in frozen for part in m.modules()}
        return [name for name, m in self.network.named_modules() if isinstance(m, _BATCH_NORM) and id(m) not in inside]

    def groups(self) -> list[dict[str, Any]]:
        """Parameter groups of the optimiser, all from the first step on; layers of equal speed and decay share one."""
        found: dict[tuple[float, float], list[nn.Parameter]] = {}
        for name, p in self.trained.items():
            stage = self.plan.stages[self._owner[name]]
            decay = self.settings.weight_decay if stage.decay is None else stage.decay
            found.setdefault((float(stage.speed), float(decay)), []).append(p)
        return [{"params": ps, "weight_decay": decay, "speed": speed} for (speed, decay), ps in found.items()]

    def remember_start(self) -> None:
        """Take the present weights as those that a pull leads back to."""
        self._pulls = []
        for index, stage in enumerate(self.plan.stages):
            names = [n for n in self.trained if self._owner[n] == index]
            if not stage.pull or not names:
                continue
            if self.settings.learning_rate * stage.speed * stage.pull >= 1:
                raise InputError(
                    f"layer {stage.group.name!r} is pulled by {stage.pull} at a learning rate of "
                    f"{self.settings.learning_rate * stage.speed:.3g}; expected a product below 1, since a step takes "
                    "back that share of the way: take a smaller pull, or freeze the layer"
                )
            ps = [self.trained[n] for n in names]
            self._pulls.append((stage.speed, stage.pull, ps, [p.detach().clone() for p in ps]))

    def start_weights(self) -> dict[str, torch.Tensor]:
        """The remembered weights, by a name each."""
        return {f"{i}.{j}": t for i, (_, _, _, ts) in enumerate(self._pulls) for j, t in enumerate(ts)}

    @torch.no_grad()
    def pull(self, rate: float) -> None:
        """Take a share ``rate * speed * pull`` of the way back to the weights at the start.

        The gradient step of L2-SP's penalty, pull / 2 times the squared distance (Li, Grandvalet & Davoine 2018), apart
        from the loss, as AdamW decays: in the loss Adam would divide it by the size of the gradients.
        """
        for speed, strength, ps, starts in self._pulls:
            now = [(p, t) for p, t in zip(ps, starts, strict=True) if p.requires_grad]
            if now:
                torch._foreach_lerp_([p for p, _ in now], [t for _, t in now], rate * speed * strength)

    @property
    def pulls(self) -> bool:
        """Whether any layer is pulled."""
        return bool(self._pulls)

    def at(self, step: int) -> None:
        """Thaw what starts by this step; put layers into their modes where that changed."""
        phase = tuple(start is not None and step >= start for start in self._starts)
        if phase == self._phase:
            return
        self._phase = phase
        for name, p in self.network.named_parameters():
            p.requires_grad_(name in self.trained and phase[self._owner[name]])
            if not p.requires_grad:
                p.grad = None
        self.training = [p for p in self.trained.values() if p.requires_grad]
        names = {name for name, p in self.trained.items() if p.requires_grad}
        self._eval = self._frozen(list(phase), names)
        self.modes()

    def modes(self) -> None:
        """Train mode, and eval mode for what is frozen."""
        self.network.train()
        for module in self._eval:
            module.eval()

    def restore(self) -> None:
        """Give the weights their flags back; the network is left in eval mode."""
        for name, p in self.network.named_parameters():
            p.requires_grad_(self._flags[name])
            p.grad = None
        self.network.eval()

    def _frozen(self, active: list[bool], names: set[str]) -> list[nn.Module]:
        """Modules, each with all that it holds, that are in eval mode while these stages and weights train."""
        found: list[nn.Module] = []
        last = [0]

        def visit(module: nn.Module, path: str) -> bool:
            own = [f"{path}.{n}" if path else n for n, _ in module.named_parameters(recurse=False)]
            index = self._stage_of(path)
            if index is not None:
                last[0] = index
                on = active[index]
                if on:
                    found.extend(_still(module, path, names, self.plan.stages[index]))
            else:
                parts = [visit(child, f"{path}.{n}" if path else n) for n, child in module.named_children()]
                on = any(parts) or any(n in names for n in own) or (not parts and not own and active[last[0]])
            if not on:
                found.append(module)
            return on

        visit(self.network, "")
        return found

    def _stage_of(self, path: str) -> int | None:
        return next((i for i, s in enumerate(self.plan.stages) if path and s.group.holds(path)), None)


def _still(module: nn.Module, path: str, names: set[str], stage: Stage) -> list[nn.Module]:
    """Normalisation inside a layer that trains, whose statistics stay since not all of its own weights train."""
    found = []
    for name, part in module.named_modules(prefix=path):
        if isinstance(part, _WITH_STATISTICS):
            own = [f"{name}.{n}" for n, _ in part.named_parameters(recurse=False)]
            if not all(n in names for n in own) or (not own and stage.only is not None):
                found.append(part)
    return found


def _owners(network: nn.Module, plan: Plan) -> dict[str, int]:
    """For each weight the number of the stage that holds it."""
    found = {}
    for name, p in network.named_parameters():
        holders = [i for i, stage in enumerate(plan.stages) if stage.group.holds(name)]
        if len(holders) > 1:
            both = " and ".join(repr(plan.stages[i].group.name) for i in holders)
            raise InputError(f"the weight {name!r} is in the layers {both} of the plan; expected one")
        if not holders and p.requires_grad:
            raise InputError(
                f"the weight {name!r} is in no layer of the plan; expected one for each weight that requires a "
                "gradient: build the plan from all layer groups of this network, or call requires_grad_(False) on the "
                "weight"
            )
        if holders:
            found[name] = holders[0]
    return found
