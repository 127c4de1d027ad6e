"""Money that errors cost a week: cost of an error × weekly volume × error, for many cells."""

from collections.abc import Mapping
from typing import NamedTuple

from dagster_project.evidence.estimates.bounds import Array
from dagster_project.evidence.estimates.context import Basis, Cell, Context, Finding
from dagster_project.evidence.estimates.detections import Detections
from dagster_project.evidence.estimates.errors import error_bounds, sample_basis
from dagster_project.evidence.estimates.strata import Sample
from dagster_project.evidence.estimates.workflow_fit import weekly


class Loss(NamedTuple):
    """Loss of one cell with its bounds, in money a week; ``reason``: why nothing can be said."""

    cell: Cell
    basis: Basis
    finding: Finding
    reason: str | None = None


def losses(
    context: Context,
    sample: Sample,
    detections: Detections,
    counts: Mapping[Cell, int],
    alpha: Array,
) -> list[Loss]:
    """``counts``: decisions of the last complete weeks; ``alpha``: of each cell's loss, half of it
    for the error and half for the volume. The accuracy limit of each class must be usable."""
    cells = list(counts)
    errors = error_bounds(context, sample, cells, alpha / 2, detections)
    upper, lower, rate = errors.upper(), errors.lower(), errors.cells.rate()
    amounts = {item.decision_class: item.error_cost_amount for item in context.classes}
    found = []
    for place, cell in enumerate(cells):
        amount, window = amounts[cell.decision_class], context.window(cell.decision_class)
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
        if amount is None or reason:
            found.append(Loss(cell, basis, Finding(), reason))
            continue
        error = Finding(rate[place], float(upper[place]), float(lower[place]))
        half = float(alpha[place]) / 2
        found.append(Loss(cell, basis, _lost(context, cell, counts[cell], amount, error, half)))
    return found


def _lost(
    context: Context, cell: Cell, count: int, amount: float, error: Finding, alpha: float
) -> Finding:
    weeks = context.window(cell.decision_class).weeks
    volume = weekly(count, weeks, alpha)
    worst = weekly(count + context.lost(cell.decision_class).recent_decisions, weeks, alpha)
    return Finding(
        amount * volume.mean * (error.estimate or 0.0),
        amount * worst.upper * (1.0 if error.bound is None else error.bound),
        amount * volume.lower * (error.refuting or 0.0),
    )
