"""Bad suite files: each is refused with file, expectation and fix. The oracle is by hand."""

import copy
import json
import shutil
from pathlib import Path

import pytest

from dagster_project.evidence.data_fit.suites import SuiteError, load_suites

ROOT = Path(__file__).parents[3]
TABLE = "int_decisions__settled"
GOOD = json.loads((ROOT / "expectations" / f"{TABLE}.json").read_text(encoding="utf-8"))
ROUTE = 5  # settled_route_is_known


def change(*path, to):
    def apply(suite):
        place = suite
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = to

    return apply


def remove(*path):
    def apply(suite):
        place = suite
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]

    return apply


def kwargs(number, **values):
    return lambda suite: suite["expectations"][number]["kwargs"].update(values)


def meta(number, **values):
    return lambda suite: suite["expectations"][number]["meta"].update(values)


def retype(number, expectation_type, **values):
    def apply(suite):
        suite["expectations"][number] |= {"type": expectation_type, "kwargs": values}

    return apply


def lose(number):
    """Remove an expectation and its id: a file that is consistent, but lacks a guard."""

    def apply(suite):
        del suite["expectations"][number]
        del suite["meta"]["expected_ids"][number]

    return apply


BETWEEN = "expect_column_values_to_be_between"
POISON = {
    "empty_suite": (change("expectations", to=[]), ["empty suite passes on everything"]),
    "no_expectations": (remove("expectations"), ["empty suite"]),
    "unknown_key": (change("expectation", to=[]), ["does not know expectation"]),
    "no_name": (remove("name"), ["'name'"]),
    "no_meta": (remove("meta"), ["'meta'"]),
    "bad_schema": (change("meta", "schema", to="x; drop"), ["'schema'"]),
    "bad_grain": (change("meta", "grain", to="day"), ["'grain'", "class or row"]),
    "bad_rows": (change("meta", "rows", to=None), ["'rows'", "all or current"]),
    "ids_not_listed": (remove("meta", "expected_ids"), ["expected_ids"]),
    "expectation_lost": (
        remove("expectations", ROUTE),
        ["settled_route_is_known", "put back the expectation"],
    ),
    "expectation_not_announced": (
        remove("meta", "expected_ids", ROUTE),
        ["settled_route_is_known", "correct the list"],
    ),
    "duplicate_id": (meta(ROUTE, id="settled_has_event_time"), ["settled_has_event_time", "twice"]),
    "no_id": (remove("expectations", ROUTE, "meta", "id"), ["expectation 6", "'id'"]),
    "id_with_comma": (meta(ROUTE, id="a,b"), ["expectation 6", "'id'"]),
    "no_severity": (remove("expectations", ROUTE, "meta", "severity"), ["required or advisory"]),
    "bad_severity": (meta(ROUTE, severity="warn"), ["settled_route_is_known", "advisory"]),
    "no_owner": (meta(ROUTE, owner=" "), ["settled_route_is_known", "'owner'"]),
    "no_reason": (meta(ROUTE, reason=""), ["settled_route_is_known", "'reason'"]),
    "per_class_text": (meta(ROUTE, per_class="yes"), ["'per_class'"]),
    "unknown_meta": (meta(ROUTE, mostly=0.5), ["meta does not know mostly"]),
    "unknown_type": (
        retype(ROUTE, "expect_column_values_to_match_regex", column="route", regex="."),
        ["settled_route_is_known", "is not one of"],
    ),
    "free_query": (
        retype(ROUTE, "unexpected_rows_expectation", unexpected_rows_query="select 1 where false"),
        ["is not one of"],
    ),
    "mostly_zero": (kwargs(ROUTE, mostly=0), ["settled_route_is_known", "mostly", "leave it out"]),
    "mostly_below_one": (kwargs(ROUTE, mostly=0.99), ["mostly"]),
    "row_condition": (kwargs(ROUTE, row_condition="1=0"), ["row_condition", "make a table"]),
    "misspelt_argument": (kwargs(ROUTE, valueset=["ok"]), ["kwargs does not know valueset"]),
    "argument_lost": (remove("expectations", ROUTE, "kwargs", "value_set"), ["value_set"]),
    "empty_set": (kwargs(ROUTE, value_set=[]), ["'value_set'", "at least one"]),
    "null_in_set": (kwargs(ROUTE, value_set=["ok", None]), ["null never matches"]),
    "column_is_a_list": (kwargs(ROUTE, column=["route"]), ["'column' must name a column"]),
    "no_bound": (retype(ROUTE, BETWEEN, column="route"), ["without a bound everything passes"]),
    "null_bound": (retype(ROUTE, BETWEEN, column="route", min_value=None), ["bound None"]),
    "true_bound": (retype(ROUTE, BETWEEN, column="route", min_value=True), ["bound True"]),
    "bounds_crossed": (
        retype(ROUTE, BETWEEN, column="route", min_value=2, max_value=1),
        ["above max_value"],
    ),
    "strict_text": (
        retype(ROUTE, BETWEEN, column="route", min_value=2, strict_min="no"),
        ["'strict_min' must be true or false"],
    ),
    "names_nobody": (
        retype(ROUTE, "expect_column_mean_to_be_between", column="route", min_value=0),
        ["cannot name failing classes", "per_class to false"],
    ),
    "null_means_anything": (meta(ROUTE, null_means="fine", field="region"), ["not_measured"]),
    "null_means_no_field": (meta(ROUTE, null_means="not_measured"), ["'field'"]),
    "null_means_odd_field": (meta(ROUTE, null_means="not_measured", field="route"), ["'field'"]),
    "null_means_not_null": (
        meta(2, null_means="not_measured", field="region"),
        ["settled_has_decision_id", "no sense"],
    ),
    "no_row_guard": (lose(0), ["expect_table_row_count_to_be_between"]),
    "no_column_guard": (lose(1), ["expect_table_columns_to_match_set"]),
    "row_guard_of_zero": (kwargs(0, min_value=0), ["settled_has_rows", "from 1 on"]),
    "row_guard_of_text": (kwargs(0, min_value="1"), ["settled_has_rows", "whole number"]),
    "advisory_guard": (meta(0, severity="advisory"), ["severity required"]),
    "advisory_column_guard": (meta(1, severity="advisory"), ["second expectation"]),
    "exact_guard": (kwargs(1, exact_match=True), ["settled_has_columns", "exact_match"]),
    "guard_lacks_tested_column": (
        kwargs(1, column_set=["decision_class", "decision_id", "occurred_at", "status"]),
        ["settled_has_columns", "add to column_set: route"],
    ),
    "guard_lacks_class_column": (
        kwargs(1, column_set=["route", "decision_id", "occurred_at", "status"]),
        ["add to column_set: decision_class"],
    ),
}  # fmt: skip


