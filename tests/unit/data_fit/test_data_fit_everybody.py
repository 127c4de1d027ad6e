"""What can be pinned on no single class fails every class."""

from dataclasses import replace

import pytest
from data_fit_world import SETTLED, each, failing_after

from dagster_project.evidence.data_fit import run


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
