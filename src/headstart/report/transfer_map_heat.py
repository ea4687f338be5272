"""The heat maps of a map of transfer: gains of every source to every target, with what is claimed of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..transfer_map.cell import written
from . import heat


def gains(found: Any) -> dict[str, Any]:
    """What the weighed model gains, with a sign where it surely does."""
    return _map(found, found.gain_, "Gain of the weighed model", found.verdict_ == "helps", "helps")


def trusted(found: Any, title: str) -> dict[str, Any]:
    """What trusting the source changes, with a sign where that surely hurts."""
    hurts = pd.DataFrame(False, index=found.verdict_.index, columns=found.verdict_.columns)
    for row in found.harmful().itertuples():
        hurts.loc[row.sources, row.target] = True
    return _map(found, found.plain_, title, hurts, "hurts")


def _map(found: Any, values: pd.DataFrame, title: str, claimed: pd.DataFrame, word: str) -> dict[str, Any]:
    """A map; what is claimed has a sign, and all else is pale. Whose source is the target itself stays empty."""
    said = claimed.map(lambda is_claimed: word if is_claimed else "")
    own = [[target in names for target in found.targets] for names in found.sources]
    said = said.mask(np.array(own), "none")
    said = said.mask(values.isna() & (said == ""), "not measured")
    for names, target in found.leaks_:
        said.loc[written(names), target] = "leak"
    unsure = ~claimed.to_numpy(dtype=bool)
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
