"""A company whose classes stand where a test puts them, and what its rollout then looks like."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import duckdb
from compiled_company import Company
from small_company import AS_OF, CLASSIFY, MATCH

BILLING = "billing.pay_invoice"
LADDER = ("gate_expansion_proofs", "gate_rungs", "gate_expansion_steps", "expansion_plan")
RAILS = ("gate_rail_components", "gate_rails", "rails_coverage")
READINESS = (*RAILS[:2], "gate_readiness", "gate_scale_checks", "readiness_checklist")
Step = tuple[str, str | None, date]


def add_workflow(connection: duckdb.DuckDBPyConnection) -> None:
    """A second workflow with one class, declared as the first workflow's is."""
    connection.execute("insert into registry.workflows (workflow) values ('billing')")
    for table in ("registry.decision_classes", "gates.gate_levels", "gates.gate_ladder"):
        connection.execute(
            f"insert into {table} select * replace ('billing' as workflow, '{BILLING}' as "
            f"decision_class) from {table} where decision_class = '{CLASSIFY}'"
        )


def stand(
    connection: duckdb.DuckDBPyConnection, cells: Iterable[tuple[str, str]], stage: str = "scale"
) -> None:
    """Exactly these (class, segment) are at this stage, the rest at the first."""
    connection.execute("update gates.gate_levels set stage = 'proposed'")
    for name, segment in cells:
        connection.execute(
            "update gates.gate_levels set stage = $1 where decision_class = $2 and segment = $3",
            [stage, name, segment],
        )


def pass_gates(
    connection: duckdb.DuckDBPyConnection, cells: Iterable[tuple[str, str]], gates: int = 5
) -> None:
    """Exactly these (class, segment) pass their first gates, so many; the next is not blocked."""
    connection.execute(
        "update gates.gate_ladder set verdict = 'insufficient', is_blocked = gate_order > 1"
    )
    for name, segment in cells:
        connection.execute(
            "update gates.gate_ladder set is_blocked = gate_order > $3 + 1, "
            "verdict = case when gate_order <= $3 then 'pass' else verdict end where "
            "decision_class = $1 and segment = $2",
            [name, segment, gates],
        )


def look(connection: duckdb.DuckDBPyConnection, day: date = AS_OF) -> None:
    """The metric of CLASSIFY improved, as seen on ``day``."""
    connection.execute(
        "update gates.gate_verdicts set verdict = 'pass', evidence_newest_date = $1 where "
        "decision_class = $2 and segment = 'all'",
        [day, CLASSIFY],
    )


def register(connection: duckdb.DuckDBPyConnection, steps: Iterable[Step]) -> None:
    """These steps of CLASSIFY and no others."""
    connection.execute("delete from registry.expansion_steps")
    for rung, target, start in steps:
        connection.execute(
            "insert into registry.expansion_steps values ($1, $2, $3, $4, 'mara-lindqvist')",
            [CLASSIFY, rung, target, start],
        )


def rebuild(company: Company, connection: duckdb.DuckDBPyConnection, models: Iterable[str]) -> None:
    for model in models:
        company.rebuild(connection, model)


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    found = connection.execute(query)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def plan_of(
    company: Company,
    connection: duckdb.DuckDBPyConnection,
    name: str = CLASSIFY,
    models: Iterable[str] = LADDER,
) -> dict[str, Any]:
    """The class's row of the expansion plan, after ``models`` are made anew."""
    rebuild(company, connection, models)
    (row,) = rows(connection, f"from marts.expansion_plan where decision_class = '{name}'")
    return row


# every rung, each step begun after the one before
CLIMB: tuple[Step, ...] = (
    ("volume", None, date(2025, 1, 6)),
    ("adjacent_class", MATCH, date(2025, 1, 13)),
    ("team_or_region", "region=EU", date(2025, 1, 20)),
    ("second_workflow", "billing", date(2025, 1, 27)),
    ("portfolio", None, date(2025, 2, 3)),
)
STANDINGS = ((CLASSIFY, "all"), (MATCH, "all"), (CLASSIFY, "region=EU"), (BILLING, "all"))
