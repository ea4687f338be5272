"""Small networks on tables stop early where nobody says how long, and learn all rows where longer is better."""

import numpy as np
import pytest

import headstart as hs
from headstart.multitask import MultiTaskClassifier
from headstart.neural import defaults

RNG = np.random.default_rng(0)
X, NEW = RNG.normal(size=(60, 6)), RNG.normal(size=(500, 6))


def noisy(X, seed=1):
    return (X[:, 0] + 2 * np.random.default_rng(seed).normal(size=len(X)) > 0).astype(int)


def log_loss(model, X, y):
    return -np.log(np.clip(model.predict_proba(X)[np.arange(len(y)), y], 1e-12, 1)).mean()


def test_noisy_labels_are_not_learnt_by_heart():
    y, new = noisy(X), noisy(NEW, 2)
    early = hs.FineTuneClassifier(random_state=0).fit(X, y)
    full = hs.FineTuneClassifier(random_state=0, patience=None).fit(X, y)
    assert early.histories_["target"].stopped == "patience" and full.histories_["target"].stopped == "epochs"
    assert log_loss(early, NEW, new) < log_loss(full, NEW, new) / 1.5


def test_what_takes_all_epochs_is_learnt_from_all_rows():
    rows = np.random.default_rng(3).normal(size=(1200, 4))
    y = rows[:, 0] * rows[:, 1] + rows[:, 2]
    auto, full = (hs.FineTuneRegressor(random_state=0, patience=p).fit(rows, y) for p in ("auto", None))
    assert auto.histories_["target"].best_epoch is None  # of the training on all rows
    np.testing.assert_array_equal(auto.predict(NEW[:, :4]), full.predict(NEW[:, :4]))


def test_tasks_stop_together():
    Y = np.column_stack([noisy(X), noisy(X, 5)])
    model = MultiTaskClassifier(folds=None, affinity=0, random_state=0).fit(X, Y)
    assert model.histories_["joint"].stopped == "patience"


def test_epochs_that_are_given_are_run():
    model = hs.FineTuneClassifier(epochs=12, random_state=0).fit(X, noisy(X))
    assert model.histories_["target"].best_epoch is None and len(model.histories_["target"].rows) == 12


def test_a_strange_word_is_refused():
    with pytest.raises(hs.InputError, match="patience is 'always'; expected a whole number of at least 1, 'auto'"):
        hs.FineTuneClassifier(patience="always").fit(X, noisy(X))


@pytest.mark.parametrize(("kind", "own", "n"), [("images", True, 90), ("table", False, 90), ("table", True, 19)])
def test_everything_else_runs_in_full(kind, own, n):
    assert defaults.patience(kind, own, n, 100) is None
    assert defaults.patience("table", True, 20, 100) == 25
