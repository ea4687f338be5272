"""What can be said of a source before any fit to the target: its own model's outputs, and how far its rows lie."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..choose.problem import Problem, take_columns
from ..choose.scoring import Metric
from ..choose.spaces import encoder_for
from ..compose.wrapper import pad_classes
from ..core.errors import InputError
from ..core.frames import stack_tables
from ..learners import linear
from ..parameter.prior_core import source_outputs
from ..scores.domain_front import domain_distances
from ..scores.table import BY_NAME
from ..scores.target_front import transferability

# The source's own linear model, asked about target rows and scored by the metric.
OWN = "source_model"
# The first decides: of those measured it cost the chosen source least (`python -m benchmarks.source_ranking`).
AUTO = ("proxy_a_distance", "mmd", "logme", OWN, "leep")


def scores_for(asked: str | Iterable[str] | None, task: str) -> tuple[str, ...]:
    """The names of the scores, the one that decides first; those of "auto" as the task allows.

    Raises
    ------
    InputError
        Where there is no score of a name, or it is not made for the task.
    """
    if asked is None:
        return ()
    known = [OWN, *(n for n, kind in BY_NAME.items() if not kind.tasks or task in kind.tasks)]
    if isinstance(asked, str) and asked == "auto":
        return tuple(n for n in AUTO if n in known)
    names = (asked,) if isinstance(asked, str) else tuple(asked)
    for name in names:
        if name not in known:
            raise InputError(
                f"scores={asked!r}; expected 'auto', None or names among {', '.join(known)} (for a {task})"
            )
    if not names:
        raise InputError("scores is empty; expected names, the one that decides first, or None to try all sources")
    return tuple(dict.fromkeys(names))


def is_higher_better(name: str) -> bool:
    """Whether more of a score promises more transfer."""
    return name == OWN or BY_NAME[name].higher_is_better


def cheap_scores(problem: Problem, names: tuple[str, ...], metric: Metric, seed: int) -> dict[str, float]:
    """The scores of one source; NaN where source and target share no column, or a score is not defined.

    Features are the outputs of a linear model of the source (log odds, or numbers). They are few, so that a score of 50
    rows says something; LogME, which has no intercept, sees a constant column beside them.
    """
    if not names or not problem.source_tables:
        return dict.fromkeys(names, float("nan"))
    tables = list(problem.source_tables)
    rows = tables[0] if len(tables) == 1 else stack_tables(tables)
    encoder = encoder_for(problem).fit(rows)
    Zs = encoder.transform(rows)
    Zt = encoder.transform(take_columns(problem.X, tuple(problem.shared)))
    model = linear(problem.task).fit(Zs, problem.ys)
    found = {}
    for name in names:
        try:
            found[name] = _one(name, problem, model, Zs, Zt, metric, seed)
        except (InputError, np.linalg.LinAlgError):  # not defined here: too few rows of a class, a constant column
            found[name] = float("nan")
    return found


def _one(name: str, problem: Problem, model: Any, Zs: Any, Zt: Any, metric: Metric, seed: int) -> float:
    y, classes = problem.y, problem.classes
    assert y is not None
    if name == OWN:
        if classes is None:
            return metric(y, np.asarray(model.predict(Zt), dtype=float))
        return metric(y, pad_classes(np.asarray(model.predict_proba(Zt)), model.classes_, classes))
    if not BY_NAME[name].tasks:
        labels = (problem.ys, y) if BY_NAME[name].needs == "labelled domains" else (None, None)
        return domain_distances(_dense(Zs), _dense(Zt), *labels, scores=[name], n_boot=0, random_state=seed)[name].score
    features = source_outputs(model, Zt, classes)
    if name == "logme":
        features = np.column_stack([features, np.ones(len(features))])
    given = {"probabilities": np.asarray(model.predict_proba(Zt))} if classes is not None else {}
    options: Any = {"task": problem.task, "scores": [name], "n_boot": 0, "random_state": seed, **given}
    return transferability(features, y, **options)[name].score


def _dense(rows: Any) -> np.ndarray:
    return np.asarray(rows.toarray() if hasattr(rows, "toarray") else rows, dtype=float)


def most_promising(table: dict[str, dict[str, float]], names: tuple[str, ...]) -> list[str]:
    """Sources by the score that decides, the best first; those without a value last, in the order given."""
    if not names:
        return list(table)
    sign = -1.0 if is_higher_better(names[0]) else 1.0

    def place(source: str) -> float:
        value = table[source][names[0]]
        return sign * value if np.isfinite(value) else np.inf

    return sorted(table, key=place)
