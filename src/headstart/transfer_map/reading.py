"""From what ``map_transfers`` was given to the cells that it asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..choose.problem import take_rows
from ..choose.verdict import FEWEST_ROWS
from ..core.checks import check_labels
from ..core.domain import Domain, Sources, Task
from ..core.errors import InputError, InputTypeError
from ..core.rows import refuse_rows
from .asked import Asked, check_sizes, read_names, sets_of, some, split_targets, warn_of_few
from .drawing import drawn_places, generator


def read_domains(domains: Any) -> dict[str, Domain]:
    """Domains by name.

    Raises
    ------
    InputError
        Where there are fewer than two, a name is given twice or is lacking, or a domain has no labels.
    """
    if isinstance(domains, Domain):
        raise InputError(f"one domain is given, {domains.label!r}; expected at least two to transfer between")
    if isinstance(domains, Sources):
        listed = list(domains.domains)
    elif isinstance(domains, Mapping):
        listed = [_named(name, d) for name, d in domains.items()]
    elif isinstance(domains, Iterable) and not isinstance(domains, (str, bytes, pd.DataFrame, np.ndarray)):
        listed = list(domains)
    else:
        raise InputTypeError(
            f"domains is of type {type(domains).__name__}; expected a list of hs.Domain(X, y, name=...), or a "
            "dictionary of name to Domain"
        )
    for k, domain in enumerate(listed):
        if not isinstance(domain, Domain):
            raise InputTypeError(
                f"domains holds a {type(domain).__name__} at position {k}; expected Domain objects: wrap it as "
                "hs.Domain(X, y, name=...)"
            )
        if not domain.name:
            raise InputError(f"the domain at position {k} has no name; expected one each: hs.Domain(X, y, name=...)")
        refuse_rows(domain.X, what=f"X of domain {domain.label!r}")
    if len(listed) < 2:
        raise InputError(
            f"{'one domain is' if listed else 'no domains are'} given"
            f"{f', {listed[0].label!r}' if listed else ''}; expected at least two to transfer between"
        )
    names = [d.label for d in listed]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise InputError(f"domains of the same name: {', '.join(twice)}; give each its own name")
    bare = [d.label for d in listed if d.y is None]
    if bare:
        raise InputError(
            f"no labels in {some(bare)}; expected labels in each domain, since a source is learned from and a target "
            "is scored on: leave it out, or pass hs.Domain(X, y, name=...)"
        )
    return {d.label: d for d in listed}


def _named(name: Any, domain: Any) -> Any:
    if isinstance(domain, Domain) and domain.name != str(name):
        return Domain(domain.X, domain.y, name=str(name))
    return domain


def read_task(domains: Mapping[str, Domain], task: str | None) -> str:
    """Whether labels are classes or numbers: the same in all domains."""
    if task not in (None, "classification", "regression"):
        raise InputError(f"task={task!r}; expected 'classification', 'regression' or None")
    if task is not None:
        return task
    kinds = {name: Task.of(d.y).kind for name, d in domains.items()}
    classes = [n for n, kind in kinds.items() if kind == "classification"]
    if classes and len(classes) < len(kinds):
        numbers = [n for n in kinds if n not in classes]
        raise InputError(
            f"the labels are classes in {some(classes)} and numbers in {some(numbers)}; expected the same task in "
            "all: where whole numbers are meant as numbers, name the task: regression"
        )
    return next(iter(kinds.values()))


def read(
    domains: Any,
    *,
    targets: Any,
    sources: Any,
    orders: int,
    n_target: int | None,
    task: str | None,
    scoring: Any,
    max_source_rows: int | None,
    seed: int,
) -> Asked[Domain]:
    """Check all that a map is asked for."""
    check_sizes(orders, n_target, max_source_rows)
    known = read_domains(domains)
    kind = read_task(known, task)
    for domain in known.values():
        check_labels(domain.y, classification=kind == "classification", what=f"y of domain {domain.label!r}")
    wanted = read_names(targets, known, "targets")
    givers = read_names(sources, known, "sources")
    as_target, skipped = split_targets(
        wanted,
        lambda name: _drawn(known[name], n_target, kind, seed, "target"),
        lambda domain: _no_target(domain, kind),
        strict=targets is not None,
    )
    warn_of_few(n_target, {name: d.n_rows for name, d in as_target.items()}, "labelled rows")
    sets, as_target = sets_of(givers, as_target, orders, skipped)
    used = dict.fromkeys(n for s in sets for n in s)
    return Asked(
        kind,
        _scoring(scoring, kind, known),
        {n: _drawn(known[n], max_source_rows, kind, seed, "source") for n in used},
        as_target,
        sets,
        skipped,
    )


def _no_target(domain: Domain, kind: str) -> str:
    """Why a domain cannot be a target; nothing where it can."""
    if domain.n_rows < FEWEST_ROWS:
        return f"has {domain.n_rows} labelled rows; expected at least {FEWEST_ROWS} to measure by: label more"
    values = np.unique(domain.y)
    if len(values) < 2:
        what = "class" if kind == "classification" else "number"
        return f"has one {what} among its labels, {values[0]!s:.40}; expected at least two, or nothing can be scored"
    return ""


def _scoring(scoring: Any, kind: str, domains: Mapping[str, Domain]) -> Any:
    """One metric for all targets, so that their gains can be compared."""
    if scoring is not None or kind == "regression":
        return scoring
    values = {v for d in domains.values() for v in np.unique(d.y).tolist()}
    return "roc_auc" if len(values) == 2 else "accuracy"


def _drawn(domain: Domain, n: int | None, kind: str, seed: int, role: str) -> Domain:
    """At most ``n`` rows: drawn at random, with all classes, or all sizes of numbers, in proportion."""
    if n is None or domain.n_rows <= n:
        return domain
    rows = drawn_places(domain.y, n, generator(seed, "rows", role, domain.label))
    return Domain(take_rows(domain.X, rows), domain.y[rows], name=domain.name)
