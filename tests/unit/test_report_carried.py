"""What was carried over: the section of the page against the estimators that it tells of."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import headstart as hs
from headstart.choose.members import CommonMember, MovedMember, SharedMember
from headstart.report import model_card, render_report
from headstart.report.carried import views
from headstart.report.encoded import columns_of, digits_for, short
from headstart.report.tree_picture import LEVELS

from .. import report_cases as rc
from .test_report_page import Page


@pytest.fixture(scope="module")
def shift():
    return hs.datasets.make_shift("concept", n_target=60, n_source=200, random_state=0)


@pytest.fixture(scope="module")
def numbers():
    return hs.datasets.make_shift("concept", n_target=60, n_source=200, task="regression", random_state=0)


@pytest.fixture(scope="module")
def heart():
    """Rows of two hospitals, the encoder of both, and the encoded rows."""
    tables = hs.datasets.load_heart()
    target, source = tables["Hungary"], tables["Cleveland"]
    rows, y = target.X.iloc[::3], target.y[::3]
    encoder = hs.TableEncoder().fit(pd.concat([rows, source.X]))
    return encoder, encoder.transform(rows), y, hs.Domain(encoder.transform(source.X), source.y)


def member(fitted, kind=SharedMember):
    found = kind(fitted)
    found.model_ = fitted
    return found


def model_of(encoder=None, kind=SharedMember, **fitted):
    """A model whose candidates are these fitted estimators."""
    spaces = SimpleNamespace(shared_=encoder)
    return rc.model(members={name: member(e, kind) for name, e in fitted.items()}, spaces=spaces)


def fit(estimator, shift):
    return estimator.fit(shift.target.X, shift.target.y, source=shift.source)


def counts_of(view):
    return {r["word"]: r["counts"] for r in view["table"]["rows"]}


def lines_of(picture):
    """The description that a screen reader hears, node by node."""
    return re.findall(r"Level \d.*?\.(?= Level|$)", re.search(r"<desc[^>]*>(.*?)</desc>", picture["svg"])[1])


def test_models_without_such_members_have_no_section(shift):
    alone = hs.TreeTransferClassifier().fit(shift.target.X, shift.target.y)
    linear = hs.LinearTransferClassifier().fit(shift.target.X, shift.target.y)
    forest = hs.ForestTransferClassifier(hs.ForestTransferClassifier()._default().set_params(n_estimators=2))
    forest.fit(shift.target.X, shift.target.y)
    assert forest.nodes_ is None
    other = fit(hs.Pooled(DecisionTreeClassifier()), shift)
    for model in (rc.model(), rc.model(members={}), model_of(a=alone, b=linear, c=other, d=forest)):
        assert views(model) == []
        page = render_report(model)
        assert 'id="carried"' not in page and 'href="#carried"' not in page
        assert "What was carried over" not in model_card(model)


def test_the_coefficients_are_those_of_the_estimator():
    fitted = fit(hs.LinearTransferClassifier(), hs.datasets.make_shift("identical", n_target=30, random_state=0))
    assert fitted.toward_ == "source"
    (view,) = views(model_of(linear=fitted))
    table, rows = fitted.carried_, view["table"]["rows"]
    assert len(rows) == min(10, len(table))
    for row, (_, known) in zip(rows, table.iterrows(), strict=False):
        assert row["column"] == known["column"]
        for name in ("source", "target", "moved"):
            assert float(row[name].replace("\N{MINUS SIGN}", "-")) == pytest.approx(known[name], rel=0.006)
    near = int((abs(table["target"] - table["source"]) <= 0.1 * abs(table["source"])).sum())
    turned = int((table["source"] * table["target"] < 0).sum())
    assert view["headline"].startswith(f"of {len(table)} coefficients {near} stayed within a tenth of the source's")
    assert ("changed" in view["headline"]) == (turned > 0)
    assert f"; {table['column'][0]} moved most" in view["headline"]
    page = Page(render_report(model_of(linear=fitted)))
    assert "linear: of " in page.text and rows[0]["moved"] in page.text
    assert f"the log odds of class {fitted.classes_[1]} changes" in page.text
    assert "linear: of " in model_card(model_of(linear=fitted))


def test_dots_of_coefficients_lie_as_far_apart_as_they_moved():
    shift = hs.datasets.make_shift("identical", n_target=30, task="regression", random_state=0)
    fitted = fit(hs.LinearTransferRegressor(), shift)
    (view,) = views(model_of(linear=fitted))
    apart = []
    for row in view["table"]["rows"]:
        b, a = (float(x) for x in re.findall(r'cx="(-?[\d.]+)%"', row["picture"]))
        apart.append(a - b)
    moved = fitted.carried_["moved"].to_numpy()[: len(apart)]
    assert np.allclose(np.array(apart) / moved, apart[0] / moved[0], rtol=0.05)
    assert "changes for one standard deviation" in view["about"] and "the label" in view["about"]


def test_a_source_that_is_left_carries_nothing():
    rng = np.random.default_rng(0)
    X, w = rng.normal(size=(80, 4)), np.array([2.0, -1.0, 1.0, 3.0])
    hostile = Ridge().fit(X, -20 * X @ w)
    fitted = hs.LinearTransferRegressor(source_model=hostile).fit(X, X @ w + rng.normal(size=80))
    assert fitted.toward_ == "zero"
    (view,) = views(model_of(linear=fitted))
    assert view["headline"] == "no coefficient was carried over: starting from zero did better in leave-one-out"
    assert view["table"] is None
    assert "no coefficient was carried over" in Page(render_report(model_of(linear=fitted))).text


def test_sources_that_were_dropped_are_counted():
    rng = np.random.default_rng(1)
    w = np.array([2.0, -1.0, 1.0, 3.0])
    X = rng.normal(size=(60, 4))
    good, bad = (Ridge().fit(X, sign * X @ w) for sign in (1, -20))
    fitted = hs.LinearTransferRegressor(source_model=[good, bad], random_state=0).fit(X, X @ w + rng.normal(size=60))
    assert fitted.transferable_.tolist() == [True, False]
    (view,) = views(model_of(linear=fitted))
    assert view["notes"] == ["1 of 2 sources were kept; the others did not help."]


def test_exact_coefficients_and_classes_are_told():
    rng = np.random.default_rng(0)
    Xs, X = rng.normal(size=(300, 30)), rng.normal(size=(60, 30))
    w = rng.normal(size=30)
    move = np.r_[3.0, np.zeros(29)]
    fitted = hs.LinearTransferRegressor(form="elastic").fit(
        X, X @ (w + move) + 0.3 * rng.normal(size=60), source=hs.Domain(Xs, Xs @ w + 0.3 * rng.normal(size=300))
    )
    exact = int((fitted.coef_ == fitted.source_coef_).sum())
    assert 0 < exact < 30
    assert f"({exact} exactly)" in views(model_of(linear=fitted))[0]["headline"]
    shift = hs.datasets.make_shift("identical", n_classes=3, n_target=30, random_state=0)
    many = fit(hs.LinearTransferClassifier(), shift)
    (view,) = views(model_of(linear=many))
    known = [str(c) for c in many.carried_["class"][:10]]
    assert [r["class"] for r in view["table"]["rows"]] == known and len(set(known)) > 1
    assert "the class's log odds" in view["about"]


@pytest.mark.parametrize("method", ["ser", "strut"])
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_counts_of_nodes_are_those_of_the_estimator(shift, numbers, method, task):
    kind = hs.TreeTransferClassifier if task == "classification" else hs.TreeTransferRegressor
    fitted = fit(kind(method=method, source_rows=1.0), shift if task == "classification" else numbers)
    (view,) = views(model_of(tree=fitted))
    n = fitted.transfer_["fate"].value_counts().to_dict()
    found = {word: int(counts[0].replace(",", "")) for word, counts in counts_of(view).items()}
    assert sorted(found.values()) == sorted(n.values())
    total = int((fitted.transfer_["source_node"] >= 0).sum())
    assert view["headline"].startswith(f"of the {total} nodes of the source tree {n.get('kept', 0)} w")
    if method == "strut":
        moved = n.get("moved", 0) + n.get("swapped", 0)
        assert f"{moved} got a new threshold" in view["headline"]
    before, after = view["pictures"]
    assert before["note"].startswith(f"{total} nodes, ")
    assert after["note"].startswith(f"{fitted.estimator_.tree_.node_count} node")


def small(method, moved_to):
    """A source tree of one split at 0 and target rows that part at another place, perhaps the other way round."""
    rng = np.random.default_rng(0)
    Xs, X = rng.uniform(-1, 1, size=(200, 1)), np.linspace(-1, 1, 101)[:, None]
    ys, y = np.where(Xs[:, 0] > 0, "b", "a"), moved_to(X[:, 0])
    model = DecisionTreeClassifier(max_depth=1).fit(Xs, ys)
    fitted = hs.TreeTransferClassifier(source_model=model, method=method).fit(X, y)
    return fitted, views(model_of(tree=fitted))[0]


def test_a_new_threshold_stands_on_both_sides():
    fitted, view = small("strut", lambda x: np.where(x > 0.55, "b", "a"))
    assert fitted.transfer_["fate"].tolist() == ["moved", "kept", "kept"]
    old, new = fitted.transfer_["source_threshold"][0], fitted.transfer_["threshold"][0]
    before, after = (lines_of(p) for p in view["pictures"])
    assert (
        before[0]
        == f"Level 1: x0 \N{LESS-THAN OR EQUAL TO} {short(old)}, now {short(new)}, same question, new threshold."
    )
    assert (
        after[0]
        == f"Level 1: x0 \N{LESS-THAN OR EQUAL TO} {short(new)}, was {short(old)}, same question, new threshold."
    )
    assert before[1].startswith("Level 2, yes: \N{RIGHTWARDS ARROW} a, 100%, ")
    assert before[2].startswith("Level 2, no: \N{RIGHTWARDS ARROW} b, 100%, ")
    rows = [int(n) for line in after for n in re.findall(r"(\d+) rows", line)]
    assert rows == fitted.estimator_.tree_.n_node_samples[1:].tolist()


def test_swapped_expanded_pruned_and_gone_are_told_apart():
    fitted, view = small("strut", lambda x: np.where(x > 0.55, "a", "b"))
    assert fitted.transfer_["fate"][0] == "swapped"
    assert "branches swapped" in lines_of(view["pictures"][1])[0]
    assert 'class="fate fate-swapped"' in view["pictures"][0]["svg"]
    fitted, view = small("ser", lambda x: np.where(abs(x) < 0.5, "b", "a"))
    assert {"expanded", "grown"} <= set(fitted.transfer_["fate"])
    after = view["pictures"][1]["svg"]
    assert "fate-expanded" in after and "fate-grown" in after and "branch-grown" in after
    assert "was a leaf" in " ".join(lines_of(view["pictures"][1]))
    fitted, view = small("ser", lambda x: np.where(x > 2, "b", np.where(x > -2, "a", "b")))
    assert fitted.estimator_.tree_.node_count == 1
    before, after = (lines_of(p) for p in view["pictures"])
    assert len(before) == 1 and "now a leaf; 2 nodes below gone" in before[0]
    assert len(after) == 1 and after[0].endswith("question that became a leaf.")
    assert "was: x0 \N{LESS-THAN OR EQUAL TO}" in after[0]


def test_a_branch_without_target_rows_is_one_line():
    rng = np.random.default_rng(0)
    Xs = rng.uniform(-1, 1, size=(400, 2))
    model = DecisionTreeRegressor(max_depth=3).fit(Xs, np.where(Xs[:, 0] > 0, 10 + Xs[:, 1], Xs[:, 1]))
    X = Xs[Xs[:, 0] > 0.1]
    fitted = hs.TreeTransferRegressor(source_model=model).fit(X, 10 + X[:, 1] + rng.normal(scale=0.01, size=len(X)))
    (view,) = views(model_of(tree=fitted))
    before = lines_of(view["pictures"][0])
    assert "all target rows go one way" in before[0] and before[0].endswith("gone.")
    below = int((fitted.transfer_["fate"] == "gone").sum()) - 1
    assert before[1] == f"Level 2, yes: a branch of {below} nodes, no target row reaches it, gone."
    assert before[2].startswith("Level 2, no: x1")


def test_deep_trees_are_cut_and_it_says_so(shift):
    deep = DecisionTreeClassifier(random_state=0).fit(shift.source.X, shift.source.y)
    assert deep.get_depth() + 1 > LEVELS
    fitted = hs.TreeTransferClassifier(source_model=deep, method="strut", keep="all", strut_rows=2)
    fitted.fit(shift.target.X, shift.target.y)
    (view,) = views(model_of(tree=fitted))
    for picture, tree in zip(view["pictures"], (deep.tree_, fitted.estimator_.tree_), strict=True):
        drawn = lines_of(picture)
        assert max(int(line[6]) for line in drawn) == LEVELS
        left_out = tree.node_count - len(drawn)
        assert f"{left_out} nodes deeper than {LEVELS} levels left out." in picture["note"]
        assert sum(map(int, re.findall(r">(?:[^<]*, )?(\d+) more below<", picture["svg"]))) == left_out


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_forest_shows_its_trees_and_the_one_that_changed_most(shift, numbers, task):
    kind = hs.ForestTransferClassifier if task == "classification" else hs.ForestTransferRegressor
    learner = kind()._default().set_params(n_estimators=5)
    fitted = fit(kind(learner), shift if task == "classification" else numbers)
    table, nodes = fitted.transfer_, fitted.nodes_
    changed = table["source_nodes"] - table["kept"] + table["grown"]
    assert nodes["tree"].unique().tolist() == [int(changed.argmax())]
    row = table.iloc[int(changed.argmax())]
    assert (nodes["fate"] == "gone").sum() == row["gone"] and (nodes["node"] >= 0).sum() == row["nodes"]
    (view,) = views(model_of(forest=fitted))
    assert view["headline"].startswith("5 trees of the source, each moved by SER and STRUT, make 10 trees: ")
    sums = table.groupby("method")[["kept", "gone"]].sum()
    assert counts_of(view)["gone"] == [f"{sums.at[m, 'gone']:,}" for m in ("ser", "strut")]
    assert f"number {row['source_tree'] + 1} of the source, moved by {row['method'].upper()}" in view["shown"]
    assert view["pictures"][1]["note"].startswith(f"{row['nodes']} node")
    said = [m for line in lines_of(view["pictures"][0]) for m in re.findall("\N{RIGHTWARDS ARROW} ([^,]+), ", line)]
    if task == "classification" and said:
        assert set(said) <= {str(c) for c in fitted.classes_}


def test_forest_headline_counts_trees():
    from headstart.report.carried_trees import _forest_headline

    fates = ["kept", "moved", "swapped", "expanded", "pruned", "gone", "grown"]
    rows = [[3, 0, 0, 0, 0, 0, 0], [2, 1, 0, 0, 0, 0, 0], [1, 0, 0, 0, 1, 2, 0], [3, 0, 0, 0, 0, 0, 0]]
    table = pd.DataFrame(rows, columns=fates).assign(source_tree=range(4), method="strut")
    assert _forest_headline(table, ["strut"]) == (
        "4 trees of the source were each moved by STRUT: 2 kept every node, 1 kept all questions and got new "
        "thresholds and 1 lost or grew branches"
    )


def test_columns_are_in_the_tables_own_words_and_units(heart):
    encoder, X, y, source = heart
    tree = hs.TreeTransferClassifier(method="strut").fit(X, y, source=source)
    linear = hs.LinearTransferClassifier().fit(X, y, source=source)
    names = encoder.get_feature_names_out()
    told = views(model_of(encoder, tree=tree, linear=linear))
    assert told[1]["table"]["rows"][0]["column"] == names[int(linear.carried_["column"][0][1:])]
    columns = columns_of(tree, encoder)
    assert [c.name for c in columns] == names.tolist()
    age = names.tolist().index("age")
    assert columns[age].own(0.0) == pytest.approx(encoder.block_.mean[0])
    assert columns[age].own(1.0) == pytest.approx(encoder.block_.mean[0] + encoder.block_.deviation[0])
    asked = tree.estimator_.tree_.feature[0], tree.estimator_.tree_.threshold[0]
    assert "".join(columns[asked[0]].asks(asked[1])) in lines_of(told[0]["pictures"][1])[0]
    sex = names.tolist().index("sex=male")
    assert columns[sex].asks(0.5) == ("sex is not male", "")
    assert columns[sex].asks(1.5)[1].endswith("1.5")
    gap = names.tolist().index("cholesterol is missing")
    assert columns[gap].asks(0.5) == ("cholesterol is not missing", "")
    given = rc.model(
        members={"linear": member(linear, MovedMember)},
        spaces=SimpleNamespace(models=SimpleNamespace(encoder_of=lambda code: encoder)),
    )
    assert views(given)[0]["table"]["rows"] == told[1]["table"]["rows"]
    apart = views(model_of(encoder, kind=CommonMember, linear=linear))
    assert apart[0]["table"]["rows"][0]["column"] == linear.carried_["column"][0]


def test_dates_text_and_gaps_have_names_in_order():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "n": rng.normal(size=60),
            "when": pd.date_range("2020-01-01", periods=60, freq="36h").astype(str),
            "k": rng.choice(["u", "v", "w"], 60),
            "words": [f"word {j} other {j * 7}" for j in range(60)],
        }
    )
    table.loc[3, ["n", "k"]] = None
    table.loc[5, "when"] = None
    encoder = hs.TableEncoder().fit(table)
    found = columns_of(SimpleNamespace(n_features_in_=encoder.transform(table).shape[1]), encoder)
    assert [c.name for c in found] == encoder.get_feature_names_out().tolist()
    days = next(c for c in found if c.name == "when: days")
    assert days.own(0.0) == pytest.approx(encoder.encoders_[0].block.mean[0])
    assert {c.no for c in found} >= {"n is not missing", "when is not missing", "k is not missing", "k is not u"}


def test_one_level_inside_a_wrapper(heart):
    tables = hs.datasets.load_heart()
    target, source = tables["Hungary"], tables["Cleveland"]
    wrapped = hs.Prepared(hs.TableEncoder(), hs.TreeTransferClassifier())
    wrapped.fit(target.X.iloc[::3], target.y[::3], source=source)
    (view,) = views(model_of(tree=wrapped))
    name = wrapped.preprocessor_.get_feature_names_out()[wrapped.estimator_.source_model_.tree_.feature[0]]
    assert lines_of(view["pictures"][0])[0].startswith(f"Level 1: {name.split('=')[0]}")


def test_own_names_are_used_and_escaped(shift):
    X = pd.DataFrame(shift.target.X).rename(columns=lambda j: f"<i>{j}" + "y" * 60)
    source = hs.Domain(pd.DataFrame(shift.source.X, columns=X.columns), shift.source.y)
    fitted = hs.TreeTransferClassifier(method="strut").fit(X, shift.target.y, source=source)
    linear = hs.LinearTransferClassifier().fit(X, shift.target.y, source=source)
    text = render_report(model_of(**{"<b>": fitted, "l": linear}))
    assert "<i>" not in text and "<b>:" not in text
    assert "&lt;i&gt;0" in text
    shown = re.findall(r"<text[^>]*>(.*?)</text>", views(model_of(t=fitted))[0]["pictures"][0]["svg"])
    assert any("\N{HORIZONTAL ELLIPSIS} \N{LESS-THAN OR EQUAL TO} " in t for t in shown)
    Page(text)


def test_pictures_are_labelled_and_ids_unique(shift):
    fitted = fit(hs.TreeTransferClassifier(), shift)
    page = Page(render_report(model_of(one=fitted, two=fitted)))
    trees = [a for a in page.all("svg") if a.get("class") == "tree"]
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(trees) == 4 and len(ids) == len(set(ids))
    for tree in trees:
        assert tree["role"] == "img" and {tree["aria-labelledby"], tree["aria-describedby"]} <= set(ids)
    assert '<a href="#carried">What was carried over</a>' in render_report(model_of(one=fitted))


def boosted(task, kind="identical", seed=0, **options):
    """A really fitted continuation of scikit-learn's boosting."""
    shift = hs.datasets.make_shift(kind, n_target=24, n_source=200, task=task, random_state=seed)
    name = "BoostingTransferClassifier" if task == "classification" else "BoostingTransferRegressor"
    return fit(getattr(hs, name)(max_new_trees=20, random_state=0, **options), shift)


