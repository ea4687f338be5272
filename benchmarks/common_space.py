"""Domains with different columns: does CommonSpace help where only some columns, or only labels, are shared?

    python -m benchmarks.common_space --repeats 5

Six problems, by the protocol of ``benchmarks.accuracy``. Houses and wages share some columns. Hearts of two hospitals
share age and sex, or nothing at all: the other columns are dealt out, every second to each hospital. Digits as pen
strokes and as images share nothing but the ten classes. Movements (does a person change the room?) are series of signal
strengths in one building and a table of eight summaries in another. "choice, blend" and "choice, strict" are
TransferClassifier and TransferRegressor, which decide by themselves; their harm is what the verdict's guard leaves. All
single methods have the same base learner and, where they can use them, the same unlabelled target rows. "ridge to class
means" is the alternative to manifold alignment (Tsai et al., 2016, section 3.2). Appends what the CSV lacks.
"""

from __future__ import annotations

import os

# Before NumPy is imported: timings are of one thread.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import csv
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import headstart as hs
from headstart.feature._label_map import class_codes
from headstart.learners import linear

from . import pairs
from .accuracy import ours, protocol

FIELDS = ["problem", "n", "repeat", "method", "score", "seconds", "link"]


def _heart(shared: tuple[str, ...]) -> pairs.Pair:
    """Cleveland to Hungary; of the columns that are not shared every second is the target's alone."""
    pair = pairs.load("shared", "heart_cleveland_to_hungary")
    rest = [c for c in pair.X.columns if c not in shared]
    return replace(pair, X=pair.X[[*shared, *rest[::2]]], Xs=pair.Xs[[*shared, *rest[1::2]]])


def _movements() -> pairs.Pair:
    """Sixteen points in time of each of four anchors there, the mean and the spread of each anchor here."""
    folder = pairs.SHARED / "data" / "indoor_movement_rss"
    if not folder.exists():
        raise pairs.MissingData(f"the shared series are not here ({folder} is missing)")
    with np.load(folder / "indoor_movement.npz") as z:
        series = np.split(z["values"], np.cumsum(z["lengths"])[:-1])
        y, building = (z["y"] > 0).astype(int), z["group"]
    there, here = np.flatnonzero(building != 3), np.flatnonzero(building == 3)
    points = np.array([series[i][np.linspace(0, len(series[i]) - 1, 16).astype(int)].T.ravel() for i in there])
    summaries = np.array([np.r_[series[i].mean(axis=0), series[i].std(axis=0)] for i in here])
    X = pd.DataFrame(summaries, columns=[f"{what} {a}" for what in ("mean", "spread") for a in "ABCD"])
    Xs = pd.DataFrame(points, columns=[f"{a} at {t}" for a in "ABCD" for t in range(16)])
    return pairs.Pair(X, y[here], Xs, y[there], "binary")


def _named(pair: pairs.Pair) -> pairs.Pair:
    """Arrays as tables, whose names tell that no column is shared."""
    X, Xs = (
        pd.DataFrame(t, columns=[f"{what} {j}" for j in range(t.shape[1])])
        for t, what in ((pair.X, "pen"), (pair.Xs, "pixel"))
    )
    return replace(pair, X=X, Xs=Xs)


PROBLEMS: dict[str, Callable[[], pairs.Pair]] = {
    "houses": lambda: pairs.load("shared", "houses_saratoga_to_sacramento"),
    "wages": lambda: pairs.load("shared", "wages_cps_to_psid"),
    "heart, age and sex shared": lambda: _heart(("age", "sex")),
    "heart, nothing shared": lambda: _heart(()),
    "digits_optical_to_pen": lambda: _named(pairs.load("shared", "digits_optical_to_pen")),
    "movements, series to table": _movements,
}


