"""What stands for white in arrays of numbers is one thing for all rows, and a mistake in it is said aloud."""

import warnings

import numpy as np
import pytest

from headstart.core.errors import HeadstartWarning, InputError
from headstart.neural.inputs import ImageReader

rng = np.random.default_rng(0)
PHOTOS = rng.integers(0, 256, (6, 4, 4, 3), dtype=np.uint8)


def test_a_dark_row_is_read_alike_whatever_the_rows_beside_it():
    reader = ImageReader().fit(PHOTOS)
    floats = PHOTOS.astype(np.float64)
    floats[2] = 0.5
    together = reader.read(floats).batch([2])
    np.testing.assert_array_equal(together, reader.read(list(floats)).batch([2]))
    assert together.max() < reader.read(PHOTOS).batch(range(6)).mean()


def test_another_scale_than_in_training_is_said():
    reader = ImageReader().fit(PHOTOS.astype(float))
    with pytest.warns(HeadstartWarning, match="floats up to 1, and in those of training 255 is white.* by 255"):
        reader.read(PHOTOS / PHOTOS.max())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reader.read(np.zeros((1, 4, 4, 3)))
        ImageReader().fit(PHOTOS / 255).read(PHOTOS)


@pytest.mark.parametrize("digits", [np.uint8, np.int64, np.float64])
def test_a_pretrained_network_that_would_see_black_is_said(digits):
    X = rng.integers(0, 17, (6, 8, 8)).astype(digits)
    pretrained = ImageReader(size=(8, 8), channels=3, mean=(0.5,) * 3, std=(0.2,) * 3)
    with pytest.warns(HeadstartWarning, match="the brightest pixel of X is 0.063 of white.*scale them, such as X "):
        pretrained.fit(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pretrained.fit(X / 16)
        ImageReader().fit(X)  # learns the scale itself


def test_one_reason_is_told_once():
    with pytest.raises(InputError) as raised:
        ImageReader().fit(rng.normal(size=(6, 4, 4, 3)))
    said = str(raised.value)
    assert said.count("images are not to be standardised") == 1 and said.count("its values go from") == 3
    assert "TensorDataset(X), is taken as it is" in said and "Mend or drop" not in said
