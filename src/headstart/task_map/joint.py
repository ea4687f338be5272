"""Which tasks to train together, from the losses of networks that were trained on sets of tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..core.errors import InputError, InputTypeError
from ..numeric.supply import Options, Supply, best_supply, least_cost
from .grouping import Grouping
from .joint_reading import read_losses, refuse_bad_numbers
from .names import refuse_unknown, some


@dataclass(frozen=True, eq=False, repr=False)
class JointTraining:
    """Networks trained on sets of tasks, and the best choice among them for a budget (Standley et al. 2020).

    Made by ``from_losses``. ``headstart.multitask.propose_groups`` parts tasks by what one joint training tells of who
    helps whom, with nothing else trained; here networks of pairs at least were trained, a task may be in several, and
    the choice is exact.

    Attributes
    ----------
    losses : DataFrame of shape (n_networks, n_tasks)
        Measured losses; NaN where a task is not in a network.
    costs : Series of shape (n_networks,)
        What each network costs, in training or in use.
    importance : Series of shape (n_tasks,)
        By how much the loss of a task counts.

    References
    ----------
    Standley et al. (2020). Which tasks should be learned together in multi-task learning? ICML.

    Examples
    --------
    >>> import headstart as hs
    >>> import pandas as pd
    >>> joint = hs.JointTraining.from_losses(
    ...     pd.DataFrame(
    ...         [[.30, None, None], [None, .20, None], [None, None, .40], [.24, .21, None], [.33, None, .45],
    ...          [None, .19, .42], [.29, .22, .45]],
    ...         columns=["depth", "edges", "scenes"],
    ...     )
    ... )
    >>> joint.best(budget=2)
    Grouping for a budget of 2: scenes (scenes), depth + edges (depth + edges); loss 0.85
    >>> joint.predicted(budget=2).regret
    0.0
    >>> joint.affinity.round(2)
            depth  edges  scenes
    depth     NaN  -0.05   -0.12
    edges     0.2    NaN   -0.05
    scenes   -0.1   0.05     NaN
    """

    losses: pd.DataFrame
    costs: pd.Series
    importance: pd.Series

    @classmethod
    def from_losses(
        cls, table: pd.DataFrame, *, cost: str | None = None, importance: Mapping[str, float] | None = None
    ) -> JointTraining:
        """Take the losses of networks.

        Parameters
        ----------
        table : DataFrame
            One row for each network and one column for each task: its loss, lower is better, NaN where the network was
            not trained on the task. The index names the networks; numbers stand for no names, and a network is then
            called by its tasks.
        cost : str, default=None
            The column that tells what a network costs; 1 each where there is none.
        importance : mapping of str to float, default=None
            By how much the loss of a task counts; 1 where not given. Losses in different units need it.

        Raises
        ------
        InputError
            Where a network has no task, a task no network, a loss is infinite, or a network is there twice.
        """
        losses, costs = read_losses(table, cost)
        weights = pd.Series(1.0, index=losses.columns)
        given = {str(k): v for k, v in (importance or {}).items()}
        refuse_unknown(given, weights.index, what="importance")
        refuse_bad_numbers(given, "importance")
        for name, value in given.items():
            weights[name] = float(value)
        return cls(losses, costs, weights)

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks."""
        return tuple(self.losses.columns)

    @property
    def affinity(self) -> pd.DataFrame:
        """What a partner takes off the loss of the task of the column, as a share of its loss alone.

        From networks of two tasks and of one; negative where the partner harms, NaN where they were not trained. Of
        networks with the same tasks the dearest counts. ``headstart.multitask.propose_groups`` takes it.
        """
        best = self._by_tasks()
        result = pd.DataFrame(np.nan, index=list(self.tasks), columns=list(self.tasks))
        for tasks, losses in best.items():
            for task in tasks if len(tasks) == 2 else ():
                if (task,) in best:
                    partner = tasks[1 - tasks.index(task)]
                    result.loc[partner, task] = 1 - losses[task] / best[(task,)][task]
        return result

    def best(self, budget: float) -> Grouping:
        """The networks with the smallest sum of losses within a budget, by an integer program: exact."""
        return self._grouping(budget, self.losses)

    def predicted(self, budget: float) -> Grouping:
        """The networks that affinities of pairs choose, with their measured loss and its regret.

        The loss of a task in a network of three tasks or more is predicted as the mean of its losses in the networks
        of two that are made of these tasks and cost as much (the higher-order approximation of Standley et al.).

        Raises
        ------
        InputError
            Where a network of two tasks was not measured.
        """
        return self._grouping(budget, self.predicted_losses())

    def groupings(self, budgets: Iterable[float]) -> pd.DataFrame:
        """The best and the predicted networks of each budget.

        Returns
        -------
        DataFrame
            Columns budget, best, loss, predicted, loss of predicted, regret.
        """
        rows = []
        for budget in budgets:
            best, guess = self.best(budget), self.predicted(budget)
            rows.append((budget, _listed(best), best.loss, _listed(guess), guess.loss, guess.regret))
        return pd.DataFrame(rows, columns=["budget", "best", "loss", "predicted", "loss of predicted", "regret"])

    def predicted_losses(self) -> pd.DataFrame:
        """Losses as pairs predict them; those of one or two tasks as they were measured."""
        sets = self._sets()
        pairs = {(t, c): n for n, t, c in zip(self.losses.index, sets, self.costs, strict=True) if len(t) == 2}
        result = self.losses.copy()
        for name, tasks, cost in zip(self.losses.index, sets, self.costs, strict=True):
            if len(tasks) < 3:
                continue
            for task in tasks:
                wanted = [tuple(t for t in tasks if t in (task, other)) for other in tasks if other != task]
                missing = [p for p in wanted if (p, cost) not in pairs]
                if missing:
                    raise InputError(
                        f"no network of the cost {cost:g} was trained on {some(missing)} alone, so the losses of "
                        f"{name!r} cannot be predicted from pairs; measure it, or leave {name!r} out"
                    )
                result.loc[name, task] = np.mean([self.losses.loc[pairs[p, cost], task] for p in wanted])
        return result

    def losses_of(self, networks: Iterable[str]) -> pd.Series:
        """The loss of each task in the best of some networks; NaN where none is trained on it."""
        names = list(networks)
        refuse_unknown(names, self.losses.index, what="networks")
        return self.losses.loc[names].min()

    def _grouping(self, budget: float, losses: pd.DataFrame) -> Grouping:
        if isinstance(budget, (bool, str)) or not isinstance(budget, (int, float, np.number)):
            raise InputTypeError(f"budget is {budget!r}; expected a number, what the networks may cost in all")
        if not np.isfinite(budget) or budget < 0:
            raise InputError(f"budget is {budget!r}; expected a finite number of 0 or more")
        chosen = self._solved(losses, float(budget))
        names = [str(self.losses.index[k]) for k in chosen.open]
        # A task is solved by the chosen network that is predicted to be best at it.
        serves = {t: str(losses.loc[names, t].idxmin()) for t in self.tasks}
        found = {t: float(self.losses.loc[n, t]) for t, n in serves.items()}
        loss = float(sum(self.importance[t] * v for t, v in found.items()))
        exact = chosen if losses is self.losses else self._solved(self.losses, float(budget))
        sets = dict(zip(self.losses.index, self._sets(), strict=True))
        return Grouping(
            budget=float(budget),
            cost=float(self.costs[names].sum()),
            networks={n: sets[n] for n in names},
            serves=serves,
            losses=found,
            loss=loss,
            predicted=-chosen.value,
            best=min(-exact.value, loss),
            gap=chosen.gap,
        )

    def _solved(self, losses: pd.DataFrame, budget: float) -> Supply:
        values = losses.to_numpy(dtype=float)
        network, task = np.nonzero(np.isfinite(values))
        worth = -values[network, task] * self.importance.to_numpy()[task]
        options = Options([(int(k),) for k in network], task.astype(np.int64), worth)
        costs = self.costs.to_numpy(dtype=float)
        found = best_supply(options, costs, budget)
        if found is None:
            raise InputError(
                f"a budget of {budget:g} does not pay for networks that hold all {len(self.tasks)} tasks: the cheapest "
                f"cost {least_cost(options, costs):g}; raise the budget"
            )
        return found

    def _sets(self) -> list[tuple[str, ...]]:
        """The tasks of each network."""
        there = self.losses.notna().to_numpy()
        return [tuple(t for t, is_in in zip(self.tasks, row, strict=True) if is_in) for row in there]

    def _by_tasks(self) -> dict[tuple[str, ...], pd.Series]:
        """The losses of the dearest network of each set of tasks."""
        order = np.argsort(self.costs.to_numpy(), kind="stable")
        sets = self._sets()
        return {sets[k]: self.losses.iloc[k] for k in order}

    def __repr__(self) -> str:
        return f"JointTraining of {len(self.losses)} networks on {len(self.tasks)} tasks"


def _listed(grouping: Grouping) -> str:
    return ", ".join(grouping.networks)
