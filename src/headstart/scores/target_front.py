"""The front of the scores that ask how well features or a source model fit the target's labels."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np

from ..core.checks import check_labels
from ..core.errors import InputError
from .choosing import check_bootstrap, choose, scored
from .reading import read_classes, read_codes, read_numbers, read_probabilities, read_rows, read_task, refuse_lengths
from .result import ScoreTable
from .rows import Found, Rows, rows_of
from .table import TABLE, ScoreKind

NAMES = tuple(kind.name for kind in TABLE if kind.tasks)


def transferability(
    features: Any,
    y: Any,
    *,
    probabilities: Any = None,
    source_labels: Any = None,
    task: str | None = None,
    scores: str | Iterable[str] = "default",
    n_boot: int = 500,
    level: float = 0.95,
    random_state: int = 0,
) -> ScoreTable:
    """Score how well a pretrained model fits the target, from its features or outputs, without training it.

    Scores rank candidates: compare one score over several models on the same rows. None says whether transfer
    will help. Give rows to learn from: scores that have seen test rows leak them into the choice.

    Parameters
    ----------
    features : array-like of shape (n_rows, n_columns) or None
        What the pretrained model makes of the target rows. float32 stays float32. None: only scores from
        ``probabilities`` and ``source_labels``.
    y : array-like of shape (n_rows,)
        Labels of the target rows.
    probabilities : array-like of shape (n_rows, n_source_classes), default=None
        The source model's probabilities of its own classes for the target rows.
    source_labels : array-like of shape (n_rows,), default=None
        The source task's labels of the target rows. None: the most probable class, where there are probabilities.
    task : {"classification", "regression"} or None, default=None
        What ``y`` is. None: regression where it holds real numbers, else classification.
    scores : {"default", "all"} or list of str, default="default"
        Which scores. "default" leaves out those that are slow or need care in reading; see the table of the guide.
    n_boot : int, default=500
        Bootstrap draws for the intervals; 0 for none. They cost next to nothing: what takes time is scoring without
        each of up to twenty groups of rows.
    level : float, default=0.95
        Of the intervals.
    random_state : int, default=0
        Seed of groups, folds and draws. With one seed and the same rows, draws of candidates are paired.

    Returns
    -------
    ScoreTable
        Scores with their intervals; print it.

    Raises
    ------
    InputError
        Where entries are missing, lengths differ, ``y`` is constant, an asked score lacks what it needs, or leaving out
        a group of rows leaves one class.

    Notes
    -----
    Rows are dealt at random into G groups (twenty; fewer for few rows or more than about 2,500 columns), and each score
    is found without each group: from sums that are taken off where it is a function of sums, so that memory and time
    are linear in rows. (Accuracies jump when a row changes sides; they are found in nineteen balanced halves of the
    twenty groups instead, from which follows what leaving out each would do.) The G pseudo-values are drawn
    with replacement, and percentiles expanded as Student's t asks. The interval holds what
    another sample of as many rows would give in the mean. Rows are taken to be independent.

    References
    ----------
    Efron, Stein (1981), The jackknife estimate of variance, Annals of Statistics 9.

    McCarthy (1969), Pseudo-replication: half samples, Review of the International Statistical Institute 37.

    Hesterberg (2015), What teachers should know about the bootstrap, The American Statistician 69.

    Examples
    --------
    >>> import headstart as hs
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(120) % 3
    >>> good, noise = np.eye(3)[y] + rng.normal(size=(120, 3)), rng.normal(size=(120, 3))
    >>> found = [hs.scores.transferability(F, y, scores=["logme", "linear_probe"]) for F in (good, noise)]
    >>> bool(found[0]["logme"].low > found[1]["logme"].high)
    True
    >>> [s.name for s in found[0]]
    ['logme', 'linear_probe']
    """
    task = read_task(y, task)
    given = {"features": features, "probabilities": probabilities, "source_labels": source_labels}
    if probabilities is not None and source_labels is None:
        given["source_labels"] = "the most probable"
    kinds, skipped = choose(scores, NAMES, partial(_lacks, task=task, given=given))
    # What the first score says stands for all of them.
    if task == "classification":
        classes, codes = read_classes(y, score=kinds[0].name)
        numbers, n_classes = None, classes.size
    else:
        codes, numbers, n_classes = None, read_numbers(y), 1
    n = check_labels(y, classification=False, what="y").size if codes is None else codes.size
    check_bootstrap(n_boot, level, n, random_state)
    needs = {kind.needs for kind in kinds}
    X = _read(features, n, "features") if "features" in needs else np.zeros((n, 1))
    rows = rows_of(X, codes, numbers, n_classes, leave_out=n_boot > 0, seed=random_state)
    if n_boot and codes is not None:
        _refuse_lonely(rows)
    P = _read(probabilities, n, "probabilities") if probabilities is not None and needs - {"features"} else None
    z = None
    if "source_labels" in needs:
        z = P.argmax(axis=1) if source_labels is None and P is not None else _read(source_labels, n, "source_labels")
    found = []
    for kind in kinds:
        found.append(scored(kind, partial(_evaluate, kind, rows, P, z), n_boot, level, random_state))
    width = f" x {X.shape[1]} columns" if "features" in needs else ""
    what = f"{n_classes} classes" if codes is not None else "numbers"
    return ScoreTable(f"Transferability: {n} rows{width}, {what}", tuple(found), level, n_boot, skipped)


def _lacks(kind: ScoreKind, *, task: str, given: dict[str, Any]) -> str | None:
    if task not in kind.tasks:
        return "takes classes only, and the labels are real numbers"
    if given[kind.needs] is None:
        return f"needs {kind.needs}="
    return None


def _read(values: Any, n: int, what: str) -> np.ndarray:
    if what == "source_labels":
        found = read_codes(values, what=what)
    else:
        found = read_probabilities(values) if what == "probabilities" else read_rows(values, what=what)
    refuse_lengths(found.shape[0], n, first=what, second="y")
    return found


def _refuse_lonely(rows: Rows) -> None:
    assert rows.codes is not None
    table = np.zeros((rows.n_groups, rows.n_classes), dtype=int)
    np.add.at(table, (rows.groups, rows.codes), 1)
    if (((table.sum(axis=0) - table) > 0).sum(axis=1) < 2).any():
        raise InputError(
            "leaving out a group of rows leaves one class; expected more rows of the rarer class for an interval: "
            "n_boot=0 gives scores without one"
        )


def _evaluate(kind: ScoreKind, rows: Rows, P: np.ndarray | None, z: np.ndarray | None) -> Found:
    if kind.needs == "features":
        return kind.evaluate(rows)
    groups = (rows.groups, rows.n_groups) if rows.leave_out else (None, 0)
    return kind.evaluate(P if kind.needs == "probabilities" else z, rows.codes, rows.n_classes, *groups)
