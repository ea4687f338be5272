"""From what ``fit`` was given to a ``TaskProblem``: rows with a table of labels, or one domain a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import validate_data

from ...core.checks import as_headstart_errors
from ...core.domain import Domain, as_table
from ...core.errors import InputError, InputTypeError
from ...neural.fitting import stacked
from ...neural.inputs.kinds import kind_of
from ...neural.inputs.taking import taken
from ..auxiliary.made import MadeTask
from ..given import FORMS, as_domains, check_names, label_table
from .labels import KINDS, read_task
from .problem import OneTask, TaskProblem

INSTEAD = "hs.FineTuneClassifier or hs.FineTuneRegressor, or let further tasks serve it: auxiliary="


def read_tasks(estimator: Any, X: Any, Y: Any, *, kinds: Any, auxiliary: Any, kind: str | None) -> TaskProblem:
    """Check and read; ``kinds`` is one kind for all tasks, or a dict by name, in which tasks may be missing."""
    domains = as_domains(X)
    if domains is None:
        if Y is None:
            raise InputError(
                f"{type(estimator).__name__} requires y to be passed, but the target y is None; expected {FORMS}"
            )
        frame = label_table(Y, X)
        columns = [frame.iloc[:, k].to_numpy() for k in range(frame.shape[1])]
        names = tuple(frame.columns)
        blocks = [X]
    else:
        if Y is not None:
            raise InputError(
                f"fit was given {len(domains)} domains and Y besides; the labels of a task are those of its domain: "
                "expected fit(domains) alone"
            )
        names = tuple(d.label for d in domains)
        columns = [_labels_of(d) for d in domains]
        blocks = [d.X for d in domains]
    auxiliary, made = _auxiliary(auxiliary, names)
    check_names([*names, *made], INSTEAD)
    codes, tasks = [], []
    for name, column in zip(names, columns, strict=True):
        found, told, classes = read_task(column, name, _kind_for(kinds, name, names))
        codes.append(found)
        tasks.append(OneTask(name, told, classes, name in auxiliary))
    row_kind, read = _read_blocks(estimator, blocks, names, kind)
    if domains is None:
        return _shared(row_kind, read[0], np.column_stack(codes), tuple(tasks), keep=len(made) > 0)
    lengths = [len(column) for column in columns]
    whole = np.full((sum(lengths), len(names)), np.nan)
    domain = np.repeat(np.arange(len(names)), lengths)
    for k, found in enumerate(codes):
        whole[domain == k, k] = found
    return _labelled(row_kind, stacked(tuple(read)), whole, tuple(tasks), domain, keep=len(made) > 0)


def _labels_of(domain: Domain) -> np.ndarray:
    if domain.y is None:
        raise InputError(f"task {domain.label!r} has no labels; pass them as hs.Domain(X, y, name={domain.label!r})")
    return np.asarray(domain.y)


def _auxiliary(given: Any, names: Sequence[Any]) -> tuple[set[Any], list[str]]:
    """The labelled tasks that only serve, and the names of the ones that are made of the rows."""
    if isinstance(given, (str, MadeTask)) or not isinstance(given, Sequence):
        raise InputTypeError(f"auxiliary is {given!r}; expected a list of tasks: auxiliary=[{given!r}]")
    named = [one for one in given if not isinstance(one, MadeTask)]
    for one in named:
        if isinstance(one, type):
            raise InputTypeError(f"auxiliary holds the class {one.__name__}; expected one made of it: {one.__name__}()")
        if one not in names:
            raise InputError(f"auxiliary names {one!r}, which is no task; expected some of {_few(names)}")
    if len(set(named)) == len(names):
        raise InputError("all tasks are auxiliary; expected at least one that is predicted")
    return set(named), [one.name for one in given if isinstance(one, MadeTask)]


def _kind_for(kinds: Any, name: Any, names: Sequence[Any]) -> str | None:
    if isinstance(kinds, str) and kinds not in KINDS:
        raise InputError(f"kinds={kinds!r}; expected one of {', '.join(map(repr, KINDS))}, or a dict by task")
    if kinds is None or isinstance(kinds, str):
        return kinds
    if not isinstance(kinds, Mapping):
        raise InputTypeError(f"kinds is a {type(kinds).__name__}; expected a dict: the kind of each task by its name")
    odd = [k for k in kinds if k not in names]
    if odd:
        raise InputError(f"kinds names {odd[0]!r}, which is no task; expected some of {_few(names)}")
    wrong = {n: k for n, k in kinds.items() if k not in KINDS}
    if wrong:
        task, found = next(iter(wrong.items()))
        raise InputError(f"kinds says {found!r} for task {task!r}; expected one of {', '.join(map(repr, KINDS))}")
    return kinds.get(name)


def _few(names: Sequence[Any], most: int = 10) -> str:
    return ", ".join(map(repr, names[:most])) + (" ..." if len(names) > most else "")


def _read_blocks(estimator: Any, blocks: list[Any], names: Sequence[Any], kind: str | None) -> tuple[str, list[Any]]:
    """The kind of the rows, and tables of numbers checked by scikit-learn's own checks."""
    found = kind_of(blocks[0], kind=kind)
    for k, block in enumerate(blocks[1:], start=1):
        theirs = kind_of(block, kind=kind)
        if theirs != found:
            raise InputError(
                f"rows of task {names[0]!r} are {found} and those of {names[k]!r} {theirs}; expected one kind"
            )
    if found != "table":
        return found, blocks
    blocks = [as_table(block, what="X") if hasattr(block, "get_column") else block for block in blocks]
    # A column may hold words in the rows of one task and numbers in those of another.
    mixed = next((block for block in blocks if _has_words(block)), None)
    estimator._columns = None if mixed is None else [str(c) for c in mixed.columns]
    if len(blocks) == 1:
        return found, [read_table(estimator, blocks[0], reset=True)]
    return found, [
        read_table(estimator, b, reset=k == 0, what=f"X of task {str(n)!r}")
        for k, (b, n) in enumerate(zip(blocks, names, strict=True))
    ]


