"""TransferClassifier and TransferRegressor: candidates, choice, verdict."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin

from .base import TransferChoice


class TransferClassifier(ClassifierMixin, TransferChoice):
    """Does transfer help, by which method, and the model: for classes.

    Candidates from every family, and the baselines (target only, source only, pooled), are fitted and scored on the
    same folds of the target rows. A blend of them is handed over, held towards a prior where rows are few, beside a
    verdict on how much it gains over the best that is found of the target alone.

    Parameters
    ----------
    candidates : "auto", "every" or list of (str, transfer estimator), default="auto"
        What is tried beside the baselines. "auto": the methods that improved the blend on other data sets. "every": all
        methods that apply, at several times the cost; they need source rows and shared columns, or given source models
        that are boosting, which are then gone on with. Estimators in a list are given the encoded columns that source
        and target share; those for different columns, such as ``Aligned(learner, CommonSpace())``, the tables as they
        are.
    source_model : fitted estimator, list of them, or dict of them by name, default=None
        Source models where the source's rows may not leave their place: any fitted scikit-learn model, or what
        ``hs.load`` gives. Then no ``source=``. They are asked about raw target rows, and must encode them themselves,
        as a Pipeline does. What linear models, trees and forests have learned is moved too, from the columns that the
        steps before them make.
    policy : {"blend", "best", "strict"}, default="blend"
        The model handed over: the blend; the candidate with the smallest out-of-fold loss; or the blend only where
        the verdict's interval lies above zero, else target only: a blend of the target-only candidates, or the best
        one where that loses less. The blend is the default since, with few rows, a choice of one is a gamble.
    scoring : str or scorer, default=None
        The metric of leaderboard and verdict. None: area under the ROC curve for two classes, accuracy for more.
    level : float, default=0.9
        Coverage of the verdict's interval.
    select_sources : bool, default=True
        Whether to leave out, of several sources, those whose own models tell of the target's labels no more than chance
        might, where another does; or that run against them. Each fold decides by its training rows. False: all are
        used, as where there is one, or where they share no column.
    max_source_rows : int, default=20_000
        A larger source is cut to so many rows of each domain, drawn at random: the folds refit on them. None: no cut.
    time_limit : float, default=None
        Seconds after which no further fold is begun. None: all folds.
    n_jobs : int, default=None
        Folds fitted at the same time (joblib). None: one.
    progress : bool or callable, default=False
        True shows a bar on stderr; a callable gets the folds done and the folds in all.
    random_state : int, RandomState or None, default=None
        Seed of the folds.

    Attributes
    ----------
    verdict_ : Verdict or None
        None where there are no target labels or no source; ``verdict_note_`` then says why.
    verdict_note_ : str
        What the verdict alone does not say.
    leaderboard_ : DataFrame
        Every candidate: candidate, kind, score, gain, gain_low, gain_high, p_harm, weight, seconds, note. Baselines
        first, then by score. Gains are over the best single target-only candidate, chosen anew in each fold; their
        intervals are widened for the number of candidates.
    sources_ : DataFrame
        Of several sources each: source, rows, score, gain, gain_low, gain_high, p_harm (of its own linear model as it
        stands, on held-out target rows), evidence (the z score of "it tells the target's labels"), kept (the share of
        folds that use it), used (in the model). The leaderboard has them too, as the kind "source". Else empty.
    learning_curve_ : DataFrame
        Scores of what is made of the target alone at n_labels, from a third to all of a fold's rows.
    weights_ : dict
        The weight of each candidate in the model.
    members_ : dict
        The fitted candidates with a weight.
    classes_ : array of shape (n_classes,)
        The union of the labels of target and source.
    n_source_ : int
        Number of source rows.
    metric_ : str
        Name of the metric.
    leaks_ : tuple of str
        Sources that hold rows of the target: scores are too good, and no verdict says "helps".
    against_ : dict of float
        Given source models, by name, that tell the two classes of the target well, but the wrong way round, with their
        AUC: perhaps their classes are coded the other way round. For sources with rows ``diagnose`` tells it.
    alignments_ : dict of Alignment
        For each candidate that aligns the domains what ``hs.compare_spaces`` says of it, the candidates for different
        columns as one. Saved models keep it without its pictures, which show rows.

    Raises
    ------
    InputError
        Where the labels cannot be used, there are fewer than 8 labelled target rows beside a source, a source model is
        not fitted or knows other columns, or nothing links the domains.

    Notes
    -----
    The gain in the verdict is cross-fitted: the weights that are judged on a fold, and those of the target-only
    candidates that they are compared with, were chosen without any prediction for the fold's rows. The latter are
    blended too where that loses less, since averaging gains by itself. What no target row has touched (the source
    models) is fitted once.

    References
    ----------
    Nadeau and Bengio (2003). Inference for the generalization error. Machine Learning 52.

    Examples
    --------
    >>> import headstart as hs
    >>> heart = hs.datasets.load_heart()
    >>> hungary = heart["Hungary"]
    >>> few = slice(0, 294, 7)
    >>> model = hs.TransferClassifier(random_state=0)
    >>> _ = model.fit(hungary.X[few], hungary.y[few], source=heart["VA Long Beach"])
    >>> model.verdict_.decision in {"helps", "hurts", "undetermined"}
    True
    >>> model.predict_proba(hungary.X[:3]).shape
    (3, 2)
    """

    _task = "classification"

    def predict_proba(self, X: Any) -> np.ndarray:
        """Class probabilities.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            Target rows, with the columns of ``fit`` in their order.

        Returns
        -------
        array of shape (n_rows, n_classes)
            Columns as in ``classes_``.
        """
        return self._values(X)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each row of ``X`` (n_rows, n_columns)."""
        values = self._values(X)
        return self.classes_[values.argmax(axis=1)]


