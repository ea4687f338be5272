"""Tables from disk: what is understood, and what each wrong file is told."""

from __future__ import annotations

import gzip
import hashlib
import importlib

import numpy as np
import pandas as pd
import pytest

from headstart.core.errors import InputError, MissingDependencyError
from headstart.files import closest, gap_code, read_table, split_label
from headstart.files.table import looks_like_identifier


@pytest.fixture
def write(tmp_path):
    def put(content, name="visits.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return put


# ---- what is understood ---------------------------------------------------------------------------------------


def test_plain(write):
    path = write("age,sex,smokes\n40,f,True\n,m,False\n")
    table = read_table(path)
    expected = pd.DataFrame({"age": [40.0, np.nan], "sex": ["f", "m"], "smokes": [True, False]})
    pd.testing.assert_frame_equal(table.frame, expected, check_dtype=False)
    assert table.notes == () and table.name == "visits"
    assert table.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(("mark", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_other_delimiters_are_said_aloud(write, mark, name):
    table = read_table(write(f"a{mark}b{mark}c\n1{mark}2{mark}x, y\n3{mark}4{mark}z, w\n"))
    assert table.frame["c"].tolist() == ["x, y", "z, w"]
    assert table.notes == (f"columns are separated by {name}",)


def test_commas_within_quotes_do_not_make_another_delimiter(write):
    table = read_table(write('a,b\n"x;1;2",3\n"y;1;2",4\n'))
    assert list(table.frame.columns) == ["a", "b"] and table.notes == ()


def test_decimal_commas(write):
    table = read_table(write("name;weight;n\na;81,5;1\nb;;2\nc;1,500;3\n"))
    assert table.frame["weight"].tolist()[::2] == [81.5, 1.5]
    assert "decimal commas in 'weight' are read as decimal points" in table.notes


def test_thousands_and_quoted_decimal_commas(write):
    table = read_table(write('a,b,c\n"1,500","1,5",x\n"12,000","2,25",y\n7,3,z\n'))
    assert table.frame["a"].tolist() == [1500, 12000, 7] and table.frame["b"].tolist() == [1.5, 2.25, 3]
    assert table.notes == (
        "decimal commas in 'b' are read as decimal points",
        "commas in 'a' are read as separators of thousands",
    )


def test_a_mark_for_gaps(write):
    table = read_table(write("a,b\n1,x\n?,y\n3,?\n"))
    assert np.isnan(table.frame["a"][1]) and table.frame["b"].tolist() == ["x", "y", "?"]
    assert table.notes == ("'?' in 'a' is read as a gap",)


def test_several_marks_for_gaps_in_one_column(write):
    table = read_table(write("a,b\n1,1\n?,?\nunknown,later\n3,4\n"))
    assert np.isnan(table.frame["a"][1:3]).all() and table.frame["b"].tolist() == ["1", "?", "later", "4"]
    assert table.notes == ("'?' in 'a' is read as a gap", "'unknown' in 'a' is read as a gap")


def test_words_stay_words(write):
    frame = read_table(write("code,when,place\n1a,2020-01-01,a-1\n2b,2020-01-02,b-2\n")).frame
    assert not any(pd.api.types.is_numeric_dtype(frame[c]) for c in frame)


def test_identifiers_keep_their_zeros(write):
    path = write("id,age\n007,40\n010,50\n")
    assert read_table(path, as_text=["id"]).frame["id"].tolist() == ["007", "010"]
    assert read_table(path).frame["id"].tolist() == [7, 10]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf8(write, encoding):
    table = read_table(write("größe,ort\n1,Köln\n2,東京\n".encode(encoding)))
    assert list(table.frame.columns) == ["größe", "ort"] and table.frame["ort"][1] == "東京"
    assert table.notes == ()


def test_utf16(write):
    table = read_table(write("a,ort\n1,Köln\n".encode("utf-16")))
    assert table.frame["ort"][0] == "Köln" and table.notes == ("the text is UTF-16",)


def test_latin1_is_said_aloud(write):
    table = read_table(write("a,ort\n1,Bonn\n2,Köln\n".encode("latin-1")))
    assert table.frame["ort"][1] == "Köln"
    assert table.notes == ("the text is not UTF-8 (line 3) and is read as Windows-1252 (Latin-1)",)


def test_line_ends_blank_lines_and_spaces(write):
    table = read_table(write("\r\n a, b \r\n1, x\r\n\r\n2, y\r\n  \r\n"))
    assert list(table.frame.columns) == ["a", "b"] and table.frame["b"].tolist() == ["x", "y"]


def test_excel_names_its_delimiter(write):
    assert read_table(write("sep=;\na;b\n1;2\n")).frame.to_dict("list") == {"a": [1], "b": [2]}


def test_line_breaks_within_quotes(write):
    assert read_table(write('a,b\n1,"two\nlines"\n')).frame["b"][0] == "two\nlines"


def test_gzip(write):
    table = read_table(write(gzip.compress(b"a,b\n1,2\n"), "visits.csv.gz"))
    assert table.frame["b"].tolist() == [2] and table.name == "visits"


def test_the_index_that_pandas_writes_is_left_out(tmp_path):
    pd.DataFrame({"a": [1, 2], "b": [3, 4]}).to_csv(tmp_path / "t.csv")
    table = read_table(tmp_path / "t.csv")
    assert list(table.frame.columns) == ["a", "b"]
    assert table.notes == ("the first column has no name and only counts the rows; it is left out",)


def test_parquet(tmp_path):
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"a": [1.5, None], "b": ["x", None], "c": pd.Categorical(["u", "v"])})
    frame.to_parquet(tmp_path / "t.parquet")
    again = read_table(tmp_path / "t.parquet").frame
    pd.testing.assert_frame_equal(again, frame, check_dtype=False)


def test_parquet_without_pyarrow(tmp_path, monkeypatch):
    (tmp_path / "t.parquet").write_bytes(b"PAR1 something PAR1")
    real = importlib.import_module

    def missing(name, *args):
        if name == "pyarrow":
            raise ImportError(name)
        return real(name, *args)

    monkeypatch.setattr(importlib, "import_module", missing)
    message = r"reading the Parquet file .*t\.parquet' needs .*'pyarrow'.* pip install 'headstart\[parquet\]'"
    with pytest.raises(MissingDependencyError, match=message):
        read_table(tmp_path / "t.parquet")


def test_numbered_columns_are_names(write):
    assert list(read_table(write("0,1,2\n1.5,2,3\n")).frame.columns) == ["0", "1", "2"]


# ---- what is wrong --------------------------------------------------------------------------------------------


def test_missing(tmp_path, write):
    write("a,b\n1,2\n", "hungary.csv")
    with pytest.raises(InputError, match=r"there is no file '.*hungray\.csv'; did you mean '.*hungary\.csv'\?"):
        read_table(tmp_path / "hungray.csv")
    with pytest.raises(InputError, match=r"there is no file '.*other'; check the path"):
        read_table(tmp_path / "nowhere" / "other")


def test_folder(tmp_path, write):
    with pytest.raises(InputError, match="is a folder; expected a file"):
        read_table(tmp_path)
    write("a,b\n1,2\n")
    with pytest.raises(
        InputError, match=r"is a folder; expected a file: pass one of its files, such as '.*visits\.csv'"
    ):
        read_table(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf\n"])
def test_empty(write, content):
    with pytest.raises(InputError, match="is empty; expected a table as CSV"):
        read_table(write(content))


def test_header_only(write):
    with pytest.raises(InputError, match="has column names but no rows; expected at least one row"):
        read_table(write("a,b\n"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04rest", "is not a table but a zip archive or an Excel workbook; save the sheet as CSV"),
        (b"\x80\x04\x95rest", "is not a table but a pickle, which headstart never reads"),
        (b"%PDF-1.4", "is not a table but a PDF document"),
        (b"\x7fELF\x00\x01\x02", "is not a table: it holds bytes that no text has"),
        (bytes(range(1, 32)) * 40 + b"\xff\x81", "is not a table: it holds bytes that no text has"),
        (b"<!DOCTYPE html>\n<p>404", "is not a table but a web page or XML; .* did the download fail"),
        (b'[{"a": 1}]', "is not a table but JSON"),
    ],
)
def test_no_table(write, content, message):
    with pytest.raises(InputError, match=message):
        read_table(write(content))


def test_a_single_column(write):
    with pytest.raises(InputError, match=r"has a single column, 'a b c'; .* they seem to be separated by spaces"):
        read_table(write("a b c\n1 2 3\n"))
    with pytest.raises(InputError, match=r"has a single column, 'age'; expected columns separated by comma"):
        read_table(write("age\n1\n2\n"))
    assert read_table(write("age\n1\n2\n"), least_columns=1).frame["age"].tolist() == [1, 2]


def test_ragged_rows_name_the_line(write):
    with pytest.raises(InputError, match=r"visits\.csv', line 4: 4 fields where the first line names 3 columns; put"):
        read_table(write('a,b,c\n1,"two\n2",3\n1,2,3,4\n'))
    with pytest.raises(InputError, match="line 3: only 2 fields where the first line names 3 columns"):
        read_table(write("a,b,c\n1,2,3\n1,2\n"))
    with pytest.raises(InputError, match="line 2: 3 fields where the first line names 2 columns"):
        read_table(write("a,b\n1,2,3\n4,5,6\n"))


def test_quotes_that_never_end_name_the_line(write):
    with pytest.raises(InputError, match="line 3: a quoted value begins in this row and never ends; close the quote"):
        read_table(write('a,b\n1,2\n3,"four\n5,6\n7,8\n'))


def test_bad_quotes_name_the_line(write):
    with pytest.raises(InputError, match=r"line 3: badly quoted .*; put the whole value in quotes"):
        read_table(write('a,b\n1,2\n"3" x,4\n5,6\n'))


def test_duplicate_columns(write):
    with pytest.raises(InputError, match="has columns of the same name: age, sex; rename or drop one of each"):
        read_table(write("age,sex,age,sex,b\n1,2,3,4,5\n"))


def test_columns_without_a_name(write):
    with pytest.raises(
        InputError, match=r"column 3 of 3 has no name in the first line; .* delimiters at the end of lines"
    ):
        read_table(write("a,b,\n1,2,\n"))


def test_no_names_at_all(write):
    with pytest.raises(
        InputError, match=r"the first line holds numbers \(5.1, 3.5, 1\.4\); expected the names|numbers"
    ):
        read_table(write("5.1,3.5,1.4\n4.9,3.0,1.4\n"))


def test_infinities(write):
    with pytest.raises(
        InputError, match=r"column 'b' holds infinity in 2 rows \(first in data row 2\); expected finite"
    ):
        read_table(write("a,b\n1,2\n3,inf\n4,-inf\n"))


def test_damaged_gzip_and_parquet(write):
    with pytest.raises(InputError, match="is a damaged gzip file"):
        read_table(write(gzip.compress(b"a,b\n1,2\n")[:-6], "v.csv.gz"))
    with pytest.raises(InputError, match="is named as Parquet but is none"):
        read_table(write("a,b\n1,2\n", "v.parquet"))
    pytest.importorskip("pyarrow")
    with pytest.raises(InputError, match="is a damaged Parquet file"):
        read_table(write(b"PAR1 no no no PAR1", "w.parquet"))


def test_nested_parquet(tmp_path):
    pytest.importorskip("pyarrow")
    pd.DataFrame({"a": [[1, 2], [3]], "b": [1, 2]}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(InputError, match="column 'a' holds lists or records"):
        read_table(tmp_path / "t.parquet")


def test_a_file_that_may_not_be_read(write, monkeypatch):
    path = write("a,b\n1,2\n")

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_bytes", refuse)
    with pytest.raises(InputError, match="cannot be read: Permission denied"):
        read_table(path)


# ---- labels ---------------------------------------------------------------------------------------------------


def test_rows_without_a_label_are_set_apart(write):
    path = write("a,y\n1,0\n2,\n3,1\n")
    part = split_label(read_table(path).frame, "y", path=path)
    assert part.X["a"].tolist() == [1, 3] and part.unlabeled["a"].tolist() == [2] and part.kept.tolist() == [0, 2]
    assert part.y.dtype.kind == "i" and part.y.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("values", "kind"),
    [(["yes", "no", "yes"], "O"), ([True, False, True], "b"), ([0.5, 1, 2], "f"), ([True, None], "b")],
)
def test_types_of_labels(tmp_path, values, kind):
    frame = pd.DataFrame({"a": range(len(values)), "y": values})
    assert split_label(frame, "y", path=tmp_path).y.dtype.kind == kind


def test_an_absent_label(tmp_path):
    frame = pd.DataFrame({"Disease": [1], "age": [2], "sex": [3]})
    with pytest.raises(
        InputError, match=r"has no column 'diseas', which should hold the label; did you mean 'Disease'\?"
    ):
        split_label(frame, "diseas", path=tmp_path)
    with pytest.raises(InputError, match="has no column 'num', which should hold the label; it has Disease, age, sex"):
        split_label(frame, "num", path=tmp_path)
    with pytest.raises(
        InputError, match="it has 'age' and 'sex': name each on its own, with the option given once for"
    ):
        split_label(frame, "age, sex", path=tmp_path)
    assert closest("AGE", frame.columns) == ["age"]


def test_labels_that_are_all_gaps_or_all_there_is(tmp_path):
    with pytest.raises(InputError, match="the label column 'y' holds nothing but gaps in 2 rows"):
        split_label(pd.DataFrame({"a": [1, 2], "y": [None, None]}), "y", path=tmp_path)
    with pytest.raises(InputError, match="has no column beside the label 'y'"):
        split_label(pd.DataFrame({"y": [1, 2]}), "y", path=tmp_path)


def test_identifiers_are_recognised():
    many = pd.Series(range(10))
    assert looks_like_identifier("patient_id", many) and looks_like_identifier("ID", many.astype(str))
    assert not looks_like_identifier("paid", many) and not looks_like_identifier("id", many // 2)


def test_spaces_around_words_are_cut_off(write):
    table = read_table(write("place,n\nnorth ,1\nnorth,2\n  south\t,3\n"))
    assert table.frame["place"].tolist() == ["north", "north", "south"]
    assert "spaces around words in 'place' are cut off" in table.notes
    assert read_table(write("place,n\nnorth,1\nsouth,2\n")).notes == ()


def test_spaces_in_parquet_and_in_identifiers(tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "t.parquet"
    pd.DataFrame({"id": ["a ", "b"], "place": ["north ", " "], "n": [1, 2]}).to_parquet(path)
    frame = read_table(path, as_text=["id"]).frame
    assert frame["id"].tolist() == ["a ", "b"]
    assert frame["place"][0] == "north" and pd.isna(frame["place"][1])


def test_a_common_ending_makes_no_two_names_alike(tmp_path, write):
    write("a,b\n1,2\n", "s_inf.csv")
    with pytest.raises(InputError, match=r"there is no file '.*missing.csv'; check the path"):
        read_table(tmp_path / "missing.csv")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ([140, 120, -999], -999),
        ([0.5, 1.5, -99.0, -99.0], -99),
        ([3, 5, -7], None),  # no code
        ([-1, 5, -999], None),  # other numbers are negative too
        ([-9, 1], None),  # two values may be two classes
        (["-999", "a", "b"], None),
    ],
)
def test_codes_for_gaps(values, code):
    assert gap_code(pd.Series(values)) == code
