"""Save and load: equal predictions, and every file that must be refused."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

import headstart as hs
from headstart.core.errors import HeadstartWarning, InputError, InputTypeError
from headstart.store import load, read_manifest, save
from headstart.tables import TableEncoder


class Foreign(BaseEstimator):
    """An estimator that is neither headstart's nor scikit-learn's."""

    def __init__(self, level=1.0):
        self.level = level


def numbers(n=80, d=4):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, d))
    return X, np.where(X[:, 0] + 0.3 * rng.normal(size=n) > 0, "sick", "well")


def mixed(n=60):
    rng = np.random.default_rng(1)
    X = pd.DataFrame(
        {
            "age": rng.integers(20, 80, n).astype(float),
            "sex": pd.Categorical(rng.choice(["f", "m"], n)),
            "pain": rng.choice(["none", "some", "much"], n),
            "seen": pd.date_range("2020-01-01", periods=n, freq="D"),
            "note": [f"note number {i} about a patient" for i in range(n)],
            "smokes": rng.random(n) > 0.5,
        }
    )
    X.loc[3, "age"] = np.nan
    X.loc[4, "pain"] = None
    return X, rng.choice(["sick", "well"], n)


@pytest.fixture
def saved(tmp_path):
    X, y = numbers()
    return save(LogisticRegression().fit(X, y), tmp_path / "model.headstart")


def rewrite(path: Path, *, drop=(), add=None, manifest=None, honest=True) -> None:
    """Change a model file as an attacker would; with ``honest`` the checksums are made to fit again."""
    with zipfile.ZipFile(path) as archive:
        members = {n: archive.read(n) for n in archive.namelist() if n not in drop}
    members.update(add or {})
    text = json.loads(members.pop("manifest.json", "{}"))
    if honest:
        text["members"] = {n: {"bytes": len(b), "sha256": hashlib.sha256(b).hexdigest()} for n, b in members.items()}
    text.update(manifest or {})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", json.dumps(text))
        for name, content in members.items():
            archive.writestr(name, content)


# ---- round trips ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model",
    [
        LogisticRegression(),
        make_pipeline(StandardScaler(), LogisticRegression()),
        DecisionTreeClassifier(random_state=0),
        RandomForestClassifier(5, random_state=0),
        ExtraTreesClassifier(5, random_state=0),
        GradientBoostingClassifier(n_estimators=3, random_state=0),
        HistGradientBoostingClassifier(max_iter=3, random_state=0),
    ],
    ids=lambda m: type(m).__name__,
)
def test_predictions_are_equal_to_the_last_bit(model, tmp_path):
    X, y = numbers()
    model.fit(X, y)
    again = load(save(model, tmp_path / "m.headstart"))
    assert_array_equal(again.predict(X), model.predict(X))
    assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_boosting_with_categories(tmp_path):
    X, y = mixed()
    X = X[["age", "sex"]]
    model = HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=3, categorical_features="from_dtype").fit(X, y)
    again = load(save(model, tmp_path / "m.headstart"))
    assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_mixed_table(tmp_path):
    X, y = mixed()
    model = make_pipeline(TableEncoder(), LogisticRegression()).fit(X, y)
    again = load(save(model, tmp_path / "m.headstart"))
    assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again[0].get_feature_names_out().tolist() == model[0].get_feature_names_out().tolist()


def test_large_arrays_are_tensors_and_stay_writeable(tmp_path):
    model = LogisticRegression()
    model.coef_ = np.random.default_rng(0).normal(size=(3, 1000))
    model.transposed_ = np.asfortranarray(model.coef_)
    model.small_ = np.arange(3.0)
    model.same_ = model.coef_
    path = save(model, tmp_path / "m.headstart")
    with zipfile.ZipFile(path) as archive:
        assert archive.getinfo("arrays.safetensors").file_size < 1.1 * model.coef_.nbytes
    again = load(path)
    assert_array_equal(again.coef_, model.coef_)
    assert_array_equal(again.transposed_, model.coef_)
    assert again.coef_.flags.writeable
    assert again.transposed_.flags.f_contiguous and not again.transposed_.flags.c_contiguous
    assert again.same_ is again.coef_


def test_saving_changes_nothing(tmp_path):
    X, y = mixed()
    model = make_pipeline(TableEncoder(), LogisticRegression()).fit(X, y)
    model.frame_ = frame = X
    model.nested_ = {"parts": [frame, (1, frame["age"])]}
    before = frame.copy()
    save(model, tmp_path / "m.headstart")
    assert model.frame_ is frame and model.nested_["parts"][0] is frame
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    "value",
    [
        mixed()[0],
        mixed()[0].astype({"note": object}),
        pd.DataFrame({"a": pd.array([1, None, 3], dtype="Int64"), "b": pd.array([True, None, False], dtype="boolean")}),
        pd.DataFrame({"a": pd.array([1.5, None], dtype="Float64"), "t": pd.array(["x", None], dtype="string")}),
        pd.DataFrame({"z": pd.date_range("2024-03-30", periods=3, tz="Europe/Berlin")}, index=["a", "b", "c"]),
        pd.DataFrame({1: [1.0], "two": ["2"], ("a", 3): [None]}),
        pd.DataFrame(
            np.arange(6).reshape(2, 3), index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["k", "l"])
        ),
        pd.DataFrame({"a": []}),
        pd.Series([1.5, np.nan], name="s", index=[3, 4]),
        pd.Series(["a", None, 3], dtype=object),
        pd.Series(pd.Categorical(["b", "a"], categories=["b", "a", "c"], ordered=True)),
    ],
)
def test_pandas_objects_come_back(value, tmp_path):
    model = LogisticRegression()
    model.value_ = value
    again = load(save(model, tmp_path / "m.headstart")).value_
    check = pd.testing.assert_frame_equal if isinstance(value, pd.DataFrame) else pd.testing.assert_series_equal
    check(again, value, check_freq=False)


@pytest.mark.parametrize(
    "value",
    [
        pd.Timestamp("2024-05-01 12:00"),
        pd.Timestamp("2024-05-01 12:00", tz="Europe/Berlin"),
        pd.Timedelta("3h"),
        pd.CategoricalDtype(["b", "a"], ordered=True),
        pd.StringDtype("python"),
        pd.array([1, 2], dtype="Int64").dtype,
    ],
)
def test_pandas_scalars_and_types_come_back(value, tmp_path):
    model = LogisticRegression()
    model.value_ = {"v": [value]}
    assert load(save(model, tmp_path / "m.headstart")).value_["v"][0] == value


def test_gaps_come_back(tmp_path):
    model = LogisticRegression()
    model.value_ = [pd.NA, pd.NaT, None]
    again = load(save(model, tmp_path / "m.headstart")).value_
    assert again[0] is pd.NA and again[1] is pd.NaT and again[2] is None


def test_dataclasses_of_headstart_come_back(tmp_path):
    model = LogisticRegression()
    model.task_ = hs.Task.of(["sick", "well"])
    assert load(save(model, tmp_path / "m.headstart")).task_ == model.task_


def test_manifest(saved):
    manifest = read_manifest(saved)
    assert manifest["format"] == "headstart model" and manifest["format_version"] == 1
    assert manifest["class"] == "sklearn.linear_model._logistic.LogisticRegression"
    assert {"headstart", "scikit-learn", "numpy", "created", "python"} <= set(manifest)


# ---- writing --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", ["writestr", "replace"])
def test_an_interrupted_save_leaves_the_old_file(saved, monkeypatch, error, step):
    before = saved.read_bytes()

    def fail(*args, **kwargs):
        raise error

    if step == "replace":
        monkeypatch.setattr(os, "replace", fail)
    else:
        written = zipfile.ZipFile.writestr
        calls = iter(range(100))

        def write_then_fail(self, name, *args, **kwargs):
            if name == "model.skops":
                fail()
            next(calls)
            return written(self, name, *args, **kwargs)

        monkeypatch.setattr(zipfile.ZipFile, "writestr", write_then_fail)
    with pytest.raises(type(error)):
        save(LogisticRegression().fit([[0.0], [1.0]], [0, 1]), saved)
    monkeypatch.undo()
    assert saved.read_bytes() == before
    assert [p.name for p in saved.parent.iterdir()] == [saved.name]


def test_a_new_file_can_be_read_by_others_as_the_umask_says(saved):
    plain = saved.with_name("plain")
    plain.write_text("")
    assert saved.stat().st_mode == plain.stat().st_mode


def test_save_refuses_what_is_no_estimator(tmp_path):
    with pytest.raises(InputTypeError, match="of type dict; expected a fitted estimator"):
        save({"a": 1}, tmp_path / "m")
    with pytest.raises(InputTypeError, match="expected a fitted estimator"):
        save(LogisticRegression, tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


def test_save_refuses_a_missing_folder_and_a_folder(tmp_path):
    model = LogisticRegression()
    with pytest.raises(InputError, match=r"the folder '.*nowhere' does not exist; create it before writing 'm'"):
        save(model, tmp_path / "nowhere" / "m")
    with pytest.raises(InputError, match="is a folder; expected the name of a file"):
        save(model, tmp_path)


def test_save_names_what_it_cannot_hold(tmp_path):
    model = LogisticRegression()
    for odd in (iter([1]), open(os.devnull), lambda x: x):  # noqa: SIM115
        model.odd_ = odd
        with pytest.raises(InputError, match="LogisticRegression holds something that cannot be saved"):
            save(model, tmp_path / "m")
        if hasattr(odd, "close"):
            odd.close()
    model = LogisticRegression()
    model.self_ = [model]
    with pytest.raises(InputError, match="contains itself"):
        save(model, tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


# ---- files that are refused -----------------------------------------------------------------------------------


def test_missing_folder_and_empty(tmp_path):
    with pytest.raises(InputError, match="there is no model file"):
        load(tmp_path / "none.headstart")
    with pytest.raises(InputError, match="is a folder; expected a model file"):
        load(tmp_path)
    (tmp_path / "empty").touch()
    with pytest.raises(InputError, match="is empty"):
        load(tmp_path / "empty")


def test_a_pickle_is_never_read(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    (tmp_path / "m.pkl").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(
        InputError, match="is a pickle, which can run any code when it is loaded; headstart never reads"
    ):
        load(tmp_path / "m.pkl")
    assert not (tmp_path / "ran").exists()


def test_foreign_files(tmp_path):
    (tmp_path / "text").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match=r"is not a model file; expected a file written by hs\.save"):
        load(tmp_path / "text")
    with zipfile.ZipFile(tmp_path / "zip", "w") as archive:
        archive.writestr("a.txt", "a")
    with pytest.raises(InputError, match="is a zip without a manifest, not a headstart model"):
        load(tmp_path / "zip")
    with zipfile.ZipFile(tmp_path / "zip2", "w") as archive:
        archive.writestr("manifest.json", '{"name": "another tool"}')
    with pytest.raises(InputError, match="is not a headstart model"):
        load(tmp_path / "zip2")
    with zipfile.ZipFile(tmp_path / "zip3", "w") as archive:
        archive.writestr("manifest.json", "{not json")
    with pytest.raises(InputError, match="manifest that is not JSON"):
        load(tmp_path / "zip3")
    import skops.io

    skops.io.dump(LogisticRegression(), tmp_path / "bare")
    with pytest.raises(InputError, match="is a bare skops file, not a headstart model"):
        load(tmp_path / "bare")


def test_truncated(saved):
    content = saved.read_bytes()
    saved.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="is damaged"):
        load(saved)


def test_every_flipped_byte_is_noticed_or_harmless(saved):
    """Flip single bytes all over the file: the load is refused, or predicts the same."""
    X, _ = numbers()
    expected = load(saved).predict_proba(X)
    content = saved.read_bytes()
    refused = 0
    for place in np.linspace(0, len(content) - 1, 60).astype(int):
        changed = bytearray(content)
        changed[place] ^= 0x40
        saved.write_bytes(bytes(changed))
        try:
            again = load(saved)
        except InputError:
            refused += 1
        else:
            assert_array_equal(again.predict_proba(X), expected)
    assert refused > 30


def test_a_changed_member_is_noticed(saved):
    rewrite(saved, add={"model.skops": b"something else"}, honest=False)
    with pytest.raises(
        InputError, match=r"model\.skops differs from its checksum; the file is damaged or was tampered"
    ):
        load(saved)


@pytest.mark.parametrize("name", ["../../evil.py", "/etc/evil", "extra.txt"])
def test_members_that_no_manifest_lists(saved, name):
    rewrite(saved, manifest=None, honest=True)
    with zipfile.ZipFile(saved, "a") as archive:
        archive.writestr(name, "x")
    with pytest.raises(InputError, match=r"does not hold what its manifest lists .*; it was tampered with"):
        load(saved)
    assert not (saved.parent / "evil.py").exists()


def test_a_listed_member_of_another_name(saved):
    rewrite(saved, add={"../evil": b"x"})
    with pytest.raises(InputError, match="lists no model in its manifest"):
        load(saved)


def test_a_zip_bomb(saved, monkeypatch):
    monkeypatch.setattr("headstart.store.archive._ALWAYS_FINE", 1 << 16)
    with zipfile.ZipFile(saved) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    bomb = bytes(1 << 22)
    manifest["members"] = {"model.skops": {"bytes": len(bomb), "sha256": hashlib.sha256(bomb).hexdigest()}}
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", json.dumps(manifest))
        archive.writestr("model.skops", bomb)
    with pytest.raises(InputError, match=r"would unpack model\.skops to 4 MiB, .* times its size"):
        load(saved)


def test_a_newer_format(saved):
    rewrite(saved, manifest={"format_version": 2, "headstart": "9.0.0"})
    with pytest.raises(
        InputError, match=r"has format version 2, and this headstart reads up to 1; .* headstart 9\.0\.0"
    ):
        load(saved)


@pytest.mark.parametrize("version", ["1", None, True, 0])
def test_a_format_version_that_is_none(saved, version):
    rewrite(saved, manifest={"format_version": version})
    with pytest.raises(InputError, match="names the format version"):
        load(saved)


def test_another_scikit_learn_warns_once(saved):
    rewrite(saved, manifest={"scikit-learn": "1.2.3"})
    with pytest.warns(HeadstartWarning, match=r"was saved with scikit-learn 1\.2\.3 and is loaded with") as caught:
        load(saved)
    assert len(caught) == 1


def test_a_type_of_somebody_else_must_be_named(tmp_path):
    path = save(make_pipeline(Foreign(2.5)), tmp_path / "m")
    name = f"{Foreign.__module__}.Foreign"
    with pytest.raises(InputError, match=rf"neither headstart's nor scikit-learn's: {name}; .*trusted=\['{name}'\]"):
        load(path)
    if name.startswith("tests") or "." not in Foreign.__module__:
        pytest.importorskip(Foreign.__module__)
    for trusted in ([Foreign], [name], (name,), {name}):
        assert load(path, trusted=trusted)[0].level == 2.5


@pytest.mark.parametrize("trusted", [True, "sklearn.tree._tree.Tree", LogisticRegression, 3])
def test_trusted_is_a_list_of_names(saved, trusted):
    with pytest.raises(InputTypeError, match="expected a list of types or of their full names"):
        load(saved, trusted=trusted)


@pytest.mark.parametrize("function", [os.system, eval, np.load])
def test_functions_are_refused(tmp_path, function):
    path = save(make_pipeline(FunctionTransformer(function)), tmp_path / "m")
    with pytest.raises(InputError, match="holds types that are neither"):
        load(path)


def schema_of(path: Path) -> tuple[dict, dict]:
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(archive.open("model.skops")) as inner:
        members = {n: inner.read(n) for n in inner.namelist()}
    return json.loads(members["schema.json"]), members


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("headstart.cli", "main"),
        ("headstart.store.files", "save"),
        ("headstart.store.files", "Path"),
        ("headstart.store.atomic", "os"),
        ("sklearn.datasets._base", "load_iris"),
        ("sklearn.utils._testing", "TempMemmap"),
        ("builtins", "eval"),
        ("posix", "system"),
    ],
)
def test_a_crafted_type_is_refused(saved, module, name):
    """A name within our or scikit-learn's modules is not enough: it must be a class of theirs."""
    schema, members = schema_of(saved)
    schema["content"]["content"]["C"] = {
        "__class__": name,
        "__module__": module,
        "__loader__": "ConstructorFromReduceNode",
        "__id__": 1,
        "content": {
            "__class__": "tuple",
            "__module__": "builtins",
            "__loader__": "TupleNode",
            "content": [],
            "__id__": 2,
        },
    }
    members["schema.json"] = json.dumps(schema).encode()
    packed = saved.with_name("inner")
    with zipfile.ZipFile(packed, "w") as inner:
        for member, content in members.items():
            inner.writestr(member, content)
    rewrite(saved, add={"model.skops": packed.read_bytes()})
    with pytest.raises(InputError, match=f"neither headstart's nor scikit-learn's: {module}.{name}"):
        load(saved)


