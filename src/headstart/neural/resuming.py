"""What has to be as it was where a training goes on from a checkpoint: rows, labels, and how they are learnt from."""

from __future__ import annotations

from typing import Any

from .inputs.fingerprint import fingerprint
from .problem import Problem


def same_for(how: Any, problem: Problem, phase: str) -> dict[str, str]:
    """What the loop cannot see of an estimator's training; nothing where it leaves no checkpoint.

    The source's phase depends on the source alone; all others on both. Cross-validation gives each fold other rows, so
    that no fold goes on from another one's weights, which have seen the rows that it scores on.
    """
    if how.folder is None:
        return {}
    same = {
        "source rows and labels": fingerprint(*problem.source_blocks, problem.ys),
        "augment": how.augment,
    }
    if phase == "source":
        return same
    return {
        **same,
        "target rows and labels": fingerprint(problem.X, problem.y, problem.unlabeled),
        "adapter": repr(getattr(how, "adapter", None)),
        "alignment": repr(getattr(how, "alignment", None)),
    }
