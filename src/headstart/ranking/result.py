"""What a ranking of sources found: a table, the best, those tied with it, those that hurt, those left out."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from ..guard import METRIC_WORDS
from ..numeric.resampled import Gain

# The first columns of the table; cheap scores follow, then seconds and the note.
COLUMNS = [
    "rank",
    "source",
    "verdict",
    "gain",
    "gain_low",
    "gain_high",
    "p_harm",
    "pooling_gain",
    "pooling_low",
    "pooling_high",
    "behind",
    "behind_low",
    "behind_high",
    "tied",
    "folds",
    "rows",
]
NOT_TRIED, UNUSABLE = "not tried", "cannot be used"


@dataclass(frozen=True, eq=False)
class SourceRanking:
    """Sources ranked by what they add to a target, with the evidence. ``print`` it, or take ``table``.

    Attributes
    ----------
    table : DataFrame
        A row for each source, the best first, those that hold rows of the target last: ``rank``; ``gain`` in the
        metric over target only, of a model that weighs the source by held-out rows, with the interval ``gain_low`` to
        ``gain_high`` and ``p_harm``, the probability that it is below zero; ``verdict`` ("helps" where that interval
        lies above zero, "hurts" where it lies below, else "undetermined"; "not tried", "cannot be used");
        ``pooling_gain`` with ``pooling_low`` and ``pooling_high``, the gain of the better plain pooling; ``behind``, by
        how much less it gains than the best on the folds that both were tried on, with its interval (NaN for
        ``leaks``); ``tied`` with the best, where that interval holds zero;
        ``folds`` and source ``rows`` it was tried on; a column for each cheap score; ``seconds``; ``note``. Intervals
        are corrected for the number of sources.
    target, n_target : str, int
        Its name, and its labelled rows.
    metric : str
        What gains are stated in; higher is better.
    level : float
        Coverage of the intervals, of all sources at once.
    best : str
        The first of the ranking. Whether it helps is another question: see its verdict.
    tied : tuple of str
        The sources that the rows do not tell from the best, itself among them.
    harmful : tuple of str
        Sources that would hurt someone who pools them, or even the model that weighs them: the interval of either gain
        lies below zero. A source whose pooling hurts may help where it is weighed.
    leaks : dict of str to str
        Sources that hold rows of the target, and what was found: their gains are not to be trusted.
    left_out : dict of str to str
        Sources without a place, and why: those that cannot be used, and those that were not tried.
    choice : Gain
        What choosing a source by these rows gains, each fold judged by the choice of the other folds: ``mean``,
        ``low``, ``high``, ``p_harm``. Unlike the best one's own ``gain`` it is not flattered by the choice.
    decided_by : str
        The cheap score that chose whom to try first; empty where there was none.
    seconds, seconds_of_all : float
        What the ranking took, and what trying all sources on all folds would have taken.
    seed : int or None
        What was passed as ``random_state``, if it was a number.
    """

    table: pd.DataFrame
    target: str
    n_target: int
    metric: str
    level: float
    best: str
    tied: tuple[str, ...]
    harmful: tuple[str, ...]
    left_out: dict[str, str]
    choice: Gain
    decided_by: str
    seconds: float
    seconds_of_all: float
    cheap: tuple[str, ...] = field(default=(), repr=False)
    leaks: dict[str, str] = field(default_factory=dict)
    seed: int | None = None

    @property
    def metric_word(self) -> str:
        """The metric in words."""
        return METRIC_WORDS.get(self.metric, self.metric)

    @property
    def share_of_time(self) -> float:
        """Its time as a share of that of trying all sources on all folds."""
        return self.seconds / self.seconds_of_all if self.seconds_of_all > 0 else math.nan

    def warnings(self) -> list[str]:
        """What is to be read before all else: the sources that hold rows of the target."""
        rows = self.table.set_index("source")
        said = []
        for name, found in self.leaks.items():
            gain = rows.loc[name, "gain"]
            told = "" if pd.isna(gain) else f" What it seems to add, {gain:+.3f} {self.metric_word}, may be just that."
            said.append(f"{found[:1].upper()}{found[1:]}.{told}")
        if self.best in self.leaks:
            said.append("All sources tried hold rows of the target: no gain of this ranking is to be trusted.")
        elif self.leaks:
            one = len(self.leaks) == 1
            said.append(
                f"So {'it stands' if one else 'they stand'} behind the others, without a part in the choice, and "
                f"{'its gain is' if one else 'their gains are'} not to be trusted."
            )
        return said

    def sentences(self) -> list[str]:
        """What the table says, in words; what ``warnings`` says is to be read before it."""
        noted = [f"{name}: {note}" for name, note in self.notes().items()]
        return [*self.findings(), *noted, *(f"{name}: {why}" for name, why in self.left_out.items())]

    def findings(self) -> list[str]:
        """The sentences without those of single sources: who comes first, ties, the gain of choosing, and harm."""
        first = self.table.iloc[0]
        leaks = "Scored on rows that it holds, " if self.best in self.leaks else ""
        gain = self._gain(first["gain"], first["gain_low"], first["gain_high"])
        said = [f"{leaks}{self.best} comes first: {gain}."]
        aside = set() if self.best in self.leaks else set(self.leaks)
        ranked = int((self.table["rank"].notna() & ~self.table["source"].isin(aside)).sum())
        if len(self.tied) > 1:
            others = [n for n in self.tied if n != self.best]
            said.append(
                f"{'All' if len(self.tied) == ranked else f'{len(self.tied)} of {ranked}'} are tied: {self.n_target} "
                f"labelled rows do not tell {_listed(others)} from it."
            )
        elif ranked > 1:
            said.append(f"The others are behind it for all that {self.n_target} labelled rows tell.")
        if ranked > 1:
            gain = self._gain(self.choice.mean, self.choice.low, self.choice.high)
            said.append(f"Choosing by these rows, judged on rows without a part in the choice: {gain}.")
        return [*said, *self._rounds(), *self._harm()]

    def _rounds(self) -> list[str]:
        """Why a smaller gain may stand before a larger one: what was dropped early stands behind what went on."""
        rows = self.table[self.table["rank"].notna() & ~self.table["source"].isin(list(self.leaks))]
        if not (rows["gain"].diff() > 0).any() or rows["folds"].nunique() < 2:
            return []
        few = rows[rows["folds"] < rows["folds"].max()]
        return [
            f"{_listed(few['source'])} {'was' if len(few) == 1 else 'were'} dropped after fewer folds and "
            f"{'stands' if len(few) == 1 else 'stand'} behind those that went on."
        ]

    def _harm(self) -> list[str]:
        """Whom it hurts to pool, and who hurts even where it is weighed."""
        rows = self.table[self.table["source"].isin(self.harmful)]
        pooled = list(rows.loc[rows["pooling_high"] < 0, "source"])
        weighed = list(rows.loc[rows["gain_high"] < 0, "source"])
        said = []
        if pooled:
            said.append(
                f"Pooling would hurt: {_listed(pooled)}. Whoever puts {'its' if len(pooled) == 1 else 'their'} rows "
                "beside the target's loses; the gains above are those of a model that weighs them by held-out rows."
            )
        if weighed:
            said.append(f"Would hurt even where held-out rows weigh {_it(weighed)}: {_listed(weighed)}.")
        return said

    def notes(self) -> dict[str, str]:
        """What is to be known of how a source was tried, such as that it shares no column with the target."""
        ranked = self.table[self.table["rank"].notna()]
        found = dict(zip(ranked["source"], ranked["note"], strict=True))
        # what warnings tells is told there
        rest = {name: note.replace(self.leaks.get(name) or "\0", "").strip("; ") for name, note in found.items()}
        return {name: note for name, note in rest.items() if note}

    def with_unusable(self, reasons: Mapping[str, str]) -> SourceRanking:
        """The same with sources that were found to be of no use before, and why, behind all others."""
        if not reasons:
            return self
        blank = dict.fromkeys(self.table.columns, math.nan) | {"verdict": UNUSABLE, "tied": False, "folds": 0}
        rows = [*self.table.to_dict("records"), *({**blank, "source": n, "note": why} for n, why in reasons.items())]
        table = pd.DataFrame(rows, columns=self.table.columns)
        return replace(self, table=table, left_out={**self.left_out, **reasons})

    def _gain(self, mean: float, low: float, high: float) -> str:
        return f"{mean:+.3f} {self.metric_word} over target only ({self.level:.0%} interval {low:+.3f} to {high:+.3f})"

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values that JSON can hold; infinity becomes the word "unbounded"."""
        rows = [{k: _plain(v) for k, v in row.items()} for row in self.table.to_dict("records")]
        return {
            "target": self.target,
            "n_target": self.n_target,
            "metric": self.metric,
            "level": self.level,
            "best": self.best,
            "tied": list(self.tied),
            "harmful": list(self.harmful),
            "leaks": dict(self.leaks),
            "left_out": dict(self.left_out),
            "choice": {k: _plain(getattr(self.choice, k)) for k in ("mean", "low", "high", "p_harm")},
            "decided_by": self.decided_by,
            "seed": self.seed,
            "seconds": self.seconds,
            "seconds_of_all": self.seconds_of_all,
            "sources": rows,
        }

    def verdict_of(self, row: Mapping[Any, Any]) -> str:
        """The verdict of a row of the table, in words: where rows leak a gain is none."""
        is_leak = row["source"] in self.leaks and row["verdict"] != "hurts" and pd.notna(row["rank"])
        return "rows leak" if is_leak else str(row["verdict"])

    def _lines(self) -> list[tuple[str, ...]]:
        lines = [
            ("", "source", f"gain ({self.metric_word})", f"{self.level:.0%} interval", "verdict", "pooling", "tied")
        ]
        for row in self.table.to_dict("records"):
            known = pd.notna(row["rank"])
            lines.append(
                (
                    f"{row['rank']:.0f}" if known else "",
                    str(row["source"]),
                    f"{row['gain']:+.3f}" if known else "",
                    f"{row['gain_low']:+.3f} to {row['gain_high']:+.3f}" if known else "",
                    self.verdict_of(row),
                    "hurts" if row["pooling_high"] < 0 else "",
                    "yes" if row["tied"] and len(self.tied) > 1 else "",
                )
            )
        return lines

    def __str__(self) -> str:
        warned = [" ".join(self.warnings())] if self.leaks else []
        head = f"Sources for {self.target}, {self.n_target} labelled rows"
        lines = self._lines()
        widths = [max(len(line[k]) for line in lines) for k in range(len(lines[0]))]
        table = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines]
        return "\n".join([*(f"Read this first: {w}" for w in warned), head, *table, *self.sentences()])

    def _repr_html_(self) -> str:
        head, *rows = self._lines()
        cells = ["".join(f"<th>{html.escape(c)}</th>" for c in head)]
        cells += ["".join(f"<td>{html.escape(c)}</td>" for c in row) for row in rows]
        said = "".join(f"<p>{html.escape(s)}</p>" for s in self.sentences())
        warned = "".join(f"<p><strong>{html.escape(w)}</strong></p>" for w in self.warnings())
        return f"{warned}<table>{''.join(f'<tr>{c}</tr>' for c in cells)}</table>{said}"


def _it(names: Any) -> str:
    return "it" if len(names) == 1 else "them"


def _listed(names: Any) -> str:
    listed = [str(n) for n in names]
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"


def _plain(value: Any) -> Any:
    """A value of the table for JSON."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return None if math.isnan(value) else value if math.isfinite(value) else "unbounded"
    return value
