"""A transfer method in twenty lines, and the checks that every method of headstart passes."""

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.linear_model import Ridge

import headstart as hs
from headstart.core.base import TransferEstimator
from headstart.core.traits import Traits


class Residual(RegressorMixin, TransferEstimator):
    """A ridge model of the source, and a second one of what it gets wrong on the target."""

    traits = Traits(kind="parameter", classification=False, target_labels="required")

    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def fit(self, X, y, *, source=None, unlabeled=None):
        """Fit to target rows and a source."""
        data = self._read(X, y, source, unlabeled, task="regression")
        if data.y is None:
            raise hs.InputError("Residual needs the target's labels; pass y")
        self.source_model_ = None if data.Xs is None else Ridge(alpha=self.alpha).fit(data.Xs, data.ys)
        rest = data.y - (0 if self.source_model_ is None else self.source_model_.predict(data.X))
        self.residual_model_ = Ridge(alpha=self.alpha).fit(data.X, rest)
        return self

    def predict(self, X):
        """Predict labels of target rows."""
        X = self._read_new(X)
        offset = 0 if self.source_model_ is None else self.source_model_.predict(X)
        return self.residual_model_.predict(X) + offset


names = []
for name, check in hs.testing.transfer_checks(Residual(), target_only=Ridge(alpha=1.0)):
    check()
    names.append(name)
print(f"{len(names)} checks passed: {', '.join(names)}")

shift = hs.datasets.make_shift("covariate", task="regression", n_target=20, random_state=0)
model = Residual().fit(shift.target.X, shift.target.y, source=shift.source)
alone = Residual().fit(shift.target.X, shift.target.y)
with_source, target_only = (fitted.score(shift.test.X, shift.test.y) for fitted in (model, alone))
print(f"R2 on new rows: {with_source:.3f}, target only {target_only:.3f}")
assert np.isfinite(model.predict(shift.test.X)).all()
