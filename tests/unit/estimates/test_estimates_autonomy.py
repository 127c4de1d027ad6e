"""Autonomy fit: undo, value at risk, boundary."""

from datetime import date

import pytest
from estimates_world import CLASS, World

from dagster_project.contracts.numbers import round_up
from dagster_project.evidence.estimates.autonomy_fit import is_machine_checkable
from dagster_project.evidence.estimates.bounds import anytime_upper, poisson_upper

DAY = date(2025, 3, 3)


def test_value_at_risk_multiplies_cost_volume_and_error(world: World) -> None:
    row = world.estimate("value_at_risk")
    half = 0.0125
    volume = float(poisson_upper(280, 4, half))
    assert row["bound"] == round_up(15 * volume * float(anytime_upper(0, 78, 0.05, half)))
    assert row["refuting_bound"] == row["estimate"] == 0
    world.run("update registry.decision_classes set error_cost_amount = null")
    assert world.estimate("value_at_risk")["reason"] == "error cost missing"


def test_volume_of_unknown_segment_is_at_risk_in_every_declared_one(world: World) -> None:
    world.run("update registry.criteria set scope = 'segment' where criterion_id = 'value_at_risk'")
    world.add("registry.segments", workflow="w", segment_dimension="region", segment_value="EU")
    world.run(
        "insert into facts.fct_samples_weekly"
        " select * replace ('region=EU' as segment) from facts.fct_samples_weekly;"
        "insert into facts.fct_decisions_daily"
        " select * replace ('region=(unknown)' as segment) from facts.fct_decisions_daily"
    )
    volume = float(poisson_upper(280, 4, 0.0125))
    bound = 15 * volume * float(anytime_upper(0, 78, 0.05, 0.0125))
    assert world.estimate("value_at_risk", "region=EU")["bound"] == round_up(bound)


def test_undo_counts_attempts_and_drills(world: World) -> None:
    assert world.estimate("reversibility")["reason"] == "no undo attempts"
    counts = {"attempt_count": 100, "succeeded_count": 99}
    drills = {"drill_count": 100, "drill_succeeded_count": 100}
    reversal = {"decision_class": CLASS, "event_date": DAY}
    world.add("facts.fct_reversals_daily", **reversal, **counts, **drills)
    row = world.estimate("reversibility")
    assert row["bound"] == round_up(float(anytime_upper(1, 200, 0.02, 0.05)))
    assert row["cohort_id"] == "*"
    world.add("facts.fct_unreadable", source="s", stream="reversals", unit_count=1)
    row = world.estimate("reversibility")
    assert row["bound"] == round_up(float(anytime_upper(2, 201, 0.02, 0.05)))


@pytest.mark.parametrize("word", ["hard", "irreversible", "", "perhaps"])
def test_what_is_not_declared_easy_cannot_be_undone(world: World, word: str) -> None:
    world.run(f"update registry.decision_classes set reversibility = '{word}'")
    row = world.estimate("reversibility")
    assert row["bound"] == row["refuting_bound"] == 1
    assert row["reason"] == f"declared {word or 'nothing'}"


@pytest.mark.parametrize(
    ("boundary", "is_rule"),
    [
        ("action in (sort, match) and amount <= 500", True),
        ("", False),
        ("use good judgement", False),
        ("mood <= 500", False),
    ],
)
def test_boundary_is_a_rule_a_machine_can_check(boundary: str, is_rule: bool) -> None:
    assert is_machine_checkable(boundary) is is_rule


def test_boundary_defined_is_one_or_nought(world: World) -> None:
    assert world.estimate("boundary_defined")["bound"] == 1
    world.run("update registry.decision_classes set boundary = null")
    row = world.estimate("boundary_defined")
    assert (row["bound"], row["refuting_bound"], row["reason"]) == (0, 0, "no boundary")
