"""The policies of a map of tasks: which sources to supervise within a budget."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from ..core.errors import InputError, InputTypeError
from .beside import Beside
from .names import Sources
from .planning import Planner
from .policy import Policies, Policy


class Choosing:
    """What ``TaskMap`` inherits: its policies."""

    def _of_tasks(self) -> pd.DataFrame:
        raise NotImplementedError

    def _beside(self) -> dict[tuple[str, Sources], Beside]:
        raise NotImplementedError

    def policy(
        self,
        budget: float,
        *,
        max_order: int | None = None,
        sources: Iterable[str] | str | None = None,
        targets: Iterable[str] | str | None = None,
        costs: Mapping[str, float] | None = None,
        importance: Mapping[str, float] | None = None,
        scale: str | None = None,
    ) -> Policy:
        """Choose the sources to supervise, and a transfer for each target, with the largest sum of affinities.

        An integer program, solved to proven optimality by HiGHS. Every target gets one transfer, all of whose sources
        are chosen. A target that is chosen as a source too needs a transfer all the same; what its own supervision
        is worth is said by a row from the task to itself.

        Baselines change no choice: whether one costs labels (a network of the task's own) or not (training from
        scratch on the labels that every transfer to the target has too) is not known here. The policy tells for which
        targets its transfer does not beat the best baseline; leave these out of ``targets`` to spend the budget on the
        others.

        Parameters
        ----------
        budget : float
            What the chosen sources may cost in all; with the default costs, how many they may be.
        max_order : int, default=None
            No transfer from more sources than this. None: any that was measured.
        sources : iterable of str, or str, default=None
            The tasks that may be supervised. None: all that were transferred from. A target that is not among them is
            target-only.
        targets : iterable of str, or str, default=None
            The tasks to be solved. None: all that were transferred to. A source that is not among them is source-only.
        costs : mapping of str to float, default=None
            What a source costs; 1 where not given.
        importance : mapping of str to float, default=None
            By how much a target's affinity counts; 1 where not given.
        scale : {None, "range"}, default=None
            None sums affinities as they are, as in Taskonomy. "range" counts a target's worst allowed transfer 0 and
            its best 1, so that no target decides all.

        Raises
        ------
        InputError
            Where the budget reaches not all targets, no allowed source reaches a target, a list of names is empty, or a
            name is not known.
        """
        return self._planner(max_order, sources, targets, costs, importance, scale).solve(budget)

    def policies(
        self,
        budgets: Iterable[float],
        *,
        max_order: int | None = None,
        sources: Iterable[str] | str | None = None,
        targets: Iterable[str] | str | None = None,
        costs: Mapping[str, float] | None = None,
        importance: Mapping[str, float] | None = None,
        scale: str | None = None,
    ) -> Policies:
        """The best policy of each budget; the other parameters are those of ``policy``."""
        if isinstance(budgets, (int, float, str)):
            raise InputTypeError(f"budgets is {budgets!r}; expected several, such as range(1, 4); policy takes one")
        budgets = list(budgets)
        if not budgets:
            raise InputError("budgets is empty; expected at least one, such as range(1, 4)")
        planner = self._planner(max_order, sources, targets, costs, importance, scale)
        return Policies({b: planner.solve(b) for b in budgets})

    def least_budget(
        self,
        *,
        max_order: int | None = None,
        sources: Iterable[str] | str | None = None,
        targets: Iterable[str] | str | None = None,
        costs: Mapping[str, float] | None = None,
    ) -> float:
        """What the cheapest sources cost that reach every target; the parameters are those of ``policy``."""
        return self._planner(max_order, sources, targets, costs, None, None).least()

    def _planner(self, max_order: Any, sources: Any, targets: Any, costs: Any, importance: Any, scale: Any) -> Planner:
        return Planner(
            self._of_tasks(),
            self._beside(),
            sources=sources,
            targets=targets,
            max_order=max_order,
            costs=costs,
            importance=importance,
            scale=scale,
        )
