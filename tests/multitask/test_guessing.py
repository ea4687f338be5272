"""What guessing scores on held-out rows, and the word that is said where nothing beats it."""

import numpy as np
import pandas as pd
import pytest

from headstart.multitask import MultiTaskLearner, MultiTaskLinearClassifier
from headstart.multitask.verdicts import guessing, no_better_than_guessing
from headstart.report.task_facts import read_task_facts
from headstart.report.task_sentences import warnings_of

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 5))


def test_guesses_come_from_the_other_folds():
    fold = np.array([0, 0, 1, 1])
    numbers = guessing(np.array([1.0, 3.0, 10.0, 20.0]), fold, 2, numbers=True)
    np.testing.assert_allclose(numbers, [(1 - 15) ** 2, (3 - 15) ** 2, (10 - 2) ** 2, (20 - 2) ** 2])
    classes = guessing(np.array([0.0, 1.0, 1.0, 1.0]), fold, 2, numbers=False)
    # Of the other fold both rows are of class 1; half a row is added to each class.
    np.testing.assert_allclose(classes, -np.log([0.5 / 3, 2.5 / 3, 1.5 / 3, 1.5 / 3]))


def test_noise_is_told_from_signal():
    Y = pd.DataFrame({"noise": RNG.integers(2, size=120), "signal": (X[:, 0] > 0).astype(int)})
    model = MultiTaskLearner(folds=3, epochs=40, affinity=0, random_state=0).fit(X, Y)
    noise, signal = model.verdicts_
    assert noise.score_guess == pytest.approx(-np.log(2), abs=0.03)
    assert no_better_than_guessing(noise, "joint") and not no_better_than_guessing(signal, "joint")
    assert model.table_["guessing"].tolist() == [noise.score_guess, signal.score_guess]
    (said,) = warnings_of(read_task_facts(model))
    assert said.startswith("noise scores no better on held-out rows than guessing") and "--model linear" in said


def test_linear_models_tell_it_too():
    Y = pd.DataFrame({"signal": (X[:, 0] > 0).astype(int), "other": (X[:, 1] > 0).astype(int)})
    model = MultiTaskLinearClassifier(folds=3, random_state=0).fit(X, Y)
    assert (model.table_["guessing"] < model.table_["joint"]).all()
    assert warnings_of(read_task_facts(model)) == []
