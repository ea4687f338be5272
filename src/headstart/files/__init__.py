"""Tables from files on the disk, with errors that say where the file is wrong."""

from __future__ import annotations

from .codes import gap_code
from .labels import Labelled, closest, split_label
from .table import Table, read_table

__all__ = ["Labelled", "Table", "closest", "gap_code", "read_table", "split_label"]
