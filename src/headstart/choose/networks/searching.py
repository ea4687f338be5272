"""The steps of a search: open, plan, try, judge, fit."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...core.errors import HeadstartWarning, InputError
from ...guard import Verdict
from ...neural.backbone import Backbone
from ...neural.estimator import NetworkEstimator
from ...neural.policies.freezing import LinearProbe
from ...neural.problem import Problem
from ..candidates import Candidate
from ..cross_fit import CrossFit
from ..curve import learning_curve
from ..decide import Decision, decide
from ..folds import Fold
from ..judge import Judge
from ..leaderboard import single_row_board
from ..scoring import Metric
from ..verdict import FEWEST_ROWS, Evidence
from .budget import planned, seconds_of
from .candidates import ALL_LAYERS, FROZEN, LINEAR, SCRATCH, target_candidates, transfer_candidates
from .cells import Kept, Rows, fresh, run_cells
from .folds import network_folds
from .leak import warn_of_leak
from .progress import Report
from .resume import begin, described, fingerprint, write
from .settings import settings_of
from .starts import Starts, open_starts

CURVES = ("candidate", "fold", "epoch", "steps", "loss", "watched", "rate", "seconds")
LEARNING = ("n_labels", "target_only", "target_only_low", "target_only_high")
# Share of the time limit after which no further fold is begun, since the model has to be fitted too.
CHOOSING = 0.8


@dataclass
class Outcome:
    """What a search found; the attributes of the estimator, without their underscores."""

    metric: str
    members: dict[str, Any] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    verdict: Verdict | None = None
    note: str = ""
    leaderboard: pd.DataFrame = field(default_factory=pd.DataFrame)
    curves: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(CURVES)))
    learning_curve: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(LEARNING)))
    n_folds: int = 0
    notes: list[str] = field(default_factory=list)
    leaks: tuple[str, ...] = ()


def search(how: Any, problem: Problem, seed: int, folder: Path | None, begun: float, report: Report) -> Outcome:
    """Search as the estimator ``how`` says; all that is random follows from ``seed``."""
    random = np.random.default_rng(seed)
    if problem.ys is not None:
        report(0, 0, "the source's network")
    starts = open_starts(
        problem,
        how.task,
        how.backbone,
        how.weights,
        settings_of(how),
        settings_of(how, source=True),
        int(random.integers(2**31 - 10)),
        None if folder is None else folder / "source",
    )
    if problem.y is None:
        return _source_alone(how, problem, starts)
    y = problem.y if problem.classes is None else problem.classes[problem.y]
    rows = Rows(problem.X, y, problem.classes)
    leaks = warn_of_leak(problem)
    listed = _listed(how, starts)
    folds = network_folds(problem.y, classes=problem.classes is not None, n_folds=how.folds, random=random)
    seeds = [int(s) for s in random.integers(2**31 - 10, size=how.folds + 1)]
    metric = Metric(how.scoring, problem.classes, y)
    if folds is None:
        return _unchosen(listed, starts, rows, seeds[-1], metric, report)
    chosen, n_folds, notes = _plan(how, problem, listed, rows, folds, seed, folder, begun, report)
    now = [listed[k] for k in chosen]
    deadline = None if how.time_limit is None else begun + CHOOSING * how.time_limit
    kept = Kept(folder)
    found, courses = run_cells(now, rows, folds[:n_folds], seeds[:n_folds], kept, deadline=deadline, report=report)
    usable = [c for c in now if c.name in found.names]
    if not any(c.role == "target only" for c in usable):
        raise InputError(f"no model without transfer could be fitted: {'; '.join(found.notes.values())}")
    found.notes.update(notes)
    judge = Judge(found, usable, y, metric, how.level)
    decided = _decided(how, judge, found, listed, starts, rows, random, leaks, deadline)
    members = _members([c for c in usable if decided.weights[c.name] > 0], rows, seeds[-1], folder, report)
    outcome = Outcome(metric.name, members, decided.weights, decided.verdict, decided.note, decided.leaderboard)
    if courses:
        outcome.curves = pd.DataFrame(courses).reindex(columns=list(CURVES))
    if decided.curve is not None:
        outcome.learning_curve = decided.curve
    outcome.n_folds, outcome.notes, outcome.leaks = len(found.folds), list(starts.notes), leaks
    return outcome


def _listed(how: Any, starts: Starts) -> list[Candidate]:
    n_layers = {
        False: 0 if starts.backbone is None else len(starts.backbone.groups),
        True: 0 if starts.source is None else len(starts.source.network_.groups) - 1,
    }
    found = target_candidates(starts)
    if starts.knows:
        found += transfer_candidates(starts, n_layers, how.candidates)
    elif not isinstance(how.candidates, str):
        raise InputError(
            "candidates are given, and there is nothing to transfer: no source, and no backbone with trained weights; "
            "expected source=, a pretrained backbone by name, or backbone=open_backbone(module, pretrained=True)"
        )
    names = [c.name for c in found]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError(f"candidates holds the name {twice[0]!r}, which a baseline has; give it another one")
    return found


def _plan(
    how: Any,
    problem: Problem,
    listed: list[Candidate],
    rows: Rows,
    folds: list[Fold],
    seed: int,
    folder: Path | None,
    begun: float,
    report: Report,
) -> tuple[list[int], int, dict[str, str]]:
    """Which candidates there is time for, on how many folds, and what is said of the others."""
    record: dict[str, Any] = {"seed": seed, **fingerprint(problem), **described(listed, folds), "plan": None}
    if folder is not None:
        plan = begin(folder, record)["plan"]
        if plan is not None:
            return plan["candidates"], plan["folds"], plan["notes"]
    plan = {"candidates": list(range(len(listed))), "folds": len(folds), "notes": {}}
    if how.time_limit is not None:
        known: dict[Any, float] = {}
        costs = []
        for candidate in listed:
            report(0, 0, f"timing {candidate.name}")
            costs.append(seconds_of(candidate, rows, folds[0].train, known))
        must = [c.role == "source only" or c.name == LINEAR or c.name.startswith(FROZEN) for c in listed]
        left = how.time_limit - (time.perf_counter() - begun)
        final = 1 if how.policy == "best" else len(listed)
        chosen, n_folds = planned(costs, must, len(folds), left, final)
        notes = {
            c.name: f"left out: about {costs[k]:.2g} s a training, and too little is left of the time limit of "
            f"{how.time_limit:g} s"
            for k, c in enumerate(listed)
            if k not in chosen
        }
        for name, note in notes.items():
            warnings.warn(f"candidate {name!r} {note}", HeadstartWarning, stacklevel=4)
        plan = {"candidates": chosen, "folds": n_folds, "notes": notes}
    if folder is not None:
        write(folder, {**record, "plan": plan})
    return plan["candidates"], plan["folds"], plan["notes"]


def _decided(
    how: Any,
    judge: Judge,
    found: CrossFit,
    listed: list[Candidate],
    starts: Starts,
    rows: Rows,
    random: np.random.Generator,
    leaks: tuple[str, ...],
    deadline: float | None,
) -> Decision:
    """The weights and the verdict; plain fine-tuning of all layers stands for trust without a look.

    The learning curve is left out after the ``deadline``: the model needs the time that is left.
    """
    names = [c.name for c in judge.candidates]
    plain = tuple(k for k, name in enumerate(names) if name.startswith(ALL_LAYERS))
    trusting = "fine-tuning all layers"
    if not plain:
        plain = tuple(k for k, c in enumerate(judge.candidates) if c.role == "transfer")
        trusting = "the best way to transfer"
    seed = int(random.integers(2**31 - 10))

    def curve(weights: np.ndarray, scores: np.ndarray) -> pd.DataFrame:
        if deadline is not None and time.perf_counter() > deadline:
            return pd.DataFrame(columns=list(LEARNING))
        used = [(c, w) for c, w in zip(judge.candidates, weights, strict=True) if w > 0]

        def score(learn: np.ndarray, test: np.ndarray) -> float:
            values = 0.0
            for candidate, weight in used:
                changes = {"random_state": seed} if isinstance(candidate.member, NetworkEstimator) else {}
                values = values + weight * rows.values(rows.fit(fresh(candidate, **changes), learn), test)
            return judge.metric(rows.y[test], values)

        return learning_curve(
            score, rows.y, found.folds, scores, random, classes=rows.classes is not None, most_folds=3
        )

    evidence = Evidence(starts.knows, len(rows.y), starts.n_source, plain, trusting, leaks)
    return decide(judge, found, listed, policy=how.policy, evidence=evidence, curve=curve)


def _members(used: list[Candidate], rows: Rows, seed: int, folder: Path | None, report: Report) -> dict[str, Any]:
    """The candidates with a weight, fitted to all rows."""
    members: dict[str, Any] = {}
    for k, candidate in enumerate(used):
        report(k, len(used), f"{candidate.name}, all rows")
        if candidate.role == "source only":
            members[candidate.name] = candidate.member
            continue
        changes: dict[str, Any] = {}
        if isinstance(candidate.member, NetworkEstimator):
            changes["random_state"] = seed
            if folder is not None:
                changes |= {"folder": folder / "model" / str(k), "resume": True}
        fitted = rows.fit(fresh(candidate, **changes))
        if isinstance(fitted, NetworkEstimator):
            fitted.set_params(folder=None, resume=False)
            if isinstance(fitted.backbone, Backbone):
                fitted.set_params(backbone=fitted.backbone.name)  # the weights at the start need not be kept twice
        members[candidate.name] = fitted
    return members


def _unchosen(
    listed: list[Candidate], starts: Starts, rows: Rows, seed: int, metric: Metric, report: Report
) -> Outcome:
    """Too few rows can be held out: the usual ways are taken, and nothing is claimed."""
    usual = _usual(listed, starts)
    weight = 1.0 / len(usual)
    names = " and ".join(c.name for c in usual)
    n = len(rows.y)
    note = (
        f"of {n} labelled rows fewer than {FEWEST_ROWS} can be held out (a class with one row cannot), which is too "
        f"few to choose and to judge by: the model is {names}{', in equal shares' if len(usual) > 1 else ''}, and "
        "there is no verdict"
    )
    members = _members(usual, rows, seed, None, report)
    why = "not scored: too few rows can be held out"
    board = pd.concat([single_row_board(c, why, weight) for c in usual], ignore_index=True)
    weights = {c.name: weight for c in usual}
    return Outcome(metric.name, members, weights, None, note, board, notes=list(starts.notes))


def _usual(listed: list[Candidate], starts: Starts) -> list[Candidate]:
    """What is done where nothing can be chosen.

    A source's head is gone on with. Without one a linear model on frozen features and fine-tuning share the model:
    which of them is better with a handful of labels differs between backbones.
    """
    if not starts.knows:
        return [c for c in listed if c.name == SCRATCH]
    if starts.has_head:
        return [Candidate(ALL_LAYERS, "parameter", "transfer", starts.tuned(by_source=True))]
    by_source = starts.source is not None
    return [
        Candidate(FROZEN, "parameter", "transfer", starts.tuned(by_source=by_source, policy=LinearProbe())),
        Candidate(ALL_LAYERS, "parameter", "transfer", starts.tuned(by_source=by_source)),
    ]


def _source_alone(how: Any, problem: Problem, starts: Starts) -> Outcome:
    """Without target labels the source's network is all that there is."""
    note = "the target has no labels, so nothing was scored: the model is the source's network as it is"
    warnings.warn(f"NeuralTransferSearch: {note}", HeadstartWarning, stacklevel=4)
    only = Candidate("source only", "baseline", "source only", starts.source)
    labels = problem.ys if problem.source_classes is None else problem.source_classes[problem.ys]
    metric = Metric(how.scoring, problem.classes, np.asarray(labels))
    board = single_row_board(only, "not scored: no target labels")
    return Outcome(
        metric.name, {only.name: starts.source}, {only.name: 1.0}, None, note, board, notes=list(starts.notes)
    )
