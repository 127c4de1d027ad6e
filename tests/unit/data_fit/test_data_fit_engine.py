"""The dialect, the allow-list and the cheap import, held against the installed packages."""

import subprocess
import sys

import pytest

from dagster_project.evidence.data_fit.kinds import KINDS, Kind
from dagster_project.evidence.data_fit.run import is_unknown, run_suite

SETTLED = "int_decisions__settled"
COLUMNS = ["confidence", "amount", "route", "decision_id"]
ARGUMENTS = {
    "column": "confidence",
    "column_A": "amount",
    "column_B": "confidence",
    "column_list": ["route", "decision_id"],
    "value_set": [0.5],
    "column_set": ["route"],
    "exact_match": False,
    "or_equal": True,
    "min_value": 0,
    "max_value": 100000,
    "strict_min": False,
    "strict_max": False,
}


def test_reading_suites_imports_nothing_heavy():
    code = (
        "import sys; from dagster_project.evidence.data_fit import suites, evaluate, write;"
        "heavy = {'great_expectations', 'sqlalchemy', 'duckdb', 'pandas', 'numpy'};"
        "sys.exit(' '.join(heavy & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("expectation_type", sorted(KINDS))
def test_every_allowed_type_runs_on_duckdb_with_every_argument(
    world, one_suite, entry, expectation_type
):
    kind: Kind = KINDS[expectation_type]
    arguments = {key: ARGUMENTS[key] for key in kind.arguments}
    if "lengths" in expectation_type:
        arguments["column"] = "route"
    trial = entry(expectation_type, "trial", per_class=kind.names_classes, **arguments)
    suite = one_suite(SETTLED, COLUMNS, trial)
    result = run_suite(world.path, suite)["trial"]
    assert result.raised is None
    counts_rows = bool(kind.columns) and not kind.is_aggregate
    assert result.element_count == (120 if counts_rows else None)


@pytest.mark.parametrize(
    "expectation_type", sorted(name for name, kind in KINDS.items() if kind.names_classes)
)
def test_every_type_that_names_classes_gives_a_query_for_the_failing_rows(
    world, one_suite, entry, expectation_type
):
    kind = KINDS[expectation_type]
    arguments = {key: ARGUMENTS[key] for key in kind.arguments}
    suite = one_suite(SETTLED, COLUMNS, entry(expectation_type, "trial", **arguments))
    result = run_suite(world.path, suite)["trial"]
    assert f"from {SETTLED}__rows" in (result.query or "").lower()
    assert "$" not in (result.query or "")


def test_two_expectations_that_are_equal_but_for_the_id_both_come_back(world, one_suite, entry):
    twin = [
        entry("expect_column_values_to_be_unique", name, column="route")
        for name in ("twin_1", "twin_2")
    ]
    results = run_suite(world.path, one_suite(SETTLED, ["route"], *twin))
    assert set(results) == {"t_rows", "t_columns", "twin_1", "twin_2"}


def test_expectation_that_cannot_be_built_has_raised_alone(world, one_suite, entry):
    suite = one_suite(
        SETTLED, ["route"], entry("expect_column_values_to_be_unique", "odd", column="route")
    )
    suite.expectations[2].arguments["no_such_argument"] = 1
    results = run_suite(world.path, suite)
    assert results["odd"].raised is not None
    assert results["t_rows"].is_success


@pytest.mark.parametrize("value", [None, float("nan")])
def test_unknown_statistics(value):
    assert is_unknown(value)
    assert not is_unknown(0)
    assert not is_unknown("text")
