"""One column at a time: what kind it is, and what its code says."""

import datetime as dt
import decimal

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

import headstart as hs
from headstart.columns import (
    CategoryColumn,
    DateColumn,
    NumberBlock,
    TextColumn,
    column_kind,
    to_numbers,
    to_words,
)


def kind(values, **how):
    return column_kind(pd.Series(values, name="c", **how), max_levels=40)


@pytest.mark.parametrize(
    ("expected", "values"),
    [
        ("number", [1, 2, 3]),
        ("number", [1.5, None, 3]),
        ("number", [True, False]),
        ("number", [True, None, False]),
        ("number", ["1", "2.5", None]),
        ("number", [decimal.Decimal("1.5"), decimal.Decimal("2")]),
        ("number", pd.array([1, None, 3], dtype="Int64")),
        ("number", pd.array([True, None], dtype="boolean")),
        ("number", pd.to_timedelta([1, 2], unit="D")),
        ("category", ["a", "b", None]),
        ("category", pd.array(["a", None], dtype="string")),
        ("category", pd.Categorical(["a", "b"])),
        ("category", [1, "a", 2.5]),
        ("category", pd.cut([1, 2, 3], 2)),
        ("text", [f"word {k}" for k in range(41)]),
        ("text", ["so long a sentence that nobody would call it a category of anything"] * 3),
        ("text", [dt.time(k // 60, k % 60) for k in range(60)]),
        ("date", ["2020-01-31", "2021-05-01", None]),
        ("date", ["13.02.2020", "01.02.2020"]),
        ("date", ["2020-01-01T00:00:00+02:00", "2020-07-01T00:00:00+01:00"]),
        ("date", pd.to_datetime(["2020-01-01", None])),
        ("date", pd.to_datetime(["2020-01-01"]).tz_localize("Europe/Berlin")),
        ("date", [dt.date(2020, 1, 1), None, dt.date(2021, 1, 1)]),
        ("date", pd.period_range("2020", periods=3, freq="M")),
        ("empty", [None, None]),
        ("empty", pd.to_datetime([None, None])),
        ("empty", pd.array([None], dtype="Int64")),
    ],
)
def test_kind_is_told_from_the_values(expected, values):
    assert kind(values) == expected


def test_words_without_a_digit_are_no_dates():
    assert kind(["may", "june", "march"]) == "category"


def test_number_of_levels_decides_between_category_and_text():
    levels = [f"level {k}" for k in range(30)]
    assert kind(levels) == "category"
    assert column_kind(pd.Series(levels), max_levels=29) == "text"


@pytest.mark.parametrize("value", [[1, 2], (1,), {"a": 1}, {1}, np.zeros(2)])
def test_nested_values_are_refused(value):
    with pytest.raises(hs.InputTypeError, match=r"column 'c' holds a value of type .*unpack the column"):
        kind([value, value], dtype=object)


def test_complex_numbers_are_refused():
    with pytest.raises(
        hs.InputTypeError, match=r"Complex data not supported: column 'c'.*real and an imaginary column"
    ):
        kind([1 + 2j, 3])


def test_numbers_of_every_storage_type():
    expected = [1.0, np.nan, 3.0]
    for values in (
        pd.Series([1.0, np.nan, 3.0]),
        pd.Series([1, None, 3], dtype="Int64"),
        pd.Series([1, None, 3], dtype=object),
        pd.Series(["1", "not a number", "3.0"]),
        pd.Series(["1", None, "3"], dtype="string"),
        pd.Series(pd.to_timedelta([1, None, 3], unit="D")),
        pd.Series(pd.Categorical([1, None, 3])),
    ):
        np.testing.assert_array_equal(to_numbers(values), expected)
    np.testing.assert_array_equal(to_numbers(pd.Series([True, None], dtype="boolean")), [1.0, np.nan])
    np.testing.assert_array_equal(to_numbers(pd.Series([True, False])), [1.0, 0.0])


@pytest.mark.parametrize("values", [["1", "inf"], np.array([1, -np.inf], dtype=object), [1.0, np.inf]])
def test_infinity_is_refused_in_any_storage(values):
    with pytest.raises(hs.InputError, match="columns age hold infinity; expected finite numbers or gaps"):
        to_numbers(pd.Series(values, name="age"))


def test_one_level_however_it_is_stored():
    words = to_words(pd.Series([1, 1.0, "1", 1.5, True, None, "a"], dtype=object))
    assert words.tolist() == ["1", "1", "1", "1.5", "True", None, "a"]
    assert to_words(pd.Series([1.0, np.nan, 2.0])).tolist() == ["1", None, "2"]


def test_number_block_against_numpy(rng):
    values = rng.normal(3, 2, size=(30, 3))
    values[[1, 5], 1] = np.nan
    block = NumberBlock().fit(values, ["a", "b", "c"])
    filled = values.copy()
    filled[[1, 5], 1] = np.nanmedian(values[:, 1])
    expected = np.column_stack([(filled - filled.mean(0)) / filled.std(0), np.isnan(values[:, 1])])
    np.testing.assert_allclose(block.transform(values), expected, atol=1e-12)
    assert block.names_out() == ["a", "b", "c", "b is missing"]


def test_gap_that_fit_did_not_see_is_filled_with_the_median():
    block = NumberBlock(scale=False).fit(np.array([[1.0], [2.0], [6.0]]), ["a"])
    np.testing.assert_array_equal(block.transform(np.array([[np.nan]])), [[2.0]])


@pytest.mark.parametrize("unit", [1e-300, 1e-15, 1.0, 1e15, 1e300])
def test_scale_knows_no_unit(unit):
    values = np.array([[1.0], [2.0], [4.0]])
    expected = (values - values.mean()) / values.std()
    np.testing.assert_allclose(NumberBlock().fit(values * unit, ["a"]).transform(values * unit), expected, rtol=1e-9)


@pytest.mark.parametrize("value", [0.1, 0.0, 1e9 + 0.1, -7e-9])
def test_constant_column_becomes_zero(value):
    values = np.full((7, 1), value)
    np.testing.assert_allclose(NumberBlock().fit(values, ["a"]).transform(values), 0, atol=1e-6)


def test_levels_and_gaps_and_levels_never_seen():
    column = CategoryColumn().fit(pd.Series(["b", "a", None, "c"], name="k"))
    assert column.names_out() == ["k=a", "k=b", "k=c", "k is missing"]
    found = column.transform(pd.Series(["c", "never seen", None], name="k"))
    np.testing.assert_array_equal(found, [[0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 1]])


def test_two_levels_share_a_column():
    column = CategoryColumn().fit(pd.Series(["m", "f"], name="sex"))
    assert column.names_out() == ["sex=m"]
    np.testing.assert_array_equal(column.transform(pd.Series(["m", "f"])).ravel(), [1, 0])


def test_a_level_never_seen_is_neither_of_two():
    column = CategoryColumn().fit(pd.Series(["m", "f"], name="sex"))
    np.testing.assert_array_equal(column.transform(pd.Series(["x", None, "f"])).ravel(), [0.5, 0.5, 0])


def test_a_level_never_seen_gets_the_answer_between_those_of_two():
    sex = pd.DataFrame({"sex": ["m"] * 30 + ["f"] * 10})
    y = np.r_[np.ones(30), np.zeros(10)]
    encoder = hs.TableEncoder().fit(sex)
    model = Ridge(1.0).fit(encoder.transform(sex), y)
    m, f, x = model.predict(encoder.transform(pd.DataFrame({"sex": ["m", "f", "x"]})))
    assert x == pytest.approx((m + f) / 2) and m - f > 0.8


def date_code(values, new=None):
    column = DateColumn(scale=False).fit(pd.Series(values, name="d"))
    return column, column.transform(pd.Series(values if new is None else new, name="d"))


def test_date_parts_against_the_calendar():
    column, code = date_code(["2020-03-01", "2021-12-31 13:00"])
    assert column.names_out() == ["d: days", "d: year", "d: month", "d: day", "d: weekday", "d: hour"]
    first = (dt.datetime(2020, 3, 1) - dt.datetime(2000, 1, 1)).days
    second = (dt.datetime(2021, 12, 31, 13) - dt.datetime(2000, 1, 1)) / dt.timedelta(days=1)
    np.testing.assert_allclose(code, [[first, 2020, 3, 1, 6, 0], [second, 2021, 12, 31, 4, 13]])


@pytest.mark.parametrize(
    ("values", "days", "months"),
    [
        (["13/02/2020", "01/02/2020"], [13, 1], 2),
        (["02/13/2020", "02/01/2020"], [13, 1], 2),
        (["03.02.2020", "01.02.2020"], [3, 1], 2),
        (["02/03/2020", "02/01/2020"], [3, 1], 2),
        (["2020-02-13", "2020-02-01"], [13, 1], 2),
    ],
)
def test_a_column_is_read_in_one_order_of_day_and_month(values, days, months):
    column, code = date_code(values)
    assert column.parts == ["days", "day", "weekday"]
    np.testing.assert_array_equal(code[:, 1], days)
    expected = [dt.date(2020, months, d) - dt.date(2000, 1, 1) for d in days]
    np.testing.assert_array_equal(code[:, 0], [d.days for d in expected])


def test_time_zones_meet_in_utc():
    _, code = date_code(["2020-01-01T01:00:00+02:00", "2020-01-02T00:00:00Z"])
    aware = pd.to_datetime(["2020-01-01 00:00", "2020-01-02 01:00"]).tz_localize("Europe/Berlin")
    _, same = date_code(aware)
    np.testing.assert_allclose(code, same)
    naive = pd.to_datetime(["2019-12-31 23:00", "2020-01-02 00:00"])
    np.testing.assert_allclose(code, date_code(naive)[1])


def test_a_missing_date_is_marked_once():
    column, code = date_code(["2020-01-01", None, "2021-01-01"])
    assert column.names_out() == ["d: days", "d: year", "d: weekday", "d is missing"]
    np.testing.assert_array_equal(code[:, -1], [0, 1, 0])


def test_what_is_no_date_in_new_rows_is_a_gap():
    _, code = date_code(["2020-01-01", None, "2021-01-01"], new=["never", None])
    np.testing.assert_array_equal(code[0], code[1])
    assert code[0, -1] == 1


def test_text_is_the_svd_of_tfidf():
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = [f"invoice {k} of the {('red', 'green', 'blue')[k % 3]} house" for k in range(50)]
    column = TextColumn(components=5).fit(pd.Series(words, name="t"))
    weights = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), max_features=20_000).fit_transform(words)
    expected = TruncatedSVD(5, random_state=0).fit(weights).transform(weights)
    np.testing.assert_allclose(column.transform(pd.Series(words)), expected, atol=1e-9)
    assert len(column.names_out()) == 5


@pytest.mark.parametrize(
    "words",
    [
        ["one sentence, always the very same, longer than forty letters"] * 30,
        ["!?" * (k % 3 + 1) for k in range(50)],
        [chr(0x4E00 + k) for k in range(50)],
        [None] * 49 + ["one word"],
    ],
    ids=["constant", "marks", "Chinese", "gaps"],
)
def test_odd_text_gives_finite_columns(words):
    column = TextColumn().fit(pd.Series(words, name="t"))
    code = column.transform(pd.Series([*words, "something else", None]))
    assert np.isfinite(code).all() and code.shape == (len(words) + 2, len(column.names_out()))
