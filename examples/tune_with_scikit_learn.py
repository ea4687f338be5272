"""scikit-learn's grid search over a transfer model: folds of the target, the source whole."""

from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.preprocessing import StandardScaler

import headstart as hs

shift = hs.datasets.make_shift("covariate", n_target=60, n_source=500, random_state=0)
X, y = shift.target.X, shift.target.y

model = hs.Prepared(StandardScaler(), hs.Pooled(LogisticRegression(), target_weight=1.0))
grid = {"estimator__target_weight": [1.0, 5.0, "equal"], "estimator__estimator__C": [0.1, 1.0, 10.0]}
search = GridSearchCV(model, grid, cv=5, scoring="roc_auc").fit(X, y, source=shift.source)
print("best:", search.best_params_)

alone = cross_val_score(LogisticRegression(), X, y, cv=5, scoring="roc_auc").mean()
print(f"AUC in cross-validation: {search.best_score_:.3f} with the source, {alone:.3f} without")
print(f"accuracy on new rows: {search.score(shift.test.X, shift.test.y):.3f}")
