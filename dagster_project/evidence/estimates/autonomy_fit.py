"""Autonomy fit: can it be undone, what is at risk, is confidence worth it."""

from typing import TYPE_CHECKING

from dagster_project.contracts.boundary import BoundaryError, parse_boundary
from dagster_project.evidence.estimates.context import (
    Cell,
    Context,
    Estimate,
    exact,
    insufficient,
    row,
)
from dagster_project.evidence.estimates.detections import Detections
from dagster_project.evidence.estimates.errors import class_alpha, split_cells
from dagster_project.evidence.estimates.losses import losses
from dagster_project.evidence.estimates.shares import Share, share_estimates
from dagster_project.evidence.estimates.strata import Sample
from dagster_project.evidence.estimates.strays import segment_unknown
from dagster_project.evidence.estimates.workflow_fit import Volumes

if TYPE_CHECKING:
    import duckdb


def reversibility(connection: "duckdb.DuckDBPyConnection", context: Context) -> list[Estimate]:
    """Failed undos among attempts and drills; a class declared hard to undo counts as 1."""
    rows = connection.execute(
        """
        WITH days AS (
            SELECT decision_class, event_date,
                sum(attempt_count + drill_count)::BIGINT AS attempts,
                sum(succeeded_count + drill_succeeded_count)::BIGINT AS succeeded
            FROM facts.fct_reversals_daily
            WHERE landing_batch <= $known AND event_date <= $as_of
            GROUP BY decision_class, event_date
        )
        SELECT decision_class, sum(attempts)::BIGINT, sum(succeeded)::BIGINT, min(event_date),
            max(CASE WHEN succeeded > 0 THEN event_date END)
        FROM days GROUP BY decision_class
        """,
        {"known": context.known_batch, "as_of": context.as_of},
    ).fetchall()
    counts = {name: rest for name, *rest in rows}
    found, shares = [], []
    for item in context.judged("reversibility"):
        name = item.decision_class
        if item.reversibility != "easy":
            reason = f"declared {item.reversibility or 'nothing'}"
            found.append(exact(context, "reversibility", name, 1.0, reason))
            continue
        attempts, succeeded, first, newest = counts.get(name) or (0, 0, None, None)
        shares.append(
            Share(
                Cell(name),
                attempts - succeeded,
                attempts,
                unknown=context.lost(name).reversals,
                window_start=first,
                window_end=context.window(name).end,
                newest=newest,
                empty_reason="no undo attempts",
            )
        )
    return found + share_estimates(context, "reversibility", shares)


def value_at_risk(
    context: Context, sample: Sample, detections: Detections, volumes: Volumes
) -> list[Estimate]:
    """Money lost per week: cost of an error × weekly volume × error, each at half of alpha."""
    criterion = "value_at_risk"
    cells, rows = split_cells(context, criterion, context.cells(criterion))
    if not cells:
        return rows
    counts = {cell: _at_risk(cell, volumes) for cell in cells}
    alpha = class_alpha(context, criterion, cells)
    for loss in losses(context, sample, detections, counts, alpha):
        if loss.reason:
            rows.append(insufficient(context, criterion, loss.cell, loss.reason, loss.basis))
        else:
            rows.append(row(context, criterion, loss.cell, loss.basis, loss.finding))
    return rows


def _at_risk(cell: Cell, volumes: Volumes) -> int:
    # a decision of unknown segment may belong here, so its volume is at risk here too
    name, unknown = cell.decision_class, segment_unknown(cell.segment) or ""
    return volumes.get((name, cell.segment), 0) + volumes.get((name, unknown), 0)


def boundary_defined(context: Context) -> list[Estimate]:
    """1 if the registry's boundary is a rule a machine can check, else 0."""
    rows = []
    for item in context.judged("boundary_defined"):
        is_rule = is_machine_checkable(item.boundary)
        reason = None if is_rule else "boundary not machine-checkable"
        reason = reason if item.boundary.strip() else "no boundary"
        rows.append(exact(context, "boundary_defined", item.decision_class, is_rule, reason))
    return rows


def is_machine_checkable(boundary: str) -> bool:
    """Whether the registry's own grammar of boundaries reads it."""
    try:
        parse_boundary(boundary)
    except BoundaryError:
        return False
    return True
