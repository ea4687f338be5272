"""How the setting is named: by what stays the same, and not at all where that cannot be seen."""

import pytest

from headstart.diagnosis import Columns, ConceptShift, CovariateShift, LabelShift
from headstart.diagnosis.setting import settle

SAME_COLUMNS = Columns(("a",), (), (), (), (), (), (), (), (), (), {"a": "number"}, "name")
FEW, MANY = 20, 200


def named(x, y, given, concept, n=FEW, task="classification"):
    covariates = CovariateShift(x, 0.7, (0.6, 0.8), 0.5, None, 100.0, ())
    labels = LabelShift(task, True, decision=y, given_label=given)
    return settle(SAME_COLUMNS, covariates, labels, ConceptShift(concept), n)


def test_what_stays_the_same_names_the_setting():
    assert named("moved", "moved", "same", "moved", MANY)[0] == ("label shift",)
    assert named("moved", "moved", "moved", "same", MANY)[0] == ("domain adaptation",)
    assert named("same", "same", "moved", "moved", MANY)[0] == ("concept shift",)
    assert named("moved", "moved", "moved", "moved", MANY)[0] == ("domain adaptation", "concept shift")
    assert named("same", "same", "same", "same", MANY) == (("identical",), (), ())


@pytest.mark.parametrize("y", ["moved", "undetermined"])
def test_few_rows_that_look_different_do_not_say_why(y):
    setting, unsure, possible = named("moved", y, "undetermined", "undetermined")
    assert setting == ("undetermined",)
    assert possible == ("label shift", "domain adaptation", "concept shift")
    assert "p(x given y)" in unsure and "p(x)" not in unsure


def test_what_is_ruled_out_is_not_possible():
    assert named("same", "moved", "undetermined", "undetermined", MANY)[2] == ("label shift", "concept shift")
    assert named("moved", "moved", "undetermined", "same", MANY)[2] == ("label shift", "domain adaptation")
    assert named("moved", "moved", "undetermined", "moved")[2] == ("label shift", "concept shift")


def test_rows_of_one_label_that_look_different_rule_label_shift_out():
    assert named("moved", "undetermined", "moved", "undetermined")[0] == ("domain adaptation",)
    assert named("moved", "moved", "moved", "undetermined")[2] == ()


def test_labels_that_did_not_move_rule_label_shift_out():
    assert named("moved", "same", "undetermined", "undetermined")[0] == ("domain adaptation",)


def test_label_shift_takes_many_rows():
    """That nothing speaks against it counts only where something would have."""
    assert named("moved", "moved", "undetermined", "moved", MANY)[0] == ("label shift",)
    assert named("moved", "moved", "undetermined", "moved", FEW)[0] == ("undetermined",)


def test_another_relation_alone_is_a_concept_shift_at_any_number_of_rows():
    assert named("undetermined", "undetermined", "undetermined", "moved")[0] == ("concept shift",)


def test_without_labels_p_of_x_is_all_there_is():
    assert named("moved", None, None, None, task=None)[0] == ("domain adaptation",)


def test_other_columns_are_named_beside_what_is_possible():
    fewer = Columns(("a",), ("b",), (), (), (), (), (), (), (), (), {"a": "number"}, "name")
    covariates = CovariateShift("moved", 0.7, (0.6, 0.8), 0.5, None, 100.0, ())
    labels = LabelShift("classification", True, decision="moved", given_label="undetermined")
    setting, _, possible = settle(fewer, covariates, labels, ConceptShift("undetermined"), FEW)
    assert setting == ("heterogeneous",)
    assert possible == ("label shift", "domain adaptation", "concept shift")
