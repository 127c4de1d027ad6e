"""Autonomy fit: can it be undone, what is at risk, is confidence worth it."""

from typing import TYPE_CHECKING

from dagster_project.contracts.boundary import BoundaryError, parse_boundary
from dagster_project.evidence.estimates.context import (
    Cell,
    Context,
    Estimate,
    Finding,
    exact,
    insufficient,
    row,
)
from dagster_project.evidence.estimates.detections import Detections
from dagster_project.evidence.estimates.errors import (
    class_alpha,
    error_bounds,
    sample_basis,
    split_cells,
)
from dagster_project.evidence.estimates.shares import Share, share_estimates
from dagster_project.evidence.estimates.strata import Sample
from dagster_project.evidence.estimates.strays import segment_unknown
from dagster_project.evidence.estimates.workflow_fit import Volumes, weekly

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
    alpha = class_alpha(context, criterion, cells) / 2
    errors = error_bounds(context, sample, cells, alpha, detections)
    upper, lower, rate = errors.upper(), errors.lower(), errors.cells.rate()
    amounts = {item.decision_class: item.error_cost_amount for item in context.classes}
    for place, cell in enumerate(cells):
        error = Finding(rate[place], float(upper[place]), float(lower[place]))
        amount = amounts[cell.decision_class]
        window = context.window(cell.decision_class)
        basis = sample_basis(errors, place, 0, "error_times_volume")
        basis = basis._replace(window_end=window.label_end)
        reason = None
        if amount is None or amount < 0:
            reason = "error cost missing"
        elif window.weeks < 1:
            reason = "no complete week"
        elif not basis.n_effective:
            reason = "no labels"
        elif errors.detection[place] <= 0:
            reason = "reviewer detection unknown"
        if reason:
            rows.append(insufficient(context, criterion, cell, reason, basis))
        else:
            numbers = _loss(context, cell, amount or 0.0, error, volumes)
            rows.append(row(context, criterion, cell, basis, numbers))
    return rows


def _loss(context: Context, cell: Cell, amount: float, error: Finding, volumes: Volumes) -> Finding:
    name = cell.decision_class
    # a decision of unknown segment may belong here, so its volume is at risk here too
    count = volumes.get((name, cell.segment), 0)
    count += volumes.get((name, segment_unknown(cell.segment) or ""), 0)
    alpha = context.alpha("value_at_risk", cell) / 2
    volume = weekly(count, context.window(name).weeks, alpha)
    worst = weekly(count + context.lost(name).recent_decisions, context.window(name).weeks, alpha)
    return Finding(
        amount * volume.mean * (error.estimate or 0.0),
        amount * worst.upper * (1.0 if error.bound is None else error.bound),
        amount * volume.lower * (error.refuting or 0.0),
    )


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
