"""Two digits in one picture: one network for both, held against one for each, and what cross-stitch networks share."""

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from torch import nn

import headstart as hs
from headstart.multitask import CrossStitch, MultiTaskClassifier

digits, names = load_digits(return_X_y=True)
digits = (digits.reshape(-1, 8, 8) * 15).astype(np.uint8)
# Neighbours in this collection are of one writer, so digits are drawn; none of the test was seen before.
order = np.random.default_rng(0).permutation(len(digits))


def pictures(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, pd.DataFrame]:
    """A digit on the left, another on the right: (n, 8, 16) pixels, and a column of labels for each."""
    labels = pd.DataFrame({"left": names[first], "right": names[second]})
    return np.concatenate([digits[first], digits[second]], axis=2), labels


X, Y = pictures(order[:300], order[300:600])
X_new, Y_new = pictures(order[600:900], order[900:1200])
# Half of the pictures have no label of the right digit; they still teach the left one.
Y["right"] = Y["right"].astype("Int64")
Y.loc[::2, "right"] = pd.NA

# Two layers of one's own are quicker here than the small network for images, backbone=None.
layers = nn.Sequential(nn.Flatten(), nn.Linear(8 * 16, 128), nn.ReLU(), nn.Linear(128, 64))
backbone = hs.neural.open_backbone(layers, takes=hs.neural.ImageReader(size=(8, 16), channels=1))

for sharing in (None, CrossStitch()):
    model = MultiTaskClassifier(backbone, sharing=sharing, folds=3, epochs=15, learning_rate=3e-3, random_state=0).fit(
        X, Y
    )
    print(f"{sharing or 'one network up to the heads'}:")
    print(model.table_[["task", "rows", "joint", "alone", "gain", "decision", "uses"]].round(3).to_string(index=False))
    print(f"right on 300 other pictures: {model.scores(X_new, Y_new).round(2).to_dict()}\n")

for title, table in model.learnt_.items():
    print(f"{title}, rows read columns; the report draws it as a map:\n{table.round(2).to_string()}\n")
