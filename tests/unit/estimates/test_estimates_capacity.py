"""The review queue: published waits, and every doubt about a pool is work it cannot bear."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from estimates_world import CLASS, World

from dagster_project.evidence.estimates.accounting import accounted
from dagster_project.evidence.estimates.bounds import anytime_upper, clopper_pearson
from dagster_project.evidence.estimates.registry import read_context
from dagster_project.evidence.estimates.review_capacity import review_capacity
from dagster_project.evidence.estimates.review_queues import Queue
from dagster_project.evidence.estimates.waiting import Desk, erlang_c, wait
from dagster_project.evidence.estimates.workflow_fit import read_volumes

MONDAY = datetime(2025, 3, 3, 9)
FACT = "facts.fct_reviews_hourly"


@pytest.mark.parametrize(
    ("load", "minutes", "within"),
    [(0.80, 3.3, 0.955), (0.85, 5.2, 0.900), (0.90, 9.1, 0.782), (0.95, 21.1, 0.530)],
)
def test_published_waits_of_five_people_and_six_minutes(
    load: float, minutes: float, within: float
) -> None:
    found = wait(Desk(5, 360.0), load * 5 * 10, 900.0)
    assert found.seconds / 60 == pytest.approx(minutes, abs=0.05)
    assert 1 - found.late == pytest.approx(within, abs=0.0005)


def test_one_server_and_variability() -> None:
    # M/M/1: an arrival waits with the chance of the load; Pollaczek and Khinchine for constant work
    assert erlang_c(1, 0.7) == pytest.approx(0.7)
    waiting = wait(Desk(1, 60.0), 42.0, 60.0).seconds
    assert waiting == pytest.approx(60 * 0.7 / 0.3)
    assert wait(Desk(1, 60.0, variability=0.5), 42.0, 60.0).seconds == pytest.approx(waiting / 2)
    assert wait(Desk(2, 60.0), 120.0, 60.0).late == 1


def test_half_a_person_is_no_server() -> None:
    """At the same load two and a half people wait longer than two who work as fast as they."""
    assert wait(Desk(2.5, 360.0), 20.0, 900.0) == wait(Desk(2, 288.0), 20.0, 900.0)
    assert wait(Desk(0.5, 360.0), 4.0, 900.0) == wait(Desk(1, 720.0), 4.0, 900.0)


@pytest.mark.parametrize("variability", [1.0, 2.5])
def test_more_work_never_shortens_a_wait(variability: float) -> None:
    before = None
    for people in (4.0, 3.9, 3.0, 2.2, 2.0, 1.0, 0.6):
        for per_hour in (1.0, 2.0, 5.0, 9.0):
            found = wait(Desk(people, 300.0, variability), per_hour, 600.0)
            longer = wait(Desk(people, 310.0, variability), per_hour, 600.0)
            assert longer.seconds >= found.seconds
            assert longer.late >= found.late
        if before is not None:
            assert found.seconds >= before
        before = found.seconds


def test_a_wait_that_nobody_knows_is_too_long() -> None:
    assert Queue(waits=Counter({-1: 2, 0: 5, 15: 3, 16: 1})).late(15) == 3


def capacity(world: World) -> dict[str, Any]:
    """The row of the class, without the other criteria."""
    connection = world.connection
    context = read_context(connection)
    volumes, accounts = read_volumes(connection, context), accounted(connection, context)
    (row, *_) = review_capacity(connection, context, volumes, accounts)
    assert row.decision_class == CLASS
    return row._asdict()


def reviews(world: World, per_hour: int = 2, minutes: int = 3, seconds: int = 60) -> None:
    """Four weeks of five days of eight hours; all of one length."""
    counts = f"{per_hour} as review_count, {per_hour} as timed_count, landing_batch,"
    counts += f" {per_hour * seconds} as handling_seconds, 'pool' as review_pool,"
    counts += f" {per_hour * seconds**2} as handling_seconds_squared"
    hours = "range(28) d(day), range(8) h(hour), (select known_batch as landing_batch"
    hours += " from landing.run_context) where day % 7 < 5"
    moment = f"timestamp '{MONDAY}' + to_days(day::int) + to_hours(hour::int)"
    world.run(
        f"insert into {FACT} by name select {moment} as event_hour, {minutes} as wait_minutes,"
        f" {per_hour} as arrival_count, {counts} from {hours};"
        f"insert into facts.fct_reviews_daily by name select ({moment})::date as event_date,"
        f" {counts} from {hours}"
    )


def done(
    world: World, moment: datetime | None, count: int, minutes: int, seconds: int, **row: Any
) -> None:
    """Reviews of one hour: they came, they waited, they were done."""
    work = {
        "review_pool": "pool",
        "event_hour": moment,
        "wait_minutes": minutes,
        "arrival_count": count,
        "review_count": count,
        "timed_count": count,
        "handling_seconds": count * seconds,
        "handling_seconds_squared": count * seconds**2,
    } | row
    world.add(FACT, **work)
    daily = {k: v for k, v in work.items() if k not in ("event_hour", "wait_minutes")}
    del daily["arrival_count"]
    world.add("facts.fct_reviews_daily", event_date=moment and moment.date(), **daily)


def test_the_worst_of_load_wait_and_late_reviews_decides(world: World) -> None:
    assert capacity(world)["reason"] == "no reviews"
    reviews(world)
    row = capacity(world)
    late = float(anytime_upper(0, 320, 0.05, 0.05))
    assert float(row["bound"]) > 0.85 * late / 0.05
    # half a person is there in every hour of the week: 2 reviews of a minute in an hour of theirs
    assert float(row["estimate"]) == pytest.approx(2 * 60 / 3600 / 0.5, abs=1e-6)
    assert row["reason"].startswith("busiest hour: load 0.0667, wait 0.143 min, 0.01% over 15 min")
    world.run(f"update {FACT} set wait_minutes = 16 where event_hour < '2025-03-04'")
    row = capacity(world)
    late = float(anytime_upper(16, 320, 0.05, 0.05))
    assert float(row["bound"]) == pytest.approx(0.85 * late / 0.05, abs=1e-8)
    proven = 0.85 * float(clopper_pearson(16, 320, 0.05)[0]) / 0.05
    assert float(row["refuting_bound"]) == pytest.approx(proven, abs=1e-8)
    assert row["reason"].endswith("16 of 320 waited longer")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("delete from registry.reviewers", "no review pool"),
        ("delete from registry.review_pools", "no review pool"),
        (
            "update registry.decision_classes set review_wait_minutes = null",
            "no limit for the wait of a review",
        ),
        (
            "update facts.fct_reviews_daily set timed_count = 1 where event_date = '2025-03-04'",
            "8 of 320 reviews without handling time",
        ),
        (
            f"insert into {FACT} select * replace (null as event_hour) from {FACT}"
            " where event_hour = '2025-03-04 09:00'",
            "2 reviews of which nobody knows when they came",
        ),
        (
            f"delete from {FACT} where event_hour >= '2025-03-10'",
            "80 of 100 reviews on days without too much to do",
        ),
        (
            "update registry.review_pools set hours_per_week = 0.01",
            "no day without too much to do",
        ),
    ],
)
def test_what_nobody_knows_of_the_queue_withholds_the_number(
    world: World, spoil: str, reason: str
) -> None:
    reviews(world)
    world.run(spoil)
    row = capacity(world)
    assert (row["status"], row["bound"], row["reason"]) == ("insufficient", None, reason)


def test_reviews_that_nobody_can_read_are_work_while_they_may_be_of_these_weeks(
    world: World,
) -> None:
    reviews(world)
    lost = {"source": "s", "stream": "reviews", "unit_count": 1}
    world.add("facts.fct_unreadable", **lost, landing_batch="20250201T000000000000Z")
    assert capacity(world)["status"] == "ok"
    world.add("facts.fct_unreadable", **lost)
    assert capacity(world)["status"] == "insufficient"


@pytest.mark.parametrize(
    "spoil",
    [
        # a stranger's reviews may be of this pool
        {"review_pool": "(unknown)"},
        {"wait_minutes": -1, "event_hour": MONDAY + timedelta(hours=1)},
        {"handling_seconds": 4000, "handling_seconds_squared": 8_000_000},
    ],
)
def test_doubtful_work_is_work(world: World, spoil: dict[str, Any]) -> None:
    reviews(world, seconds=200)
    before = capacity(world)["bound"]
    done(world, MONDAY, 2, 3, 200, **spoil)
    assert capacity(world)["bound"] > before


def test_the_level_asked_for_brings_more_reviews(world: World) -> None:
    """280 decisions in four weeks, a tenth of them in the sample; surfaced, people see them all."""
    reviews(world)
    before = capacity(world)["estimate"]
    world.run("update registry.decision_classes set declared_level = 'surface'")
    assert capacity(world)["estimate"] == before
    world.run("update facts.fct_decisions_daily set decision_count = 40, clean_count = 40")
    after = capacity(world)["estimate"]
    assert float(after) == pytest.approx(float(before) * 4 * 280 / 320, abs=1e-8)
    world.run("update registry.decision_classes set declared_level = 'delegate'")
    assert capacity(world)["estimate"] == before
    world.run("delete from registry.audit_rates")
    assert capacity(world)["estimate"] == after


def test_a_pool_is_an_error_while_one_of_its_classes_is_not_accounted(world: World) -> None:
    reviews(world)
    world.run(
        "insert into registry.decision_classes select * replace"
        " ('w.two' as decision_class, 'v' as workflow, 0.5 as alpha_weight)"
        " from registry.decision_classes;"
        "insert into registry.class_mapping values ('t', 'v', 'w.two');"
        "insert into landing.files by name select * replace ('t' as source, 9 as unit_count)"
        " from landing.files;"
        "insert into intermediate.int_tables__streams values ('t', 'decisions', 'decisions')"
    )
    assert world.estimate("accounted")["bound"] == 0
    row = capacity(world)
    assert (row["status"], row["bound"]) == ("error", None)
    assert row["reason"] == "w.two of the pool is not accounted for"
    world.run("update registry.decision_classes set review_pool = 'x' where workflow = 'v'")
    assert capacity(world)["status"] == "ok"


def test_a_class_of_which_nothing_landed_breaks_nothing(world: World) -> None:
    reviews(world)
    world.run(
        "insert into registry.decision_classes select * replace"
        " ('w.two' as decision_class, 'v' as workflow, 0.5 as alpha_weight)"
        " from registry.decision_classes;"
        "insert into registry.class_mapping values ('t', 'v', 'w.two')"
    )
    row = capacity(world)
    assert (row["status"], row["bound"]) == ("insufficient", None)
    assert row["reason"] == "w.two of the pool is not accounted for"


def test_bursts_and_long_reviews_lengthen_the_wait(world: World) -> None:
    reviews(world, per_hour=6)
    even = capacity(world)["reason"]
    # the same number, all of one hour of the day in one week and none in the others
    world.run(
        f"update {FACT} set arrival_count = case when event_hour < '2025-03-10' then 24 else 0 end"
    )
    assert minutes_of(capacity(world)["reason"]) > 2 * minutes_of(even)


def minutes_of(reason: str) -> float:
    return float(reason.split("wait ")[1].split(" min", maxsplit=1)[0])


def test_who_hurries_on_full_days_is_not_quick(world: World) -> None:
    """On a full day 1,300 reviews took 10 seconds each; what counts is the 60 of calm days."""
    world.run("update registry.decision_classes set review_wait_minutes = 100000")
    reviews(world)
    done(world, MONDAY, 1300, 3, 10, arrival_count=0)
    row = capacity(world)
    assert float(row["estimate"]) == pytest.approx(1620 / 4 * 60 / 72_000, abs=1e-8)
    # nor is a long review left out because it filled its day
    done(world, MONDAY + timedelta(days=1), 40, 3, 3600, arrival_count=0)
    row = capacity(world)
    mean = (320 * 60 + 13_000 + 40 * 3600) / 1660
    assert float(row["estimate"]) == pytest.approx(1660 / 4 * mean / 72_000, abs=1e-8)
