"""Production and value fit: latency, audit, cost, reviewers, baseline."""

from datetime import date
from typing import Any

import pytest
from estimates_world import BATCH, CLASS, WORKFLOW, World

from dagster_project.contracts.numbers import round_down, round_up
from dagster_project.evidence.estimates.bounds import (
    anytime_lower,
    anytime_upper,
    clopper_pearson,
)
from dagster_project.evidence.estimates.production_fit import last_fast_bin

DAY = date(2025, 3, 3)


def test_latency_bin_edges_stay_within_the_limit() -> None:
    assert [last_fast_bin(1.0), last_fast_bin(1.01), last_fast_bin(5000.0)] == [0, 1, 855]
    assert 1.01**855 <= 5000 < 1.01**856


def test_latency_counts_what_is_slower_than_the_limit(world: World) -> None:
    latency = {"decision_class": CLASS, "segment": "all", "cohort_id": "c1", "event_date": DAY}
    for latency_bin in (855, 856, 1000000, 1000001, None):
        world.add("facts.fct_latency_daily", **latency, latency_bin=latency_bin, decision_count=1)
    row = world.estimate("latency")
    # two slow; of two more nobody knows: they count against a pass and prove no failure
    assert row["bound"] == round_up(float(anytime_upper(4, 855, 0.05, 0.025)))
    assert row["refuting_bound"] == round_down(float(clopper_pearson(2, 855, 0.025)[0]))
    assert (row["n"], row["n_effective"]) == (853, 855)
    world.run("update registry.decision_classes set latency_limit_ms = 100")
    assert world.estimate("latency")["bound"] == 1


def test_an_unusable_latency_limit_is_an_error(world: World) -> None:
    world.run("update registry.decision_classes set latency_limit_ms = 0")
    row = world.estimate("latency")
    assert (row["status"], row["bound"]) == ("error", None)


def drills(world: World, result: str, count: int, **row: object) -> None:
    healthy = {"workflow": WORKFLOW, "component": "fallback_drill", "event_date": DAY}
    world.add(
        "facts.fct_rails_daily",
        **{**healthy, "landing_batch": BATCH, **row},
        result=result,
        observation_count=count,
    )


def test_fallback_is_proven_by_drills_that_passed(world: World) -> None:
    assert world.estimate("fallback_proven")["status"] == "insufficient"
    drills(world, "passed", 60)
    drills(world, "passed", 60, component="access_review")
    drills(world, "passed", 60, landing_batch="9")
    row = world.estimate("fallback_proven")
    assert (row["n"], row["evidence_newest_date"]) == (60, DAY)
    assert row["bound"] == round_down(1 - float(anytime_upper(0, 60, 0.1, 0.05)))


@pytest.mark.parametrize("result", ["failed", "PASSED"])
def test_any_other_drill_result_is_a_failure(world: World, result: str) -> None:
    drills(world, "passed", 60)
    clean = world.estimate("fallback_proven")["bound"]
    drills(world, result, 1)
    row = world.estimate("fallback_proven")
    assert row["n"] == 61
    assert row["bound"] < clean


def test_unreadable_and_unplaced_drills_count_against(world: World) -> None:
    drills(world, "passed", 60)
    clean = world.estimate("fallback_proven")["bound"]
    drills(world, "failed", 1, workflow=None)
    unplaced = world.estimate("fallback_proven")["bound"]
    world.add(
        "facts.fct_unreadable",
        source="s",
        stream="rail_evidence",
        reason_code="invalid_json",
        unit_count=48,
    )
    assert world.estimate("fallback_proven")["bound"] < unplaced < clean


def test_audit_and_boundary_are_bounds_over_decisions(world: World) -> None:
    world.run(
        "update facts.fct_decisions_daily set audit_complete_count = 9,"
        " boundary_violation_count = 1, boundary_unknown_count = 1 where event_date = '2025-03-03'"
    )
    audit, boundary = world.estimate("audit_complete"), world.estimate("boundary_respected")
    assert audit["bound"] == round_down(float(anytime_lower(849, 850, 0.99, 0.025)))
    assert boundary["bound"] == round_up(float(anytime_upper(2, 850, 0.01, 0.025)))
    world.run("update facts.fct_decisions_daily set route = 'surfaced'")
    assert world.estimate("boundary_respected")["reason"] == "no delegated decisions"


def test_one_decision_without_price_withholds_the_cost(world: World) -> None:
    world.run(
        "update facts.fct_decisions_daily set priced_count = 9 where event_date = '2025-03-03'"
    )
    row = world.estimate("cost_per_decision")
    assert (row["status"], row["reason"]) == ("insufficient", "price missing for c1")
    assert row["n_missing"] == 1
    assert row["bound"] is None
    assert row["refuting_bound"] is None


def test_without_labels_no_cost_per_correct_decision(world: World) -> None:
    world.run("delete from facts.fct_samples_weekly")
    assert world.estimate("cost_per_decision")["reason"] == "error not bounded"


