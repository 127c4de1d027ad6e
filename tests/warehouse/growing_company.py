"""A small company that lands and prepares batch after batch."""

import gzip
import json
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from company import make_company, parse_in_process, run_dbt_in_process
from small_company import AS_OF, LANDED, leave_support_out

from dagster_project import warehouse
from dagster_project.contracts.sources import load_sources
from dagster_project.landing.land import land
from dagster_project.settings import Project
from dagster_project.transform.bridge import manifest_path
from dagster_project.transform.context import RunContext, write_run_context

LANE = ["tag:prepare", "--exclude-resource-type", "test"]


class GrowingCompany:
    """The procurement workflow alone; what a test declares otherwise, it does before `parse`."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.project: Project = make_company(folder, patch, as_of=AS_OF.isoformat())
        leave_support_out(self.project)
        staging = self.project.root / "models" / "staging" / "procurement"
        self.declared = staging / "_procurement__sources.yml"
        self.project.warehouse.parent.mkdir(parents=True, exist_ok=True)
        self.batches: list[str] = []

    def parse(self) -> None:
        parse_in_process(self.project)

    def step(self, **streams: list[Any]) -> None:
        """Land and prepare; a record that is text lands as it is."""
        folder = self.project.root / "data" / "procurement"
        folder.mkdir(parents=True, exist_ok=True)
        for stream, rows in streams.items():
            lines = "".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows)
            path = folder / f"{stream}-{len(self.batches)}.jsonl.gz"
            path.write_bytes(gzip.compress(lines.encode()))
        now = LANDED + timedelta(hours=len(self.batches))
        report = land(self.project, load_sources(manifest_path(self.project)), now=now)
        assert report.totals["landed_files"] == len(streams)
        assert report.batch
        self.batches.append(report.batch)
        self.prepare("run" if len(self.batches) > 1 else "build")

    def prepare(self, verb: str) -> None:
        with closing(warehouse.connect(self.project.warehouse)) as connection:
            write_run_context(connection, RunContext(AS_OF, self.batches[-1]))
        selected = LANE if verb == "build" else LANE[:1]
        assert run_dbt_in_process(self.project, [verb, "-s", *selected]).success

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with closing(warehouse.connect(self.project.warehouse, read_only=True)) as connection:
            return connection.execute(query).fetchall()

    def facts(self) -> dict[str, Counter[tuple[Any, ...]]]:
        names = self.ask(
            "select table_name from information_schema.tables where table_schema = 'facts'"
        )
        return {name: Counter(self.ask(f"select * from facts.{name}")) for (name,) in names}
