"""What the ledger holds, as rows for the next run: what was judged by, every verdict, revocations.

A registry that is dated back or cut shorter says nothing of what was judged by; the ledger does.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
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
REVOKED = {"decision_class": "VARCHAR", "ledger_line": "BIGINT"}
# of every class the selections in the log that the key did not draw
FOREIGN, FOREIGN_SELECTIONS = (
    "foreign_selections",
    {"decision_class": "VARCHAR", "selection_count": "BIGINT"},
)
VERDICTS = {
    "run_line": "BIGINT",
    "as_of": "DATE",
    "decision_class": "VARCHAR",
    "segment": "VARCHAR",
    "gate": "VARCHAR",
    "verdict": "VARCHAR",
    "is_blocked": "BOOLEAN",
    "effective_level": "VARCHAR",
    "cohort_id": "VARCHAR",
    "open_criteria": "VARCHAR",
}
KEY = ("decision_class", "segment", "gate")


def write_recorded(connection: "duckdb.DuckDBPyConnection", project: Project) -> None:
    """Replace ``evidence.recorded_thresholds``, ``_levels``, ``_revocations`` and ``_verdicts``.

    All are empty before the first recorded run; ``foreign_selections`` until the sample is drawn.
    Raises LedgerError when the ledger, or what the last run kept, is damaged or gone: without it
    nobody could tell what was loosened since.
    """
    from dagster_project.ledger.inputs import read_table
    from dagster_project.ledger.record import last_run, latest_verdicts

    run = last_run(project.ledger)
    floors = read_table(project.ledger, run.body["digests"]["inputs"], FLOORS) if run else []
    latest = latest_verdicts(project.ledger)
    history = _history(project.ledger, latest)
    _replace(connection, floors, _levels(latest), _revoked(project, latest), history)
    write_foreign(connection, {})


def write_foreign(connection: "duckdb.DuckDBPyConnection", counts: Mapping[str, int]) -> None:
    """Replace ``evidence.foreign_selections``: class → selections that the key did not draw."""
    rows = [
        {"decision_class": name, "selection_count": count}
        for name, count in sorted(counts.items())
        if count
    ]
    connection.execute("CREATE SCHEMA IF NOT EXISTS evidence")
    _write(connection, FOREIGN, FOREIGN_SELECTIONS, rows)


def restore_recorded(
    connection: "duckdb.DuckDBPyConnection", kept: Mapping[str, Sequence[Mapping[str, Any]]]
) -> None:
    """The same as a run read them: from what that run kept, table → rows. No verdict rests on
    earlier ones, so they are not kept, and the history of a run that is made again begins with it.
    """
    _replace(
        connection,
        kept.get("evidence.recorded_thresholds", []),
        kept.get("evidence.recorded_levels", []),
        kept.get("evidence.recorded_revocations", []),
        [],
    )
    _write(connection, FOREIGN, FOREIGN_SELECTIONS, kept.get(f"evidence.{FOREIGN}", []))


def _replace(
    connection: "duckdb.DuckDBPyConnection",
    floors: Sequence[Mapping[str, Any]],
    levels: Sequence[Mapping[str, Any]],
    revoked: Sequence[Mapping[str, Any]],
    history: Sequence[Mapping[str, Any]],
) -> None:
    connection.execute("CREATE SCHEMA IF NOT EXISTS evidence")
    connection.execute("BEGIN")
    _write(connection, "recorded_thresholds", THRESHOLDS, floors)
    _write(connection, "recorded_levels", IN_FORCE, levels)
    _write(connection, "recorded_revocations", REVOKED, revoked)
    _write(connection, "recorded_verdicts", VERDICTS, history)
    connection.execute("COMMIT")


def _revoked(project: Project, latest: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Whom the run that begins denies, by its registry: also a class that took the place of a
    revoked one, and everybody where the name is one that nobody knows."""
    from dagster_project.contracts.registry.inventory import DECISION_CLASSES, TAXONOMY_CHANGES
    from dagster_project.contracts.registry.validation import read_registry_seed
    from dagster_project.ledger import revocation
    from dagster_project.ledger.tail import since_last_run

    changes = [row.cells for row in read_registry_seed(project.root, TAXONOMY_CHANGES).rows]
    classes = read_registry_seed(project.root, DECISION_CLASSES).keys()
    had = {row["decision_class"] for row in latest}
    found = revocation.of_today(*since_last_run(project.ledger), changes, had, classes)
    return [
        {"decision_class": each.decision_class, "ledger_line": each.seq}
        for each in revocation.held_against(found[revocation.REVOKED], classes)
    ]


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


def _history(ledger: Path, latest: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row per verdict that a run changed; without a verdict: no longer due from that run on."""
    from dagster_project.ledger.record import runs

    rows: list[dict[str, Any]] = []
    first: dict[str, Any] = {}
    for run, changed in runs(ledger):
        told = {"run_line": run.seq, "as_of": run.body["as_of"]}
        first = first or told
        rows += [told | _as_changed(line.body) for line in changed]
        rows += [told | dict(zip(KEY, key, strict=True)) for key in run.body.get("withdrawn", [])]
    # what has not changed since lines were disposed of has been so since the oldest that is left
    known = {tuple(row[name] for name in KEY) for row in rows}
    old = (row for row in latest if tuple(row[name] for name in KEY) not in known)
    return [first | _as_changed(row) for row in old] + rows


def _as_changed(verdict: Mapping[str, Any]) -> dict[str, Any]:
    row = {name: verdict[name] for name in (*KEY, "verdict", "is_blocked", "cohort_id")}
    row["effective_level"] = verdict["level"]
    if "criteria" in verdict:
        named = [
            f"{each['id']} {each['verdict']}"
            for each in verdict["criteria"]
            if each["verdict"] not in ("pass", "not_applicable")
        ]
        row["open_criteria"] = ", ".join(named) or None
    return row


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
    kept = [{name: _text(row.get(name)) for name in columns} for row in rows]
    connection.register("recorded", pa.Table.from_pylist(kept, schema=shape))
    connection.execute(f"INSERT INTO evidence.{table} SELECT * FROM recorded")
    connection.unregister("recorded")


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
