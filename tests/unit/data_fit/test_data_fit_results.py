"""What counts as met, class by class. Expected values written by hand."""

import pytest
from data_fit_world import EVERYONE, PROFILE, REQUIRED, SETTLED, each, failing_after

from dagster_project.evidence.data_fit.write import write_data_fit


def test_clean_data_meets_everything(world, suites):
    report = write_data_fit(world.path, suites)
    expected = {
        "expected_count": REQUIRED,
        "evaluated_count": REQUIRED,
        "met_count": REQUIRED,
        "raised_count": 0,
        "too_few_count": 0,
        "row_count": 100,
        "failing": "",
    }
    assert world.fits() == dict.fromkeys(EVERYONE, expected)
    assert report.problems == ()
    assert all(result.is_met for result in report.results)
    assert len(report.results) == REQUIRED + 2


def test_red_expectation_fails_exactly_its_class(world, suites):
    failing = failing_after(
        world, suites, f"update {PROFILE} set confidence_max = 1.5 where decision_class = 'a.two'"
    )
    assert failing == {"a.two": ["class_profile_confidence_not_above_1"]}


def test_more_failing_classes_than_great_expectations_lists(world, suites):
    """1.24.1 cuts the index list of a SQL table at 20, also in the COMPLETE format."""
    failing = failing_after(
        world,
        suites,
        "insert into registry.decision_classes select 'c.' || i, '' from range(60) as r(i)",
        f"insert into {PROFILE} by name select p.* replace (c.decision_class as decision_class) "
        f"from {PROFILE} as p, registry.decision_classes as c "
        "where p.decision_class = 'a.one' and c.decision_class like 'c.%'",
        f"insert into {SETTLED} by name select d.* replace (c.decision_class as decision_class, "
        f"c.decision_class as decision_id) from {SETTLED} as d, registry.decision_classes as c "
        "where d.decision_id = 'a.one-0' and c.decision_class like 'c.%'",
        f"update {PROFILE} set latency_ms_min = -1 where decision_class like 'c.4%' "
        "or decision_class like 'c.3%' or decision_class like 'c.5%'",
    )
    wanted = [*(f"c.{i}" for i in range(30, 60)), "c.3", "c.4", "c.5"]
    assert failing == {c: ["class_profile_latency_not_negative"] for c in wanted}


def test_failing_rows_are_traced_to_their_class(world, suites):
    failing = failing_after(
        world, suites, f"update {SETTLED} set route = 'auto' where decision_class = 'b.three'"
    )
    assert failing == {"b.three": ["settled_route_is_known"]}


def test_missing_value_is_not_a_known_value(world, suites):
    failing = failing_after(
        world, suites, f"update {SETTLED} set route = null where decision_id = 'a.one-7'"
    )
    assert failing == {"a.one": ["settled_route_is_known"]}


@pytest.mark.parametrize("unknown", ["null", "'(unknown)'"])
def test_failing_row_of_unknown_class_counts_against_every_class(world, suites, unknown):
    failing = failing_after(
        world,
        suites,
        f"update {SETTLED} set route = 'auto', decision_class = {unknown} "
        "where decision_id = 'a.one-7'",
    )
    assert failing == each(["settled_route_is_known"])


def test_failing_row_of_an_undeclared_class_is_named_and_met_by_nobody_else(world, suites):
    failing = failing_after(
        world,
        suites,
        f"insert into {SETTLED} by name select * replace ('rogue' as decision_class, "
        f"'x' as decision_id, 'auto' as route) from {SETTLED} where decision_id = 'a.one-7'",
    )
    assert failing == {}
    assert world.sql(
        "select expectation_id, failing_classes from evidence.expectation_results where not is_met"
    ) == [("settled_route_is_known", '["rogue"]')]


def test_duplicate_decision_fails_both_classes_that_hold_it(world, suites):
    failing = failing_after(
        world, suites, f"update {SETTLED} set decision_id = 'a.one-7' where decision_id = 'a.two-7'"
    )
    assert failing == {c: ["settled_decision_id_is_unique"] for c in ("a.one", "a.two")}


def test_only_current_and_known_rows_are_looked_at(world, suites):
    copy = f"insert into {SETTLED} by name select * replace (%s, 'auto' as route) from {SETTLED} "
    where = "where decision_id = 'a.one-7' and route = 'delegated'"
    statements = (
        copy % "false as is_current" + where,
        copy % "'20260401T000000000001Z' as landing_batch" + where,
    )
    assert failing_after(world, suites, *statements) == {}
    # unknown counts against: neither a missing flag nor a missing batch hides a row
    seen = failing_after(world, suites, copy % "null as is_current, 'n' as decision_id" + where)
    assert seen == {"a.one": ["settled_route_is_known"]}
    world.sql(f"delete from {SETTLED} where route = 'auto'")
    batchless = copy % "null as landing_batch, 'n' as decision_id" + where
    seen = failing_after(world, suites, batchless)
    assert "settled_route_is_known" in seen["a.one"]


def test_all_null_column_is_met_only_where_the_field_is_not_required(world, suites):
    failing = failing_after(
        world,
        suites,
        f"update {PROFILE} set confidence_min = null, confidence_max = null",
        f"update {SETTLED} set confidence = null",
    )
    assert failing == {
        "a.one": [
            "class_profile_confidence_not_below_0",
            "class_profile_confidence_not_above_1",
            "demo_settled_confidence_is_a_share",
        ]
    }


def test_null_count_is_never_met(world, suites):
    failing = failing_after(world, suites, f"update {PROFILE} set route_invalid_count = null")
    assert failing == each(["class_profile_routes_are_known"])


def test_nan_is_above_every_lower_bound_and_still_not_met(world, suites):
    failing = failing_after(
        world,
        suites,
        f"alter table {PROFILE} alter latency_ms_min type double",
        f"update {PROFILE} set latency_ms_min = 'nan' where decision_class = 'a.two'",
    )
    assert failing == {"a.two": ["class_profile_latency_not_negative"]}


def test_advisory_is_written_and_not_counted(world, suites):
    failing = failing_after(world, suites, f"update {PROFILE} set amount_min = -1")
    assert failing == {}
    assert world.sql(
        "select expectation_id, is_met, failing_classes, detail "
        "from evidence.expectation_results where not is_met"
    ) == [
        (
            "class_profile_amount_not_negative",
            False,
            '["a.one", "a.two", "b.three"]',
            "advisory; 3 rows fail",
        )
    ]
