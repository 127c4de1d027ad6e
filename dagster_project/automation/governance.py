"""Which rows of the registry changed since the last recorded run, for the ledger."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

    from dagster_project.ledger.ledger import Entry

# of the effective thresholds: what decides, without the day it was first said; of a class that is
# not there today what was last in force, so that a looser one is told when it comes back
IN_FORCE = """
SELECT floors.decision_class, floors.criterion_id,
    coalesce(effective.threshold, floors.threshold) AS threshold, effective.alpha,
    criteria.comparison, effective.decision_class IS NOT NULL AS is_in_force
FROM gates.gate_floors AS floors
LEFT JOIN intermediate.int_thresholds__effective AS effective USING (decision_class, criterion_id)
LEFT JOIN registry.criteria AS criteria USING (criterion_id)
"""


def governance_queries(connection: "duckdb.DuckDBPyConnection") -> dict[str, str]:
    """Query by table: the registry as far as the company has it, and the thresholds in force."""
    from dagster_project.contracts.registry.tables import SEEDS
    from dagster_project.ledger import governance

    found = connection.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'registry'"
    ).fetchall()
    present = {seed.name for seed in SEEDS} & {name for (name,) in found}
    queries = {name: f"SELECT * FROM registry.{name}" for name in sorted(present)}
    return queries | {governance.IN_FORCE: IN_FORCE}


def governance_events(ledger_dir: Path, address: str) -> "list[Entry]":
    """What is kept under ``address`` against what the last run kept. Raises LedgerError."""
    from dagster_project.contracts.registry.tables import SEEDS
    from dagster_project.ledger.governance import registry_events
    from dagster_project.ledger.inputs import read_inputs
    from dagster_project.ledger.record import last_run

    run = last_run(ledger_dir)
    last = run.body["digests"].get("governance") if run else None
    if last == address:
        return []
    before = read_inputs(ledger_dir, str(last)) if last else {}
    keys = {seed.name: seed.key for seed in SEEDS}
    return registry_events(before, read_inputs(ledger_dir, address), keys)


def taxonomy_rows(ledger_dir: Path, address: str) -> "list[dict[str, Any]]":
    """Which classes became which, as the registry kept under ``address`` says. Raises
    LedgerError."""
    from dagster_project.ledger.governance import TAXONOMY
    from dagster_project.ledger.inputs import read_inputs

    return read_inputs(ledger_dir, address).get(TAXONOMY, [])
