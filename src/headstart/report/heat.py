"""A table of numbers as a heat map: each cell a coloured square with its number, in a table that can be read aloud."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from .svg import canvas, group, label, tag
from .words import DASH, is_number, number, signed

# Columns beyond these are too narrow for a number in each cell.
MOST_NUMBERED = 12
# Columns whose names have more letters together, or that are more, have numbers, told beside the rows or below.
MOST_LETTERS, MANY_COLUMNS = 60, 8
MOST_CELLS = 2500
# What stands beside the number of a cell of which something is said.
SIGNS = {
    "helps": "\N{BLACK UP-POINTING TRIANGLE}",
    "hurts": "\N{BLACK DOWN-POINTING TRIANGLE}",
    "below": "\N{BLACK DOWN-POINTING TRIANGLE}",
    "even": "\N{ALMOST EQUAL TO}",
    "leak": "\N{MULTIPLICATION SIGN}",
}
# Cells that are drawn by an edge, since a colour would call them good, and what is spoken of them.
EDGES = {"below": "heat-below", "even": "heat-even", "baseline": "heat-own", "leak": "heat-below"}
SPOKEN = {
    "below": "loses to the baseline",
    "even": "not told apart from the baseline",
    "baseline": "a baseline",
    "leak": "not to be trusted, rows of the target stand in the source",
}
# How strongly the largest value is coloured: text has to stay readable on it.
FULL, PALE = 0.55, 0.04
# How much of its colour a cell keeps of which nothing is claimed, where of others something is.
UNSURE = 0.45


def view(
    table: pd.DataFrame,
    title: str,
    *,
    percent: bool = False,
    own: bool = False,
    corner: str | None = None,
    said: pd.DataFrame | None = None,
    unsure: np.ndarray | None = None,
    tops: Sequence[float] | None = None,
    texts: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """What the template draws of a table.

    Parameters
    ----------
    table : DataFrame
        Numbers; NaN is drawn as a dash.
    title : str
        What the numbers are.
    percent : bool, default=False
        Whether numbers are shares that are written as percentages.
    own : bool, default=False
        Whether the diagonal is a row with itself: it is written pale and does not stretch the colours.
    corner : str, default=None
        What rows are; by default the name of the index.
    said : DataFrame of the same shape, default=None
        What is said of each cell, of which "helps" and "hurts" are drawn as signs; "none" where there is nothing to
        measure, which stays an empty place, and "not measured" where there is, which gets a dashed edge. "below" and
        "even" are cells that lose to a baseline, or are not told apart from it, "baseline" the baseline itself, "leak"
        is a number that is not to be trusted: they get an edge and no colour.
    texts : DataFrame of the same shape, default=None
        What stands in the place of the number of a cell; NaN where the number stands.
    unsure : array of bool of the same shape, default=None
        Cells of which nothing is claimed: they are pale, however large their number.
    tops : sequence of float, default=None
        The size that has the full colour, for each column; by default the largest in the table for all.
    """
    values = table.to_numpy(float)
    rows, columns = [str(n) for n in table.index], [str(n) for n in table.columns]
    if values.size > MOST_CELLS:
        return {"title": title, "too_large": f"{len(rows)} x {len(columns)}"}
    same = own and rows == columns
    compared = np.where(np.eye(len(rows), len(columns), dtype=bool), np.nan, values) if same else values
    top = float(np.nanmax(np.abs(compared))) if np.isfinite(compared).any() else 0.0
    full = [top] * len(columns) if tops is None else list(tops)
    pale = np.zeros(values.shape, dtype=bool) if unsure is None else unsure
    write = _writer(values, compared, percent=percent)
    numbered = len(columns) > MANY_COLUMNS or max(map(len, columns)) * len(columns) > MOST_LETTERS
    is_square = rows == columns
    instead = np.full(values.shape, np.nan, dtype=object) if texts is None else texts.to_numpy(dtype=object)
    written = [
        [t if isinstance(t, str) else write(v) for t, v in zip(*pair, strict=True)]
        for pair in zip(instead, values, strict=True)
    ]
    words = np.full(values.shape, "", dtype=object) if said is None else said.to_numpy(dtype=object)
    return {
        "title": title,
        "too_large": "",
        "corner": corner if corner is not None else str(table.index.name or ""),
        "heads": [(str(k + 1), c) for k, c in enumerate(columns)] if numbered else [(c, "") for c in columns],
        "numbered": numbered and is_square,
        "key": [(k + 1, c) for k, c in enumerate(columns)] if numbered and not is_square else [],
        "small": len(columns) > MOST_NUMBERED,
        "rows": [
            {
                "name": name,
                "cells": [
                    {
                        "svg": _cell(
                            v,
                            full[j],
                            written[i][j] if len(columns) <= MOST_NUMBERED else "",
                            own=same and i == j,
                            word=words[i, j],
                            most=FULL * (UNSURE if pale[i, j] else 1),
                        ),
                        "text": _spoken(written[i][j], words[i, j]),
                    }
                    for j, v in enumerate(row)
                ],
            }
            for i, (name, row) in enumerate(zip(rows, values, strict=True))
        ],
        "signed": bool((values[np.isfinite(values)] < 0).any()),
        "has_own": same,
    }


def _spoken(text: str, word: str) -> str:
    return "" if word == "none" else f"{text}, {SPOKEN.get(word, word)}" if word else text


def _cell(value: float, top: float, text: str, *, own: bool, word: str = "", most: float = FULL) -> Markup:
    if word == "none":
        return canvas(Markup(""), height=34, css="heat-cell")
    parts = []
    text = f"{SIGNS.get(word, '')} {text}".strip()
    if word == "not measured":
        parts.append(tag("rect", x="0", y="1", width="100%", height="32", class_="heat-gap"))
    if word in EDGES:
        parts.append(tag("rect", x="1", y="1", width="98%", height="32", rx="2", class_=EDGES[word]))
    elif is_number(value):
        share = min(abs(value) / top, 1.0) if top > 0 else 0.0
        css = "heat-own" if own else "heat-plus" if value >= 0 else "heat-minus"
        strength = None if own else round(PALE + (most - PALE) * share, 3)
        parts.append(tag("rect", x="0", y="0", width="100%", height="100%", rx="2", class_=css, fill_opacity=strength))
    if text:
        parts.append(
            label(50, "50%", text, "heat-word heat-word-own" if own or word == "baseline" else "heat-word", dy=5)
        )
    return canvas(group(parts), height=34, css="heat-cell")


def _writer(values: np.ndarray, compared: np.ndarray, *, percent: bool) -> Callable[[Any], str]:
    """How a number is written: two digits of the largest of those compared, with a sign where there are both.

    Much smaller ones have two digits of their own, but no more than two decimals beyond 0.01.
    """
    known = values[np.isfinite(values)]
    sizes = np.abs(compared[np.isfinite(compared)]) * (100 if percent else 1)
    largest = float(sizes.max()) if len(sizes) else 1.0
    decimals = int(min(4, max(0, 1 - math.floor(math.log10(largest))))) if largest > 0 else 0
    has_signs = bool((known < 0).any())

    def write(value: Any) -> str:
        if not is_number(value):
            return DASH
        shown = 100 * value if percent else value
        own = 1 - math.floor(math.log10(abs(shown))) if shown else decimals
        places = decimals if percent else max(decimals, min(own, 2))
        text = signed(shown, places) if has_signs else number(shown, places)
        return f"{text}%" if percent else text

    return write
