"""The opponent of adversarial methods: it tells the domains apart, and the features learn to fool it."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional


class _Reversal(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: torch.Tensor, strength: float) -> torch.Tensor:
        ctx.strength = strength
        return values.view_as(values)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor, None]:
        return -ctx.strength * grads[0], None


def reversed_gradient(values: torch.Tensor, strength: float) -> torch.Tensor:
    """The values as they are; their gradient turned round and multiplied by ``strength``."""
    return _Reversal.apply(values, strength)  # type: ignore[no-any-return, no-untyped-call]


class DomainClassifier(nn.Module):
    """Two hidden layers, and how sure it is that a row is of the source (a logit)."""

    def __init__(self, n_inputs: int, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(n_inputs, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1)
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Logits (n_rows,)."""
        return self.layers(features)[:, 0]


def domain_loss(
    source: torch.Tensor,
    target: torch.Tensor,
    source_weight: torch.Tensor | None = None,
    target_weight: torch.Tensor | None = None,
) -> torch.Tensor:
    """Cross-entropy of the domains by logits, each domain one half; weights are of rows and have mean 1."""
    of_source = functional.binary_cross_entropy_with_logits(
        source.float(), torch.ones_like(source, dtype=torch.float32), weight=source_weight
    )
    of_target = functional.binary_cross_entropy_with_logits(
        target.float(), torch.zeros_like(target, dtype=torch.float32), weight=target_weight
    )
    return 0.5 * (of_source + of_target)
