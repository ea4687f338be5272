"""A table learns from series: two domains that share no column and no kind of input, only what they are about.

Half of the days of the Italian power demand data (24 hourly values a day; is it summer or winter?) are known as whole
series. The other days are known by four numbers from a monthly bill. One space for both: the series go through a
transformer of aeon, the bills through the table encoder, and the labels link the two.

Needs aeon, which brings the data too:  pip install aeon
Data: Keogh et al., "Intelligent icons", ICDM 2006, in the UCR archive.
"""

import sys

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import headstart as hs

try:
    from aeon.datasets import load_italy_power_demand
    from aeon.transformations.collection.feature_based import SevenNumberSummary
except ImportError:
    print("skipped: this example needs aeon (pip install aeon)")
    sys.exit()

series, season = load_italy_power_demand()
series, summer = series[:, 0, :], (season == "2").astype(int)
half = len(series) // 2

# The source: whole days. A series is a row of its hours; any transformer for series makes columns of it.
hours = pd.DataFrame(series[:half], columns=[f"hour {h}" for h in range(24)])
days = hs.Domain(hours, summer[:half], name="metered days")
encoder = make_pipeline(FunctionTransformer(np.asarray), SevenNumberSummary(), StandardScaler())

# The target: what a bill tells of other days. Thirty of them have a label.
rest = series[half:]
bills = pd.DataFrame(
    {
        "night": rest[:, :6].mean(axis=1),
        "morning": rest[:, 6:12].mean(axis=1),
        "evening": rest[:, 17:22].mean(axis=1),
        "tariff": np.where(rest.max(axis=1) > 2.0, "peak", "flat"),
    }
)
labels = summer[half:]
few, new = slice(0, 30), slice(30, None)

space = hs.CommonSpace(source_encoder=encoder)
one_classifier = hs.Aligned(hs.SourcePriorClassifier(), space)
model = hs.TransferClassifier(candidates=[("series and bills", one_classifier)], random_state=0)
model.fit(bills[few], labels[few], source=days)

print(model.verdict_.sentence())
print(model.leaderboard_[["candidate", "score", "gain", "weight"]].round(3).to_string(index=False))
print(f"AUC on {len(labels) - 30} other days: {roc_auc_score(labels[new], model.predict_proba(bills[new])[:, 1]):.3f}")
