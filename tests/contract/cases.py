"""One row for each exported estimator: how it is built for the contract tests.

A new method adds its row here. The settings keep a fit well under a second; what they leave out, the method's own
tests cover.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import (
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import headstart as hs
from headstart.learners import boosting, linear


@dataclass(frozen=True)
class Case:
    """A build of an exported estimator.

    ``target_only`` makes what it equals without a source, where that is not its parameter ``estimator``;
    ``transfers`` is False for a plain transformer, whose ``fit`` takes no source.
    """

    name: str
    build: Callable[[], Any]
    note: str = ""
    target_only: Callable[[], Any] | None = None
    transfers: bool = True

    def __str__(self) -> str:
        return f"{self.name}-{self.note}" if self.note else self.name


def _logistic() -> Any:
    return LogisticRegression(C=1.0)


def _tree() -> Any:
    return DecisionTreeClassifier(max_depth=4, random_state=0)


def _pooled(learner: Any) -> tuple[str, Any]:
    return "my pooling", hs.Pooled(learner, target_weight=5.0)


def _pairs() -> Any:
    """Pairs of rows that have two directions in common."""
    rng = np.random.default_rng(0)
    common = rng.normal(size=(30, 2))
    columns = hs.testing.problem.COLUMNS
    rows = [common @ rng.normal(size=(2, 4)) + 0.3 * rng.normal(size=(30, 4)) for _ in range(2)]
    return hs.Pairs(*(pd.DataFrame(part, columns=list(columns)) for part in rows))


CASES = [
    # weighters
    Case("KMM", lambda: hs.KMM()),
    Case("KLIEP", lambda: hs.KLIEP()),
    Case("ULSIF", lambda: hs.ULSIF()),
    Case("RULSIF", lambda: hs.RULSIF()),
    Case("DomainClassifierWeighter", lambda: hs.DomainClassifierWeighter()),
    Case("NearestNeighborWeighter", lambda: hs.NearestNeighborWeighter()),
    Case("LabelShiftWeighter", lambda: hs.LabelShiftWeighter()),
    # instance transfer
    Case("Reweighted", lambda: hs.Reweighted(_logistic(), hs.ULSIF()), "classifier"),
    Case("Reweighted", lambda: hs.Reweighted(Ridge(), hs.NearestNeighborWeighter()), "regressor"),
    Case("TrAdaBoostClassifier", lambda: hs.TrAdaBoostClassifier(DecisionTreeClassifier(max_depth=2), n_estimators=5)),
    Case(
        "TrAdaBoostRegressor",
        lambda: hs.TrAdaBoostRegressor(DecisionTreeRegressor(max_depth=3), n_estimators=3, n_steps=2, cv=2),
        "two-stage",
    ),
    Case(
        "TrAdaBoostRegressor",
        lambda: hs.TrAdaBoostRegressor(DecisionTreeRegressor(max_depth=3), method="r2", n_estimators=4),
        "r2",
    ),
    # feature transfer
    Case("FeatureAugmentation", lambda: hs.FeatureAugmentation()),
    Case("CORAL", lambda: hs.CORAL()),
    Case("SubspaceAlignment", lambda: hs.SubspaceAlignment()),
    Case("GeodesicFlowKernel", lambda: hs.GeodesicFlowKernel()),
    Case("LinearOTMapping", lambda: hs.LinearOTMapping()),
    Case("StructuralCorrespondence", lambda: hs.StructuralCorrespondence(n_pivots=2)),
    Case("Aligned", lambda: hs.Aligned(_logistic(), hs.FeatureAugmentation()), "classifier"),
    Case("Aligned", lambda: hs.Aligned(Ridge(), hs.CORAL()), "regressor-CORAL"),
    Case("TargetBlind", lambda: hs.TargetBlind(hs.Aligned(_logistic(), hs.SubspaceAlignment())), "SubspaceAlignment"),
    Case("Aligned", lambda: hs.Aligned(Ridge(), hs.FeatureAugmentation()), "regressor"),
    Case("TCA", lambda: hs.TCA(3, n_landmarks=40)),
    Case("JDA", lambda: hs.JDA(3, n_landmarks=40)),
    Case("OTMapping", lambda: hs.OTMapping(n_anchors=30)),
    Case("CommonSpace", lambda: hs.CommonSpace()),
    Case("CommonSpace", lambda: hs.CommonSpace(pairs=_pairs()), "pairs"),
    Case(
        "Aligned",
        lambda: hs.Aligned(_logistic(), hs.CommonSpace()),
        "classifier-CommonSpace",
        lambda: make_pipeline(hs.TableEncoder(), _logistic()),
    ),
    Case(
        "Aligned",
        lambda: hs.Aligned(hs.SourcePriorRegressor(), hs.CommonSpace()),
        "regressor-CommonSpace",
        lambda: make_pipeline(hs.TableEncoder(), hs.SourcePriorRegressor()),
    ),
    # parameter transfer
    Case("SourcePriorClassifier", lambda: hs.SourcePriorClassifier()),
    Case("SourcePriorRegressor", lambda: hs.SourcePriorRegressor()),
    Case("TreeTransferClassifier", lambda: hs.TreeTransferClassifier(_tree()), "ser"),
    Case("TreeTransferClassifier", lambda: hs.TreeTransferClassifier(_tree(), method="strut", keep="rare"), "strut"),
    Case(
        "TreeTransferRegressor",
        lambda: hs.TreeTransferRegressor(DecisionTreeRegressor(max_depth=4, random_state=0)),
        "ser",
    ),
    Case(
        "TreeTransferRegressor",
        lambda: hs.TreeTransferRegressor(
            DecisionTreeRegressor(max_depth=4, random_state=0), method="strut", keep="all"
        ),
        "strut",
    ),
    Case(
        "ForestTransferClassifier",
        lambda: hs.ForestTransferClassifier(RandomForestClassifier(4, random_state=0)),
        "mix",
    ),
    Case(
        "ForestTransferRegressor",
        lambda: hs.ForestTransferRegressor(ExtraTreesRegressor(4, random_state=0)),
        "mix-extra",
    ),
    Case(
        "LinearTransferClassifier",
        lambda: hs.LinearTransferClassifier(),
        "l2",
        lambda: make_pipeline(StandardScaler(), linear("classification")),
    ),
    Case(
        "LinearTransferClassifier",
        lambda: hs.LinearTransferClassifier("offset"),
        "offset",
        lambda: make_pipeline(StandardScaler(), linear("classification")),
    ),
    Case("LinearTransferClassifier", lambda: hs.LinearTransferClassifier("elastic", detect=True), "elastic"),
    Case(
        "LinearTransferRegressor",
        lambda: hs.LinearTransferRegressor(),
        "l2",
        lambda: make_pipeline(StandardScaler(), linear("regression")),
    ),
    Case(
        "LinearTransferRegressor",
        lambda: hs.LinearTransferRegressor("offset", detect=True),
        "offset",
        lambda: make_pipeline(StandardScaler(), linear("regression")),
    ),
    Case("LinearTransferRegressor", lambda: hs.LinearTransferRegressor("elastic"), "elastic"),
    Case(
        "BoostingTransferClassifier",
        lambda: hs.BoostingTransferClassifier(
            HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=3, random_state=0), max_new_trees=4, cv=2
        ),
    ),
    Case(
        "BoostingTransferRegressor",
        lambda: hs.BoostingTransferRegressor(max_new_trees=4, cv=2),
        "default",
        lambda: boosting("regression", 36),
    ),
    # baselines
    Case("TargetOnly", lambda: hs.TargetOnly(_logistic()), "classifier"),
    Case("TargetOnly", lambda: hs.TargetOnly(Ridge()), "regressor"),
    Case("SourceOnly", lambda: hs.SourceOnly(_logistic()), "classifier"),
    Case("SourceOnly", lambda: hs.SourceOnly(Ridge()), "regressor"),
    Case("Pooled", lambda: hs.Pooled(_logistic()), "classifier"),
    Case("Pooled", lambda: hs.Pooled(Ridge()), "regressor"),
    # wrappers
    Case(
        "Prepared",
        lambda: hs.Prepared(StandardScaler(), hs.Reweighted(_logistic(), hs.ULSIF())),
        "classifier",
        lambda: make_pipeline(StandardScaler(), _logistic()),
    ),
    Case(
        "Prepared",
        lambda: hs.Prepared(StandardScaler(), hs.Pooled(Ridge())),
        "regressor",
        lambda: make_pipeline(StandardScaler(), Ridge()),
    ),
    Case("TargetBlind", lambda: hs.TargetBlind(hs.Pooled(_logistic())), "classifier"),
    Case("TargetBlind", lambda: hs.TargetBlind(hs.Pooled(Ridge())), "regressor"),
    Case("TableEncoder", lambda: hs.TableEncoder(), transfers=False),
    # the choice: one candidate of its own, and one fold, which is begun whatever the limit
    Case("TransferClassifier", lambda: hs.TransferClassifier(candidates=[_pooled(_logistic())], time_limit=1e-9)),
    Case("TransferRegressor", lambda: hs.TransferRegressor(candidates=[_pooled(Ridge())], time_limit=1e-9)),
]
