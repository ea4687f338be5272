"""Which differently named columns of two domains mean the same: a proposal, never more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from ..columns import column_kind, to_numbers, to_words
from ..core.domain import Domain, as_table
from ..core.errors import InputError, InputTypeError
from ..core.rows import refuse_rows
from ..numeric.column_scores import levels_score, name_score, numbers_score, same_but_for_a_word, words_of
from ._raw_domains import MAX_LEVELS, as_frame, refuse_sparse, some_names

LEAST = 0.5
NAME = 0.6
# Values alone propose two columns of numbers from this score on, where no third column comes as near as CLEAR to it and
# each has VALUES different ones: counts, codes and flags look alike whatever they mean.
ALONE, CLEAR, VALUES = 0.8, 0.05, 100
# Levels that columns of any meaning have: they say nothing about which one it is.
COMMON = {"yes", "no", "y", "n", "true", "false", "0", "1", "2", "other", "none", "unknown", "na"}
MOST_ROWS = 5000


@dataclass(frozen=True)
class ColumnMatch:
    """A proposal: the names of one column in both domains, its kind, a score from 0 to 1, and why.

    ``weak`` where the values alone speak for it.
    """

    target: str
    source: str
    kind: str
    score: float
    reasons: tuple[str, ...]
    weak: bool = False


@dataclass(frozen=True)
class ColumnMatches:
    """Columns of two domains that may mean the same under two names; ``print`` shows them as a table.

    Attributes
    ----------
    matches : tuple of ColumnMatch
        The proposals, best first: ``target`` and ``source`` (the names), ``kind``, ``score`` (0 to 1), ``reasons`` and
        ``weak``, which marks those that rest on values alone; they come last. No column is in two of them.
    same : tuple of str
        Columns of one name, which are taken for the same and not looked at.
    only_target, only_source : tuple of str
        Columns without a proposal.
    """

    matches: tuple[ColumnMatch, ...]
    same: tuple[str, ...]
    only_target: tuple[str, ...]
    only_source: tuple[str, ...]

    def rename(self, source: Any, *, only: Iterable[str] | None = None) -> Any:
        """The source with the proposed columns under the target's names; nothing else is changed.

        Parameters
        ----------
        source : Domain or DataFrame
            The source of ``match_columns``, or other rows with its columns.
        only : iterable of str, default=None
            The target's names of the proposals to apply. None: all but the weak ones, which have to be named.

        Returns
        -------
        Domain or DataFrame, as ``source``
        """
        wanted = {m.target for m in self.matches if not m.weak} if only is None else set(_as_names(only))
        unknown = wanted - {m.target for m in self.matches}
        if unknown:
            raise InputError(
                f"only= names {some_names(sorted(unknown))}, for which there is no proposal; expected some of "
                f"{some_names([m.target for m in self.matches]) or 'none, since nothing is proposed'}"
            )
        names = {m.source: m.target for m in self.matches if m.target in wanted}
        if isinstance(source, Domain):
            return Domain(self._renamed(source.X, names), source.y, name=source.name)
        return self._renamed(as_table(source, what="source"), names)

    def _renamed(self, table: Any, names: dict[str, str]) -> pd.DataFrame:
        if not isinstance(table, pd.DataFrame):
            raise InputTypeError("the source is an array, whose columns have no names; expected a DataFrame")
        lacking = [name for name in names if name not in {str(c) for c in table.columns}]
        if lacking:
            raise InputError(f"the source lacks {some_names(lacking)}; expected the columns that were matched")
        return table.rename(columns={c: names[str(c)] for c in table.columns if str(c) in names})

    def __str__(self) -> str:
        head = ("target", "source", "kind", "score", "why")
        rows = [(m.target, m.source, m.kind, f"{m.score:.2f}", "; ".join(m.reasons)) for m in self.matches]
        lines = []
        if rows:
            widths = [max(len(r[j]) for r in (head, *rows)) for j in range(4)]
            for row in (head, *rows):
                cells = [cell.ljust(w) for cell, w in zip(row[:4], widths, strict=True)]
                lines.append("  ".join([*cells, row[4]]).rstrip())
        else:
            lines.append("no two columns of different names look alike enough to be proposed")
        for label, names in (
            ("same name", self.same),
            ("only in the target", self.only_target),
            ("only in the source", self.only_source),
        ):
            if names:
                lines.append(f"{label}: {some_names(list(names), 8)}")
        return "\n".join(lines)

    __repr__ = __str__


def match_columns(target: Any, source: Any) -> ColumnMatches:
    """Propose which differently named columns of target and source mean the same.

    Parameters
    ----------
    target, source : Domain or DataFrame
        Tables whose columns have names. Labels play no part.

    Returns
    -------
    ColumnMatches
        At most one proposal for each column. Nothing is renamed: look at it, then ``matches.rename(source)``.

    Raises
    ------
    InputError, InputTypeError
        Where a table has no names, is sparse, or has no rows.

    Notes
    -----
    Only columns of one kind are compared. For numbers the score is 0.6 times that of the names and 0.4 times that of
    the values (one less the Kolmogorov-Smirnov distance: columns in other units look different). Names are alike by
    their words, abbreviations, and a short list of synonyms, such as gender and sex; not at all where they share a word
    and differ in another ("mean area", "mean age"), which speaks for two things. For words the levels take the place of
    the values, and many levels in common are enough by themselves, whatever the names; yes, no and numbers do not count
    for that, and count half otherwise. The pairs are those with the largest sum of scores, one to one, of which those
    from 0.5 are proposed. The weights are a rule of thumb: they were set by hand, not learned.

    Of the columns of numbers that are left, two are proposed as ``weak`` by their values alone: where each has at least
    100 different values, these score at least 0.8, no other column of either domain comes within 0.05 of that, and the
    names do not share a word and differ in another. The three limits were set on tables of houses and wages, on which
    ``python -m benchmarks.column_matches`` counts what is proposed, rightly and wrongly. Columns of one unit and size
    that mean different things can be taken for each other.

    Examples
    --------
    >>> import pandas as pd, headstart as hs
    >>> ours = pd.DataFrame({"beds": [2, 3, 4, 3], "heating": ["gas", "oil", "wood", "gas"]})
    >>> theirs = pd.DataFrame({"fuel": ["oil", "gas", "gas", "wood"], "bedrooms": [3, 2, 3, 4]})
    >>> matches = hs.match_columns(ours, theirs)
    >>> print(matches)
    target   source    kind      score  why
    beds     bedrooms  number    0.94   names alike (0.90); values alike (1.00)
    heating  fuel      category  0.67   levels in common: gas, oil, wood
    >>> matches.rename(theirs).columns.tolist()
    ['heating', 'beds']
    """
    T, S = _named(target, "target"), _named(source, "source")
    same = [c for c in T.columns if c in set(S.columns)]
    all_ours, all_theirs = ([_Profile(frame[c]) for c in frame.columns] for frame in (T, S))
    ours, theirs = ([p for p in side if p.name not in same] for side in (all_ours, all_theirs))
    table = [[_compare(t, s) for s in theirs] for t in ours]
    found = []
    if ours and theirs:
        scores = np.array([[score for score, _ in row] for row in table])
        # What would not be proposed must not keep two columns from each other.
        rows, columns = linear_sum_assignment(np.where(scores >= LEAST, scores, 0.0), maximize=True)
        for i, j in zip(rows, columns, strict=True):
            if scores[i, j] >= LEAST:
                found.append(
                    ColumnMatch(ours[i].name, theirs[j].name, ours[i].kind, float(scores[i, j]), table[i][j][1])
                )
    taken = {m.target for m in found}, {m.source for m in found}
    found += _by_values(all_ours, all_theirs, {*same, *taken[0]}, {*same, *taken[1]})
    found.sort(key=lambda m: (m.weak, -m.score))
    taken = {m.target for m in found}, {m.source for m in found}
    return ColumnMatches(
        tuple(found),
        tuple(same),
        tuple(p.name for p in ours if p.name not in taken[0]),
        tuple(p.name for p in theirs if p.name not in taken[1]),
    )


class _Profile:
    """What is compared of a column."""

    def __init__(self, column: pd.Series) -> None:
        self.name = str(column.name)
        if len(column) > MOST_ROWS:
            column = column.iloc[np.linspace(0, len(column) - 1, MOST_ROWS).astype(int)]
        self.kind = column_kind(column, max_levels=MAX_LEVELS)
        self.numbers = to_numbers(column) if self.kind == "number" else np.empty(0)
        self.n_values = len(np.unique(self.numbers[np.isfinite(self.numbers)]))
        words = to_words(column).dropna() if self.kind in ("category", "text") else pd.Series([], dtype=object)
        if self.kind == "text":
            words = pd.Series([w for value in words for w in words_of(value)], dtype=object)
        self.levels = words.value_counts(normalize=True).to_dict()


def _compare(t: _Profile, s: _Profile) -> tuple[float, tuple[str, ...]]:
    """Score and reasons; columns of different kinds have none."""
    if t.kind != s.kind or t.kind == "empty":
        return 0.0, ()
    name = name_score(t.name, s.name)
    reasons = [f"names alike ({name:.2f})"] if name >= 0.5 else []
    if t.kind == "number":
        values = numbers_score(t.numbers, s.numbers)
        if values >= 0.5:
            reasons.append(f"values alike ({values:.2f})")
        return NAME * name + (1.0 - NAME) * values, tuple(reasons)
    if t.kind == "date":
        return name, tuple(reasons)
    values = levels_score(t.levels, s.levels)
    telling = sorted(t.levels.keys() & s.levels.keys(), key=lambda v: (-t.levels[v], v))
    if telling:
        reasons.append(f"levels in common: {some_names(telling, 3)}")
    n = sum(level.lower() not in COMMON and not level.isdigit() for level in telling)
    if not n:  # yes and no are levels of any question
        return NAME * name + (1.0 - NAME) * values / 2.0, tuple(reasons)
    return max(NAME * name + (1.0 - NAME) * values, (1.0 - 1.0 / n) * values), tuple(reasons)


def _by_values(ours: list[_Profile], theirs: list[_Profile], done: set[str], gone: set[str]) -> list[ColumnMatch]:
    """Weak proposals among the columns of numbers that are not ``done`` in the target nor ``gone`` in the source."""
    ours, theirs = ([p for p in side if p.n_values >= VALUES] for side in (ours, theirs))
    scores = np.array([[numbers_score(t.numbers, s.numbers) for s in theirs] for t in ours])
    found = []
    for i, t in enumerate(ours):
        for j, s in enumerate(theirs):
            rivals = np.concatenate([np.delete(scores[i], j), np.delete(scores[:, j], i), [0.0]])
            clear = scores[i, j] >= ALONE and scores[i, j] - rivals.max() > CLEAR
            if clear and t.name not in done and s.name not in gone and not same_but_for_a_word(t.name, s.name):
                score = NAME * name_score(t.name, s.name) + (1.0 - NAME) * scores[i, j]
                why = f"weak: only the values are alike ({scores[i, j]:.2f}), and those of no other column"
                found.append(ColumnMatch(t.name, s.name, t.kind, float(score), (why,), weak=True))
    return found


def _named(table: Any, what: str) -> pd.DataFrame:
    X = table.X if isinstance(table, Domain) else as_table(table, what=what)
    refuse_rows(X, what=f"X of {what}")
    refuse_sparse(X, what)
    if not isinstance(X, pd.DataFrame):
        raise InputTypeError(
            f"{what} is an array, whose columns have no names; expected a DataFrame: without names there is too little "
            "to tell a column by"
        )
    if X.shape[0] == 0:
        raise InputError(f"{what} has no rows; expected some values to compare")
    return as_frame(X)


def _as_names(only: Any) -> list[str]:
    return [only] if isinstance(only, str) else [str(name) for name in only]
