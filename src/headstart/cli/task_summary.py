"""What ``multitask`` prints at its end."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from .. import run_folder as rf
from ..report.words import number, signed
from . import parts
from .job import Result
from .summary import STYLES
from .voice import Voice, plain

# Lines of the table on a screen; all of them stand in the leaderboard.
MOST_TASKS = 20


def summarise_tasks(result: Result, voice: Voice) -> list[str]:
    """The verdicts, and where everything lies; returns the tasks that are harmed."""
    record = parts.tasks_record(result.model, result.run)
    facts = record["tasks"]
    voice.lay_out(tasks_text(record))
    for warning in record["warnings"]:
        voice.lay_out(warning)
    voice.lay_out(_board(facts[:MOST_TASKS]))
    if len(facts) > MOST_TASKS:
        voice.show(f"{len(facts) - MOST_TASKS} more in {result.folder / rf.LEADERBOARD}")
    metrics = {"log likelihood": "log likelihood of classes", "r2": "R2 of numbers"}
    scores = " and ".join(words for metric, words in metrics.items() if any(t["metric"] == metric for t in facts))
    voice.lay_out(f"together, alone, guessing: {scores}, on held-out rows; higher is better")
    if len(record["groups"]) > 1:
        groups = "; ".join(", ".join(group) for group in record["groups"])
        voice.lay_out(f"groups of tasks{', proposed by who helped whom' if record['affinity'] else ''}: {groups}")
    voice.show()
    voice.show(f"report  {result.folder / rf.REPORT}")
    voice.show(f"model   {result.folder / rf.MODEL}   (headstart predict --run {result.folder} --target NEW.csv)")
    files = (rf.MODEL, rf.VERDICT, rf.LEADERBOARD, rf.CURVES, rf.LAYERS, rf.AFFINITY, rf.REPORT, rf.CARD, rf.RUN)
    voice.give(
        {
            "verdict": record,
            "leaderboard": plain(result.model.table_.to_dict("records")),
            "run": str(result.folder),
            "files": {name: str(result.folder / name) for name in files if (result.folder / name).exists()},
        }
    )
    return list(record["harmed"])


def tasks_text(record: dict[str, Any]) -> Text:
    """The verdicts in words, their answer in its colour."""
    style = STYLES.get(record["decision"] or "", "bold")
    return Text.assemble((f"{record['answer']}.", style), f" {record['sentence']}")


def _board(tasks: list[dict[str, Any]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), collapse_padding=True)
    table.add_column("task", overflow="fold", ratio=1)
    for name in ("together", "alone", "guessing", "gain", "90% interval"):
        table.add_column(name, justify="right", no_wrap=True)
    # Where all use the joint model the sentence says so, and names of tasks need the place.
    told = any(t["uses"] == "alone" for t in tasks)
    for name in ("verdict", "uses") if told else ("verdict",):
        table.add_column(name, no_wrap=True)
    for t in tasks:
        low, high = t["interval"]
        table.add_row(
            t["task"],
            number(t["score"]),
            number(t["score_alone"]),
            number(t["score_guess"]),
            signed(t["gain"]),
            f"{signed(low)} to {signed(high)}",
            Text(t["decision"], style=STYLES.get(t["decision"], "")),
            *([t["uses"]] if told else []),
        )
    return table
