"""What tasks add to another task: trials of their models' outputs on the same folds of one target."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..diagnosis.duplicates import compare_rows
from ..learners import boosting, linear, trees
from .begun import Begun
from .candidates import Candidate, target_candidates
from .cross_fit import CrossFit
from .folds import make_folds, n_folds_for
from .measuring import Trials
from .members import StackedMember
from .problem import Problem, take_rows
from .scoring import Metric
from .task_columns import TaskColumn, row_hashes
from .task_outputs import TaskOutputs, TaskSetups
from .trial import Trial
from .verdict import FEWEST_ROWS

# The second most frequent class of a task must have so many labels: by two or three of them an AUC may be anything.
FEWEST_OF_CLASS = 4
TRUSTING = "adding its outputs as columns"
# What each target-only learner becomes with the outputs of other tasks beside its columns.
TWINS = {f"target only ({word})": f"task outputs as columns ({word})" for word in ("linear", "boosting", "trees")}


class OutputsMember(StackedMember):
    """A learner on the outputs of source models alone."""

    def _rows(self, view: Any) -> np.ndarray:
        assert view.outputs is not None
        return np.hstack(list(view.outputs))


def task_candidates(task: str, n_rows: int, n_classes: int = 2) -> list[Candidate]:
    """What is made of the outputs of other tasks: columns for each target-only learner, and a head on them alone."""
    learners = (linear(task), boosting(task, n_rows, n_classes), trees(task))
    found = [
        Candidate(name, "parameter", "transfer", StackedMember(learner))
        for name, learner in zip(TWINS.values(), learners, strict=True)
    ]
    return [*found, Candidate("head on task outputs (linear)", "parameter", "transfer", OutputsMember(linear(task)))]


class TaskTrials(Trials):
    """One target task and its folds; tries models of other tasks on them, each against the same target-only model.

    Parameters
    ----------
    table : table of shape (n_rows, n_columns)
        The rows of all tasks.
    target : TaskColumn
        At least 8 labels, of which two differ.
    tasks : mapping of str to TaskColumn
        The source tasks, by name.
    kinds : dict or None
        The kind of each column of a frame.
    scoring : str or scorer, default=None
        The metric. None: area under the ROC curve for two classes, accuracy for more, R2 for numbers.
    level : float, default=0.9
        Coverage of the intervals.
    repeats : int, default=2
        How often the target's rows are shuffled into folds, at most.
    n_jobs : int, default=None
        Models fitted at the same time. None: one.
    random : Generator
        Folds follow from it.
    """

    def __init__(
        self,
        table: Any,
        target: TaskColumn,
        tasks: Mapping[str, TaskColumn],
        *,
        kinds: dict[str, str] | None,
        scoring: Any = None,
        level: float = 0.9,
        repeats: int = 2,
        n_jobs: int | None = None,
        random: np.random.Generator,
    ) -> None:
        self.level, self.n_jobs = level, n_jobs
        self._table, self._target, self._tasks = table, target, tasks
        classes, n = target.classes, len(target.y)
        self._alone = Problem(target.kind, take_rows(table, target.rows), target.y, (), (), (), (), kinds, classes)
        self.metric = Metric(scoring, classes, target.y)
        largest = 0 if classes is None else int(np.unique(target.y, return_counts=True)[1].max())
        self.folds = make_folds(
            target.y, classes=classes is not None, n_folds=n_folds_for(n, largest), n_repeats=repeats, random=random
        )
        n_classes = 2 if classes is None else len(classes)
        self._baselines = target_candidates(target.kind, n, n_classes)
        self._candidates = task_candidates(target.kind, n, n_classes)
        self._baseline_fit = CrossFit()
        self.seconds_alone = 0.0
        self._begun = {}
        self._outputs = TaskOutputs(table, target.rows, self.folds, kinds, n_jobs)

    def _key(self, source: Sequence[str]) -> tuple[str, ...]:
        return tuple(source)

    def _begin(self, source: Sequence[str]) -> Begun | Trial:
        start = time.perf_counter()
        names = tuple(source)
        for name in names:
            why = nothing_to_learn(self._tasks[name])
            if why:
                return Trial(names, None, notes=(f"{name} {why}",))
        leaks, notes = [], []
        for name in names:
            found = self._twice(self._tasks[name])
            if found:
                leaks.append(name)
                notes.append(
                    f"{found} of {len(self._target.y)} rows of {self._target.name} stand in the table a second time, "
                    f"with a label of {name}: put the labels of a row into one row"
                )
        n_source = sum(len(self._tasks[name].rows) for name in names)
        seconds = time.perf_counter() - start
        return Begun(names, self._alone, n_source, tuple(leaks), notes, seconds, trusting=TRUSTING, twins=TWINS)

    def _twice(self, task: TaskColumn) -> int:
        """Rows of the target that stand in other rows of a task too, if more than coarse columns explain."""
        others = np.setdiff1d(task.rows, self._target.rows)
        if not len(others):
            return 0
        mine, theirs = row_hashes(take_rows(self._table, self._target.rows)), row_hashes(take_rows(self._table, others))
        found = compare_rows(mine, theirs)
        return found.n_rows if found.leak else 0

    def _fit_models(self, begun: Begun) -> None:
        begun.listed = self._candidates
        names = [c.name for c in begun.listed]
        begun.found = CrossFit(values={n: [] for n in names}, seconds=dict.fromkeys(names, 0.0))

    def _setups(self, begun: Begun) -> TaskSetups:
        sources = [self._tasks[name] for name in begun.names]
        return TaskSetups(begun.problem, self._candidates, self._outputs, sources, self.folds)


def nothing_to_learn(task: TaskColumn) -> str:
    """Why a task can be neither learned nor scored; nothing where it can."""
    if len(task.y) < FEWEST_ROWS:
        return f"has {len(task.y)} labels; expected at least {FEWEST_ROWS} to measure by: label more"
    values, sizes = np.unique(task.y, return_counts=True)
    if len(values) < 2:
        what = "class" if task.kind == "classification" else "number"
        return f"has one {what} among its labels, {values[0]!s:.40}; expected at least two, or nothing can be learned"
    if task.kind == "regression":
        return ""
    second = int(np.sort(sizes)[-2])
    if second < FEWEST_OF_CLASS:
        rare = values[np.argsort(sizes, kind="stable")[-2]]
        n_labels = f"{second} label{'s' * (second != 1)}"
        return (
            f"has {n_labels} of the class {rare!s:.40}; expected at least {FEWEST_OF_CLASS} of two classes: no metric "
            "tells anything by fewer"
        )
    return ""
