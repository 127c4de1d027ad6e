"""A red, raising or missing expectation and an empty batch keep data_fit from passing, also when
somebody runs `dbt build` by hand."""

import json
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from company import parse_in_process, run_dbt_in_process
from compiled_company import Company
from steps import Judged, evidence, passing, procurement, verdicts_of

from dagster_project import warehouse
from dagster_project.settings import Project
from dagster_project.transform.bridge import manifest_path

pytestmark = pytest.mark.xdist_group("flow")
CLASS = "procurement.classify_vendor_request"


def decide_by_hand(project: Project, *, keeps_manifest: bool = False) -> set[str]:
    """The words of the gate after a `dbt build` of what it reads: the marts would be 2 s more."""
    command = ["build", "-s", "+gate_ladder", "--exclude", "tag:prepare"]
    assert run_dbt_in_process(project, command, keeps_manifest=keeps_manifest).success
    with closing(warehouse.connect(project.warehouse, read_only=True)) as connection:
        return words(connection)


def words(connection: duckdb.DuckDBPyConnection) -> set[str]:
    rows = connection.execute(
        "SELECT DISTINCT verdict FROM gates.gate_ladder WHERE gate = 'data_fit'"
    ).fetchall()
    return {word for (word,) in rows}


def test_by_hand_without_results_nothing_passes(copy: Project) -> None:
    with closing(warehouse.connect(copy.warehouse)) as connection:
        assert connection.execute("DELETE FROM evidence.data_fit").fetchone() != (0,)
    assert "pass" not in decide_by_hand(copy)


@pytest.fixture(scope="module")
def by_hand(baseline: Judged, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The baseline, decided once more by hand, so that dbt tells the SQL that it ran."""
    home = tmp_path_factory.mktemp("by_hand") / "home"
    shutil.copytree(baseline.project.home, home, symlinks=True)
    project = replace(baseline.project, home=home)
    assert "pass" in decide_by_hand(project, keeps_manifest=True)
    company = Company(project, json.loads(manifest_path(project).read_text()))
    with company.trial() as connection:
        company.rebuild(connection, "gates")
        assert "pass" in words(connection)
    return company


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE evidence.data_fit SET row_count = 0",
        "UPDATE evidence.data_fit SET raised_count = 1",
        "UPDATE evidence.data_fit SET met_count = met_count - 1",
        "UPDATE evidence.data_fit SET evaluated_count = evaluated_count - 1",
        "UPDATE evidence.data_fit SET expected_count = 0, evaluated_count = 0, met_count = 0",
        "UPDATE evidence.data_fit SET known_batch = '20200101T000000000000Z'",
        "UPDATE evidence.data_fit SET as_of = as_of - 1",
        "UPDATE evidence.data_fit SET met_count = NULL",
        "INSERT INTO evidence.data_fit SELECT * FROM evidence.data_fit",
    ],
)
def test_by_the_sql_of_dbt_unsound_results_pass_nothing(by_hand: Company, statement: str) -> None:
    with by_hand.trial() as connection:
        assert connection.execute(statement).fetchone() != (0,)
        by_hand.rebuild(connection, "gates")
        assert "pass" not in words(connection)


@pytest.mark.parametrize(
    ("expectation_type", "kwargs", "verdict"),
    [
        (
            "expect_column_values_to_be_between",
            {"column": "decision_count", "min_value": 10**9},
            "fail",
        ),
        (
            "expect_column_values_to_be_between",
            {"column": "decision_class", "min_value": 0},
            "error",
        ),
    ],
)
def test_a_red_and_a_raising_expectation_keep_the_gate_shut(
    by_hand: Company, copy: Project, expectation_type: str, kwargs: dict, verdict: str
) -> None:
    add_expectation(copy, expectation_type, kwargs)
    evidence(copy)
    with Company(copy, by_hand.manifest).trial() as connection:
        by_hand.rebuild(connection, "gates")
        assert "pass" not in words(connection)
        found = connection.execute(
            "SELECT DISTINCT verdict FROM gates.gate_verdicts WHERE decision_class = $1"
            " AND criterion_id = 'expectations_met' AND segment = 'all'",
            [CLASS],
        ).fetchall()
    assert found == [(verdict,)]


def add_expectation(project: Project, expectation_type: str, kwargs: dict) -> None:
    """A suite of the company's own: the product's guards, and one expectation more."""
    name = "int_data_fit__class_profile.json"
    suite = json.loads((project.suites[0] / name).read_text())
    guards = suite["expectations"][:2]
    poison = {
        "type": expectation_type,
        "kwargs": kwargs,
        "meta": {
            "id": "poison",
            "severity": "required",
            "owner": "test",
            "reason": "must turn the gate red",
            "per_class": True,
        },
    }
    for guard in guards:
        guard["meta"]["id"] = f"company_{guard['meta']['id']}"
    suite["name"] = "company_class_profile"
    suite["expectations"] = [*guards, poison]
    suite["meta"]["expected_ids"] = [e["meta"]["id"] for e in suite["expectations"]]
    (project.root / "expectations" / name).write_text(json.dumps(suite))


@pytest.mark.xdist_group("alone")  # no baseline needed: the other worker may have it
def test_nothing_landed_passes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = procurement(tmp_path, monkeypatch)
    shutil.rmtree(project.root / "data")
    parse_in_process(project)
    assert run_dbt_in_process(project, ["build", "--exclude-resource-type", "test"]).success
    criteria, gates = verdicts_of(project)
    assert len(criteria) > 100
    assert passing(criteria) == passing(gates) == set()
