"""Linear classifiers and regressors of several tasks."""

from __future__ import annotations

from ..tables.base import Numbers, TwoClasses
from .base import MultiTaskLinear


class MultiTaskLinearClassifier(TwoClasses, MultiTaskLinear):
    """Logistic regressions of several tasks that learn from each other, each of two classes.

    Between one model for all tasks and one for each lie three more ways; by default folds of the training rows tell
    which. Every task is told whether it gained.

    Parameters
    ----------
    method : {"auto", "pooled", "independent", "mean", "low-rank", "clustered"}, default="auto"
        "pooled": one model, with an intercept for each task. "independent": one model for each. "mean": coefficients
        are a shared part and a part of each task's own, ``w_t = u + v_t``. "low-rank": the coefficients of all tasks
        lie along few directions (trace norm). "clustered": tasks are in groups of like coefficients, which are found;
        each has a part of its own besides. "auto": the one with the smallest held-out loss over three folds.
    n_groups : int, default=None
        Number of groups of "clustered". None: as many as the evidence tells, six at most.
    folds : int, default=5
        Over how many folds tasks are judged against independent models. All tuning and choosing is done anew in each,
        so it takes as many times as long as the fit. None: no verdicts.
    random_state : int, RandomState or None, default=None
        Deals the rows into folds, and the tasks into first groups. None is a fixed seed: nothing else is random.

    Attributes
    ----------
    tasks_ : list of length n_tasks
        Names: the columns of Y, ``y0``, ``y1`` ... of an array, or the names of the domains.
    classes_ : list of n_tasks arrays of shape (2,)
        The classes of each task, sorted. Tasks share by the sign of the second.
    coef_ : array of shape (n_tasks, n_features)
    intercept_ : array of shape (n_tasks,)
    method_ : str
        The method, chosen or given.
    strength_ : dict
        The penalties of the parts that the method has: ``shared``, ``own``, ``level`` (the intercepts), ``rank``.
    candidates_ : dict
        Mean held-out loss of each method where "auto" chose among them; else empty.
    groups_ : array of shape (n_tasks,)
        The group of each task, from 0; all 0 but for the method "clustered".
    group_probability_ : array of shape (n_tasks, n_groups)
        How probable each group is for each task. The coefficients average the groups by it.
    verdicts_ : list of TaskVerdict
        For each task, whether it gained over a model of its own, on held-out rows, with an interval. Not there where
        ``folds`` is None.
    table_ : DataFrame
        The same as a table: ``task``, ``rows``, ``group``, ``joint``, ``alone``, ``gain``, ``low``, ``high``,
        ``p_harm`` and ``decision``; a task that "hurts" was better left alone.
    chosen_in_folds_ : list of str
        The method of each fold of the verdict.
    n_features_in_, feature_names_in_
        Of the table, or of the first domain.

    Raises
    ------
    InputError
        Where a task has no labels, one class or more than two, tasks have the same name or other columns, or there is
        one task only.
    InputTypeError
        Where a list of domains holds anything else.

    Notes
    -----
    *Rows.* The labels of one row of a shared table stay together in all folds, so that no task's label of a row is
    known where another's is predicted.

    *Penalties* are in units of the columns' deviations over all tasks and come from the training rows: those of shared
    and own parts, and the number of groups, by the evidence (coefficients integrated out by Laplace's approximation),
    that of the trace norm by three folds. All independent models have one common strength, which is better than one
    each: the baseline is not made weak.

    *The choice* compares methods with the strengths that they have on all training rows. The verdict stands on
    rows that neither strengths nor choice have seen. The metric is the log likelihood of a row's class. Intervals are
    those of the corrected resampled t-test, each for its own task: of twenty tasks that gain nothing, two come out
    as helped or hurt.

    *Deviations.* "low-rank" leaves intercepts out of the norm and draws them together by a ridge penalty. "clustered"
    is the mixture of Bakker and Heskes with linear models in place of networks and one variance for all columns; a
    convex relaxation (Jacob, Bach and Vert 2009) gives no groups until its result is cut into some.

    With an integer ``cv``, scikit-learn's tools look at the labels and refuse gaps: pass ``cv=KFold(5)``.

    References
    ----------
    Evgeniou and Pontil (2004), Regularized multi-task learning. KDD.
    Argyriou, Evgeniou and Pontil (2008), Convex multi-task feature learning. Machine Learning 73.
    Ji and Ye (2009), An accelerated gradient method for trace norm minimization. ICML.
    Bakker and Heskes (2003), Task clustering and gating for Bayesian multitask learning. JMLR 4.
    Nadeau and Bengio (2003), Inference for the generalization error. Machine Learning 52.

    Examples
    --------
    >>> import numpy as np, headstart as hs
    >>> from headstart.multitask import MultiTaskLinearClassifier
    >>> rng = np.random.default_rng(0)
    >>> def field(w, name):
    ...     X = rng.normal(size=(60, 3))
    ...     return hs.Domain(X, np.where(X @ w + rng.logistic(size=60) > 0, "mine", "stone"), name=name)
    >>> woods = [field([2, -2, 0], f"wood {k}") for k in range(4)]
    >>> sands = [field([-2, 0, 2], f"sand {k}") for k in range(4)]
    >>> model = MultiTaskLinearClassifier("clustered", folds=None).fit(woods + sands)
    >>> model.groups_
    array([0, 0, 0, 0, 1, 1, 1, 1])
    >>> model.predict(np.array([[1.0, -1.0, 0.0]]), task="wood 1")
    array(['mine'], dtype='<U5')
    """


