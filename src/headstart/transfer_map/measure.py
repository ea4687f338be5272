"""``map_transfers``: every source to every target, resumable and within a time limit."""

from __future__ import annotations

import os
from typing import Any

from ..core.errors import InputError
from .fingerprint import fingerprint
from .journal import Journal
from .reading import read
from .result import TransferMap
from .run import Progress, run_of_domains
from .settings import check_settings, versions


def map_transfers(
    domains: Any,
    *,
    targets: Any = None,
    sources: Any = None,
    orders: int = 1,
    n_target: int | None = None,
    task: str | None = None,
    scoring: Any = None,
    level: float = 0.9,
    correction: str | None = "bh",
    methods: str = "quick",
    repeats: int = 2,
    max_source_rows: int | None = 5000,
    time_limit: float | None = None,
    resume: str | os.PathLike[str] | None = None,
    n_jobs: int | None = None,
    progress: Progress | None = None,
    random_state: int = 0,
) -> TransferMap:
    """Measure what every domain brings to every other one as a source, and who harms whom.

    Each cell of the map is a trial on held-out rows of its target: the model that ``TransferClassifier`` or
    ``TransferRegressor`` would blend of target and source, and plain pooling, both against the target alone. All
    sources of a target are tried on the same folds, against the same target-only model.

    Parameters
    ----------
    domains : list of Domain, Sources, or dict of str to Domain
        At least two tables with labels and different names, all with the same task.
    targets, sources : list of str, default=None
        The domains that are transferred to, and from. None: all. A domain that cannot be a target (fewer than 8 rows,
        or one class) is skipped and named where ``targets`` is None, and refused where it names it.
    orders : int, default=1
        How many sources are tried together, at most: 2 also tries all pairs, which makes the map larger by far.
    n_target : int, default=None
        How many labelled rows of each target are used, drawn in proportion to its classes (to the sizes of its
        numbers); no other row of the target is looked at. It makes gains of targets of different size comparable, and
        is the number that the map speaks about: what helps at 50 rows may not at 500. None: all rows.
    task : {"classification", "regression"}, default=None
        None: told from the labels.
    scoring : str or scorer, default=None
        One metric for all targets. None: area under the ROC curve where there are two classes in all domains together,
        accuracy where there are more, R2 for numbers.
    level : float, default=0.9
        Coverage of each interval; one less it is the bound on false claims.
    correction : {"bh", "holm", None}, default="bh"
        How claims of many cells are held down. "bh" (Benjamini & Hochberg 1995): of what is said to help or hurt at
        most the share ``1 - level`` is expected to be false. "holm" (1979): the chance of even one false claim is at
        most that; for maps on which much hangs. None: each cell by itself, so that of 100 cells in which nothing is
        about 10 claim something.
    methods : {"quick", "all"}, default="quick"
        "quick": models of the source, and linear models of pooled rows. "all": what ``TransferClassifier`` tries, which
        takes many times as long.
    repeats : int, default=2
        How often a target's rows are shuffled into folds. More narrow the interval a little: all repeats share rows.
    max_source_rows : int, default=5000
        A larger source is cut to so many rows, drawn likewise. None: no cut.
    time_limit : float, default=None
        Seconds for this call. Cells are measured with one repeat each first, along diagonals of the map; then further
        repeats go where they are likeliest to change a verdict, for the seconds that they take. No measurement is begun
        that is expected to end too late; cells that were not reached are NaN and listed in ``unmeasured_``. None: all
        cells get all repeats.
    resume : path, default=None
        A file of JSON lines to which each measurement is written as it is made, and from which an interrupted map goes
        on: the result is, to the last digit, that of a map that was not interrupted. A file of other data, settings or
        versions is refused. It holds scores and losses, and, while cells wait for more repeats, predictions for target
        rows; it holds no row of the data.
    n_jobs : int, default=None
        Folds fitted at the same time. None: one.
    progress : callable, default=None
        Called before each measurement with those done, those in all, and the cell's name.
    random_state : int, default=0
        Folds and drawn rows follow from it and the domain's name: adding a domain changes no other cell.

    Returns
    -------
    TransferMap
        Tables of gains, intervals and verdicts; what is asymmetric; who harms whom.

    Raises
    ------
    InputError
        Where there are fewer than two domains, a domain has no labels or no name of its own, classes and numbers are
        mixed, a name is not known, a target has too few rows, or the file to go on from is of another run.
    InputTypeError
        Where ``domains`` holds anything but domains.

    Notes
    -----
    Without a time limit the map depends on the data and the seed alone. With one the machine decides how many repeats a
    cell has; its numbers are those of its repeats, whenever they were measured.

    That a cell is undetermined does not say that its source brings nothing: with few target rows intervals are wide.

    References
    ----------
    Wang, Dai, Poczos, Carbonell (2019). Characterizing and avoiding negative transfer. CVPR.

    Benjamini, Hochberg (1995). Controlling the false discovery rate. Journal of the Royal Statistical Society B 57.

    Examples
    --------
    Two domains in which the label depends on the columns in the same way, and one in which it is the other way round:

    >>> import numpy as np
    >>> import headstart as hs
    >>> X = np.random.default_rng(0).normal(size=(90, 2))
    >>> y = (X[:, 0] > 0).astype(int)
    >>> domains = [
    ...     hs.Domain(X[:30], y[:30], name="north"),
    ...     hs.Domain(X[30:60], y[30:60], name="south"),
    ...     hs.Domain(X[60:], 1 - y[60:], name="turned"),
    ... ]
    >>> found = hs.map_transfers(domains, targets=["south"], scoring="accuracy", repeats=1, random_state=0)
    >>> bool(found.pooling_.loc["turned", "south"] < -0.2)
    True
    """
    seed = check_settings(level, correction, repeats, time_limit, random_state)
    if methods not in ("quick", "all"):
        raise InputError(f"methods={methods!r}; expected 'quick' or 'all'")
    asked = read(
        domains,
        targets=targets,
        sources=sources,
        orders=orders,
        n_target=n_target,
        task=task,
        scoring=scoring,
        max_source_rows=max_source_rows,
        seed=seed,
    )
    settings = asked.settings(
        level=level,
        repeats=int(repeats),
        methods=methods,
        n_target=n_target,
        max_source_rows=max_source_rows,
        orders=orders,
        random_state=seed,
    )
    about = {"settings": settings, "data": asked.checksums(fingerprint), "versions": versions()}
    journal = Journal(resume, about)
    options = {"level": level, "methods": methods, "n_jobs": n_jobs}
    run = run_of_domains(asked, journal, repeats=repeats, seed=seed, progress=progress, **options)
    run.measure(time_limit)
    return TransferMap.of(asked, run.in_order(), repeats=repeats, level=level, correction=correction)
