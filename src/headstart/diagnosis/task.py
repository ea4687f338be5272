"""What the labels of two domains are, and the labels themselves, checked."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..core.checks import check_labels, common_classes
from ..core.domain import Domain, Task
from ..core.errors import InputError


def task_of(target: Domain, source: Domain) -> str | None:
    """The task of the labels; regression as soon as one domain has numbers that are no classes."""
    for domain in (target, source):
        if domain.y is not None and bool(pd.isna(domain.y).all()):
            raise InputError(
                f"the labels of domain {domain.label!r} are all gaps; expected a label for each row, or y=None"
            )
    kinds = {Task.of(d.y).kind for d in (target, source) if d.y is not None}
    if not kinds:
        return None
    if target.y is not None and source.y is not None:
        common_classes(np.asarray(target.y)[~pd.isna(target.y)], np.asarray(source.y)[~pd.isna(source.y)])
    return "regression" if "regression" in kinds else "classification"


def labels_of(domain: Domain, task: str | None) -> np.ndarray | None:
    """The labels of a domain, without gaps; classes that are words as strings."""
    if domain.y is None:
        return None
    y = check_labels(domain.y, classification=task == "classification", what=f"y of domain {domain.label!r}")
    return y.astype(str) if y.dtype.kind in "OU" and task == "classification" else y
