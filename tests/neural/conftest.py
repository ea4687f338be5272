"""Tests of networks need torch; without it they are skipped, with a word."""

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'headstart[neural]'")


@pytest.fixture(autouse=True)
def one_thread():
    """Two test processes with two threads each on two cores only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
