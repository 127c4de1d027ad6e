"""Telemetry that is constant, free or impossible is missing data."""

import pytest
from estimates_world import CLASS, World


@pytest.mark.parametrize(
    ("column", "value", "count", "reason"),
    [
        ("latency_ms_usual_count", 18, 0, None),
        ("latency_ms_usual_count", 19, 1, "constant latency"),  # one odd value among twenty
        ("latency_ms_missing_count", 16, 1, "constant latency"),  # a missing one may be alike
        ("latency_ms_missing_count", 15, 0, None),
        ("cost_zero_with_tokens_count", 7, 7, "cost zero with tokens"),
        ("latency_ms_min", -1, 1, "impossible values"),
        ("confidence_max", 1.5, 1, "impossible values"),
        ("route_invalid_count", 2, 2, "invalid routes"),
    ],
)
def test_implausible_telemetry_is_counted(
    world: World, column: str, value: float, count: int, reason: str | None
) -> None:
    world.add(
        "intermediate.int_data_fit__class_profile",
        decision_class=CLASS,
        decision_count=20,
        latency_ms_usual_count=3,
        latency_ms_missing_count=0,
    )
    world.run(f"update intermediate.int_data_fit__class_profile set {column} = {value}")
    row = world.estimate("telemetry_plausible")
    assert (row["bound"], row["reason"]) == (count, reason)


def test_a_class_outside_the_profile_is_not_plausible(world: World) -> None:
    row = world.estimate("telemetry_plausible")
    assert (row["status"], row["reason"]) == ("insufficient", "no decisions")


def test_an_unreadable_decision_may_have_been_implausible(world: World) -> None:
    world.add(
        "intermediate.int_data_fit__class_profile",
        decision_class=CLASS,
        decision_count=20,
        latency_ms_usual_count=3,
        latency_ms_missing_count=0,
    )
    world.add("facts.fct_unreadable", source="s", stream="decisions", unit_count=2)
    row = world.estimate("telemetry_plausible")
    assert (row["bound"], row["refuting_bound"], row["reason"]) == (2, 0, "2 unreadable")


def test_a_repair_takes_back_only_the_unit_it_repairs(world: World) -> None:
    world.add(
        "intermediate.int_data_fit__class_profile",
        decision_class=CLASS,
        decision_count=20,
        latency_ms_usual_count=3,
        latency_ms_missing_count=0,
    )
    unit = {"source": "s", "stream": "decisions"}
    long_ago = "20240101T000000000000Z"
    world.add("facts.fct_unreadable", **unit, unit_count=2)
    # of before the window, so that it did not count in it: neither may its repair, of today
    world.add("facts.fct_unreadable", **unit, unit_count=1, landing_batch=long_ago)
    world.add("facts.fct_unreadable", **unit, unit_count=-1, unit_batch=long_ago)
    assert world.estimate("telemetry_plausible")["bound"] == 2
    world.add("facts.fct_unreadable", **unit, unit_count=-1)
    assert world.estimate("telemetry_plausible")["bound"] == 1
