"""Forty digits of one scanner, many of another: which way to transfer the network, and does it help at all?"""

import numpy as np
from sklearn.datasets import load_digits

import headstart as hs

images, labels = load_digits(return_X_y=True)
images = (images.reshape(-1, 8, 8) * 15).astype(np.uint8)
# Neighbours in this collection are of one writer, so rows are drawn.
order = np.random.default_rng(0).permutation(len(images))
few, test, many = order[:40], order[40:440], order[440:]
X, y, X_test, y_test = images[few], labels[few], images[test], labels[test]
# The other scanner is paler, and a pixel to the side.
source = hs.Domain(np.roll(images[many] // 2 + 60, 1, axis=2), labels[many], name="other scanner")

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

shares = {name: f"{weight:.0%}" for name, weight in search.weights_.items() if weight > 0.01}
print(f"The model is a blend: {shares}.")
print(f"Right on {search.score(X_test, y_test):.0%} of 400 other digits.")
