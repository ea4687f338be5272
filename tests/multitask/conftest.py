"""Tests of several tasks at once run in one thread."""

from importlib import import_module
from importlib.util import find_spec

import pytest

# pytest reads this file also where it is told to leave the folder out, since torch is missing.
torch = None if find_spec("torch") is None else import_module("torch")


@pytest.fixture(autouse=True)
def one_thread():
    """Two test processes with two threads each on two cores only wait for each other."""
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
