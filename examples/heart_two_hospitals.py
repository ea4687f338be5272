"""Sixty patients of one hospital, two hundred of another: does the other hospital help?"""

from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

import headstart as hs

heart = hs.datasets.load_heart()
hungary, long_beach = heart["Hungary"], heart["VA Long Beach"]
# sixty labelled patients are the target; the others are only there to look at the outcome
X, X_new, y, y_new = train_test_split(hungary.X, hungary.y, train_size=60, random_state=0)

model = hs.TransferClassifier(random_state=0).fit(X, y, source=long_beach)
print(model.verdict_.sentence())
print()
print(model.leaderboard_[["candidate", "score", "gain", "p_harm", "weight"]].round(3).to_string(index=False))

alone = hs.TransferClassifier(random_state=0).fit(X, y)
print()
for name, fitted in (("with Long Beach", model), ("Hungary alone", alone)):
    auc = roc_auc_score(y_new, fitted.predict_proba(X_new)[:, 1])
    print(f"AUC on {len(X_new)} new patients, {name}: {auc:.3f}")