class RidgeToClassMeans(hs.CommonSpace):
    """Source rows by ridge regression onto the target's class means."""

    def fit(self, X: Any, y: Any = None, *, source: Any = None, unlabeled: Any = None) -> Any:
        """Learn the map from the source's code to the target's, each class weighing alike."""
        super().fit(X, y, source=source, unlabeled=unlabeled)
        assert isinstance(source, hs.Sources)
        known, codes = class_codes(y, [source.domains[0].y], len(y))
        Zt, Zs = self.map_.encoders_[0].transform(self._frame(X)), self._encode(source.domains[0].X)
        means = np.array([Zt[known == c].mean(axis=0) for c in range(1 + known.max())])
        Zs, codes = Zs[codes >= 0], codes[codes >= 0]
        weight = 1.0 / np.bincount(codes)[codes] / len(means)
        self.from_ = np.array([Zs[codes == c].mean(axis=0) for c in range(len(means))]).mean(axis=0)
        self.to_ = means.mean(axis=0)
        A = Zs - self.from_
        G = (A * weight[:, None]).T @ A
        G[np.diag_indices_from(G)] += 0.1 * np.trace(G) / len(G)
        self.ridge_ = np.linalg.solve(G, (A * weight[:, None]).T @ (means[codes] - self.to_))
        return self

    def _frame(self, X: Any) -> pd.DataFrame:
        return X if isinstance(X, pd.DataFrame) else pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])

    def _encode(self, Xs: Any) -> np.ndarray:
        return np.asarray(self.map_.encoders_[1].transform(self._frame(Xs)))

    def transform(self, X: Any) -> np.ndarray:
        """Target rows as they are encoded."""
        return np.asarray(self.map_.encoders_[0].transform(self._frame(X)))

    def transform_source(self, Xs: Any, domain: int = 0) -> np.ndarray:
        """Source rows in the target's code."""
        return np.asarray((self._encode(Xs) - self.from_) @ self.ridge_ + self.to_)


def methods(split: protocol.Split) -> dict[str, Any]:
    """What is compared, as estimators for raw tables."""
    task = "regression" if split.task == "regression" else "classification"
    learner = linear(task)
    prior = hs.SourcePriorRegressor() if task == "regression" else hs.SourcePriorClassifier()
    apart = hs.Aligned(learner, hs.FeatureAugmentation(), target_weight="equal")
    found = {
        "target only": hs.Prepared(hs.TableEncoder(), hs.TargetOnly(learner)),
        "CommonSpace, pooled": hs.Aligned(learner, hs.CommonSpace(), target_weight="equal"),
        "CommonSpace, prior": hs.Aligned(prior, hs.CommonSpace()),
        "CommonSpace, augmentation": hs.Aligned(apart, hs.CommonSpace()),
    }
    if _shared(split):
        found["shared columns, pooled"] = hs.Prepared(hs.TableEncoder(), hs.Pooled(learner, target_weight="equal"))
        found["shared columns, prior"] = hs.Prepared(hs.TableEncoder(), prior)
    else:
        found["ridge to class means, pooled"] = hs.Aligned(learner, RidgeToClassMeans("labels"), target_weight="equal")
    return found


def _shared(split: protocol.Split) -> list[str]:
    if not isinstance(split.X, pd.DataFrame):
        return []
    return [c for c in split.X.columns if c in split.Xs.columns and c != "occupation"]  # which has other levels


def run(split: protocol.Split, name: str, model: Any) -> tuple[float, float, str]:
    """Score and seconds of one method, and what linked the domains."""
    X, Xs, X_test, extra = split.X, split.Xs, split.X_test, hs.Domain(split.Xu)
    if name.startswith("shared columns"):
        keep = _shared(split)
        X, Xs, X_test, extra = X[keep], Xs[keep], X_test[keep], None
    source = None if name == "target only" else hs.Domain(Xs, split.ys)
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, split.y, source=source, unlabeled=extra if source is not None else None)
        values = model.predict(X_test) if split.task == "regression" else model.predict_proba(X_test)
    link = getattr(getattr(model, "aligner_", None), "method_", "")
    return protocol.score(split, values), time.process_time() - start, link


