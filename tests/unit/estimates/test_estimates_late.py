"""Errors that show after their label counted as mature are taken off the limit."""

from datetime import date
from typing import Any

import pytest
from estimates_world import World

from dagster_project.contracts.numbers import round_up
from dagster_project.evidence.estimates.bounds import anytime_lower, anytime_upper

DAY = date(2025, 3, 3)
# a week before the newest mature label, as long as labels take: 71 of 78 labels are followed
FOLLOWED, DRAWN = 71, 78
CRITERIA = (("accuracy", False), ("confidence_quality", True))


def accuracy(world: World) -> dict[str, Any]:
    return world.error()


def turn(world: World, subject: str) -> None:
    world.run(
        "update facts.fct_samples_weekly set wrong_count = 1, late_error_count = 1"
        f" where subject_key = '{subject}'"
    )


def reviewed(world: World, found: int = 57) -> float:
    """The class is labelled by reviews; the lower bound of what its reviewers find."""
    world.run("update registry.decision_classes set label_outcome = null")
    seeded = {"review_pool": "pool", "event_date": DAY, "seeded_count": 60}
    world.add("facts.fct_reviews_daily", **seeded, seeded_detected_count=found)
    return float(anytime_lower(found, 60, 0.8, 0.025 / 3))


def test_an_error_that_shows_late_counts_twice(world: World) -> None:
    detection, third = reviewed(world), 0.025 / 3
    turn(world, "p5")
    upper = anytime_upper(1, DRAWN, 0.05, third) + anytime_upper(1, FOLLOWED, 0.05, third)
    assert accuracy(world)["bound"] == round_up(float(upper / detection))


def test_labels_of_a_system_of_record_are_final_until_one_turned(world: World) -> None:
    assert accuracy(world)["bound"] == round_up(float(anytime_upper(0, DRAWN, 0.05, 0.025)))
    turn(world, "p5")
    half = 0.0125
    upper = anytime_upper(1, DRAWN, 0.05, half) + anytime_upper(1, FOLLOWED, 0.05, half)
    assert accuracy(world)["bound"] == round_up(float(upper))


def test_a_label_that_turned_counts_before_the_others_of_its_week_are_followed(
    world: World,
) -> None:
    turn(world, "p77")  # the newest mature day, which alone takes no proof back
    late = anytime_upper(1, FOLLOWED + 1, 0.05, 0.0125)
    upper = anytime_upper(0, DRAWN - 1, 0.05, 0.0125) + late
    assert accuracy(world)["bound"] == round_up(float(upper))


@pytest.mark.parametrize(
    "spoil",
    [
        "set labelled_count = 0, wrong_count = 0",
        "set subject_key = '(unknown):x'",
        "set subject_key = null",
        "set route = 'nonsense'",
        "set confidence_bin = -1",
        "set cohort_id = '(unknown)'",
    ],
)
def test_what_is_lost_of_a_late_error_does_not_help(world: World, spoil: str) -> None:
    turn(world, "p5")
    turn(world, "p6")
    before = [world.error(*each)["bound"] for each in CRITERIA]
    world.run(f"update facts.fct_samples_weekly {spoil} where subject_key = 'p5'")
    after = [world.error(*each)["bound"] for each in CRITERIA]
    assert all(new >= old for new, old in zip(after, before, strict=True))


def test_a_late_error_that_becomes_unreadable_does_not_help(world: World) -> None:
    turn(world, "p5")
    before = accuracy(world)["bound"]
    world.run(
        "update facts.fct_samples_weekly set wrong_count = 0, late_error_count = 0;"
        "insert into facts.fct_unreadable values ('s', 'reviews', 'x', '2025', '2025', 1)"
    )
    # the unreadable one is one trial more
    assert float(accuracy(world)["bound"]) > 0.98 * float(before)


def test_one_more_late_error_never_helps(world: World) -> None:
    before = accuracy(world)["bound"]
    for place in (0, 20, 40, 60, 76):
        turn(world, f"p{place}")
        after = accuracy(world)["bound"]
        assert after > before
        before = after


@pytest.mark.parametrize("wrong", [0, 35])
def test_as_many_trials_as_are_needed_are_enough(world: World, wrong: int) -> None:
    """Whether it is the late errors that take more trials or those that are there already."""
    reviewed(world, 60)
    if wrong:
        trials(world, "w", 1000, wrong)
    needed = accuracy(world)["n_needed"]
    assert needed > 100
    trials(world, "n", needed)
    row = accuracy(world)
    assert row["bound"] <= 0.05
    assert row["n_needed"] == 0


def trials(world: World, name: str, count: int, wrong: int = 0) -> None:
    """Of a day whose labels were followed."""
    world.run(
        "insert into facts.fct_samples_weekly by name"
        " select 'w.one' as decision_class, 'all' as segment, 'c1' as cohort_id,"
        f" 'delegated' as route, 0.1 as inclusion_probability, '{name}' || n as subject_key,"
        " date '2025-03-03' as event_date, 90 as confidence_bin, 10 as decision_count,"
        f" 1 as selected_count, 1 as labelled_count, (n < {wrong})::int as wrong_count,"
        " 0 as late_error_count, known_batch as landing_batch"
        f" from range({count}) t(n), landing.run_context"
    )


def test_one_subject_with_many_wrong_decisions_is_not_one_error_in_many(world: World) -> None:
    """78 trials of which one failed; but it holds 60 of 137 decisions."""
    many = {"decision_count": 600, "selected_count": 60, "labelled_count": 60, "wrong_count": 60}
    world.sample("many", DAY, **many)
    assert accuracy(world)["bound"] == round_up(60 / 138)


def test_what_people_approve_on_a_day_with_too_much_to_do_is_no_label(world: World) -> None:
    """Two people with ten hours a week have 14,400 seconds a day; 85 % of them are 12,240."""
    world.run("update facts.fct_samples_weekly set approval_date = date '2025-03-10'")
    before = accuracy(world)["bound"]
    world.add("facts.fct_reviews_hourly", **day_of_reviews(12_240))
    assert accuracy(world)["bound"] == before
    world.add("facts.fct_reviews_hourly", **day_of_reviews(1) | {"event_hour": None})
    row = accuracy(world)
    assert (row["bound"], row["refuting_bound"], row["n_missing"]) == (1, 0, 78)


def day_of_reviews(seconds: int, **row: object) -> dict[str, object]:
    return {
        "review_pool": "pool",
        "event_hour": "2025-03-10 09:00:00",
        "review_count": 1,
        "timed_count": 1,
        "handling_seconds": seconds,
        "arrival_count": 0,
    } | row


@pytest.mark.parametrize(
    ("row", "is_label"),
    [
        ({"review_pool": "another"}, True),
        ({"event_hour": "2025-03-11 09:00:00"}, True),
        ({"review_pool": "(unknown)"}, False),
        ({"timed_count": 0, "handling_seconds": 0}, False),
    ],
)
def test_whose_day_it_was(world: World, row: dict[str, object], is_label: bool) -> None:
    world.run("update facts.fct_samples_weekly set approval_date = date '2025-03-10'")
    # an overturn has no day of approval and always counts
    world.run(
        "update facts.fct_samples_weekly set approval_date = null, wrong_count = 1"
        " where subject_key = 'p5'"
    )
    world.add("facts.fct_reviews_hourly", **day_of_reviews(10))
    world.add("facts.fct_reviews_hourly", **day_of_reviews(13_000) | row)
    mine = accuracy(world)
    assert mine["n_missing"] == (0 if is_label else 77)
    assert mine["refuting_bound"] > 0
