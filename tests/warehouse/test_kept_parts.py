"""What the ledger keeps of a day: numbers in place of subjects, which a new batch does not change;
what a run did not know is left out, and what is not kept may decide nothing."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import duckdb
import pytest
from company import DEMO

from dagster_project.automation.judged_by import VERDICT_TABLES, UnkeptError, judged_by
from dagster_project.settings import load_project

BATCHES = ("20260301", "20260302", "20260303")
# z is last by name and has an early number
SUBJECTS = [
    *(("20260301", "z"), ("20260301", "m"), ("20260302", "a"), ("20260302", "z")),
    *(("20260303", "(unknown):q"), ("20260303", "m")),
]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(duckdb.connect()) as made:
        for schema in (
            "landing",
            "registry",
            "facts",
            "evidence",
            "marts",
            "intermediate",
            "gates",
        ):
            made.execute(f"create schema {schema}")
        made.execute(
            'create table landing.files (source varchar, "table" varchar, file_name varchar, '
            "file_sha256 varchar, parquet_sha256 varchar, status varchar, "
            "landed_at timestamptz, landing_batch varchar)"
        )
        for table in ("landing.run_context", "evidence.expectation_results"):
            made.execute(f"create table {table} (as_of date)")
        for table in ("evidence.amount_bands", "evidence.foreign_selections", "gates.gate_floors"):
            made.execute(f"create table {table} (as_of date)")
        made.execute(
            "create table facts.fct_samples_weekly (landing_batch varchar, subject_key varchar)"
        )
        made.executemany("insert into facts.fct_samples_weekly values (?, ?)", SUBJECTS)
        made.execute("create table intermediate.built_sql (relation varchar, sql varchar)")
        for name in VERDICT_TABLES:
            made.execute(f"create table marts.{name} (verdict varchar)")
            read_from(made, f"marts.{name}", "facts.fct_samples_weekly")
        yield made


def read_from(made: duckdb.DuckDBPyConnection, relation: str, table: str) -> None:
    schema, _, name = table.partition(".")
    sql = f'select * from "memory"."{schema}"."{name}"'
    made.execute("insert into intermediate.built_sql values (?, ?)", [relation, sql])


def kept(made: duckdb.DuckDBPyConnection, known: str) -> list[tuple[str, str, dict[str, Any]]]:
    _, batches = judged_by(made, load_project(DEMO), known)
    return list(batches)


def numbers(made: duckdb.DuckDBPyConnection, known: str) -> list[str]:
    rows = kept(made, known)
    assert [batch for batch, _, _ in rows] == sorted(batch for batch, _, _ in rows)
    return sorted(f"{batch} {row['subject_key']}" for batch, _, row in rows)


def test_a_new_batch_changes_no_number_that_a_subject_had(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    before, after = (numbers(connection, known) for known in BATCHES[1:])
    assert before == ["20260301 1", "20260301 2", "20260302 2", "20260302 3"]
    assert after == [*before, "20260303 (unknown):4", "20260303 1"]


def test_no_name_of_a_file_is_kept(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "insert into landing.files (file_name, landing_batch) values ('ann-smith.csv', '20260301')"
    )
    assert "ann-smith" not in str(kept(connection, BATCHES[-1]))


@pytest.mark.parametrize("table", ["landing.crm__decisions", "staging.stg_crm__decisions"])
def test_verdicts_that_read_what_is_not_kept_are_not_recorded(
    connection: duckdb.DuckDBPyConnection, table: str
) -> None:
    read_from(connection, "gates.gate_due", table)
    connection.execute("delete from intermediate.built_sql where relation = 'marts.gate_criteria'")
    with pytest.raises(UnkeptError, match="nobody noted by which SQL"):
        kept(connection, BATCHES[0])
    read_from(connection, "marts.gate_criteria", "gates.gate_due")
    with pytest.raises(UnkeptError, match=f"the verdicts read {table}"):
        kept(connection, BATCHES[0])
