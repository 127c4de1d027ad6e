"""A small company of its own, run day by day by the steps of the daily job, in the year's time."""

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from company import read_seed, run_dbt_in_process, write_seed
from small_company import leave_support_out
from steps import CLASSIFY, KPI, MATCH, evidence
from year_logs import FIRST, LOOKS, WEEKS_BEFORE

from dagster_project import warehouse
from dagster_project.automation.recorded import write_recorded
from dagster_project.automation.recording import record_and_publish
from dagster_project.contracts.registry import require_valid_registry
from dagster_project.contracts.sources import load_sources
from dagster_project.landing.land import land
from dagster_project.landing.manifest import Books
from dagster_project.settings import Project
from dagster_project.transform.bridge import manifest_path
from dagster_project.transform.context import choose_context, write_run_context

LEFT_OUT = ("procurement.approve_supplier_exception", "procurement.terminate_supplier")
NO_ROWS = ("amount_limits", "expansion_steps", "sign_offs")
STATE = ("verdict", "is_blocked", "stage", "effective_level", "cohort_id")
KEY = ("decision_class", "segment", "gate")


@dataclass(frozen=True)
class Day:
    """What one run said. ``gates``: KEY → STATE; ``maps``: the row of each class as a whole;
    ``criteria``: (class, criterion) → verdict; ``granted``: (class, segment); ``plans``: class →
    its row of the expansion plan; ``signed``: the roles that signed after it."""

    as_of: date
    gates: dict[tuple[Any, ...], tuple[Any, ...]]
    maps: dict[str, dict[str, Any]]
    criteria: dict[tuple[str, str], str]
    granted: set[tuple[str, str]]
    plans: dict[str, dict[str, Any]]
    signed: tuple[str, ...] = ()

    def level(self, name: str = CLASSIFY) -> str:
        return str(self.maps[name]["effective_level"])


def two_classes(project: Project) -> None:
    """The procurement workflow with two of its classes; nobody has signed anything."""
    leave_support_out(project)
    for path in (project.root / "seeds" / "registry").glob("*.csv"):
        rows = [
            row
            for row in read_seed(project, path.stem)
            if row.get("decision_class") not in LEFT_OUT and path.stem not in NO_ROWS
        ]
        for row in rows:
            if path.stem == "audit_rates":
                row["inclusion_probability"] = "1.00"
            if row.get("declared_level") and row["decision_class"] == MATCH:
                row["declared_level"] = "surface"
        write_seed(project, path.stem, rows)
    _promise_returns(project)


def _promise_returns(project: Project) -> None:
    """What a shorter cycle is worth, and the days on which somebody looks: all fixed beforehand."""
    kpis = read_seed(project, "kpi_registry")
    first = {"baseline_start": (FIRST - timedelta(weeks=WEEKS_BEFORE)).isoformat()}
    write_seed(project, "kpi_registry", [row | first for row in kpis])
    looks = {row["kpi"]: row for row in read_seed(project, "kpi_looks")}.values()
    days = [row | {"look_date": day.isoformat()} for row in looks for day in LOOKS]
    write_seed(project, "kpi_looks", days)
    values = read_seed(project, "kpi_values")
    worth = {"value_per_unit": "6000.00"}
    write_seed(
        project, "kpi_values", [row | (worth if row["kpi"] == KPI else {}) for row in values]
    )


def morning_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(4), UTC)


def run_day(project: Project, day: date) -> Day:
    """Land, judge as of ``day`` and record, all at four on the morning after."""
    now = morning_after(day)
    require_valid_registry(project.root, project.dbt_package / "seeds" / "criteria.csv")
    land(project, load_sources(manifest_path(project)), now=now)
    batches = [entry.newest_batch for entry in Books(project.landing)]
    project.warehouse.parent.mkdir(parents=True, exist_ok=True)
    with closing(warehouse.connect(project.warehouse)) as connection:
        write_run_context(connection, choose_context(batches, as_of=day, known_at=None, now=now))
        write_recorded(connection, project)
    build = ("build", "--exclude-resource-type", "test", "-s")
    assert run_dbt_in_process(project, [*build, "tag:prepare"]).success
    evidence(project)
    assert run_dbt_in_process(project, [*build, "tag:decide"]).success
    record_and_publish(project, actor=f"run:{day}", now=now)
    return seen(project, day)


def seen(project: Project, day: date) -> Day:
    """The marts of the run, and the grants that it published."""
    gates = ask(
        project,
        "SELECT * FROM marts.gate_scorecard "
        "JOIN (SELECT decision_class, segment, stage, effective_level FROM marts.autonomy_map) "
        "USING (decision_class, segment)",
    )
    maps = ask(project, "SELECT * FROM marts.autonomy_map WHERE segment = 'all'")
    criteria = ask(project, "SELECT * FROM marts.gate_criteria WHERE segment = 'all'")
    plans = ask(project, "SELECT * FROM marts.expansion_plan")
    grants = json.loads((project.publish / "grants.json").read_text())["grants"]
    return Day(
        as_of=day,
        gates={values(row, KEY): values(row, STATE) for row in gates},
        maps={row["decision_class"]: row for row in maps},
        criteria={(row["decision_class"], row["criterion_id"]): row["verdict"] for row in criteria},
        granted={(row["decision_class"], row["segment"]) for row in grants},
        plans={row["decision_class"]: row for row in plans},
    )


def ask(project: Project, query: str) -> list[dict[str, Any]]:
    with closing(warehouse.connect(project.warehouse, read_only=True)) as connection:
        return connection.execute(query).to_arrow_table().to_pylist()


def values(row: Mapping[str, Any], names: Sequence[str]) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)
