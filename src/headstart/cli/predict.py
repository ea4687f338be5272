"""``headstart predict``: predictions for new rows."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from . import options as o
from .voice import Voice


def predict(
    target: Annotated[
        str,
        typer.Option(
            "--target",
            "-t",
            metavar="PATH",
            help="New rows, with the columns of the target; of images also a folder of them.",
        ),
    ],
    run: o.Run = None,
    model: o.ModelFile = None,
    out: Annotated[
        str | None, typer.Option("--out", "-o", metavar="FILE", help="The CSV file to write; stdout by default.")
    ] = None,
    id_column: o.IdColumn = None,
    trust: o.Trusted = None,
    json: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Predict new rows: columns are matched by name, classes come with their probabilities.

    Example: headstart predict --run run --target new_patients.csv --out predictions.csv
    """
    import sys
    from pathlib import Path

    from ..core.errors import InputError
    from ..store.atomic import replacing
    from .chosen import choose_model
    from .new_rows import read_new

    voice = Voice(as_json=json, quiet=quiet)
    chosen = choose_model(run, model, trust)
    asked = id_column is not None
    id_column = id_column or chosen.run.get("id_column")
    if chosen.holds == "table":
        X, ids, notes = _columns(target, chosen, id_column, asked=asked)
    else:
        entries = read_new(target, chosen, id_column=id_column)
        if asked and entries.column is None:
            raise InputError(f"--id-column is {id_column!r}, and {target!r} is a folder; its images have their names")
        X, ids, notes = entries.X, entries.names, [f"{entries.path.name}: {n}" for n in entries.notes]
        id_column = "file" if entries.column is None else id_column
    for note in notes:
        voice.note(note)
    predictions = predicted(chosen.model, X, ids, id_column)
    if json:
        voice.give({"rows": len(predictions), "predictions": predictions.to_dict("records")})
    if out is not None:
        with replacing(Path(out)) as partial:
            predictions.to_csv(partial, index=False)
        voice.note(f"{len(predictions)} predictions written to {out}")
    elif not json:
        predictions.to_csv(sys.stdout, index=False)


def _columns(target: str, chosen: Any, id_column: str | None, *, asked: bool) -> tuple[Any, Any, list[str]]:
    """The model's columns of a table, what the rows are called, and what is to be said."""
    from ..files import read_table
    from ..files.labels import require_column
    from .chosen import pick_columns

    table = read_table(target, as_text=[id_column] if id_column else [], least_columns=1)
    if asked and id_column is not None:
        require_column(table.frame, id_column, path=table.path, what="should name the rows")
    X, notes = pick_columns(
        table.frame.drop(columns=[id_column] if id_column else [], errors="ignore"), chosen, path=table.path
    )
    ids = table.frame[id_column] if id_column in table.frame.columns else None
    return X, ids, [*(f"{table.path.name}: {n}" for n in table.notes), *notes]


def predicted(model: object, X: object, ids: object, id_column: str | None) -> object:
    """The predictions as a frame: the rows' names (or numbers), the prediction, a probability for each class.

    Of several tasks: the predictions and probabilities of each, with its name.
    """
    import numpy as np
    import pandas as pd

    from ..report.task_facts import is_of_tasks

    n = len(X)  # type: ignore[arg-type]
    columns = {id_column or "id": np.asarray(ids)} if ids is not None else {"row": np.arange(1, n + 1)}
    if is_of_tasks(model):
        from .evaluate_tasks import parts_of

        for part in parts_of(model):
            columns[f"prediction_{part.name}"] = part.predict(X)
            if part.classes is not None:
                P = part.predict_proba(X)
                for k, name in enumerate(part.classes):
                    columns[f"probability_{part.name}_{name}"] = P[:, k].round(6)
        return pd.DataFrame(columns)
    columns["prediction"] = np.asarray(model.predict(X))  # type: ignore[attr-defined]
    if hasattr(model, "predict_proba") and hasattr(model, "classes_"):
        P = np.asarray(model.predict_proba(X))
        for k, name in enumerate(model.classes_):
            columns[f"probability_{name}"] = P[:, k].round(6)
    return pd.DataFrame(columns)
