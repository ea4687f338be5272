"""What a method needs and what it can do; candidates, docs and contract tests read it from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["baseline", "instance", "feature", "parameter"]
Need = Literal["required", "used", "ignored"]


@dataclass(frozen=True)
class Traits:
    """The needs and abilities of a transfer method.

    Parameters
    ----------
    kind : {"baseline", "instance", "feature", "parameter"}
        The family of the method in the subject's own division.
    classification, regression : bool, default=True
        The tasks that the method can be used for.
    source_labels, target_labels : {"required", "used", "ignored"}
        Whether labels of that domain must be there, are used where they are there, or play no part.
    same_columns : bool, default=True
        Whether source and target must have the same columns.
    several_sources : bool, default=False
        Whether the method tells several sources apart. Others see them as one source.
    sample_weight : bool, default=False
        Whether the learner inside must accept ``sample_weight``.
    paper : str, default=""
        The reference, in one line.
    """

    kind: Kind
    classification: bool = True
    regression: bool = True
    source_labels: Need = "required"
    target_labels: Need = "used"
    same_columns: bool = True
    several_sources: bool = False
    sample_weight: bool = False
    paper: str = ""

    def applies_to(self, task: str) -> bool:
        """Whether the method can be used for ``task`` ("classification" or "regression")."""
        return self.classification if task == "classification" else self.regression
