"""A training goes on with the rows that it began with, or not at all."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

import headstart as hs
from headstart.core.errors import InputError
from headstart.neural.inputs.fingerprint import fingerprint

rng = np.random.default_rng(0)
X, XS = rng.normal(size=(20, 3)), rng.normal(size=(40, 3))
y, ys = (X[:, 0] > 0).astype(int), (XS[:, 0] > 0).astype(int)
SOURCE = hs.Domain(XS, ys)


def model(folder, **settings):
    return hs.FineTuneClassifier(epochs=2, source_epochs=1, random_state=0, folder=folder, **settings)


def test_a_finished_training_is_taken_up_as_it_was(tmp_path):
    first = model(tmp_path).fit(X, y, source=SOURCE).predict_proba(X)
    again = model(tmp_path, resume=True).fit(X, y, source=SOURCE).predict_proba(X)
    np.testing.assert_array_equal(first, again)


def test_other_rows_labels_or_source_are_refused(tmp_path):
    model(tmp_path).fit(X, y, source=SOURCE)
    again = model(tmp_path, resume=True)
    with pytest.raises(InputError, match="of another training .target rows and labels: .* there, .* here"):
        clone(again).fit(X[::-1], y, source=SOURCE)
    with pytest.raises(InputError, match="target rows and labels"):
        clone(again).fit(X, 1 - y, source=SOURCE)
    with pytest.raises(InputError, match="source rows and labels"):
        clone(again).fit(X, y, source=hs.Domain(XS + 1, ys))
    with pytest.raises(InputError, match="source rows and labels"):
        clone(again).fit(X, y)


def test_no_fold_goes_on_from_another_ones_weights(tmp_path):
    with pytest.raises(InputError, match="target rows and labels"):
        cross_val_score(model(tmp_path, resume=True), X, y, cv=2, error_score="raise")


def test_another_adapter_of_the_same_shape_is_refused(tmp_path):
    model(tmp_path, adapter=hs.neural.LoRA(rank=2)).fit(X, y)
    with pytest.raises(InputError, match="adapter: LoRA.*alpha=None.*there, LoRA.*alpha=64.* here"):
        model(tmp_path, adapter=hs.neural.LoRA(rank=2, alpha=64), resume=True).fit(X, y)


def test_deep_alignment_refuses_other_rows_too(tmp_path):
    deep = hs.neural.DeepAlignedClassifier(hs.neural.DeepCORAL(), epochs=1, random_state=0, fallback=False)
    deep.set_params(folder=tmp_path).fit(X, None, source=SOURCE, unlabeled=hs.Domain(XS))
    with pytest.raises(InputError, match="of another training"):
        deep.set_params(resume=True).fit(X + 1, None, source=SOURCE, unlabeled=hs.Domain(XS))


def test_the_checksum_tells_rows_of_every_kind_apart(tmp_path):
    images = [Image.fromarray(rng.integers(0, 256, (4, 4), dtype=np.uint8)) for _ in range(2)]
    files = []
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        files.append(tmp_path / place / "1.png")
        images[0].save(files[-1])
    series = [np.ones((1, 3)), np.zeros((1, 4))]
    frame = pd.DataFrame({"n": [1.0, None], "t": ["x", "y"]})
    data = torch.utils.data.TensorDataset(torch.arange(4.0), torch.arange(4))
    kinds = [X, X.astype(np.float32), ["ab", "c"], ["a", "bc"], ["abc"], images, images[::-1], series, series[::-1]]
    kinds += [frame, frame[::-1], frame.rename(columns={"n": "m"}), data, torch.utils.data.ConcatDataset([data, data])]
    kinds += [files[:1], [str(tmp_path / "none.png")], None, pd.Series(["ab", "c", "d"]), torch.ones(2, 3)]
    assert len({fingerprint(rows) for rows in kinds}) == len(kinds)
    assert fingerprint(["ab", "c"]) == fingerprint(pd.Series(["ab", "c"])) == fingerprint(np.array(["ab", "c"], object))
    assert fingerprint(files[:1]) == fingerprint([str(files[1])]), "files that were moved as a whole are the same"
    assert fingerprint(data) == fingerprint(torch.utils.data.TensorDataset(torch.arange(4.0), torch.arange(4)))
    assert fingerprint(["x" * 5000, "\0"]) != fingerprint(["\0", Path("x")])
