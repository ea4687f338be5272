"""What every estimator that holds a network has in common: what it gives of it, and how it is kept."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ..core.base import TransferEstimator
from .backbone import Backbone
from .fitting import Fitted
from .keeping import Live, from_plain, to_plain
from .outputs import outputs_of
from .problem import Problem
from .training.device import pick_device


class NetworkEstimator(TransferEstimator):
    """An estimator with a network inside, out of the sight of what copies and stores attributes."""

    device: str
    random_state: Any

    def _keep(self, found: Fitted, problem: Problem) -> None:
        self._live = Live(found.network, found.reader, found.attached)
        vars(self).pop("_kept", None)
        self.layers_, self.histories_ = found.layers, found.histories
        self.backbone_name_, self.notes_ = found.backbone.name, list(found.backbone.notes)
        self._recipe, self._center, self._scale = found.backbone.recipe, found.center, found.scale
        self._kind = problem.kind
        self.n_source_ = problem.n_source

    def _seed(self) -> int:
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    @property
    def network_(self) -> Any:
        """The fitted torch module, an encoder and a head, in evaluation mode."""
        return self._living().network

    @property
    def adapter_(self) -> Any:
        """The adapter in the encoder, to be saved, merged or taken out; None where none was asked for."""
        return self._living().adapter

    def _living(self) -> Live:
        check_is_fitted(self)
        if "_live" not in vars(self):
            self._live = from_plain(self._kept)
        return self._live

    def features(self, X: Any) -> np.ndarray:
        """What the fitted backbone makes of rows: (n_rows, n_features)."""
        rows = self._rows(X)
        device = pick_device(self.device)
        return outputs_of(self.network_.to(device).encoder, rows, device)

    def _outputs(self, X: Any) -> np.ndarray:
        rows = self._rows(X)
        device = pick_device(self.device)
        return outputs_of(self.network_.to(device), rows, device)

    def _rows(self, X: Any) -> Any:
        check_is_fitted(self)
        if self._kind == "table" and hasattr(self, "n_features_in_"):
            X = self._read_new(X, allow_nan=True)
        return self._living().reader.read(X, "X")

    def to_stored(self) -> Any:
        """A copy that holds the network as plain arrays, for ``hs.save``."""
        copy = type(self).__new__(type(self))
        vars(copy).update(vars(self))
        if "_live" in vars(copy):
            live = copy._live
            copy._kept = to_plain(live, self._recipe, self.backbone_name_)
            del copy._live
        copy.callbacks = ()
        if hasattr(copy.backbone, "state_dict"):
            copy.backbone = type(copy.backbone)
        if isinstance(copy.backbone, Backbone):
            copy.backbone = copy.backbone.name
        return copy

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.non_deterministic = False
        return tags
