"""What a backbone as it is makes of rows: features for models and scores on top of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .backbone import Backbone
from .backbones.open import open_backbone
from .inputs.kinds import kind_of
from .opening import reader_of
from .outputs import outputs_of
from .problem import Problem
from .training.device import pick_device


def frozen_features(
    backbone: Any, X: Any, *, kind: str | None = None, device: str = "auto", seed: int = 0
) -> tuple[Backbone, np.ndarray]:
    """Open a backbone, and give its features (n_rows, n_features) of rows as they came; nothing is trained.

    Parameters
    ----------
    backbone : str, path, torch.nn.Module, callable or Backbone
        What ``open_backbone`` takes.
    X : rows
        Images, texts, series, a table or a Dataset.
    kind : str, default=None
        What the rows are; None: told from them.
    device : str, default="auto"
        Where it runs.
    seed : int, default=0
        Of weights that are random.

    Raises
    ------
    InputError
        Where the backbone cannot be opened, takes other rows, or gives values that are not finite.
    """
    opened = open_backbone(backbone, seed=seed)
    problem = Problem(kind_of(X, kind=kind), X, None, (), None, (), None, None)
    rows = reader_of(opened, problem).read(X, "X")
    where = pick_device(device)
    return opened, outputs_of(opened.module.to(where), rows, where)
