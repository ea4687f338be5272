"""The demo: what a hospital would do, told as it goes along."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich import box
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from .. import run_folder as rf
from ..core.domain import Domain
from ..core.errors import InputError
from ..datasets import load_heart
from . import parts
from .job import Result, Settings, fit_run, threads_for, verdict_record
from .measure import difference, scorer_of
from .problem import Wish, read_problem
from .summary import board, head, verdict_text
from .voice import Voice

N_LABELLED = 60
# A loss of AUC that anybody would mind.
HARM = 0.05


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
    problem = read_problem(
        Wish(
            target=str(files["labelled"]),
            source=[f"{chapter.source}={files['source']}"],
            label="disease",
        )
    )
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
    voice.lay_out(board(head(result.model.leaderboard_, baselines=3, transfers=2)[0]))
    truth = _truth(result, problem, files["rest"], seed)
    voice.lay_out(
        f"Was that right? The {truth['rows']} patients of {chapter.target} that were set aside know (AUC: the chance "
        "to rank a sick patient above a healthy one; 0.5 is guessing):"
    )
    voice.lay_out(_truth_table(truth))
    voice.lay_out(_lesson(truth, chapter))
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


def _truth(result: Result, problem: Any, rest: Path, seed: int) -> dict[str, Any]:
    """The model on the patients set aside, beside what one would do without headstart."""
    from ..files import read_table, split_label

    part = split_label(read_table(rest).frame, "disease", path=rest)
    X, model = part.X[list(problem.target.X.columns)], result.model
    with threads_for(problem):
        alone = parts.make_model("classification", random_state=seed).fit(problem.target.X, problem.target.y)
    target, source = (problem.target.X, problem.target.y), (problem.source.X, problem.source.y)
    score = scorer_of("roc_auc", np.asarray(model.classes_))
    own, other = model.predict_proba(X), alone.predict_proba(X)
    gain = difference(score, part.y, own, other, seed=seed)
    verdict = result.verdict
    return {
        "rows": len(part.y),
        "metric": "roc_auc",
        "model": score(part.y, own),
        "target_only": score(part.y, other),
        "pooled": score(part.y, _naive(target, source).predict_proba(X)),
        "source_only": score(part.y, _naive(source).predict_proba(X)),
        "gain": gain.value,
        "interval": [gain.low, gain.high],
        "interval_of_verdict_held": bool(verdict.interval[0] <= gain.value <= verdict.interval[1]),
    }


def _naive(*tables: tuple[Any, Any]) -> Any:
    """What a user in a hurry would do: one table on top of the other, and one model."""
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    from ..tables import TableEncoder

    columns = list(tables[0][0].columns)
    X = pd.concat([X[columns] for X, _ in tables], ignore_index=True)
    return make_pipeline(TableEncoder(), LogisticRegression(max_iter=1000)).fit(
        X, np.concatenate([y for _, y in tables])
    )


def _truth_table(truth: dict[str, Any]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("on the patients set aside")
    table.add_column("AUC", justify="right")
    table.add_column("over target only", justify="right")
    for key, words in (
        ("target_only", "target only: the best without the source"),
        ("source_only", "source only: the other hospital's model as it is"),
        ("pooled", "pooled: one table on top of the other"),
        ("model", "the model that headstart handed over"),
    ):
        table.add_row(
            words, f"{truth[key]:.3f}", "" if key == "target_only" else f"{truth[key] - truth['target_only']:+.3f}"
        )
    return table


def _lesson(truth: dict[str, Any], chapter: Chapter) -> str:
    """What these numbers say, whichever way they fell."""
    held = "lies within" if truth["interval_of_verdict_held"] else "lies outside"
    said = f"The gain of the model, {truth['gain']:+.3f}, {held} the interval that the verdict gave."
    loss = truth["source_only"] - truth["target_only"]
    pooled = truth["pooled"] - truth["target_only"]
    if loss < -HARM:
        said += (
            f" A model of {chapter.source} alone would have cost {-loss:.2f} AUC here; the one handed over looked at "
            "its own patients first and did not follow it."
        )
    elif truth["gain"] > 0:
        said += f" The records of {chapter.source} cost nothing to use here, and did not have to be trusted blindly."
    if pooled > truth["gain"]:
        said += (
            f" One table on top of the other would have done better still ({pooled:+.3f}); {N_LABELLED} patients could "
            "not tell that beforehand."
        )
    elif pooled < -HARM:
        said += f" One table on top of the other would have cost {-pooled:.2f}."
    return said
