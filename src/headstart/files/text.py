"""From bytes to rows: encoding, delimiter, and the line where a file is wrong."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pandas as pd

from ..core.errors import InputError

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SAMPLE = 200

# How files start that are often passed by mistake.
_FOREIGN = {
    b"PK\x03\x04": "a zip archive or an Excel workbook; save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the sheet as CSV",
    b"%PDF": "a PDF document; export the table as CSV",
    b"\x89PNG": "a picture; expected a table as CSV or Parquet",
    b"\xff\xd8\xff": "a picture; expected a table as CSV or Parquet",
    b"ARROW1": "an Arrow file; save it as Parquet or CSV",
    b"\x80\x04\x95": "a pickle, which headstart never reads; save the table as CSV or Parquet",
    b"\x80\x05\x95": "a pickle, which headstart never reads; save the table as CSV or Parquet",
    b"SQLite": "a database; export the table as CSV",
    b"\x28\xb5\x2f\xfd": "packed with zstd; unpack it first",
    b"BZh": "packed with bzip2; unpack it first",
    b"\xfd7zXZ": "packed with xz; unpack it first",
}


def decode(place: Path, content: bytes) -> tuple[str, list[str]]:
    """The text of a file and a note on the encoding where it is not UTF-8."""
    for start, what in _FOREIGN.items():
        if content.startswith(start):
            raise InputError(f"{str(place)!r} is not a table but {what}")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return content.decode("utf-16"), ["the text is UTF-16"]
        except UnicodeDecodeError as error:
            raise InputError(f"{str(place)!r} starts as UTF-16 text but is none; save it as UTF-8") from error
    if b"\x00" in content:
        raise InputError(f"{str(place)!r} is not a table: it holds bytes that no text has; expected CSV or Parquet")
    start = content[:512].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<svg", b"<table")):
        raise InputError(
            f"{str(place)!r} is not a table but a web page or XML; expected CSV or Parquet: did the download fail?"
        )
    if re.match(rb"[\[{]\s*[\"{\[\]}]", start):
        raise InputError(f"{str(place)!r} is not a table but JSON; expected CSV or Parquet")
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
    try:
        text, name = content.decode("cp1252"), "Windows-1252 (Latin-1)"
    except UnicodeDecodeError:
        text, name = content.decode("latin-1"), "Latin-1"
    odd = sum(1 for c in text[:100_000] if not (c.isprintable() or c in "\r\n\t"))
    if odd > 0.01 * min(len(text), 100_000):
        raise InputError(f"{str(place)!r} is not a table: it holds bytes that no text has; expected CSV or Parquet")
    return text, [f"the text is not UTF-8 (line {line}) and is read as {name}"]


def parse_text(place: Path, text: str, *, as_text: Sequence[str], least_columns: int) -> tuple[pd.DataFrame, str]:
    """The table in a text, checked row by row, and the delimiter that was found."""
    text = text.lstrip("\r\n").rstrip("\r\n ") + "\n"
    named = re.match(r"sep=(.)\r?\n", text)  # how Excel names the delimiter
    text = text[named.end() :] if named else text
    delimiter = named.group(1) if named else find_delimiter(text)
    header = _check_rows(place, text, delimiter)
    if len(header) < least_columns:
        seen = header[0] if len(header[0]) <= 60 else header[0][:57] + "..."
        hint = "; they seem to be separated by spaces" if re.search(r"\S\s+\S+\s+\S", header[0]) else ""
        raise InputError(
            f"{str(place)!r} has a single column, {seen!r}; expected columns separated by comma, semicolon or tab{hint}"
        )
    names = _column_names(place, header)
    kept = {c: str for c in as_text if c in names}
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            sep=delimiter,
            header=0,
            names=names,
            index_col=False,
            skipinitialspace=True,
            low_memory=False,
            dtype=kept or None,
        )
    except (pd.errors.ParserError, ValueError) as error:  # what csv reads and pandas does not
        raise InputError(f"{str(place)!r} cannot be read as a table: {str(error).strip()}") from error
    return frame, delimiter


def find_delimiter(text: str) -> str:
    """The delimiter that splits the first rows into the same number of fields, more than one; else the comma."""
    best, best_rank = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        try:
            rows = [
                len(r)
                for r in islice(csv.reader(_lines(text), delimiter=delimiter, skipinitialspace=True), _SAMPLE)
                if r
            ]
        except csv.Error:
            continue
        if not rows or rows[0] < 2:
            continue
        width, times = Counter(rows).most_common(1)[0]
        share = times / len(rows) if width == rows[0] else 0.5 * times / len(rows)
        # a decimal comma splits the rows of a semicolon file too, but not its names
        if (rank := (round(share, 1), rows[0])) > best_rank:
            best, best_rank = delimiter, rank
    return best


def _lines(text: str) -> Iterator[str]:
    """The lines with their ends, without a second copy of the whole text."""
    return iter(io.StringIO(text, newline=""))


def _check_rows(place: Path, text: str, delimiter: str) -> list[str]:
    """Read every row with Python's reader: it knows the line of a wrong row. Returns the first row."""
    csv.field_size_limit(max(csv.field_size_limit(), 1 << 24))
    reader = csv.reader(_lines(text), delimiter=delimiter, skipinitialspace=True, strict=True)
    header: list[str] = []
    line = 1
    try:
        for row in reader:
            if not header:
                header = row
            elif row and len(row) != len(header):
                few = "only " if len(row) < len(header) else ""
                mark = DELIMITERS.get(delimiter, repr(delimiter)).removesuffix("s")
                raise InputError(
                    f"{str(place)!r}, line {line}: {few}{len(row)} field{'s' if len(row) != 1 else ''} where the first "
                    f"line names {len(header)} columns; put values that hold a {mark} in quotes, and give each row all "
                    "its fields"
                )
            line = reader.line_num + 1
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise InputError(
                f"{str(place)!r}, line {line}: a quoted value begins in this row and never ends; close the quote, "
                'and write a quote inside a value as ""'
            ) from error
        raise InputError(
            f"{str(place)!r}, line {reader.line_num}: badly quoted ({error}); put the whole value in quotes, and write "
            'a quote inside it as ""'
        ) from error
    return header


def _column_names(place: Path, header: list[str]) -> list[str]:
    names = [n.strip() for n in header]
    if len(names) > 1 and all(_is_number(n) for n in names) and names != [str(k) for k in range(len(names))]:
        raise InputError(
            f"{str(place)!r}: the first line holds numbers ({', '.join(names[:4])}, ...); expected the names of the "
            "columns: add a first line with names"
        )
    nameless = [k for k, n in enumerate(names, start=1) if not n]
    if nameless and nameless != [1]:
        raise InputError(
            f"{str(place)!r}: column {nameless[-1]} of {len(names)} has no name in the first line; give each column a "
            "name, and remove delimiters at the end of lines"
        )
    twice = [n for n, times in Counter(names).items() if times > 1]
    if twice:
        raise InputError(f"{str(place)!r} has columns of the same name: {', '.join(twice)}; rename or drop one of each")
    return names


def _is_number(name: str) -> bool:
    return re.fullmatch(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?", name) is not None
