"""The demo: what a hospital would do, told as it goes along."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.rule import Rule
from rich.text import Text

from .. import run_folder as rf
from ..core.domain import Domain
from ..core.errors import InputError
from ..datasets import load_heart
from . import parts
from .job import Settings, fit_run, threads_for, verdict_record
from .measure import difference, scorer_of
from .problem import Wish, read_problem
from .summary import board, head, verdict_text
from .voice import Voice

N_LABELLED = 60


@dataclass(frozen=True)
class Chapter:
    """One source for one target."""

    target: str
    source: str
    opening: str


CHAPTERS = (
    Chapter(
        "Hungary",
        "VA Long Beach",
        "A hospital in Budapest has examined {n} patients and wants to tell who has heart disease. A veterans' "
        "hospital in California has records of {n_source} patients: older, nearly all men, three in four "
        "with the disease. Do records of such different patients help?",
    ),
    Chapter(
        "Cleveland",
        "Switzerland",
        "A clinic in Cleveland has examined {n} patients. The records at hand are from Switzerland: {n_source} "
        "patients, 93% of them with the disease, cholesterol never measured. Would you pool them?",
    ),
)


def tell(out: str, seed: int, voice: Voice) -> None:
    """Run both chapters and say where the reports lie."""
    place = Path(out)
    _make_place(place)
    voice.lay_out(
        "Heart disease in four hospitals (UCI, 920 patients, 13 measurements). Twice, a few patients of one hospital "
        "are the target and the records of another hospital are the source. The target's other patients are set "
        "aside: they show at the end whether the verdict was right."
    )
    told = [_chapter(k, chapter, place, seed, voice) for k, chapter in enumerate(CHAPTERS, start=1)]
    voice.show()
    voice.lay_out(Rule("where it lies", align="left"))
    for record in told:
        voice.show(f"{record['source']} -> {record['target']}: open {record['report']}")
    voice.show("With files of your own:  headstart fit --target MINE.csv --source OTHER.csv --label COLUMN")
    voice.give({"runs": told})


def _make_place(place: Path) -> None:
    """An earlier demo is replaced; anything else in the way is not."""
    names = {_folder_name(c) for c in CHAPTERS} | {"data"}
    if place.is_file():
        raise InputError(f"{str(place)!r} is a file; pass another folder with --out")
    if place.is_dir():
        odd = sorted(p.name for p in place.iterdir() if p.name not in names)
        if odd:
            raise InputError(
                f"the folder {str(place)!r} holds something else than a demo ({', '.join(odd[:3])}); pass another "
                "with --out"
            )
    (place / "data").mkdir(parents=True, exist_ok=True)


def _folder_name(chapter: Chapter) -> str:
    return f"{chapter.source}-to-{chapter.target}".lower().replace(" ", "-")


def _chapter(number: int, chapter: Chapter, place: Path, seed: int, voice: Voice) -> dict[str, Any]:
    heart = load_heart()
    target, source = heart[chapter.target], heart[chapter.source]
    few, rest = _draw(np.asarray(target.y), seed)
    files = _export(place / "data", chapter, target, source, few, rest)
    voice.show()
    voice.lay_out(Rule(f"{number}. {chapter.source} for {chapter.target}", align="left"))
    voice.lay_out(chapter.opening.format(n=N_LABELLED, n_source=source.n_rows))
    problem = read_problem(Wish(str(files["labelled"]), [f"{chapter.source}={files['source']}"], "disease"))
    settings = Settings(
        out=str(place / _folder_name(chapter)),
        overwrite=True,
        seed=seed,
        command=f"headstart fit --target {files['labelled']} --source '{chapter.source}={files['source']}' "
        f"--label disease --seed {seed} --out {place / _folder_name(chapter)}",
    )
    result = fit_run(problem, settings, voice)
    voice.show()
    voice.show(Text(f"Situation: {_situation(result.diagnosis)}."))
    voice.lay_out(verdict_text(verdict_record(result.model)))
    voice.lay_out(board(head(result.model.leaderboard_, baselines=2, transfers=2)[0]))
    truth = _truth(result.model, problem, files["rest"], seed)
    voice.lay_out(Text(_told_truth(truth, chapter)))
    return {
        "target": chapter.target,
        "source": chapter.source,
        "verdict": verdict_record(result.model),
        "held_out": truth,
        "run": str(result.folder),
        "report": str(result.folder / rf.REPORT),
    }


def _draw(y: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The labelled patients, drawn within each class, and the others."""
    from sklearn.model_selection import train_test_split

    few, rest = train_test_split(np.arange(len(y)), train_size=N_LABELLED, stratify=y, random_state=seed)
    return np.sort(few), np.sort(rest)


def _export(
    folder: Path, chapter: Chapter, target: Domain, source: Domain, few: np.ndarray, rest: np.ndarray
) -> dict[str, Path]:
    """The same as files, so that the commands that the demo names can be typed."""
    named = {
        "labelled": (chapter.target, "labelled", target, few),
        "rest": (chapter.target, "set-aside", target, rest),
        "source": (chapter.source, "source", source, np.arange(source.n_rows)),
    }
    files = {}
    for key, (hospital, role, domain, rows) in named.items():
        files[key] = folder / f"{hospital}-{role}.csv".lower().replace(" ", "-")
        frame = domain.frame().iloc[rows].assign(disease=np.asarray(domain.y)[rows])
        frame.to_csv(files[key], index=False)
    return files


def _situation(diagnosis: Any) -> str:
    return " and ".join(diagnosis.setting)


def _truth(model: Any, problem: Any, rest: Path, seed: int) -> dict[str, Any]:
    """The model, target only and naive pooling on the patients set aside."""
    from ..files import read_table, split_label

    table = read_table(rest)
    part = split_label(table.frame, "disease", path=rest)
    X = part.X[list(problem.target.X.columns)]
    with threads_for(problem):
        alone = parts.make_model("classification", random_state=seed).fit(problem.target.X, problem.target.y)
    score = scorer_of("roc_auc", np.asarray(model.classes_))
    own, other = model.predict_proba(X), alone.predict_proba(X)
    gain = difference(score, part.y, own, other, seed=seed)
    pooled = _pooled(problem, X, np.asarray(model.classes_))
    return {
        "rows": len(part.y),
        "metric": "roc_auc",
        "model": score(part.y, own),
        "target_only": score(part.y, other),
        "pooled": score(part.y, pooled),
        "gain": gain.value,
        "interval": [gain.low, gain.high],
    }


def _pooled(problem: Any, X: Any, classes: np.ndarray) -> np.ndarray:
    """What a careless user would do: one table on top of the other, and one model."""
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    from ..tables import TableEncoder

    both = pd.concat([problem.target.X, problem.source.X[list(problem.target.X.columns)]], ignore_index=True)
    labels = np.concatenate([problem.target.y, problem.source.y])
    model = make_pipeline(TableEncoder(), LogisticRegression(max_iter=1000)).fit(both, labels)
    return np.asarray(model.predict_proba(X))


def _told_truth(truth: dict[str, Any], chapter: Chapter) -> str:
    low, high = truth["interval"]
    return (
        f"And in truth? On the {truth['rows']} patients of {chapter.target} that were set aside, AUC is "
        f"{truth['model']:.3f} for this model, {truth['target_only']:.3f} for target only and {truth['pooled']:.3f} "
        f"for naive pooling: a gain of {truth['gain']:+.3f} (90% interval {low:+.3f} to {high:+.3f}), and "
        f"{truth['pooled'] - truth['target_only']:+.3f} for pooling."
    )
