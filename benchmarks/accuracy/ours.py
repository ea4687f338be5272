"""headstart's own rows: the three policies, the target-only learners, and every candidate on the test set."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

import headstart as hs
from headstart.choose.cross_fit import fit_members

from .protocol import Split, accuracy, score

TUNED = "target only (tuned)"
ALONE = "target only (blend)"
PLAIN = "target only (plain linear)"


class _Watched:
    """Keeps what a fit decided, and fits all candidates to all rows rather than those with a weight alone.

    The three policies share their folds and differ in the weights alone, so one fit serves all of them.
    """

    def _judge(self, judge: Any, *args: Any) -> None:
        self.judge_ = judge
        super()._judge(judge, *args)  # type: ignore[misc]

    def _fit_members(self, kept: Any, problem: Any, models: Any) -> None:
        start = time.process_time()
        super()._fit_members(kept, problem, models)  # type: ignore[misc]
        middle = time.process_time()
        self.all_spaces_, self.all_members_, _, _ = fit_members(kept, problem, models)
        # What the benchmark added to the fit does not count as its time.
        self.extra_seconds_ = time.process_time() - middle
        self.fit_members_seconds_ = middle - start


class _Classifier(_Watched, hs.TransferClassifier):
    pass


class _Regressor(_Watched, hs.TransferRegressor):
    pass


def watched(split: Split, repeat: int) -> Any:
    """A fit with defaults that keeps its judge and all its candidates."""
    kind = _Regressor if split.task == "regression" else _Classifier
    model: Any = kind(random_state=repeat)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(split.X, split.y, source=hs.Domain(split.Xs, split.ys, name="source"))


def measure(split: Split, repeat: int) -> list[dict[str, Any]]:
    """Fit once, score the policies, the target-only learners and each candidate."""
    start = time.process_time()
    model = watched(split, repeat)
    seconds = time.process_time() - start - model.extra_seconds_
    judge, verdict = model.judge_, model.verdict_
    view = model.all_spaces_.view(split.X_test)
    values = {name: member.values(view) for name, member in model.all_members_.items()}
    choice = judge.choose()
    names = [c.name for c in judge.candidates]
    baseline_name, best_name = names[choice.single], names[choice.best]
    blend = sum(model.weights_[name] * values[name] for name in names if model.weights_[name] > 0)
    helps = verdict.decision == "helps"
    alone = sum(w * values[name] for w, name in zip(choice.alone, names, strict=True) if w > 0)
    of_best = judge.gain(judge.policy_scores("best"), judge.single_scores())
    told = {
        "decision": verdict.decision,
        "gain_estimate": verdict.gain,
        "low": verdict.interval[0],
        "high": verdict.interval[1],
        "p_harm": verdict.p_harm,
        "worth_labels": verdict.worth_labels,
    }
    told_best = {"gain_estimate": of_best.mean, "low": of_best.low, "high": of_best.high, "p_harm": of_best.p_harm}
    rows = [
        _row(split, "ours: blend", blend, seconds, **told),
        _row(split, "ours: strict", blend if helps else alone, seconds, **told),
        _row(split, "ours: best", values[best_name], seconds, note=best_name, **told_best),
        _row(split, ALONE, alone, note=verdict.baseline),
        _row(split, TUNED, values[baseline_name], note=baseline_name),
        _plain(split),
    ]
    board = model.leaderboard_.set_index("candidate")
    for name in names:
        rows.append(
            _row(
                split,
                f"candidate: {name}",
                values[name],
                float(board.loc[name, "seconds"]),
                gain_estimate=float(board.loc[name, "gain"]),
                weight=model.weights_[name],
            )
        )
    return rows


def _plain(split: Split) -> dict[str, Any]:
    """The first thing that anyone fits: a linear model as scikit-learn has it, on an encoded table."""
    learner: Any = Ridge() if split.task == "regression" else LogisticRegression(max_iter=1000)
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = make_pipeline(hs.TableEncoder(), learner).fit(split.X, split.y)
        values = model.predict(split.X_test) if split.task == "regression" else _pad(model, split)
    return _row(split, PLAIN, values, time.process_time() - start)


def _pad(model: Any, split: Split) -> np.ndarray:
    P = np.zeros((len(split.y_test), split.n_classes))
    P[:, np.asarray(model.classes_, dtype=int)] = model.predict_proba(split.X_test)
    return P


def _row(split: Split, method: str, values: Any, seconds: float = float("nan"), **more: Any) -> dict[str, Any]:
    values = np.asarray(values, dtype=float)
    return {
        "method": method,
        "score": score(split, values),
        "accuracy": accuracy(split, values),
        "seconds": seconds,
        **more,
    }
