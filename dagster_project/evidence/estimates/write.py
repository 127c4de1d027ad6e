"""The only writer of the evidence tables in ``TABLES``: all replaced in one transaction."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from dagster_project.evidence.estimates.accounting import accounted, reconciled
from dagster_project.evidence.estimates.amounts import Band, amount_bands
from dagster_project.evidence.estimates.autonomy_fit import (
    boundary_defined,
    reversibility,
    review_capacity,
    value_at_risk,
)
from dagster_project.evidence.estimates.context import Context, Estimate
from dagster_project.evidence.estimates.costs import cost_per_decision
from dagster_project.evidence.estimates.data_quality import (
    fresh,
    labels_available,
    required_and_clean,
    telemetry_plausible,
)
from dagster_project.evidence.estimates.drills import fallback_proven
from dagster_project.evidence.estimates.errors import error_rows, read_detections
from dagster_project.evidence.estimates.production_fit import (
    audit_and_boundary,
    latency,
    reviewers_effective,
)
from dagster_project.evidence.estimates.registry import read_context
from dagster_project.evidence.estimates.strata import OPERATING_CONFIDENCE_BIN, read_strata
from dagster_project.evidence.estimates.value_fit import baseline_fixed
from dagster_project.evidence.estimates.workflow_fit import (
    LABEL_DAYS,
    evidence_feasible,
    owners_named,
    pain_measured,
    read_volumes,
    volume_floor,
)

if TYPE_CHECKING:
    import duckdb

COLUMNS = {
    "as_of": "DATE",
    "known_batch": "VARCHAR",
    "criterion_id": "VARCHAR",
    "decision_class": "VARCHAR",
    "segment": "VARCHAR",
    "cohort_id": "VARCHAR",
    "estimate": "DECIMAL(28,9)",
    "bound": "DECIMAL(28,9)",
    "refuting_bound": "DECIMAL(28,9)",
    "threshold_used": "DECIMAL(28,9)",
    "alpha": "DECIMAL(9,6)",
    "method": "VARCHAR",
    "n": "BIGINT",
    "n_effective": "BIGINT",
    "n_missing": "BIGINT",
    "n_needed": "BIGINT",
    "window_start": "DATE",
    "window_end": "DATE",
    "evidence_newest_date": "DATE",
    "status": "VARCHAR",
    "reason": "VARCHAR",
}
BAND_COLUMNS = {
    **COLUMNS,
    "amount_limit": "DECIMAL(18,4)",
    "weekly_decision_count": "DECIMAL(28,9)",
    "weekly_other_count": "DECIMAL(28,9)",
}
TABLES = {"estimates": COLUMNS, "amount_bands": BAND_COLUMNS}

NO_CONFIDENT_LABELS = "no label at or above the operating confidence"


@dataclass(frozen=True)
class EstimateReport:
    """What one run wrote: rows in all, classes judged, rows per status and per criterion."""

    as_of: date
    known_batch: str
    row_count: int
    class_count: int
    by_status: dict[str, int]
    by_criterion: dict[str, int]


def create_tables(connection: "duckdb.DuckDBPyConnection") -> None:
    """Make schema and tables if absent; existing rows stay."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS evidence")
    for table, types in TABLES.items():
        columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
        connection.execute(f"CREATE TABLE IF NOT EXISTS evidence.{table} ({columns})")


def write_estimates(connection: "duckdb.DuckDBPyConnection") -> EstimateReport:
    """Compute every estimate of the run in ``landing.run_context`` and replace the tables.

    Raises RunContextError (no run, a class twice) and leaves the old rows in place.
    """
    create_tables(connection)
    context = read_context(connection)
    rows = sorted(compute_estimates(connection, context), key=lambda item: item[:4])
    bands = amount_bands(connection, context, read_detections(connection, context))
    connection.execute("BEGIN TRANSACTION")
    try:
        insert_rows(connection, context, "estimates", rows)
        insert_rows(connection, context, "amount_bands", map(band_row, bands))
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("DROP TABLE IF EXISTS estimate_scope")
    return EstimateReport(
        as_of=context.as_of,
        known_batch=context.known_batch,
        row_count=len(rows),
        class_count=len(context.classes),
        by_status=dict(sorted(Counter(item.status for item in rows).items())),
        by_criterion=dict(sorted(Counter(item.criterion_id for item in rows).items())),
    )


def compute_estimates(connection: "duckdb.DuckDBPyConnection", context: Context) -> list[Estimate]:
    """All makers, each reading its facts once."""
    strata = read_strata(connection, context)
    confident = read_strata(connection, context, OPERATING_CONFIDENCE_BIN)
    recent = read_strata(connection, context, days=LABEL_DAYS)
    detections = read_detections(connection, context)
    volumes = read_volumes(connection, context)
    return [
        *volume_floor(context, volumes),
        *pain_measured(connection, context, volumes),
        *owners_named(connection, context),
        *evidence_feasible(context, recent),
        *required_and_clean(connection, context),
        *fresh(context),
        *accounted(connection, context),
        *reconciled(connection, context),
        *labels_available(context, strata),
        *telemetry_plausible(connection, context),
        *reversibility(connection, context),
        *value_at_risk(context, strata, detections, volumes),
        *error_rows(context, "confidence_quality", confident, detections, NO_CONFIDENT_LABELS),
        *review_capacity(connection, context),
        *boundary_defined(context),
        *latency(connection, context),
        *error_rows(context, "accuracy", strata, detections, "no labels"),
        *audit_and_boundary(connection, context),
        *fallback_proven(connection, context),
        *cost_per_decision(connection, context, strata, detections),
        *reviewers_effective(context, detections),
        *baseline_fixed(connection, context),
    ]


def band_row(band: Band) -> tuple[object, ...]:
    """A row of ``evidence.amount_bands`` without as_of and known_batch."""
    return (*band.error, *band[1:])


def insert_rows(
    connection: "duckdb.DuckDBPyConnection",
    context: Context,
    table: str,
    rows: Iterable[tuple[object, ...]],
) -> None:
    """Replace what ``table`` holds, within the transaction of the caller."""
    types = TABLES[table]
    names = list(types)[2:]
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    listed = ", ".join(f"unnest(${name}::{types[name]}[])" for name in names)
    values: dict[str, object] = {
        name: list(column) for name, column in zip(names, columns, strict=True)
    }
    connection.execute(f"DELETE FROM evidence.{table}")
    connection.execute(
        f"INSERT INTO evidence.{table} SELECT $as_of, $known_batch, {listed}",
        {"as_of": context.as_of, "known_batch": context.known_batch, **values},
    )
