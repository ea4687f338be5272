"""What is said of a source that tells nothing: its labels are shuffled.

    python -m benchmarks.null_sources --draws 3

Each cell has ``--labels`` labelled target rows (75) and up to 500 source rows, whose labels are given in random order
("shuffled") or as they are ("true"). ``decision``, ``gain`` with its interval and ``baseline`` are of the verdict;
``gain_single`` and ``low_single`` what they would be over the best single target-only learner, chosen for each fold.
``real`` is the score on the target's other rows (at most 1000; AUC, accuracy or R2) less that of the same estimator
fitted without a source. A shuffled source should gain nothing, and be said to help in one draw of twenty at most. In
draw r rows are drawn with ``RandomState(2000 + r)``. Appends to the CSV what is not there yet, and tells what it says.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import csv
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score

import headstart as hs
from headstart.numeric.resampled import unseen_difference

from . import pairs

OUT = Path(__file__).parent / "results" / "null_sources.csv"
FIELDS = ["set", "pair", "draw", "labels", "source", "decision", "gain", "low", "high", "baseline"]
FIELDS += ["gain_single", "low_single", "real", "cpu_s"]
MOST_SOURCE, MOST_TEST = 500, 1000
# Words and pixels: a fit takes minutes.
WIDE = "amazon_electronics_to_kitchen,newsgroups_comp_vs_sci,digits_mnist_to_usps,digits_optical_to_pen"


class _Watched:
    """Keeps the judge."""

    def _judge(self, judge: Any, *args: Any) -> None:
        self.judge_ = judge
        super()._judge(judge, *args)  # type: ignore[misc]


class _Classifier(_Watched, hs.TransferClassifier):
    pass


class _Regressor(_Watched, hs.TransferRegressor):
    pass


def _take(X: Any, rows: np.ndarray) -> Any:
    return X.iloc[rows].reset_index(drop=True) if isinstance(X, pd.DataFrame) else X[rows]


def _score(model: Any, X: Any, y: np.ndarray, task: str) -> float:
    if task == "regression":
        return float(r2_score(y, model.predict(X)))
    if task == "binary":
        return float(roc_auc_score(y == model.classes_[1], model.predict_proba(X)[:, 1]))
    return float(accuracy_score(y, model.predict(X)))


def cells(pairset: str, name: str, n: int, draw: int) -> list[dict[str, Any]]:
    """The rows of both kinds of labels of one draw."""
    pair = pairs.load(pairset, name)
    random = np.random.RandomState(2000 + draw)
    order = random.permutation(len(pair.y))
    learn, test = order[:n], order[n : n + MOST_TEST]
    given = random.permutation(len(pair.ys))[:MOST_SOURCE]
    X, y, Xs, ys = _take(pair.X, learn), pair.y[learn], _take(pair.Xs, given), pair.ys[given]
    held, truth = _take(pair.X, test), pair.y[test]
    make: Any = _Regressor if pair.task == "regression" else _Classifier
    alone = _score(make(random_state=draw).fit(X, y), held, truth, pair.task)
    rows = []
    for kind, labels in (("shuffled", random.permutation(ys)), ("true", ys)):
        began = time.process_time()
        model = make(random_state=draw).fit(X, y, source=hs.Domain(Xs, labels, name="source"))
        v, judge = model.verdict_, model.judge_
        if v is None:
            raise hs.InputError(f"there is no verdict: {model.verdict_note_}")
        low, high = v.interval
        over = judge.gain(judge.policy_scores("blend"), judge.single_scores())
        over = unseen_difference(over, n, level=judge.level)
        real = _score(model, held, truth, pair.task) - alone
        told = {
            "gain": v.gain,
            "low": low,
            "high": high,
            "real": real,
            "gain_single": over.mean,
            "low_single": over.low,
        }
        rows.append(
            {
                "set": pairset,
                "pair": name,
                "draw": draw,
                "labels": n,
                "source": kind,
                "decision": v.decision,
                "baseline": v.baseline,
                **{k: round(x, 5) for k, x in told.items()},
                "cpu_s": round(time.process_time() - began, 1),
            }
        )
    return rows


def tell(table: pd.DataFrame) -> str:
    """Means over cells with their standard errors, and how often a source was said to help."""
    lines = []
    for kind, part in table.groupby("source"):
        real, helps = part["real"], part["decision"] == "helps"
        blended = part["baseline"].str.contains("blend").mean()
        lines.append(
            f"{kind} labels, {len(part)} cells of {part['pair'].nunique()} pairs, standard errors over pairs: gain "
            f"{_mean(part, 'gain')}, real gain {_mean(part, 'real')}; said to help in {helps.sum()} "
            f"({helps.mean():.0%}), of which {int((real[helps] > 0).sum())} really gain; the target alone is a blend "
            f"in {blended:.0%}. Over the best single learner: gain {_mean(part, 'gain_single')}, said to help in "
            f"{(part['low_single'] > 0).sum()}"
        )
    return "\n".join(lines)


def _mean(part: pd.DataFrame, column: str) -> str:
    """The mean over pairs and its standard error: draws of one pair share rows."""
    means = part.groupby("pair")[column].mean()
    return f"{means.mean():+.4f} ({means.sem():.4f})"


def main() -> None:
    """Measure what is missing; draws are the outer loop."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.null_sources", description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--labels", type=int, default=75)
    parser.add_argument("--skip", default=WIDE, help="pairs to leave out, with commas between")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--tell", action="store_true", help="measure nothing")
    a = parser.parse_args()
    done: set[Any] = set()
    if a.out.exists():
        done = set(pd.read_csv(a.out)[["set", "pair", "draw", "labels"]].itertuples(index=False, name=None))
    listed = dict.fromkeys(pairs.names("public"), "public")
    try:
        listed = {**dict.fromkeys(pairs.names("shared"), "shared"), **listed}
    except pairs.MissingData as missing:
        print(f"shared: {missing}")
    for draw in range(0 if a.tell else a.draws):
        for name, pairset in listed.items():
            if (pairset, name, draw, a.labels) not in done and name not in a.skip.split(","):
                _append(a.out, pairset, name, a.labels, draw)
    print(tell(pd.read_csv(a.out)))


def _append(out: Path, pairset: str, name: str, n: int, draw: int) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rows = cells(pairset, name, n, draw)
    except (pairs.MissingData, hs.InputError) as error:
        print(f"{name}, draw {draw}: left out, {error}", flush=True)
        return
    is_new = not out.exists()
    with out.open("a", newline="") as file:
        table = csv.DictWriter(file, FIELDS, lineterminator="\n")
        if is_new:
            table.writeheader()
        table.writerows(rows)
    print(f"{name}, draw {draw}: {', '.join(r['source'] + ' ' + r['decision'] for r in rows)}", flush=True)


if __name__ == "__main__":
    main()
