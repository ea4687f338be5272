"""The parameters of PromptedTasks, checked before anything is opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...core.errors import InputError, InputTypeError
from ...neural.adapters.adapter import Adapter
from ...neural.training.settings import check_real, check_whole

WAYS = ("shared", "per-task", "none")


def check_parameters(how: Any) -> None:
    """Refuse what cannot be used."""
    if how.adapters not in WAYS:
        raise InputError(f"adapters is {how.adapters!r}; expected one of {', '.join(map(repr, WAYS))}")
    if how.adapter is not None and not isinstance(how.adapter, Adapter):
        raise InputTypeError(
            f"adapter is {how.adapter!r:.60}; expected an adapter of headstart.neural, such as LoRA(), or None"
        )
    if how.adapters == "none" and (how.adapter is not None or how.task_weights is not None):
        what = "adapter" if how.adapter is not None else "task_weights"
        raise InputError(f"{what}= is given and adapters='none' trains nothing; leave one of them out")
    if how.adapters == "per-task" and how.task_weights is not None:
        raise InputError("task_weights= and adapters='per-task' are given; tasks that share nothing need no weights")
    if how.backbone is None:
        raise InputError(
            "backbone is None; expected the name of a causal language model, such as 'hf/HuggingFaceTB/SmolLM2-135M', "
            "a folder or GGUF file, or what open_language_model gave"
        )
    check_whole("shots", how.shots, least=0)
    check_whole("max_length", how.max_length)
    for name in ("epochs", "batch_size"):
        if getattr(how, name) is not None:
            check_whole(name, getattr(how, name), or_none=True)


def weight_of_tasks(given: Any, names: Sequence[str], sizes: Sequence[int]) -> list[float]:
    """How much a row of each task counts."""
    if given is None:
        return [1.0] * len(names)
    if isinstance(given, str) and given == "tasks":
        return [1.0 / n for n in sizes]
    if not isinstance(given, Mapping):
        raise InputTypeError(
            f"task_weights is {given!r:.60}; expected None, 'tasks', or a dict of a number for each task"
        )
    unknown = [name for name in given if name not in names]
    if unknown:
        raise InputError(
            f"task_weights names {unknown[0]!r}, which is no task; expected some of {', '.join(map(repr, names[:10]))}"
        )
    for name, value in given.items():
        check_real(f"task_weights[{name!r}]", value)
    return [float(given.get(name, 1.0)) for name in names]