class MultiTaskLinearRegressor(Numbers, MultiTaskLinear):
    """Linear regressions of several tasks that learn from each other.

    Between one model for all tasks and one for each lie three more ways; by default folds of the training rows tell
    which. Every task is told whether it gained.

    Parameters
    ----------
    method : {"auto", "pooled", "independent", "mean", "low-rank", "clustered"}, default="auto"
        "pooled": one model, with an intercept for each task. "independent": one model for each. "mean": coefficients
        are a shared part and a part of each task's own, ``w_t = u + v_t``. "low-rank": the coefficients of all tasks
        lie along few directions (trace norm). "clustered": tasks are in groups of like coefficients, which are found;
        each has a part of its own besides. "auto": the one with the smallest held-out loss over three folds.
    n_groups : int, default=None
        Number of groups of "clustered". None: as many as the evidence tells, six at most.
    folds : int, default=5
        Over how many folds tasks are judged against independent models. All tuning and choosing is done anew in each,
        so it takes as many times as long as the fit. None: no verdicts.
    random_state : int, RandomState or None, default=None
        Deals the rows into folds, and the tasks into first groups. None is a fixed seed: nothing else is random.

    Attributes
    ----------
    tasks_, coef_, intercept_, method_, strength_, candidates_, groups_, group_probability_, verdicts_, table_
        As of `MultiTaskLinearClassifier`; scores are R2, held-out losses are squared errors.
    chosen_in_folds_, n_features_in_, feature_names_in_
        As there.

    Raises
    ------
    InputError
        Where a task has no labels or one, tasks have the same name or other columns, or there is one task only.
    InputTypeError
        Where a list of domains holds anything else.

    Notes
    -----
    As of `MultiTaskLinearClassifier`; the evidence is exact here. Labels are expected on one scale: a row counts the
    same in each task, whatever the spread of the task's labels. Tasks that are measured in different units are brought
    to one scale before.

    References
    ----------
    As of `MultiTaskLinearClassifier`.

    Examples
    --------
    >>> import numpy as np, headstart as hs
    >>> from headstart.multitask import MultiTaskLinearRegressor
    >>> rng = np.random.default_rng(0)
    >>> def school(k):
    ...     X = rng.normal(size=(12, 5))
    ...     w = np.array([1.0, -1.0, 0.5, 0.0, 0.0]) + 0.1 * rng.normal(size=5)
    ...     return hs.Domain(X, X @ w + k % 3 + rng.normal(size=12), name=f"school {k}")
    >>> model = MultiTaskLinearRegressor("mean").fit([school(k) for k in range(20)])
    >>> model.coef_.shape
    (20, 5)
    >>> bool(model.table_["gain"].mean() > 0)
    True
    >>> model.predict(np.zeros((2, 5)), task="school 2").shape
    (2,)
    """
