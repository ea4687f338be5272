"""``NeuralTransferSearch``: which way to transfer a network, does it help, and the model."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import check_random_state
from sklearn.utils._tags import ClassifierTags, RegressorTags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ...core.base import TransferEstimator
from ...core.traits import Traits
from ...guard import Verdict
from ...neural.backbone import Backbone
from ...neural.problem import read_problem
from .cells import values_of
from .progress import reporter
from .resume import seed_of
from .searching import search
from .settings import check_search


def _classifies(search: Any) -> bool:
    return bool(search.task == "classification")


class NeuralTransferSearch(TransferEstimator):
    """Which way to transfer a network, does it help, and the model.

    From scratch, frozen features with a linear model, fine-tuning by several policies and with an adapter are tried
    on the same folds of the target rows. They start from a pretrained backbone, from a network that is trained on the
    source, or both. The verdict says what transfer gains over the best without it, which is a network from random
    weights, a linear model on words or pixels, or a blend of both, whichever the folds prefer.

    Parameters
    ----------
    backbone : str, torch.nn.Module, callable, Backbone or None, default=None
        What to start from, as for ``FineTuneClassifier``. None: a small network, trained on the source alone.
    weights : str or path, default=None
        A folder or file with the backbone's weights; nothing is then looked up elsewhere.
    task : {"classification", "regression"}, default="classification"
        Whether y holds classes or numbers.
    candidates : "auto", "every" or list of (str, policy), default="auto"
        Ways to transfer. "auto": linear model on frozen features, all layers, all layers after a linear model, gradual
        unfreezing, the lower half frozen, and LoRA. "every": also layer-wise rates, L2-SP and the other adapters. In a
        list stand policies, lists of policies, adapters, or fine-tuning estimators, each with a name.
    policy : {"blend", "best", "strict"}, default="blend"
        The model handed over: the convex combination of all that the out-of-fold loss prefers, of which each member is
        kept in the file and run for each prediction; the one with the smallest loss; or the combination only where the
        verdict's interval lies above zero, else the best without transfer. The blend is the default since, with few
        rows, a choice of one is a gamble.
    scoring : str or scorer, default=None
        The metric of leaderboard and verdict. None: area under the ROC curve for two classes, accuracy for more, R2
        for numbers.
    level : float, default=0.9
        Coverage of the verdict's interval.
    folds : int, default=5
        Folds of the target rows. Every candidate is trained once on each.
    time_limit : float, default=None
        Seconds for all. The first steps of each candidate are timed, and those for which there is no time are left out,
        by name; folds become fewer, down to two. None: everything is tried.
    kind : {"images", "texts", "series", "table", "dataset"}, default=None
        What X holds, where it cannot be told from X itself.
    epochs, source_epochs, batch_size, learning_rate : default=None
        As for ``FineTuneClassifier``, for every candidate. None: what suits the number of rows.
    settings : dict, default=None
        Further parameters of ``FineTuneClassifier`` for every candidate, such as ``{"augment": "flip"}``.
    device : str, default="auto"
        "auto": CUDA, else MPS, else the CPU.
    folder : path, default=None
        Where finished trainings and the checkpoints of the present one are kept.
    resume : bool, default=False
        Go on with the search in ``folder``; the result is that of a search without interruption.
    progress : bool or callable, default=False
        True shows a bar on stderr; a callable gets the trainings done, those there are, and the name of the next.
    random_state : int, RandomState or None, default=None
        Decides folds, initial weights and the order of rows.

    Attributes
    ----------
    verdict_ : Verdict or None
        None where there is nothing to transfer, or too few rows can be held out; ``verdict_note_`` says why.
    verdict_note_ : str
        What the verdict alone does not say.
    leaderboard_ : DataFrame
        Every candidate: candidate, kind, score, gain, gain_low, gain_high, p_harm, weight, seconds, note. Baselines
        first, then by score; those for which there was no time last. Intervals are widened for the number of
        candidates.
    curves_ : DataFrame
        Courses of all trainings: candidate, fold, epoch, steps, loss, watched (loss on the fold's other rows), rate,
        seconds.
    learning_curve_ : DataFrame
        Scores of the model without transfer at n_labels, from a third to all of a fold's rows.
    layers_ : dict of DataFrame
        For each network in the model what was trained, one row a layer.
    weights_ : dict
        The weight of each candidate in the model.
    members_ : dict
        The fitted candidates with a weight, such as a FineTuneClassifier.
    classes_ : array of shape (n_classes,)
        The classes, of a classification.
    n_source_ : int
        Number of source rows.
    n_folds_ : int
        Folds that were finished.
    metric_ : str
        Name of the metric.
    notes_ : list of str
        What loading the backbone's weights had to say.
    leaks_ : tuple of str
        Sources that hold rows of the target: scores are too good, and no verdict says "helps".

    Raises
    ------
    InputError
        Where X, y or a setting cannot be used, or ``folder`` holds another search.

    Notes
    -----
    The source network is trained once, before any fold, by source rows alone. The gain in the verdict is
    cross-fitted: the candidate that is judged on a fold, and the baseline that it is compared with, were chosen without
    any prediction for the fold's rows. A class with a single labelled row is learned from in every fold and scored in
    none.

    References
    ----------
    Nadeau and Bengio (2003). Inference for the generalization error. Machine Learning 52.

    Examples
    --------
    >>> import numpy as np
    >>> import headstart as hs
    >>> rng = np.random.default_rng(0)
    >>> Xs, X = rng.normal(size=(400, 5)), rng.normal(size=(30, 5))
    >>> source = hs.Domain(Xs, (Xs[:, 0] * Xs[:, 1] > 0).astype(int), name="last year")
    >>> search = hs.NeuralTransferSearch(folds=3, epochs=10, random_state=0)
    >>> _ = search.fit(X, (X[:, 0] * X[:, 1] > 0).astype(int), source=source)
    >>> search.verdict_.metric
    'roc_auc'
    >>> search.predict([[1.0, 1.0, 0.0, 0.0, 0.0]]).tolist()
    [1]
    """

    traits = Traits(kind="parameter", source_labels="required", same_columns=True, several_sources=True)
    judges_on_folds = True

    def __init__(
        self,
        backbone: Any = None,
        *,
        weights: Any = None,
        task: str = "classification",
        candidates: Any = "auto",
        policy: str = "blend",
        scoring: Any = None,
        level: float = 0.9,
        folds: int = 5,
        time_limit: float | None = None,
        kind: str | None = None,
        epochs: int | None = None,
        source_epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        settings: Mapping[str, Any] | None = None,
        device: str = "auto",
        folder: Any = None,
        resume: bool = False,
        progress: bool | Callable[[int, int, str], None] = False,
        random_state: Any = None,
    ) -> None:
        self.backbone = backbone
        self.weights = weights
        self.task = task
        self.candidates = candidates
        self.policy = policy
        self.scoring = scoring
        self.level = level
        self.folds = folds
        self.time_limit = time_limit
        self.kind = kind
        self.epochs = epochs
        self.source_epochs = source_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.settings = settings
        self.device = device
        self.folder = folder
        self.resume = resume
        self.progress = progress
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, *, source: Any = None, unlabeled: Any = None) -> NeuralTransferSearch:
        """Try the candidates on target rows X with labels y, choose, judge, and fit the model that is handed over.

        Parameters
        ----------
        X : images, texts, series, table or torch Dataset
            Target rows; see ``FineTuneClassifier``.
        y : array-like of shape (n_target,), default=None
            Target labels. None, only with a source: the source's network is handed over, without a verdict.
        source : Domain or Sources, default=None
            Labelled source rows, on which a network is trained first.
        unlabeled : Domain, default=None
            Checked, and not used: no candidate learns from rows without labels.

        Returns
        -------
        self
        """
        begun = time.perf_counter()
        check_search(self)
        given = self.random_state is not None
        folder = None if self.folder is None else Path(self.folder)
        drawn = int(check_random_state(self.random_state).randint(2**31 - 1))
        seed = seed_of(folder, self.resume, drawn, given)
        problem = read_problem(self, X, y, source, unlabeled, task=self.task, kind=self.kind)
        with reporter(self.progress) as report:
            found = search(self, problem, seed, folder, begun, report)
        self._kind, self.n_source_ = problem.kind, problem.n_source
        vars(self).pop("classes_", None)
        if problem.classes is not None:
            self.classes_ = problem.classes
        self.verdict_: Verdict | None = found.verdict
        self.verdict_note_ = found.note
        self.leaderboard_, self.curves_, self.learning_curve_ = found.leaderboard, found.curves, found.learning_curve
        self.weights_, self.members_ = found.weights, found.members
        self.layers_ = {name: m.layers_ for name, m in found.members.items() if hasattr(m, "layers_")}
        self.metric_, self.n_folds_, self.notes_, self.leaks_ = found.metric, found.n_folds, found.notes, found.leaks
        return self

    @available_if(_classifies)
    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities (n_rows, n_classes), columns as in ``classes_``."""
        return self._values(X)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class, or the number, of each row."""
        values = self._values(X)
        return values if self.task == "regression" else self.classes_[values.argmax(axis=1)]

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Accuracy, or R2 of numbers."""
        measure = r2_score if self.task == "regression" else accuracy_score
        return float(measure(y, self.predict(X), sample_weight=sample_weight))

    def _values(self, X: Any) -> np.ndarray:
        check_is_fitted(self, "members_")
        if self._kind == "table" and hasattr(self, "n_features_in_"):
            X = self._read_new(X, allow_nan=True)
        classes = None if self.task == "regression" else self.classes_
        return np.asarray(sum(self.weights_[name] * values_of(m, X, classes) for name, m in self.members_.items()))

    def to_stored(self) -> Any:
        """A copy for ``hs.save``: without a live backbone, and without what only the fit needed."""
        copy = type(self).__new__(type(self))
        vars(copy).update(vars(self))
        copy.progress = False
        if isinstance(copy.backbone, Backbone):
            copy.backbone = copy.backbone.name
        elif hasattr(copy.backbone, "state_dict"):
            copy.backbone = type(copy.backbone)
        return copy

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.estimator_type = "regressor" if self.task == "regression" else "classifier"
        tags.classifier_tags = None if self.task == "regression" else ClassifierTags()
        tags.regressor_tags = RegressorTags() if self.task == "regression" else None
        tags.target_tags.required = True
        tags.input_tags.allow_nan = True
        return tags
