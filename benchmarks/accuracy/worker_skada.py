"""skada's methods, with a linear base learner. Runs in an interpreter that has skada; never imported by headstart."""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import skada
from worker import linear, padded, serve


def rows(d, labels):
    """Source, labelled target and unlabelled target rows, as skada wants them; without ``labels`` all are masked."""
    X = np.vstack([d["Xs"], d["X"], d["Xu"]])
    if d["task"] == "regression":
        gap, dtype = np.nan, float
    else:
        gap, dtype = -1, int
    seen = d["y"] if labels else np.full(len(d["y"]), gap)
    y = np.concatenate([d["ys"], seen, np.full(len(d["Xu"]), gap)]).astype(dtype)
    domain = np.r_[np.ones(len(d["ys"]), int), np.full(len(d["y"]) + len(d["Xu"]), -2)]
    return X, y, domain


def answer(model, d):
    """Probabilities of the test rows, or numbers."""
    X = d["X_test"]
    domain = np.full(len(X), -2)
    if d["task"] == "regression":
        return np.asarray(model.predict(X, sample_domain=domain))
    try:
        P = np.asarray(model.predict_proba(X, sample_domain=domain))
    except AttributeError:
        return np.asarray(model.predict(X, sample_domain=domain)).astype(float)
    classes = getattr(model, "classes_", None)
    classes = np.unique(d["ys"]) if classes is None else classes
    classes = np.asarray(classes)[np.asarray(classes) >= 0]
    return padded(P[:, -len(classes) :], classes, d["n_classes"])


def method(make, *, labels=False):
    """A function of the data from one that makes a pipeline of a base learner."""

    def run(d):
        X, y, domain = rows(d, labels)
        model = make(linear(d), d)
        model.fit(X, y, sample_domain=domain)
        return answer(model, d)

    return run


def weighted(kind, **more):
    """A reweighting method, whose base learner must ask for the weights."""
    return method(lambda base, d: kind(base.set_fit_request(sample_weight=True), **more))


def labelled(adapter):
    """An adapter that is given the target labels there are."""
    return method(lambda base, d: skada.make_da_pipeline(adapter(), base, mask_target_labels=False), labels=True)


def methods(task):
    """Name -> function."""
    found = {
        "CORAL (target labels)": labelled(skada.CORALAdapter),
        "SubspaceAlignment (target labels)": labelled(skada.SubspaceAlignmentAdapter),
        "LinearOTMapping (target labels)": labelled(skada.LinearOTMappingAdapter),
        "OTMapping (target labels)": labelled(skada.OTMappingAdapter),
        "CORAL (no target labels)": method(lambda base, d: skada.CORAL(base)),
        "SubspaceAlignment (no target labels)": method(lambda base, d: skada.SubspaceAlignment(base)),
        "LinearOTMapping (no target labels)": method(lambda base, d: skada.LinearOTMapping(base)),
        "OTMapping (no target labels)": method(lambda base, d: skada.OTMapping(base)),
        "DensityReweight (no target labels)": weighted(skada.DensityReweight),
        "GaussianReweight (no target labels)": weighted(skada.GaussianReweight),
        "DiscriminatorReweight (no target labels)": weighted(skada.DiscriminatorReweight),
        "NearestNeighborReweight (no target labels)": weighted(skada.NearestNeighborReweight),
        "KMMReweight (no target labels)": weighted(skada.KMMReweight),
    }
    if task == "regression":
        found["JDOTRegressor (no target labels)"] = method(lambda base, d: skada.JDOTRegressor(base))
    else:
        found["OTLabelProp (no target labels)"] = method(lambda base, d: skada.OTLabelProp(base))
        found["JDOTClassifier (no target labels)"] = method(lambda base, d: skada.JDOTClassifier(base))
    return found


def slow(task):
    """Methods that only the benchmark of the aligners asks for: minutes on some thousand rows."""
    adapters = {
        "TCA": skada.TransferComponentAnalysisAdapter,
        "EntropicOTMapping": skada.EntropicOTMappingAdapter,
        "ClassRegularizerOTMapping": skada.ClassRegularizerOTMappingAdapter,
    }
    found = {}
    for name, adapter in adapters.items():
        found[f"{name} (target labels)"] = labelled(adapter)
        found[f"{name} (no target labels)"] = method(
            lambda base, d, adapter=adapter: skada.make_da_pipeline(adapter(), base)
        )
    return found


if __name__ == "__main__":
    serve(methods, slow)
