"""How likely a language model holds an answer after a prompt."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ...core.errors import InputError
from ...neural.outputs import evaluating, smaller
from .model import takes

# Rows that are computed together.
ROWS = 16
# From so many common tokens on, they are computed once, before the rows.
_WORTH = 16


def answer_losses(
    model: Any, prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]], pad: int, device: Any
) -> torch.Tensor:
    """Minus the log likelihood (n,) of the answer of each row after its prompt, with a graph where gradients are on."""
    longest = max(map(len, answers))
    ids, mask = _left([[*p, *a] for p, a in zip(prompts, answers, strict=True)], pad, device)
    logits = _last(_forward(model, ids, mask, keep=longest + 1), longest + 1)[:, :-1].float()
    picked = ids[:, -longest:]
    told = logits.gather(2, picked[:, :, None])[:, :, 0] - logits.logsumexp(dim=2)
    lengths = torch.tensor([len(a) for a in answers], device=device)
    of_answer = torch.arange(longest, device=device) >= longest - lengths[:, None]
    return -(told * of_answer).sum(dim=1)


def answer_scores(
    model: Any, prompts: Sequence[Sequence[int]], answers: Sequence[tuple[int, ...]], pad: int, device: Any
) -> np.ndarray:
    """Log likelihoods (n_rows, n_answers) of each answer after each prompt.

    Each prompt is computed once, with keys and values kept, and each beginning that answers share once after it; what
    all prompts begin with once for all.
    """
    scores = np.empty((len(prompts), len(answers)))
    order = np.argsort([len(p) for p in prompts], kind="stable")
    shared = _common(prompts)
    start, block = 0, ROWS
    with evaluating(model), torch.inference_mode():
        begun = _begun(model, prompts[0][:shared], device) if shared >= _WORTH else None
        while start < len(order):
            rows = order[start : start + block]
            cut = [prompts[k][shared if begun is not None else 0 :] for k in rows]
            try:
                scores[rows] = _block(model, cut, answers, begun, shared, pad, device)
            except (RuntimeError, MemoryError) as error:
                block = smaller(block, error)
                continue
            start += len(rows)
    wrong = ~np.isfinite(scores).all(axis=1)
    if wrong.any():
        raise InputError(
            f"the language model gives NaN or infinite likelihoods for {int(wrong.sum())} of {len(prompts)} rows, the "
            f"first at row {int(np.argmax(wrong))}; expected finite numbers: a smaller learning rate, or "
            "dtype='float32'"
        )
    return scores


def _block(
    model: Any,
    prompts: Sequence[Sequence[int]],
    answers: Sequence[tuple[int, ...]],
    begun: Any,
    shared: int,
    pad: int,
    device: Any,
) -> np.ndarray:
    ids, mask = _left(prompts, pad, device)
    cache = None
    if begun is not None:
        cache = copy.deepcopy(begun)
        cache.batch_repeat_interleave(len(prompts))
        mask = torch.cat([mask.new_ones(len(prompts), shared), mask], dim=1)
    stems = _stems(answers)
    out = _forward(model, ids, mask, keep=1, cache=cache, keeps_cache=bool(stems))
    scores = torch.zeros(len(prompts), len(answers), dtype=torch.float64)
    _add(scores, answers, (), _last(out, 1)[:, -1])
    for stem in stems:
        more = torch.tensor(stem, device=device).expand(len(prompts), -1)
        longer = torch.cat([mask, mask.new_ones(more.shape)], dim=1)
        # A pass adds to what it is given, and the next answer goes on from the prompt alone.
        logits = _last(_forward(model, more, longer, keep=len(stem), cache=copy.deepcopy(_cache(out))), len(stem))
        for n in range(1, len(stem) + 1):
            if not any(stem[:n] == other[:n] for other in stems[: stems.index(stem)]):
                _add(scores, answers, stem[:n], logits[:, n - 1])
    return scores.numpy()


def _add(scores: torch.Tensor, answers: Sequence[tuple[int, ...]], before: tuple[int, ...], logits: Any) -> None:
    """Add the log likelihood of the next token of each answer that begins with ``before`` and goes on."""
    n = len(before)
    goes_on = [k for k, answer in enumerate(answers) if len(answer) > n and answer[:n] == before]
    if goes_on:
        logits = logits.double() if logits.device.type != "mps" else logits.float()
        chosen = logits[:, [answers[k][n] for k in goes_on]] - logits.logsumexp(dim=1, keepdim=True)
        scores[:, goes_on] += chosen.double().cpu() if chosen.device.type != "mps" else chosen.cpu().double()


def _stems(answers: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """What has to be computed after the prompt: answers without their last token, each once, longest alone."""
    found = sorted({answer[:-1] for answer in answers if len(answer) > 1})
    return [s for s in found if not any(s != other and other[: len(s)] == s for other in found)]


def _common(prompts: Sequence[Sequence[int]]) -> int:
    """How many tokens all prompts begin with; each keeps one of its own."""
    ordered = sorted(map(list, prompts))
    first, last = ordered[0], ordered[-1]  # all others lie between them
    same = next((k for k, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return min(same, min(map(len, prompts)) - 1)


def _begun(model: Any, ids: Sequence[int], device: Any) -> Any:
    """Keys and values of a beginning."""
    row = torch.tensor([list(ids)], device=device)
    return _cache(_forward(model, row, torch.ones_like(row), keep=1, keeps_cache=True))


def _left(rows: Sequence[Sequence[int]], pad: int, device: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows filled up on the left, so that all end together, and which tokens are theirs."""
    longest = max(map(len, rows))
    ids = torch.full((len(rows), longest), pad, dtype=torch.int64)
    mask = torch.zeros((len(rows), longest), dtype=torch.int64)
    for k, row in enumerate(rows):
        ids[k, longest - len(row) :] = torch.as_tensor(list(row))
        mask[k, longest - len(row) :] = 1
    return ids.to(device), mask.to(device)


def _forward(
    model: Any, ids: torch.Tensor, mask: torch.Tensor, *, keep: int, cache: Any = None, keeps_cache: bool = False
) -> Any:
    more: dict[str, Any] = {}
    if takes(model, "position_ids"):
        # Where a row was filled up its own first token stays the first.
        more["position_ids"] = (mask.cumsum(dim=1) - 1).clamp(min=0)[:, -ids.shape[1] :]
    if takes(model, "logits_to_keep"):
        more["logits_to_keep"] = keep
    if cache is not None:
        more["cache" if takes(model, "cache") else "past_key_values"] = cache
    return model(input_ids=ids, attention_mask=mask, use_cache=keeps_cache or cache is not None, **more)


def _last(out: Any, n: int) -> torch.Tensor:
    logits: torch.Tensor = out.logits[:, -n:]
    return logits


def _cache(out: Any) -> Any:
    return out["cache"] if "cache" in out else out["past_key_values"]
