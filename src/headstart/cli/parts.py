"""The parts that the commands put together, each behind one function: imported late, and replaceable in tests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.domain import Domain, Sources

if TYPE_CHECKING:
    from ..diagnosis.alignment import Alignment


def make_model(task: str, **options: Any) -> Any:
    """An unfitted TransferClassifier or TransferRegressor."""
    from .. import choose

    kind = choose.TransferClassifier if task == "classification" else choose.TransferRegressor
    return kind(**options)


def diagnose(target: Domain, source: Domain | Sources, *, unlabeled: Domain | None, seed: int) -> Any:
    """The diagnosis."""
    from ..diagnosis import diagnose

    return diagnose(target, source, unlabeled=unlabeled, random_state=seed)


def shown_alignments(model: Any) -> dict[str, Alignment]:
    """The alignments that a model holds, as a page shows them."""
    from ..report.spaces import read_alignments

    return read_alignments(model)


def write_report(
    path: Path, *, model: Any, diagnosis: Any, run: dict[str, Any], alignments: dict[str, Alignment] | None = None
) -> None:
    """The page."""
    from ..report import write_report

    write_report(path, model=model, diagnosis=diagnosis, run=run, alignments=alignments)


def model_card(model: Any, diagnosis: Any, run: dict[str, Any]) -> str:
    """The model card."""
    from ..report import model_card

    return model_card(model, diagnosis, run)


def network_search(**options: Any) -> Any:
    """An unfitted NeuralTransferSearch; it needs torch."""
    from ..neural import NeuralTransferSearch

    return NeuralTransferSearch(**options)


def layer_study(**options: Any) -> Any:
    """An unfitted LayerStudy; it needs torch."""
    from ..neural import LayerStudy

    return LayerStudy(**options)


def network_tasks(**options: Any) -> Any:
    """An unfitted MultiTaskLearner; it needs torch."""
    from ..multitask import MultiTaskLearner

    return MultiTaskLearner(**options)


def table_tasks(model: str, kind: str, **options: Any) -> Any:
    """An unfitted linear or kernel model of several tasks, a classifier or regressor."""
    from .. import multitask

    ending = "Classifier" if kind == "classification" else "Regressor"
    return getattr(multitask, f"MultiTask{model.capitalize()}{ending}")(**options)


def tasks_record(model: Any, run: dict[str, Any]) -> dict[str, Any]:
    """The verdicts of several tasks for JSON, with their words."""
    from ..report.task_record import tasks_record

    return tasks_record(model, run)


def write_layers(path: Path, *, study: Any, run: dict[str, Any]) -> None:
    """The page of a layer study."""
    from ..report import write_layers

    write_layers(path, study=study, run=run)


def save_model(model: Any, path: Path) -> None:
    """The model file."""
    from ..store import save

    save(model, path)


def load_model(path: Path, trusted: Any = ()) -> Any:
    """The model of a file."""
    from ..store import load

    return load(path, trusted=trusted)


def map_transfers(domains: Any, **options: Any) -> Any:
    """The map of transfer."""
    from ..transfer_map import map_transfers

    return map_transfers(domains, **options)


def cells_kept(path: str) -> int:
    """How many cells a map can go on from."""
    from ..transfer_map.journal import cells_in

    return cells_in(path)


def map_tasks(X: Any, Y: Any, **options: Any) -> Any:
    """The map of transfer between tasks."""
    from ..transfer_map import map_tasks

    return map_tasks(X, Y, **options)


def write_transfer_map(path: Path, *, found: Any, run: dict[str, Any]) -> None:
    """The page of a map of transfer."""
    from ..report import write_transfer_map

    write_transfer_map(path, found=found, run=run)


def write_task_map(path: Path, *, tasks: Any, policies: Any, run: dict[str, Any]) -> None:
    """The page of a map of tasks."""
    from ..report import write_task_map

    write_task_map(path, tasks=tasks, policies=policies, run=run)


def rank_sources(target: Domain, sources: list[Domain], **options: Any) -> Any:
    """The ranking of sources."""
    from ..ranking.sources import rank_sources

    return rank_sources(target, sources, **options)


def write_ranking(path: Path, *, ranking: Any, run: dict[str, Any]) -> None:
    """The page of a ranking."""
    from ..report import write_ranking

    write_ranking(path, ranking=ranking, run=run)


def rank_backbones(target: Domain, backbones: list[str], **options: Any) -> Any:
    """The ranking of backbones; it needs torch."""
    from ..ranking.backbones import rank_backbones

    return rank_backbones(target, backbones, **options)
