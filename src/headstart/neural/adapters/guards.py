"""What would go wrong in silence while an adapter is attached, and is prevented here.

Running statistics (BatchNorm) drift in train mode although nothing of the base trains, and no file of an adapter holds
them: modules that have some stay in eval. They are held there, not saved, because an adapter has to fit the base that
it is put on, and because several adapters share one base.

In eval, torch's transformer layers hand their weights to one fused kernel and call none of their parts, so that an
adapter on a part is skipped: the fused kernel is turned off in these layers. Outputs at padded positions, which the
fused kernel sets to zero, are then those of train mode.
"""

from __future__ import annotations

from typing import Any

from torch import nn


class Guards:
    """The guards of one network, and how to take them away."""

    def __init__(self, module: nn.Module) -> None:
        self._module, self._training = module, module.training
        self._hooks: list[Any] = []
        self._before: list[tuple[nn.Module, str, Any]] = []
        for part in module.modules():
            if has_statistics(part):
                self._before.append((part, "training", part.training))
                part.training = False
                self._hooks.append(part.register_forward_pre_hook(_stay_in_eval))
            if isinstance(part, nn.TransformerEncoderLayer):
                self._before.append((part, "activation_relu_or_gelu", part.activation_relu_or_gelu))
                part.activation_relu_or_gelu = 0
            elif isinstance(part, nn.TransformerEncoder) and hasattr(part, "use_nested_tensor"):
                self._before.append((part, "use_nested_tensor", part.use_nested_tensor))
                part.use_nested_tensor = False

    def remove(self) -> None:
        """Leave the network as it was."""
        for hook in self._hooks:
            hook.remove()
        for part, name, value in self._before:
            follows = name == "training" and value == self._training
            setattr(part, name, self._module.training if follows else value)


def has_statistics(part: nn.Module) -> bool:
    """Whether a module keeps running statistics."""
    return getattr(part, "running_mean", None) is not None


def _stay_in_eval(part: nn.Module, args: Any) -> None:
    part.training = False
