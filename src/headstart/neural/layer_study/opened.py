"""The backbone of a study, opened once, and for each repeat a reader fitted to the rows that it learns from."""

from __future__ import annotations

from typing import Any

from ...core.errors import InputError
from ..backbone import Backbone
from ..backbones.open import open_backbone
from ..opening import reader_of, small_for
from ..problem import Problem
from .layers import refuse_shared


def opened(backbone: Any, weights: Any, seed: int) -> Backbone | None:
    """The backbone that the user named; None where a small network is to be made for the rows."""
    if backbone is None:
        if weights is not None:
            raise InputError(
                f"weights={weights!r} is given without a backbone; expected the name of the network that they are of"
            )
        return None
    found = open_backbone(backbone, weights=weights, seed=seed)
    refuse_shared(found.module, found.groups, found.name)
    return found


def refuse_nothing_to_transfer(found: Backbone | None, problem: Problem) -> None:
    """Raise where neither a source nor the backbone knows anything."""
    if problem.ys is None and (found is None or not found.pretrained):
        what = "no backbone is given" if found is None else f"the weights of {found.name} are random"
        raise InputError(
            f"there is nothing to transfer: no source is given and {what}; expected source=, a pretrained backbone by "
            "name, or backbone=open_backbone(module, pretrained=True) for a module with trained weights"
        )


def for_rows(found: Backbone | None, problem: Problem, seed: int) -> tuple[Backbone, Any]:
    """The backbone, and the reader of its inputs fitted to the rows of ``problem``, which are rows to learn from."""
    if found is None:
        small = small_for(problem, seed)
        return small, small.takes
    return found, reader_of(found, problem)
