"""The ways to make a map of tasks: of scores, of win rates, of affinities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

import numpy as np
import pandas as pd

from ..core.errors import InputError, InputTypeError
from ..numeric.ahp import CLIP
from .names import SEPARATOR, read_names, written
from .reading import check_tasks, read_transfers, read_verdicts, refuse_odd_selves
from .weighing import Weighed, weigh, wins_of_pairs, wins_of_scores

NORMALIZE = ("ahp", "scores")


class Making:
    """What ``TaskMap`` inherits: its constructors."""

    @classmethod
    def from_transfers(
        cls,
        table: pd.DataFrame,
        *,
        sources: str = "sources",
        target: str = "target",
        score: str = "score",
        row: str | None = None,
        higher_is_better: bool = True,
        baselines: Iterable[str] | str = (),
        normalize: str = "ahp",
        clip: float | None = None,
        separator: str = SEPARATOR,
        verdict: str | None = None,
    ) -> Self:
        """Make a map of measured transfers.

        Parameters
        ----------
        table : DataFrame
            One score a row.
        sources, target, score : str
            Its columns. ``sources`` holds a name, names joined by ``separator``, or a tuple of names; their order means
            nothing.
        row : str, default=None
            The column that tells on which row (or fold, or repeat) a score was measured. Transfers are compared on the
            rows that both were scored on; "ahp" needs it.
        higher_is_better : bool, default=True
            False for losses.
        baselines : iterable of str, or str, default=()
            Names among the sources that are no tasks, such as training from scratch: what a target gets without any
            source. They are never chosen; what is chosen is held against them.
        normalize : {"ahp", "scores"}, default="ahp"
            "ahp" compares transfers row by row, so that targets with different units can be summed (Zamir et al.
            2018). "scores": the mean score, negated where lower is better; for scores that are in one unit already.
        clip : float, default=None
            Win rates are held between this and 1 less this. None: 0.001 as in Taskonomy, which has thousands of rows;
            with fewer than 499 rows n it is 0.5 / (n + 1), since few rows cannot tell that one always wins.
        separator : str, default="+"
            What joins names of sources.
        verdict : str, default=None
            The column that tells how a transfer was judged against the baseline before: "helps", "hurts",
            "undetermined", or a gap; the same in all rows of a transfer. It decides whether a source beats the
            baseline, in the place of the win rate: ``TransferMap.to_task_map`` hands on what its map claims, which is
            of the metric, over folds, and corrected. It changes no affinity.

        Raises
        ------
        InputError
            Where rows are there twice, scores are NaN, there is one task only, all sources are baselines, no comparison
            links two transfers, or a transfer has several verdicts.
        """
        if normalize not in NORMALIZE:
            raise InputError(f"normalize is {normalize!r}; expected one of {NORMALIZE}")
        if normalize == "ahp" and row is None:
            raise InputError(
                "normalize='ahp' compares transfers row by row, and without row= each has one score; say row= with the "
                "column of rows, folds or repeats, or normalize='scores' to take scores as they are"
            )
        columns = {"sources": sources, "target": target, "row": row, "score": score}
        found = read_transfers(table, columns, separator=separator, value="score", unique=("sources", "target", "row"))
        named = read_names(baselines, what="baselines", least=0) or ()
        check_tasks(found, named)
        verdicts = read_verdicts(table, found, verdict, named)
        mean = found.groupby(["target", "sources"], sort=False)["score"].mean()
        if normalize == "scores":
            affinity = mean if higher_is_better else -mean
            return cls(_tidy(affinity, mean, verdicts), {}, {}, named, higher_is_better, normalize)
        weighed = weigh(wins_of_scores(found, higher_is_better=higher_is_better, clip=clip))
        return cls._of_weighed(weighed, named, higher_is_better, mean, verdicts)

    @classmethod
    def from_win_rates(
        cls,
        table: pd.DataFrame | Mapping[str, pd.DataFrame],
        *,
        sources: str = "sources",
        target: str = "target",
        against: str = "against",
        win_rate: str = "win_rate",
        baselines: Iterable[str] | str = (),
        clip: float = CLIP,
        separator: str = SEPARATOR,
    ) -> Self:
        """Make a map of win rates, by the Analytic Hierarchy Process.

        Parameters
        ----------
        table : DataFrame, or mapping of str to DataFrame
            One comparison a row: the share of rows, 0 to 1, in which the transfer of ``sources`` to ``target`` beats
            that of ``against``. Or for each target a square table in which the transfer of the row beats that of the
            column; a transfer against itself is 0.5 there, or NaN. Where only one direction is there, the other is what
            is missing to 1. Pairs may lack; the rest has to link all transfers of a target.
        sources, target, against, win_rate : str
            Columns of the table.
        clip : float, default=0.001
            Win rates are held between this and 1 less this, as in Taskonomy.
        baselines, separator
            As in ``from_transfers``.

        Raises
        ------
        InputError
            Where a rate is outside 0 to 1, that of a transfer against itself is not 0.5, two directions sum to more
            than 1, a comparison is there twice, or none links two transfers.
        """
        if isinstance(table, Mapping):
            table = _as_list(table)
            sources, target, against, win_rate = "sources", "target", "against", "win_rate"
        columns = {"sources": sources, "target": target, "against": against, "win_rate": win_rate}
        unique = ("sources", "target", "against")
        found = read_transfers(table, columns, separator=separator, value="win_rate", unique=unique)
        outside = ~found["win_rate"].between(0, 1)
        if outside.any():
            first = found[outside].iloc[0]
            raise InputError(
                f"a win rate of {written(first['sources'])} -> {first['target']} is {first['win_rate']:g}; expected a "
                "share of rows, 0 to 1"
            )
        refuse_odd_selves(found)
        named = read_names(baselines, what="baselines", least=0) or ()
        check_tasks(found, named, columns=("sources", "against"))
        return cls._of_weighed(weigh(wins_of_pairs(found, clip=clip)), named, True)

    @classmethod
    def from_affinities(
        cls,
        table: pd.DataFrame,
        *,
        sources: str = "sources",
        target: str = "target",
        affinity: str = "affinity",
        baselines: Iterable[str] | str = (),
        separator: str = SEPARATOR,
    ) -> Self:
        """Make a map of affinities that are known: published ones, or gains in one unit; higher is better.

        Parameters
        ----------
        table : DataFrame
            One transfer a row, with these columns; or, where it lacks the column ``target``, a table of numbers with
            one row for each set of sources and one column for each target, in which NaN was not measured.
        sources, target, affinity : str
            Columns of the table.
        baselines, separator
            As in ``from_transfers``.

        Raises
        ------
        InputError
            As in ``from_transfers``.
        """
        if isinstance(table, pd.DataFrame) and target not in table.columns and sources not in table.columns:
            if any(not pd.api.types.is_numeric_dtype(kind) for kind in table.dtypes):
                raise InputError(
                    f"the table has no columns {sources!r} and {target!r}, and holds more than numbers; expected one "
                    "transfer a row, or numbers with a row for each source and a column for each target"
                )
            long = [(s, t, v) for t in table.columns for s, v in table[t].items() if v == v]
            table = pd.DataFrame(long, columns=[sources, target, affinity])
        columns = {"sources": sources, "target": target, "affinity": affinity}
        found = read_transfers(table, columns, separator=separator, value="affinity", unique=("sources", "target"))
        named = read_names(baselines, what="baselines", least=0) or ()
        check_tasks(found, named)
        values = found.set_index(["target", "sources"])["affinity"]
        return cls(_tidy(values), {}, {}, named, True, "scores")

    @classmethod
    def _of_weighed(
        cls,
        weighed: dict[str, Weighed],
        baselines: tuple[str, ...],
        higher_is_better: bool,
        scores: pd.Series | None = None,
        verdicts: pd.Series | None = None,
    ) -> Self:
        keys = [(t, s) for t, w in weighed.items() for s in w.sources]
        values = np.concatenate([w.affinity for w in weighed.values()])
        affinity = pd.Series(values, index=_index(keys))
        return cls(
            _tidy(affinity, scores, verdicts),
            {t: w.labelled(w.wins) for t, w in weighed.items()},
            {t: w.inconsistency for t, w in weighed.items()},
            baselines,
            higher_is_better,
            "ahp",
            {t: w.labelled(w.rows.astype(int)) for t, w in weighed.items() if w.rows is not None},
        )


def _tidy(affinity: pd.Series, scores: pd.Series | None = None, verdicts: pd.Series | None = None) -> pd.DataFrame:
    """Affinities by target and sources as a table, by target, order and name."""
    keys = sorted(affinity.index, key=lambda k: (k[0], len(k[1]), k[1]))
    values, measured, judged = ({} if given is None else given.to_dict() for given in (affinity, scores, verdicts))
    return pd.DataFrame(
        {
            "sources": pd.Series([s for _, s in keys], dtype=object),
            "order": [len(s) for _, s in keys],
            "target": [t for t, _ in keys],
            "affinity": [float(values[k]) for k in keys],
            "score": [float(measured.get(k, np.nan)) for k in keys],
            "verdict": [judged.get(k, "") for k in keys],
        }
    )


def _index(keys: list[tuple[str, tuple[str, ...]]]) -> pd.Index:
    found = np.empty(len(keys), dtype=object)
    found[:] = keys
    return pd.Index(found, tupleize_cols=False)


def _as_list(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Square tables of targets as one table with a comparison a row; gaps are left out."""
    rows = []
    for target, table in tables.items():
        if not isinstance(table, pd.DataFrame):
            raise InputTypeError(f"the win rates of {target!r} are a {type(table).__name__}; expected a DataFrame")
        if list(table.index) != list(table.columns):
            raise InputError(
                f"the win rates of {target!r} have other rows than columns; expected the same transfers in both, in "
                "the same order"
            )
        values = table.to_numpy(dtype=float)
        names = [str(n) for n in table.columns]
        rows += [
            (names[i], target, names[j], values[i, j])
            for i in range(len(names))
            for j in range(len(names))
            if not np.isnan(values[i, j])
        ]
    return pd.DataFrame(rows, columns=["sources", "target", "against", "win_rate"])
