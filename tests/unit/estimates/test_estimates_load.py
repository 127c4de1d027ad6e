"""Load and wait of a review pool by hand: each number and each bound of it."""

from math import sqrt
from typing import Any

import pytest
from estimates_world import World
from test_estimates_capacity import FACT, capacity, reviews

from dagster_project.evidence.estimates.bounds import (
    normal_quantile,
    poisson_lower,
    poisson_upper,
)
from dagster_project.evidence.estimates.waiting import Desk, wait

# 20 reviews of a minute in each of 40 hours a week, for half a person: two thirds of 1,800 seconds
PER_HOUR, SECONDS, WEEKS, PEOPLE = 20, 60, 4, 0.5
COUNT = PER_HOUR * 40 * WEEKS
HALF = 0.05 / 2
# of the busiest hour in four weeks, at half of the alpha
BUSIEST = float(poisson_upper(PER_HOUR * WEEKS, WEEKS, HALF))
PATIENT = 100_000


def loaded(world: World, minutes: int, change: str | None = None) -> dict[str, Any]:
    reviews(world, per_hour=PER_HOUR, seconds=SECONDS)
    world.run(f"update registry.decision_classes set review_wait_minutes = {minutes}")
    if change:
        world.run(change)
    return capacity(world)


def near(wanted: float) -> Any:
    return pytest.approx(wanted, abs=2e-9)


def test_load_is_bounded_at_half_of_the_alpha(world: World) -> None:
    row = loaded(world, PATIENT)
    assert float(row["estimate"]) == near(PER_HOUR * SECONDS / 3600 / PEOPLE)
    assert float(row["bound"]) == near(BUSIEST * SECONDS / 3600 / PEOPLE)
    least = float(poisson_lower(COUNT, WEEKS, HALF)) * SECONDS
    assert float(row["refuting_bound"]) == near(least / 72_000)


def test_long_waits_weigh_by_the_share_that_may_be_late(world: World) -> None:
    row = loaded(world, 15)
    desk, limit = Desk(PEOPLE, SECONDS), 15 * 60.0
    assert float(row["estimate"]) == near(0.85 / 0.05 * wait(desk, PER_HOUR, limit).late)
    assert float(row["bound"]) == near(0.85 / 0.05 * wait(desk, BUSIEST, limit).late)


def test_reviews_that_were_late_weigh_as_they_are_seen(world: World) -> None:
    """Two days of twenty: a tenth, where a twentieth is the limit."""
    row = loaded(world, 15, f"update {FACT} set wait_minutes = 16 where event_hour < '2025-03-05'")
    assert float(row["estimate"]) == near(0.85 / 0.05 * 0.1)


def test_handling_that_varies_is_bounded_too(world: World) -> None:
    twice = "handling_seconds_squared = 2 * handling_seconds_squared"
    row = loaded(world, PATIENT, f"update {FACT} set {twice}")
    slack = normal_quantile(HALF) * sqrt(SECONDS**2 / (COUNT - 1))
    assert float(row["estimate"]) == near(PER_HOUR * SECONDS / 3600 / PEOPLE)
    assert float(row["bound"]) == near(BUSIEST * (SECONDS + slack) / 3600 / PEOPLE)
    least = float(poisson_lower(COUNT, WEEKS, HALF)) * (SECONDS - slack)
    assert float(row["refuting_bound"]) == near(least / 72_000)


def test_handling_that_varies_lengthens_the_wait(world: World) -> None:
    """Squares ten times as large: a squared coefficient of variation of nine."""
    change = f"update {FACT} set handling_seconds_squared = 10 * handling_seconds_squared"
    row = loaded(world, 15, change)
    late = wait(Desk(PEOPLE, SECONDS, (1 + 9) / 2), PER_HOUR, 15 * 60.0).late
    assert float(row["estimate"]) == pytest.approx(0.85 / 0.05 * late, rel=1e-3)


@pytest.mark.parametrize(
    ("change", "load"),
    [
        # the week is fuller than its busiest hour
        (f"update {FACT} set arrival_count = 10", 48_000 / 72_000),
        # nobody is there twice in one hour
        ("update registry.review_pools set hours_per_week = 80", 1200 / 3600 / 2),
        # the hour is fuller than the week
        (
            f"update {FACT} set arrival_count = 22 where event_hour::time = '09:00'",
            22 * 60 / 3600 / PEOPLE,
        ),
    ],
)
def test_the_fuller_of_week_and_hour_is_the_load(world: World, change: str, load: float) -> None:
    assert float(loaded(world, PATIENT, change)["estimate"]) == near(load)


def test_the_load_of_the_week_is_bounded_too(world: World) -> None:
    row = loaded(world, PATIENT, f"update {FACT} set arrival_count = 10")
    most = float(poisson_upper(COUNT, WEEKS, HALF)) * SECONDS
    assert float(row["bound"]) == near(most / 72_000)


def test_what_grows_grows_in_the_hour_and_in_the_week(world: World) -> None:
    """3,920 decisions are to be surfaced where 3,200 reviews came."""
    world.run("update registry.decision_classes set declared_level = 'surface'")
    world.run("update facts.fct_decisions_daily set decision_count = 140, clean_count = 140")
    growth = 28 * 140 / COUNT
    fuller = f"update {FACT} set arrival_count = 22 where event_hour::time = '09:00'"
    row = loaded(world, PATIENT, fuller)
    assert float(row["estimate"]) == near(growth * 22 * SECONDS / 3600 / PEOPLE)
    world.run(f"update {FACT} set arrival_count = 10")
    assert float(capacity(world)["estimate"]) == near(growth * 48_000 / 72_000)


def test_what_landed_later_is_not_known_yet(world: World) -> None:
    before = loaded(world, PATIENT)
    for table in (FACT, "facts.fct_reviews_daily"):
        world.run(f"insert into {table} select * replace ('2026' as landing_batch) from {table}")
        assert capacity(world) == before


def test_the_audit_rate_is_the_one_in_force(world: World) -> None:
    """Rates of tomorrow bring no reviews today: a tenth of 280 decisions is less than came."""
    before = loaded(world, PATIENT)
    world.run(
        "insert into registry.audit_rates (decision_class, inclusion_probability, valid_from)"
        " values ('w.one', 1, date '2025-04-01');"
        "update facts.fct_decisions_daily set decision_count = 400, clean_count = 400"
    )
    assert capacity(world)["estimate"] == before["estimate"]
