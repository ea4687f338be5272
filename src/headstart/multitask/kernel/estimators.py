"""Kernel classifiers and regressors of several tasks."""

from __future__ import annotations

from ..tables.base import Numbers, TwoClasses
from .base import MultiTaskKernel


class MultiTaskKernelRegressor(Numbers, MultiTaskKernel):
    """Nonlinear regressions of several tasks that learn from each other: one Gaussian process over all of them.

    The functions of tasks s and t have covariance ``B[s, t] k(x, x')`` with a Gaussian kernel k. B says how alike tasks
    are; it is found together with the kernel's width and the noise by the evidence, that is, by how likely the labels
    are once functions are integrated out. Every task is told whether it gained.

    Parameters
    ----------
    method : {"auto", "pooled", "independent", "mean", "low-rank"}, default="auto"
        "pooled": one function for all tasks, with a level for each. "independent": functions that share the width and
        the size alone. "mean": a shared function and one of each task's own, B = a + b I. "low-rank": B is free but
        for its form, low rank plus diagonal, so that tasks may be alike to any degree, or opposite. "auto": the one
        with the largest evidence, less one for each parameter that the evidence chose.
    rank : int, default=None
        Number of shared directions of "low-rank". None: as many as pay by the same measure, three at most.
    exact_rows : int, default=2000
        Up to how many labels are computed with exactly, in cubic time. Beyond, functions are made of features of the
        kernel, with memory linear in rows.
    n_components : int, default=100
        Number of features beyond ``exact_rows``: the leading ones of five times as many rows (Nystrom). A step takes
        time in its third power for each task.
    folds : int, default=5
        Over how many folds tasks are judged against independent models. All tuning and choosing is done anew in each,
        so it takes as many times as long as the fit. None: no verdicts.
    random_state : int, RandomState or None, default=None
        Deals the rows into folds, and draws those that features are made of. None is a fixed seed.

    Attributes
    ----------
    tasks_ : list of length n_tasks
        Names: the columns of Y, ``y0``, ``y1`` ... of an array, or the names of the domains.
    method_ : str
        The method, chosen or given.
    candidates_ : dict
        Evidence for each label, less the cost of parameters, of each method where "auto" chose; else empty.
    task_covariance_ : array of shape (n_tasks, n_tasks)
        B, in squared units of the labels; log odds of classes.
    task_correlation_ : array of shape (n_tasks, n_tasks)
        The same as correlations: 1 where tasks are the same function up to size, -1 where they are opposite.
    shared_ : array of shape (n_tasks,)
        The share of each task's variance that lies along shared directions; the rest is its own.
    width_ : float
        Width of the kernel, in deviations of the columns over all tasks.
    noise_ : float
        Variance of a label around its function. Of numbers alone.
    exact_ : bool
        Whether all rows were computed with exactly.
    landmarks_, dual_coef_, level_ : arrays of shape (n_landmarks, n_features), (n_landmarks, n_tasks), (n_tasks,)
        Functions are kernels of standardised rows with the landmarks, times the coefficients, plus the level.
    mean_, scale_ : arrays of shape (n_features,)
        By which rows are standardised.
    verdicts_ : list of TaskVerdict
        For each task, whether it gained over a model of its own, on held-out rows, with an interval. Not there where
        ``folds`` is None.
    table_ : DataFrame
        The same as a table: ``task``, ``rows``, ``shared``, ``joint``, ``alone``, ``gain``, ``low``, ``high``,
        ``p_harm`` and ``decision``; a task that "hurts" was better left alone.
    chosen_in_folds_ : list of str
        The method of each fold of the verdict.
    n_features_in_, feature_names_in_
        Of the table, or of the first domain.

    Raises
    ------
    InputError
        Where a task has no labels or one, tasks have the same name or other columns, there is one task only, or a
        parameter is out of range.
    InputTypeError
        Where a list of domains holds anything else.

    Notes
    -----
    *Rows.* The labels of one row of a shared table stay together in all folds, so that no task's label of a row is
    known where another's is predicted. Labels are expected on one scale, with one noise.

    *Verdicts* compare with independent functions of the same kernel, whose width and size are found over all tasks:
    the baseline is not made weak. They stand on rows that neither the evidence nor the choice has seen. Intervals are
    those of the corrected resampled t-test, each for its own task.

    *Levels* are normal too: that of all tasks next to free, and how far each lies from it found by the evidence.

    *Deviations.* Bonilla, Chai and Williams have a noise for each task and no part of the task's own; here the noise is
    one, and the diagonal of B takes up what a task shares with no other. The largest evidence is a local one:
    "low-rank" starts from what "mean" finds and, for each direction, from where the evidence rises fastest.

    With an integer ``cv``, scikit-learn's tools look at the labels and refuse gaps: pass ``cv=KFold(5)``.

    References
    ----------
    Evgeniou, Micchelli and Pontil (2005), Learning multiple tasks with kernel methods. JMLR 6.
    Bonilla, Chai and Williams (2008), Multi-task Gaussian process prediction. NIPS 20.
    Rasmussen and Williams (2006), Gaussian processes for machine learning. MIT Press.
    Williams and Seeger (2001), Using the Nystrom method to speed up kernel machines. NIPS 13.
    Akaike (1974), A new look at the statistical model identification. IEEE Transactions on Automatic Control 19.
    Nadeau and Bengio (2003), Inference for the generalization error. Machine Learning 52.

    Examples
    --------
    Two sensors of which one answers upside down, and a third that has nothing to do with them.

    >>> import numpy as np, headstart as hs
    >>> from headstart.multitask import MultiTaskKernelRegressor
    >>> rng = np.random.default_rng(0)
    >>> def sensor(name, answer):
    ...     X = rng.uniform(-3, 3, size=(25, 1))
    ...     return hs.Domain(X, answer(X[:, 0]) + 0.1 * rng.normal(size=25), name=name)
    >>> model = MultiTaskKernelRegressor("low-rank", folds=None)
    >>> model = model.fit([sensor("up", np.sin), sensor("down", lambda x: -np.sin(x)), sensor("other", np.cos)])
    >>> model.task_correlation_.round(1)[0, 1]
    np.float64(-1.0)
    >>> model.predict(np.array([[1.5]]), task="down").round(1)
    array([-1.])
    """


