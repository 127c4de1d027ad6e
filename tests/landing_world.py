"""A company project in a temporary folder with one source, into which files are dropped."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from dagster_project.contracts.sources import Column, SourceTable
from dagster_project.landing.land import land
from dagster_project.landing.reports import FileReport, LandingReport
from dagster_project.settings import Project, load_project

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LINES = SourceTable(
    source="desk",
    table="events",
    format="jsonl",
    location="data/*",
    record_path="",
    key="id",
    timestamp="at",
    timezone=None,
    undated=False,
    updates="never",
    columns=(Column("id", "varchar"), Column("at", "timestamptz"), Column("n", "bigint")),
)
# a column of every kind that can be poisoned
EVENTS = replace(
    LINES,
    columns=(
        *LINES.columns,
        Column("x", "double"),
        Column("d", "decimal(9,4)"),
        Column("ok", "boolean"),
        Column("day", "date"),
        Column("s", "struct(a bigint)[]"),
        Column("j", "json"),
    ),
)
# business figures as a person or a tool exports them
KPIS = replace(
    LINES,
    key="metric",
    timestamp="period_start",
    columns=(
        Column("metric", "varchar"),
        Column("period_start", "date"),
        Column("value", "decimal(28,9)"),
        Column("unit", "varchar"),
    ),
)


def lines(*numbers: int) -> bytes:
    row = '{"id":"%d","at":"2026-01-02T03:04:%02dZ","n":%d}\n'
    return "".join(row % (n, n, n) for n in numbers).encode()


@dataclass
class Desk:
    project: Project
    source: SourceTable = LINES
    now: datetime = NOON

    def drop(self, name: str, content: bytes) -> Path:
        path = self.project.root / "data" / name
        path.write_bytes(content)
        return path

    def declare(self, **changes: object) -> None:
        self.source = replace(self.source, **changes)

    def land(self, on_file: Callable[..., None] | None = None) -> LandingReport:
        self.now += timedelta(minutes=1)
        return land(self.project, [self.source], now=self.now, on_file=on_file)

    def land_one(self) -> FileReport:
        """The report of the only file."""
        (report,) = self.land().files
        return report

    def statuses(self) -> dict[str, str]:
        return {Path(report.file).name: report.status for report in self.land().files}

    def rows(self) -> list[dict[str, Any]]:
        """Every landed row of every Parquet file that the books vouch for."""
        files = [
            self.project.landing / f"{e['source']}__{e['table']}" / f"{e['file_sha256']}.parquet"
            for e in self.entries()
            if e["status"] == "landed"
        ]
        return [row for file in files for row in pq.read_table(file).to_pylist()]

    def quarantined(self) -> list[tuple[int, str]]:
        """(place, reason code) of every quarantined unit."""
        rows = self._written("_quarantine/*.parquet", ["place", "reason_code"])
        return sorted((row["place"], row["reason_code"]) for row in rows)

    def landed_places(self) -> list[int]:
        """The places of all rows that lie there, whatever the books say."""
        return sorted(row["_place"] for row in self._written("desk__events/*.parquet", ["_place"]))

    def entries(self) -> list[dict[str, Any]]:
        files = sorted((self.project.landing / "_files").glob("*.json"))
        return [json.loads(path.read_bytes()) for path in files]

    def _written(self, pattern: str, columns: list[str]) -> list[dict[str, Any]]:
        files = self.project.landing.glob(pattern)
        return [row for file in files for row in pq.read_table(file, columns=columns).to_pylist()]


def empty_desk(folder: Path, monkeypatch: pytest.MonkeyPatch, source: SourceTable) -> Desk:
    monkeypatch.delenv("PENSTOCK_HOME", raising=False)
    (folder / "penstock.toml").write_text("[landing]\nsettle_seconds = 0\n")
    (folder / "data").mkdir()
    return Desk(load_project(folder), source)
