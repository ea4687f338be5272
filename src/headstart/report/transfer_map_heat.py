"""The heat maps of a map of transfer: gains of every source to every target, with what is claimed of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..transfer_map.cell import written
from . import heat


def gains(found: Any, values: pd.DataFrame, title: str, word: str) -> dict[str, Any]:
    """The map, with signs for one of the verdicts; places whose source is the target itself stay empty."""
    said = found.verdict_.map(lambda v: v if v == word else "")
    own = [[target in names for target in found.targets] for names in found.sources]
    said = said.mask(np.array(own), "none")
    said = said.mask(values.isna() & (said == ""), "not measured")
    for names, target in found.leaks_:
        said.loc[written(names), target] = "leak"
    unsure = ~found.verdict_.isin(["helps", "hurts"]).to_numpy()
    return heat.view(
        values.rename_axis(columns=None), title, corner="from", said=said, unsure=unsure, tops=_tops(found)
    )


def _tops(found: Any) -> list[float]:
    """The size that both maps colour in full, for each target: the largest of its metric in any of them."""
    sizes = found.gain_.abs().combine(found.plain_.abs(), np.fmax)
    for names, target in found.leaks_:
        sizes.loc[written(names), target] = np.nan
    sizes = sizes.max()
    metrics = pd.Series({t: found.metrics.get(t, "") for t in found.targets})
    return sizes.groupby(metrics).transform("max").fillna(0.0).reindex(list(found.targets)).tolist()
