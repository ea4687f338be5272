"""Sixty patients of one hospital, two hundred of another: does the other hospital help?"""

from sklearn.metrics import roc_auc_score

import headstart as hs

heart = hs.datasets.load_heart()
hungary, long_beach = heart["Hungary"], heart["VA Long Beach"]
X, y = hungary.X[:60], hungary.y[:60]  # the labelled target
X_new, y_new = hungary.X[60:], hungary.y[60:]  # only to look at the outcome

model = hs.TransferClassifier(random_state=0).fit(X, y, source=long_beach)
print(model.verdict_.sentence())
print()
print(model.leaderboard_[["candidate", "score", "gain", "p_harm", "weight"]].round(3).to_string(index=False))

alone = hs.TransferClassifier(random_state=0).fit(X, y)
print()
for name, fitted in (("with Long Beach", model), ("Hungary alone", alone)):
    auc = roc_auc_score(y_new, fitted.predict_proba(X_new)[:, 1])
    print(f"AUC on {len(X_new)} new patients, {name}: {auc:.3f}")
