"""The answer of ``diagnose``."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..core.errors import InputError
from .columns import Columns
from .concept import ConceptShift
from .covariates import CovariateShift
from .duplicates import Duplicates
from .labels import LabelShift
from .setting import Method


@dataclass(frozen=True)
class Diagnosis:
    """How a target and a source differ; print it.

    Attributes
    ----------
    target, source : str
        Names of the domains.
    n_target, n_unlabeled, n_source : int
        Rows of the target, unlabelled target rows beside it, and rows of the source.
    n_looked_at : tuple of int
        Rows of target (with the unlabelled ones) and source that were looked at: at most 20,000 each, drawn at random.
    task : {"classification", "regression"} or None
        What the labels are.
    setting : tuple of str
        One or more of "identical", "domain adaptation" (p(x) moved), "label shift" (p(y) moved and p(x given y) did
        not), "concept shift" (p(y given x) moved), "heterogeneous" (other columns), "different label space", or
        "undetermined" alone where none can be claimed.
    undetermined : tuple of str
        What these rows cannot tell: "p(x)", "p(y)", "p(y given x)", "p(x given y)".
    possible : tuple of str
        Where p(x) or p(y) moved and these rows cannot tell why: the settings that remain. Else empty.
    methods, against : tuple of Method
        The methods of headstart that apply, and those advised against, each with ``name`` and ``reason``.
    columns : Columns
        Which columns are shared.
    covariates : CovariateShift
        p(x), and the columns that moved.
    labels : LabelShift
        Label spaces, p(y) and p(x given y).
    concept : ConceptShift
        p(y given x).
    duplicates : Duplicates or None
        Target rows that stand in the source too.
    """

    target: str
    source: str
    n_target: int
    n_unlabeled: int
    n_source: int
    n_looked_at: tuple[int, int]
    task: str | None
    setting: tuple[str, ...]
    undetermined: tuple[str, ...]
    possible: tuple[str, ...]
    methods: tuple[Method, ...]
    against: tuple[Method, ...]
    columns: Columns
    covariates: CovariateShift
    labels: LabelShift
    concept: ConceptShift
    duplicates: Duplicates | None

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings, numbers and None: ready for JSON."""
        return dict(plain(asdict(self)))

    def __str__(self) -> str:
        from .text import render

        return render(self)

    def __repr__(self) -> str:
        return f"Diagnosis({self.source!r} -> {self.target!r}: {' + '.join(self.setting)})"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


@dataclass(frozen=True)
class Diagnoses:
    """What ``diagnose`` says of several sources; print it, loop over it, or pick one by name: ``found["Hungary"]``.

    Attributes
    ----------
    diagnoses : tuple of Diagnosis
        One for each source, in the order of the sources.
    """

    diagnoses: tuple[Diagnosis, ...]

    def __getitem__(self, name: str) -> Diagnosis:
        for diagnosis in self.diagnoses:
            if diagnosis.source == name:
                return diagnosis
        raise InputError(f"there is no source {name!r}; expected one of {', '.join(d.source for d in self.diagnoses)}")

    def __iter__(self) -> Iterator[Diagnosis]:
        return iter(self.diagnoses)

    def to_dict(self) -> dict[str, Any]:
        """The ``to_dict`` of each, by source."""
        return {d.source: d.to_dict() for d in self.diagnoses}

    def __str__(self) -> str:
        from .text import render_all

        return render_all(self.diagnoses)

    def __repr__(self) -> str:
        return f"Diagnoses({', '.join(repr(d) for d in self.diagnoses)})"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


def plain(value: Any) -> Any:
    """JSON's own types; infinities and NaN, which JSON lacks, become None."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return value if value is None else str(value)
