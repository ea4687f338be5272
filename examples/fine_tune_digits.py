"""Three images of each digit, and another scanner: which layers of its network to keep, if any?"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedShuffleSplit

import headstart as hs

images, labels = load_digits(return_X_y=True)
images = (images.reshape(-1, 8, 8) * 15).astype(np.uint8)
# The other scanner is paler, and a pixel to the side.
source = hs.Domain(np.roll(images[:800] // 2 + 60, 1, axis=2), labels[:800], name="other scanner")
images, labels = images[800:], labels[800:]

policies = {
    "all layers": hs.neural.FullFineTune(),
    "the head alone": hs.neural.LinearProbe(),
    "all but the first two layers": hs.neural.FreezeBelow(2),
    "one layer after the other": hs.neural.GradualUnfreeze(),
}
train, test = next(StratifiedShuffleSplit(1, train_size=30, test_size=600, random_state=0).split(images, labels))
X, y, X_test, y_test = images[train], labels[train], images[test], labels[test]

model = hs.FineTuneClassifier(policy=policies["all but the first two layers"], random_state=0)
print("What would train:")
print(model.plan(X, y, source=source).to_string(index=False), "\n")

how = {"epochs": 30, "source_epochs": 10, "random_state": 0}
print("Accuracy on 600 other images:")
print(f"  {'from random weights':32}{hs.FineTuneClassifier(**how).fit(X, y).score(X_test, y_test):.3f}")
alone = hs.FineTuneClassifier(**how).fit(X, None, source=source)
print(f"  {'the other scanner, as it is':32}{alone.score(X_test, y_test):.3f}")
for name, policy in policies.items():
    model = hs.FineTuneClassifier(policy=policy, **how).fit(X, y, source=source)
    print(f"  {name:32}{model.score(X_test, y_test):.3f}")
