"""How many trials a proof takes at a planned error, and by when they will be there."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from estimates_world import AS_OF, CLASS, World

from dagster_project.evidence.estimates.bounds import log_e, registered_prior
from dagster_project.evidence.estimates.trials_needed import (
    POWER,
    Counted,
    clean_trials_needed,
    trials_for_power,
)
from dagster_project.evidence.estimates.write import write_estimates

LIMITS = np.array([0.05, 0.02, 0.01, 0.005])


def needed(k: float, n: float, limit: float, error: float, alpha: float = 0.05) -> int:
    cell = [np.array([value]) for value in (k, n, 0.0, limit, error, alpha)]
    counted, (aim, rate, level) = Counted(*cell[:3]), cell[3:]
    return int(trials_for_power(counted, aim, registered_prior(aim), level, rate)[0])


def chance_of_a_pass(limit: float, error: float, trials: int) -> float:
    """By recursion over single trials, a way of its own."""
    states = np.zeros(200)
    states[0], passed = 1.0, 0.0
    every = np.arange(200)
    for n in range(1, trials + 1):
        states[1:] = states[1:] * (1 - error) + states[:-1] * error
        states[0] *= 1 - error
        reach = every[: min(n, 199) + 1]
        is_met = log_e(reach, n, limit, limit) >= np.log(20)
        passed += states[reach[is_met]].sum()
        states[reach[is_met]] = 0.0
    return passed


def test_trials_at_half_the_limit() -> None:
    """The reference counts 732 / 1,912 / 3,695 / 7,400 are simulated; these are exact."""
    nothing = np.zeros(4)
    found = trials_for_power(
        Counted(nothing, nothing, nothing),
        LIMITS,
        registered_prior(LIMITS),
        np.full(4, 0.05),
        LIMITS / 2,
    )
    assert found.tolist() == [732, 1_911, 3_830, 7_669]
    assert found == pytest.approx(np.array([732, 1_912, 3_695, 7_400]), rel=0.04)


def test_the_power_is_that_of_looking_after_every_trial() -> None:
    assert chance_of_a_pass(0.05, 0.025, 732) >= POWER > chance_of_a_pass(0.05, 0.025, 731)


def test_without_errors_it_is_the_clean_trials() -> None:
    for limit in LIMITS:
        assert needed(0, 0, limit, 0.0) == int(clean_trials_needed(limit, 0.05))


def test_what_is_there_counts_and_failures_cost() -> None:
    assert needed(0, 71, 0.05, 0.0) == 1
    assert needed(0, 72, 0.05, 0.025) == 0
    assert 0 < needed(2, 100, 0.05, 0.025) < needed(4, 100, 0.05, 0.025)


@pytest.mark.parametrize("error", [0.05, 0.3, 0.0499])
def test_an_error_at_the_limit_or_next_to_it_is_out_of_reach(error: float) -> None:
    assert needed(0, 0, 0.05, error) == -1


def plan(world: World, criterion: str) -> dict[str, Any]:
    write_estimates(world.connection)
    found = world.connection.execute(
        "select * from evidence.plans where criterion_id = ? and decision_class = ?",
        [criterion, CLASS],
    )
    names = [column[0] for column in found.description]
    (row,) = found.fetchall()
    return dict(zip(names, row, strict=True))


def test_a_plan_names_the_day_and_why_not(world: World) -> None:
    world.run("update registry.criteria set threshold = 0.2 where criterion_id = 'accuracy'")
    row = plan(world, "accuracy")
    assert (row["needed_count"], row["expected_date"], row["reason"]) == (0, AS_OF, None)
    world.run("update registry.criteria set threshold = 0.005 where criterion_id = 'accuracy'")
    row = plan(world, "accuracy")
    assert (row["planning_error"], row["daily_count"]) == (Decimal("0.0025"), 1)
    # half of alpha: the first cohort
    assert row["planned_count"] == needed(0, 0, 0.005, 0.0025, 0.025)
    assert row["needed_count"] == needed(0, row["trial_count"], 0.005, 0.0025, 0.025)
    assert row["expected_date"] == AS_OF + timedelta(days=row["needed_count"])
    world.add("registry.planning_errors", decision_class=CLASS, planning_error=Decimal("0.005"))
    row = plan(world, "accuracy")
    assert (row["needed_count"], row["expected_date"]) == (None, None)
    assert row["reason"] == "out of reach with an error of 0.005"


def test_a_declared_segment_without_trials_has_no_day(world: World) -> None:
    world.add("registry.segments", workflow="w", segment_dimension="region", segment_value="EU")
    row = plan(world, "accuracy")
    assert (row["segment"], row["expected_date"]) == ("region=EU", None)
    assert row["reason"] == "no trial in the last 28 mature days"


def test_every_criterion_that_gathers_trials_has_a_plan(world: World) -> None:
    write_estimates(world.connection)
    found = world.connection.execute("select distinct criterion_id from evidence.plans").fetchall()
    assert sorted(name for (name,) in found) == [
        *("accuracy", "audit_complete", "boundary_respected", "confidence_quality"),
        *("fallback_proven", "labels_available", "latency", "reconciled", "reversibility"),
        "reviewers_effective",
    ]
    late = date(2025, 3, 30)
    world.run(f"delete from facts.fct_reversals_daily where event_date < '{late}'")
    world.run("update facts.fct_reversals_daily set event_date = '2024-01-01'")
    assert plan(world, "reversibility")["reason"] == "no trial in the last 28 mature days"
