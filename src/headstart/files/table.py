"""Read one table: CSV in its many habits, or Parquet."""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..core.errors import InputError
from ..core.optional import require
from .text import DELIMITERS, decode, parse_text
from .tidy import cut_spaces, tidy_numbers

_READ = "expected a table as CSV (comma, semicolon or tab) or Parquet"


@dataclass(frozen=True, eq=False)
class Table:
    """The rows of a file, and what was noticed on the way.

    Attributes
    ----------
    frame : pandas.DataFrame
        The rows, with unique column names and a plain index.
    path : pathlib.Path
        The file.
    sha256 : str
        The checksum of the file as it lies on the disk.
    notes : tuple of str
        What was decided without being told (delimiter, encoding, decimal commas ...), to be said aloud.
    """

    frame: pd.DataFrame
    path: Path
    sha256: str
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the file without its suffixes: what messages call the domain."""
        return self.path.name.removesuffix(".gz").rpartition(".")[0] or self.path.name


def read_table(path: str | Path, *, as_text: Sequence[str] = (), least_columns: int = 2) -> Table:
    """Read a table from a file.

    Parameters
    ----------
    path : str or path
        A CSV file (comma, semicolon, tab or bar; UTF-8, UTF-16 or Latin-1; also packed as ``.gz``) with column
        names in the first line, or a Parquet file.
    as_text : sequence of str, default=()
        Columns that stay words even where they read as numbers, such as identifiers with leading zeros.
    least_columns : int, default=2
        Fewer columns are refused: one column is nearly always a delimiter that was not recognised.

    Raises
    ------
    InputError
        Where the file is missing, empty, no table, or wrong somewhere; the message says where.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "visits.csv")
    ...     _ = file.write_text("age;weight\\n40;81,5\\n50;70,2\\n")
    ...     table = read_table(file)
    >>> table.frame["weight"].tolist()
    [81.5, 70.2]
    >>> table.notes
    ('columns are separated by semicolons', "decimal commas in 'weight' are read as decimal points")
    """
    place = Path(path)
    content = _read_bytes(place)
    sha256 = hashlib.sha256(content).hexdigest()
    if content[:4] == b"PAR1" or place.suffix.lower() in (".parquet", ".pq"):
        frame, notes = _read_parquet(place, content), []
    else:
        text, notes = decode(place, _unpacked(place, content))
        frame, delimiter = parse_text(place, text, as_text=as_text, least_columns=least_columns)
        if delimiter != ",":
            notes.append(f"columns are separated by {DELIMITERS.get(delimiter, repr(delimiter))}")
        notes += tidy_numbers(frame, comma_is_delimiter=delimiter == ",", keep=as_text)
    notes += cut_spaces(frame, keep=as_text)
    frame, more = _without_index_column(frame)
    _refuse_infinities(place, frame)
    if len(frame) == 0:
        raise InputError(f"{str(place)!r} has column names but no rows; expected at least one row")
    return Table(frame.reset_index(drop=True), place, sha256, tuple(notes + more))


def _read_bytes(place: Path) -> bytes:
    if not place.exists():
        near = closest_file(place)
        hint = f"; did you mean {near!r}?" if near else "; check the path"
        raise InputError(f"there is no file {str(place)!r}{hint}")
    if place.is_dir():
        inside = sorted(p.name for p in place.iterdir() if p.suffix.lower() in (".csv", ".parquet", ".tsv"))
        hint = f": pass one of its files, such as {str(place / inside[0])!r}" if inside else ""
        raise InputError(f"{str(place)!r} is a folder; expected a file{hint}")
    try:
        content = place.read_bytes()
    except OSError as error:
        raise InputError(f"{str(place)!r} cannot be read: {error.strerror}") from error
    if not content.strip(b" \r\n\t\xef\xbb\xbf"):
        raise InputError(f"{str(place)!r} is empty; {_READ}")
    return content


def closest_file(place: Path) -> str | None:
    """A file beside the missing one whose name is nearly the same."""
    from difflib import get_close_matches

    folder = place.parent
    names = [p.name for p in folder.iterdir() if p.is_file()] if folder.is_dir() else []
    # A common ending makes no two names alike.
    likely = [n for n in names if get_close_matches(place.stem, [Path(n).stem], cutoff=0.7)]
    found = get_close_matches(place.name, likely, n=1, cutoff=0.0)
    return str(folder / found[0]) if found else None


def _unpacked(place: Path, content: bytes) -> bytes:
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{str(place)!r} is a damaged gzip file ({error}); copy it again") from error


def _read_parquet(place: Path, content: bytes) -> pd.DataFrame:
    if content[:4] != b"PAR1":
        raise InputError(f"{str(place)!r} is named as Parquet but is none; {_READ}")
    require("pyarrow", extra="parquet", purpose=f"reading the Parquet file {str(place)!r}")
    import io

    try:
        frame = pd.read_parquet(io.BytesIO(content), engine="pyarrow")
    except Exception as error:
        raise InputError(f"{str(place)!r} is a damaged Parquet file ({error}); copy it again") from error
    if not isinstance(frame.index, pd.RangeIndex) and frame.index.name is not None:
        frame = frame.reset_index()
    frame.columns = [str(c) for c in frame.columns]
    twice = sorted(set(frame.columns[frame.columns.duplicated()]))
    if twice:
        raise InputError(_duplicates(place, twice))
    nested = [c for c in frame if frame[c].map(lambda v: isinstance(v, (list, dict, np.ndarray))).any()]
    if nested:
        raise InputError(
            f"{str(place)!r}: column {nested[0]!r} holds lists or records; expected numbers, words or dates: "
            "unpack it into columns of its own"
        )
    return frame


def _duplicates(place: Path, names: list[str]) -> str:
    return f"{str(place)!r} has columns of the same name: {', '.join(names)}; rename or drop one of each"


def _without_index_column(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Drop a first column without a name that counts the rows: pandas writes one unless told not to."""
    first = str(frame.columns[0])
    if first in ("", "Unnamed: 0") and frame.shape[1] > 1 and pd.api.types.is_integer_dtype(frame.iloc[:, 0]):
        counted = frame.iloc[:, 0].to_numpy()
        if len(counted) and (np.diff(counted) == 1).all() and counted[0] in (0, 1):
            return frame.iloc[:, 1:], ["the first column has no name and only counts the rows; it is left out"]
    return frame, []


def _refuse_infinities(place: Path, frame: pd.DataFrame) -> None:
    for name in frame.columns:
        column: Any = frame[name]
        if pd.api.types.is_float_dtype(column.dtype):
            found = np.flatnonzero(np.isinf(column.to_numpy(dtype=float, na_value=np.nan)))
            if len(found):
                raise InputError(
                    f"{str(place)!r}: column {name!r} holds infinity in {len(found)} "
                    f"row{'s' if len(found) > 1 else ''} (first in data row {found[0] + 1}); expected finite numbers "
                    "or gaps: leave the cell empty or put a bound"
                )


def looks_like_identifier(name: str, column: pd.Series) -> bool:
    """Whether a column names its rows: called an id, and different in each row."""
    called = re.search(r"(^|[\W_])(id|uuid|guid|key|no|nr|number)$", name.lower()) is not None
    whole = not pd.api.types.is_float_dtype(column.dtype)
    return called and whole and len(column) > 5 and bool(column.is_unique)
