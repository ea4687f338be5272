"""Class shares of an unlabelled target: the EM of Saerens et al. and the confusion matrix of Lipton et al."""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from .types import Floats


def em_shares(
    probability: Floats,
    source_shares: Floats,
    *,
    prior: Floats | None = None,
    tol: float = 1e-10,
    max_iter: int = 10_000,
) -> tuple[Floats, int]:
    """The target's class shares that maximise the likelihood of the unlabelled rows; also the iterations taken.

    Parameters
    ----------
    probability : array of shape (n_target, n_classes)
        Class probabilities of a classifier fitted to the source, at target rows without labels.
    source_shares : array of shape (n_classes,)
        The class shares of the source, all positive.
    prior : array of shape (n_classes,), default=None
        Rows whose class is known, by class: labelled target rows, pseudo-rows. None: no such rows.
    """
    known = np.zeros(source_shares.size) if prior is None else prior
    ratio = probability / source_shares
    total = probability.shape[0] + float(np.sum(known))
    shares = source_shares.copy()
    iteration = 0
    while iteration < max_iter:
        iteration += 1
        joint = ratio * shares
        joint /= np.maximum(joint.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
        new = (joint.sum(axis=0) + known) / total
        new /= np.sum(new)
        moved = float(np.max(np.abs(new - shares)))
        shares = new
        if moved <= tol:
            break
    return shares, iteration


def bbse_shares(confusion: Floats, predicted: Floats, source_shares: Floats) -> Floats:
    """The target's class shares by the shift of the predictions' shares.

    ``confusion`` (n_classes, n_classes) holds the share of source rows predicted as i with the label j;
    ``predicted`` (n_classes,) the share of target rows predicted as i. The ratio w solves confusion @ w = predicted
    in the least-squares sense over w >= 0, which is the inverse of Lipton et al. wherever that has no negative
    component.
    """
    ratio, _ = nnls(confusion, predicted)
    shares = ratio * source_shares
    total = float(np.sum(shares))
    return shares / total if total > 0 else source_shares.copy()
