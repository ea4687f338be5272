"""The arguments that training and the search for a rate have in common."""

from __future__ import annotations

from typing import Any

from torch import nn

from ...core.errors import InputTypeError
from ..plan import Plan
from .settings import TrainingSettings, check_whole


def check_arguments(network: Any, plan: Any, n_rows: Any, settings: Any, seed: Any) -> None:
    """Refuse what is of another type or no number of rows or seed."""
    for what, value, kind in (
        ("network", network, nn.Module),
        ("plan", plan, Plan),
        ("settings", settings, TrainingSettings),
    ):
        if not isinstance(value, kind):
            raise InputTypeError(f"{what} is a {type(value).__name__}; expected a {kind.__name__}")
    check_whole("n_rows", n_rows)
    check_whole("seed", seed, least=0)
