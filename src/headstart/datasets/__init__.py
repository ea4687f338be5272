"""Data to try things on: an embedded real data set, and synthetic shifts with a known answer."""

from .heart import load_heart
from .shift import Shift, ShiftAnswer, make_shift

__all__ = ["Shift", "ShiftAnswer", "load_heart", "make_shift"]
