"""Every score in one table: what it needs, which way is better, what it assumes, and when it misleads."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .domain import mmd, otdd, proxy_a_distance, wasserstein
from .target import gbc, h_score, knn_score, leep, linear_probe, logme, nce, pac_tran, trans_rate


@dataclass(frozen=True)
class ScoreKind:
    """One score, as the table of scores knows it.

    Attributes
    ----------
    name : str
        The name, also that of its function in ``headstart.scores``.
    needs : {"features", "probabilities", "source_labels", "domains", "labelled domains"}
        What it is computed from, beside the target's labels.
    tasks : tuple of str
        "classification", "regression"; empty for distances of domains, which look at no labels or at classes of both.
    higher_is_better : bool
        Which way transfer is more likely to work.
    bounds : tuple of float
        What the score lies between; intervals are cut there.
    default : bool
        Whether ``scores="default"`` takes it.
    assumes, misleads, cost : str
        What it takes to be so, when it should not be believed, and what it takes to compute.
    evaluate : callable
        What computes it, with what it is without each group of rows; not part of the public interface.

    Examples
    --------
    >>> import headstart as hs
    >>> kind = hs.scores.table.BY_NAME["nce"]
    >>> kind.needs, kind.assumes
    ('source_labels', "The target's classes follow from one source label for each row.")
    """

    name: str
    needs: str
    tasks: tuple[str, ...]
    higher_is_better: bool
    bounds: tuple[float, float]
    default: bool
    assumes: str
    misleads: str
    cost: str
    evaluate: Callable[..., Any]


_INF = math.inf
_CLASSES, _BOTH = ("classification",), ("classification", "regression")

TABLE: tuple[ScoreKind, ...] = (
    ScoreKind(
        "leep",
        "probabilities",
        _CLASSES,
        True,
        (-_INF, 0.0),
        True,
        "The target's classes can be told from the source model's own classes alone.",
        "Where the source's classes are few or coarse although its features are good; where its probabilities are "
        "nearly 0 or 1; with about as many source classes as rows, where the table fits by chance.",
        "One pass over the probabilities.",
        leep.evaluate,
    ),
    ScoreKind(
        "nce",
        "source_labels",
        _CLASSES,
        True,
        (-_INF, 0.0),
        True,
        "The target's classes follow from one source label for each row.",
        "As leep, and more so: a label says less than probabilities. Many source labels for few rows look like "
        "a perfect match.",
        "One count.",
        nce.evaluate,
    ),
    ScoreKind(
        "logme",
        "features",
        _BOTH,
        True,
        (-_INF, _INF),
        True,
        "Labels, as zeros and ones or numbers, are linear in the features with even Gaussian noise.",
        "Where fine-tuning will change the features; where classes are rare (each counts alike, and predicting none of "
        "it scores well); between data sets: it depends on the classes' shares and on the unit of numbers.",
        "One pass for products of columns, one eigendecomposition for all classes.",
        logme.evaluate,
    ),
    ScoreKind(
        "h_score",
        "features",
        _CLASSES,
        True,
        (0.0, _INF),
        True,
        "Classes lie around their means with one covariance.",
        "Where classes differ in spread or shape and not in their means; on whitened features, where shrinkage is "
        "nearly whole: it is then near 0 whatever they hold, and its interval too narrow; with far fewer rows than "
        "columns, where shrinkage decides most of it; between features of different width.",
        "One pass for products of columns, one factorisation.",
        h_score.evaluate,
    ),
    ScoreKind(
        "trans_rate",
        "features",
        _CLASSES,
        True,
        (-_INF, _INF),
        False,
        "Features are Gaussian, and Gaussian within each class.",
        "With fewer rows of a class than columns: the rate within the class is then too small, and wide features look "
        "good whatever they hold. Compare features of one width, or reduce them first.",
        "Products of columns within each class, and a determinant for each.",
        trans_rate.evaluate,
    ),
    ScoreKind(
        "pac_tran",
        "features",
        _CLASSES,
        True,
        (-_INF, _INF),
        False,
        "A linear head with weights near 0, in the unit of the features, will be fitted.",
        "Between models whose features have other units: the prior is on the weights. Between other numbers of rows: "
        "the bound depends on it.",
        "A logistic regression on at most 5,000 rows, by far the longest of these.",
        pac_tran.evaluate,
    ),
    ScoreKind(
        "gbc",
        "features",
        _CLASSES,
        True,
        (-_INF, 0.0),
        False,
        "Each class is a Gaussian with uncorrelated columns along the principal components.",
        "With many classes, where a few pairs that overlap decide; with few rows of a class, whose variances are then "
        "too small; where what tells classes apart lies in components of small variance.",
        "One pass for products of columns and one along 64 components.",
        gbc.evaluate,
    ),
    ScoreKind(
        "linear_probe",
        "features",
        _BOTH,
        True,
        (-_INF, 1.0),
        True,
        "The head will be linear and the features stay as they are.",
        "Where fine-tuning will change the features; where rows come in groups (patients, scenes) that folds cut "
        "apart; accuracy says little where one class holds most rows.",
        "One pass for products of columns; models of folds are sums taken off.",
        linear_probe.evaluate,
    ),
    ScoreKind(
        "knn_score",
        "features",
        _BOTH,
        True,
        (-_INF, 1.0),
        True,
        "Near in the features' units means alike in the label.",
        "With columns of different units; with duplicates, which know each other; where one class holds most rows.",
        "2,000 rows against all: one product of that size.",
        knn_score.evaluate,
    ),
    ScoreKind(
        "proxy_a_distance",
        "domains",
        (),
        False,
        (-2.0, 2.0),
        True,
        "What matters of a shift is what a linear classifier sees: moved means.",
        "Where domains differ in something that has nothing to do with the label, such as a scanner's mark: it is 2, "
        "and transfer may be perfect. In many columns nearly all domains can be told apart.",
        "One pass for products of columns.",
        proxy_a_distance.evaluate,
    ),
    ScoreKind(
        "mmd",
        "domains",
        (),
        False,
        (-_INF, _INF),
        True,
        "The width of the kernel is the scale at which a shift matters.",
        "Between sources, if each has a width of its own: give one; in many columns, where the kernel sees means "
        "at most.",
        "One pass for 512 random features.",
        mmd.evaluate,
    ),
    ScoreKind(
        "wasserstein",
        "domains",
        (),
        False,
        (0.0, _INF),
        True,
        "Shifts show in single columns.",
        "Where only the way columns go together moved, which it cannot see; with few rows, where it is above 0 "
        "by chance.",
        "A sort of each column.",
        wasserstein.evaluate_columns,
    ),
    ScoreKind(
        "sliced_wasserstein",
        "domains",
        (),
        False,
        (0.0, _INF),
        True,
        "Shifts show along random directions.",
        "In many columns, where a shift of a few hardly shows along random directions; with few rows, where it is "
        "above 0 by chance.",
        "One product and a sort for each of 100 directions.",
        wasserstein.evaluate_slices,
    ),
    ScoreKind(
        "otdd",
        "labelled domains",
        (),
        False,
        (0.0, _INF),
        True,
        "Classes are Gaussians, and near classes of near rows mean near tasks.",
        "In many columns, where most of it is the distance of any two draws of rows; where labels of one place mean "
        "other things: it compares where classes lie, never what they are called.",
        "One pass for the classes' Gaussians, an exact plan between 1,000 rows of each side.",
        otdd.evaluate,
    ),
)

BY_NAME = {kind.name: kind for kind in TABLE}
