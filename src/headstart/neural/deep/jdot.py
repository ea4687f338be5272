"""DeepJDOT: each target row learns from the source rows that it is cheapest to be matched with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch.nn import functional

from ..network import Network
from ..training.settings import check_real
from .alignment import Alignment
from .batch import PairedBatch
from .precise import precise


@precise
def feature_cost(source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Squared distances (n_source, n_target) of features."""
    squares = source.square().sum(1)[:, None] + target.square().sum(1)
    return (squares - 2 * source @ target.T).clamp(min=0)


@precise
def label_cost(labels: torch.Tensor, outputs: torch.Tensor, *, classes: bool) -> torch.Tensor:
    """The loss of each target row's outputs for each source row's label (n_source, n_target)."""
    if classes:
        return -functional.log_softmax(outputs, dim=1)[:, labels.long()].T
    return (labels[:, None] - outputs[:, 0]).square()


def matching(cost: torch.Tensor) -> np.ndarray:
    """The cheapest matching of as many source rows (rows) as target rows (columns): for each source row its target row.

    Between equally many rows of equal weight it is an optimal transport plan, since the vertices of the polytope of
    plans are the matchings (Birkhoff). So no solver for general plans is needed.
    """
    return linear_sum_assignment(cost.detach().double().cpu().numpy())[1]


@dataclass(frozen=True)
class DeepJDOT(Alignment):
    """Deep joint distribution optimal transport: match source and target rows by features and labels at once.

    In each batch source and target rows are matched so that features and labels together are cheapest, with the
    network as it is; then the network learns to make the matching cheaper: target rows take on the labels of their
    matches.

    Parameters
    ----------
    weight : float, default=1.0
        Of the cost of the matching beside the task's loss.
    ramp : float or None, default=None
        How fast the weight rises from 0: as 2 / (1 + exp(-ramp p)) - 1, where p is the share of the steps done.
        None: it is there from the start, as in the paper.
    features : float, default=0.001
        Of squared distances of features, the paper's alpha and its value.
    labels : float, default=0.0001
        Of the loss of target rows for the labels of source rows, the paper's lambda and its value.

    Raises
    ------
    InputError
        Where a value cannot be used.

    Notes
    -----
    The matching is exact, found in each batch; batches of some tens of rows blur the classes of rare labels.

    References
    ----------
    Damodaran, Kellenberger, Flamary, Tuia and Courty (2018). DeepJDOT: deep joint distribution optimal transport for
    unsupervised domain adaptation. ECCV.

    Examples
    --------
    >>> import headstart as hs
    >>> hs.neural.DeepJDOT(labels=1.0)
    DeepJDOT(weight=1.0, ramp=None, features=0.001, labels=1.0)
    """

    weight: float = 1.0
    ramp: float | None = None
    features: float = 0.001
    labels: float = 0.0001

    def __post_init__(self) -> None:
        self.check()
        check_real("features", self.features, zero=True)
        check_real("labels", self.labels, zero=True)

    def losses(self, batch: PairedBatch, network: Network, parts: Any) -> dict[str, torch.Tensor]:
        """The task's loss and the mean cost of the matching."""
        cost = self.features * feature_cost(batch.source, batch.target)
        cost = cost + self.labels * label_cost(batch.labels, batch.target_outputs, classes=batch.classes)
        rows = torch.arange(len(cost), device=cost.device)
        matched = cost[rows, torch.as_tensor(matching(cost), device=cost.device)].mean()
        return {"task": batch.task_loss(), "alignment": self.strength(batch.progress) * matched}
