"""Many planted classes in one context: what the estimates read, without a warehouse."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
from planted_figures import ALPHA

from dagster_project.evidence.estimates.bounds import Array, Whole
from dagster_project.evidence.estimates.context import (
    Cell,
    Context,
    DecisionClass,
    Threshold,
    Window,
)
from dagster_project.evidence.estimates.detections import Detection, Detections
from dagster_project.evidence.estimates.strata import (
    FIRST_MONDAY,
    LateErrors,
    Sample,
    Strata,
    Stratum,
    Weeks,
)

DAY = date(2025, 3, 31)
LIMIT = 0.05
# above every planted error: after an alarm there would be no bound to look at
WIDE_LIMIT = 0.2
ERROR_COST = 15.0
COST_CAP = 2.0
WEEKS = 4


@dataclass(frozen=True)
class Plan:
    """One stratum of a class: decisions in the log, chance to be drawn, true error rate."""

    decisions: int
    probability: float
    error: float


def truth(plans: list[Plan]) -> float:
    """The class's error rate: strata weighted by the log."""
    total = sum(plan.decisions for plan in plans)
    return sum(plan.decisions * plan.error for plan in plans) / total


def context(
    worlds: int,
    *,
    is_reviewed: bool = False,
    limit: float = LIMIT,
    cost_cap: float = COST_CAP,
) -> Context:
    """One class per world, so that each has a review pool of its own."""
    names = [name(world) for world in range(worlds)]
    limits = {
        "accuracy": limit,
        "value_at_risk": 2500,
        "cost_per_decision": 0.5,
        "latency": 0.05,
        "reconciled": 0.98,
        "roi_positive": 0,
    }
    return Context(
        as_of=DAY,
        known_batch="b",
        classes=tuple(_class(each, is_reviewed, cost_cap) for each in names),
        thresholds={
            (criterion, each): Threshold(Decimal(str(value)), ALPHA)
            for criterion, value in limits.items()
            for each in names
        },
        windows={each: Window(end=DAY, weeks=WEEKS, label_end=DAY) for each in names},
    )


def name(world: int) -> str:
    return f"w.{world}"


def _class(label: str, is_reviewed: bool, cost_cap: float) -> DecisionClass:
    return DecisionClass(
        decision_class=label,
        workflow="w",
        cost_of_delay_amount=1.0,
        error_cost_amount=ERROR_COST,
        reversibility="easy",
        declared_level="delegate",
        boundary="",
        label_outcome="" if is_reviewed else "checked",
        latency_limit_ms=None,
        review_pool=label if is_reviewed else "",
        review_wait_minutes=None,
        alpha_weight=Decimal(1),
        cost_cap_amount=cost_cap,
    )


def strata(
    dice: np.random.Generator, plans: list[Plan], worlds: int, *, detection: float = 1.0
) -> Strata:
    """Drawn, all labelled, each decision a trial of its own; errors are seen with ``detection``."""
    found: Strata = {Cell(name(world)): [] for world in range(worlds)}
    for plan in plans:
        drawn = dice.binomial(plan.decisions, plan.probability, worlds)
        wrong = dice.binomial(drawn, plan.error * detection)
        for cell, selected, failed in zip(found, drawn.tolist(), wrong.tolist(), strict=True):
            found[cell].append(stratum(plan, selected, failed))
    return found


def sample(found: Strata) -> Sample:
    """The same, all of it of one week."""
    numbered, rows = {}, []
    for cell, own in found.items():
        numbered[cell] = [item._replace(number=len(rows) + place) for place, item in enumerate(own)]
        rows += own
    weeks = Weeks(
        np.arange(len(rows)),
        np.full(len(rows), (DAY - FIRST_MONDAY).days // 7),
        *(
            np.array([getattr(item, field) for item in rows], dtype=np.int64)
            for field in Weeks._fields[2:-1]
        ),
        mixed=np.zeros(len(rows)),
    )
    late = {
        cell.decision_class: LateErrors(tuple((s.decisions, s.trials, 0, 0) for s in own))
        for cell, own in found.items()
    }
    return Sample(numbered, weeks, late)


def stratum(plan: Plan, selected: int, failed: float) -> Stratum:
    return Stratum(
        number=0,
        is_judged=True,
        is_sampled=True,
        probability=plan.probability,
        decisions=plan.decisions,
        selected=selected,
        labelled=selected,
        timely=selected,
        trials=selected,
        failures=failed,
        wrong=failed,
        not_right=failed,
        first_date=DAY,
        newest=DAY,
    )


def detections(dice: np.random.Generator, worlds: int, seeded: int, detection: float) -> Detections:
    """What each world's own review pool found of ``seeded`` planted errors."""
    found = dice.binomial(seeded, detection, worlds).tolist()
    return {name(world): Detection(seeded, found[world], DAY) for world in range(worlds)}


def alphas(worlds: int) -> Array:
    return np.full(worlds, ALPHA)


def volumes(dice: np.random.Generator, worlds: int, per_week: float) -> Whole:
    """Decisions in four weeks."""
    return dice.poisson(WEEKS * per_week, worlds)
