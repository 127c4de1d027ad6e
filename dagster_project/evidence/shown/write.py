"""The only writer of the shown tables: all rows of a run replaced in one transaction."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dagster_project.evidence.estimates.registry import read_context
from dagster_project.evidence.estimates.replacing import Table, create_table, replace_rows
from dagster_project.evidence.shown.confidence import confidence_rows, read_tenths
from dagster_project.evidence.shown.error_evidence import error_evidence_rows
from dagster_project.evidence.shown.latency import latency_rows
from dagster_project.evidence.shown.reviewers import agreement_rows
from dagster_project.evidence.shown.tripwire_counts import (
    read_amounts,
    read_halves,
    read_outside,
    read_weeks,
)
from dagster_project.evidence.shown.tripwires import tripwires

if TYPE_CHECKING:
    import duckdb

_RUN = {"as_of": "DATE", "known_batch": "VARCHAR"}
_CELL = {
    "decision_class": "VARCHAR",
    "segment": "VARCHAR",
    "cohort_id": "VARCHAR",
    "confidence_method": "VARCHAR",
}
_NUMBER = "DECIMAL(28,9)"

CONFIDENCE = Table(
    "confidence",
    _RUN
    | _CELL
    | {
        "decision_count": "BIGINT",
        "confident_count": "BIGINT",
        "covered_count": "BIGINT",
        "coverage": _NUMBER,
        "operating_confidence": "DECIMAL(9,6)",
        "selected_count": "BIGINT",
        "labelled_count": "BIGINT",
        "effective_count": _NUMBER,
        "brier": _NUMBER,
        "reliability": _NUMBER,
        "resolution": _NUMBER,
        "uncertainty": _NUMBER,
        "within_bin": _NUMBER,
        "ece": _NUMBER,
        "ece_lower": _NUMBER,
        "ece_upper": _NUMBER,
        "ece_by_chance": _NUMBER,
    },
)
RELIABILITY = Table(
    "reliability",
    _RUN
    | _CELL
    | {
        "confidence_from": "DECIMAL(9,6)",
        "confidence_to": "DECIMAL(9,6)",
        "labelled_count": "BIGINT",
        "mean_confidence": _NUMBER,
        "accuracy": _NUMBER,
        "accuracy_lower": _NUMBER,
        "accuracy_upper": _NUMBER,
    },
)
AGREEMENT = Table(
    "agreement",
    _RUN
    | {
        "decision_class": "VARCHAR",
        "pair_count": "BIGINT",
        "both_right_count": "BIGINT",
        "first_wrong_count": "BIGINT",
        "second_wrong_count": "BIGINT",
        "both_wrong_count": "BIGINT",
        "agreement": _NUMBER,
        "kappa": _NUMBER,
        "ac1": _NUMBER,
    },
)
TRIPWIRES = Table(
    "tripwires",
    _RUN
    | {
        "finding": "VARCHAR",
        "decision_class": "VARCHAR",
        "subject": "VARCHAR",
        "week_start": "DATE",
        "case_count": "BIGINT",
        "case_total": "BIGINT",
        "other_count": "BIGINT",
        "other_total": "BIGINT",
        "effect": _NUMBER,
        "p_value": _NUMBER,
        "is_explained": "BOOLEAN",
    },
)
LATENCY = Table(
    "latency_percentiles",
    _RUN
    | {
        "decision_class": "VARCHAR",
        "segment": "VARCHAR",
        "cohort_id": "VARCHAR",
        "decision_count": "BIGINT",
        "unmeasured_count": "BIGINT",
        "p50_ms": _NUMBER,
        "p95_ms": _NUMBER,
        "p95_bound_ms": _NUMBER,
        "p99_ms": _NUMBER,
        "p99_bound_ms": _NUMBER,
    },
)
ERROR_EVIDENCE = Table(
    "error_evidence",
    _RUN
    | {
        "decision_class": "VARCHAR",
        "cohort_id": "VARCHAR",
        "accuracy_limit": _NUMBER,
        "labelled_count": "BIGINT",
        "trial_count": "BIGINT",
        "design_effect": _NUMBER,
        "effective_count": _NUMBER,
        "p_value": _NUMBER,
        "p_adjusted": _NUMBER,
        "e_value": _NUMBER,
        "e_adjusted": _NUMBER,
    },
)
TABLES = (CONFIDENCE, RELIABILITY, AGREEMENT, TRIPWIRES, LATENCY, ERROR_EVIDENCE)


def create_tables(connection: "duckdb.DuckDBPyConnection") -> None:
    """Make schema and tables if absent; existing rows stay."""
    for table in TABLES:
        create_table(connection, table)


def write_shown(connection: "duckdb.DuckDBPyConnection") -> dict[str, int]:
    """Compute what is shown of the run in ``landing.run_context``; rows by table.

    Raises RunContextError (no run, a class twice) and leaves the old rows in place.
    """
    create_tables(connection)
    context = read_context(connection)
    scores, curves = confidence_rows(read_tenths(connection, context))
    rows: dict[Table, Sequence[tuple[object, ...]]] = {
        CONFIDENCE: scores,
        RELIABILITY: curves,
        AGREEMENT: agreement_rows(connection, context),
        TRIPWIRES: tripwires(
            read_weeks(connection, context),
            read_amounts(connection, context),
            read_halves(connection, context),
            read_outside(connection, context),
            {item.decision_class: item.workflow for item in context.classes},
        ),
        LATENCY: latency_rows(connection, context),
        ERROR_EVIDENCE: error_evidence_rows(connection, context),
    }
    replace_rows(connection, context, rows)
    connection.execute("DROP TABLE IF EXISTS estimate_scope")
    return {table.name: len(found) for table, found in rows.items()}
