"""What the commands print of a leaderboard."""

from io import StringIO

import pandas as pd
from rich.console import Console

from headstart.cli.summary import board


def test_intervals_are_cut_at_the_largest_gain_that_can_be():
    row = {"candidate": "all layers", "score": 0.7, "gain": 0.1, "gain_low": -2.3, "gain_high": 2.6, "weight": 1.0}
    rows = pd.DataFrame([row, {"candidate": "no time", "weight": 0.0}])
    console = Console(width=100, record=True, file=StringIO())
    console.print(board(rows, most=1.0))
    text = console.export_text()
    assert "-1.000 to +1.000" in text and "2.3" not in text and "nan" not in text
