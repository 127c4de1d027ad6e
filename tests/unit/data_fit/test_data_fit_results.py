"""What counts as met, class by class. Expected values written by hand."""

from dataclasses import replace

import pytest

from dagster_project.evidence.data_fit import run
from dagster_project.evidence.data_fit.write import write_data_fit

PROFILE = "intermediate.int_data_fit__class_profile"
SETTLED = "intermediate.int_decisions__settled"
EVERYONE = {"a.one", "a.two", "b.three"}
# 17 of 18 in the profile's suite are required; 5 + 2 guards, and 4 of 5 of the demo's
REQUIRED = 17 + 7 + 4


def each(ids):
    return dict.fromkeys(EVERYONE, ids)


def failing_after(world, suites, *statements):
    for statement in statements:
        world.sql(statement)
    write_data_fit(world.path, suites)
    return {c: ids for c, ids in world.failing().items() if ids}


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


def test_column_that_is_gone_has_raised(world, suites):
    failing = failing_after(world, suites, f"alter table {PROFILE} drop column newest_event_at")
    wanted = ["class_profile_has_columns", "class_profile_has_newest_event"]
    assert failing == each(wanted)
    fit = world.fits()["a.one"]
    assert (fit["expected_count"], fit["evaluated_count"], fit["met_count"]) == (28, 27, 26)
    assert fit["raised_count"] == 1


def test_empty_profile_meets_nothing(world, suites):
    failing_after(world, suites, f"delete from {PROFILE}")
    for fit in world.fits().values():
        assert (fit["met_count"], fit["too_few_count"], fit["row_count"]) == (0, REQUIRED, 0)
    rows = world.sql(
        "select table_name, count_if(is_met) from evidence.expectation_results group by 1"
    )
    assert dict(rows)["int_data_fit__class_profile"] == 0


def test_empty_rows_meet_nothing(world, suites):
    failing_after(world, suites, f"delete from {SETTLED}")
    for fit in world.fits().values():
        assert (fit["met_count"], fit["too_few_count"], fit["row_count"]) == (17, 11, 100)


def test_absent_class_is_too_few(world, suites):
    failing_after(world, suites, f"delete from {PROFILE} where decision_class = 'b.three'")
    fits = world.fits()
    assert fits["b.three"]["met_count"] == 0
    assert fits["b.three"]["too_few_count"] == REQUIRED
    assert fits["a.one"]["met_count"] == REQUIRED
    assert world.sql(
        "select distinct table_name from evidence.expectation_results where not is_met"
    ) == [("int_data_fit__class_profile",)]


def test_profile_of_another_batch_is_no_profile(world, suites):
    failing_after(
        world, suites, f"alter table {PROFILE} add column known_batch varchar default 'older'"
    )
    for fit in world.fits().values():
        assert (fit["met_count"], fit["too_few_count"], fit["row_count"]) == (0, REQUIRED, 0)
    world.sql(f"update {PROFILE} set known_batch = '20260401T000000000000Z'")
    assert failing_after(world, suites) == {}


def test_rows_that_were_not_looked_at_are_not_met(world, suites, monkeypatch):
    real = run.run_suite

    def look_away(path, suite):
        results = real(path, suite)
        for name in {"class_profile_one_currency"} & set(results):
            results[name] = replace(results[name], element_count=2)
        return results

    monkeypatch.setattr(run, "run_suite", look_away)
    assert failing_after(world, suites) == each(["class_profile_one_currency"])


def test_class_without_rows_is_too_few_there(world, suites):
    failing_after(world, suites, f"delete from {SETTLED} where decision_class = 'b.three'")
    assert world.fits()["b.three"]["too_few_count"] == 11
    assert world.fits()["a.one"]["met_count"] == REQUIRED


def test_absent_table_has_raised(world, suites):
    failing_after(world, suites, f"drop table {SETTLED}")
    for fit in world.fits().values():
        assert (fit["evaluated_count"], fit["raised_count"], fit["met_count"]) == (17, 11, 17)


def test_result_that_does_not_come_back_is_not_met(world, suites, monkeypatch):
    real = run.run_suite

    def lose_one(path, suite):
        results = real(path, suite)
        results.pop("class_profile_one_currency", None)
        return results

    monkeypatch.setattr(run, "run_suite", lose_one)
    failing = failing_after(world, suites)
    assert failing == each(["class_profile_one_currency"])
    fit = world.fits()["a.one"]
    assert (fit["expected_count"], fit["evaluated_count"], fit["raised_count"]) == (28, 27, 0)


