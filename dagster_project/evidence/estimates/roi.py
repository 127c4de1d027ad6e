"""roi_positive: what a launch is worth a week, less what it costs.

The value of a KPI is counted once, against the costs of every class that the KPI is about. So the
classes of a workflow pay back together or not at all: whose doing the effect was, no KPI says.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from dagster_project.evidence.estimates.context import (
    Basis,
    Cell,
    Context,
    DecisionClass,
    Estimate,
    Finding,
    broken,
    insufficient,
    row,
)
from dagster_project.evidence.estimates.detections import Detections
from dagster_project.evidence.estimates.errors import accuracy_problem
from dagster_project.evidence.estimates.kpi_effects import Looked, look, not_zero, storable, worst
from dagster_project.evidence.estimates.kpi_series import Known, Kpi
from dagster_project.evidence.estimates.losses import Loss, losses
from dagster_project.evidence.estimates.roi_prices import Prices, Reviewed, Spent
from dagster_project.evidence.estimates.strata import Sample
from dagster_project.evidence.estimates.strays import ANY_COHORT
from dagster_project.evidence.estimates.workflow_fit import WEEKS
from dagster_project.names import UNKNOWN

CRITERION = "roi_positive"
METHOD = "value_less_costs"
# of alpha: the rest is for the losses
SHARE_OF_VALUE = 0.5
SECONDS_PER_HOUR = 3600
# a year has 365.2425 days
PERIODS_PER_WEEK = {"day": 7.0, "week": 1.0, "month": 12 * 7 / 365.2425}

Classes = Sequence[DecisionClass]
# by class, a loss per cohort
Lost = dict[str, list[Loss]]


class Money(NamedTuple):
    """What is paid or earned a week, estimate and bounds, for ``what`` and in which currency."""

    what: str
    currency: str
    amount: float = 0.0
    lower: float = 0.0
    upper: float = 0.0


class MissingError(ValueError):
    """A part is not known; the text says which."""


class FaultyError(ValueError):
    """A part cannot be evaluated; the text says which."""


class Evidence(NamedTuple):
    """What the returns of all KPIs are computed from."""

    context: Context
    prices: Prices
    sample: Sample
    detections: Detections


def roi_positive(evidence: Evidence, known: Known, kpis: Sequence[Kpi]) -> list[Estimate]:
    """Money a week per class: the least return of the primary KPIs that are about it."""
    context = evidence.context
    looked = [_look(evidence, known, kpi) for kpi in kpis if kpi.kind == "primary"]
    scopes = _scopes(context)
    of = [scopes.get((one.kpi.workflow, one.kpi.kpi_class), []) for one in looked]
    shown = [item for one, scope in zip(looked, of, strict=True) if one.better for item in scope]
    lost = _losses(evidence, list(dict.fromkeys(shown)))
    found: dict[str, list[Estimate]] = {}
    for one, scope in zip(looked, of, strict=True):
        for made in _rows(evidence, one, scope, lost):
            found.setdefault(made.decision_class, []).append(made)
    nothing = Basis(METHOD, n_missing=1)
    return [
        worst(found[item.decision_class])
        if item.decision_class in found
        else insufficient(context, CRITERION, Cell(item.decision_class), "no primary kpi", nothing)
        for item in context.judged(CRITERION)
    ]


def _look(evidence: Evidence, known: Known, kpi: Kpi) -> Looked:
    if evidence.prices.value(kpi) is None:
        reason = f"no value of {kpi.kpi} from before its launch"
        return Looked(kpi, Basis(METHOD, n_missing=1), reason)
    return look(evidence.context, CRITERION, kpi, known, SHARE_OF_VALUE)


def _scopes(context: Context) -> dict[tuple[str, str], list[DecisionClass]]:
    """The classes that a KPI of (workflow, class) is about; class empty: the whole workflow."""
    found: dict[tuple[str, str], list[DecisionClass]] = {}
    for item in context.classes:
        for name in ("", item.decision_class):
            found.setdefault((item.workflow, name), []).append(item)
    return found


def _rows(evidence: Evidence, looked: Looked, scope: Classes, lost: Lost) -> list[Estimate]:
    """The same for every class of one KPI."""
    context = evidence.context
    names = [one.decision_class for one in scope]
    cells = [Cell(name) for name in names if (CRITERION, name) in context.thresholds]
    basis = looked.basis._replace(method=METHOD)
    try:
        finding = _return(evidence, looked, scope, lost)
    except MissingError as error:
        basis = basis._replace(n_missing=max(basis.n_missing, 1))
        return [insufficient(context, CRITERION, cell, str(error), basis) for cell in cells]
    except FaultyError as error:
        return [broken(context, CRITERION, cell, str(error)) for cell in cells]
    return [row(context, CRITERION, cell, basis, finding, looked.alpha) for cell in cells]


def _return(evidence: Evidence, looked: Looked, scope: Classes, lost: Lost) -> Finding:
    """Raises MissingError or FaultyError for the first part that is not there."""
    value = _value(evidence.prices, looked)
    for item in scope:
        _check(evidence.context, item)
    agents, labour = _agents(evidence, scope), _labour(evidence, scope)
    owned = [Money(one.decision_class, one.currency) for one in scope]
    for one, other in pairwise([value, *owned, *labour]):
        if one.currency != other.currency:
            words = [f"{each.what} in {each.currency or 'no currency'}" for each in (one, other)]
            raise MissingError("; ".join(words))
    paid, hours = sum(each.amount for each in agents), sum(each.amount for each in labour)
    errors = _lost(scope, lost)
    spent = paid + hours
    reason = (
        f"{value.currency} a week: value {value.amount:,.0f}, at least {value.lower:,.0f}; "
        f"agents {paid:,.0f}; reviews {hours:,.0f}; "
        f"errors {errors.amount:,.0f}, at most {errors.upper:,.0f}"
    )
    left = value.amount - spent - errors.amount
    least = not_zero(value.lower - spent - errors.upper)
    most = value.upper - spent - errors.lower
    return Finding(left, storable(min(left, least)), storable(max(left, most)), reason)


def _value(prices: Prices, looked: Looked) -> Money:
    kpi = looked.kpi
    price = prices.value(kpi)
    if price is None or looked.better is None:
        raise MissingError(looked.reason or "no effect")
    if price.grain != looked.grain:
        raise MissingError(f"{kpi.kpi} comes by the {looked.grain}, its value by the {price.grain}")
    per_week = price.per_unit * PERIODS_PER_WEEK[price.grain]
    return Money(kpi.kpi, price.currency, *(per_week * each for each in looked.better))


def _problem(context: Context, name: str) -> str | None:
    judged = context.thresholds.get((CRITERION, name))
    if judged is None:
        return f"no {CRITERION}"
    return judged.problem or accuracy_problem(context, name)


def _check(context: Context, item: DecisionClass) -> None:
    name = item.decision_class
    if problem := _problem(context, name):
        raise FaultyError(f"{name}: {problem}")
    window, unread = context.window(name), context.lost(name)
    if window.weeks < WEEKS:
        raise MissingError(f"{name}: {window.weeks} of {WEEKS} complete weeks")
    if unread.recent_decisions or unread.recent_reviews:
        words = f"{unread.recent_decisions} decisions and {unread.recent_reviews} reviews"
        raise MissingError(f"{name}: cost of {words} that nobody can read")


def _agents(evidence: Evidence, scope: Classes) -> list[Money]:
    found = []
    for item in scope:
        parts = evidence.prices.spent.get(item.decision_class, {}).values()
        count, priced = sum(one.decisions for one in parts), sum(one.priced for one in parts)
        cost = sum(one.cost for one in parts)
        if priced > count or cost < 0:
            raise FaultyError(f"{item.decision_class}: impossible counts")
        if priced < count:
            raise MissingError(f"{item.decision_class}: {count - priced} decisions without a price")
        found.append(Money(item.decision_class, item.currency, cost / WEEKS))
    return found


def _labour(evidence: Evidence, scope: Classes) -> list[Money]:
    """All reviews of the pools that the classes use, whoever else uses these; a review by nobody
    known may be of the dearest."""
    window = evidence.context.window(scope[0].decision_class)
    start, end = window.weeks_start, window.weeks_end
    if start is None or end is None:
        raise MissingError("no complete week")
    pools = sorted({item.review_pool for item in scope if item.review_pool})
    wages = {}
    for pool in pools:
        wage = evidence.prices.wage(pool, start, end)
        if wage is None:
            raise MissingError(f"no labour price of {pool} on {start}")
        wages[pool] = wage
    if wages:
        wages[UNKNOWN] = max(wages.values(), key=lambda wage: wage.per_hour)
    found = []
    for pool, wage in wages.items():
        done = evidence.prices.reviewed.get((pool, end), Reviewed())
        if done.untimed:
            raise MissingError(
                f"{pool}: {done.untimed} of {done.reviews} reviews without their time"
            )
        amount = done.seconds / SECONDS_PER_HOUR * wage.per_hour / WEEKS
        found.append(Money(pool, wage.currency, amount))
    return found


def _losses(evidence: Evidence, classes: Classes) -> Lost:
    """Errors of what was decided in these weeks, by the bound of the cohort that decided."""
    context = evidence.context
    counts: dict[Cell, int] = {}
    for item in classes:
        if not _problem(context, item.decision_class):
            spent = evidence.prices.spent.get(item.decision_class, {})
            counts |= _decided_by_ai(context, item, spent)
    if not counts:
        return {}
    alpha = np.array([context.alpha(CRITERION, cell) for cell in counts]) * (1 - SHARE_OF_VALUE)
    found: Lost = {}
    for each in losses(context, evidence.sample, evidence.detections, counts, alpha):
        found.setdefault(each.cell.decision_class, []).append(each)
    return found


def _lost(scope: Classes, lost: Lost) -> Money:
    total = Money("errors", scope[0].currency)
    for each in (one for item in scope for one in lost.get(item.decision_class, ())):
        amount, upper, lower, *_ = each.finding
        if each.reason or amount is None or upper is None or lower is None:
            raise MissingError(f"{each.cell.decision_class}: {each.reason}")
        total = total._replace(
            amount=total.amount + amount, lower=total.lower + lower, upper=total.upper + upper
        )
    return total


def _decided_by_ai(
    context: Context, item: DecisionClass, spent: dict[str, Spent]
) -> dict[Cell, int]:
    """Cohort → decisions; what no cohort is known of counts for the newest. A class in which people
    decide alone, as it is declared, loses nothing to the AI."""
    name = item.decision_class
    seen, newest = context.cohorts.get(name, ()), context.current_cohorts.get(name, ANY_COHORT)
    counts = {Cell(name, cohort_id=newest): 0}
    for cohort, done in spent.items():
        if done.by_ai:
            cell = Cell(name, cohort_id=cohort if cohort in seen else newest)
            counts[cell] = counts.get(cell, 0) + max(done.by_ai, 0)
    is_asked = item.declared_level != "human_only"
    return counts if is_asked or any(counts.values()) else {}
