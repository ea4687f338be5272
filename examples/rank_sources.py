"""Forty patients of one hospital: which of three others is worth learning from, and what does the ranking know?"""

from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

import headstart as hs

heart = hs.datasets.load_heart()
hungary = heart.pop("Hungary")
# forty labelled patients are the target; the others are only there to look at the outcome
X, X_new, y, y_new = train_test_split(hungary.X, hungary.y, train_size=40, random_state=0)

ranking = hs.rank_sources(hs.Domain(X, y, name="Hungary"), heart, repeats=1, random_state=0)
print(ranking)

print()
for name, source in heart.items():
    model = hs.SourcePriorClassifier()
    model = hs.Prepared(hs.TableEncoder(), model).fit(X, y, source=source)
    auc = roc_auc_score(y_new, model.predict_proba(X_new)[:, 1])
    print(f"AUC on {len(X_new)} new patients with {name}: {auc:.3f}{' (came first)' if name == ranking.best else ''}")
