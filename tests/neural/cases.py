"""One row for each estimator of networks: how it is built for the contract tests."""

import headstart as hs
from tests.contract.cases import Case

# Short trainings: what is checked is the contract, not the accuracy.
CASES = [
    Case("FineTuneClassifier", lambda: hs.FineTuneClassifier(epochs=60, source_epochs=5, random_state=0)),
    Case("FineTuneRegressor", lambda: hs.FineTuneRegressor(epochs=60, source_epochs=5, random_state=0)),
    Case(
        "NeuralTransferSearch",
        lambda: hs.NeuralTransferSearch(
            folds=2, epochs=20, source_epochs=3, candidates="auto", time_limit=1e-9, random_state=0
        ),
    ),
    Case(
        "DeepAlignedClassifier",
        lambda: hs.DeepAlignedClassifier(epochs=60, batch_size=32, random_state=0),
        target_only=lambda: hs.FineTuneClassifier(epochs=60, batch_size=32, random_state=0),
    ),
    Case(
        "DeepAlignedRegressor",
        lambda: hs.DeepAlignedRegressor(epochs=60, batch_size=32, random_state=0),
        target_only=lambda: hs.FineTuneRegressor(epochs=60, batch_size=32, random_state=0),
    ),
]
