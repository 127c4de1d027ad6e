"""cost_per_decision: what decisions cost, over the share of them that is right."""

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from dagster_project.evidence.estimates.context import (
    Basis,
    Cell,
    Context,
    Estimate,
    Finding,
    broken,
    insufficient,
    row,
)
from dagster_project.evidence.estimates.cost_trials import MeanCost, mean_costs
from dagster_project.evidence.estimates.detections import Detections
from dagster_project.evidence.estimates.errors import class_alpha, error_bounds, split_cells
from dagster_project.evidence.estimates.strata import Sample

if TYPE_CHECKING:
    import duckdb


class Daily(NamedTuple):
    """Sums of a cell over all complete days."""

    decisions: int
    priced: int
    cost: float
    first: date | None
    newest: date | None


def cost_per_decision(
    connection: "duckdb.DuckDBPyConnection",
    context: Context,
    sample: Sample,
    detections: Detections,
) -> list[Estimate]:
    """Cost of a decision ÷ (1 - error), each bounded at half of alpha. The bound of the cost is at
    least what was paid, which alone proves a fail."""
    criterion = "cost_per_decision"
    daily = _daily(connection, context)
    cells, rows = split_cells(context, criterion, context.cells(criterion))
    if not cells:
        return rows
    alpha = class_alpha(context, criterion, cells) / 2
    means = mean_costs(connection, context, cells, alpha)
    errors = error_bounds(context, sample, cells, alpha, detections)
    upper, lower, rate = errors.upper(), errors.lower(), errors.cells.rate()
    for place, cell in enumerate(cells):
        error = (rate[place], float(upper[place]), float(lower[place]))
        strays = [daily[other] for other in context.strays(cell) if other in daily]
        rows.append(
            _cost_row(context, cell, _with_strays(daily.get(cell), strays), error, means[place])
        )
    return rows


def _with_strays(own: Daily | None, strays: list[Daily]) -> Daily | None:
    """What could belong here costs here too; that none of it is right, the error bound says."""
    if own is None:
        return None
    return own._replace(
        decisions=own.decisions + sum(other.decisions for other in strays),
        priced=own.priced + sum(other.priced for other in strays),
        cost=own.cost + sum(other.cost for other in strays),
    )


def _cost_row(
    context: Context,
    cell: Cell,
    daily: Daily | None,
    error: tuple[float | None, float, float],
    proven: MeanCost,
) -> Estimate:
    criterion, method = "cost_per_decision", "cost_over_correct"
    if daily is None or daily.decisions <= 0:
        return insufficient(context, criterion, cell, "no decisions", Basis(method))
    unpriced = daily.decisions - daily.priced
    basis = Basis(
        method,
        n=daily.decisions,
        n_effective=proven.trials,
        n_missing=max(unpriced, 0),
        window_start=daily.first,
        window_end=context.window(cell.decision_class).end,
        newest=daily.newest,
    )
    rate, upper, lower = error
    if unpriced < 0 or daily.cost < 0:
        return broken(context, criterion, cell, "impossible counts")
    if lost := context.lost(cell.decision_class).decisions:
        reason = f"cost of {lost} decisions that nobody can read"
        return insufficient(context, criterion, cell, reason, basis)
    if unpriced:
        reason = f"price missing for {cell.cohort_id}"
        return insufficient(context, criterion, cell, reason, basis)
    if rate is None or max(rate, upper, lower) >= 1:
        return insufficient(context, criterion, cell, "error not bounded", basis)
    mean = daily.cost / daily.priced
    finding = Finding(mean / (1 - rate), None, mean / (1 - lower), proven.reason, "insufficient")
    if proven.upper is not None:
        bound = max(proven.upper, mean) / (1 - upper)
        finding = finding._replace(bound=bound, status="ok")
    return row(context, criterion, cell, basis, finding)


def _daily(connection: "duckdb.DuckDBPyConnection", context: Context) -> dict[Cell, Daily]:
    rows = connection.execute(
        """
        WITH days AS (
            SELECT decision_class, segment, cohort_id, event_date,
                sum(decision_count)::BIGINT AS decisions, sum(priced_count)::BIGINT AS priced,
                sum(cost_amount) AS cost
            FROM facts.fct_decisions_daily JOIN estimate_scope USING (decision_class)
            WHERE landing_batch <= $known AND event_date <= end_date
            GROUP BY decision_class, segment, cohort_id, event_date
        )
        SELECT decision_class, segment, cohort_id, sum(decisions)::BIGINT, sum(priced)::BIGINT,
            coalesce(sum(cost), 0)::DOUBLE, min(event_date),
            max(CASE WHEN priced > 0 THEN event_date END)
        FROM days GROUP BY decision_class, segment, cohort_id
        """,
        {"known": context.known_batch},
    ).fetchall()
    return {Cell(*row_[:3]): Daily(*row_[3:]) for row_ in rows}
