"""What a ranking of backbones found."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ..guard import METRIC_WORDS
from .result import _listed, _plain

BACKBONE_COLUMNS = [
    "rank",
    "backbone",
    "tried",
    "score",
    "frozen_score",
    "behind",
    "behind_low",
    "behind_high",
    "tied",
    "n_features",
    "parameters",
]


@dataclass(frozen=True, eq=False)
class BackboneRanking:
    """Backbones ranked by what they are worth to a target, with the evidence. ``print`` it, or take ``table``.

    Attributes
    ----------
    table : DataFrame
        A row for each backbone, the best first: ``rank``; ``tried`` ("fine-tuned", "frozen", "cannot be used"), how far
        it came; ``score`` on held-out rows of the last thing that was tried, ``frozen_score`` of a linear model on
        its features as they are; ``behind``, by how much more it loses on a held-out row than the best (nats, of
        numbers in units of the target's variance), with its interval, corrected for the number of comparisons; ``tied``
        with the best; ``n_features``; ``parameters``; a column for each cheap score; ``seconds``; ``note``.
    n_target : int
        Labelled rows.
    metric : str
        What scores are of; higher is better.
    level : float
        Coverage of the intervals.
    best : str
        The first of the ranking.
    tied : tuple of str
        Those that the rows do not tell from the best, itself among them.
    left_out : dict of str to str
        Those that cannot be used or were not tried, and why.
    seconds : float
        What the ranking took.
    target, task : str
        The target's name; "classification" or "regression".
    n_folds, repeats : int
        Folds of a shuffling, and shufflings of the last round of linear models.
    epochs : int or None
        Of each fine-tuning; None where they were chosen by the number of rows.
    seed : int or None
        What was passed as ``random_state``, if it was a number.
    """

    table: pd.DataFrame
    n_target: int
    metric: str
    level: float
    best: str
    tied: tuple[str, ...]
    left_out: dict[str, str]
    seconds: float
    cheap: tuple[str, ...] = field(default=(), repr=False)
    target: str = "the target"
    task: str = "classification"
    n_folds: int = 0
    repeats: int = 0
    epochs: int | None = None
    seed: int | None = None

    @property
    def decided_by(self) -> str:
        """The score that decided who is tried first; empty where none was asked for."""
        return self.cheap[0] if self.cheap else ""

    @property
    def metric_word(self) -> str:
        """The metric in words."""
        return METRIC_WORDS.get(self.metric, self.metric)

    def sentences(self) -> list[str]:
        """What the table says, in words."""
        first = self.table.iloc[0]
        said = [f"{self.best} comes first: {first['score']:.3f} {self.metric_word} on held-out rows, {first['tried']}."]
        others = [n for n in self.tied if n != self.best]
        ranked = int(self.table["rank"].notna().sum())
        if others:
            said.append(f"Tied with it: {_listed(others)}; {self.n_target} labelled rows do not tell them apart.")
        elif ranked > 1:
            said.append(f"The others are behind it for all that {self.n_target} labelled rows tell.")
        return said + [f"{name}: {why}" for name, why in self.left_out.items()]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values that JSON can hold."""
        return {
            "target": self.target,
            "n_target": self.n_target,
            "task": self.task,
            "metric": self.metric,
            "level": self.level,
            "best": self.best,
            "tied": list(self.tied),
            "left_out": dict(self.left_out),
            "decided_by": self.decided_by,
            "n_folds": self.n_folds,
            "repeats": self.repeats,
            "epochs": self.epochs,
            "seed": self.seed,
            "seconds": self.seconds,
            "backbones": [{k: _plain(v) for k, v in row.items()} for row in self.table.to_dict("records")],
        }

    def _lines(self) -> list[tuple[str, ...]]:
        lines = [("", "backbone", "tried", self.metric_word, "behind", f"{self.level:.0%} interval", "tied")]
        for row in self.table.to_dict("records"):
            known = pd.notna(row["rank"])
            lines.append(
                (
                    f"{row['rank']:.0f}" if known else "",
                    str(row["backbone"]),
                    str(row["tried"]),
                    f"{row['score']:.3f}" if known else "",
                    f"{row['behind']:.3f}" if known else "",
                    f"{row['behind_low']:+.3f} to {row['behind_high']:+.3f}" if known else "",
                    "yes" if row["tied"] else "",
                )
            )
        return lines

    def __str__(self) -> str:
        lines = self._lines()
        widths = [max(len(line[k]) for line in lines) for k in range(len(lines[0]))]
        table = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines]
        return "\n".join([f"Backbones for {self.n_target} labelled rows", *table, *self.sentences()])

    def _repr_html_(self) -> str:
        head, *rows = self._lines()
        cells = ["".join(f"<th>{html.escape(c)}</th>" for c in head)]
        cells += ["".join(f"<td>{html.escape(c)}</td>" for c in row) for row in rows]
        said = "".join(f"<p>{html.escape(s)}</p>" for s in self.sentences())
        return f"<table>{''.join(f'<tr>{c}</tr>' for c in cells)}</table>{said}"
