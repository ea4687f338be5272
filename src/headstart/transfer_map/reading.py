"""From what ``map_transfers`` was given to the cells that it asks for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from ..choose.problem import take_rows
from ..choose.verdict import FEWEST_ROWS
from ..core.checks import check_labels
from ..core.domain import Domain, Sources, Task
from ..core.errors import InputError, InputTypeError
from ..core.rows import refuse_rows
from .settings import check_whole


@dataclass(frozen=True)
class Asked:
    """Checked domains, and which of them are sources and targets of the map.

    ``as_source`` and ``as_target`` hold the rows that are used; ``sets`` the sources that are tried, alone and
    together; ``skipped`` the domains that cannot be targets, each with the reason.
    """

    task: str
    scoring: Any
    as_source: dict[str, Domain]
    as_target: dict[str, Domain]
    sets: list[tuple[str, ...]]
    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def targets(self) -> list[str]:
        """The names of the targets."""
        return list(self.as_target)


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


def read_names(names: Any, domains: Mapping[str, Any], what: str, of: str = "domains") -> list[str]:
    """The names of targets or sources; None: all."""
    if names is None:
        return list(domains)
    listed = [names] if isinstance(names, str) else list(names)
    strange = [str(n) for n in listed if n not in domains]
    if strange:
        raise InputError(
            f"{what} names {some(strange)}, which is none of the {of}; expected some of {some(list(domains), 8)}"
        )
    if not listed:
        raise InputError(f"{what} is empty; expected at least one of {some(list(domains), 8)}")
    return list(dict.fromkeys(listed))


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
) -> Asked:
    """Check all that a map is asked for."""
    for name, value, least in (
        ("orders", orders, 1),
        ("n_target", n_target, FEWEST_ROWS),
        ("max_source_rows", max_source_rows, 1),
    ):
        if value is not None or name == "orders":
            check_whole(name, value, least)
    known = read_domains(domains)
    kind = read_task(known, task)
    for domain in known.values():
        check_labels(domain.y, classification=kind == "classification", what=f"y of domain {domain.label!r}")
    wanted = read_names(targets, known, "targets")
    givers = read_names(sources, known, "sources")
    skipped: dict[str, str] = {}
    as_target: dict[str, Domain] = {}
    for name in wanted:
        drawn = _drawn(known[name], n_target, kind, seed, "target")
        why = _no_target(drawn, kind)
        if why and targets is not None:
            raise InputError(f"target {name!r} {why}")
        if why:
            skipped[name] = why
        else:
            as_target[name] = drawn
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


def sets_of(
    givers: Sequence[str], as_target: dict[str, Any], orders: int, skipped: Mapping[str, str], what: str = "domain"
) -> tuple[list[tuple[str, ...]], dict[str, Any]]:
    """The sets of sources that are tried, and the targets that any of them can be tried on."""
    sets = [s for size in range(1, orders + 1) for s in combinations(givers, size)]
    sets = [s for s in sets if any(t not in s for t in as_target)]
    as_target = {t: d for t, d in as_target.items() if any(t not in s for s in sets)}
    if not sets:
        told = f" ({'; '.join(f'{n} {why}' for n, why in skipped.items())})" if skipped else ""
        raise InputError(f"no source is left for any target{told}; expected a target and another {what} as source")
    if orders > max(map(len, sets)):
        raise InputError(
            f"orders={orders} asks for sets of as many sources; there are at most {max(map(len, sets))} beside a target"
        )
    return sets, as_target


def generator(seed: int, *words: str) -> np.random.Generator:
    """Random numbers for one purpose: those of one domain do not depend on which others there are."""
    digest = hashlib.sha256("\0".join(words).encode()).digest()
    return np.random.default_rng([seed, *np.frombuffer(digest, dtype=np.uint32).tolist()])


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


def drawn_places(y: Any, n: int, random: np.random.Generator) -> np.ndarray:
    """The places (n,) of labels drawn at random, with all classes, or all sizes of numbers, in proportion."""
    total = len(y)
    shuffled = random.permutation(total)
    order = shuffled[np.argsort(np.asarray(y)[shuffled], kind="stable")]
    places = np.floor((np.arange(n) + random.random()) * total / n).astype(int)
    return np.asarray(np.sort(order[np.minimum(places, total - 1)]))


def some(names: Sequence[str], most: int = 5) -> str:
    """Names in a sentence, the first few of many."""
    shown = ", ".join(repr(n) for n in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
