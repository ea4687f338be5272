"""What a hostile source among helpful ones costs the automatic choice.

    python -m benchmarks.hostile_source --repeats 2
    python -m benchmarks.hostile_source --repeats 2 --hostile reversed --all-sources --out FILE

Each problem has a target of ``--labels`` labelled rows (50) and several helpful sources: the hearts of one hospital
and the other three; schools, a target and three others; other pairs, whose source is dealt out to three. A hostile
source is added that is made of rows of the helpful ones, as many as the largest has: "reversed" with the two classes
swapped (numbers mirrored at their mean), "shuffled" with labels in random order. Both fits see the same target rows;
``loss`` is the score on the target's other rows without the hostile source less that with it: AUC, or R2; ``kept`` are
the shares of folds that use each source, the hostile one last. In repeat r rows are drawn with
``RandomState(1000 + r)``. Appends to the CSV what is not there yet.
"""

from __future__ import annotations

import os

# Before NumPy is imported: timings are of one thread.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import csv
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import train_test_split

import headstart as hs

from . import pairs

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "shared" / "data"
FIELDS = ["problem", "labels", "repeat", "hostile", "target_only", "helpful", "with_hostile", "loss", "kept", "cpu_s"]
PUBLIC = ("epa", "stackoverflow", "synthetic_concept", "synthetic_identical")
MOST_ROWS, MOST_TEST = 800, 1000


def _take(X: Any, rows: np.ndarray) -> Any:
    return X.iloc[rows].reset_index(drop=True) if isinstance(X, pd.DataFrame) else X[rows]


def problems(wanted: list[str] | None) -> Iterator[tuple[str, hs.Domain, list[hs.Domain]]]:
    """Names, targets and helpful sources."""
    heart = hs.datasets.load_heart()
    for name in heart:
        others = [d for other, d in heart.items() if other != name]
        yield f"heart, {name}", heart[name], others
    if (DATA / "school_ilea_139").exists():
        held = np.load(DATA / "school_ilea_139" / "school.npz")
        X, y, school = held["X"], held["y"].astype(float), held["school"]
        names, count = np.unique(school, return_counts=True)
        large = names[np.argsort(-count, kind="stable")][:12]
        made = [hs.Domain(X[school == s], y[school == s], name=f"school {s}") for s in large]
        for k in range(3):
            yield f"school, {k}", made[4 * k], made[4 * k + 1 : 4 * k + 4]
    else:
        print(f"the schools are left out: {DATA} is missing")
    for name in sorted(pairs.names("public")):
        if wanted is not None and name not in wanted:
            continue
        if wanted is None and not name.startswith(PUBLIC):
            continue
        try:
            pair = pairs.load("public", name)
        except pairs.MissingData as error:
            print(f"{name} is left out: {error}")
            continue
        if pair.task == "multiclass":
            continue
        deal = np.random.RandomState(7).permutation(len(pair.ys))
        parts = [np.sort(deal[k::3][:MOST_ROWS]) for k in range(3)]
        yield (
            name,
            hs.Domain(pair.X, pair.y, name="target"),
            [hs.Domain(_take(pair.Xs, rows), pair.ys[rows], name=f"part {k}") for k, rows in enumerate(parts)],
        )


def hostile(sources: list[hs.Domain], kind: str, classes: bool, random: np.random.RandomState) -> hs.Domain:
    """A source of rows of the others, with labels that mislead."""
    tables = [d.X for d in sources]
    X = pd.concat(tables, ignore_index=True) if isinstance(tables[0], pd.DataFrame) else np.concatenate(tables)
    y = np.concatenate([np.asarray(d.y) for d in sources])
    rows = np.sort(random.permutation(len(y))[: max(d.n_rows for d in sources)])
    labels = y[rows]
    if kind == "shuffled":
        labels = random.permutation(labels)
    elif classes:
        low, high = np.unique(y)
        labels = np.where(labels == low, high, low)
    else:
        labels = 2 * labels.mean() - labels
    return hs.Domain(_take(X, rows), labels, name="hostile")


def cell(
    target: hs.Domain, sources: list[hs.Domain], kind: str, labels: int, repeat: int, select: bool
) -> dict[str, Any]:
    """One row of the table."""
    random = np.random.RandomState(1000 + repeat)
    y = np.asarray(target.y)
    classes = hs.Task.of(y).kind == "classification"
    rows, rest = train_test_split(
        np.arange(len(y)), train_size=labels, random_state=random, stratify=y if classes else None
    )
    rest = rest[:MOST_TEST]
    X, X_new = _take(target.X, rows), _take(target.X, rest)
    bad = hostile(sources, kind, classes, random)
    make = hs.TransferClassifier if classes else hs.TransferRegressor
    scores, start, kept = [], time.process_time(), ""
    for given in (None, hs.Sources(sources), hs.Sources([*sources, bad])):
        model = make(random_state=repeat, select_sources=select)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(X, y[rows], source=given)
            if classes:
                scores.append(roc_auc_score(y[rest], model.predict_proba(X_new)[:, 1]))
            else:
                scores.append(r2_score(y[rest], model.predict(X_new)))
        if given is not None:
            kept = " ".join(f"{share:.2f}" for share in model.sources_["kept"])
    alone, helpful, both = scores
    return {
        "target_only": round(alone, 4),
        "helpful": round(helpful, 4),
        "with_hostile": round(both, 4),
        "loss": round(helpful - both, 4),
        "kept": kept,
        "cpu_s": round(time.process_time() - start, 1),
    }


def main() -> None:
    """Measure what is missing, and print the means."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", nargs="+", default=None, help="how the names of some problems begin")
    parser.add_argument("--hostile", nargs="+", choices=["reversed", "shuffled"], default=["reversed", "shuffled"])
    parser.add_argument("--all-sources", action="store_true", help="no source is left out")
    parser.add_argument("--labels", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "hostile_source.csv")
    args = parser.parse_args()
    known = pd.read_csv(args.out) if args.out.exists() else pd.DataFrame(columns=FIELDS)
    done = set(known[["problem", "labels", "repeat", "hostile"]].itertuples(index=False, name=None))
    for name, target, sources in problems(None):
        if args.problems is not None and not name.startswith(tuple(args.problems)):
            continue
        for repeat in range(args.repeats):
            for kind in args.hostile:
                key = (name, args.labels, repeat, kind)
                if key in done:
                    continue
                found = cell(target, sources, kind, args.labels, repeat, not args.all_sources)
                row = dict(zip(FIELDS[:4], key, strict=True)) | found
                exists = args.out.exists()
                with args.out.open("a", newline="", encoding="utf-8") as file:
                    writer = csv.DictWriter(file, FIELDS)
                    if not exists:
                        writer.writeheader()
                    writer.writerow(row)
                print("  ".join(f"{k}={v}" for k, v in row.items()), flush=True)
    table = pd.read_csv(args.out)
    print(table.groupby(["hostile", "problem"])[["target_only", "helpful", "with_hostile", "loss"]].mean().round(4))
    print(table.groupby("hostile")["loss"].agg(["mean", "max"]).round(4))


if __name__ == "__main__":
    main()
