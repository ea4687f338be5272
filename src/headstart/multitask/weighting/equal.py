"""All tasks count alike."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Weighting


@dataclass(frozen=True)
class EqualWeighting(Weighting):
    """The plain sum of the losses: L = sum_k L_k.

    The baseline that every other weighting has to beat, and often does not once it is tuned as well as they are [1]_.

    References
    ----------
    .. [1] Kurin, De Palma, Kostrikov, Whiteson and Kumar (2022). In defense of the unitary scalarization for deep
       multi-task learning. NeurIPS.

    Examples
    --------
    >>> import torch
    >>> from headstart.multitask import EqualWeighting, weighted_backward
    >>> w = torch.tensor(2.0, requires_grad=True)
    >>> step = weighted_backward([w**2, 3 * w], EqualWeighting().start(2))
    >>> w.grad
    tensor(7.)
    """
