"""One training: its steps, its epochs, when it is saved and when it ends."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ...core.errors import InputTypeError
from ..plan import Plan
from . import checkpoint
from .callbacks import Callbacks
from .device import computing, pick_precision
from .errors import diverged
from .history import PLAIN, History
from .optimizer import make_optimizer, move
from .order import Batches
from .processes import Team
from .schedule import multiplier
from .settings import TrainingSettings
from .stages import Stages
from .state import Progress, Saved, Weights
from .step import Combine, Descent, Gradients, Objective


class Training:
    """One call of ``train``; callbacks are told its ``name``."""

    name = PLAIN

    def __init__(
        self,
        network: nn.Module,
        stages: Stages,
        objective: Objective,
        n_rows: int,
        settings: TrainingSettings,
        seed: int,
        validate: Callable[[], float] | None,
        watch: Callable[[], float] | None,
        combine: Combine | Descent | None,
        callbacks: Sequence[Any],
        team: Team,
        norms: list[str],
    ) -> None:
        self.network, self.stages, self.settings, self.team = network, stages, settings, team
        self.validate, self.watch, self.combine, self.seed = validate, watch, combine, seed
        least = 2 if norms else 1
        self.batches = Batches(n_rows, settings.batch_size, seed, max(least, team.size))
        self.n_steps = settings.epochs * self.batches.per_epoch
        if settings.max_steps is not None:
            self.n_steps = min(self.n_steps, settings.max_steps)
        stages.schedule(self.batches.per_epoch)
        team.align(network)
        stages.remember_start()
        self.precision = pick_precision(settings.precision, team.device)
        self.context = computing(self.precision, team.device)
        self.gradients = Gradients(
            objective, combine, stages, team, self.context, settings.accumulate, least, not (norms and team.size > 1)
        )
        self.optimizer = make_optimizer(stages, settings)
        self.weights = Weights(network, stages)
        self.progress = Progress(parts=settings.accumulate)
        self.callbacks = Callbacks(callbacks, team.rank)
        self.saved: Saved | None = None
        self.every: int | None = None

    def keep_in(self, folder: Path, plan: Plan, resume: bool, every: int | None, also: Mapping[str, Any]) -> None:
        """Use checkpoints, and go on from the one that is there where asked."""
        limits = {"time_limit", "device"}
        same = {
            **also,
            "settings": {k: v for k, v in asdict(self.settings).items() if k not in limits},
            "plan": {f"{s.group.name} {k}": v for s in plan.stages for k, v in asdict(s).items()},
            "rows": self.batches.n_rows,
            "seed": self.seed,
            "processes": self.team.size,
            "device": self.team.device.type,
            "validation": self.validate is not None,
        }
        self.saved = Saved(
            folder, self.network, self.stages, self.optimizer, self.weights, self.team, same, self.combine
        )
        self.every = every
        if resume and self.team.first(float(checkpoint.exists(folder))):
            self.progress = self.saved.load()
            self.gradients.parts = self.progress.parts

    def __call__(self) -> History:
        history = History(
            self.progress.rows,
            device=str(self.team.device),
            precision=self.precision,
            processes=self.team.size,
        )
        self.callbacks.start(self)
        try:
            if self.progress.stopped is None:
                history.stopped = self._run()
            else:
                history.stopped = self.progress.stopped
            if self.validate is not None:
                self.weights.put_back()
        except BaseException:
            self.weights.put_back()
            raise
        finally:
            p = self.progress
            history.best_epoch, history.steps, history.seconds, history.parts = p.best_epoch, p.step, p.seconds, p.parts
            self.callbacks.end(history)
        return history

    def _run(self) -> str:
        p, per_epoch = self.progress, self.batches.per_epoch
        begun = time.perf_counter()
        before = p.seconds
        limit = math.inf if self.settings.time_limit is None else self.settings.time_limit
        while p.step < self.n_steps:
            batches = self.batches.of(p.step // per_epoch)
            for rows in batches[p.step % per_epoch :]:
                over = self._step(rows, time.perf_counter() - begun >= limit)
                p.seconds = before + time.perf_counter() - begun
                last = p.step % per_epoch == 0 or p.step == self.n_steps
                if last or over:
                    break
                if self.every and p.step % self.every == 0:
                    self._save_within()
            if not last:
                # A resume goes on in the middle of this epoch, as if nothing had happened.
                self._save_within()
                self._end_epoch()
                return "time_limit"
            patient = self._end_epoch()
            if not patient:
                p.stopped = "patience"
            elif p.step == self.n_steps:
                p.stopped = "epochs" if p.step == self.settings.epochs * per_epoch else "max_steps"
            p.seconds = before + time.perf_counter() - begun
            self._save()
            if p.stopped is not None:
                return p.stopped
            if over:
                return "time_limit"
        raise AssertionError("a training ends within its steps")

    def _step(self, rows: torch.Tensor, late: bool) -> bool:
        """Learn from these rows; whether the time is over, for any process."""
        p, stages = self.progress, self.stages
        stages.at(p.step)
        # As optimizer.zero_grad does, without the profiler's record, which costs several hundredths of a small step.
        for weight in stages.training:
            weight.grad = None
        losses = self.gradients(rows)
        p.parts = self.gradients.parts
        loss, over = self.team.add(stages.training, (losses.get("loss", 0.0), float(late)))
        rate = self.rate(p.step)
        if not math.isfinite(loss):
            raise self._diverged("the loss", loss, rate)
        norm = move(self.optimizer, stages, rate, self.settings.clip)
        if not math.isfinite(norm):
            raise self._diverged("the norm of the gradient", norm, rate)
        n = rows.shape[0]
        for name, value in losses.items():
            p.sums[name] = p.sums.get(name, 0.0) + value * n
        p.sums[""] = p.sums.get("", 0.0) + n
        p.step += 1
        if self.callbacks.steps:
            self.callbacks.step(self, {**losses, "loss": loss}, rate)
        return over > 0

    def rate(self, step: int) -> float:
        """The learning rate of layers of speed 1 at a step."""
        s = self.settings
        return float(s.learning_rate) * multiplier(s.schedule, s.warmup_share, step, self.n_steps)

    def _end_epoch(self) -> bool:
        """Write the row of the epoch, validate, keep the best weights; whether to go on."""
        p = self.progress
        epoch = (p.step - 1) // self.batches.per_epoch
        rate = self.rate(p.step - 1)
        names = sorted(p.sums)
        # Rows were counted by each process in full, losses in shares.
        summed = dict(zip(names, self.team.sums([p.sums[n] for n in names]), strict=True))
        rows = summed.pop("") / self.team.size
        losses = {name: value / rows for name, value in summed.items()}
        p.sums = {}
        self._check_weights()
        score = None
        if self.validate is not None:
            score = self._score(self.validate, "validate")
            if not math.isfinite(score):
                raise self._diverged("the validation score", score, rate, step=p.step - 1)
        if self.validate is None or p.best_score is None or (score is not None and score < p.best_score):
            self.weights.keep()
            if score is not None:
                p.best_score, p.best_epoch = score, epoch
        row = {"epoch": epoch, "steps": p.step, "loss": losses.pop("loss"), **losses}
        if self.watch is not None:
            row["watched"] = self._score(self.watch, "watch")
        p.rows.append({**row, "validation": score, "rate": rate, "seconds": p.seconds})
        self.callbacks.epoch(p.rows[-1])
        return self.settings.patience is None or epoch - (p.best_epoch or 0) < self.settings.patience

    def _score(self, ask: Callable[[], float], what: str) -> float:
        self.network.eval()
        with torch.no_grad(), self.context():
            score = ask()
        self.stages.modes()
        try:
            score = float(score)
        except (TypeError, ValueError) as error:
            raise InputTypeError(f"{what} returned {score!r}; expected one number, lower is better") from error
        return self.team.first(score)

    def _save(self) -> None:
        if self.saved is not None:
            self.saved.save(self.progress)

    def _save_within(self) -> None:
        """Save in the middle of an epoch, unless the weights are broken already."""
        if self.saved is not None:
            self._check_weights()
            self._save()

    def _check_weights(self) -> None:
        if not self.weights.finite():
            step = self.progress.step - 1
            raise self._diverged("a weight", math.nan, self.rate(step), step=step)

    def _diverged(self, what: str, value: float, rate: float, step: int | None = None) -> Exception:
        step = self.progress.step if step is None else step
        epoch = step // self.batches.per_epoch
        return diverged(what, value, step=step, epoch=epoch, rate=rate, precision=self.precision)
