"""What a map is asked for, of domains and of tasks alike: targets, sources, and the sets of sources that are tried."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Generic, TypeVar

from ..choose.verdict import FEWEST_ROWS
from ..core.errors import HeadstartWarning, InputError
from .settings import check_whole, named

T = TypeVar("T")


@dataclass(frozen=True)
class Asked(Generic[T]):
    """Checked domains or tasks, and which of them are sources and targets of the map.

    ``as_source`` and ``as_target`` hold the rows or labels that are used; ``sets`` the sources that are tried, alone
    and together; ``skipped`` those that cannot be targets, each with the reason; ``task`` the kind of labels, of tasks
    by name; ``scoring`` the metric, of tasks by target.
    """

    task: Any
    scoring: Any
    as_source: dict[str, T]
    as_target: dict[str, T]
    sets: list[tuple[str, ...]]
    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def targets(self) -> list[str]:
        """The names of the targets."""
        return list(self.as_target)

    def settings(self, **others: Any) -> dict[str, Any]:
        """What was asked for, as it stands in the file that a map goes on from."""
        by_target = isinstance(self.scoring, Mapping)
        scoring = {n: named(s) for n, s in self.scoring.items()} if by_target else named(self.scoring)
        return {
            "task": self.task,
            "scoring": scoring,
            "targets": self.targets,
            "sources": list(self.as_source),
            **others,
        }

    def checksums(self, of: Callable[[T], str]) -> dict[str, dict[str, str]]:
        """A checksum of what is used of each domain or task, as a source and as a target."""
        roles = {"source": self.as_source, "target": self.as_target}
        names = dict.fromkeys([*self.as_source, *self.as_target])
        return {name: {role: of(of_role[name]) for role, of_role in roles.items() if name in of_role} for name in names}


def check_sizes(orders: Any, n_target: Any, max_source_rows: Any, fewest_source_rows: int = 1) -> None:
    """Raise where a number of sources or of rows is none."""
    check_whole("orders", orders, 1)
    if n_target is not None:
        check_whole("n_target", n_target, FEWEST_ROWS)
    if max_source_rows is not None:
        check_whole("max_source_rows", max_source_rows, fewest_source_rows)


def split_targets(
    wanted: Sequence[str], drawn: Callable[[str], T], why_not: Callable[[T], str], *, strict: bool
) -> tuple[dict[str, T], dict[str, str]]:
    """What is used of each target, and why others cannot be targets.

    Raises
    ------
    InputError
        Where ``strict`` and one of them cannot be a target.
    """
    as_target: dict[str, T] = {}
    skipped: dict[str, str] = {}
    for name in wanted:
        used = drawn(name)
        why = why_not(used)
        if why and strict:
            raise InputError(f"target {name!r} {why}")
        if why:
            skipped[name] = why
        else:
            as_target[name] = used
    return as_target, skipped


def warn_of_few(n_target: int | None, used: Mapping[str, int], what: str) -> None:
    """Warn of targets that have fewer labels than the number that is to make gains comparable."""
    few = [f"{name} {n}" for name, n in used.items() if n_target is not None and n < n_target]
    if few:
        shown = ", ".join(few[:5]) + (f" and {len(few) - 5} more" if len(few) > 5 else "")
        warnings.warn(
            f"n_target={n_target}, and fewer {what} are there: {shown}; all of them are used, and gains of these "
            "targets are those of fewer labels",
            HeadstartWarning,
            stacklevel=4,
        )


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


def sets_of(
    givers: Sequence[str], as_target: dict[str, T], orders: int, skipped: Mapping[str, str], what: str = "domain"
) -> tuple[list[tuple[str, ...]], dict[str, T]]:
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


def some(names: Sequence[str], most: int = 5) -> str:
    """Names in a sentence, the first few of many."""
    shown = ", ".join(repr(n) for n in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
