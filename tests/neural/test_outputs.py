"""What a network says of rows: finite, whatever the memory, and never a class for NaN."""

import numpy as np
import pytest
import torch
from torch import nn

import headstart as hs
from headstart.core.errors import HeadstartWarning, InputError
from headstart.neural.inputs.rows import TensorRows
from headstart.neural.outputs import outputs_of

CPU = torch.device("cpu")


class Small(nn.Module):
    """Has memory for some rows at a time."""

    def __init__(self, most=10, error=torch.OutOfMemoryError):
        super().__init__()
        self.linear, self.most, self.error = nn.Linear(4, 3), most, error

    def forward(self, x):
        if len(x) > self.most:
            raise self.error("can't allocate memory: out of memory")
        return self.linear(x)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError, RuntimeError, MemoryError])
def test_rows_that_are_too_many_for_memory_are_taken_in_smaller_blocks(error):
    rows = TensorRows(torch.randn(70, 4))
    short = Small(error=error)
    with pytest.warns(HeadstartWarning) as told:
        found = outputs_of(short, rows, CPU)
    said = "out of memory with 16 rows at a time: outputs are computed for 8 at a time from now on"
    assert len(told) == 3 and str(told[-1].message) == said
    short.most = 100
    np.testing.assert_allclose(found, outputs_of(short, rows, CPU), rtol=1e-6)


def test_memory_for_no_row_and_other_errors():
    rows = TensorRows(torch.randn(3, 4))
    with pytest.warns(HeadstartWarning), pytest.raises(InputError, match="out of memory with a single row"):
        outputs_of(Small(0), rows, CPU)
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        outputs_of(Small(100), TensorRows(torch.randn(3, 5)), CPU)


class Narrow(nn.Module):
    """An encoder with memory for four rows."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 8)

    def forward(self, x):
        if len(x) > 4:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return self.linear(x)


def test_a_fit_with_little_memory_ends_and_says_so():
    X = np.random.default_rng(0).normal(size=(40, 4))
    model = hs.FineTuneClassifier(Narrow, batch_size=16, patience=2, validation_share=0.4, epochs=1, random_state=0)
    with pytest.warns(HeadstartWarning) as told:
        model.fit(X, X[:, 0] > 0)
    said = " ".join(str(warning.message) for warning in told)
    assert "pass accumulate=4 to begin so" in said and "outputs are computed for 4 at a time" in said
    assert model.histories_["target"].parts == 4


def test_nan_is_no_class():
    X = torch.randn(12, 4)
    data = torch.utils.data.TensorDataset(X)
    model = hs.FineTuneClassifier(epochs=1, random_state=0).fit(data, [0, 1] * 6)
    with_gap = X.clone()
    with_gap[5, 2] = float("nan")
    with pytest.raises(InputError, match="NaN or infinite outputs for 1 of 12 rows, the first at row 5"):
        model.predict(torch.utils.data.TensorDataset(with_gap))
