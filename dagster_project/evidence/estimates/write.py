"""The only writer of the evidence tables in ``TABLES``: all replaced in one transaction."""

import gc
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from dagster_project.evidence.estimates.amounts import amount_bands
from dagster_project.evidence.estimates.context import Estimate
from dagster_project.evidence.estimates.makers import MAKERS, Facts
from dagster_project.evidence.estimates.planning import Plan, plans
from dagster_project.evidence.estimates.registry import read_context
from dagster_project.evidence.estimates.replacing import Table, create_table, replace_rows

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
    facts = Facts(connection, context)
    found, planned = compute_estimates(facts)
    rows = sorted(found, key=lambda item: item[:4])
    bands = amount_bands(connection, context, facts.detections)
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


def compute_estimates(facts: Facts) -> tuple[list[Estimate], list[Plan]]:
    """The rows of all makers; and when what is not proven yet will be."""
    rows = [row for make in MAKERS.values() for row in make(facts)]
    known = (facts.paces, facts.segments, facts.detections, facts.sample)
    return rows, plans(facts.context, rows, *known)