@pytest.mark.parametrize(
    ("task", "kind", "seed", "headline"),
    [
        ("classification", "identical", 0, "all {n} boosting rounds of the source were kept, with 75% of what they"),
        ("regression", "concept", 1, "all {n} boosting rounds of the source were kept, with 75% of what they say; "),
        ("regression", "identical", 0, "all {n} boosting rounds of the source were kept; 1 round of boosting"),
        ("regression", "concept", 2, "all {n} boosting rounds of the source were kept; none was added"),
        ("classification", "concept", 3, "nothing was carried over from the source; {new} rounds of boosting on"),
    ],
)
def test_boosting_tells_what_was_kept_and_added(task, kind, seed, headline):
    fitted = boosted(task, kind, seed)
    (view,) = views(model_of(boosting=fitted))
    inner = getattr(fitted.source_model_, "steps", [(None, fitted.source_model_)])[-1][1]
    assert view["headline"].startswith(headline.format(n=inner.n_iter_, new=fitted.n_new_trees_))
    if fitted.n_new_trees_ > 1:
        assert f"; {fitted.n_new_trees_} rounds of boosting on target rows were added" in view["headline"]
    rows = view["table"]["rows"]
    assert [r["share"] for r in rows] == ["100%", "75%", "50%", "25%", "none of it"]
    for row, share in zip(rows, (1.0, 0.75, 0.5, 0.25, 0.0), strict=True):
        path = fitted.path_[fitted.path_["shrinkage"] == share]
        assert float(row["loss"]) == pytest.approx(path["loss"].min(), rel=1e-3)
        assert int(row["trees"]) == path["trees"].to_numpy()[path["loss"].to_numpy().argmin()]
        assert row["chosen"] == (share == fitted.shrinkage_)
    assert next(r["trees"] for r in rows if r["chosen"]) == str(fitted.n_new_trees_)
    assert "Loss on held-out target rows" in Page(render_report(model_of(boosting=fitted))).text


