"""Workflow fit and data fit: what each number is, and that doubt never improves it."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from estimates_world import AS_OF, BATCH, CLASS, World

from dagster_project.contracts.numbers import round_down, round_up
from dagster_project.evidence.estimates.bounds import (
    anytime_upper,
    clopper_pearson,
    poisson_lower,
    poisson_upper,
    registered_prior,
)
from dagster_project.evidence.estimates.trials_needed import Counted, trials_for_power
from dagster_project.evidence.estimates.workflow_fit import roles_filled

KPI_AGAIN = (
    "insert into facts.fct_kpis select * replace ({}) from facts.fct_kpis"
    " where period_start = '2024-12-02'"
)


def test_volume_is_the_poisson_bound_of_four_complete_weeks(world: World) -> None:
    row = world.estimate("volume_floor")
    assert (row["window_start"], row["window_end"]) == (date(2025, 3, 3), date(2025, 3, 30))
    assert (row["n"], row["estimate"]) == (280, 70)
    assert row["bound"] == round_down(float(poisson_lower(280, 4, 0.05)))
    assert row["refuting_bound"] == round_up(float(poisson_upper(280, 4, 0.05)))


def test_a_week_counts_only_once_a_later_day_has_data(world: World) -> None:
    world.run(f"delete from facts.fct_decisions_daily where event_date = '{AS_OF}'")
    assert world.estimate("volume_floor")["window_end"] == date(2025, 3, 23)


def test_three_weeks_of_data_are_not_enough(world: World) -> None:
    world.run("delete from facts.fct_decisions_daily where event_date < '2025-03-10'")
    row = world.estimate("volume_floor")
    assert (row["status"], row["reason"]) == ("insufficient", "3 of 4 complete weeks")
    assert row["bound"] is None
    assert row["refuting_bound"] is None
    assert row["n_missing"] == 1


def test_pain_is_cost_of_delay_times_volume(world: World) -> None:
    row = world.estimate("pain_measured")
    assert row["estimate"] == 280
    assert row["bound"] == round_down(4 * float(poisson_lower(280, 4, 0.05)))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("delete from facts.fct_kpis where period_start < '2024-11-12'", "1 baseline periods"),
        ("update facts.fct_kpis set grain = 'day'", "8 baseline periods"),
        ("update facts.fct_kpis set period_start = period_start + 7", "1 baseline periods"),
        ("update facts.fct_kpis set period_start = '2024-12-02'", "7 baseline periods"),
        ("update facts.fct_kpis set segment = 'region=EU'", "8 baseline periods"),
        ("update facts.fct_kpis set landing_batch = '2026'", "8 baseline periods"),
        ("update facts.fct_kpis set unit = 'days'", "8 baseline periods"),
        ("update facts.fct_kpis set unit = null", "8 baseline periods"),
        ("update facts.fct_kpis set unit = 'days' where period_start < '2024-11-18'", "1 base"),
        ("update facts.fct_kpis set currency = 'EUR'", "8 baseline periods"),
        ("update registry.kpi_registry set currency = 'EUR'", "8 baseline periods"),
        (KPI_AGAIN.format("'days' as unit"), "1 baseline periods"),
        (KPI_AGAIN.format("'EUR' as currency"), "1 baseline periods"),
        (KPI_AGAIN.format("6 as value, '2025' as landing_batch"), "1 baseline periods"),
        (KPI_AGAIN.format("null as value"), "1 baseline periods"),
        ("update facts.fct_kpis set value_count = 2", "8 baseline periods"),
        ("update facts.fct_kpis set value_count = null", "8 baseline periods"),
        ("update registry.kpi_registry set kind = 'guardrail'", "no primary kpi"),
        ("update registry.decision_classes set cost_of_delay_amount = null", "cost of delay"),
    ],
)
def test_pain_needs_a_baseline_and_a_cost(world: World, spoil: str, reason: str) -> None:
    world.run(spoil)
    row = world.estimate("pain_measured")
    assert row["status"] == "insufficient"
    assert row["reason"].startswith(reason)
    assert row["n_missing"] >= 1


@pytest.mark.parametrize(
    ("spoil", "count"),
    [
        ("select 1", 3),
        ("update registry.owners set person_id = 'risk' where role = 'business'", 2),
        ("update registry.owners set role = 'sponsor' where role = 'risk'", 2),
        ("update registry.people set is_active = false where person_id = 'risk'", 2),
        ("update registry.owners set valid_until = '2025-03-31' where role = 'risk'", 2),
        ("update registry.owners set valid_from = '2025-04-01'", 0),
        ("update registry.owners set role = 'business'", 1),
    ],
)
def test_owners_are_three_roles_held_by_different_active_people(
    world: World, spoil: str, count: int
) -> None:
    world.run(spoil)
    row = world.estimate("owners_named")
    assert row["estimate"] == row["bound"] == row["refuting_bound"] == count
    assert row["reason"] == (f"{3 - count} different owners missing" if count < 3 else None)


def test_roles_are_filled_as_well_as_people_allow() -> None:
    assert roles_filled([{"a", "b"}, {"a"}, {"a", "b"}]) == 2
    assert roles_filled([{"a", "b"}, {"a"}, {"c"}]) == 3


def n80(limit: float, alpha: float, error: float) -> int:
    aim, nothing = np.array([limit]), np.zeros(1)
    counted = Counted(nothing, nothing, nothing)
    level, rate = np.array([alpha]), np.array([error])
    return int(trials_for_power(counted, aim, registered_prior(aim), level, rate)[0])


def test_feasibility_is_the_planned_trials_over_the_pace_of_clean_ones(world: World) -> None:
    world.run("update registry.criteria set threshold = 0.005 where criterion_id = 'accuracy'")
    row = world.estimate("evidence_feasible")
    assert row["n"] == 28  # one a day
    # first cohort: half of alpha; half the limit unless the registry says otherwise
    assert row["bound"] == row["refuting_bound"] == n80(0.005, 0.025, 0.0025)
    world.add("registry.planning_errors", decision_class=CLASS, planning_error=Decimal("0.001"))
    assert world.estimate("evidence_feasible")["bound"] == n80(0.005, 0.025, 0.001)


def test_the_slowest_declared_segment_says_when(world: World) -> None:
    before = world.estimate("evidence_feasible")["bound"]
    world.add("registry.segments", workflow="w", segment_dimension="region", segment_value="EU")
    row = world.estimate("evidence_feasible")
    assert (row["status"], row["reason"]) == ("insufficient", "no labels in region=EU")
    world.sample("eu", date(2025, 3, 3), days=14, segment="region=EU")
    row = world.estimate("evidence_feasible")
    assert (row["n"], row["bound"]) == (14, 2 * before)
    assert row["reason"].endswith("in region=EU")


def test_an_error_planned_at_the_limit_is_never_feasible(world: World) -> None:
    world.add("registry.planning_errors", decision_class=CLASS, planning_error=Decimal("0.05"))
    row = world.estimate("evidence_feasible")
    assert (row["status"], row["bound"]) == ("insufficient", None)
    assert row["reason"] == "limit out of reach with an error of 0.05"


def test_a_slow_class_takes_years(world: World) -> None:
    """735 clean reviews for 0.5 % at 20 a month: 37 months, and 32 years at half the limit."""
    assert n80(0.005, 0.05, 0.0) / 20 == pytest.approx(36.75)
    assert n80(0.005, 0.05, 0.0025) / 20 / 12 == pytest.approx(32, abs=0.1)


def test_a_failure_never_brings_certification_nearer(world: World) -> None:
    before = world.estimate("evidence_feasible")["bound"]
    world.sample("late", date(2025, 3, 20), wrong_count=1)
    assert world.estimate("evidence_feasible")["bound"] == before
    world.run("update facts.fct_samples_weekly set wrong_count = 1 where subject_key = 'p70'")
    assert world.estimate("evidence_feasible")["bound"] > before


def test_without_labels_nothing_is_feasible(world: World) -> None:
    world.run("delete from facts.fct_samples_weekly")
    row = world.estimate("evidence_feasible")
    assert (row["status"], row["reason"], row["bound"]) == ("insufficient", "no labels", None)


def test_clean_volume_counts_28_data_days(world: World) -> None:
    row = world.estimate("clean_volume")
    assert (row["n"], row["bound"]) == (280, round_down(float(poisson_lower(280, 1, 0.05))))
    world.run("update facts.fct_decisions_daily set clean_count = 4")
    assert world.estimate("clean_volume")["n"] == 112


def test_required_data_is_the_anytime_bound_of_missing_fields(world: World) -> None:
    world.run(
        "update facts.fct_decisions_daily set missing_required_count = 1"
        " where event_date = '2025-03-20'"
    )
    row = world.estimate("required_data_present")
    assert row["bound"] == round_up(float(anytime_upper(1, 280, 0.02, 0.05)))
    assert row["estimate"] == Decimal("0.003571429")
    assert row["cohort_id"] == "*"
    assert row["n_needed"] > 0
    assert row["reason"] == f"{row['n_needed']} more clean trials"


def test_the_window_ends_at_the_newest_data_day_not_at_the_clock(world: World) -> None:
    before = world.estimate("required_data_present")
    world.run("update landing.run_context set as_of = '2025-05-31'")
    after = world.estimate("required_data_present")
    assert after["window_end"] == before["window_end"] == AS_OF
    assert after["bound"] == before["bound"]


def test_unreadable_decisions_enter_as_a_share_that_failed(world: World) -> None:
    world.run(
        "update facts.fct_decisions_daily set missing_required_count = 2"
        " where event_date = '2025-03-20'"
    )
    world.add("facts.fct_unreadable", source="s", stream="decisions", unit_count=20)
    row = world.estimate("required_data_present")
    share = 20 / 300
    mixed = share + (1 - share) * float(anytime_upper(2, 280, 0.02, 0.05))
    bound = float(anytime_upper(22, 300, 0.02, 0.05))
    assert mixed < bound  # an unreadable failure is not cheaper than one that was seen
    assert row["bound"] == round_up(bound)
    # what cannot be read proves no failure
    seen = float(clopper_pearson(2, 280, 0.05)[0])
    assert row["refuting_bound"] == round_down((1 - share) * seen)


@pytest.mark.parametrize("source", ["s", "a source that nobody mapped"])
def test_units_of_no_known_class_count_against_every_class(world: World, source: str) -> None:
    before = world.estimate("required_data_present")["bound"]
    world.add("facts.fct_unreadable", source=source, stream="(unknown)", unit_count=20)
    assert world.estimate("required_data_present")["bound"] > before


def test_conflicting_decisions_of_the_class_are_unreadable(world: World) -> None:
    before = world.estimate("latency")["bound"]
    world.decisions(AS_OF, decision_count=0, unreadable_count=3, cohort_id="(unknown)")
    assert world.estimate("latency", cohort="c1")["bound"] > before


def test_fresh_counts_days_since_a_decision_that_did_not_fail(world: World) -> None:
    assert world.estimate("fresh")["bound"] == 0
    world.run(
        "update facts.fct_decisions_daily set failed_count = 10 where event_date > '2025-03-28'"
    )
    assert world.estimate("fresh")["bound"] == 3
    world.run("delete from facts.fct_decisions_daily")
    assert world.estimate("fresh")["reason"] == "no decisions"


def test_labels_available_counts_selected_mature_decisions(world: World) -> None:
    row = world.estimate("labels_available")
    assert (row["n"], row["n_missing"]) == (78, 0)
    world.run("update facts.fct_samples_weekly set labelled_count = 0 where subject_key = 'p3'")
    spoilt = world.estimate("labels_available")
    assert spoilt["n_missing"] == 1
    world.add("facts.fct_unreadable", source="s", stream="outcomes", unit_count=1)
    assert world.estimate("labels_available")["bound"] < spoilt["bound"]
    assert spoilt["bound"] < row["bound"]


def test_a_label_after_its_delay_is_none_for_labels_available_alone(world: World) -> None:
    error = world.error()
    row = world.estimate("labels_available")
    late = "update facts.fct_samples_weekly set late_label_count ="
    world.run(f"{late} 1 where event_date < '2025-01-16'")
    spoilt = world.estimate("labels_available")
    assert (spoilt["n"], spoilt["n_missing"]) == (78, 10)
    assert float(spoilt["estimate"]) == pytest.approx(68 / 78)
    assert spoilt["bound"] < row["bound"]
    assert world.error() == error
    # unknown is late
    world.run(f"{late} null where event_date < '2025-01-16'")
    assert world.estimate("labels_available")["n_missing"] == 10
    # a correction that takes more away than there was makes nothing better
    world.run(f"{late} -1 where event_date < '2025-01-16'")
    assert world.estimate("labels_available")["n_missing"] == 10


def test_what_landed_after_the_known_batch_is_not_read(world: World) -> None:
    before = world.estimate("required_data_present")
    later: dict[str, Any] = {
        "landing_batch": BATCH.replace("0401", "0402"),
        "missing_required_count": 10,
    }
    world.decisions(AS_OF - timedelta(1), **later)
    world.decisions(AS_OF + timedelta(1), **later)
    world.run("update landing.run_context set as_of = '2025-04-01'")
    after = world.estimate("required_data_present")
    assert {**after, "as_of": before["as_of"]} == before
