"""The report as one page of HTML that needs nothing else: no network, no script to be read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from ..diagnosis.alignment import Alignment
from . import carried, courses, moved, plots, sentences, spaces, tables, trained
from . import network_sentences as networks
from .card import model_card
from .curve import learning_curve, read_points
from .facts import Facts, read_facts
from .glossary import explained
from .task_facts import is_of_tasks
from .task_page import render_tasks
from .templating import environment, file_of, sha256
from .words import seconds
from .writing import write_whole

MOST_BYTES = 1_000_000
OPEN_ROWS = 14  # candidates beyond these are folded away, the failed ones too


def render_report(
    model: Any,
    diagnosis: Any = None,
    run: Mapping[str, Any] | None = None,
    alignments: Mapping[str, Alignment] | None = None,
) -> str:
    """The report of a fitted model as a string of HTML.

    Parameters
    ----------
    model : TransferClassifier, TransferRegressor, NeuralTransferSearch or an estimator of several tasks
        Fitted. Of networks the page also shows how they were trained. Of the estimators of ``headstart.multitask`` it
        is a page about tasks: a verdict for each, who helps whom, what is shared.
    diagnosis : Diagnosis or Diagnoses, default=None
        What ``hs.diagnose`` returned. None leaves out what moved between the domains.
    run : mapping, default=None
        What ``run.json`` holds: command, seed, versions, the tables with names and hashes. All of it may be missing.
    alignments : mapping of str to Alignment, default=None
        ``model.alignments_`` as it was before the model was saved, for their pictures, which a model that was loaded
        no longer holds. None takes what the model holds; where pictures are missing, the page says so.

    Returns
    -------
    str
        One page without a reference to anything outside it.

    Raises
    ------
    InputTypeError
        Where the model has no verdict, or the diagnosis is something else.

    Examples
    --------
    >>> import headstart as hs
    >>> from headstart.report import render_report
    >>> hungary = hs.datasets.load_heart()["Hungary"]
    >>> model = hs.TransferClassifier(random_state=0).fit(hungary.X[::50], hungary.y[::50])
    >>> page = render_report(model)
    >>> page.startswith("<!doctype html>"), "No verdict" in page
    (True, True)
    """
    if is_of_tasks(model):
        return render_tasks(model, run)
    f = read_facts(model, diagnosis, run)
    scale = tables.gain_scale(f)
    points = read_points(f.curve, f.verdict)
    rows, weights = tables.board_rows(f, scale), tables.weight_rows(f)
    compared = spaces.read_alignments(model, alignments)
    script = file_of("page.js")
    called = {"alone": f.alone, "with_it": f.with_it}
    page = (
        environment()
        .get_template("report.html.j2")
        .render(
            f=f,
            run=f.run,
            css=Markup(file_of("page.css")),
            script=Markup(script),
            script_hash=sha256(script),
            question=sentences.question(f),
            answer=sentences.answer(f),
            sentence=sentences.rest_of_sentence(f),
            glossary=explained(f.board["candidate"], networks=f.networks),
            starts=networks.starts(f) if f.networks else "",
            untried=tables.untried_rows(f) if f.networks else [],
            courses=courses.views(model.curves_) if f.networks else [],
            courses_legend=courses.legend_marks(),
            trained=trained.views(model),
            consequence=" ".join(c for c in sentences.consequences(f) if c),
            warnings=sentences.warnings_of(f),
            figures=sentences.figures(f),
            gain=plots.gain_interval(f.verdict, f.metric, f.decimals, **called) if f.has_gain else "",
            curve=learning_curve(points, f.metric, f.decimals, **called) if points is not None else "",
            points=points,
            board=rows[:OPEN_ROWS],
            board_rest=rows[OPEN_ROWS:],
            axis=plots.strip_axis(scale) if f.verdict is not None else "",
            off_scale=_off_scale(f, scale),
            weights=weights,
            split=_split(f),
            bar=plots.bar,
            carried=carried.views(model),
            diagnoses=[moved.view(d) for d in f.diagnoses],
            alignments=spaces.views(compared),
            without_pictures=spaces.without_pictures(compared),
            measured=sentences.how_measured(f),
            limits=sentences.limits(f),
            beyond=sentences.beyond(f),
            data=tables.data_rows(f),
            policy=sentences.policy(f),
            settings=_settings(f),
            card=model_card(model, diagnosis, run),
        )
    )
    return "\n".join(line for line in page.splitlines() if line.strip()) + "\n"


def write_report(
    path: str | os.PathLike[str],
    *,
    model: Any,
    diagnosis: Any = None,
    run: Mapping[str, Any] | None = None,
    alignments: Mapping[str, Alignment] | None = None,
) -> None:
    """Write the report of a fitted model as one self-contained HTML file.

    The file is whole or not there. See ``render_report`` for the parameters.

    Raises
    ------
    InputError
        Where the folder does not exist.
    """
    write_whole(path, render_report(model, diagnosis, run, alignments))


def _split(f: Facts) -> str:
    """The model in two parts; nothing where there is nothing to transfer from."""
    share = f.weight_from_source
    if share is None or not (f.donors if f.networks else f.n_source):
        return ""
    return plots.split(share, words=(f.with_it, f.alone)) if f.networks else plots.split(share)


def _off_scale(f: Facts, scale: Any) -> bool:
    """Whether a candidate reaches beyond the axis."""
    ends = f.board[["gain", "gain_low", "gain_high"]].to_numpy(float)
    return bool(((ends < scale.low) | (ends > scale.high)).any())


def _settings(f: Facts) -> list[tuple[str, str]]:
    """How to repeat the run, as far as it is known; what is not known is said."""
    run = f.run
    took = run.get("seconds")
    spent = ", ".join(f"{k} {seconds(v)}" for k, v in took.items()) if isinstance(took, Mapping) else ""
    machine = run.get("machine")
    where = f"{machine.get('system', '')}, {machine.get('cpus', '?')} CPUs" if isinstance(machine, Mapping) else ""
    versions = ", ".join(f"{k} {v}" for k, v in (run.get("versions") or {}).items())
    rows = [
        ("Seed", str(run["seed"]) if run.get("seed") is not None else "not recorded"),
        ("Model", f.model),
        ("Policy", f"{f.policy}: {sentences.policy(f)}" if sentences.policy(f) else ""),
        ("Backbone", f.backbone),
        ("Weights", str(run.get("weights") or "")),
        ("Column", str(run.get("column") or "")),
        ("Epochs", str(run.get("epochs") or "")),
        ("Epochs on the source", str(run.get("source_epochs") or "")),
        ("Label", str(run.get("label") or "")),
        ("Columns left out", ", ".join(map(str, run.get("dropped") or ()))),
        ("Time limit", f"{run['time_limit']} s" if run.get("time_limit") else ""),
        ("Made", str(run.get("created") or "")),
        ("Took", spent),
        ("Machine", where),
        ("Versions", versions or "not recorded"),
    ]
    return [(k, v) for k, v in rows if v]
