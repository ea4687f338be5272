"""``diagnose``: measure how a target and its sources differ."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.utils import check_random_state

from ..core.domain import Domain, Sources, as_sources, as_unlabeled
from ..core.errors import HeadstartWarning, InputError, InputTypeError
from ..core.rows import refuse_rows
from ..numeric.two_sample import auc_p_value, effective_sample_size
from .columns import match_columns
from .concept import ConceptShift, concept_shift
from .covariates import DomainFit, covariate_shift
from .duplicates import find_duplicates
from .encode import encode
from .labels import LabelShift, class_shift, estimated_shift, given_label_shift, number_shift
from .learners import FACTOR, Outcome, folds_of, linear_logits
from .result import Diagnoses, Diagnosis
from .rules import LEAST_ROWS, LEAST_SAME, LEVEL, MAX_ROWS
from .setting import methods_for, settle
from .task import labels_of, task_of


def diagnose(
    target: Domain, source: Domain | Sources, *, unlabeled: Domain | None = None, random_state: Any = 0
) -> Diagnosis | Diagnoses:
    """Tell which transfer situation this is, from measurements, and which methods apply.

    Parameters
    ----------
    target : Domain
        The rows that matter, with labels or without. Any table: numbers, categories, text, dates, gaps.
    source : Domain or Sources
        The rows to learn from. Each of several sources is diagnosed by itself.
    unlabeled : Domain, default=None
        More target rows, without labels. They join the target where p(x) is compared.
    random_state : int, RandomState or None, default=0
        Folds, permutations and filled gaps. An int gives the same answer each time.

    Returns
    -------
    Diagnosis or Diagnoses
        For one source a ``Diagnosis``; for ``Sources`` the ``Diagnoses`` of each, to be picked by name. Both print, and
        have ``to_dict()``.

    Raises
    ------
    InputError
        Where a domain has fewer than 2 rows, no value at all, infinite values, or labels with gaps; or where the labels
        of the two domains are of different types (text and numbers).

    Warns
    -----
    HeadstartWarning
        Where the same rows stand in target and source: scores on them would be too good.

    Notes
    -----
    *Columns.* Tables with names are matched by name, others by position. What follows is about the columns that both
    have with the same kind of values.

    *p(x).* A linear model and boosted trees learn to tell target from source rows, cross-fitted in five folds; their
    AUC is the measure, with an interval widened for folds that share rows. Each column is compared by itself, with p
    values adjusted for the number of columns by Holm's method. In tables of over 300 columns means are compared, in few
    rows by permutation (Westfall and Young 1993): of rare words a normal approximation is far off. Gaps count as a
    difference too; the AUC of the values alone is given beside.

    *p(y).* Class shares (or the mean of numeric labels) are compared. Without target labels the shares are estimated
    by EM (Saerens et al. 2002), which takes for granted that p(x given y) is the same.

    *p(y given x) and p(x given y).* A generalised covariance measure: is the label independent of the domain, given
    the features (domain adaptation), or are the features, given the label (label shift)? It compares only where both
    domains have rows. For numeric labels label shift is meant likewise: p(y) moved, and the features at a given label
    look the same. p(y given x) then moves too, by a prior factor, and is not called a concept shift.

    *Settings.* p(x) and p(y) move together, so that neither names the setting: what stays the same does. Label shift is
    named where rows of one label look the same, domain adaptation where they do not or where p(y) is the same. With few
    rows it is often plain that p(x) or p(y) moved, and not why; then no setting is named, and ``possible`` lists those
    that remain. So under 100 labelled target rows label shift is never named: nothing would have spoken against it.

    *Claims.* A shift is claimed where it is significant at 0.5 % and large enough to matter (``diagnosis/rules.py``),
    so that many rows do not make a shift of a trifle; "the same" is claimed where an interval ends below what
    matters. Else the answer is "undetermined", as it mostly is at 20 rows. A class that few rows lack may only be rarer
    there, and a column that is empty in few rows may be so by chance: neither makes another label space or other
    columns. Of each domain at most 20,000 rows, drawn at random, are looked at.

    References
    ----------
    Shah and Peters: The hardness of conditional independence testing and the generalised covariance measure. Annals of
    Statistics 48 (2020) 1514-1538

    Saerens, Latinne, Decaestecker: Adjusting the outputs of a classifier to new a priori probabilities. Neural
    Computation 14 (2002) 21-41

    Westfall and Young: Resampling-based multiple testing. Wiley (1993)

    Lopez-Paz and Oquab: Revisiting classifier two-sample tests. ICLR 2017

    Examples
    --------
    >>> import headstart as hs
    >>> target, source = hs.datasets.make_shift("label", random_state=0)
    >>> diagnosis = hs.diagnose(target, source)
    >>> diagnosis.setting
    ('label shift',)
    >>> diagnosis.methods[0].name
    'SourcePriorClassifier'
    """
    if not isinstance(target, Domain):
        raise InputTypeError(f"target is of type {type(target).__name__}; expected hs.Domain(X, y)")
    refuse_rows(target.X, what="X of the target")
    sources = as_sources(source)
    if sources is None or source is None:
        raise InputTypeError("source is None; expected hs.Domain(X_source, y_source) or hs.Sources([...])")
    extra = as_unlabeled(unlabeled)
    seed = int(check_random_state(random_state).randint(2**31 - 1))
    domains = sources.domains if isinstance(source, Sources) else (source,)
    found = tuple(_diagnose_one(target, s, extra, np.random.default_rng(seed)) for s in domains)
    return Diagnoses(found) if isinstance(source, Sources) else found[0]


def _diagnose_one(target: Domain, source: Domain, extra: Domain | None, rng: np.random.Generator) -> Diagnosis:
    for part, what in ((target, "target"), (source, "source")):
        _check_rows(part, what)
    task = task_of(target, source)
    y, ys = (labels_of(d, task) for d in (target, source))
    joined = target if extra is None else Domain(_stacked(target, extra), name=target.label)
    rows, source_rows = _draw(target.n_rows, joined.n_rows, rng), _draw(source.n_rows, source.n_rows, rng)
    columns, shared = match_columns(joined, source, rows, source_rows)
    n_target = len(rows)
    labelled = rows < target.n_rows  # rows of the target come before the unlabelled ones
    yt = None if y is None else y[rows[labelled]]
    y_source = None if ys is None else ys[source_rows]

    encoded = encode(shared, rng)
    covariates, fit = covariate_shift(shared, encoded, n_target, rng)
    domain = np.arange(len(encoded.values)) < n_target
    label_shift, concept = LabelShift(task), ConceptShift(None)
    if yt is not None and y_source is not None and task is not None:
        keep = np.concatenate([labelled, np.ones(len(source_rows), dtype=bool)])
        label_shift, concept = _with_labels(
            encoded.values[keep], domain[keep], yt, y_source, task, _kept(fit, keep), rng
        )
    elif y_source is not None and task == "classification" and fit is not None:
        label_shift = _without_labels(encoded.values, domain, y_source, fit, rng)
    duplicates = None
    if not extra:
        duplicates = find_duplicates(shared, yt, y_source)
        if duplicates is not None and duplicates.leak:
            warnings.warn(
                f"{duplicates.n_rows} of {n_target} target rows ({100 * duplicates.share:.0f} %) stand in the source "
                f"{source.label!r} too, with the same values: a score on them would be too good; drop them from one of "
                "the two",
                HeadstartWarning,
                stacklevel=3,
            )
    n_labelled = n_target if yt is None else len(yt)
    setting, unsure, possible = settle(columns, covariates, label_shift, concept, n_labelled)
    methods, against = methods_for(
        setting,
        unsure,
        columns,
        covariates,
        label_shift,
        concept,
        len(source_rows),
        target_labels=y is not None,
        source_labels=ys is not None,
    )
    return Diagnosis(
        target.name or "target",
        source.name or "source",
        target.n_rows,
        extra.n_rows if extra else 0,
        source.n_rows,
        (n_target, len(source_rows)),
        task,
        setting,
        unsure,
        possible,
        methods,
        against,
        columns,
        covariates,
        label_shift,
        concept,
        duplicates,
    )


def _check_rows(domain: Domain, what: str) -> None:
    if domain.n_rows < 2:
        raise InputError(f"the {what} {domain.label!r} has {domain.n_rows} row(s); expected at least 2 to compare")
    if isinstance(domain.X, pd.DataFrame):
        empty = not bool(domain.X.notna().to_numpy().any()) if domain.X.shape[1] else True
    elif domain.is_sparse or domain.X.dtype.kind != "f":
        empty = domain.n_columns == 0
    else:
        empty = bool(np.isnan(domain.X).all())
    if empty:
        raise InputError(f"the {what} {domain.label!r} has no value at all, only gaps; expected a table with values")


def _draw(n_first: int, n_all: int, rng: np.random.Generator) -> np.ndarray:
    """At most MAX_ROWS rows in order; of the first ones (labelled) as many as fit."""
    if n_all <= MAX_ROWS:
        return np.arange(n_all)
    first = min(n_first, MAX_ROWS)
    chosen = [rng.choice(n_first, first, replace=False)]
    if first < MAX_ROWS:
        chosen.append(n_first + rng.choice(n_all - n_first, MAX_ROWS - first, replace=False))
    return np.sort(np.concatenate(chosen))


def _stacked(target: Domain, extra: Domain) -> Any:
    T, U = target.frame(), extra.frame()
    if isinstance(target.X, pd.DataFrame) and isinstance(extra.X, pd.DataFrame):
        lacking = [str(c) for c in T.columns if c not in U.columns]
        if lacking:
            raise InputError(
                f"the unlabelled rows lack {', '.join(map(repr, lacking[:5]))}; "
                f"expected the target's {T.shape[1]} columns"
            )
        return pd.concat([T, U[list(T.columns)]], ignore_index=True)
    if T.shape[1] != U.shape[1]:
        raise InputError(
            f"the unlabelled rows have {U.shape[1]} columns and the target {T.shape[1]}; expected the same columns"
        )
    return pd.concat([T, U.set_axis(T.columns, axis=1)], ignore_index=True)


def _kept(fit: DomainFit | None, keep: np.ndarray) -> DomainFit | None:
    """The same fit for the labelled rows, with the share of target rows among them."""
    if fit is None or keep.all():
        return fit
    # Dropping a random part of the target scales the odds of "target" by the part that stays.
    n_target = float(fit.probability.sum())
    odds = fit.probability / (1 - fit.probability) * max(n_target - float((~keep).sum()), 1.0) / n_target
    return DomainFit((odds / (1 + odds))[keep], fit.logit[keep], fit.fold[keep])


def _with_labels(
    X: np.ndarray,
    domain: np.ndarray,
    y: np.ndarray,
    ys: np.ndarray,
    task: str,
    fit: DomainFit | None,
    rng: np.random.Generator,
) -> tuple[LabelShift, ConceptShift]:
    labels = np.concatenate([y, ys])
    found = class_shift(y, ys, rng) if task == "classification" else number_shift(y, ys)
    if fit is None or min(len(y), len(ys)) < LEAST_ROWS or len(np.unique(labels)) < 2:
        return LabelShift(task, **found), ConceptShift("undetermined")
    shapes = np.column_stack([X if X.shape[1] <= 15 else X[:, _strongest(X, domain, 15)], fit.logit])
    if task == "regression" or len(np.intersect1d(y, ys)):
        found["given_label"], found["given_label_p_value"] = given_label_shift(shapes, domain, labels, task, rng)
    outcome = Outcome.of(task, y, ys)
    return LabelShift(task, **found), concept_shift(X, domain, labels, outcome, fit, rng)


def _strongest(X: np.ndarray, domain: np.ndarray, k: int) -> np.ndarray:
    """The columns whose means differ most between the domains."""
    return np.argsort(-np.abs(X[domain].mean(axis=0) - X[~domain].mean(axis=0)), kind="stable")[:k]


def _without_labels(
    X: np.ndarray, domain: np.ndarray, ys: np.ndarray, fit: DomainFit, rng: np.random.Generator
) -> LabelShift:
    """p(y) of an unlabelled target, and whether other class shares explain how p(x) moved."""
    classes = np.unique(ys)
    if len(classes) < 2 or np.unique(ys, return_counts=True)[1].min() < LEAST_ROWS:
        return LabelShift("classification")
    outcome = Outcome.of("classification", ys, ys)
    Xs = X[~domain]
    own = _full(outcome.cross_fit(Xs, ys, folds_of(ys, 5, rng)))
    ((a, b),) = outcome.fit_predict(Xs, ys, X[domain])
    found = estimated_shift(_full((a + b) / 2), own, ys, classes, rng)
    ratio = np.array([s[1] / max(s[2], 1e-9) for s in found["shares"]])
    weight = np.ones(len(X))
    weight[~domain] = ratio[np.searchsorted(classes, ys)]
    # With the unweighted log odds as a column the linear model sees what the trees saw.
    scores = linear_logits(np.column_stack([X, fit.logit]), domain, fit.fold, weight)
    n_effective = max(2, int(effective_sample_size(weight[~domain])))
    auc = _weighted_auc(scores, domain, fit.fold, weight)
    p_value = auc_p_value(auc, int(domain.sum()), n_effective, factor=FACTOR)
    fits = p_value >= 0.05 and domain.sum() >= 2 * LEAST_SAME
    found["given_label"] = "moved" if p_value < LEVEL else "same" if fits else "undetermined"
    found["given_label_p_value"] = p_value
    if p_value < LEVEL:
        found["decision"] = "undetermined"  # EM takes for granted what was just refuted
    return LabelShift("classification", **found)


def _full(columns: np.ndarray) -> np.ndarray:
    p = np.hstack([1 - columns, columns]) if columns.shape[1] == 1 else columns
    return np.clip(p, 1e-6, None) / np.clip(p, 1e-6, None).sum(axis=1, keepdims=True)


def _weighted_auc(scores: Any, domain: np.ndarray, fold: np.ndarray, weight: np.ndarray) -> float:
    """The cross-fitted AUC with weights on the source rows."""
    parts = [
        (roc_auc_score(domain[fold == k], scores[fold == k], sample_weight=weight[fold == k]), (fold == k).sum())
        for k in np.unique(fold)
    ]
    return float(np.average([a for a, _ in parts], weights=[n for _, n in parts]))
