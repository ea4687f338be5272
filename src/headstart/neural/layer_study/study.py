"""``LayerStudy``: which layers of a network to take over from a source, frozen or fine-tuned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ...core.domain import Task
from ...core.errors import InputError
from ..problem import read_problem
from .checks import check_depths, check_settings
from .opened import for_rows, opened, refuse_nothing_to_transfer
from .parts import narrowed
from .recommend import recommend
from .repeat import MODES
from .running import run, splits_of
from .splits import check_problem
from .summary import summary
from .table import table_of


class LayerStudy(BaseEstimator):
    """Which layers to transfer? The experiment of Yosinski et al., on the user's own source and target.

    For each depth k the first k layers are taken from the network trained on the source (or from the backbone's
    weights, without a source); the others start from random weights. What is taken over is either *frozen* or *tuned*
    with the rest, on target labels. Both are held against the same network *from scratch*, on target rows that nothing
    learned from, over several splits. Two controls do the same on the source itself: they show what freezing costs
    where nothing moved, since layers that grew up together miss each other (co-adaptation), and what training the rest
    anew gives back.

    Parameters
    ----------
    backbone : str, torch.nn.Module, callable, Backbone or None, default=None
        The network: a name that ``open_backbone`` knows, a module, what makes one, or what ``open_backbone`` returned.
        None: a small one for the kind of input.
    weights : str or path, default=None
        A folder or file with the backbone's weights.
    mode : {"train", "probe"}, default="train"
        "train": the study above. "probe": cheap; no layer is trained on the target, and a linear model is fitted to
        the averaged output of each layer, against that of the same layers with random weights. It tells where the
        features are best as they are, not what layers above them could learn.
    depths : sequence of int, default=None
        Numbers of layers to take over. None: all, from 1 to the number of layer groups.
    repeats : int, default=5
        Splits of the target, each with random weights and an order of rows of its own; at least 2. The source network
        is trained once in each, in a probe once in all.
    test_share : float, default=0.25
        Share of the target rows that a repeat holds out and scores on: of each class alike.
    controls : bool, default=True
        Whether to train the controls too, half of the work or more.
    epochs : int, default=None
        Passes over the target rows, the same for every network. None: what suits a start from random weights, about 900
        steps, so that the comparison is not won by lack of time.
    source_epochs : int, default=None
        Passes over the source rows. None: likewise.
    batch_size : int, default=None
        Rows of a step. None: an eighth of the rows, 8 to 32.
    learning_rate : float, default=None
        Highest rate of layers with random weights. None: 2e-3.
    transfer_rate : float, default=None
        Highest rate of layers that were taken over and are tuned. None: that of fine-tuning: 5e-4 for small networks,
        3e-4 for images, 5e-5 for texts.
    level : float, default=0.9
        Coverage of the intervals.
    kind : {"images", "texts", "series", "table", "dataset"}, default=None
        What X holds, where it cannot be told from X itself.
    task : {"classification", "regression"}, default=None
        None: told from the labels.
    device : str, default="auto"
        "auto": CUDA, else MPS, else the CPU.
    progress : callable, default=None
        Called with the trainings done and those there are.
    random_state : int, RandomState or None, default=None
        Decides splits, random weights and the order of rows.

    Attributes
    ----------
    table_ : pandas.DataFrame
        One row a depth and mode: ``depth``, ``layer`` (the last one taken over), ``mode`` ("source", "scratch",
        "frozen", "tuned", "control frozen", "control tuned"; "random", "probe"), ``scored_on``, ``score`` (accuracy or
        R2, mean over repeats) with its corrected standard ``error``, ``gain`` over scratch (of controls over the
        source network, of probes over random layers) with ``gain_low``, ``gain_high`` and ``p_harm``, numbers of
        weights ``trained``, and of those of the network that start ``fresh``.
    scores_ : pandas.DataFrame
        ``repeat``, ``depth``, ``mode``, ``score``: what the table is made of.
    recommendation_ : Recommendation
        ``decision`` ("transfer", "scratch" or "undetermined"), ``depth``, ``mode``, ``layer``, ``gain``, ``interval``
        and ``words``.
    layers_ : list of str
        Names of the layers, from input to output, without the head.
    metric_ : str
        "accuracy" or "R2".

    Raises
    ------
    InputError
        Where rows, labels or settings cannot be used, or nothing is there to transfer.

    Warns
    -----
    HeadstartWarning
        Where the training of a network diverged, which then has no score in that repeat.

    Notes
    -----
    Intervals are of differences in the same repeat. Repeats share rows, so what varies is told apart: the part of the
    rows scored on, known from the scores of each row, which two repeats share as far as their test rows are the same;
    and the part of what was learned, of which they share no more than the share of training rows in common (Hoeffding
    1948). With at least as many training rows as test rows that is the corrected resampled t-test (Nadeau and Bengio
    2003); with few training rows and many to score on it is much narrower, since training sets are then all but
    disjoint.

    The recommendation is the network with the best score, or one with fewer weights to learn (frozen before tuned,
    and deep before shallow) that is at most 0.005 behind and within one standard error. It says "undetermined" where
    the interval of that network's gain, widened by Bonferroni's rule for the number of networks, holds zero.

    Within a repeat all networks share their random start and the order of rows, so that they differ in what they take
    over alone. Layers with random weights are built again, or reset by their own ``reset_parameters``; weights that
    nothing resets are an error, never a copy of trained ones. Readers (scales, vocabularies) are fitted without the
    rows held out.

    References
    ----------
    Yosinski, Clune, Bengio and Lipson (2014). How transferable are features in deep neural networks? NeurIPS.

    Nadeau and Bengio (2003). Inference for the generalization error. Machine Learning 52.

    Hoeffding (1948). A class of statistics with asymptotically normal distribution. Annals of Mathematical
    Statistics 19.

    Examples
    --------
    >>> import numpy as np
    >>> import headstart as hs
    >>> rng = np.random.default_rng(0)
    >>> Xs, X = rng.normal(size=(300, 4)), rng.normal(size=(40, 4))
    >>> source = hs.Domain(Xs, (Xs[:, 0] * Xs[:, 1] > 0).astype(int))
    >>> study = hs.neural.LayerStudy(mode="probe", source_epochs=20, random_state=0)
    >>> study.fit(X, (X[:, 0] * X[:, 1] > 0).astype(int), source=source).table_["mode"].unique().tolist()
    ['source', 'random', 'probe']
    >>> study.layers_
    ['0', '1', '2']
    """

    def __init__(
        self,
        backbone: Any = None,
        *,
        weights: Any = None,
        mode: str = "train",
        depths: Any = None,
        repeats: int = 5,
        test_share: float = 0.25,
        controls: bool = True,
        epochs: int | None = None,
        source_epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        transfer_rate: float | None = None,
        level: float = 0.9,
        kind: str | None = None,
        task: str | None = None,
        device: str = "auto",
        progress: Callable[[int, int], object] | None = None,
        random_state: Any = None,
    ) -> None:
        self.backbone = backbone
        self.weights = weights
        self.mode = mode
        self.depths = depths
        self.repeats = repeats
        self.test_share = test_share
        self.controls = controls
        self.epochs = epochs
        self.source_epochs = source_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.transfer_rate = transfer_rate
        self.level = level
        self.kind = kind
        self.task = task
        self.device = device
        self.progress = progress
        self.random_state = random_state

    def fit(self, X: Any, y: Any, *, source: Any = None) -> LayerStudy:
        """Study the transfer to target rows X with labels y, from ``source`` (a Domain) or the backbone's weights."""
        check_settings(self)
        if y is None:
            raise InputError("y is None; expected the labels of the target: a study scores on them")
        task = self.task or Task.of(y).kind
        problem = read_problem(self, X, y, source, None, task=task, kind=self.kind)
        classes = task == "classification"
        check_problem(problem, classes=classes)
        random = np.random.default_rng(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        splits, source_splits, seeds = splits_of(self, problem, classes, random)
        found = opened(self.backbone, self.weights, seeds[0])
        refuse_nothing_to_transfer(found, problem)
        first = narrowed(problem, splits[0].train, None if source_splits[0] is None else source_splits[0].train)
        self.layers_ = [group.name for group in for_rows(found, first, seeds[0])[0].groups]
        depths = check_depths(self.depths, self.layers_)
        outcomes = run(self, problem, found, splits, source_splits, seeds, depths)
        self.metric_ = "accuracy" if classes else "R2"
        rows = {"target": splits[0], **({"source": source_splits[0]} if source_splits[0] is not None else {})}
        sizes = {name: (len(s.test), len(s.train)) for name, s in rows.items()}
        n_train = {name: learned for name, (_, learned) in sizes.items()}
        self.table_ = table_of(outcomes, self.layers_, n_train, level=self.level)
        self.recommendation_ = recommend(
            self.table_,
            outcomes,
            sizes["target"],
            level=self.level,
            metric=self.metric_,
            modes=MODES if self.mode == "train" else ("probe",),
        )
        self.scores_ = outcomes[["repeat", "depth", "mode"]].assign(score=[float(p.mean()) for p in outcomes["points"]])
        self.n_source_ = problem.n_source
        return self

    def summary(self) -> str:
        """The recommendation and the table, as text."""
        check_is_fitted(self, "table_")
        return summary(self)

    def __str__(self) -> str:
        return self.summary() if hasattr(self, "table_") else repr(self)
