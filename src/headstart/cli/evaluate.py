"""``headstart evaluate``: how good is the model on new labelled rows?"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from . import options as o
from .voice import Voice, tell_warning

# With more strange labels than this the file has other labels, rather than a rare class that the fit has not seen.
MOST_UNKNOWN = 0.2


def evaluate(
    target: Annotated[
        str,
        typer.Option(
            "--target",
            "-t",
            metavar="PATH",
            help="New rows with labels, that fit has not seen; of images also a folder with one subfolder a class.",
        ),
    ],
    run: o.Run = None,
    model: o.ModelFile = None,
    label: o.OptionalLabel = None,
    scoring: Annotated[
        str | None, typer.Option(metavar="METRIC", help="Another metric of scikit-learn than that of the fit.")
    ] = None,
    trust: o.Trusted = None,
    seed: o.Seed = 0,
    json: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Score the model, and each baseline within it, on new labelled rows of the target; check its calibration.

    Example: headstart evaluate --run run --target later_patients.csv
    """
    from ..report.task_facts import is_of_tasks
    from .chosen import choose_model
    from .evaluate_tasks import evaluate_tasks
    from .measure import check_scoring

    voice = Voice(as_json=json, quiet=quiet)
    check_scoring(scoring)
    chosen = choose_model(run, model, trust)
    if is_of_tasks(chosen.model):
        evaluate_tasks(target, chosen, label, scoring, seed, voice)
        return
    rows = _labelled_table(target, chosen, label) if chosen.holds == "table" else _entries(target, chosen, label)
    warn_of_known(chosen.run, rows.path, rows.sha256)
    for note in rows.notes:
        voice.note(f"{rows.path.name}: {note}")
    found = measured(chosen.model, rows.X, rows.y, scoring, seed=seed, path=str(rows.path))
    show_measured(found, voice)
    voice.give({"file": str(rows.path), "sha256": rows.sha256, **found})


def warn_of_known(run: dict[str, Any], path: Any, sha256: str) -> None:
    """Warn where rows to score on are those that the model was fitted with."""
    known = [run.get("target"), *run.get("sources", ())]
    if any(k and k.get("sha256") == sha256 for k in known):
        what = "folder" if path.is_dir() else "file"
        tell_warning(f"{str(path)!r} is a {what} that the model was fitted with; its score here means nothing")


def _entries(target: str, chosen: Any, label: str | None) -> Any:
    """Images or texts with their labels."""
    from pathlib import Path

    from ..core.errors import InputError
    from .new_rows import read_new

    column = label or chosen.run.get("label")
    if column is None and not Path(target).is_dir():
        raise InputError(f"it is not known what the label of {target!r} is called; pass --label COLUMN")
    return read_new(target, chosen, label=column or "")


def _labelled_table(target: str, chosen: Any, label: str | None) -> Any:
    """The model's columns of a table, with the labels."""
    from types import SimpleNamespace

    from ..core.errors import InputError
    from ..files import read_table, split_label
    from .chosen import pick_columns

    column = label or chosen.run.get("label")
    if column is None:
        raise InputError("a model file does not say what the label is called; pass --label COLUMN")
    id_column = chosen.run.get("id_column")
    table = read_table(target, as_text=[id_column] if id_column else [])
    part = split_label(table.frame, column, path=table.path)
    X, notes = pick_columns(part.X, chosen, path=table.path)
    told = [*table.notes, *(n.removeprefix(f"{table.path.name}: ") for n in notes)]
    if len(part.unlabeled):
        told.append(f"{len(part.unlabeled)} rows without a label are left out")
    return SimpleNamespace(X=X, y=part.y, path=table.path, sha256=table.sha256, notes=told)


def measured(model: Any, X: Any, y: Any, scoring: str | None, *, seed: int, path: str) -> dict[str, Any]:
    """Scores and calibration as one record."""
    import numpy as np

    from ..core.errors import InputError
    from .measure import calibration, difference, scorer_of, with_interval

    classes = np.asarray(model.classes_) if hasattr(model, "classes_") else None
    if classes is not None:
        unknown = sorted({str(v) for v in y} - {str(c) for c in classes})
        strange = np.array([str(v) in unknown for v in y])
        if strange.mean() > MOST_UNKNOWN:
            raise InputError(
                f"{path!r} has labels that the model does not know: {', '.join(unknown[:5])}; expected "
                f"{', '.join(str(c) for c in classes[:8])}"
            )
        if strange.any():
            tell_warning(
                f"{int(strange.sum())} of {len(y)} rows have labels that the model does not know "
                f"({', '.join(unknown[:5])}) and are left out: it is wrong on all of them"
            )
            X = [x for x, odd in zip(X, strange, strict=True) if not odd] if isinstance(X, list) else X[~strange]
            y = y[~strange]
        y = np.array([c for v in y for c in classes if str(c) == str(v)], dtype=classes.dtype)
    elif y.dtype.kind not in "fiub":
        raise InputError(f"{path!r} has labels that are words (such as {y[0]!r}); the model predicts numbers")
    y = y.astype(float) if classes is None else y
    metric = scoring or _metric(model, classes)
    score = scorer_of(metric, classes)
    values = _values(model, X)
    main = with_interval(score, y, values, seed=seed)
    rows = []
    for name, kind, weight, own in _members(model, X):
        gain = difference(score, y, values, own, seed=seed)
        rows.append(
            {
                "candidate": name,
                "kind": kind,
                "weight": weight,
                "score": score(y, own),
                "model_is_better_by": gain.value,
                "low": gain.low,
                "high": gain.high,
            }
        )
    return {
        "rows": len(y),
        "metric": metric,
        "score": main.value,
        "interval": [main.low, main.high],
        "level": 0.9,
        "expected": _expected(model, metric),
        "parts": rows,
        "calibration": calibration(y, values, classes),
    }