def append(path: Path, rows: list[tuple[Any, ...]]) -> None:
    """Write rows of the CSV."""
    with path.open("a", newline="") as file:
        for problem, n, repeat, name, score, seconds, link in rows:
            cells = [problem, n, repeat, name, f"{score:.5g}", f"{seconds:.3g}", link]
            csv.writer(file, lineterminator="\n").writerow(cells)


def main() -> None:
    """Run what is missing, and print the means."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.common_space", description=__doc__.splitlines()[0])
    parser.add_argument("--only", default=",".join(PROBLEMS))
    parser.add_argument("--sizes", default="20,50,200")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--methods", choices=["all", "single", "choice"], default="all")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "common_space.csv")
    a = parser.parse_args()
    done = set()
    if a.out.exists():
        done = set(pd.read_csv(a.out)[["problem", "n", "repeat", "method"]].itertuples(index=False, name=None))
    else:
        with a.out.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(FIELDS)
    for repeat in range(a.repeats):
        for problem in (p for p in PROBLEMS if p in a.only):
            for n in (int(size) for size in a.sizes.split(",")):
                try:
                    split = protocol.split(PROBLEMS[problem](), n, repeat)
                except pairs.MissingData as error:
                    sys.exit(f"skipped: {error}")
                if split is None:
                    continue
                for name, model in methods(split).items() if a.methods != "choice" else ():
                    if (problem, n, repeat, name) not in done:
                        append(a.out, [(problem, n, repeat, name, *run(split, name, model))])
                if a.methods != "single" and (problem, n, repeat, "choice, blend") not in done:
                    append(a.out, [(problem, n, repeat, *row) for row in choose(split, repeat)])
                print(f"{time.strftime('%H:%M:%S')} {problem} {n} {repeat}", file=sys.stderr, flush=True)
    print(comparison(pd.read_csv(a.out)))
    print(harm(pd.read_csv(a.out)))


def choose(split: protocol.Split, repeat: int) -> list[tuple[str, float, float, str]]:
    """The automatic choice: name, score, seconds and decision of the blend, the strict policy and its own baseline."""
    start = time.process_time()
    model = ours.watched(split, repeat)
    seconds = time.process_time() - start - model.extra_seconds_
    view = model.all_spaces_.view(split.X_test)
    names = [c.name for c in model.judge_.candidates]
    baseline = names[model.judge_.choose().baseline]
    values = {n: m.values(view) for n, m in model.all_members_.items() if model.weights_[n] > 0 or n == baseline}
    blend = sum(model.weights_[n] * v for n, v in values.items())
    told = model.verdict_.decision if model.verdict_ is not None else "none"
    score = {w: protocol.score(split, np.asarray(v)) for w, v in (("blend", blend), ("base", values[baseline]))}
    return [
        ("choice, target only", score["base"], float("nan"), baseline),
        ("choice, blend", score["blend"], seconds, told),
        ("choice, strict", score["blend" if told == "helps" else "base"], float("nan"), told),
    ]


def harm(table: pd.DataFrame) -> str:
    """Of the choice: mean gain over its own target-only learner, and the share of fits that lose more than a point."""
    wide = table.pivot_table(index=["problem", "n", "repeat"], columns="method", values="score")
    rows = []
    for policy in ("choice, blend", "choice, strict"):
        gain = (wide[policy] - wide["choice, target only"]).dropna()
        found = gain.groupby("problem").agg(["mean", "count"])
        rows.append(
            f"{policy}: gain {gain.mean():+.4f}, harm {(gain < -protocol.HARM).mean():.3f} of {len(gain)}; "
            + ", ".join(f"{p} {m:+.4f}" for p, m in found["mean"].items())
        )
    return "\n".join(rows)


def comparison(table: pd.DataFrame) -> str:
    """Mean score (R2, AUC or accuracy) by problem and method at each number of labels."""
    means = table.pivot_table(index=["problem", "method"], columns="n", values="score")
    return means.round(3).to_string()


if __name__ == "__main__":
    main()