def write(folder: Path, text: str, name: str = TABLE) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    return path


def refusal(*folders: Path) -> str:
    with pytest.raises(SuiteError) as caught:
        load_suites(folders)
    return str(caught.value)


@pytest.mark.parametrize("case", POISON)
def test_poisoned_suite_is_refused(tmp_path, case):
    poison, words = POISON[case]
    suite = copy.deepcopy(GOOD)
    poison(suite)
    path = write(tmp_path / "suites", json.dumps(suite))
    message = refusal(path.parent)
    assert str(path) in message
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{", "not a readable suite"),
        ("[]", "one JSON object"),
        ("", "not a readable suite"),
        ('{"name": "a", "name": "b"}', "'name' is given twice"),
        ('{"name": NaN}', "NaN"),
        ('{"name": -Infinity}', "-Infinity"),
        ('{"name": "\udcff"}', "not a readable suite"),
    ],
)
def test_unreadable_file_is_refused(tmp_path, text, word):
    path = write(tmp_path / "suites", text)
    message = refusal(path.parent)
    assert str(path) in message
    assert word in message


def test_number_beyond_floating_point_is_no_bound(tmp_path):
    suite = copy.deepcopy(GOOD)
    retype(ROUTE, BETWEEN, column="route", max_value=12345)(suite)
    path = write(tmp_path / "suites", json.dumps(suite).replace("12345", "1e999"))
    assert "must be a finite number" in refusal(path.parent)


def test_file_named_otherwise_than_a_table_is_refused(tmp_path):
    path = write(tmp_path / "suites", json.dumps(GOOD), name="Settled-2")
    assert "named after a table" in refusal(path.parent)


def test_no_suite_at_all_is_refused(tmp_path):
    assert "no suite file" in refusal(tmp_path / "nowhere")
    assert "no suite file" in refusal()


def product_copy(tmp_path: Path) -> Path:
    folder = tmp_path / "product"
    folder.mkdir()
    shutil.copy(ROOT / "expectations" / f"{TABLE}.json", folder)
    return folder


def company(tmp_path: Path, prefix: str, **header: str) -> Path:
    text = json.dumps(GOOD | {"meta": GOOD["meta"] | header}).replace('"settled_', f'"{prefix}')
    return write(tmp_path / "company", text.replace('"penstock_', '"acme_')).parent


def test_company_suite_of_the_same_table_is_added(tmp_path):
    folders = [product_copy(tmp_path), company(tmp_path, "acme_")]
    (suite,) = load_suites(folders)
    assert len(suite.expectation_ids) == 14
    assert suite.expectation_ids[0] == "settled_has_rows"
    assert suite.expectation_ids[7] == "acme_has_rows"


def test_company_suite_must_not_reuse_an_id(tmp_path):
    message = refusal(product_copy(tmp_path), company(tmp_path, "settled_"))
    assert "id 'settled_has_rows' is taken already" in message
    assert "rename it" in message


def test_company_suite_must_not_reuse_the_suite_name(tmp_path):
    product = product_copy(tmp_path)
    text = json.dumps(GOOD).replace('"settled_', '"acme_')
    message = refusal(product, write(tmp_path / "company", text).parent)
    assert "suite name 'penstock_settled_decisions' is taken already" in message


def test_company_suite_must_look_at_the_same_rows(tmp_path):
    message = refusal(product_copy(tmp_path), company(tmp_path, "acme_", rows="all"))
    assert "make them equal" in message
