"""kpi_improved and guardrails_held: what changed with the launch, on days fixed beforehand."""

from math import ceil, inf
from typing import NamedTuple

from dagster_project.contracts.numbers import SCALE
from dagster_project.evidence.estimates.context import (
    Basis,
    Cell,
    Context,
    DecisionClass,
    Estimate,
    Finding,
    insufficient,
    row,
)
from dagster_project.evidence.estimates.kpi_series import (
    Known,
    Kpi,
    SeriesError,
    series_of,
)
from dagster_project.evidence.estimates.placebo import Effect, design, launch_effect

METHOD = "placebo_shifts"


class Looked(NamedTuple):
    """What a look at one KPI gave; ``effect`` None: ``reason`` says why.

    ``alpha``: of this look alone. ``better``: the effect and its bounds, positive where the KPI
    moved the registered way. ``grain``: day, week or month.
    """

    kpi: Kpi
    basis: Basis
    reason: str | None = None
    alpha: float | None = None
    better: tuple[float, float, float] | None = None
    grain: str = ""


def kpi_effects(context: Context, kpis: list[Kpi], known: Known) -> list[Estimate]:
    """One row of either criterion per class. A KPI of a workflow is looked at once for all."""
    looked = {
        criterion: [look(context, criterion, kpi, known) for kpi in kpis if kpi.kind == kind]
        for criterion, kind in (("kpi_improved", "primary"), ("guardrails_held", "guardrail"))
    }
    rows = []
    for item in context.judged("kpi_improved"):
        own = _of(item, looked["kpi_improved"])
        rows.append(_improved(context, item.decision_class, own))
    for item in context.judged("guardrails_held"):
        own = _of(item, looked["guardrails_held"])
        rows.append(_held(context, item.decision_class, own))
    return rows


def _of(item: DecisionClass, looked: list[Looked]) -> list[Looked]:
    """A class that has a KPI of its own kind is still held to its workflow's."""
    return [one for one in looked if one.kpi.is_about(item.workflow, item.decision_class)]


def look(context: Context, criterion: str, kpi: Kpi, known: Known, share: float = 1.0) -> Looked:
    """The newest registered look, at ``share`` of the alpha of the classes that it decides."""
    basis = Basis(METHOD, n_missing=1, n_needed=None)
    if kpi.launch_date is None or not kpi.has_model or kpi.look_date is None:
        return Looked(kpi, basis, _unready(kpi))
    try:
        series = series_of(kpi, kpi.launch_date, kpi.look_date, known)
    except SeriesError as error:
        return Looked(kpi, basis, str(error))
    count = len(series.values)
    alpha = share * _alpha(context, criterion, kpi) / kpi.looks
    if alpha <= 0:
        return Looked(kpi, basis, "no usable alpha")
    needed = max(ceil(1 / alpha) - count, 0)
    basis = Basis(
        METHOD,
        n=count,
        n_needed=needed,
        window_start=series.first,
        window_end=series.last,
        newest=series.last,
    )
    explained = design(count, has_trend=kpi.has_trend, season=kpi.season, controls=series.controls)
    try:
        effect = launch_effect(series.values, explained, series.is_after, alpha)
    except ValueError as error:
        return Looked(kpi, basis._replace(n_missing=1), str(error), alpha)
    if needed:
        looks = "1 look" if kpi.looks == 1 else f"{kpi.looks} looks"
        reason = f"{count} periods, {count + needed} are needed at {looks}"
        return Looked(kpi, basis._replace(n_missing=needed), reason, alpha)
    better = _towards(effect, is_up=kpi.is_up)
    return Looked(kpi, basis, alpha=alpha, better=better, grain=series.grain)


def _unready(kpi: Kpi) -> str:
    if kpi.launch_date is None:
        return "no launch date"
    if not kpi.has_model:
        return f"no model of {kpi.kpi} from before its launch"
    if not kpi.looks:
        return f"no look at {kpi.kpi} registered before its launch"
    return f"first look at {kpi.kpi} on {kpi.next_look}"


def _alpha(context: Context, criterion: str, kpi: Kpi) -> float:
    """One look at a workflow's KPI serves all its classes, so their shares add up."""
    return sum(
        context.alpha(criterion, Cell(item.decision_class))
        for item in context.judged(criterion)
        if kpi.is_about(item.workflow, item.decision_class)
    )


def _towards(effect: Effect, *, is_up: bool) -> tuple[float, float, float]:
    if is_up:
        return effect.estimate, effect.lower, effect.upper
    return -effect.estimate, -effect.upper, -effect.lower


def _improved(context: Context, name: str, looked: list[Looked]) -> Estimate:
    """Effect beyond the minimum. The bound is 0 or more only if the effect itself is shown and
    the estimate reaches the minimum; it is refuted if even the upper bound is no improvement."""
    criterion, cell = "kpi_improved", Cell(name)
    if not looked:
        basis = Basis(METHOD, n_missing=1)
        return insufficient(context, criterion, cell, "no primary kpi", basis)
    return worst([_improved_by(context, cell, one) for one in looked])


def _improved_by(context: Context, cell: Cell, one: Looked) -> Estimate:
    if one.better is None or one.kpi.minimum is None:
        reason = one.reason or "no minimum effect"
        return insufficient(context, "kpi_improved", cell, reason, one.basis)
    estimate, lower, upper = one.better
    beyond = estimate - one.kpi.minimum
    finding = Finding(beyond, storable(min(beyond, not_zero(lower))), storable(max(upper, beyond)))
    return row(context, "kpi_improved", cell, one.basis, finding, one.alpha)


def worst(rows: list[Estimate]) -> Estimate:
    """Of the rows of several KPIs: one that says nothing, else the one with the lowest bound."""
    return min(rows, key=lambda found: -inf if found.bound is None else float(found.bound))


def not_zero(bound: float) -> float:
    """A bound that a gate holds against 0: nothing is no improvement."""
    return bound if bound > 0 else min(bound, -float(SCALE))  # the smallest number that is stored


def storable(bound: float) -> float:
    """Within what the column holds; a bound may be infinite."""
    return max(min(bound, 1e18), -1e18)


def _held(context: Context, name: str, looked: list[Looked]) -> Estimate:
    """How many guardrails are not shown to be unharmed."""
    criterion, cell = "guardrails_held", Cell(name)
    if not looked:
        basis = Basis(METHOD, n_missing=1)
        return insufficient(context, criterion, cell, "no guardrail kpi", basis)
    unknown = [one for one in looked if one.better is None or one.kpi.margin is None]
    if unknown:
        first = unknown[0]
        basis = first.basis._replace(n_missing=len(unknown))
        reason = first.reason or f"no margin for {first.kpi.kpi}"
        return insufficient(context, criterion, cell, reason, basis)
    harms = [(-b[0], -b[2], -b[1], one.kpi.margin or 0.0) for one in looked if (b := one.better)]
    finding = Finding(
        sum(estimate >= margin for estimate, _, _, margin in harms),
        sum(upper >= margin for _, _, upper, margin in harms),
        sum(lower > margin for _, lower, _, margin in harms),
    )
    oldest = min(looked, key=lambda one: one.basis.newest or context.as_of)
    return row(context, criterion, cell, oldest.basis, finding, oldest.alpha)
