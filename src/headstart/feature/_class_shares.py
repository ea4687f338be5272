"""Source rows weighted to the target's class shares: label shift is then not mistaken for a shift of the columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.base import TransferData
from ..core.errors import InputError
from ..numeric.moments import class_weights, drawn_shares, even
from .base import check_flag, check_number, check_use_labels, known_labels


def source_weights(data: TransferData, use_labels: Any) -> list[np.ndarray]:
    """A weight for each row of each source, summing to 1 in each.

    Rows count alike where there are no classes to tell the shares from: no labels in one of the domains, labels that
    are numbers, or ``use_labels`` False.
    """
    blocks = data.source_blocks()
    labels = known_labels(data, use_labels)
    if labels is None or labels.classes is None or not labels.known.any():
        if isinstance(use_labels, (bool, np.bool_)) and use_labels:
            found = "there is no target label" if labels is None or labels.classes is not None else "labels are numbers"
            raise InputError(
                f"use_labels is True and {found}; expected classes in both domains, whose shares can be compared: "
                'use_labels="auto" uses labels where there are such'
            )
        return [even(b.shape[0]) for b in blocks]
    counts = np.bincount(labels.target[labels.known], minlength=labels.classes.size).astype(np.float64)
    assert data.domain_of is not None
    found_weights = []
    for k in range(len(blocks)):
        codes = labels.source[data.domain_of == k]
        own = np.bincount(codes, minlength=counts.size) / codes.size
        found_weights.append(class_weights(codes, drawn_shares(counts, own)))
    return found_weights


def check_moment_parameters(use_labels: Any, scale: Any, towards_source: Any) -> None:
    """Refuse values of the parameters that all aligners by moments have."""
    check_use_labels(use_labels)
    check_flag(scale, "scale")
    check_share(towards_source, "towards_source")


def check_share(value: Any, name: str) -> None:
    """Refuse a share that is not "auto" or from 0 to 1."""
    if isinstance(value, str):
        if value != "auto":
            raise InputError(f'{name} is {value!r}; expected "auto" or a number from 0 to 1')
        return
    check_number(value, name, low=0.0, high=1.0)


def as_share(value: Any) -> float | None:
    """A share as the numeric floor takes it: None for "auto"."""
    return None if isinstance(value, str) else float(value)
