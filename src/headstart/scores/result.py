"""Scores with their intervals, as a table to print or to work with."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..core.errors import InputError


@dataclass(frozen=True)
class Score:
    """One score.

    Attributes
    ----------
    name : str
        Which score.
    score : float
        Its value on all rows.
    low, high : float
        The bootstrap interval; NaN where none was asked for.
    higher_is_better : bool
        Which way transfer is more likely to work.
    seconds : float
        What it took, interval included.
    draws : array of shape (n_boot,)
        The bootstrap draws. Two candidates that were scored on the same rows with one ``random_state`` have the same
        rows left out in the same draws: their difference, draw by draw, tells whether one is better.

    Examples
    --------
    >>> import headstart as hs
    >>> found = hs.scores.transferability(None, [0, 0, 1, 1] * 5, source_labels=list("aabb") * 5)
    >>> found["nce"].score, found["nce"].higher_is_better, found["nce"].draws.shape
    (0.0, True, (500,))
    """

    name: str
    score: float
    low: float
    high: float
    higher_is_better: bool
    seconds: float
    draws: np.ndarray = field(repr=False, compare=False)


@dataclass(frozen=True)
class ScoreTable:
    """What ``transferability`` or ``domain_distances`` found; print it, loop over it, or pick a score by name.

    Attributes
    ----------
    title : str
        What was scored.
    scores : tuple of Score
        One for each score, in the order asked for.
    level : float
        Of the intervals.
    n_boot : int
        Bootstrap draws.
    skipped : dict of str to str
        Scores left out of "default" or "all", and what they would need.

    Examples
    --------
    >>> import headstart as hs
    >>> found = hs.scores.transferability([[0.0], [0.1], [0.2], [1.0], [1.1], [1.2]] * 2, list("aaabbb") * 2, n_boot=0)
    >>> print(round(found["h_score"].score, 2))
    0.97
    """

    title: str
    scores: tuple[Score, ...]
    level: float
    n_boot: int
    skipped: dict[str, str]

    def __getitem__(self, name: str) -> Score:
        for score in self.scores:
            if score.name == name:
                return score
        raise InputError(f"there is no score {name!r}; expected one of {', '.join(s.name for s in self.scores)}")

    def __iter__(self) -> Iterator[Score]:
        return iter(self.scores)

    def __len__(self) -> int:
        return len(self.scores)

    def to_dict(self) -> dict[str, Any]:
        """Everything but the draws as plain dicts, lists, strings, numbers and None: ready for JSON."""
        rows = []
        for s in self.scores:
            numbers = {key: _plain(getattr(s, key)) for key in ("score", "low", "high", "seconds")}
            rows.append({"name": s.name, **numbers, "higher_is_better": s.higher_is_better})
        return {
            "title": self.title,
            "level": self.level,
            "n_boot": self.n_boot,
            "scores": rows,
            "skipped": dict(self.skipped),
        }

    def to_frame(self) -> Any:
        """A pandas DataFrame with one row for each score."""
        import pandas as pd

        columns = ["score", "low", "high", "higher_is_better", "seconds"]
        rows = [[getattr(s, c) for c in columns] for s in self.scores]
        return pd.DataFrame(rows, columns=columns, index=pd.Index([s.name for s in self.scores], name="name"))

    def __str__(self) -> str:
        interval = f"{100 * self.level:g} % interval" if self.n_boot else ""
        lines = [self.title, f"{'':20}{'score':>10}  {interval:>22}  {'better':>7}  {'seconds':>8}"]
        for s in self.scores:
            span = f"{s.low:.4g} to {s.high:.4g}" if self.n_boot else ""
            better = "higher" if s.higher_is_better else "lower"
            lines.append(f"{s.name:20}{s.score:>10.4g}  {span:>22}  {better:>7}  {s.seconds:>8.2f}")
        for reason in dict.fromkeys(self.skipped.values()):
            names = ", ".join(name for name, why in self.skipped.items() if why == reason)
            lines.append(f"left out: {names} ({reason})")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


def _plain(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
