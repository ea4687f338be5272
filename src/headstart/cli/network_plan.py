"""What a search among networks would try, with the weights that each candidate trains; nothing is trained."""

from __future__ import annotations

from typing import Any

import numpy as np
from rich import box
from rich.table import Table

from ..core.domain import as_sources
from .network_job import How
from .problem import Problem


def planned(problem: Problem, kind: str, how: How, seed: int) -> list[dict[str, Any]]:
    """One record a candidate: name, what it starts from, how many of its weights train, and of how many.

    Linear models, boosting and trees have no weights that are counted here.
    """
    from ..choose.networks.candidates import FROZEN, SCRATCH, target_candidates, ways_of
    from ..choose.networks.starts import Starts, estimator_of
    from ..neural.backbones.open import open_backbone

    assert problem.task is not None
    task, X, y = problem.task.kind, problem.target.X, problem.target.y
    opened = None if how.backbone is None else open_backbone(how.backbone, weights=how.weights, seed=seed)
    sources = as_sources(problem.source, tables_only=False)
    pretrained = opened is not None and opened.pretrained

    def counted(estimator: Any, source: Any = None, *, solved: bool = False) -> tuple[int, int, int]:
        table = estimator.plan(X, y, source=source)
        trained = table["parameters"].iloc[-1] if solved else table["trained"].sum()  # solved: the head, at once
        return int(trained), int(table["parameters"].sum()), len(table) - 1

    found = []
    for candidate in target_candidates(Starts(task, kind, {})):
        record = {"candidate": candidate.name, "starts_from": "nothing", "trained": None, "weights": None}
        if candidate.name == SCRATCH:
            record["trained"], record["weights"], _ = counted(candidate.member)
        found.append(record)
    theirs = [] if sources is None else [np.unique(np.asarray(d.y)) for d in sources.domains]
    has_head = task == "regression" or bool(theirs and np.isin(np.concatenate(theirs), y).all())
    if sources is not None and has_head:
        found.append({"candidate": "source only", "starts_from": "the source", "trained": 0, "weights": None})
    for by_source in (False, True):
        if sources is None if by_source else not pretrained:
            continue
        start = "the source" if by_source else str(how.backbone)
        after = f", after {' and '.join(sources.names)}" if by_source and sources is not None and pretrained else ""
        source = problem.source if by_source else None

        def estimator(**way: Any) -> Any:
            return estimator_of(task)(opened, kind=kind, epochs=how.epochs, **way)

        n_layers = counted(estimator(), source)[2]
        for name, way in ways_of(by_source and has_head, n_layers, every=how.candidates == "every"):
            trained, weights, _ = counted(estimator(**way), source, solved=name == FROZEN)
            found.append({"candidate": f"{name}{after}", "starts_from": start, "trained": trained, "weights": weights})
    return found


def plan_table(records: list[dict[str, Any]]) -> Table:
    """The records for people."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("candidate", overflow="fold", ratio=1)
    table.add_column("starts from", overflow="fold")
    for name in ("weights trained", "of", "share"):
        table.add_column(name, justify="right", no_wrap=True)
    for r in records:
        trained, weights = r["trained"], r["weights"]
        table.add_row(
            r["candidate"],
            r["starts_from"],
            "" if trained is None else f"{trained:,}",
            "" if weights is None else f"{weights:,}",
            "" if not weights else f"{trained / weights:.1%}",
        )
    return table
