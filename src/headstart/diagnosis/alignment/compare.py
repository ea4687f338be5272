"""``compare_spaces``: what an aligner did to two domains, measured on rows that it did not see."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from ...core.domain import Domain, Sources, as_sources
from ...core.errors import InputError, InputTypeError
from ...core.rows import refuse_rows
from ..labels import class_shift
from ..learners import folds_of
from ..task import labels_of, task_of
from .discrepancy import auc_change, decide_domains, place
from .domains import Domains, domains_for, take
from .picture import picture, plane, turned
from .result import Alignment, Picture
from .signal import signals
from .spaces import FOLDS, Part, parts_of, units
from .words import word_for

SHOWN = 400  # rows of a domain in a picture
LEAST_ROWS = 15  # of a domain: five in each fold, one for each fold of the classifier


def compare_spaces(
    aligner: Any, target: Domain, source: Domain | Sources, *, most_rows: int = 500, random_state: Any = 0
) -> Alignment:
    """Tell what an aligner does to two domains: does it bring them together, and do rows still tell their labels?

    Parameters
    ----------
    aligner : aligner
        Such as ``hs.CORAL()``; it is not fitted, copies of it are. ``hs.CommonSpace()`` is for different columns.
    target : Domain
        The target's rows, with labels or without: any table, encoded where it holds words or gaps.
    source : Domain or Sources
        The source's rows, with labels or without. Several sources are mapped each by its own map and then seen as one.
    most_rows : int, default=500
        Rows of target and of source that are looked at, drawn at random where there are more. With 500, intervals of
        the AUC are about 0.1 wide, and four fits of the slowest aligner take about a second.
    random_state : int, RandomState or None, default=0
        Draws rows and folds, and seeds the aligner where it has no seed. An int gives the same answer each time.

    Returns
    -------
    Alignment
        It prints, and has ``to_dict()``; ``before`` and ``after`` hold the rows in two dimensions.

    Raises
    ------
    InputError, InputTypeError
        Where the aligner maps no source rows, a domain is no Domain, labels of the domains are of different types, or
        the aligner cannot be fitted to these domains.

    Notes
    -----
    *Held out.* The rows of both domains are cut into three parts. In turn the aligner, the encoder and the units are
    fitted to two of them, with their labels, and the third is mapped. All numbers are of these rows; an aligner fitted
    to all rows draws the picture alone.

    *Distance.* Within the rows held out a penalised logistic regression on the columns and on Gaussian bumps is
    cross-fitted to tell the domains apart; its AUC is compared before and after on the same rows (DeLong et al. 1988),
    with spreads widened for folds that share rows. The squared MMD is unbiased, and stands beside what it is by chance:
    what it stays below in 95 % of exchanges of rows. A column that the aligner keeps for one domain is zero in the
    other, and left out of both measures.

    *Labels.* Ridge regression with a penalty chosen by leave-one-out learns the labels from the mapped rows that the
    aligner saw, and predicts those held out: labels of the target from target rows, of the source from source rows, and
    of the target from source rows. What is told is the share of the labels' spread. It is compared with what the same
    model tells without alignment. It is a linear model: a signal that only bends carry is not measured.

    *Claims.* That domains came together or labels were lost is said where it is significant at 0.5 % and large enough
    to matter: 0.05 of AUC, 5 points of the labels' spread. Else it is undetermined, as it often is at 50 rows.

    References
    ----------
    Gretton, Borgwardt, Rasch, Schoelkopf & Smola (2012), A kernel two-sample test. JMLR 13.
    Lopez-Paz & Oquab (2017), Revisiting classifier two-sample tests. ICLR.
    DeLong, DeLong & Clarke-Pearson (1988), Comparing the areas under two or more correlated receiver operating
    characteristic curves. Biometrics 44.

    Examples
    --------
    >>> import headstart as hs
    >>> target, source = hs.datasets.make_shift("covariate", random_state=0)
    >>> found = hs.compare_spaces(hs.CORAL(), target, source)
    >>> found.domains, found.labels
    ('together', 'kept')
    >>> found.after.target.shape, found.after.source.shape
    ((200, 2), (400, 2))
    """
    sources = _checked(aligner, target, source, most_rows)
    rng = np.random.default_rng(check_random_state(random_state).randint(2**31 - 1))
    seed = int(rng.integers(2**31 - 1))
    task, y, ys = _labels(target, sources)
    rows, source_rows = _drawn(target.n_rows, most_rows, rng), _drawn(sources.n_rows, most_rows, rng)
    cut, cut_sources = _taken(target, sources, rows, source_rows)
    given_y = None if cut.y is None else np.asarray(cut.y)
    given_ys = None if ys is None else np.concatenate([np.asarray(d.y) for d in cut_sources.domains])
    domains = domains_for(_seeded(aligner, seed), cut, cut_sources, given_y, given_ys)
    y, ys = None if y is None else y[rows], None if ys is None else ys[source_rows]

    before, after, n_columns = _pictures(domains, len(rows), len(source_rows), y, ys, rng)
    parts = _parts(domains, y, ys, task, cut_sources, rng)
    d_before = d_after = change = decision = None
    if parts and all(p.after is not None for p in parts):
        placed = place(parts, [p.after for p in parts if p.after is not None], seed)
        d_after = placed.discrepancy()
        if all(p.before is not None for p in parts):
            first = place(parts, [p.before for p in parts if p.before is not None], seed)
            d_before, change = first.discrepancy(), auc_change(first, placed)
        decision = decide_domains(d_before, d_after, change)
    told = signals(parts, y, ys, task) if parts else ()
    differ, shares = _shares(y, ys, task, rng)
    word = word_for(decision, d_before, d_after, change, told, shares=shares, target_labels=y is not None)
    return Alignment(
        type(aligner).__name__,
        target.name or "target",
        _name(source),
        target.n_rows,
        sources.n_rows,
        (len(rows), len(source_rows)),
        task,
        n_columns,
        before,
        after,
        d_before,
        d_after,
        change,
        decision,
        told,
        differ,
        word,
    )


def _checked(aligner: Any, target: Any, source: Any, most_rows: Any) -> Sources:
    if isinstance(aligner, type) or not (hasattr(aligner, "fit") and hasattr(aligner, "transform_source")):
        who = aligner.__name__ if isinstance(aligner, type) else type(aligner).__name__
        mend = "make one: " + who + "()" if isinstance(aligner, type) else "for Aligned(estimator, aligner) its aligner"
        raise InputTypeError(
            f"aligner is {who}, which maps no source rows; expected an aligner such as hs.CORAL(): {mend}"
        )
    if not isinstance(target, Domain):
        raise InputTypeError(f"target is of type {type(target).__name__}; expected hs.Domain(X, y)")
    refuse_rows(target.X, what="X of the target")
    sources = as_sources(source)
    if sources is None:
        raise InputTypeError("source is None; expected hs.Domain(X_source, y_source) or hs.Sources([...])")
    if isinstance(most_rows, bool) or not isinstance(most_rows, (int, np.integer)) or most_rows < 2 * LEAST_ROWS:
        raise InputError(f"most_rows is {most_rows!r}; expected a whole number of at least {2 * LEAST_ROWS}")
    for domain in (target, *sources.domains):
        if domain.n_rows < 2:
            raise InputError(
                f"domain {domain.label!r} has {domain.n_rows} row(s); expected at least 2 in each: an aligner learns "
                "the shape of a domain"
            )
    return sources


def _labels(target: Domain, sources: Sources) -> tuple[str | None, Any, Any]:
    """The task, and the labels of both domains where all rows of a domain have one."""
    known = all(d.y is not None for d in sources.domains)
    ys = np.concatenate([np.asarray(d.y) for d in sources.domains]) if known else None
    joined = Domain(np.zeros((sources.n_rows, 1)), ys, name=sources.names[0] if len(sources.names) == 1 else "sources")
    task = task_of(target, joined)
    return task, labels_of(target, task), labels_of(joined, task)


def _drawn(n: int, most: int, rng: np.random.Generator) -> np.ndarray:
    return np.arange(n) if n <= most else np.sort(rng.choice(n, most, replace=False))


def _taken(target: Domain, sources: Sources, rows: np.ndarray, source_rows: np.ndarray) -> tuple[Domain, Sources]:
    """The domains with the rows drawn."""
    ends = np.cumsum([0, *(d.n_rows for d in sources.domains)])
    cut = []
    for domain, a, b in zip(sources.domains, ends[:-1], ends[1:], strict=True):
        own = source_rows[(source_rows >= a) & (source_rows < b)] - a
        cut.append(_rows_of(domain, own))
    return _rows_of(target, rows), Sources(cut)


def _rows_of(domain: Domain, rows: np.ndarray) -> Domain:
    return Domain(take(domain.X, rows), None if domain.y is None else domain.y[rows], name=domain.name)


def _seeded(aligner: Any, seed: int) -> Any:
    """A copy that gives the same maps each time: its random parts have a seed where they had none."""
    copy = clone(aligner)
    open_seeds = [k for k, v in copy.get_params(deep=True).items() if k.split("__")[-1] == "random_state" and v is None]
    return copy.set_params(**dict.fromkeys(open_seeds, seed))


def _pictures(
    domains: Domains, n: int, m: int, y: Any, ys: Any, rng: np.random.Generator
) -> tuple[Picture | None, Picture, tuple[int | None, int]]:
    """Both pictures, by an aligner that was fitted to all rows, and the numbers of columns."""
    maps = domains.maps(np.arange(n), np.arange(m))
    unit, unit_after = units(maps, (np.ones(n, dtype=bool), np.ones(m, dtype=bool)))
    shown = _drawn(n, SHOWN, rng), _drawn(m, SHOWN, rng)
    *points, share = plane(maps.after, unit_after)
    width = maps.after[0].shape[1]
    if maps.before is None:
        return None, picture((points[0], points[1]), share, shown, (y, ys)), (None, width)
    *first, first_share = plane(maps.before, unit)
    like = first[0], first[1]
    after = picture(turned((points[0], points[1]), like), share, shown, (y, ys))
    return picture(like, first_share, shown, (y, ys)), after, (maps.before[0].shape[1], width)


def _parts(
    domains: Domains, y: Any, ys: Any, task: str | None, sources: Sources, rng: np.random.Generator
) -> list[Part]:
    """The folds, each class and each source spread over them evenly; none where there are too few rows."""
    sizes = [d.n_rows for d in sources.domains]
    n, m = domains.target.shape[0], sum(sizes)
    if min(n, m) < LEAST_ROWS or min(sizes) < 2 * FOLDS:
        return []
    of_target = _codes(y, n) if task == "classification" else np.zeros(n, dtype=int)
    of_source = _codes(ys, m) if task == "classification" else np.zeros(m, dtype=int)
    of_source = of_source * len(sizes) + np.repeat(np.arange(len(sizes)), sizes)
    return parts_of(domains, folds_of(of_target, FOLDS, rng), folds_of(of_source, FOLDS, rng))


def _codes(y: Any, n: int) -> np.ndarray:
    return np.zeros(n, dtype=int) if y is None else np.unique(y, return_inverse=True)[1]


def _shares(y: Any, ys: Any, task: str | None, rng: np.random.Generator) -> tuple[bool | None, str]:
    """Whether classes have other shares in the two domains, and the one that differs most in words."""
    if task != "classification" or y is None or ys is None:
        return None, ""
    found = class_shift(y, ys, rng)
    if found["decision"] != "moved":
        return (False if found["decision"] == "same" else None), ""
    name, t, s, _ = max(found["shares"], key=lambda row: abs(row[1] - row[2]))
    return True, f"label {name}: {100 * t:.0f} % of the target, {100 * s:.0f} % of the source"


def _name(source: Domain | Sources) -> str:
    return source.name or "source" if isinstance(source, Domain) else " + ".join(source.names)
