"""Forty digits of one scanner, many of another: which way to transfer the network, and does it help at all?"""

import numpy as np
from sklearn.datasets import load_digits

import headstart as hs

images, labels = load_digits(return_X_y=True)
images = (images.reshape(-1, 8, 8) * 15).astype(np.uint8)
# The other scanner is paler, and a pixel to the side.
source = hs.Domain(np.roll(images[:600] // 2 + 60, 1, axis=2), labels[:600], name="other scanner")
X, y, X_test, y_test = images[600:640], labels[600:640], images[1000:1400], labels[1000:1400]

search = hs.NeuralTransferSearch(
    candidates=[
        ("all layers", hs.neural.FullFineTune()),
        ("all but the first two layers", hs.neural.FreezeBelow(2)),
        ("frozen features", hs.neural.LinearProbe()),
    ],
    folds=3,
    epochs=10,
    source_epochs=8,
    random_state=0,
).fit(X, y, source=source)

print(search.verdict_, "\n")
print(search.leaderboard_[["candidate", "score", "gain", "weight"]].round(3).to_string(index=False), "\n")

watched = search.curves_.groupby(["candidate", "epoch"])["watched"].mean().unstack("candidate")
print("Loss on the folds' other rows, after each epoch:")
print(watched.round(2).to_string(), "\n")

print(f"The model is {max(search.weights_, key=search.weights_.get)!r}.")
print(f"Right on {search.score(X_test, y_test):.0%} of 400 other digits.")
