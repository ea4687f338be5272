"""Which networks are tried, and what they are called."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...core.errors import InputError, InputTypeError
from ...neural.adapters.adapter import Adapter
from ...neural.adapters.bitfit import BitFit
from ...neural.adapters.bottleneck import BottleneckAdapter
from ...neural.adapters.ia3 import IA3
from ...neural.adapters.lora import DoRA, LoRA
from ...neural.finetune import FineTuneClassifier, FineTuneRegressor
from ...neural.policies.base import Policy
from ...neural.policies.freezing import FreezeBelow, FullFineTune, LinearProbe, ProbeThenFineTune
from ...neural.policies.pace import GradualUnfreeze, LayerwiseLR
from ...neural.policies.pulls import L2SP
from ..candidates import Candidate
from .plain import PlainLearner
from .starts import Starts

ALL_LAYERS, FROZEN = "fine-tune all layers", "frozen features (linear)"
LINEAR, SCRATCH = "from scratch (linear)", "from scratch (network)"
# Layers of a network that stay frozen in "freeze lower half".
HALF = 0.5


def target_candidates(starts: Starts) -> list[Candidate]:
    """What one would fit without a source and without pretrained weights."""
    plain = ["linear", *(("boosting", "trees") if starts.kind == "table" else ())]
    found = [_baseline(f"from scratch ({name})", PlainLearner(starts.kind, starts.task, name)) for name in plain]
    return [*found, _baseline(SCRATCH, starts.scratch())]


def transfer_candidates(starts: Starts, n_layers: dict[bool, int], asked: Any) -> list[Candidate]:
    """All ways to go on from the backbone and from the source's network.

    ``n_layers`` are the layers of each start (True: the source's), without the head; ``asked`` is "auto", "every" or
    what a user passed.
    """
    ways = [] if isinstance(asked, str) else own(asked)
    found = [_given(name, way) for name, way in ways if not isinstance(way, dict)]
    if starts.source is not None and starts.has_head:
        found.append(Candidate("source only", "baseline", "source only", starts.source))
    for by_source in (False, True):
        if starts.source is None if by_source else (starts.backbone is None or not starts.backbone.pretrained):
            continue
        both = starts.source is not None and starts.backbone is not None and starts.backbone.pretrained
        after = f", after {starts.source_name}" if by_source and both else ""
        has_head = by_source and starts.has_head
        if isinstance(asked, str):
            ways = ways_of(has_head, n_layers[by_source], every=asked == "every")
        for name, way in ways:
            if isinstance(way, dict):
                estimator = starts.tuned(by_source=by_source, **way)
                found.append(Candidate(f"{name}{after}", "parameter", "transfer", estimator))
    return found


def ways_of(has_head: bool, n_layers: int, *, every: bool) -> list[tuple[str, dict[str, Any]]]:
    """Name and policy or adapter of each way; a head is solved first only where the source brings none."""
    ways: list[tuple[str, dict[str, Any]]] = [
        (FROZEN, {"policy": LinearProbe()}),
        (ALL_LAYERS, {"policy": FullFineTune()}),
    ]
    if not has_head:
        ways.append(("probe, then all layers", {"policy": ProbeThenFineTune()}))
    ways.append(("gradual unfreezing", {"policy": GradualUnfreeze()}))
    if n_layers > 1:
        ways.append(("freeze lower half", {"policy": FreezeBelow(max(1, round(HALF * n_layers)))}))
    ways.append(("LoRA", {"adapter": LoRA()}))
    if every:
        ways += [("layer-wise rates", {"policy": LayerwiseLR()}), ("L2-SP", {"policy": L2SP()})]
        ways += [(type(a).__name__, {"adapter": a}) for a in (DoRA(), BottleneckAdapter(), IA3(), BitFit())]
    return ways


def own(asked: Any) -> list[tuple[str, Any]]:
    """What a user passed: (name, policy), (name, policies), (name, adapter) or (name, estimator)."""
    if not isinstance(asked, Iterable):
        raise InputTypeError(f"candidates={asked!r}; expected 'auto', 'every' or a list of (name, policy) pairs")
    found: list[tuple[str, Any]] = []
    for entry in asked:
        if not (isinstance(entry, (tuple, list)) and len(entry) == 2 and isinstance(entry[0], str)):
            raise InputTypeError(
                f"candidates holds {entry!r}; expected (name, policy) pairs, such as "
                "('upper layers', hs.neural.FreezeBelow('layer3*')), or an adapter or a fine-tuning estimator in the "
                "policy's place"
            )
        name, what = entry
        if isinstance(what, Adapter):
            found.append((name, {"adapter": what}))
        elif isinstance(what, Policy) or (isinstance(what, (list, tuple)) and all(isinstance(p, Policy) for p in what)):
            found.append((name, {"policy": what}))
        elif isinstance(what, (FineTuneClassifier, FineTuneRegressor)):
            found.append((name, what))
        else:
            raise InputTypeError(
                f"candidate {name!r} is of type {type(what).__name__}; expected a policy or an adapter of "
                "headstart.neural, a list of policies, or a FineTuneClassifier or FineTuneRegressor"
            )
    names = [name for name, _ in found]
    if not names:
        raise InputError("candidates is empty; expected at least one (name, policy) pair, or 'auto'")
    if len(set(names)) < len(names):
        raise InputError(f"candidates has names that occur twice: {sorted(names)}; give each its own name")
    return found


def _given(name: str, estimator: Any) -> Candidate:
    if estimator.backbone is None and estimator.source_model is None:
        return _baseline(name, estimator)
    return Candidate(name, "parameter", "transfer", estimator)


def _baseline(name: str, estimator: Any) -> Candidate:
    return Candidate(name, "baseline", "target only", estimator)
