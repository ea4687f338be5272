"""CommonSpace against the filling it stands for, built by hand; what it chooses, and what it refuses."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

import headstart as hs
from headstart.numeric.conditional_mean import conditional_mean


@pytest.fixture
def tables(rng):
    """Two shared columns of words and numbers, one of the target alone, two of the source alone."""
    n, m = 40, 120
    size, age, fee = (rng.normal(size=n + m) for _ in range(3))
    kind = rng.choice(["flat", "house"], n + m)
    garden = 0.8 * size + 0.5 * rng.normal(size=n + m)
    both = pd.DataFrame({"size": size, "kind": kind, "garden": garden, "age": age, "fee": fee})
    y = size + 2.0 * (kind == "house") + garden - age + 0.1 * rng.normal(size=n + m)
    return both[["kind", "garden", "size"]][:n], y[:n], both[["age", "size", "fee", "kind"]][n:], y[n:]


def regression(tables):
    X, y, Xs, ys = tables
    return X.reset_index(drop=True), y, hs.Domain(Xs.reset_index(drop=True), ys, name="there")


def test_shared_columns_and_rests(tables):
    X, _, source = regression(tables)
    space = hs.CommonSpace().fit(X, source=source)
    names = space.get_feature_names_out().tolist()
    assert names == ["size", "kind=house", "garden (rest)", "age (rest)", "fee (rest)"]
    assert space.method_ == "shared"
    assert space.reason_ == "2 of the target's 3 columns are in every domain (kind, size)"
    T, S = space.transform(X), space.transform_source(source.X)
    # one code for both domains
    both = pd.concat([X[["kind", "size"]], source.X[["kind", "size"]]])
    encoder = hs.TableEncoder().fit(both)
    np.testing.assert_allclose(T[:, :2], encoder.transform(X[["kind", "size"]]))
    np.testing.assert_allclose(S[:, :2], encoder.transform(source.X[["kind", "size"]]))
    garden = StandardScaler().fit_transform(X[["garden"]])
    np.testing.assert_allclose(T[:, [2]], garden - conditional_mean(T[:, :2], garden).of(T[:, :2]))
    assert (T[:, 3:] == 0).all() and (S[:, 2] == 0).all()
    own = StandardScaler().fit_transform(source.X[["age", "fee"]])
    np.testing.assert_allclose(S[:, 3:], own - conditional_mean(S[:, :2], own).of(S[:, :2]))


def test_it_equals_filling_by_conditional_means(tables):
    X, y, source = regression(tables)
    model = hs.Aligned(LinearRegression(), hs.CommonSpace()).fit(X, y, source=source)
    space = model.aligner_
    # every block of every row, what is missing by its conditional mean given the shared columns
    rests = {owners: rest for rest in space.map_.rests_ for owners in [rest.owners]}
    T, U = rests[(True, False)].mean_, rests[(False, True)].mean_
    Z, Zs = space.transform(X), space.transform_source(source.X)

    def filled(rows):
        S = rows[:, :2]
        return np.hstack([S, T.of(S) + rows[:, [2]], U.of(S) + rows[:, 3:]])

    expected = LinearRegression().fit(np.vstack([filled(Zs), filled(Z)]), np.r_[source.y, y])
    np.testing.assert_allclose(model.predict(X), expected.predict(filled(Z)), atol=1e-8)


def test_fill_error_says_what_the_shared_columns_know(tables):
    X, _, source = regression(tables)
    error = hs.CommonSpace().fit(X, source=source).fill_error_
    assert error.index.tolist() == ["garden", "age", "fee"]
    assert error["known_in"].tolist() == ["target", "there", "there"]
    assert error.loc["garden", "r2"] > 0.5 and error.loc["fee", "r2"] < 0.1
    assert error.loc["garden", "deviation"] < 0.7 < error.loc["age", "deviation"]
    alone = hs.CommonSpace().fit(X, source=hs.Domain(X, name="same")).fill_error_
    assert alone.empty and list(alone.columns) == ["known_in", "r2", "deviation"]


def test_unlabelled_rows_join_the_target(tables):
    X, _, source = regression(tables)
    few = hs.CommonSpace().fit(X[:10], source=source, unlabeled=hs.Domain(X[10:][["size", "garden", "kind"]]))
    all_rows = hs.CommonSpace().fit(X, source=source)
    np.testing.assert_allclose(few.transform(X), all_rows.transform(X))


def test_several_sources_each_with_its_columns(tables):
    X, _, source = regression(tables)
    first = hs.Domain(source.X[["size", "age"]], source.y, name="first")
    second = hs.Domain(source.X[["size", "kind", "fee"]], source.y, name="second")
    space = hs.CommonSpace().fit(X, source=hs.Sources([first, second]))
    names = space.get_feature_names_out().tolist()
    assert names == ["size", "kind=house (rest)", "garden (rest)", "age (rest)", "fee (rest)"]
    assert space.fill_error_["known_in"].tolist() == ["target and second", "target", "first", "second"]
    Z = space.transform(X), space.transform_source(first.X, 0), space.transform_source(second.X, 1)
    zero = [[bool((rows[:, j] == 0).all()) for j in range(5)] for rows in Z]
    assert zero == [
        [False, False, False, True, True],
        [False, True, True, False, True],
        [False, False, True, True, False],
    ]


def test_names_alone_do_not_make_a_column_shared(rng):
    X = pd.DataFrame({"size": rng.normal(size=9), "job": list("abc") * 3, "when": list("xyz") * 3})
    Xs = pd.DataFrame(
        {"size": rng.normal(size=9), "job": list("def") * 3, "when": rng.normal(size=9), "gap": [None] * 9}
    )
    space = hs.CommonSpace().fit(X, source=hs.Domain(Xs, name="there"))
    assert space.reason_ == "1 of the target's 3 columns are in every domain (size)"
    names = space.get_feature_names_out().tolist()
    assert "job=a (rest)" in names and "job (there)=d (rest)" in names and "when (there) (rest)" in names
    assert not any("gap" in name for name in names)


def test_arrays_are_matched_by_position_only_where_they_are_equally_wide(rng):
    X, Xs = rng.normal(size=(12, 3)), rng.normal(size=(15, 3))
    space = hs.CommonSpace().fit(X, source=hs.Domain(Xs))
    assert space.reason_ == "all 3 columns are in every domain: there is nothing to fill"
    y, ys = np.arange(12) % 2, np.arange(15) % 2
    assert hs.CommonSpace().fit(X, y, source=hs.Domain(Xs[:, :2], ys)).method_ == "labels"


def test_n_components_reduces_the_rests(tables):
    X, _, source = regression(tables)
    space = hs.CommonSpace(n_components=1).fit(X, source=source)
    full = hs.CommonSpace().fit(X, source=source)
    assert space.get_feature_names_out().tolist()[-1] == "age and others (rest 0)"
    rest = full.transform_source(source.X)[:, 3:]
    axis = np.linalg.svd(rest, full_matrices=False)[2][0]
    np.testing.assert_allclose(np.abs(space.transform_source(source.X)[:, 3]), np.abs(rest @ axis), atol=1e-8)


def test_encoders_of_ones_own(tables):
    X, _, source = regression(tables)
    numbers, theirs = X[["size", "garden"]], hs.Domain(source.X[["size", "age"]])
    encoders = {"target_encoder": StandardScaler(with_std=False), "source_encoder": StandardScaler(with_mean=False)}
    space = hs.CommonSpace(**encoders).fit(numbers, source=theirs)
    size = np.r_[numbers["size"], theirs.X["size"]]
    np.testing.assert_allclose(space.transform(numbers)[:, 0], numbers["size"] - size.mean())
    deviation = hs.CommonSpace(**encoders).fit(numbers, source=theirs).fill_error_["deviation"]
    np.testing.assert_allclose(deviation["age"], 1.0, atol=0.1)


def blobs(rng, n, m, classes=3):
    """Classes with the same layout behind different columns."""
    centres = rng.normal(size=(classes, 2)) * 4
    y, ys = np.arange(n) % classes, np.arange(m) % classes
    X = centres[y] @ rng.normal(size=(2, 5)) + rng.normal(size=(n, 5))
    Xs = centres[ys] @ rng.normal(size=(2, 7)) + rng.normal(size=(m, 7))
    return X, y, Xs, ys


def test_labels_bring_classes_together(rng):
    X, y, Xs, ys = blobs(rng, 60, 150)
    space = hs.CommonSpace().fit(X, y, source=hs.Domain(Xs, ys))
    assert space.method_ == "labels" and space.reason_ == "no column is in every domain; labels are in every domain"
    assert space.get_feature_names_out().tolist()[:3] == ["class direction 1", "class direction 2", "x0 (rest)"]
    Z, Zs = space.transform(X), space.transform_source(Xs)
    np.testing.assert_allclose(Z[:, :2].std(axis=0), 1.0)
    assert (Zs[:, 2:] == 0).all()
    # a learner that saw source rows alone knows the target
    assert LogisticRegression().fit(Zs[:, :2], ys).score(Z[:, :2], y) > 0.9
    blind = hs.Aligned(LogisticRegression(), hs.CommonSpace("labels", n_components=2))
    assert blind.fit(X, y, source=hs.Domain(Xs, ys)).score(X, y) > 0.9


def test_class_shares_play_no_part():
    """The first class is rare in the target and the last in the source; the source alone still tells the target."""
    right = []
    for seed in range(4):
        X, y, Xs, ys = blobs(np.random.default_rng(seed), 300, 600)
        keep, known = (np.flatnonzero((c != rare) | (np.arange(len(c)) % 10 < 2)) for c, rare in ((y, 0), (ys, 2)))
        X, y, Xs, ys = X[keep], y[keep], Xs[known], ys[known]
        space = hs.CommonSpace().fit(X, y, source=hs.Domain(Xs, ys))
        model = LogisticRegression(class_weight="balanced").fit(space.transform_source(Xs)[:, :2], ys)
        right.append(model.score(space.transform(X)[:, :2], y))
    # centred at the mean of all rows it is 0.67
    assert np.mean(right) > 0.9


def test_labels_that_only_one_domain_has_are_left_aside(rng):
    X, y, Xs, ys = blobs(rng, 60, 150)
    more, labels = np.vstack([Xs, 100 + Xs[:30]]), np.r_[ys, np.full(30, 7)]
    assert hs.CommonSpace().fit(X, y, source=hs.Domain(more, labels)).map_.maps_[0].shape[1] == 2


def test_numbers_are_cut_at_the_targets_quantiles(rng):
    hidden, theirs = rng.normal(size=(80, 2)), rng.normal(size=(200, 2))
    y, ys = hidden @ [2.0, 1.0], theirs @ [2.0, 1.0]
    X = hidden @ rng.normal(size=(2, 4)) + 0.2 * rng.normal(size=(80, 4))
    Xs = theirs @ rng.normal(size=(2, 6)) + 0.2 * rng.normal(size=(200, 6))
    model = hs.Aligned(Ridge(), hs.CommonSpace("labels", n_components=1)).fit(X, y, source=hs.Domain(Xs, ys))
    Z, Zs = model.aligner_.transform(X), model.aligner_.transform_source(Xs)
    same = np.corrcoef(Z[:, 0], y)[0, 1] * np.corrcoef(Zs[:, 0], ys)[0, 1]
    assert same > 0.6
    assert model.score(X, y) > 0.8


def test_labels_with_several_sources(rng):
    X, y, Xs, ys = blobs(rng, 60, 150)
    two = hs.Sources([hs.Domain(Xs[:80], ys[:80], name="a"), hs.Domain(Xs[80:, :6], ys[80:], name="b")])
    space = hs.CommonSpace().fit(X, y, source=two)
    assert space.transform_source(Xs[80:, :6], domain=1).shape == (70, space.transform(X).shape[1])


def linked(rng, n):
    common = rng.normal(size=(n, 2))
    A, B = np.random.default_rng(1).normal(size=(2, 4)), np.random.default_rng(2).normal(size=(2, 6))
    rows = common @ A + 0.3 * rng.normal(size=(n, 4)), common @ B + 0.3 * rng.normal(size=(n, 6))
    return *rows, common @ [1.0, -1.0]


def test_pairs_link_the_domains(rng):
    X, _, y = linked(rng, 20)
    _, Xs, ys = linked(rng, 150)
    pairs = hs.Pairs(*linked(rng, 60)[:2])
    space = hs.CommonSpace(pairs=pairs).fit(X, source=hs.Domain(Xs, ys))
    assert space.method_ == "pairs" and space.reason_ == "60 pairs of rows link the domains"
    assert space.map_.correlations_.shape == (2,) and (space.map_.correlations_ > 0.7).all()
    assert space.fill_error_["known_in"].tolist() == ["target"] * 4 + ["source 1"] * 6
    Z, Zs = space.transform(X), space.transform_source(Xs)
    assert (Z[:, 6:] == 0).all() and (Zs[:, 2:6] == 0).all()
    # what the source's labels taught is true of the target
    assert Ridge().fit(Zs[:, :2], ys).score(Z[:, :2], y) > 0.7
    # the two rows of a pair lie close to each other
    a, b = space.transform(pairs.target_rows)[:, :2], space.transform_source(pairs.source_rows)[:, :2]
    assert np.linalg.norm(a - b) < 0.6 * np.linalg.norm(a - b[::-1])


def test_pairs_that_have_nothing_in_common_keep_one_weak_direction(rng):
    X, Xs = rng.normal(size=(30, 4)), rng.normal(size=(50, 6))
    pairs = hs.Pairs(rng.normal(size=(40, 4)), rng.normal(size=(40, 6)))
    space = hs.CommonSpace(pairs=pairs).fit(X, source=hs.Domain(Xs))
    assert len(space.map_.correlations_) == 1 and space.map_.correlations_[0] < 0.4
    assert len(hs.CommonSpace(pairs=pairs, n_components=3).fit(X, source=hs.Domain(Xs)).map_.correlations_) == 3


def test_a_transfer_estimator_inside_gets_target_and_source(tables):
    X, y, source = regression(tables)
    model = hs.Aligned(hs.SourcePriorRegressor(), hs.CommonSpace()).fit(X, y, source=source)
    space = model.aligner_
    mapped = hs.Domain(space.transform_source(source.X), source.y)
    expected = hs.SourcePriorRegressor().fit(space.transform(X), y, source=mapped)
    np.testing.assert_allclose(model.predict(X), expected.predict(space.transform(X)))
    assert model.estimator_.n_source_ == 120
    inner = hs.Aligned(Ridge(), hs.FeatureAugmentation())
    twice = hs.Aligned(inner, hs.CommonSpace()).fit(X, y, source=source)
    expected = inner.fit(space.transform(X), y, source=mapped)
    np.testing.assert_allclose(twice.predict(X), expected.predict(space.transform(X)))
    with pytest.raises(
        hs.InputError, match="target_weight=2.0 and the estimator is a SourcePriorRegressor, which weighs"
    ):
        hs.Aligned(hs.SourcePriorRegressor(), hs.CommonSpace(), target_weight=2.0).fit(X, y, source=source)


def test_wrappers_read_raw_tables(tables):
    X, y, source = regression(tables)
    alone = hs.Aligned(Ridge(), hs.CommonSpace()).fit(X, y)
    encoded = hs.TableEncoder().fit(X)
    np.testing.assert_allclose(alone.predict(X), Ridge().fit(encoded.transform(X), y).predict(encoded.transform(X)))
    blind = hs.TargetBlind(hs.Aligned(Ridge(), hs.CommonSpace()))
    one, other = (blind.fit(X, v, source=source).predict(X) for v in (y, -y))
    np.testing.assert_array_equal(one, other)
    assert hs.Aligned(Ridge(), hs.CommonSpace()).traits.same_columns is False
    assert hs.Aligned(Ridge()).traits.same_columns is True
    with pytest.raises(hs.InputError, match="source 'there' has no labels, which Aligned needs"):
        hs.Aligned(Ridge(), hs.CommonSpace()).fit(X, y, source=hs.Domain(source.X, name="there"))
    with pytest.raises(hs.InputError, match="Aligned requires y to be passed, but the target y is None"):
        hs.Aligned(Ridge(), hs.CommonSpace()).fit(X)
    with pytest.raises(hs.InputError, match="X has 40 rows and y 39 labels; expected a label for each row"):
        hs.Aligned(Ridge(), hs.CommonSpace()).fit(X, y[1:], source=source)


def test_later_rows_are_held_against_their_domain(tables):
    X, _, source = regression(tables)
    space = hs.CommonSpace().fit(X, source=source)
    with pytest.raises(hs.InputError, match="feature names should match"):
        space.transform(source.X)
    with pytest.raises(hs.InputError, match="feature names should match"):
        space.transform_source(X.assign(other=0.0))
    with pytest.raises(hs.InputError, match="domain=1 of 1 source domains; expected 0 to 0"):
        space.transform_source(source.X, domain=1)
    with pytest.raises(hs.InputError, match="fitted without a source, so that it maps no source rows"):
        hs.CommonSpace().fit(X).transform_source(source.X)
    unseen = X.head(2).assign(kind=["castle", None], size=[np.nan, 1.0])
    assert np.isfinite(space.transform(unseen)).all()


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"method": "magic"}, hs.InputError, "method is 'magic'; expected 'auto', 'shared', 'labels' or 'pairs'"),
        ({"n_components": 0}, hs.InputError, "n_components is 0; expected an integer of at least 1"),
        ({"n_components": 1.5}, hs.InputTypeError, "n_components is 1.5, of type float; expected an integer"),
        ({"pairs": [1]}, hs.InputTypeError, "pairs= is of type list; expected hs.Pairs"),
        ({"method": "pairs"}, hs.InputError, "method is 'pairs' and pairs= is None; expected pairs=hs.Pairs"),
        (
            {"method": "shared", "pairs": hs.Pairs(np.eye(4), np.eye(4))},
            hs.InputError,
            "pairs= is given and method is 'shared', which does not use it",
        ),
    ],
)
def test_parameters_out_of_range_are_refused(rng, arguments, error, text):
    with pytest.raises(error, match=text):
        hs.CommonSpace(**arguments).fit(rng.normal(size=(9, 2)), source=hs.Domain(rng.normal(size=(9, 2))))


def test_what_cannot_be_linked_is_refused(rng):
    X, Xs = pd.DataFrame({"a": rng.normal(size=8), "b": 1.0}), pd.DataFrame({"c": rng.normal(size=9)})
    y, ys = np.arange(8) % 2, np.arange(9) % 2
    link = "no column in common, and the target has no labels; expected one of three: columns of one name"
    with pytest.raises(hs.InputError, match=link):
        hs.CommonSpace().fit(X, source=hs.Domain(Xs, ys))
    with pytest.raises(hs.InputError, match="no column in common, and a source has no labels"):
        hs.CommonSpace().fit(X, y, source=hs.Domain(Xs))
    with pytest.raises(
        hs.InputError, match="no column of the target is in the source by name and kind: the target has a"
    ):
        hs.CommonSpace("shared").fit(X, y, source=hs.Domain(Xs, ys))
    with pytest.raises(hs.InputError, match="method is 'labels' and the target y is None"):
        hs.CommonSpace("labels").fit(X, source=hs.Domain(Xs, ys))
    with pytest.raises(hs.InputError, match="method is 'labels' and source 's' has no labels"):
        hs.CommonSpace("labels").fit(X, y, source=hs.Domain(Xs, name="s"))
    with pytest.raises(hs.InputError, match="no label in common"):
        hs.CommonSpace("labels").fit(X, y, source=hs.Domain(Xs, ys + 5))
    with pytest.raises(hs.InputError, match="have 1 classes in common; expected at least 2"):
        hs.CommonSpace("labels").fit(X, y, source=hs.Domain(Xs, ys + 1))
    with pytest.raises(hs.InputError, match="n_components is 2 and the smallest domain has 1 principal components"):
        hs.CommonSpace("labels", n_components=2).fit(X, y, source=hs.Domain(Xs, ys))
    with pytest.raises(hs.InputError, match="X has 8 rows and y 7 labels"):
        hs.CommonSpace().fit(X, y[1:], source=hs.Domain(Xs, ys))
    with pytest.raises(hs.InputTypeError, match="source 's' is a sparse matrix; expected a dense table"):
        hs.CommonSpace().fit(X, source=hs.Domain(sp.eye_array(4, format="csr"), name="s"))


def test_pairs_that_cannot_be_used_are_refused(rng):
    with pytest.raises(hs.InputError, match="Pairs has 3 target rows and 4 source rows; expected as many of each"):
        hs.Pairs(np.zeros((3, 2)), np.zeros((4, 2)))
    with pytest.raises(hs.InputTypeError, match="target_rows of Pairs is of type str"):
        hs.Pairs("rows", np.zeros((4, 2)))
    X, Xs = rng.normal(size=(9, 2)), rng.normal(size=(9, 3))
    with pytest.raises(hs.InputError, match="pairs= has 3 pairs; expected at least 4"):
        hs.CommonSpace(pairs=hs.Pairs(X[:3], Xs[:3])).fit(X, source=hs.Domain(Xs))
    with pytest.raises(hs.InputError, match="source_rows of pairs has 2 columns and its domain 3; expected the same"):
        hs.CommonSpace(pairs=hs.Pairs(X, X)).fit(X, source=hs.Domain(Xs))
    with pytest.raises(hs.InputError, match="n_components is 3 and 9 pairs of these columns have at most 2 canonical"):
        hs.CommonSpace(pairs=hs.Pairs(X, Xs), n_components=3).fit(X, source=hs.Domain(Xs))
    named = pd.DataFrame(X, columns=["a", "b"])
    with pytest.raises(hs.InputError, match="target_rows of pairs lacks the columns a; expected those of its domain"):
        hs.CommonSpace(pairs=hs.Pairs(named[["b"]], Xs)).fit(named, source=hs.Domain(Xs))
    two = hs.Sources([hs.Domain(Xs, name="a"), hs.Domain(X, name="b")])
    with pytest.raises(hs.InputError, match="source 'b' has other columns than source 'a'; expected the same"):
        hs.CommonSpace(pairs=hs.Pairs(X, Xs)).fit(X, source=two)


@pytest.mark.slow
def test_the_other_checks_of_the_contract_hold_for_labels():
    """All but the one that fits without target labels, which nothing could then link."""
    model = hs.Aligned(LogisticRegression(), hs.CommonSpace("labels"))
    for name, check in hs.testing.transfer_checks(
        model, target_only=hs.Prepared(hs.TableEncoder(), LogisticRegression())
    ):
        if name not in ("missing_target_labels_are_used_or_refused",):
            check()