def test_a_schema_that_makes_no_sense(saved):
    packed = saved.with_name("inner")
    for schema in (b"[]", b"{}", b'{"protocol": 1}', b"\xff", b"[" * 200_000):
        with zipfile.ZipFile(packed, "w") as inner:
            inner.writestr("schema.json", schema)
        rewrite(saved, add={"model.skops": packed.read_bytes()})
        with pytest.raises(InputError, match="cannot be rebuilt into a model"):
            load(saved)


# ---- trees that point outside themselves ----------------------------------------------------------------------


def crafted_tree(change) -> DecisionTreeClassifier:
    X, y = numbers()
    model = DecisionTreeClassifier(random_state=0).fit(X, y)
    state = model.tree_.__getstate__()
    state["nodes"] = state["nodes"].copy()
    change(state)
    rebuilt = type(model.tree_)(*model.tree_.__reduce__()[1])
    rebuilt.__setstate__(state)
    model.tree_ = rebuilt
    return model


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s["nodes"]["left_child"].__setitem__(0, 10**9), "links lead outside it"),
        (lambda s: s["nodes"]["right_child"].__setitem__(0, -7), "links lead outside it"),
        (lambda s: s["nodes"]["right_child"].__setitem__(0, 0), "links lead outside it"),
        (lambda s: s["nodes"]["right_child"].__setitem__(0, 1), "links run in a circle"),
        (lambda s: s["nodes"]["feature"].__setitem__(0, 4), "columns are not among the 4"),
        (lambda s: s["nodes"]["feature"].__setitem__(0, -2), "columns are not among the 4"),
    ],
)
def test_a_tree_that_points_outside_itself(tmp_path, change, message):
    path = save(make_pipeline(crafted_tree(change)), tmp_path / "m")
    with pytest.raises(InputError, match=f"{message}.*; it is damaged or was tampered with"):
        load(path)


def test_a_forest_whose_trees_read_other_columns(tmp_path):
    X, y = numbers()
    forest = RandomForestClassifier(3, random_state=0).fit(X, y)
    wider = RandomForestClassifier(3, random_state=0).fit(np.hstack([X, X]), y)
    forest.estimators_[1] = wider.estimators_[1]
    path = save(forest, tmp_path / "m")
    with pytest.raises(InputError, match="columns are not those of its forest"):
        load(path)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("left", 10**6, "links lead outside it"),
        ("right", 0, "links lead outside it"),
        ("feature_idx", 50, "columns are not among"),
        ("is_categorical", 1, "sets of categories are not all there"),
    ],
)
def test_boosted_trees_that_point_outside_themselves(tmp_path, field, value, message):
    X, y = numbers()
    model = HistGradientBoostingClassifier(max_iter=2, random_state=0).fit(X, y)
    model._predictors[0][0].nodes[field][0] = value
    path = save(model, tmp_path / "m")
    with pytest.raises(InputError, match=message):
        load(path)
