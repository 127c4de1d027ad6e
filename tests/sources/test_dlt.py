"""What docs/adapters/dlt.md says works: the pipeline on that page writes files that land."""

import re
import sqlite3
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from landing_world import KPIS, empty_desk
from postgres_server import required

PAGE = Path(__file__).parents[2] / "docs" / "adapters" / "dlt.md"
MONTHLY = replace(KPIS, format="parquet", location="data/erp/monthly/*.parquet")


def test_the_pipeline_of_the_page_writes_files_that_land(tmp_path, monkeypatch):
    if "dlt" not in required():
        pytest.importorskip("dlt", reason="the package dlt is not installed")
    desk = empty_desk(tmp_path, monkeypatch, MONTHLY)
    database = tmp_path / "erp.db"
    with sqlite3.connect(database) as connection:
        connection.execute(
            "CREATE TABLE monthly (metric TEXT, workflow TEXT, period_start DATE, grain TEXT,"
            " value DECIMAL(28, 9), unit TEXT, clerk TEXT)"
        )
        connection.executemany(
            "INSERT INTO monthly VALUES ('hours', 'w', ?, 'month', ?, 'h', 'Ann')",
            [("2026-01-01", 12.5), ("2026-02-01", 11.25)],
        )
    monkeypatch.setenv("PENSTOCK_DROP", str(tmp_path / "data"))
    monkeypatch.setenv("KPI_SOURCE", f"sqlite:///{database}")
    monkeypatch.setenv("DLT_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    (pipeline,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    exec(pipeline, {})
    report = desk.land_one()
    assert (report.status, report.landed_count, report.quarantined_count) == ("landed", 2, 0)
    found = sorted((row["period_start"], row["value"], row["unit"]) for row in desk.rows())
    assert found == [
        (date(2026, 1, 1), Decimal("12.5"), "h"),
        (date(2026, 2, 1), Decimal("11.25"), "h"),
    ]
    (entry,) = desk.entries()
    assert "_dlt_id" in entry["undeclared_keys"]
    exec(pipeline, {})
    assert sorted(desk.statuses().values()) == ["known", "landed"]
