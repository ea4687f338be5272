"""From what a user asks of a policy to the integer program, and back; what cannot be asked is named."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..core.errors import InputError, InputTypeError
from ..numeric.supply import Options, best_supply, least_cost
from .beside import Beside, outlooks
from .names import Sources, read_names, refuse_unknown, some, written
from .policy import Policy

SCALES = (None, "range")


class Planner:
    """Transfers that a policy may use, with costs and weights; solves for any budget.

    Parameters
    ----------
    transfers : DataFrame
        Columns sources, order, target and affinity, without baselines.
    beside : mapping of (str, tuple of str) to Beside
        Transfers beside the best baseline of their target; it tells, and changes no choice.
    sources, targets, max_order, costs, importance, scale
        As ``TaskMap.policy`` takes them.
    """

    def __init__(
        self,
        transfers: pd.DataFrame,
        beside: Mapping[tuple[str, Sources], Beside],
        *,
        sources: Iterable[str] | str | None,
        targets: Iterable[str] | str | None,
        max_order: int | None,
        costs: Mapping[str, float] | None,
        importance: Mapping[str, float] | None,
        scale: str | None,
    ) -> None:
        known = sorted({n for s in transfers["sources"] for n in s})
        self.sources = read_names(sources, what="sources") or tuple(known)
        refuse_unknown(self.sources, known, what="sources")
        reached = list(dict.fromkeys(transfers["target"]))
        self.targets = read_names(targets, what="targets") or tuple(reached)
        refuse_unknown(self.targets, reached, what="targets")
        if max_order is not None and (not isinstance(max_order, (int, np.integer)) or max_order < 1):
            raise InputError(f"max_order is {max_order!r}; expected a whole number of 1 or more, or None for any")
        if scale not in SCALES:
            raise InputError(f"scale is {scale!r}; expected one of {SCALES}")
        cost = _numbers(costs, self.sources, "costs", least=0.0)
        weight = _numbers(importance, self.targets, "importance", least=0.0)
        allowed = set(self.sources)
        part = transfers[transfers["target"].isin(self.targets)]
        part = part[[allowed.issuperset(s) for s in part["sources"]]]
        if max_order is not None:
            part = part[part["order"] <= max_order]
        self._refuse_unreached(transfers, part)
        self.cost = np.array([cost[s] for s in self.sources])
        self.transfers: list[Sources] = list(part["sources"])
        self.affinity = part["affinity"].to_numpy(dtype=float)
        at = {s: k for k, s in enumerate(self.sources)}
        of = {t: k for k, t in enumerate(self.targets)}
        serves = np.array([of[t] for t in part["target"]], dtype=np.int64)
        value = _scaled(self.affinity, serves, scale) * np.array([weight[t] for t in self.targets])[serves]
        self.beside = beside
        ordered = part.sort_values("affinity", ascending=False, kind="stable")
        self.outlook = outlooks(beside, zip(ordered["target"], ordered["sources"], strict=True))
        self.options = Options([tuple(at[n] for n in s) for s in self.transfers], serves, value)

    def _refuse_unreached(self, transfers: pd.DataFrame, part: pd.DataFrame) -> None:
        for target in self.targets:
            if not (part["target"] == target).any():
                listed = transfers.loc[transfers["target"] == target, "sources"]
                raise InputError(
                    f"no allowed source reaches the target {target!r}: it was measured from "
                    f"{some([written(s) for s in listed], 4)}; allow more sources or a larger max_order, or leave it "
                    "out of targets"
                )

    def least(self) -> float:
        """What it costs at least to reach every target."""
        return least_cost(self.options, self.cost)

    def solve(self, budget: float) -> Policy:
        """The best policy for a budget."""
        budget = _budget(budget)
        found = best_supply(self.options, self.cost, budget)
        if found is None:
            raise InputError(
                f"a budget of {budget:g} does not reach {self._all()}: the cheapest sources that do cost "
                f"{self.least():g}; raise the budget{', or leave targets out' if len(self.targets) > 1 else ''}"
            )
        best = [float(self.affinity[self.options.serves == k].max()) for k in range(len(self.targets))]
        chosen = dict(zip(self.targets, found.chosen, strict=True))
        return Policy(
            budget=budget,
            cost=float(self.cost[list(found.open)].sum()),
            sources=tuple(self.sources[k] for k in found.open),
            transfers={t: self.transfers[k] for t, k in chosen.items()},
            affinities={t: float(self.affinity[k]) for t, k in chosen.items()},
            attainable=dict(zip(self.targets, best, strict=True)),
            affinity=found.value,
            gap=found.gap,
            beside={t: b for t in self.targets if (b := self.beside.get((t, self.transfers[chosen[t]]))) is not None},
            outlook={t: self.outlook[t] for t in self.targets if t in self.outlook},
        )

    def _all(self) -> str:
        n = len(self.targets)
        return f"the target {self.targets[0]!r}" if n == 1 else f"all {n} targets"


def _scaled(affinity: np.ndarray, serves: np.ndarray, scale: str | None) -> np.ndarray:
    """Affinities as they are, or each target's from 0, its worst allowed transfer, to 1, its best."""
    if scale is None:
        return affinity
    result = np.zeros(len(affinity))
    for k in np.unique(serves):
        own = serves == k
        spread = np.ptp(affinity[own])
        result[own] = (affinity[own] - affinity[own].min()) / spread if spread > 0 else 1.0
    return result


def _budget(budget: Any) -> float:
    if isinstance(budget, bool) or not isinstance(budget, (int, float, np.integer, np.floating)):
        raise InputTypeError(f"budget is {budget!r}; expected a number, what the sources may cost in all")
    if not math.isfinite(budget) or budget < 0:
        raise InputError(f"budget is {budget!r}; expected a finite number of 0 or more")
    return float(budget)


def _numbers(given: Any, names: tuple[str, ...], what: str, *, least: float) -> dict[str, float]:
    """A number for each name, 1 where none is given."""
    if given is not None and not isinstance(given, (Mapping, pd.Series)):
        raise InputTypeError(
            f"{what} is a {type(given).__name__}; expected names with numbers, such as {{{names[0]!r}: 2}}"
        )
    given = {} if given is None else {str(k): v for k, v in dict(given).items()}
    refuse_unknown(given, names, what=what)
    result = dict.fromkeys(names, 1.0)
    for name, value in given.items():
        if isinstance(value, (bool, str)) or not math.isfinite(value) or value < least:
            raise InputError(f"{what} of {name!r} is {value!r}; expected a finite number of {least:g} or more")
        result[name] = float(value)
    return result
