"""What a careful user writes in an afternoon: a CV pick and a convex blend of four baselines, where it is at hand."""

from __future__ import annotations

import importlib.util
import time
import warnings
from typing import Any

import numpy as np

from ..pairs import SHARED, MissingData
from .protocol import Split, accuracy, score

METHODS = {
    "afternoon: target only": "target only",
    "afternoon: CV pick": "CV pick",
    "afternoon: convex blend": "convex blend",
}


def _module() -> Any:
    path = SHARED / "peers" / "afternoon.py"
    if not path.exists():
        raise MissingData(f"the afternoon's script is not here ({path} is missing): its rows are left out")
    spec = importlib.util.spec_from_file_location("afternoon_script", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def measure(split: Split, repeat: int) -> list[dict[str, Any]]:
    """Fit and score its three models. The script has one table for both domains, so it sees shared columns only."""
    script = _module()
    X, Xs, X_test = split.X, split.Xs, split.X_test
    if hasattr(X, "columns"):
        shared = [c for c in X.columns if c in Xs.columns]
        X, Xs, X_test = X[shared], Xs[shared], X_test[shared]
    rows = []
    for method, name in METHODS.items():
        start = time.process_time()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model = script.METHODS[name](X, split.y, Xs, split.ys, split.task, repeat)
                classes = None if split.task == "regression" else np.arange(split.n_classes)
                values = script.out(model, X_test, split.task, classes)
            values = values[:, 0] if split.task == "regression" else values
            row = {"method": method, "score": score(split, values), "accuracy": accuracy(split, values)}
        except (ValueError, TypeError, ArithmeticError, IndexError) as error:
            row = {"method": method, "score": float("nan"), "note": f"failed: {error}".splitlines()[0][:100]}
        rows.append({**row, "seconds": time.process_time() - start})
    return rows
