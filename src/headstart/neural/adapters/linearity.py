"""Does a layer act linearly through its weight? Layers of other classes than torch's own are tried, not guessed."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

_KNOWN = {nn.Linear.forward, nn.Conv1d.forward, nn.Conv2d.forward, nn.Embedding.forward}
_KNOWN_INNER = {nn.Conv1d._conv_forward, nn.Conv2d._conv_forward}
_TOLERANCE = 1e-4


def acts_linearly(layer: nn.Module) -> bool:
    """Whether weights that add up give outputs that add up, as low-rank and merged weights need."""
    kind = type(layer)
    if kind.forward in _KNOWN and getattr(kind, "_conv_forward", None) in {None, *_KNOWN_INNER}:
        return True
    generator = torch.Generator().manual_seed(0)
    trial = twin(layer, torch.empty(0))
    weight = layer.weight
    first, second = (torch.randn(weight.shape, generator=generator) for _ in range(2))
    x = torch.randn(_input_shape(layer), generator=generator)
    try:
        with torch.no_grad():
            outputs = []
            for values in (first, second, 2 * first + second):
                trial.weight = nn.Parameter(values)
                outputs.append(trial(x))
            sums = 2 * outputs[0] + outputs[1]
            return bool(torch.allclose(sums, outputs[2], atol=_TOLERANCE * float(sums.abs().max() + 1)))
    except (RuntimeError, TypeError, AttributeError, ValueError):
        return False


def plain_geometry(layer: Any) -> bool:
    """Whether a convolution is torch's own, without dilation, padded with zeros; other layers always are plain."""
    if layer.kind != "convolution":
        return True
    module = layer.module
    return type(module).forward in _KNOWN and set(module.dilation) == {1} and module.padding_mode == "zeros"


def twin(layer: nn.Module, weight: torch.Tensor) -> nn.Module:
    """A layer of the same class and geometry, with this weight, no bias, and nothing else that could be trained."""
    copy = type(layer).__new__(type(layer))
    nn.Module.__init__(copy)
    of_every_module = copy.__dict__.keys()
    copy.__dict__.update({key: value for key, value in layer.__dict__.items() if key not in of_every_module})
    copy.weight = nn.Parameter(weight)
    copy.register_parameter("bias", None)
    for name in ("out_channels", "out_features"):
        if hasattr(copy, name) and weight.numel():
            setattr(copy, name, weight.shape[0])
    return copy


def _input_shape(layer: nn.Module) -> tuple[int, ...]:
    shape = layer.weight.shape
    if isinstance(layer, nn.Linear):
        return (3, shape[1])
    sizes = [d * (k - 1) + 1 + 2 * s for d, k, s in zip(layer.dilation, layer.kernel_size, layer.stride, strict=True)]
    return (2, layer.in_channels, *sizes)