def _metric(model: Any, classes: Any) -> str:
    from sklearn.metrics import get_scorer_names

    named = getattr(model, "metric_", None)
    if named in get_scorer_names():
        return str(named)
    return "r2" if classes is None else "roc_auc" if len(classes) == 2 else "accuracy"


def _values(model: Any, X: Any) -> Any:
    import numpy as np

    if not hasattr(model, "classes_"):
        return np.asarray(model.predict(X), dtype=float)
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(X))
    return (np.asarray(model.predict(X))[:, None] == np.asarray(model.classes_)[None, :]).astype(float)


def _members(model: Any, X: Any) -> list[tuple[str, str, float, Any]]:
    """The candidates within the model, baselines first, with their own predictions."""
    if not hasattr(model, "members_"):
        return []
    kinds = dict(zip(model.leaderboard_["candidate"], model.leaderboard_["kind"], strict=True))
    if hasattr(model, "curves_"):
        return sorted(_networks(model, X, kinds), key=lambda f: (f[1] != "baseline", -f[2]))
    from ..tables import read_table

    view = model.spaces_.view(read_table(model, X, reset=False))
    found = [(n, str(kinds.get(n, "")), float(model.weights_[n]), m.values(view)) for n, m in model.members_.items()]
    return sorted(found, key=lambda f: (f[1] != "baseline", -f[2]))


def _networks(model: Any, X: Any, kinds: dict[str, str]) -> list[tuple[str, str, float, Any]]:
    """The members of a search among networks; one alone is the model itself."""
    from ..choose.networks.cells import values_of

    classes = getattr(model, "classes_", None)
    if len(model.members_) == 1:
        return []
    return [
        (n, str(kinds.get(n, "")), float(model.weights_[n]), values_of(m, X, classes))
        for n, m in model.members_.items()
    ]


def _expected(model: Any, metric: str) -> float | None:
    """What the verdict promised, where it was about the same metric."""
    verdict = getattr(model, "verdict_", None)
    return float(verdict.score) if verdict is not None and verdict.metric == metric else None


def show_measured(found: dict[str, Any], voice: Voice) -> None:
    """Score, parts and calibration for people."""
    from rich import box
    from rich.table import Table

    low, high = found["interval"]
    voice.show(
        f"{found['metric']} {found['score']:.3f} on {found['rows']} rows (90% interval {low:.3f} to {high:.3f})"
        + (f"; the fit expected {found['expected']:.3f}" if found["expected"] is not None else "")
    )
    if found["parts"]:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
        table.add_column("within the model", overflow="fold", ratio=1)
        for name in ("weight", found["metric"], "model better by", "90% interval"):
            table.add_column(name, justify="right", no_wrap=True)
        for p in found["parts"]:
            table.add_row(
                p["candidate"],
                f"{p['weight']:.0%}",
                f"{p['score']:.3f}",
                f"{p['model_is_better_by']:+.3f}",
                f"{p['low']:+.3f} to {p['high']:+.3f}",
            )
        voice.lay_out(table)
    calibrated = found["calibration"]
    if "slope" in calibrated:
        voice.show(
            f"calibration: predictions are {abs(calibrated['mean_error']):.3g} too "
            f"{'high' if calibrated['mean_error'] > 0 else 'low'} on average; slope {calibrated['slope']:.2f} "
            "(1 is right)"
        )
        return
    voice.show(f"calibration: predicted and observed differ by {calibrated['mean_gap']:.1%} on average")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for name in ("rows", f"predicted probability of {calibrated['of']}", "came true"):
        table.add_column(name, justify="right")
    for b in calibrated["bins"]:
        table.add_row(str(b["rows"]), f"{b['predicted']:.1%}", f"{b['observed']:.1%}")
    voice.lay_out(table)
