"""The steps of the daily job without Dagster around them: the same calls, in the same order."""

import shutil
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from company import (
    DEMO,
    make_company,
    parse_in_process,
    read_seed,
    run_dbt_in_process,
    write_seed,
)

from dagster_project import warehouse
from dagster_project.automation.recording import Recorded, record_and_publish
from dagster_project.contracts.sources import load_sources
from dagster_project.evidence.data_fit.suites import load_suites
from dagster_project.evidence.data_fit.write import write_data_fit
from dagster_project.evidence.estimates.write import write_estimates
from dagster_project.landing.land import land
from dagster_project.landing.manifest import read_entries
from dagster_project.settings import Project
from dagster_project.transform.bridge import manifest_path
from dagster_project.transform.context import choose_context, write_run_context

AS_OF = date(2025, 8, 3)
LAUNCH = date(2025, 2, 3)
KPI = "procurement_cycle_hours"
CLASSIFY = "procurement.classify_vendor_request"
MATCH = "procurement.match_vendor_category"
WITHOUT_TESTS = ("--exclude-resource-type", "test")
Verdicts = dict[tuple[str, str, str], str]


@dataclass(frozen=True)
class Decided:
    """``criteria``: (class, segment, criterion) → verdict; ``gates``: (class, segment, gate)."""

    project: Project
    criteria: Verdicts
    gates: Verdicts


@dataclass(frozen=True)
class Judged(Decided):
    recorded: Recorded


def procurement(folder: Path, monkeypatch: Any) -> Project:
    """The demo's procurement workflow alone, data copied, nothing run yet."""
    project = make_company(folder, monkeypatch, as_of=AS_OF.isoformat())
    shutil.copytree(DEMO / "data" / "procurement", project.root / "data" / "procurement")
    return project


def add_what_a_launch_returns(project: Project) -> None:
    """26 more weeks before the baseline (52 are too few for half of 3 %), and an hour that is worth
    more than what all errors may cost."""
    data = project.root / "data" / "procurement"
    header, *lines = (data / "kpis.csv").read_text().splitlines()
    place = header.split(",").index("period_start")
    earlier = []
    for cells in (line.split(",") for line in lines):
        day = date.fromisoformat(cells[place])
        if cells[0] == KPI and day < LAUNCH:
            cells[place] = (day - timedelta(weeks=26)).isoformat()
            earlier.append(",".join(cells))
    (data / "kpis_before.csv").write_text("\n".join([header, *earlier]) + "\n")
    kpis = read_seed(project, "kpi_registry")
    first = {"baseline_start": "2024-02-05"}
    write_seed(
        project, "kpi_registry", [row | (first if row["kpi"] == KPI else {}) for row in kpis]
    )
    (value,) = read_seed(project, "kpi_values")
    write_seed(project, "kpi_values", [value | {"value_per_unit": "60000"}])


def land_all(project: Project) -> None:
    parse_in_process(project)
    land(project, load_sources(manifest_path(project)), now=datetime.now(UTC))


def note_what_landed(project: Project) -> None:
    """The run context: up to the newest batch."""
    batches = [entry.landing_batch for entry in read_entries(project.landing)]
    context = choose_context(batches, as_of=project.as_of, known_at=None, now=datetime.now(UTC))
    project.warehouse.parent.mkdir(parents=True, exist_ok=True)
    with closing(warehouse.connect(project.warehouse)) as connection:
        write_run_context(connection, context)


def prepare(project: Project, *unless: str) -> None:
    """Everything before the evidence step."""
    note_what_landed(project)
    assert run_dbt_in_process(project, ["build", "-s", "tag:prepare", *unless]).success


def evidence(project: Project) -> None:
    write_data_fit(project.warehouse, load_suites(project.suites))
    with closing(warehouse.connect(project.warehouse)) as connection:
        write_estimates(connection)


def decide(project: Project, *, tests: bool = False) -> Decided:
    """From landed files to verdicts; nothing recorded, and without dbt's data tests (4 s)."""
    unless = () if tests else WITHOUT_TESTS
    prepare(project, *unless)
    evidence(project)
    return give_verdicts(project, *unless)


def give_verdicts(project: Project, *unless: str) -> Decided:
    """Everything after the evidence step."""
    assert run_dbt_in_process(project, ["build", "-s", "tag:decide", *unless]).success
    return Decided(project, *verdicts_of(project))


def judge(project: Project, *, tests: bool = False) -> Judged:
    """From landed files to the ledger."""
    found = decide(project, tests=tests)
    recorded = record_and_publish(project, actor="test")
    return Judged(project, found.criteria, found.gates, recorded)


def verdicts_of(project: Project) -> tuple[Verdicts, Verdicts]:
    with closing(warehouse.connect(project.warehouse, read_only=True)) as connection:
        criteria = connection.execute(
            "SELECT decision_class, segment, criterion_id, verdict FROM marts.gate_criteria"
        ).fetchall()
        gates = connection.execute(
            "SELECT decision_class, segment, gate, verdict FROM marts.gate_scorecard"
        ).fetchall()
    return {row[:3]: row[3] for row in criteria}, {row[:3]: row[3] for row in gates}


def passing(verdicts: Verdicts) -> set[tuple[str, str, str]]:
    return {key for key, verdict in verdicts.items() if verdict == "pass"}


def loosen_and_tighten(project: Project) -> None:
    """The accuracy of MATCH may be far worse, that of CLASSIFY must be better, from 20 July on."""
    for decision_class, threshold in ((MATCH, "0.40"), (CLASSIFY, "0.01")):
        row = {
            "criterion_id": "accuracy",
            "decision_class": decision_class,
            "threshold": threshold,
            "owner": "yuki-brandt",
            "reason": "test",
            "effective_from": "2025-07-20",
        }
        write_seed(project, "thresholds", [*read_seed(project, "thresholds"), row])
