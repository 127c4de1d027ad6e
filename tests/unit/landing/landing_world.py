"""A company project in a temporary folder with one source of decision-like lines."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from dagster_project.contracts.sources import Column, SourceTable
from dagster_project.landing.land import land
from dagster_project.landing.reports import LandingReport
from dagster_project.settings import Project

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

    def land(self, on_file: Callable[..., None] | None = None) -> LandingReport:
        self.now += timedelta(minutes=1)
        return land(self.project, [self.source], now=self.now, on_file=on_file)

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

    def entries(self) -> list[dict[str, Any]]:
        files = sorted((self.project.landing / "_files").glob("*.json"))
        return [json.loads(path.read_bytes()) for path in files]