def test_reviewers_are_bounded_by_seeded_errors(world: World) -> None:
    assert world.estimate("reviewers_effective")["reason"] == "no seeded errors"
    seeded = {"review_pool": "pool", "event_date": DAY, "seeded_count": 60}
    world.add("facts.fct_reviews_daily", **seeded, seeded_detected_count=54)
    row = world.estimate("reviewers_effective")
    assert row["bound"] == round_down(float(anytime_lower(54, 60, 0.8, 0.05)))
    assert row["refuting_bound"] == round_up(1 - float(clopper_pearson(6, 60, 0.05)[0]))
    world.add("facts.fct_unreadable", source="s", stream="reviews", unit_count=1)
    row = world.estimate("reviewers_effective")
    assert row["bound"] == round_down(float(anytime_lower(54, 61, 0.8, 0.05)))
    world.run("update facts.fct_reviews_daily set seeded_detected_count = 61")
    row = world.estimate("reviewers_effective")
    assert (row["status"], row["reason"]) == ("error", "impossible counts")


@pytest.mark.parametrize(
    ("spoil", "status", "value", "reason"),
    [
        ("select 1", "ok", 1, None),
        ("update registry.kpi_registry set registered_at = launch_date", "ok", 0, "baseline"),
        ("update registry.kpi_registry set baseline_end = launch_date", "ok", 0, "baseline"),
        ("update registry.kpi_registry set baseline_end = null", "ok", 0, "baseline"),
        ("update registry.kpi_registry set launch_date = null", "insufficient", None, "no launch"),
        ("delete from registry.kpi_registry", "insufficient", None, "no primary kpi"),
    ],
)
def test_baseline_is_fixed_before_the_launch(
    world: World, spoil: str, status: str, value: int | None, reason: str | None
) -> None:
    world.run(spoil)
    row = world.estimate("baseline_fixed")
    assert (row["status"], row["bound"]) == (status, value)
    assert (row["reason"] or "").startswith(reason or "")
    assert (row["reason"] is None) == (reason is None)


def test_what_is_good_keeps_evidence_fresh_and_what_failed_does_not(world: World) -> None:
    world.run(
        "update facts.fct_decisions_daily set audit_complete_count = 0,"
        " missing_required_count = 10, boundary_violation_count = 10"
        " where event_date > '2025-03-20';"
        "update facts.fct_samples_weekly set wrong_count = 1 where event_date > '2025-03-10';"
        "update facts.fct_latency_daily set latency_bin = 900 where event_date > '2025-03-15'"
    )
    for criterion in ("audit_complete", "required_data_present", "boundary_respected"):
        assert world.estimate(criterion)["evidence_newest_date"] == date(2025, 3, 20)
    assert world.estimate("accuracy")["evidence_newest_date"] == date(2025, 3, 10)
    assert world.estimate("latency")["evidence_newest_date"] == date(2025, 3, 15)


def test_decisions_of_unknown_segment_fail_in_every_declared_one(world: World) -> None:
    world.add("registry.segments", workflow="w", segment_dimension="region", segment_value="EU")
    for table in ("fct_decisions_daily", "fct_latency_daily"):
        world.run(
            f"insert into facts.{table}"
            f" select * replace ('region=EU' as segment) from facts.{table} union all"
            f" select * replace ('region=(unknown)' as segment) from facts.{table}"
            " where event_date = '2025-03-20' and segment = 'all'"
        )
    for criterion, limit in (("latency", 0.05), ("boundary_respected", 0.01)):
        row = world.estimate(criterion, "region=EU")
        assert row["bound"] == round_up(float(anytime_upper(10, 860, limit, 0.025)))
        assert row["refuting_bound"] == 0
    row = world.estimate("required_data_present", "region=EU")
    assert row["bound"] == round_up(float(anytime_upper(10, 290, 0.02, 0.05)))


@pytest.mark.parametrize(
    "where",
    [
        {"result": "(unknown)"},
        {"event_date": None},
        {"component": None},
        {"workflow": None},
        {"event_date": None, "workflow": None},
    ],
)
def test_what_may_be_a_failed_drill_counts_against_but_proves_no_failure(
    world: World, where: dict[str, Any]
) -> None:
    drills(world, "passed", 60)
    clean = world.estimate("fallback_proven")
    row = {"component": "fallback_drill", "event_date": DAY, "workflow": "w", "result": "passed"}
    world.add("facts.fct_rails_daily", **row | where, observation_count=5)
    found = world.estimate("fallback_proven")
    assert (found["n"], found["bound"] < clean["bound"]) == (60, True)
    assert found["refuting_bound"] == clean["refuting_bound"]


def test_what_nobody_can_read_costs_nobody_knows_how_much(world: World) -> None:
    assert world.estimate("cost_per_decision")["status"] == "ok"
    world.add("facts.fct_unreadable", source="s", stream="decisions", unit_count=1)
    assert world.estimate("cost_per_decision")["status"] == "insufficient"


def test_unreadable_decisions_are_at_risk_too(world: World) -> None:
    before = world.estimate("value_at_risk")["bound"]
    errors = world.estimate("accuracy")["bound"]
    world.add("facts.fct_unreadable", source="s", stream="decisions", unit_count=700)
    after, worse = world.estimate("value_at_risk")["bound"], world.estimate("accuracy")["bound"]
    # more errors, of more decisions: 280 in four weeks, and 700 that nobody can read
    assert float(after / before) > 2 * float(worse / errors)
