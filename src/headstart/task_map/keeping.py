"""A task map as JSON: plain names and numbers, nothing that runs when it is read."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..core.errors import InputError
from .names import written
from .reading import read_verdict

FORMAT, VERSION = "headstart task map", 1


def write(
    path: str | Path,
    *,
    transfers: pd.DataFrame,
    wins: Mapping[str, pd.DataFrame],
    rows: Mapping[str, pd.DataFrame],
    rest: Mapping[str, Any],
) -> None:
    """Write the file."""
    content = {
        "format": FORMAT,
        "version": VERSION,
        **rest,
        "transfers": [
            {
                "sources": list(one.sources),
                "target": one.target,
                "affinity": one.affinity,
                "score": None if math.isnan(one.score) else one.score,
                "verdict": one.verdict,
            }
            for one in transfers.itertuples()
        ],
        "win_rates": {
            target: [[None if math.isnan(v) else v for v in row] for row in table.to_numpy().tolist()]
            for target, table in wins.items()
        },
        "rows": {target: table.to_numpy().tolist() for target, table in rows.items()},
    }
    place = Path(path)
    if not place.parent.is_dir():
        raise InputError(f"the folder {str(place.parent)!r} does not exist; create it before writing {place.name!r}")
    place.write_text(json.dumps(content, ensure_ascii=False, allow_nan=False), encoding="utf-8")


def read(
    path: str | Path,
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame], dict[str, pd.DataFrame], dict[str, Any]]:
    """Transfers, win rates, numbers of rows and the rest of a file that ``write`` wrote."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"there is no file {str(path)!r}; expected one that TaskMap.to_json wrote") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{str(path)!r} is no JSON ({error}); expected a file that TaskMap.to_json wrote") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError(f"{str(path)!r} holds no task map; expected a file that TaskMap.to_json wrote")
    if content.get("version") != VERSION:
        raise InputError(
            f"{str(path)!r} is of version {content.get('version')!r} of the format, and this headstart reads "
            f"{VERSION}; install the headstart that wrote it, or a newer one"
        )
    try:
        return _parsed(content)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{str(path)!r} is not whole ({type(error).__name__}: {error}); write it again with TaskMap.to_json"
        ) from error


def _parsed(
    content: dict[str, Any],
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame], dict[str, pd.DataFrame], dict[str, Any]]:
    rows = content["transfers"]
    sources = [tuple(map(str, r["sources"])) for r in rows]
    transfers = pd.DataFrame(
        {
            "sources": pd.Series(sources, dtype=object),
            "order": [len(s) for s in sources],
            "target": [str(r["target"]) for r in rows],
            "affinity": [float(r["affinity"]) for r in rows],
            "score": [np.nan if r["score"] is None else float(r["score"]) for r in rows],
            # Files of earlier versions hold no verdicts.
            "verdict": [read_verdict(r.get("verdict", "")) for r in rows],
        }
    )
    labels: dict[str, list[str]] = {}
    for s, t in zip(sources, transfers["target"], strict=True):
        labels.setdefault(t, []).append(written(s))
    wins = {}
    for target, table in content["win_rates"].items():
        values = np.array([[np.nan if v is None else float(v) for v in row] for row in table], dtype=float)
        wins[target] = pd.DataFrame(values, index=labels[target], columns=labels[target])
    # Files of earlier versions do not tell the rows.
    counts = {
        target: pd.DataFrame(np.array(table, dtype=int), index=labels[target], columns=labels[target])
        for target, table in content.get("rows", {}).items()
    }
    rest = {k: content[k] for k in ("baselines", "higher_is_better", "normalize", "inconsistency")}
    return transfers, wins, counts, rest