def _has_words(X: Any) -> bool:
    """Whether it is a frame with columns of anything but numbers."""
    return isinstance(X, pd.DataFrame) and not all(pd.api.types.is_numeric_dtype(t) for t in X.dtypes)


def read_table(estimator: Any, X: Any, *, reset: bool, what: str = "X") -> Any:
    """Numbers by scikit-learn's checks, gaps allowed; with columns of words or categories a frame, by their names."""
    X = as_table(X, what=what) if hasattr(X, "get_column") else X
    wanted = estimator._columns
    if wanted is not None:
        if not isinstance(X, pd.DataFrame):
            raise InputTypeError(
                f"{what} is a {type(X).__name__}, and the model was fitted on columns that are no numbers; expected a "
                f"DataFrame with the columns {wanted[:5]}{' ...' if len(wanted) > 5 else ''}"
            )
        by_name = {str(c): c for c in X.columns}
        lacking = [c for c in wanted if c not in by_name]
        if lacking:
            raise InputError(
                f"{what} lacks the columns {lacking[:5]}; expected the {len(wanted)} columns of the rows in fit"
            )
        return X[[by_name[c] for c in wanted]]
    with as_headstart_errors("" if what == "X" else f"{what}: "):
        return validate_data(estimator, X, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan")


def _shared(kind: str, X: Any, codes: np.ndarray, tasks: tuple[OneTask, ...], *, keep: bool) -> TaskProblem:
    if len(X) != len(codes):
        raise InputError(f"X has {len(X)} rows and Y {len(codes)}; expected as many rows of labels as of X")
    return _labelled(kind, X, codes, tasks, None, keep=keep)


def _labelled(
    kind: str, X: Any, codes: np.ndarray, tasks: tuple[OneTask, ...], domain: np.ndarray | None, *, keep: bool
) -> TaskProblem:
    """Without the rows that have no label at all, unless ``keep``: tasks made of the rows learn from these too."""
    rows = np.flatnonzero(~np.isnan(codes).all(axis=1))
    if keep or len(rows) == len(codes):
        return TaskProblem(kind, X, codes, tasks, domain)
    return TaskProblem(kind, taken(X, rows), codes[rows], tasks, None if domain is None else domain[rows])
