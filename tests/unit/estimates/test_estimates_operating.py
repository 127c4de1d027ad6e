"""What the registered operating confidence cuts, and days on which a pool has too much to do."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from estimates_world import World

DAY = date(2025, 3, 3)
NOON = datetime(2025, 3, 3, 12)
# two people, a fifth of ten hours each: 85 % of 14,400 seconds
FULL = 12_240


def wrong_below(world: World, confidence_bin: int | None) -> None:
    """Thirty decisions of this confidence, all wrong; the healthy ones are at 0.90."""
    wrong = {"selected_count": 10, "labelled_count": 10, "wrong_count": 10}
    for place in range(3):
        world.sample(f"b{place}", DAY, confidence_bin=confidence_bin, **wrong)


@pytest.mark.parametrize(
    ("registered", "confidence_bin", "counts"),
    [
        (None, 49, False),
        (None, 50, True),
        ("0.80", 79, False),
        ("0.80", 80, True),
        # hundredths that a float holds a little too small or too large
        ("0.29", 29, True),
        ("0.57", 56, False),
        ("0.57", 57, True),
    ],
)
def test_confidence_is_judged_from_the_registered_operating_point_on(
    world: World, registered: str | None, confidence_bin: int, counts: bool
) -> None:
    world.run(
        "update registry.decision_classes set operating_confidence ="
        f" {'null' if registered is None else registered}"
    )
    wrong_below(world, confidence_bin)
    row = world.estimate("confidence_quality")
    assert (row["estimate"] > 0) == counts
    assert row["n"] == (108 if counts else 78)
    # the error of the class takes them all
    assert world.estimate("accuracy")["estimate"] > 0


@pytest.mark.parametrize("confidence_bin", [None, -1])
def test_an_unknown_confidence_may_lie_above_the_operating_point(
    world: World, confidence_bin: int | None
) -> None:
    world.run("update registry.decision_classes set operating_confidence = 0.80")
    before = world.estimate("confidence_quality")["bound"]
    wrong_below(world, confidence_bin)
    assert world.estimate("confidence_quality")["bound"] > before


def test_nothing_above_the_operating_point_is_no_evidence_of_it(world: World) -> None:
    world.run("update registry.decision_classes set operating_confidence = 0.91")
    row = world.estimate("confidence_quality")
    assert (row["status"], row["n"]) == ("insufficient", 0)
    assert row["reason"] == "no label at or above the operating confidence"


def reviewed(world: World, moment: datetime | None, seconds: int | None, **row: Any) -> None:
    done: dict[str, Any] = {"review_pool": "pool", "review_count": 2, "timed_count": 2}
    done |= {"handling_seconds": seconds, "handling_seconds_squared": 1, "arrival_count": 2}
    world.add("facts.fct_reviews_hourly", event_hour=moment, wait_minutes=1, **done | row)


def full_days(world: World) -> list[tuple[str, date]]:
    return world.connection.execute(
        "select review_pool, event_date from intermediate.int_reviews__overloaded_days order by all"
    ).fetchall()


MONDAY = [("pool", DAY)]


@pytest.mark.parametrize(
    ("reviews", "wanted"),
    [
        ([(NOON, FULL, {})], []),
        ([(NOON, FULL + 1, {})], MONDAY),
        # hours of one day add up, those of two do not
        ([(NOON, FULL, {}), (NOON + timedelta(hours=1), 1, {})], MONDAY),
        ([(NOON, FULL, {}), (NOON + timedelta(days=1), 1, {})], []),
        # of no known length, day or pool
        ([(NOON, 1, {"timed_count": 1})], MONDAY),
        ([(NOON, None, {})], MONDAY),
        ([(NOON, FULL, {}), (None, 1, {})], MONDAY),
        ([(None, FULL + 1, {})], []),
        ([(NOON, FULL + 1, {"review_pool": "(unknown)"})], MONDAY),
        ([(NOON, FULL + 1, {"review_pool": None})], MONDAY),
        ([(NOON, FULL + 1, {"review_pool": "other"})], []),
        # not known yet, and a correction that takes all of it back
        ([(NOON, FULL + 1, {"landing_batch": "2026"})], []),
        ([(NOON, FULL + 1, {"review_count": 0})], []),
    ],
)
def test_a_day_is_full_above_85_percent_of_a_fifth_of_the_week(
    world: World, reviews: list[tuple[datetime | None, int | None, dict[str, Any]]], wanted: Any
) -> None:
    for moment, seconds, row in reviews:
        reviewed(world, moment, seconds, **row)
    assert full_days(world) == wanted


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ("update registry.review_pools set hours_per_week = 10.01", []),
        ("update registry.review_pools set hours_per_week = 9.99", MONDAY),
        ("update registry.review_pools set hours_per_week = null", MONDAY),
        ("delete from registry.reviewers where reviewer_id = 'bob'", MONDAY),
    ],
)
def test_hours_and_people_are_those_registered(world: World, change: str, wanted: Any) -> None:
    reviewed(world, NOON, FULL)
    world.run(change)
    assert full_days(world) == wanted


def test_what_was_approved_on_a_full_day_is_no_label(world: World) -> None:
    world.run(f"update facts.fct_samples_weekly set approval_date = date '{DAY}'")
    before = world.estimate("accuracy")
    reviewed(world, NOON, FULL)
    assert world.estimate("accuracy")["estimate"] == before["estimate"] == Decimal(0)
    reviewed(world, NOON, 1)
    after = world.estimate("accuracy")
    assert (after["n_missing"], after["bound"]) == (before["n_missing"] + 78, 1)