class MultiTaskKernelClassifier(TwoClasses, MultiTaskKernel):
    """Nonlinear classifiers of several tasks that learn from each other, each of two classes.

    Log odds are functions of one Gaussian process over all tasks, as of `MultiTaskKernelRegressor`.

    Parameters
    ----------
    method : {"auto", "pooled", "independent", "mean", "low-rank"}, default="auto"
        "pooled": one function for all tasks, with a level for each. "independent": functions that share the width and
        the size alone. "mean": a shared function and one of each task's own. "low-rank": tasks may be alike to any
        degree, or opposite. "auto": the one with the largest evidence, less one for each parameter that it chose.
    rank : int, default=None
        Number of shared directions of "low-rank". None: as many as pay by the same measure, three at most.
    exact_rows : int, default=2000
        Up to how many labels are computed with exactly, in cubic time. Beyond, functions are made of features of the
        kernel, with memory linear in rows.
    n_components : int, default=100
        Number of features beyond ``exact_rows``: the leading ones of five times as many rows (Nystrom). A step takes
        time in its third power for each task.
    folds : int, default=5
        Over how many folds tasks are judged against independent models. All tuning and choosing is done anew in each,
        so it takes as many times as long as the fit. None: no verdicts.
    random_state : int, RandomState or None, default=None
        Deals the rows into folds, and draws those that features are made of. None is a fixed seed.

    Attributes
    ----------
    classes_ : list of n_tasks arrays of shape (2,)
        The classes of each task, sorted. Tasks share by the sign of the second.
    tasks_, method_, candidates_, task_covariance_, task_correlation_, shared_, width_, exact_, verdicts_, table_
        As of `MultiTaskKernelRegressor`; the metric is the log likelihood of a row's class.
    landmarks_, dual_coef_, level_, mean_, scale_, chosen_in_folds_, n_features_in_, feature_names_in_
        As there.

    Raises
    ------
    InputError
        Where a task has no labels, one class or more than two, tasks have the same name or other columns, there is one
        task only, or a parameter is out of range.
    InputTypeError
        Where a list of domains holds anything else.

    Notes
    -----
    As of `MultiTaskKernelRegressor`; the evidence is Laplace's approximation. Probabilities are those of the likeliest
    functions, not averaged over all; far from any row they are those of the task's level.

    References
    ----------
    As of `MultiTaskKernelRegressor`; Rasmussen and Williams, chapter 3 and section 5.5.1, on classes.

    Examples
    --------
    >>> import numpy as np, headstart as hs
    >>> from headstart.multitask import MultiTaskKernelClassifier
    >>> rng = np.random.default_rng(0)
    >>> def clinic(k):
    ...     X = rng.normal(size=(40, 2))
    ...     return hs.Domain(X, np.where((X**2).sum(axis=1) > 1.4, "ill", "well"), name=f"clinic {k}")
    >>> model = MultiTaskKernelClassifier("mean", folds=None).fit([clinic(k) for k in range(4)])
    >>> model.predict(np.array([[0.0, 0.0], [2.0, -2.0]]), task="clinic 3")
    array(['well', 'ill'], dtype='<U4')
    >>> bool(model.shared_.min() > 0.5)
    True
    """
