"""``map_tasks``: which task helps which, where tasks are columns of labels of one table."""

from __future__ import annotations

import os
from typing import Any

import pandas as pd

from ..choose.measuring import Trials
from ..choose.task_columns import TaskColumn
from ..choose.task_trials import TaskTrials
from ..core.domain import Domain
from .drawing import generator
from .fingerprint import fingerprint
from .journal import Journal
from .result import TransferMap
from .run import Progress, Run
from .settings import check_settings, versions
from .task_reading import read_tasks


def map_tasks(
    X: Any,
    Y: Any = None,
    *,
    targets: Any = None,
    sources: Any = None,
    orders: int = 1,
    n_target: int | None = None,
    task: Any = None,
    scoring: Any = None,
    level: float = 0.9,
    correction: str | None = "bh",
    repeats: int = 2,
    max_source_rows: int | None = 2000,
    time_limit: float | None = None,
    resume: str | os.PathLike[str] | None = None,
    n_jobs: int | None = None,
    progress: Progress | None = None,
    random_state: int = 0,
) -> TransferMap:
    """Measure which task helps which: for whom is a model of task a worth having when task b is learned?

    Tasks are columns of labels of one table, classes and numbers mixed, with gaps. A model of each source task is
    fitted to the rows that have its label, and what it says of a row (log odds, or a number) goes into the target's
    model: as columns beside the row's own, or alone, with a linear head. Each cell of the map is a trial on held-out
    rows of its target: the blend of these models and of the target alone, against the target alone; and what becomes of
    someone who always adds the outputs as columns.

    Of a new row no label is known, and the trials keep to that: no model of a source task has seen any label of a row
    that is held out, and a row that the target learns from gets outputs of a model that did not see its own label.
    So two tasks that are the same help each other only by labels of rows that the target has none of.

    Parameters
    ----------
    X : table of shape (n_rows, n_columns), or list of Domain
        The rows, without the labels. A list of domains: each is a task with rows of its own, in the same columns; then
        ``Y`` is None.
    Y : DataFrame, dict or array of shape (n_rows, n_tasks)
        A column of labels for each task, gaps as NaN or None; columns of arrays are called "y0", "y1" and so on.
    targets, sources : list of str, default=None
        The tasks that are transferred to, and from. None: all. A task with fewer than 8 labels, or only one class, is
        left out and named where None is given, and refused where it is asked for.
    orders : int, default=1
        How many sources are tried together, at most: 2 also tries all pairs.
    n_target : int, default=None
        How many labels of each target are used, drawn in proportion to its classes (to the sizes of its numbers); the
        map speaks about this number: what helps at 50 labels may not at 500. None: all. Source tasks keep all labels,
        those of the same rows too: the map asks what supervision of *another* task brings.
    task : str or dict, default=None
        "classification" or "regression", for all tasks or by name. None: told from each task's labels (numbers with a
        fraction, or more than 20 distinct ones, are numbers).
    scoring : str, scorer or dict, default=None
        The metric, or one by target. None: area under the ROC curve for two classes, accuracy for more, R2 for numbers.
    level : float, default=0.9
        Coverage of each interval; one less it is the bound on false claims.
    correction : {"bh", "holm", None}, default="bh"
        How claims of many cells are held down; see ``map_transfers``.
    repeats : int, default=2
        How often a target's rows are shuffled into folds. More narrow the interval a little: all repeats share rows.
    max_source_rows : int, default=2000
        A task with more labels is learned as a source from so many, drawn likewise. Models of a source task are fitted
        some fifteen times for each target and repeat, so that more rows take long. None: no cut.
    time_limit : float, default=None
        Seconds for this call; what is measured within them is told by ``map_transfers``. None: all cells get all
        repeats.
    resume : path, default=None
        A file of JSON lines to which each measurement is written, and from which an interrupted map goes on to the last
        digit; one of other data, settings or versions is refused. It holds no row of the data.
    n_jobs : int, default=None
        Models fitted at the same time. None: one.
    progress : callable, default=None
        Called before each measurement with those done, those in all, and the cell's name.
    random_state : int, default=0
        Folds and drawn rows follow from it and the task's name: adding a task changes no other cell.

    Returns
    -------
    TransferMap
        Tables of gains, intervals and verdicts. ``to_task_map()`` makes a ``TaskMap`` of it, which says which tasks to
        supervise within a budget.

    Raises
    ------
    InputError
        Where there are fewer than two tasks, two have one name, ``X`` and ``Y`` differ in length, a task has no labels
        or infinite ones, a column of ``X`` is named as a task, a name is not known, a task that was asked for cannot be
        measured, or the file to go on from is of another run.
    InputTypeError
        Where ``X`` is no table.

    Notes
    -----
    Gains are in each target's own metric: compare them within a column of the map. Models of source tasks are a tuned
    linear one and trees (extremely randomised ones, or boosted ones from 200 labels on); features that a network would
    share are not seen.

    Labels of the source task are withheld in rows of the target alone; rows that are labelled for the source task only
    are seen by all of its models.

    References
    ----------
    Zamir, Sax, Shen, Guibas, Malik, Savarese (2018). Taskonomy: disentangling task transfer learning. CVPR.

    Wolpert (1992). Stacked generalization. Neural Networks 5.

    Examples
    --------
    Both tasks depend on whether two columns have one sign, which forty rows do not tell; "many" has a label for each
    row, "few" for the first forty.

    >>> import numpy as np
    >>> import pandas as pd
    >>> import headstart as hs
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(600, 4))
    >>> same = X[:, 0] * X[:, 1] > 0
    >>> few = pd.Series(2 * same + 0.3 * rng.normal(size=600)).where(np.arange(600) < 40)
    >>> found = hs.map_tasks(X, {"many": same, "few": few}, targets=["few"], repeats=1)
    >>> bool(found.gain_.loc["many", "few"] > 0.1)
    True
    """
    seed = check_settings(level, correction, repeats, time_limit, random_state)
    asked = read_tasks(
        X,
        Y,
        targets=targets,
        sources=sources,
        orders=orders,
        n_target=n_target,
        task=task,
        scoring=scoring,
        max_source_rows=max_source_rows,
        seed=seed,
    )
    settings = asked.settings(
        level=level,
        repeats=int(repeats),
        n_target=n_target,
        max_source_rows=max_source_rows,
        orders=orders,
        random_state=seed,
    )
    rows, labels = {"X": fingerprint(Domain(asked.table))}, asked.checksums(_checksum)
    journal = Journal(resume, {"settings": settings, "rows": rows, "tasks": labels, "versions": versions()})

    def opened(target: str) -> Trials:
        return TaskTrials(
            asked.table,
            asked.as_target[target],
            {n: t for n, t in asked.as_source.items() if n != target},
            kinds=asked.schema,
            scoring=asked.scoring[target],
            level=level,
            repeats=repeats,
            n_jobs=n_jobs,
            random=generator(seed, "folds", target),
        )

    run = Run(asked, journal, repeats=repeats, progress=progress, opened=opened, given=lambda names: names)
    run.measure(time_limit)
    return TransferMap.of(asked, run.in_order(), repeats=repeats, level=level, correction=correction, between="tasks")


def _checksum(task: TaskColumn) -> str:
    return fingerprint(Domain(pd.DataFrame({"row": task.rows}), task.y))