def test_why_the_chosen_share_need_not_have_the_least_loss():
    told = "has to be 4 nats above that without it (source_trust), for each part of it in proportion. So the chosen"
    for task, kind, seed in (("classification", "identical", 0), ("regression", "concept", 1)):
        fitted = boosted(task, kind, seed)
        least = fitted.path_["shrinkage"][fitted.path_["loss"].idxmin()]
        assert least < fitted.shrinkage_  # the source is believed more than the folds alone would have it
        assert told in Page(render_report(model_of(boosting=fitted))).text
        folds_alone = boosted(task, kind, seed, source_trust=0.0)
        assert folds_alone.shrinkage_ == least
        assert "source_trust" not in render_report(model_of(boosting=folds_alone))


def test_a_share_that_was_given_is_not_said_to_be_chosen():
    for task in ("classification", "regression"):
        fixed = boosted(task, shrinkage=0.5, n_new_trees=3)
        (view,) = views(model_of(boosting=fixed))
        assert view["table"] is None and view["about"] == ""
        assert view["headline"].endswith("with 50% of what they say; 3 rounds of boosting on target rows were added")
        only_rounds = boosted(task, shrinkage=0.5)
        (view,) = views(model_of(boosting=only_rounds))
        assert len(view["table"]["rows"]) == 1 and view["about"] == ""


