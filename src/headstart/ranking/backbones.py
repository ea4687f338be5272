"""Which backbone to start from: scores of its features, then linear models on them, then fine-tunings."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from ..choose.folds import make_folds, n_folds_for
from ..choose.progress import reporter
from ..choose.scoring import Metric
from ..core.domain import Domain
from ..core.errors import HeadstartWarning, InputError
from .backbone_inputs import by_name, cheap_scores_of, labelled_rows, open_all, scores_of
from .backbone_result import BACKBONE_COLUMNS, BackboneRanking
from .cheap import most_promising
from .comparing import behind_best
from .halving import Rung, rungs_for, successive_halving
from .heads import FINE_TUNED, Heads
from .settings import Settings


def rank_backbones(
    target: Domain,
    backbones: Any,
    *,
    scores: str | Iterable[str] | None = "auto",
    keep: float = 0.5,
    repeats: int = 2,
    max_tried: int | None = 16,
    fine_tune: int = 2,
    epochs: int | None = None,
    kind: str | None = None,
    task: str | None = None,
    scoring: Any = None,
    level: float = 0.9,
    time_limit: float | None = None,
    device: str = "auto",
    progress: bool | Callable[[int, int, str], None] = False,
    random_state: Any = None,
) -> BackboneRanking:
    """Rank pretrained networks by what they are worth to a target, before any of them is fine-tuned in full.

    Each backbone is run once over the labelled target rows. Scores of these features decide which ones are tried on
    folds of the target: first by linear models on the features, of each round the better half further, and the
    last few by fine-tunings.

    Parameters
    ----------
    target : Domain
        Labelled target rows: images, texts, series or a table; at least 8.
    backbones : list, or dict by name
        What ``open_backbone`` takes: names, paths, modules, Backbone objects. Those that cannot be opened or take other
        rows get a row with the reason.
    scores : "auto", list of str or None, default="auto"
        Scores of features in ``headstart.scores``; the first decides whom to try. "auto": a linear probe over
        folds decides. None: none, and all are tried in the order given.
    keep : float, default=0.5
        The share that goes on after each round.
    repeats : int, default=2
        Shufflings of the target rows into folds in the last round of linear models.
    max_tried : int, default=16
        So many at most are tried on folds. None: all.
    fine_tune : int, default=2
        So many at most are fine-tuned on the folds of one shuffling, up to five fits of each, which takes far longer
        than all before. 0, or one backbone alone: the ranking is that of frozen features.
    epochs : int, default=None
        Of each fine-tuning. None: as ``FineTuneClassifier`` chooses by the number of rows.
    kind : str, default=None
        What the rows are ("images", "texts", "series", "table"); None: told from them.
    task : {"classification", "regression"}, default=None
        None: told from the labels.
    scoring : str or scorer, default=None
        What scores are stated in. None: area under the ROC curve for two classes, accuracy for more, R2 for numbers.
    level : float, default=0.9
        Coverage of the intervals.
    time_limit : float, default=None
        Seconds, after the features are there. What it does not reach is not tried further.
    device : str, default="auto"
        "auto", "cpu", "cuda" or "mps".
    progress : bool or callable, default=False
        Show a bar, or call ``progress(done, total, name)`` before each measurement, which is named by its round and its
        backbone, and at the end.
    random_state : int, RandomState or None, default=None
        Folds, and random weights, follow from it.

    Returns
    -------
    BackboneRanking
        Print it, or take its ``table``, ``best`` and ``tied``.

    Raises
    ------
    InputError
        Where the target has no labels or too few rows, names occur twice, a parameter is out of range, or no backbone
        can be used.
    InputTypeError
        Where the target is no Domain.

    Notes
    -----
    Scores look at the labels of rows that later folds score again, so the score of the best is a little flattered by
    the choice; score the model that you fit on rows of its own, or let ``NeuralTransferSearch`` give the verdict.

    References
    ----------
    Kornblith, Shlens, Le (2019), Do better ImageNet models transfer better?, CVPR.

    Examples
    --------
    >>> import headstart as hs
    >>> import numpy as np
    >>> from torch import nn
    >>> X = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
    >>> cut = nn.Sequential(nn.Linear(4, 6), nn.Threshold(99, 0))  # gives zeros, whatever it sees
    >>> nets = {"whole": nn.Sequential(nn.Linear(4, 6), nn.Tanh()), "cut": cut}
    >>> hs.rank_backbones(hs.Domain(X, X[:, 0] > 0), nets, fine_tune=0, random_state=0).best
    'whole'
    """
    settings = Settings(keep, repeats, max_tried, level, time_limit, progress, random_state)
    if not (isinstance(fine_tune, (int, np.integer)) and fine_tune >= 0):
        raise InputError(f"fine_tune={fine_tune!r}; expected a whole number of backbones to fine-tune, 0 for none")
    start = time.perf_counter()
    rows, kind_of_task = labelled_rows(target, task)
    names = scores_of(scores, kind_of_task)
    named = by_name(backbones)
    random = settings.generator()
    seed = int(random.integers(2**31))
    opened, features, left_out, seconds = open_all(named, target.X, kind, device, seed)
    if not opened:
        raise InputError(f"no backbone can be used: {'; '.join(f'{n}: {why}' for n, why in left_out.items())}")
    cheap = {n: cheap_scores_of(F, rows.y, kind_of_task, names) for n, F in features.items()}
    n = len(rows.y)
    largest = 0 if rows.classes is None else int(np.unique(rows.y, return_counts=True)[1].max())
    n_folds = min(5, n_folds_for(n, largest))
    folds = make_folds(rows.y, classes=rows.classes is not None, n_folds=n_folds, n_repeats=repeats, random=random)
    how = {"epochs": epochs, "kind": kind, "device": device, "random_state": seed}
    heads = Heads(rows, opened, features, folds, Metric(scoring, rows.classes, rows.y), how)
    order = most_promising(cheap, names)
    most = len(order) if max_tried is None else min(len(order), max_tried)
    rungs = rungs_for(most, repeats, keep)
    if fine_tune and most > 1:  # one alone has nobody to be compared with
        rungs.append(Rung(FINE_TUNED, min(fine_tune, rungs[-1].count)))

    def measure(name: str, stage: int) -> np.ndarray:
        begun = time.perf_counter()
        try:
            return heads.measure(name, stage)
        finally:
            seconds[name] += time.perf_counter() - begun

    deadline = None if time_limit is None else time.perf_counter() + time_limit
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HeadstartWarning)  # of single trainings; what is left out stands in the table
        course = successive_halving(
            order[:most], measure, rungs, deadline=deadline, report=reporter(progress, "ranking the backbones")
        )
    beyond = dict.fromkeys(order[most:], f"{most} more promising backbones were tried (max_tried={most})")
    left_out |= beyond | dict.fromkeys(course.left_out, "the time limit came first")
    ranked = course.order()
    behind = behind_best(course, float(np.mean([len(f.train) for f in folds])), level)
    table = []
    for place, name in enumerate(ranked, start=1):
        stage = course.furthest(name)
        frozen = heads.score(name, max(r for r in course.losses if name in course.losses[r] and r != FINE_TUNED))
        gap, net = behind[name], opened[name]
        told = ["fine-tuned" if stage == FINE_TUNED else "frozen", heads.score(name, stage), frozen]
        told += [gap.mean, gap.low, gap.high, gap.low <= 0, net.n_features]
        told += [sum(p.numel() for p in net.module.parameters()), *(cheap[name][s] for s in names)]
        table.append([place, name, *told, seconds[name], "; ".join(net.notes)])
    for name, why in left_out.items():
        own = [cheap[name][s] if name in cheap else np.nan for s in names]
        word = "not tried" if name in cheap else "cannot be used"
        table.append([np.nan, name, word, *[np.nan] * 5, False, np.nan, np.nan, *own, np.nan, why])
    return BackboneRanking(
        table=pd.DataFrame(table, columns=[*BACKBONE_COLUMNS, *names, "seconds", "note"]),
        n_target=n,
        metric=heads.metric.name,
        level=level,
        best=ranked[0],
        tied=tuple(k for k in ranked if behind[k].low <= 0),
        left_out=left_out,
        seconds=time.perf_counter() - start,
        cheap=names,
        target=target.label,
        task=kind_of_task,
        n_folds=n_folds,
        repeats=repeats,
        epochs=epochs,
        seed=settings.seed,
    )
