"""Autonomy fit: can it be undone, what is at risk, is confidence worth it, can people review."""

import math
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from dagster_project.contracts.boundary import BoundaryError, parse_boundary
from dagster_project.evidence.estimates.bounds import (
    normal_quantile,
    poisson_lower,
    poisson_upper,
)
from dagster_project.evidence.estimates.context import (
    Basis,
    Cell,
    Context,
    Estimate,
    Finding,
    broken,
    exact,
    insufficient,
    row,
    segment_unknown,
)
from dagster_project.evidence.estimates.errors import (
    Detections,
    class_alpha,
    error_bounds,
    sample_basis,
    split_cells,
)
from dagster_project.evidence.estimates.shares import Share, share_estimates
from dagster_project.evidence.estimates.strata import Sample
from dagster_project.evidence.estimates.workflow_fit import Volumes, weekly
from dagster_project.names import UNKNOWN

if TYPE_CHECKING:
    import duckdb

SECONDS_PER_HOUR = 3600


class Load(NamedTuple):
    """Reviews of a pool in four weeks; handling seconds and their squares of the timed ones."""

    reviews: int = 0
    timed: int = 0
    seconds: float = 0.0
    squares: float = 0.0


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


def review_capacity(connection: "duckdb.DuckDBPyConnection", context: Context) -> list[Estimate]:
    """Load of the class's review pool: seconds of review needed ÷ seconds there are, per week."""
    seconds = {
        pool: (float(count or 0) * float(hours or 0)) * SECONDS_PER_HOUR
        for pool, count, hours in connection.execute(
            "SELECT review_pool, reviewer_count, hours_per_week FROM registry.review_pools"
        ).fetchall()
    }
    loads = _pool_loads(connection, context)
    rows = []
    for item in context.judged("review_capacity"):
        end = context.window(item.decision_class).weeks_end
        load = _added(loads.get((pool, end), Load()) for pool in (item.review_pool, UNKNOWN))
        there = seconds.get(item.review_pool, 0.0)
        rows.append(_capacity_row(context, item.decision_class, load, there))
    return rows


def _added(loads: Iterable[Load]) -> Load:
    return Load(*(sum(column) for column in zip(*loads, strict=True)))


def _capacity_row(context: Context, name: str, load: Load, seconds: float) -> Estimate:
    cell, window = Cell(name), context.window(name)
    basis = Basis(
        "poisson_times_mean",
        n=load.reviews,
        n_effective=load.timed,
        n_missing=max(load.reviews - load.timed, 0) + context.lost(name).recent_reviews,
        window_start=window.weeks_start,
        window_end=window.weeks_end,
        newest=window.weeks_end,
    )
    reason = None
    if seconds <= 0:
        reason = "no review pool"
    elif window.weeks < 1:
        reason = "no complete week"
    elif load.reviews <= 0:
        reason = "no reviews"
    elif load.timed < 2 or load.seconds <= 0:
        reason = "no handling times"
    elif lost := context.lost(name).recent_reviews:
        reason = f"{lost} reviews that nobody can read"
    elif load.timed < load.reviews:
        # a review without its time may be the longest of all
        reason = f"{load.reviews - load.timed} of {load.reviews} reviews without handling time"
    if reason:
        return insufficient(context, "review_capacity", cell, reason, basis)
    if context.thresholds["review_capacity", name].problem:
        return broken(context, "review_capacity", cell, None)
    alpha = context.alpha("review_capacity", cell) / 2
    mean, upper, lower = review_seconds(load, window.weeks, alpha)
    finding = Finding(mean / seconds, upper / seconds, lower / seconds)
    return row(context, "review_capacity", cell, basis, finding)


def review_seconds(load: Load, weeks: int, alpha: float) -> tuple[float, float, float]:
    """Seconds of review per week (mean, upper, lower); reviews and handling each at alpha."""
    count, timed = load.reviews, load.timed
    mean = load.seconds / timed
    variance = max(load.squares - timed * mean * mean, 0.0) / (timed - 1)
    slack = normal_quantile(alpha) * math.sqrt(variance / timed)
    return (
        count / weeks * mean,
        float(poisson_upper(count, weeks, alpha)) * (mean + slack),
        float(poisson_lower(count, weeks, alpha)) * max(mean - slack, 0.0),
    )


def _pool_loads(
    connection: "duckdb.DuckDBPyConnection", context: Context
) -> dict[tuple[str, date | None], Load]:
    # all classes of a pool share its people; the weeks are those of the class that asks; a review
    # on no known day may be of these weeks, as one by nobody known may be of this pool
    rows = connection.execute(
        """
        WITH spans AS (
            SELECT DISTINCT weeks_start, weeks_end FROM estimate_scope WHERE weeks_end IS NOT NULL
        )
        SELECT coalesce(review_pool, $unknown), weeks_end, sum(review_count)::BIGINT,
            sum(timed_count)::BIGINT, sum(handling_seconds)::DOUBLE,
            sum(handling_seconds_squared)::DOUBLE
        FROM facts.fct_reviews_daily
        JOIN spans ON event_date IS NULL OR event_date BETWEEN weeks_start AND weeks_end
        WHERE landing_batch <= $known
        GROUP BY ALL
        """,
        {"known": context.known_batch, "unknown": UNKNOWN},
    ).fetchall()
    return {
        (pool, end): Load(int(count or 0), int(timed or 0), float(total or 0), float(squares or 0))
        for pool, end, count, timed, total, squares in rows
    }


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
