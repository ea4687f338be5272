"""Which tasks to collect labels for: six questions about handwritten digits, asked of networks that learned another.

Labels for a new question are scarce. For which questions should many labels be bought, so that all six are solved
well by transfer? Each source is a small classifier that learns its question from many rows; its hidden layer is kept,
and a linear model on top learns the target's question from few.
"""

import warnings
from itertools import combinations

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import RidgeClassifier
from sklearn.neural_network import MLPClassifier

import headstart as hs

X, digit = load_digits(return_X_y=True)
X = X / 16
questions = {
    "odd": digit % 2,
    "above 4": digit > 4,
    "multiple of 3": digit % 3 == 0,
    "has a loop": np.isin(digit, [0, 6, 8, 9]),
    "ink": X.sum(axis=1) > np.median(X.sum(axis=1)),
    "top heavy": X[:, :32].sum(axis=1) > X[:, 32:].sum(axis=1),
}

rng = np.random.default_rng(0)
order = rng.permutation(len(X))
many, few_pool, test = order[:900], order[900:1200], order[1200:]


def hidden(name: str) -> np.ndarray:
    """What the hidden layer of a network that learned a question says of all rows."""
    network = MLPClassifier((16,), max_iter=30, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(X[many], np.asarray(questions[name], dtype=int)[many])
    return np.maximum(X @ network.coefs_[0] + network.intercepts_[0], 0)


features = {(name,): hidden(name) for name in questions}
features |= {pair: np.hstack([features[(n,)] for n in pair]) for pair in combinations(questions, 2)}

rows = []
for target, answer in questions.items():
    answer = np.asarray(answer, dtype=int)
    for repeat in range(8):
        few = np.random.default_rng(repeat).choice(few_pool, 40, replace=False)
        for sources, known in features.items():
            # A task that is supervised itself needs no transfer: what it is worth is its own network's transfer.
            model = RidgeClassifier().fit(known[few], answer[few])
            rows.append((sources, target, repeat, model.score(known[test], answer[test])))

measured = pd.DataFrame(rows, columns=["sources", "target", "repeat", "score"])
tasks = hs.TaskMap.from_transfers(measured, row="repeat")
print(tasks, "\n")
print(tasks.affinity.round(3).to_string(), "\n")
print(tasks.tree(), "\n")
print(tasks.policies(range(1, 5), scale="range"), "\n")
print(tasks.policy(2, scale="range"), "\n")
# Labels of one question may cost more than those of another.
print(tasks.policy(3, costs={"has a loop": 2.5}, scale="range"))
