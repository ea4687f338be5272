"""Rows and labels whose indexes stand in different orders are refused, wherever they come in."""

import numpy as np
import pandas as pd
import pytest

import headstart as hs
from headstart.core.row_order import refuse_other_order
from headstart.multitask import MultiTaskLinearClassifier

X = pd.DataFrame({"u": np.arange(20.0), "v": np.arange(20.0) % 3}, index=[f"row {k}" for k in range(20)])
y = pd.Series(np.arange(20) % 2, index=X.index)
Y = pd.DataFrame({"a": y, "b": 1 - y})
MESSAGE = "have the same index in different orders \\(in row 0 'row 0' and 'row 19'\\); expected one order"


@pytest.mark.parametrize(
    "take",
    [
        lambda: hs.Domain(X, y[::-1], name="t"),
        lambda: hs.TransferClassifier().fit(X, y[::-1]),
        lambda: hs.map_tasks(X, Y[::-1]),
        lambda: MultiTaskLinearClassifier().fit(X, Y[::-1]),
    ],
)
def test_another_order_is_refused(take):
    with pytest.raises(hs.InputError, match=MESSAGE):
        take()


@pytest.mark.parametrize(
    "labels",
    [
        y,
        y.to_numpy()[::-1],
        y[::-1].reset_index(drop=True),  # a new index: the place is all that there is
        y[::-1].set_axis(X.index),
        y[::-1].set_axis([f"row {k}" for k in range(1, 21)]),  # other entries
        y.set_axis(["row 0"] * 20),  # not unique
        None,
    ],
)
def test_nothing_else_is(labels):
    refuse_other_order(X, labels)
