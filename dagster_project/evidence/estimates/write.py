"""The only writer of the evidence tables in ``TABLES``: all replaced in one transaction."""

import gc
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from dagster_project.evidence.estimates.accounting import accounted, reconciled
from dagster_project.evidence.estimates.amounts import amount_bands
from dagster_project.evidence.estimates.autonomy_fit import (
    boundary_defined,
    reversibility,
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
from dagster_project.evidence.estimates.detections import read_detections
from dagster_project.evidence.estimates.drills import fallback_proven
from dagster_project.evidence.estimates.errors import error_rows
from dagster_project.evidence.estimates.kpi_effects import kpi_effects
from dagster_project.evidence.estimates.kpi_series import read_known, read_kpis
from dagster_project.evidence.estimates.paces import read_paces
from dagster_project.evidence.estimates.planning import PACE_DAYS, Plan, evidence_feasible, plans
from dagster_project.evidence.estimates.production_fit import (
    audit_and_boundary,
    latency,
    reviewers_effective,
)
from dagster_project.evidence.estimates.registry import read_context
from dagster_project.evidence.estimates.replacing import Table, create_table, replace_rows
from dagster_project.evidence.estimates.review_capacity import review_capacity
from dagster_project.evidence.estimates.roi import Evidence, roi_positive
from dagster_project.evidence.estimates.roi_prices import read_prices
from dagster_project.evidence.estimates.segments import read_segments
from dagster_project.evidence.estimates.strata import read_sample
from dagster_project.evidence.estimates.value_fit import baseline_fixed
from dagster_project.evidence.estimates.workflow_fit import (
    owners_named,
    pain_measured,
    read_volumes,
    volume_floor,
)

if TYPE_CHECKING:
    import duckdb

ESTIMATES = Table(
    "estimates",
    {
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
    },
)
BANDS = Table(
    "amount_bands",
    {
        **ESTIMATES.columns,
        "amount_limit": "DECIMAL(18,4)",
        "weekly_decision_count": "DECIMAL(28,9)",
        "weekly_other_count": "DECIMAL(28,9)",
    },
)
PLANS = Table(
    "plans",
    {
        "as_of": "DATE",
        "known_batch": "VARCHAR",
        "criterion_id": "VARCHAR",
        "decision_class": "VARCHAR",
        "segment": "VARCHAR",
        "cohort_id": "VARCHAR",
        "planning_error": "DECIMAL(28,9)",
        "planned_count": "BIGINT",
        "trial_count": "BIGINT",
        "needed_count": "BIGINT",
        "daily_count": "DECIMAL(28,9)",
        "expected_date": "DATE",
        "reason": "VARCHAR",
    },
)


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
    for table in (ESTIMATES, BANDS, PLANS):
        create_table(connection, table)


def write_estimates(connection: "duckdb.DuckDBPyConnection") -> EstimateReport:
    """Compute every estimate of the run in ``landing.run_context`` and replace the tables.

    Raises RunContextError (no run, a class twice) and leaves the old rows in place.
    """
    create_tables(connection)
    with uncollected():
        return _write_estimates(connection)


def _write_estimates(connection: "duckdb.DuckDBPyConnection") -> EstimateReport:
    context = read_context(connection)
    found, planned = compute_estimates(connection, context)
    rows = sorted(found, key=lambda item: item[:4])
    bands = amount_bands(connection, context, read_detections(connection, context))
    tables: dict[Table, Sequence[tuple[object, ...]]] = {
        ESTIMATES: rows,
        BANDS: [band.row() for band in bands],
        PLANS: planned,
    }
    replace_rows(connection, context, tables)
    connection.execute("DROP TABLE IF EXISTS estimate_scope")
    return EstimateReport(
        as_of=context.as_of,
        known_batch=context.known_batch,
        row_count=len(rows),
        class_count=len(context.classes),
        by_status=dict(sorted(Counter(item.status for item in rows).items())),
        by_criterion=dict(sorted(Counter(item.criterion_id for item in rows).items())),
    )


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the search for cycles: rows are tuples without any, and for 2,000 classes it would
    walk over millions of them again and again (2 to 3 of 24 s)."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def compute_estimates(
    connection: "duckdb.DuckDBPyConnection", context: Context
) -> tuple[list[Estimate], list[Plan]]:
    """All makers, each reading its facts once; and when what is not proven yet will be."""
    recent = read_sample(connection, context, days=PACE_DAYS).strata
    sure = read_sample(connection, context, is_confident=True, days=PACE_DAYS).strata
    sample = read_sample(connection, context)._replace(recent=recent)
    confident = read_sample(connection, context, is_confident=True)._replace(recent=sure)
    paces, segments = read_paces(connection, context, recent, sure), read_segments(connection)
    detections = read_detections(connection, context)
    volumes = read_volumes(connection, context)
    accounts = accounted(connection, context)
    kpis, known = read_kpis(connection, context), read_known(connection, context)
    evidence = Evidence(context, read_prices(connection, context), sample, detections)
    rows = [
        *volume_floor(context, volumes),
        *pain_measured(connection, context, volumes),
        *owners_named(connection, context),
        *evidence_feasible(context, paces, segments, detections, sample),
        *required_and_clean(connection, context),
        *fresh(context),
        *accounts,
        *reconciled(connection, context),
        *labels_available(context, sample.strata),
        *telemetry_plausible(connection, context),
        *reversibility(connection, context),
        *value_at_risk(context, sample, detections, volumes),
        *error_rows(context, "confidence_quality", confident, detections, NO_CONFIDENT_LABELS),
        *review_capacity(connection, context, volumes, accounts),
        *boundary_defined(context),
        *latency(connection, context),
        *error_rows(context, "accuracy", sample, detections, "no labels"),
        *audit_and_boundary(connection, context),
        *fallback_proven(connection, context),
        *cost_per_decision(connection, context, sample, detections),
        *reviewers_effective(context, detections),
        *baseline_fixed(connection, context),
        *kpi_effects(context, kpis, known),
        *roi_positive(evidence, known, kpis),
    ]
    return rows, plans(context, rows, paces, segments, detections, sample)
