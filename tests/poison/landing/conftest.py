"""A company project in a temporary folder, into which poisoned files are dropped."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from poison_lines import EVENTS

from dagster_project.contracts.sources import SourceTable
from dagster_project.landing.land import land
from dagster_project.landing.reports import FileReport
from dagster_project.settings import Project, load_project


@dataclass
class Desk:
    """``land`` returns the report of the only file."""

    project: Project
    source: SourceTable = field(default=EVENTS)

    def drop(self, name: str, content: bytes) -> Path:
        path = self.project.root / "data" / name
        path.write_bytes(content)
        return path

    def declare(self, **changes: object) -> None:
        self.source = replace(self.source, **changes)

    def land(self) -> FileReport:
        report = land(self.project, [self.source], now=datetime(2026, 3, 1, tzinfo=UTC))
        assert len(report.files) == 1
        return report.files[0]

    def quarantined(self) -> list[tuple[int, str]]:
        """(place, reason code) of every quarantined unit."""
        rows = self._rows("_quarantine/*.parquet", ["place", "reason_code"])
        return sorted((row["place"], row["reason_code"]) for row in rows)

    def landed_places(self) -> list[int]:
        return sorted(row["_place"] for row in self._rows("desk__events/*.parquet", ["_place"]))

    def entries(self) -> list[dict[str, object]]:
        files = sorted((self.project.landing / "_files").glob("*.json"))
        return [json.loads(path.read_bytes()) for path in files]

    def _rows(self, pattern: str, columns: list[str]) -> list[dict[str, object]]:
        files = self.project.landing.glob(pattern)
        return [row for file in files for row in pq.read_table(file, columns=columns).to_pylist()]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.delenv("PENSTOCK_HOME", raising=False)
    (tmp_path / "penstock.toml").write_text("[landing]\nsettle_seconds = 0\n")
    (tmp_path / "data").mkdir()
    return Desk(load_project(tmp_path))
