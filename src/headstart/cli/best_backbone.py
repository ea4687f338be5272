"""Of several backbones the one that is fine-tuned: the best on the target rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..core.errors import InputError
from . import parts
from .network_job import Settings
from .problem import Problem
from .voice import Voice


def check_several(names: Sequence[str], *, weights: str | None, plan: bool) -> None:
    """Refuse options that are of one backbone alone."""
    if len(names) < 2:
        return
    if weights is not None:
        raise InputError(
            f"--weights is {weights!r} with {len(names)} backbones; expected one, or a folder with weights for each: "
            "--backbone first/ --backbone second/"
        )
    if plan:
        raise InputError(f"--plan is of one network, and {len(names)} backbones are given; pass one --backbone")


def with_best(settings: Settings, names: Sequence[str], problem: Problem, kind: str, voice: Voice) -> Settings:
    """Rank the backbones on the labelled target rows, tell the ranking, and go on with the first.

    Frozen features alone are compared: the search tries fine-tunings of the one that is chosen anyway.
    """
    assert problem.task is not None  # every target has labels
    how = settings.how
    with voice.progress("ranking the backbones ...") as progress:
        found = parts.rank_backbones(
            problem.target,
            list(names),
            fine_tune=0,
            kind=kind,
            task=problem.task.kind,
            scoring=how.scoring,
            device=how.device,
            progress=progress,
            random_state=settings.seed,
        )
    for line in str(found).splitlines():
        voice.note(line)
    return replace(settings, how=replace(how, backbone=found.best), ranking=found)
