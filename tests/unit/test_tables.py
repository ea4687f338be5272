"""TableEncoder: any table becomes a matrix of numbers, and the same matrix however the table is stored."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

import headstart as hs


def frame():
    return pd.DataFrame(
        {
            "age": [40.0, None, 60.0, 50.0],
            "sex": ["m", "f", "m", None],
            "visits": [1, 2, 3, 4],
            "smokes": [True, False, True, True],
            "day": pd.to_datetime(["2020-01-01", "2020-03-01", "2021-01-01", "2020-02-01"]),
            "blank": [None, None, None, None],
        }
    )


def test_golden_example():
    encoder = hs.TableEncoder(scale=False).fit(frame()[["age", "sex", "visits", "smokes"]])
    assert encoder.kinds_ == {"age": "number", "sex": "category", "visits": "number", "smokes": "number"}
    assert encoder.get_feature_names_out().tolist() == [
        "age",
        "visits",
        "smokes",
        "age is missing",
        "sex=f",
        "sex=m",
        "sex is missing",
    ]
    expected = [
        [40, 1, 1, 0, 0, 1, 0],
        [50, 2, 0, 1, 1, 0, 0],
        [60, 3, 1, 0, 0, 1, 0],
        [50, 4, 1, 0, 0, 0, 1],
    ]
    np.testing.assert_array_equal(encoder.transform(frame()[["age", "sex", "visits", "smokes"]]), expected)


def test_names_fit_the_columns_and_everything_is_finite():
    encoder = hs.TableEncoder().fit(frame())
    code = encoder.transform(frame())
    assert code.shape == (4, len(encoder.get_feature_names_out()))
    assert np.isfinite(code).all()
    assert encoder.kinds_["blank"] == "empty" and not any("blank" in n for n in encoder.get_feature_names_out())


def test_the_same_table_in_every_library():
    table = frame().drop(columns="blank")
    expected = hs.TableEncoder().fit(table).transform(table)
    polars = pl.DataFrame(
        {
            "age": [40.0, None, 60.0, 50.0],
            "sex": ["m", "f", "m", None],
            "visits": [1, 2, 3, 4],
            "smokes": [True, False, True, True],
            "day": [dt.date(2020, 1, 1), dt.date(2020, 3, 1), dt.date(2021, 1, 1), dt.date(2020, 2, 1)],
        }
    )
    nullable = table.convert_dtypes()
    objects = table.astype(object)
    categories = table.assign(sex=table["sex"].astype("category"))
    words = table.assign(day=table["day"].dt.strftime("%Y-%m-%d"), visits=table["visits"].astype(str))
    for other in (polars, nullable, objects, categories, words):
        np.testing.assert_allclose(hs.TableEncoder().fit(other).transform(other), expected, atol=1e-12)


def test_array_and_frame_of_numbers_agree(rng):
    X = rng.normal(size=(20, 3))
    X[3, 1] = np.nan
    expected = hs.TableEncoder().fit(pd.DataFrame(X)).transform(pd.DataFrame(X))
    np.testing.assert_allclose(hs.TableEncoder().fit(X).transform(X), expected, atol=1e-12)
    np.testing.assert_allclose(
        hs.TableEncoder().fit(X.astype(object)).transform(X.astype(object)), expected, atol=1e-12
    )
    assert hs.TableEncoder().fit(X).get_feature_names_out().tolist() == ["x0", "x1", "x2", "x1 is missing"]


def test_levels_are_the_same_as_number_and_as_word():
    table = pd.DataFrame({"k": [1, "1", 1.0, "b", "c"]})
    code = hs.TableEncoder().fit_transform(table)
    np.testing.assert_array_equal(code, [[1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])


def test_level_never_seen_is_all_zero():
    encoder = hs.TableEncoder().fit(pd.DataFrame({"k": ["a", "b", "c"]}))
    np.testing.assert_array_equal(encoder.transform(pd.DataFrame({"k": ["z", "b"]})), [[0, 0, 0], [0, 1, 0]])


def test_one_row_and_rows_one_by_one():
    table = frame().drop(columns="blank")
    encoder = hs.TableEncoder().fit(table)
    whole = encoder.transform(table)
    one_by_one = np.vstack([encoder.transform(table.iloc[[k]]) for k in range(len(table))])
    np.testing.assert_allclose(one_by_one, whole, atol=1e-12)
    assert np.isfinite(hs.TableEncoder().fit_transform(table.iloc[[0]])).all()


def test_index_plays_no_part():
    table = frame().set_index(pd.Index([9, 9, 3, -1]))
    np.testing.assert_array_equal(hs.TableEncoder().fit_transform(table), hs.TableEncoder().fit_transform(frame()))


def test_fit_leaves_the_table_alone():
    table, before = frame(), frame()
    hs.TableEncoder().fit(table).transform(table)
    pd.testing.assert_frame_equal(table, before)


def test_sparse_stays_sparse_and_is_scaled(rng):
    matrix = sp.random(40, 6, density=0.3, random_state=0, format="csr")
    code = hs.TableEncoder().fit_transform(matrix)
    assert sp.issparse(code)
    dense = matrix.toarray()
    np.testing.assert_allclose(code.toarray(), dense / dense.std(axis=0), atol=1e-12)


def test_constant_sparse_column_is_left_as_it_is():
    code = hs.TableEncoder().fit_transform(sp.csr_matrix([[0.0, 2.0], [0.0, 2.0], [0.0, 2.0]]))
    np.testing.assert_array_equal(code.toarray(), [[0, 2], [0, 2], [0, 2]])


def test_text_column_in_a_table():
    table = pd.DataFrame({"note": [f"patient {k} came {k % 7} times" for k in range(60)], "n": range(60)})
    encoder = hs.TableEncoder(text_components=4).fit(table)
    assert encoder.kinds_["note"] == "text"
    assert encoder.get_feature_names_out().tolist() == ["n", *[f"note: text {k}" for k in range(4)]]
    assert hs.TableEncoder(text_components=4, max_levels=60).fit(table).kinds_["note"] == "category"


def test_kinds_that_are_given_are_used():
    few = pd.DataFrame({"code": ["1", "2", "3"], "n": [1, 2, 3]})
    assert hs.TableEncoder().fit(few).kinds_["code"] == "number"
    encoder = hs.TableEncoder(kinds={"code": "category", "n": "number"}).fit(few)
    assert encoder.get_feature_names_out().tolist() == ["n", "code=1", "code=2", "code=3"]
    assert hs.TableEncoder(kinds={"a": "category", "n": "number"}).fit(
        pd.DataFrame({"a": [None, None], "n": [1, 2]})
    ).kinds_ == {"a": "empty", "n": "number"}


def test_kinds_that_cannot_be_used_are_refused():
    table = pd.DataFrame({"a": [1, 2], "b": [1, 2]})
    with pytest.raises(hs.InputError, match="kinds lacks column 'b'"):
        hs.TableEncoder(kinds={"a": "number"}).fit(table)
    with pytest.raises(hs.InputError, match="'numbers'; expected one of number, category"):
        hs.TableEncoder(kinds={"a": "numbers", "b": "number"}).fit(table)


def test_other_columns_than_in_fit_are_refused():
    encoder = hs.TableEncoder().fit(frame())
    with pytest.raises(hs.InputError, match="must be in the same order"):
        encoder.transform(frame()[["sex", "age", "visits", "smokes", "day", "blank"]])
    with pytest.raises(hs.InputError, match="Feature names seen at fit time, yet now missing"):
        encoder.transform(frame().drop(columns="age"))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "X has columns of the same name: a; rename"),
        (pd.DataFrame({"a": [None, None]}), "hold nothing but gaps"),
        (np.full((3, 2), np.nan), "all 2 columns hold nothing but gaps"),
        (pd.DataFrame({"a": [1.0, np.inf]}), "columns a hold infinity"),
        (pd.DataFrame({"a": ["1", "-inf"]}), "columns a hold infinity"),
        (np.array([[1.0, np.inf]]), "infinity"),
        (sp.csr_matrix([[1.0, np.nan]]), "sparse matrix holds gaps"),
        (pd.DataFrame({"a": []}), "no rows"),
        (pd.DataFrame(index=[0, 1]), "no columns"),
        (np.zeros(3), "Expected 2D array"),
    ],
)
def test_tables_that_cannot_be_used_are_refused(table, message):
    with pytest.raises(hs.InputError, match=message):
        hs.TableEncoder().fit(table)


def test_infinity_in_new_rows_is_refused():
    encoder = hs.TableEncoder().fit(pd.DataFrame({"a": [1.0, 2.0]}))
    with pytest.raises(hs.InputError, match="columns a hold infinity"):
        encoder.transform(pd.DataFrame({"a": [np.inf]}))


def test_unscaled_and_scaled_agree_up_to_scale(rng):
    X = rng.normal(5, 3, size=(30, 2))
    raw = hs.TableEncoder(scale=False).fit_transform(X)
    np.testing.assert_allclose(raw, X, atol=1e-12)
    np.testing.assert_allclose(hs.TableEncoder().fit_transform(X), (raw - raw.mean(0)) / raw.std(0), atol=1e-12)


def test_in_a_pipeline_and_cloned():
    from sklearn.linear_model import LogisticRegression

    model = clone(make_pipeline(hs.TableEncoder(), LogisticRegression())).fit(frame(), [0, 1, 0, 1])
    assert model.predict(frame()).shape == (4,)
