"""Two hospitals that recorded different columns: which are the same, what is filled, and whether it helps."""

import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedShuffleSplit, cross_val_score

import headstart as hs

heart = hs.datasets.load_heart()
hungary, cleveland = heart["Hungary"], heart["Cleveland"]
ours = hungary.X[["age", "sex", "exercise_angina", "max_heart_rate", "cholesterol"]]
theirs = cleveland.X[["age", "sex", "chest_pain", "st_depression", "exercise_angina", "max_heart_rate"]]
# Another hospital, another spelling.
theirs = theirs.rename(columns={"exercise_angina": "angina", "max_heart_rate": "maxHR"})

matches = hs.match_columns(ours, theirs)
print(matches, "\n")
# A proposal is applied only when asked; one can be chosen with only=.
source = matches.rename(hs.Domain(theirs, cleveland.y, name="Cleveland"))

space = hs.CommonSpace().fit(ours, source=source)
print(f"{space.method_}: {space.reason_}")
print(space.fill_error_.round(2), "\n")

learner = LogisticRegression(max_iter=1000)
models = {
    "target only": hs.Aligned(learner, hs.CommonSpace()),
    "common space, pooled": hs.Aligned(learner, hs.CommonSpace()),
    "common space, source as prior": hs.Aligned(hs.SourcePriorClassifier(), hs.CommonSpace()),
}
folds = StratifiedShuffleSplit(10, train_size=20, test_size=200, random_state=0)
print("AUC on 200 patients of Hungary, from 20 labels:")
for name, model in models.items():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hs.HeadstartWarning)
        params = {"source": None if name == "target only" else source}
        auc = cross_val_score(model, ours, hungary.y, cv=folds, scoring="roc_auc", params=params)
    print(f"  {name:32}{np.mean(auc):.3f}")
