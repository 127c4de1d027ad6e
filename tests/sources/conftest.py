from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from landing_world import LINES, Desk, empty_desk
from postgres_server import Server, running

from dagster_project.contracts.source_query import Query
from dagster_project.contracts.sources import Column

VARIABLE = "KPI_DATABASE"
KPIS = replace(
    LINES,
    format="postgres",
    location="",
    key="metric",
    timestamp="period_start",
    query=Query(VARIABLE, "kpi.monthly", ""),
    columns=(
        Column("metric", "varchar"),
        Column("period_start", "date"),
        Column("value", "decimal(28,9)"),
        Column("unit", "varchar"),
        Column("n", "bigint"),
        Column("at", "timestamptz"),
        Column("is_final", "boolean"),
        Column("extra", "json"),
    ),
)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def bank(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Three good rows, and a column that nobody declared."""
    server.sql(
        "DROP TABLE IF EXISTS kpi.monthly CASCADE",
        "CREATE TABLE kpi.monthly (metric text, period_start date, value numeric, unit text, n int,"
        " at timestamptz, is_final boolean, extra jsonb, clerk text)",
        "INSERT INTO kpi.monthly VALUES"
        " ('hours', '2026-01-01', 12.50, 'h', 3, '2026-02-01 10:00+02', true, '{\"a\": 1}', 'Ann'),"
        " ('hours', '2026-02-01', 11.25, 'h', 4, NULL, false, NULL, 'Ann'),"
        " ('spend', '2026-01-01', -7, 'EUR', NULL, NULL, NULL, NULL, 'Bob')",
    )
    monkeypatch.setenv(VARIABLE, server.dsn)
    return empty_desk(tmp_path, monkeypatch, KPIS)
