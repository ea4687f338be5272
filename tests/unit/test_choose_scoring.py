"""Any scorer of scikit-learn scores values as it scores the estimator that gave them."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import get_scorer

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
