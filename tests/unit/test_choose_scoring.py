"""Any scorer of scikit-learn scores values as it scores the estimator that gave them."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import get_scorer

import headstart as hs
from headstart.choose.scoring import Metric


@pytest.mark.parametrize(
    "name", ["roc_auc", "accuracy", "neg_log_loss", "neg_brier_score", "average_precision", "f1", "balanced_accuracy"]
)
def test_metrics_of_two_classes(name):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    y = (X[:, 0] + rng.normal(size=60) > 0).astype(int)
    model = LogisticRegression().fit(X, y)
    metric = Metric(name, model.classes_, y)
    assert metric(y, model.predict_proba(X)) == pytest.approx(get_scorer(name)(model, X, y))


@pytest.mark.parametrize("name", ["r2", "neg_mean_absolute_error", "neg_root_mean_squared_error"])
def test_metrics_of_numbers(name):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    y = X[:, 0] + rng.normal(size=60)
    model = Ridge().fit(X, y)
    assert Metric(name, None, y)(y, model.predict(X)) == pytest.approx(get_scorer(name)(model, X, y))


@pytest.mark.parametrize("name", ["roc_auc", "neg_log_loss"])
def test_a_fold_that_lacks_a_class_has_no_score(name):
    classes, values = np.array([0, 1]), np.array([[0.8, 0.2], [0.4, 0.6]])
    assert np.isnan(Metric(name, classes, np.array([0, 1]))(np.array([0, 0]), values))


@pytest.mark.parametrize(
    ("name", "labels", "message"),
    [
        ("r2", ["no", "yes"], "scoring='r2' cannot score these labels, which are 2 classes, 'no', 'yes'; expected a"),
        ("precision", ["no", "yes"], "such as roc_auc, accuracy or neg_log_loss .it says: pos_label=1 is not a valid"),
        ("roc_auc", ["a", "b", "c"], "3 classes, 'a', 'b', 'c'; .* such as accuracy, roc_auc_ovr or neg_log_loss"),
        ("accuracy", None, "scoring='accuracy' cannot score these labels, which are numbers; .* such as r2 or neg"),
        ("neg_mean_squared_log_error", None, "which are numbers"),
    ],
)
def test_a_metric_that_is_not_made_for_the_labels_is_refused_at_once(name, labels, message):
    classes = None if labels is None else np.array(labels)
    y = np.arange(-6.0, 6.0) if labels is None else np.tile(classes, 4)
    with pytest.raises(hs.InputError, match=message):
        Metric(name, classes, y)


def test_everyone_who_takes_a_metric_refuses_it_alike():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    y = np.where(X[:, 0] > 0, "yes", "no")
    target, source = hs.Domain(X[:20], y[:20], name="here"), hs.Domain(X[20:], y[20:], name="there")
    asked = [
        lambda: hs.rank_sources(target, source, scoring="r2"),
        lambda: hs.map_transfers([target, source], scoring="r2"),
        lambda: hs.TransferClassifier(scoring="r2").fit(target.X, target.y, source=source),
        lambda: hs.map_tasks(X, {"a": y, "b": np.where(X[:, 1] > 0, "yes", "no")}, scoring="r2"),
    ]
    for ask in asked:
        with pytest.raises(hs.InputError, match="scoring='r2' cannot score these labels, which are 2 classes"):
            ask()
