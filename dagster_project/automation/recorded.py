"""What the last recorded run held, as rows for the next: its thresholds and its levels.

A registry that is dated back or cut shorter says nothing of what was judged by; the ledger does.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dagster_project.automation.judged_by import FLOORS
from dagster_project.names import LEVELS
from dagster_project.settings import Project

if TYPE_CHECKING:
    import duckdb

# as declared in dbt's sources
THRESHOLDS = {
    "decision_class": "VARCHAR",
    "criterion_id": "VARCHAR",
    "threshold": "DECIMAL(28,9)",
    "strictest_threshold": "DECIMAL(28,9)",
    "counts_from": "DATE",
}
IN_FORCE = {"decision_class": "VARCHAR", "segment": "VARCHAR", "effective_level": "VARCHAR"}


def write_recorded(connection: "duckdb.DuckDBPyConnection", project: Project) -> None:
    """Replace ``evidence.recorded_thresholds`` and ``evidence.recorded_levels``.

    Both are empty before the first recorded run. Raises LedgerError when the ledger, or what the
    last run kept, is damaged or gone: without it nobody could tell what was loosened since.
    """
    from dagster_project.ledger.inputs import read_table
    from dagster_project.ledger.record import last_run, latest_verdicts

    run = last_run(project.ledger)
    floors = read_table(project.ledger, run.body["digests"]["inputs"], FLOORS) if run else []
    _replace(connection, floors, _levels(latest_verdicts(project.ledger)))


def restore_recorded(
    connection: "duckdb.DuckDBPyConnection", kept: Mapping[str, Sequence[Mapping[str, Any]]]
) -> None:
    """The same as a run read them: from what that run kept, table → rows."""
    _replace(
        connection,
        kept.get("evidence.recorded_thresholds", []),
        kept.get("evidence.recorded_levels", []),
    )


def _replace(
    connection: "duckdb.DuckDBPyConnection",
    floors: Sequence[Mapping[str, Any]],
    levels: Sequence[Mapping[str, Any]],
) -> None:
    connection.execute("CREATE SCHEMA IF NOT EXISTS evidence")
    connection.execute("BEGIN")
    _write(connection, "recorded_thresholds", THRESHOLDS, floors)
    _write(connection, "recorded_levels", IN_FORCE, levels)
    connection.execute("COMMIT")


def _levels(verdicts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The level of each class and segment; every gate's line repeats it."""
    levels: dict[tuple[str, str], str] = {}
    for row in verdicts:
        key = (row["decision_class"], row["segment"])
        levels[key] = min(levels.get(key, row["level"]), row["level"], key=LEVELS.index)
    return [
        {"decision_class": name, "segment": segment, "effective_level": level}
        for (name, segment), level in levels.items()
    ]


def _write(
    connection: "duckdb.DuckDBPyConnection",
    table: str,
    columns: Mapping[str, str],
    rows: Sequence[Mapping[str, Any]],
) -> None:
    import pyarrow as pa

    declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    connection.execute(f"CREATE OR REPLACE TABLE evidence.{table} ({declared})")
    # decimals and dates were kept as text; the table gives them their types again
    shape = pa.schema([(name, pa.string()) for name in columns])
    kept = [{name: row[name] for name in columns} for row in rows]
    connection.register("recorded", pa.Table.from_pylist(kept, schema=shape))
    connection.execute(f"INSERT INTO evidence.{table} SELECT * FROM recorded")
    connection.unregister("recorded")
