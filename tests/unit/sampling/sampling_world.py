"""What the draw reads, made by hand: the change log, the books and the registered classes."""

import json
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from dagster_project import warehouse
from dagster_project.settings import Project, load_project

CLASS = "refunds.classify"
RATE = "0.250000"
BATCH = "20260301T040000000000Z"
NEXT = "20260302T040000000000Z"
TABLES = """
CREATE SCHEMA intermediate; CREATE SCHEMA landing; CREATE SCHEMA registry;
CREATE TABLE intermediate.int_decisions__changes (
    decision_id VARCHAR, landing_batch VARCHAR, sign BIGINT, has_decision BOOLEAN,
    is_conflict BOOLEAN, decision_class VARCHAR, route VARCHAR,
    inclusion_probability DECIMAL(9, 6), sample_count INTEGER);
CREATE TABLE intermediate.int_run_context (known_batch VARCHAR);
CREATE TABLE landing.files (landing_batch VARCHAR, landed_at TIMESTAMPTZ);
CREATE TABLE registry.decision_classes (decision_class VARCHAR);
"""


@dataclass
class Desk:
    project: Project

    @property
    def folder(self) -> Path:
        assert self.project.sample_folder
        return self.project.sample_folder

    def run(self, query: str, *values: object) -> None:
        with closing(warehouse.connect(self.project.warehouse)) as connection:
            connection.execute(query, list(values) or None)

    def look_at(self, batch: str) -> None:
        """A run has landed ``batch``."""
        moment = f"{batch[:4]}-{batch[4:6]}-{batch[6:8]} {batch[9:11]}:00:00+00"
        self.run(
            f"DELETE FROM intermediate.int_run_context; INSERT INTO intermediate.int_run_context "
            f"VALUES ('{batch}'); INSERT INTO landing.files VALUES ('{batch}', '{moment}')"
        )

    def decide(
        self,
        *names: str,
        batch: str = BATCH,
        decision_class: str = CLASS,
        route: str = "delegated",
        rate: str = RATE,
        is_conflict: bool = False,
        samples: int = 0,
    ) -> None:
        """States of decisions after ``batch``; an earlier state stays in the log."""
        self.run(
            "INSERT INTO intermediate.int_decisions__changes "
            "SELECT unnest(?::VARCHAR[]), ?, 1, true, ?, ?, ?, ?, ?",
            *(list(names), batch, is_conflict, decision_class, route, rate, samples),
        )

    def rows(self) -> list[dict]:
        """All published selections, in the order of files and lines."""
        return [
            json.loads(line)
            for path in sorted(self.folder.glob("*"))
            for line in path.read_text().splitlines()
        ]

    def files(self) -> dict[str, str]:
        """Everything in the folder, hidden names too."""
        return {path.name: path.read_text() for path in sorted(self.folder.iterdir())}


def empty_desk(folder: Path) -> Desk:
    """Decisions can be drawn of CLASS; the key is there, nothing has landed."""
    (folder / "penstock.toml").write_text('[sample]\nfolder = "data/sample"\n')
    desk = Desk(load_project(folder))
    desk.project.sample_key.create()
    desk.run(f"{TABLES}; INSERT INTO registry.decision_classes VALUES ('{CLASS}')")
    desk.look_at(BATCH)
    return desk
