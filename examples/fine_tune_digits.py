"""Five new digits, with three images of each: from nothing, or from a network that learnt five others?"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedShuffleSplit, cross_val_score

import headstart as hs

images, labels = load_digits(return_X_y=True)
images = (images.reshape(-1, 8, 8) * 16).clip(0, 255).astype(np.uint8)
new = labels >= 5
# Another task on the same kind of images: the labels have nothing in common, so only the layers are carried over.
source = hs.Domain(images[~new], labels[~new], name="digits 0 to 4")

policies = {
    "all layers": hs.neural.FullFineTune(),
    "the head alone": hs.neural.LinearProbe(),
    "the head, then all layers": hs.neural.ProbeThenFineTune(),
    "all but the first two layers": [hs.neural.FreezeBelow(2), hs.neural.ProbeThenFineTune()],
}
model = hs.FineTuneClassifier(policy=policies["all but the first two layers"], random_state=0)
print("What would train:")
print(model.plan(images[new], labels[new], source=source).to_string(index=False), "\n")

folds = StratifiedShuffleSplit(3, train_size=15, test_size=400, random_state=0)
print("Accuracy on 400 images of the digits 5 to 9, from 3 images each:")
scores = cross_val_score(hs.FineTuneClassifier(random_state=0), images[new], labels[new], cv=folds)
print(f"  {'from random weights':32}{scores.mean():.3f}")
for name, policy in policies.items():
    model = hs.FineTuneClassifier(policy=policy, random_state=0)
    scores = cross_val_score(model, images[new], labels[new], cv=folds, params={"source": source})
    print(f"  {name:32}{scores.mean():.3f}")