class TransferRegressor(RegressorMixin, TransferChoice):
    """Does transfer help, by which method, and the model: for numbers.

    As :class:`TransferClassifier`, which has the parameters and attributes; the metric is R2, of which each fold's
    squared error is set against the variance of all labelled target rows.

    Parameters
    ----------
    candidates : "auto", "every" or list of (str, transfer estimator), default="auto"
        What is tried beside the baselines.
    source_model : fitted estimator, list of them, or dict of them by name, default=None
        Source models where the source's rows may not leave their place: any fitted scikit-learn model, or what
        ``hs.load`` gives. Then no ``source=``. They are asked about raw target rows, and must encode them themselves,
        as a Pipeline does. What linear models, trees and forests have learned is moved too, from the columns that the
        steps before them make.
    policy : {"blend", "best", "strict"}, default="blend"
        The model handed over.
    scoring : str or scorer, default=None
        The metric of leaderboard and verdict. None: R2.
    level : float, default=0.9
        Coverage of the verdict's interval.
    select_sources : bool, default=True
        Whether to leave out, of several sources, those whose own models tell of the target's labels no more than chance
        might, where another does; or that run against them. Each fold decides by its training rows. False: all are
        used, as where there is one, or where they share no column.
    max_source_rows : int, default=20_000
        A larger source is cut to so many rows of each domain, drawn at random. None: no cut.
    time_limit : float, default=None
        Seconds after which no further fold is begun. None: all folds.
    n_jobs : int, default=None
        Folds fitted at the same time (joblib). None: one.
    progress : bool or callable, default=False
        True shows a bar on stderr; a callable gets the folds done and the folds in all.
    random_state : int, RandomState or None, default=None
        Seed of the folds.

    Attributes
    ----------
    verdict_, verdict_note_, leaderboard_, sources_, learning_curve_, weights_, members_, n_source_, metric_
        As in :class:`TransferClassifier`.

    Examples
    --------
    >>> import headstart as hs
    >>> shift = hs.datasets.make_shift("concept", n_target=40, task="regression", random_state=0)
    >>> model = hs.TransferRegressor(random_state=0)
    >>> _ = model.fit(shift.target.X, shift.target.y, source=shift.source)
    >>> model.verdict_.metric
    'r2'
    """

    _task = "regression"

    def predict(self, X: Any) -> np.ndarray:
        """Predicted numbers (n_rows,) for target rows ``X`` (n_rows, n_columns)."""
        return self._values(X)
