"""adapt's methods, with a linear base learner. Runs in an interpreter that has adapt; never imported by headstart."""

from __future__ import annotations

import os

os.environ.update({"OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""})

import adapt.feature_based as fb
import adapt.instance_based as ib
import adapt.parameter_based as pb
import numpy as np
from worker import linear, padded, serve

OPTIONS = {"verbose": 0, "random_state": 0}


def answer(model, data):
    """Probabilities where the fitted learner inside gives them and agrees with the model's own classes; else classes.

    adapt has no predict_proba of its own.
    """
    X = data["X_test"]
    predicted = np.asarray(model.predict(X))
    if data["task"] == "regression":
        return predicted.reshape(-1)
    predicted = predicted.reshape(-1).astype(float)
    try:
        rows = model.transform(X, domain="tgt") if hasattr(model, "transform") else X
        inner = model.estimator_
        P = padded(inner.predict_proba(rows), inner.classes_, data["n_classes"])
    except Exception:
        return predicted
    return P if np.mean(P.argmax(axis=1) == predicted) > 0.99 else predicted


def with_labels(kind, **more):
    """A method that learns from the labelled target rows."""

    def run(d):
        model = kind(linear(d), Xt=d["X"], yt=d["y"], **more, **OPTIONS).fit(d["Xs"], d["ys"])
        return answer(model, d)

    return run


def without_labels(kind, widths=False, penalties=False, **more):
    """A method that sees target rows without their labels; kernel widths by the peer's own label-free choice."""

    def run(d):
        extra = dict(more)
        if widths:
            extra["gamma"] = [f / d["Xs"].shape[1] for f in (0.1, 1.0, 10.0)]
        if penalties:
            extra["lambdas"] = [0.01, 0.1, 1.0]
        if kind is ib.IWC:
            from sklearn.linear_model import LogisticRegression

            extra["classifier"] = LogisticRegression(max_iter=1000)
        rows = np.vstack([d["X"], d["Xu"]])
        return answer(kind(linear(d), Xt=rows, **extra, **OPTIONS).fit(d["Xs"], d["ys"]), d)

    return run


def regular_transfer(kind):
    """Linear models drawn towards the coefficients of the source's."""

    def run(d):
        return answer(kind(linear(d).fit(d["Xs"], d["ys"]), **OPTIONS).fit(d["X"], d["y"]), d)

    return run


def methods(task):
    """Name -> function."""
    found = {
        "FA": with_labels(fb.FA),
        "PRED": with_labels(fb.PRED, pretrain=True),
        "BalancedWeighting": with_labels(ib.BalancedWeighting),
    }
    if task == "regression":
        found["TrAdaBoostR2"] = with_labels(ib.TrAdaBoostR2)
        found["TwoStageTrAdaBoostR2"] = with_labels(ib.TwoStageTrAdaBoostR2)
        found["RegularTransferLR"] = regular_transfer(pb.RegularTransferLR)
    else:
        found["TrAdaBoost"] = with_labels(ib.TrAdaBoost)
        found["RegularTransferLC"] = regular_transfer(pb.RegularTransferLC)
    return {
        **found,
        "CORAL (no target labels)": without_labels(fb.CORAL),
        "SA (no target labels)": without_labels(fb.SA),
        "NNW (no target labels)": without_labels(ib.NearestNeighborsWeighting),
        "IWC (no target labels)": without_labels(ib.IWC),
        "KLIEP (no target labels)": without_labels(ib.KLIEP, widths=True),
        "RuLSIF (no target labels)": without_labels(ib.RULSIF, widths=True, penalties=True),
        "KMM (no target labels)": without_labels(ib.KMM),
    }


if __name__ == "__main__":
    serve(methods)
