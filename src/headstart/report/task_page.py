"""The page of several tasks: a verdict for each, who helps whom, what is shared, how training went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from . import plots, tables, task_views, trained
from . import task_sentences as sentences
from .task_card import task_card
from .task_facts import TaskFacts, read_task_facts
from .templating import environment, file_of, sha256
from .words import joined, percent, seconds


def render_tasks(model: Any, run: Mapping[str, Any] | None = None) -> str:
    """The page of a fitted estimator of several tasks as a string of HTML.

    Parameters
    ----------
    model : estimator of several tasks
        Fitted, such as ``MultiTaskClassifier`` or ``MultiTaskLinearRegressor``.
    run : mapping, default=None
        What ``run.json`` holds: command, seed, versions, the table with its name and hash. All of it may be missing.

    Returns
    -------
    str
        One page without a reference to anything outside it.
    """
    f = read_task_facts(model, run)
    script = file_of("page.js")
    target = f.run.get("target")
    maps = task_views.learnt(f)
    page = (
        environment()
        .get_template("tasks.html.j2")
        .render(
            f=f,
            run=f.run,
            css=Markup(file_of("page.css")),
            script=Markup(script),
            script_hash=sha256(script),
            question=sentences.question(f),
            mark=sentences.mark(f),
            answer=sentences.answer(f),
            sentence=sentences.sentence(f),
            consequence=sentences.consequence(f),
            warnings=sentences.warnings_of(f),
            figures=sentences.figures(f),
            level=percent(f.level),
            boards=task_views.boards(f),
            affinity=task_views.affinity(f),
            grouping=task_views.grouping(f),
            maps=maps[: task_views.OPEN_MAPS],
            maps_rest=maps[task_views.OPEN_MAPS :],
            weights=task_views.weights(f),
            courses=task_views.courses(f),
            trained=trained.views_of({} if f.layers is None else {f"The joint {f.thing}": f.layers}),
            bar=plots.bar,
            measured=sentences.how_measured(f),
            limits=sentences.limits(f),
            data=[tables.recorded("table", dict(target))] if isinstance(target, Mapping) else [],
            settings=_settings(f),
            card=task_card(model, run),
        )
    )
    return "\n".join(line for line in page.splitlines() if line.strip()) + "\n"


def _settings(f: TaskFacts) -> list[tuple[str, str]]:
    """How to repeat the fit, as far as it is known; what is not known is said."""
    run = f.run
    took = run.get("seconds")
    spent = ", ".join(f"{k} {seconds(v)}" for k, v in took.items()) if isinstance(took, Mapping) else ""
    machine = run.get("machine")
    where = f"{machine.get('system', '')}, {machine.get('cpus', '?')} CPUs" if isinstance(machine, Mapping) else ""
    rows = [
        ("Seed", str(run["seed"]) if run.get("seed") is not None else "not recorded"),
        ("Model", f.model),
        ("Method", f.method),
        ("Sharing", f.sharing),
        ("Weighting", f.weighting),
        ("Fallback", f.fallback or ""),
        ("Folds", "" if f.n_folds is None else str(f.n_folds)),
        ("Backbone", f.backbone),
        ("Weights", str(run.get("weights") or "")),
        ("Column", str(run.get("column") or "")),
        ("Epochs", str(run.get("epochs") or "")),
        ("Tasks", joined([task.name for task in f.tasks], 40)),
        ("Auxiliary tasks", joined(f.auxiliary, 40)),
        ("Columns left out", ", ".join(map(str, run.get("dropped") or ()))),
        ("Made", str(run.get("created") or "")),
        ("Took", spent),
        ("Machine", where),
        ("Versions", ", ".join(f"{k} {v}" for k, v in (run.get("versions") or {}).items()) or "not recorded"),
    ]
    return [(k, v) for k, v in rows if v]
