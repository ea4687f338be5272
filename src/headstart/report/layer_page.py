"""The page of a layer study: the answer, the picture, the controls, the table."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup

from ..core.errors import InputTypeError
from .layers import Course, control_courses, layer_plot, legend_mark, target_courses
from .templating import environment, file_of
from .words import count, interval, number, percent, plural, signed
from .writing import write_whole

ANSWERS = {
    "transfer": ("helps", "Take layers over"),
    "scratch": ("hurts", "Start from scratch"),
    "undetermined": ("undetermined", "Undetermined"),
}
_HOW = {
    "train": (
        "Each network is trained on target rows and scored on rows that it never saw, in {repeats}. In each all start "
        "from the same random weights and see rows in the same order; they differ in the layers that they take over.",
        "Taken over are the first layers of {donor}. The others, and the head, start from random weights; all train "
        "equally long.",
    ),
    "probe": (
        "No layer is trained on the target: a linear model is fitted to the averaged output of each layer, and scored "
        "on rows that it never saw, in {repeats}; the layers are those of {donor}.",
        "That tells where the features are best as they are, not what layers above them could learn.",
    ),
}


def render_layers(study: Any, run: Mapping[str, Any] | None = None) -> str:
    """The page of a fitted ``LayerStudy`` as a string of HTML.

    Parameters
    ----------
    study : LayerStudy
        Fitted.
    run : mapping, default=None
        What is known besides: command, seed, versions, names of the tables. All of it may be missing.

    Returns
    -------
    str
        One page without a reference to anything outside it.

    Raises
    ------
    InputTypeError
        Where there is no table: the study is not fitted, or it is something else.
    """
    if not hasattr(study, "table_"):
        raise InputTypeError(
            f"{type(study).__name__} holds no table_; expected a fitted LayerStudy: study.fit(X, y, ...)"
        )
    known = dict(run or {})
    found, table = study.recommendation_, study.table_
    mark, answer = ANSWERS[found.decision]
    target, controls = target_courses(table), control_courses(table)
    chosen = (found.depth, {"probe": "frozen"}.get(found.mode, found.mode)) if found.depth else None
    page = (
        environment()
        .get_template("layers.html.j2")
        .render(
            css=Markup(file_of("page.css")),
            mark=mark,
            answer=answer,
            sentence=found.words,
            metric=study.metric_,
            plot=layer_plot(target, study.metric_, chosen),
            legend=_legend(target),
            controls=layer_plot(controls, study.metric_) if controls else "",
            controls_legend=_legend(controls),
            chosen=chosen is not None,
            undetermined=found.decision == "undetermined",
            probe=study.mode == "probe",
            how=_how(study, known),
            level=percent(study.level),
            rows=[_row(row, found) for row in table.to_dict("records")],
            settings=_settings(study, known),
            command=known.get("command"),
            versions=known.get("versions") or {},
        )
    )
    return "\n".join(line for line in page.splitlines() if line.strip()) + "\n"


def write_layers(path: str | os.PathLike[str], *, study: Any, run: Mapping[str, Any] | None = None) -> None:
    """Write the page of a layer study as one self-contained HTML file; see ``render_layers``."""
    write_whole(path, render_layers(study, run))


def _legend(courses: list[Course]) -> list[tuple[Markup, str]]:
    return [(legend_mark(c.css), c.name) for c in courses]


def _how(study: Any, run: Mapping[str, Any]) -> list[str]:
    sources = ", ".join(str(s["name"]) for s in run.get("sources") or ())
    if (study.table_["mode"] == "source").any():
        donor = f"the network trained on {sources or 'the source'}"
    else:
        donor = f"the backbone {study.backbone if isinstance(study.backbone, str) else 'that was given'}"
    return [text.format(repeats=plural(study.repeats, "split"), donor=donor) for text in _HOW[study.mode]]


def _row(row: Mapping[str, Any], found: Any) -> dict[str, Any]:
    depth = int(row["depth"])
    has_gain = pd.notna(row["gain"])
    return {
        "depth": f"{depth} (to {row['layer']})" if depth else "none",
        "mode": row["mode"],
        "on": row["scored_on"],
        "score": number(row["score"]),
        "error": number(row["error"]),
        "gain": signed(row["gain"]) if has_gain else "",
        "interval": interval(row["gain_low"], row["gain_high"]) if has_gain else "",
        "trained": count(row["trained"]),
        "chosen": (depth, row["mode"]) == (found.depth, found.mode),
    }


def _settings(study: Any, run: Mapping[str, Any]) -> list[tuple[str, str]]:
    target = run.get("target") or {}
    rows = [
        (
            "Target",
            f"{target.get('name', '')}, {plural(int(target['labelled_rows']), 'labelled row')}" if target else "",
        ),
        ("Sources", ", ".join(f"{s['name']}, {plural(int(s['rows']), 'row')}" for s in run.get("sources") or ())),
        ("Layers", ", ".join(study.layers_)),
        ("Repeats", str(study.repeats)),
        ("Held out in each", percent(study.test_share)),
        ("Seed", str(run["seed"]) if run.get("seed") is not None else "not recorded"),
        ("Versions", ", ".join(f"{k} {v}" for k, v in (run.get("versions") or {}).items()) or "not recorded"),
    ]
    return [(k, v) for k, v in rows if v]