def test_boosting_without_a_source_carries_nothing_over():
    shift = hs.datasets.make_shift("identical", n_target=24, n_source=30, random_state=0)
    alone = hs.BoostingTransferClassifier(random_state=0).fit(shift.target.X, shift.target.y)
    assert views(model_of(boosting=alone)) == []


def test_numbers_are_short_and_told_apart():
    assert [short(v) for v in (0.12345, -1234567.0, 54.5, 1e-7, 0.0)] == [
        "0.1235",
        "\N{MINUS SIGN}1234567",
        "54.5",
        "1e\N{MINUS SIGN}07",
        "0",
    ]
    assert digits_for(1.00001, 1.00002) == 6 and digits_for(1.0, 1.0) == 4 and digits_for(1.0, 2.0) == 4


@pytest.mark.slow
def test_a_saved_model_gives_the_same_page(tmp_path):
    shift = hs.datasets.make_shift("concept", n_target=30, n_source=60, random_state=0)
    learner = hs.ForestTransferClassifier()._default().set_params(n_estimators=3)
    own = [
        ("linear transfer", hs.LinearTransferClassifier()),
        ("tree transfer", hs.TreeTransferClassifier(method="strut")),
        ("forest transfer", hs.ForestTransferClassifier(learner)),
    ]
    fitted = hs.TransferClassifier(candidates=own, random_state=0).fit(
        shift.target.X, shift.target.y, source=shift.source
    )
    told = [v["name"] for v in views(fitted)]
    assert told == [name for name, _ in own if fitted.weights_[name] > 0] and len(told) > 0
    hs.save(fitted, tmp_path / "m.headstart")
    again = hs.load(tmp_path / "m.headstart")

    def section(model):
        return re.search(r'<section id="carried".*?</section>', render_report(model), re.DOTALL)[0]

    assert section(again) == section(fitted)
