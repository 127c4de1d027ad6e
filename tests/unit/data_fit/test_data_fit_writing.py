"""Rows are always written, whatever breaks; one process, one file, no lock left behind."""

import subprocess
import sys
from datetime import date

import duckdb
import pytest

from dagster_project.evidence.data_fit import evaluate, run, write
from dagster_project.evidence.data_fit.write import DataFitError, create_tables, write_data_fit


def test_great_expectations_breaking_down_is_written_as_raised(world, suites, monkeypatch):
    def break_down(path, suite):
        raise ImportError("no module named great_expectations\nsecond line")

    monkeypatch.setattr(run, "run_suite", break_down)
    report = write_data_fit(world.path, suites)
    assert len(report.problems) == 30
    assert report.problems[0] == (
        "int_data_fit__class_profile.class_profile_has_rows: "
        "raised: ImportError: no module named great_expectations"
    )
    for fit in world.fits().values():
        assert (fit["evaluated_count"], fit["met_count"], fit["raised_count"]) == (0, 0, 28)


def test_fault_of_ours_is_raised_after_rows_are_written(world, suites, monkeypatch):
    def fault(self, expectation, raw):
        raise TypeError("a fault of ours")

    monkeypatch.setattr(evaluate._Table, "resolve", fault)
    with pytest.raises(TypeError, match="a fault of ours"):
        write_data_fit(world.path, suites)
    assert {fit["met_count"] for fit in world.fits().values()} == {0}
    assert {fit["raised_count"] for fit in world.fits().values()} == {28}


def test_second_run_replaces_the_first(world, suites):
    write_data_fit(world.path, suites)
    world.sql("update landing.run_context set known_batch = '20260402T000000000000Z'")
    write_data_fit(world.path, suites)
    for table in ("data_fit", "expectation_results"):
        seen = world.sql(f"select distinct as_of, known_batch from evidence.{table}")
        assert seen == [(date(2026, 3, 31), "20260402T000000000000Z")]
    assert world.sql("select count(*) from evidence.data_fit") == [(3,)]
    assert world.sql("select count(*) from evidence.expectation_results") == [(30,)]


def test_failed_write_leaves_the_rows_of_the_run_before(world, suites, monkeypatch):
    write_data_fit(world.path, suites)
    monkeypatch.setattr(write, "_class_row", lambda context, fit: ["too", "short"])
    with pytest.raises(duckdb.Error):
        write_data_fit(world.path, suites)
    assert world.sql("select count(*) from evidence.data_fit") == [(3,)]
    assert world.sql("select count(*) from evidence.expectation_results") == [(30,)]


def test_other_batch_at_the_end_is_refused(world, suites, monkeypatch):
    real = run.run_suite

    def meanwhile(path, suite):
        results = real(path, suite)
        world.sql("update landing.run_context set known_batch = 'later'")
        return results

    monkeypatch.setattr(run, "run_suite", meanwhile)
    with pytest.raises(DataFitError, match="changed while"):
        write_data_fit(world.path, suites)


@pytest.mark.parametrize(
    "statement",
    [
        "delete from landing.run_context",
        "insert into landing.run_context from landing.run_context",
        "update landing.run_context set known_batch = null",
        "drop table landing.run_context",
    ],
)
def test_no_clear_run_context_is_refused(world, suites, statement):
    world.sql(statement)
    with pytest.raises(DataFitError, match=r"landing\.run_context"):
        write_data_fit(world.path, suites)


def test_suites_without_the_profile_are_refused(world, suites):
    with pytest.raises(DataFitError, match="int_data_fit__class_profile"):
        write_data_fit(world.path, suites[1:])


def test_nothing_but_evidence_is_made_and_the_file_is_free(world, suites):
    write_data_fit(world.path, suites)
    made = world.sql(
        "select table_schema, table_name from information_schema.tables "
        "where table_schema not in ('landing', 'registry') order by all"
    )
    assert made == [
        ("evidence", "data_fit"),
        ("evidence", "expectation_results"),
        ("intermediate", "int_data_fit__class_profile"),
        ("intermediate", "int_decisions__settled"),
    ]
    # another process can take the write lock: no connection of ours is left
    code = f"import duckdb; duckdb.connect({str(world.path)!r}).execute('create table x(i int)')"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_progress_names_each_table(world, suites):
    told: list[str] = []
    write_data_fit(world.path, suites, on_progress=told.append)
    assert told == ["int_data_fit__class_profile", "int_decisions__settled"]


def test_contract_of_the_two_tables():
    connection = duckdb.connect()
    create_tables(connection)
    create_tables(connection)
    described = {
        table: [row[:2] for row in connection.execute(f"describe evidence.{table}").fetchall()]
        for table in ("data_fit", "expectation_results")
    }
    head = [("as_of", "DATE"), ("known_batch", "VARCHAR")]
    counts = "expected_count evaluated_count met_count raised_count too_few_count row_count"
    assert described["data_fit"] == [
        *head,
        ("decision_class", "VARCHAR"),
        *((name, "BIGINT") for name in counts.split()),
        ("failing", "VARCHAR"),
    ]
    names = "table_name suite expectation_id expectation_type"
    assert described["expectation_results"] == [
        *head,
        *((name, "VARCHAR") for name in names.split()),
        *((name, "BOOLEAN") for name in ("is_evaluated", "is_met", "has_raised")),
        *((name, "BIGINT") for name in ("element_count", "unexpected_count")),
        ("failing_classes", "VARCHAR"),
        ("detail", "VARCHAR"),
    ]
