"""Names and values of columns, and the proposals made from them."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp

import headstart as hs
from headstart.numeric.column_scores import levels_score, name_score, numbers_score, same_but_for_a_word, words_of
from headstart.numeric.synonyms import GROUP_OF, synonyms


def test_words_of_a_name():
    assert words_of("lotSize") == ["lot", "size"]
    assert words_of("Bedroom.AbvGr") == ["bedroom", "abv", "gr"]
    assert words_of("SquareFeet_2019") == ["square", "feet", "2019"]
    assert words_of("...") == []


@pytest.mark.parametrize(
    ("near", "far"),
    [
        (("lotSize", "lot_size"), ("lotSize", "landValue")),
        (("beds", "bedrooms"), ("beds", "rooms")),
        (("educ", "education"), ("educ", "experience")),
        (("wind_speed", "windspeed"), ("wind_speed", "humidity")),
        (("is_holiday", "holiday"), ("is_holiday", "is_weekend")),
        (("Gender", "sex"), ("Gender", "segment")),
        (("postal_code", "ZIP"), ("postal_code", "country")),
        (("patient_sex", "patient gender"), ("patient_sex", "patient_id")),
    ],
)
def test_alike_names_score_higher(near, far):
    assert name_score(*near) > 0.6 > name_score(*far)
    assert name_score(*near) == name_score(*near[::-1])
    assert name_score("", "x") == 0.0


def test_synonyms_are_bare_words_of_one_line():
    assert all(name.isalnum() and name == name.lower() for name in GROUP_OF)
    assert synonyms("sex", "gender") and not synonyms("sex", "sex") and not synonyms("sex", "age")
    groups = list(GROUP_OF.values())
    assert all(groups.count(g) > 1 for g in groups)


def test_a_synonym_is_proposed_and_renames_nothing_by_itself():
    ours = pd.DataFrame({"Gender": ["Male", "Female", "Female"] * 4, "x": np.arange(12.0)})
    theirs = pd.DataFrame({"sex": ["m", "f", "m"] * 4, "x": np.arange(12.0)})
    found = hs.match_columns(ours, theirs)
    (match,) = found.matches
    assert (match.target, match.source, match.weak) == ("Gender", "sex", False)
    assert match.reasons == ("names alike (0.90)",)
    assert theirs.columns.tolist() == ["sex", "x"] and found.rename(theirs).columns.tolist() == ["Gender", "x"]


def test_names_that_differ_in_a_word_are_not_proposed_by_their_values():
    assert same_but_for_a_word("mean concavity", "mean smoothness")
    assert not same_but_for_a_word("mean area", "area") and not same_but_for_a_word("concavity", "smoothness")
    assert name_score("mean area", "worst area") == 0.0 and name_score("postal code", "zip code") == 0.9
    assert not same_but_for_a_word("mean temp", "mean temperature") and not same_but_for_a_word("a_b", "b_a")
    rng = np.random.default_rng(0)
    values = rng.gamma(2.0, size=(2, 300))
    for names, proposed in ((("mean concavity", "mean smoothness"), 0), (("concavity", "smoothness"), 1)):
        ours, theirs = (pd.DataFrame({name: v}) for name, v in zip(names, values, strict=True))
        assert len(hs.match_columns(ours, theirs).matches) == proposed


def test_numbers_score_is_one_less_the_ks_distance(rng):
    a, b = rng.normal(size=80), np.r_[rng.normal(1.0, 1.0, size=120), np.nan]
    assert numbers_score(a, b) == pytest.approx(1 - ks_2samp(a, b[:-1]).statistic)
    assert numbers_score(a, a) == 1.0
    assert numbers_score(np.arange(9.0), np.arange(9.0) + 0.5) < 0.5
    assert numbers_score(np.array([np.nan]), a) == 0.0


def test_levels_score():
    assert levels_score({"Gas": 0.5, "oil": 0.5}, {"gas": 0.5, "OIL": 0.5}) == 1.0
    assert levels_score({"gas": 0.5, "oil": 0.5}, {"gas": 0.25, "wood": 0.75}) == pytest.approx(0.7 * 0.25 + 0.3 * 0.25)
    assert levels_score({"gas": 1.0}, {"wood": 1.0}) == 0.0


@pytest.fixture
def tables(rng):
    ours = pd.DataFrame(
        {
            "beds": rng.integers(1, 6, 60),
            "sqft": rng.normal(1500, 400, 60),
            "kind": rng.choice(["flat", "house", "villa"], 60),
            "garden": rng.choice(["yes", "no"], 60),
            "price": rng.normal(size=60),
        }
    )
    theirs = pd.DataFrame(
        {
            "price": rng.normal(size=80),
            "bedrooms": rng.integers(1, 6, 80),
            "latitude": rng.normal(40, 1, 80),
            "building": rng.choice(["villa", "house", "flat"], 80),
            "pool": rng.choice(["yes", "no"], 80),
        }
    )
    return ours, theirs


def test_proposals_are_one_to_one_and_leave_out_what_says_nothing(tables):
    ours, theirs = tables
    found = hs.match_columns(ours, hs.Domain(theirs))
    assert [(m.target, m.source, m.kind) for m in found.matches] == [
        ("beds", "bedrooms", "number"),
        ("kind", "building", "category"),
    ]
    assert found.same == ("price",)
    assert found.only_target == ("sqft", "garden") and found.only_source == ("latitude", "pool")
    assert found.matches[0].score > found.matches[1].score >= 0.5
    text = str(found)
    assert text.splitlines()[0].split() == ["target", "source", "kind", "score", "why"]
    assert "levels in common: flat, house, villa" in text or "levels in common" in text
    assert "only in the source: latitude, pool" in text
    assert repr(found) == text


def test_rename_only_when_asked(tables):
    ours, theirs = tables
    before = theirs.copy()
    found = hs.match_columns(ours, theirs)
    pd.testing.assert_frame_equal(theirs, before)
    domain = found.rename(hs.Domain(theirs, np.arange(80), name="there"))
    assert list(domain.X.columns) == ["price", "beds", "latitude", "kind", "pool"]
    assert domain.name == "there" and domain.y is not None
    assert list(found.rename(theirs, only="kind").columns) == ["price", "bedrooms", "latitude", "kind", "pool"]
    pd.testing.assert_frame_equal(theirs, before)
    with pytest.raises(hs.InputError, match="only= names sqft, for which there is no proposal; expected some of beds"):
        found.rename(theirs, only=["sqft"])
    with pytest.raises(hs.InputError, match="the source lacks bedrooms; expected the columns that were matched"):
        found.rename(theirs.drop(columns="bedrooms"))
    with pytest.raises(hs.InputTypeError, match="the source is an array, whose columns have no names"):
        found.rename(np.zeros((2, 5)))


def homes(rng, n, area, **more):
    """Areas, and ages of another size."""
    return pd.DataFrame({area: rng.normal(1500, 400, n).round(), **more})


def test_values_alone_propose_weakly_and_nothing_is_renamed_by_it_unasked(rng):
    ours = homes(rng, 300, "sqft", beds=rng.integers(1, 6, 300))
    theirs = homes(rng, 400, "livingArea", bedrooms=rng.integers(1, 6, 400), age=rng.gamma(2.0, 20.0, 400))
    found = hs.match_columns(ours, theirs)
    assert [(m.target, m.source, m.weak) for m in found.matches] == [
        ("beds", "bedrooms", False),
        ("sqft", "livingArea", True),
    ]
    alike = numbers_score(ours["sqft"].to_numpy(), theirs["livingArea"].to_numpy())
    assert found.matches[1].reasons == (f"weak: only the values are alike ({alike:.2f}), and those of no other column",)
    assert "weak: only the values are alike" in str(found).splitlines()[-2]
    assert list(found.rename(theirs).columns) == ["livingArea", "beds", "age"]
    assert list(found.rename(theirs, only=["sqft"]).columns) == ["sqft", "bedrooms", "age"]
    assert found.only_target == () and found.only_source == ("age",)


def test_values_alone_propose_nothing_where_they_do_not_tell(rng):
    ours, theirs = homes(rng, 300, "sqft"), homes(rng, 400, "livingArea")
    # two columns that look like it, one of which even has the same name in both
    assert not hs.match_columns(ours, theirs.assign(basement=rng.normal(1500, 400, 400).round())).matches
    assert not hs.match_columns(ours.assign(q=ours["sqft"] + 1), theirs.assign(q=theirs["livingArea"] + 1)).matches
    # few different values: counts and codes
    coarse = [t.set_axis([c], axis=1) // 100 for t, c in ((ours, "sqft"), (theirs, "livingArea"))]
    assert not hs.match_columns(*coarse).matches
    # the same shape in another unit
    assert not hs.match_columns(ours, theirs * 0.0929).matches


def test_two_candidates_for_one_column_get_the_better_one(rng):
    ours = pd.DataFrame({"temp": rng.normal(size=50), "humidity": rng.uniform(size=50)})
    theirs = pd.DataFrame({"temperature": rng.normal(size=50), "temp_felt": rng.normal(5, 1, size=50)})
    assert [(m.target, m.source) for m in hs.match_columns(ours, theirs).matches] == [("temp", "temperature")]


def test_nothing_alike_says_so():
    found = hs.match_columns(pd.DataFrame({"a": [1.0, 2.0]}), pd.DataFrame({"word": ["x", "y"]}))
    assert not found.matches
    assert str(found).startswith("no two columns of different names look alike enough to be proposed")


def test_what_cannot_be_matched_is_refused():
    named = pd.DataFrame({"a": [1.0]})
    with pytest.raises(
        hs.InputTypeError, match="source is an array, whose columns have no names; expected a DataFrame"
    ):
        hs.match_columns(named, np.zeros((2, 2)))
    with pytest.raises(hs.InputError, match="target has no rows; expected some values to compare"):
        hs.match_columns(named.iloc[:0], named)


@pytest.mark.shared
def test_columns_of_houses_sold_in_two_cities(root):
    folder = root.parent / "shared" / "data" / "house_prices_6_cities"
    if not folder.exists():
        pytest.skip("the shared data are not here")
    ours, theirs = (pd.read_parquet(folder / f"{name}.parquet") for name in ("sacramento_ca", "grinnell_ia"))
    found = {(m.target, m.source) for m in hs.match_columns(ours, theirs).matches}
    assert {("beds", "Bedrooms"), ("baths", "Baths"), ("sqft", "SquareFeet")} <= found
