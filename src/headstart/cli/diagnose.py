"""``headstart diagnose``: which transfer situation is this?"""

from __future__ import annotations

from . import options as o
from .voice import Voice, tell_warning


def diagnose(
    target: o.Target,
    source: o.Source = None,
    label: o.OptionalLabel = None,
    source_label: o.SourceLabel = None,
    no_target_labels: o.NoTargetLabels = False,
    unlabeled: o.Unlabeled = None,
    drop: o.Drop = None,
    id_column: o.IdColumn = None,
    rename: o.Rename = None,
    task: o.TaskName = None,
    seed: o.Seed = 0,
    json: o.Json = False,
    quiet: o.Quiet = False,
) -> None:
    """Tell how target and sources differ, and which methods apply.

    Without --label only the columns are compared, not what they say about the label.

    Example: headstart diagnose --target hungary.csv --source long_beach.csv --label disease
    """
    from . import parts
    from .job import threads_for
    from .problem import Wish, read_problem

    voice = Voice(as_json=json, quiet=quiet)
    wish = Wish(
        target=target,
        source=source or (),
        label=label,
        source_label=source_label,
        no_target_labels=no_target_labels,
        takes_no_labels=True,
        unlabeled=unlabeled,
        drop=tuple(drop or ()),
        id_column=id_column,
        task=task,
        rename=tuple(rename or ()),
        takes_models=False,
    )
    problem = read_problem(wish)
    for note in problem.notes:
        voice.note(note)
    for warning in problem.warnings:
        tell_warning(warning)
    with voice.working("comparing the tables ..."), threads_for(problem):
        found = parts.diagnose(problem.target, problem.source, unlabeled=problem.unlabeled, seed=seed)
    voice.show(str(found))
    voice.give(found.to_dict())