def test_aggregates_and_types_that_name_nobody_fail_everybody(world, one_suite, suites, entry):
    suite = one_suite(
        "int_decisions__settled",
        ["confidence", "route", "decision_id"],
        entry("expect_column_mean_to_be_between", "mean", per_class=False, column="confidence",
              min_value=0.6),
        entry("expect_column_value_lengths_to_be_between", "length", per_class=False,
              column="route", max_value=3),
        entry("expect_compound_columns_to_be_unique", "pair", per_class=False,
              column_list=["route", "confidence"]),
        entry("expect_column_sum_to_be_between", "sum", per_class=False, column="confidence",
              min_value=1),
    )  # fmt: skip
    failing = failing_after(world, [suites[0], suite])
    assert failing == each(["mean", "length", "pair"])


def test_statistic_over_nothing_is_not_met(world, one_suite, suites, entry):
    """Without the NaN and NULL rule a mean over NaN and over nothing would count as met."""
    suite = one_suite(
        "int_decisions__settled",
        ["confidence", "amount"],
        entry("expect_column_max_to_be_between", "nan_max", per_class=False, column="confidence",
              min_value=0),
        entry("expect_column_sum_to_be_between", "null_sum", per_class=False, column="amount",
              max_value=5000),
    )  # fmt: skip
    failing = failing_after(
        world,
        [suites[0], suite],
        f"alter table {SETTLED} alter confidence type double",
        f"update {SETTLED} set confidence = 'nan', amount = null where decision_class = 'a.two'",
    )
    assert failing["a.two"] == ["nan_max", "null_sum"]


def test_more_rows_than_the_guard_demands_are_needed(world, one_suite, suites):
    suite = one_suite("int_decisions__settled", [], minimum=120)
    assert failing_after(world, [suites[0], suite]) == {}
    suite = one_suite("int_decisions__settled", [], minimum=121)
    failing = failing_after(world, [suites[0], suite])
    assert failing == each(["t_rows", "t_columns"])
    assert world.fits()["a.one"]["too_few_count"] == 2


def test_expectation_that_is_not_per_class_fails_every_class(world, one_suite, suites, entry):
    trial = entry(
        "expect_column_values_to_be_in_set",
        "trial",
        per_class=False,
        column="route",
        value_set=["delegated"],
    )
    suite = one_suite("int_decisions__settled", ["route"], trial)
    wrong = f"update {SETTLED} set route = 'auto' where decision_class = 'b.three'"
    assert failing_after(world, [suites[0], suite], wrong) == each(["trial"])


@pytest.mark.parametrize(
    "change",
    [
        {"query": "select decision_class from int_decisions__settled__rows limit 7"},
        {"query": "select decision_class from int_decisions__settled__rows where false"},
        {"query": "select no_such_column from int_decisions__settled__rows"},
        {"query": None},
    ],
)
def test_failing_rows_that_cannot_all_be_traced_fail_every_class(
    world, suites, monkeypatch, change
):
    real = run.run_suite
    name = "settled_route_is_known"

    def blur(path, suite):
        results = real(path, suite)
        return {i: replace(r, **change) if i == name else r for i, r in results.items()}

    monkeypatch.setattr(run, "run_suite", blur)
    wrong = f"update {SETTLED} set route = 'auto' where decision_class = 'b.three'"
    assert failing_after(world, suites, wrong) == each([name])


def test_statistic_that_is_nan_is_not_met_even_if_reported_as_success(
    world, one_suite, suites, entry, monkeypatch
):
    real = run.run_suite
    trial = entry(
        "expect_column_sum_to_be_between", "trial", per_class=False, column="amount", min_value=0
    )

    def lose_statistic(path, suite):
        results = real(path, suite)
        return {
            i: replace(r, is_observed_unknown=True) if i == "trial" else r
            for i, r in results.items()
        }

    monkeypatch.setattr(run, "run_suite", lose_statistic)
    suite = one_suite("int_decisions__settled", ["amount"], trial)
    assert failing_after(world, [suites[0], suite]) == each(["trial"])


def test_expectation_that_raises_on_a_column_that_is_there(world, one_suite, suites, entry):
    trial = entry("expect_column_values_to_be_between", "trial", column="route", min_value=0)
    suite = one_suite("int_decisions__settled", ["route"], trial)
    assert failing_after(world, [suites[0], suite]) == each(["trial"])
    fit = world.fits()["a.one"]
    assert (fit["expected_count"], fit["evaluated_count"], fit["raised_count"]) == (20, 19, 1)
