"""Which source to learn from: cheap scores first, then fits on folds of the target, the better sources further."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..choose.progress import reporter
from ..choose.trials import SourceTrials
from ..core.domain import Domain, Sources
from ..core.errors import HeadstartWarning, InputError, InputTypeError
from .cheap import cheap_scores, most_promising, scores_for
from .contest import SourceContest
from .result import SourceRanking
from .settings import Settings


def rank_sources(
    target: Domain,
    sources: Any,
    *,
    scores: str | Iterable[str] | None = "auto",
    keep: float = 0.5,
    repeats: int = 4,
    max_tried: int | None = 16,
    methods: str = "quick",
    task: str | None = None,
    scoring: Any = None,
    level: float = 0.9,
    time_limit: float | None = None,
    max_source_rows: int | None = 5000,
    n_jobs: int | None = None,
    progress: bool | Callable[[int, int, str], None] = False,
    random_state: Any = None,
) -> SourceRanking:
    """Rank sources by what they add to a target, and say how sure the ranking is.

    Scores that need no fit to the target decide which sources are tried, and in which order. These are fitted on
    folds of the target rows and scored on the rows held out; of each round the better half goes on to more folds.

    Parameters
    ----------
    target : Domain
        Labelled target rows, a table; at least 8.
    sources : Sources, Domain, list of Domain, or dict of str to Domain
        The sources, each with labels. Those that cannot be used (no labels, other labels than the target's, no
        labels of one class) get a row with the reason.
    scores : "auto", list of str or None, default="auto"
        Cheap scores: columns of the table, of which the first decides whom to try. Names of ``headstart.scores``, or
        "source_model": the metric of the source's own linear model on target rows. "auto": the proxy A-distance
        of the rows decides. None: none, and all sources are tried in the order given.
    keep : float, default=0.5
        The share of sources that goes on after each round.
    repeats : int, default=4
        Shufflings of the target rows into folds in the last round; each round has twice those of the one before.
    max_tried : int, default=16
        So many sources at most are fitted at all. None: all.
    methods : {"quick", "all"}, default="quick"
        What is fitted of a source: models of the source and linear models of pooled rows, or all that
        ``TransferClassifier`` tries.
    task : {"classification", "regression"}, default=None
        None: told from the target's labels.
    scoring : str or scorer, default=None
        What gains are stated in, and sources are ranked by. None: area under the ROC curve for two classes, accuracy
        for more, R2 for numbers. Among sources of one gain the smaller loss of held-out rows decides.
    level : float, default=0.9
        Coverage of the intervals, for all sources at once.
    time_limit : float, default=None
        Seconds. Sources that it does not reach, the least promising ones, are "not tried".
    max_source_rows : int, default=5000
        A larger source is cut to so many rows, drawn at random. None: no cut.
    n_jobs : int, default=None
        Folds fitted at the same time. None: one.
    progress : bool or callable, default=False
        Show a bar, or call ``progress(done, total, name)`` before each measurement, which is named by its round and its
        source, and at the end.
    random_state : int, RandomState or None, default=None
        Folds and drawn rows follow from it.

    Returns
    -------
    SourceRanking
        Print it, or take its ``table``, ``best``, ``tied`` and ``harmful``.

    Raises
    ------
    InputError
        Where the target has no labels or too few rows, sources have one name twice, a parameter is out of range, or
        no source can be used.
    InputTypeError
        Where something else than domains is given.

    Notes
    -----
    The scores that decide and the rounds look at the labels of rows that later folds score again. Two things keep what
    is said honest. Intervals are those of all sources at once (Bonferroni over all that could have been chosen, tried
    or not), so that they hold for the chosen one whatever chose it. And ``choice`` is the gain of choosing itself: in
    each fold the source that the other folds choose is scored.

    A source that holds rows of the target is told of first and warned of: it knows what it is scored on. As in
    ``TransferClassifier`` nothing is said to help then. It is tried after the others and stands behind them, without a
    part in ``best``, ``tied`` and ``choice``, unless all sources are of that kind.

    They are ranked by the gain of a model that weighs them by held-out rows, as ``TransferClassifier`` does. What plain
    pooling does stands beside it: a source that it hurts to pool can be the best one where it is weighed.

    Sources are compared by the differences of their scores on the same folds, with the correction of Nadeau and Bengio
    (2003) for shared rows. A source whose interval holds zero is tied with the best: several usually are.

    References
    ----------
    Jamieson, Talwalkar (2016), Non-stochastic best arm identification and hyperparameter optimization, AISTATS.

    Nadeau, Bengio (2003), Inference for the generalization error, Machine Learning 52.

    Examples
    --------
    >>> import headstart as hs
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> X, Xs = rng.normal(size=(24, 3)), rng.normal(size=(200, 3))
    >>> target = hs.Domain(X, X[:, 0] + 0.3 * rng.normal(size=24) > 0, name="here")
    >>> related = hs.Domain(Xs, Xs[:, 0] > 0, name="related")
    >>> other = hs.Domain(Xs, Xs[:, 2] > 0, name="other")
    >>> ranking = hs.rank_sources(target, [other, related], repeats=1, random_state=0)
    >>> ranking.best
    'related'
    """
    settings = Settings(keep, repeats, max_tried, level, time_limit, progress, random_state)
    start = time.perf_counter()
    listed = _as_sources(sources)
    if not isinstance(target, Domain):
        raise InputTypeError(f"target is of type {type(target).__name__}; expected hs.Domain(X, y)")
    trials = SourceTrials(
        target,
        listed,
        task=task,
        scoring=scoring,
        # Bonferroni over all that could be chosen; those that turn out not to be usable only make it wider
        level=1 - (1 - level) / len(listed.domains),
        methods=methods,
        repeats=repeats,
        max_source_rows=max_source_rows,
        n_jobs=n_jobs,
        random=settings.generator(),
    )
    return rank_on(trials, listed, scores, settings, start)


def rank_on(trials: SourceTrials, sources: Sources, scores: Any, settings: Settings, start: float) -> SourceRanking:
    """The same on trials that are there already; ``start`` in seconds of ``time.perf_counter``."""
    names = scores_for(scores, trials.task)
    cheap: dict[str, dict[str, float]] = {}
    unusable: dict[str, str] = {}
    leaks: dict[str, str] = {}
    seed = int(np.random.default_rng(0).integers(2**31))
    for domain in sources.domains:
        problem = trials.problem(domain)
        if isinstance(problem, str):
            unusable[domain.label] = problem
        else:
            cheap[domain.label] = cheap_scores(problem, names, trials.metric, seed)
            if told := trials.leak_of(domain):
                leaks[domain.label] = told
    if not cheap:
        raise InputError(
            f"no source can be used: {_reasons(unusable)}; expected at least one with labels like the target's: "
            "hs.Domain(X, y, name=...)"
        )
    for told in leaks.values():
        warnings.warn(told, HeadstartWarning, stacklevel=3)
    # The target's own rows lie nearest to it, and the nearest are tried first: those that hold them come last.
    order = sorted(most_promising(cheap, names), key=lambda n: n in leaks)
    contest = SourceContest(trials, sources, settings, leaks, reporter(settings.progress, "ranking the sources"))
    contest.run(order, None if settings.time_limit is None else start + settings.time_limit)
    if not contest.course.losses:
        reasons = {n: t.notes[-1] for n, t in contest.trials_of.items() if t.notes}
        raise InputError(f"no source could be tried: {_reasons({**unusable, **reasons})}")
    return contest.result(cheap, names, unusable, start)


def _reasons(found: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {why}" for name, why in found.items())


def _as_sources(sources: Any) -> Sources:
    """Sources from whatever holds domains."""
    if isinstance(sources, Sources):
        return sources
    if isinstance(sources, Domain):
        return Sources([sources])
    if isinstance(sources, Mapping):
        for name, domain in sources.items():
            if not isinstance(domain, Domain):
                raise InputTypeError(f"sources[{name!r}] is of type {type(domain).__name__}; expected hs.Domain(X, y)")
        return Sources([Domain(d.X, d.y, name=str(name)) for name, d in sources.items()])
    if isinstance(sources, (list, tuple)):
        return Sources(sources)
    raise InputTypeError(
        f"sources is of type {type(sources).__name__}; expected a list of hs.Domain(X, y, name=...), a dict of them by "
        "name, or hs.Sources"
    )
