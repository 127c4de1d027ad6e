"""When the evidence will be enough: trials and days until each share can be proven.

Planned with a registered error, half the limit unless the registry says otherwise, and with four
of five classes that err so promoted in time. Of a class the slowest declared segment counts, since
every one of them has to pass.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dagster_project.contracts.numbers import round_nearest
from dagster_project.evidence.estimates.borrowed import lent
from dagster_project.evidence.estimates.bounds import Array, Prior, Whole, registered_prior
from dagster_project.evidence.estimates.context import (
    AT_LEAST,
    COMPARISONS,
    Basis,
    Cell,
    Context,
    Estimate,
    Finding,
    broken,
    insufficient,
    row,
)
from dagster_project.evidence.estimates.detections import Detections, planned_detection
from dagster_project.evidence.estimates.errors import accuracy_problem, class_alpha, split_of_alpha
from dagster_project.evidence.estimates.paces import Paces
from dagster_project.evidence.estimates.segments import Segments
from dagster_project.evidence.estimates.strata import Sample
from dagster_project.evidence.estimates.strays import ANY_COHORT
from dagster_project.evidence.estimates.trials_needed import Counted, trials_for_power
from dagster_project.names import ALL_SEGMENT

if TYPE_CHECKING:
    from decimal import Decimal

PACE_DAYS = 28
DEFAULT_SHARE = 0.5
ERRORS = ("accuracy", "confidence_quality")
# a share of one window, such as the required fields of 28 days, gathers nothing over time
PLANNED = (
    *("reconciled", "labels_available", "reversibility", "confidence_quality", "latency"),
    *("accuracy", "audit_complete", "fallback_proven", "boundary_respected"),
    "reviewers_effective",
)


class Target(NamedTuple):
    """What the bound of one cell has to meet, as failures; ``limit`` shapes its prior, to which
    failures and successes that were lent are added."""

    p0: float
    limit: float
    alpha: float
    error: float
    lent_failures: float = 0.0
    lent_successes: float = 0.0

    def alone(self) -> "Target":
        """Without what was lent."""
        return self._replace(lent_failures=0.0, lent_successes=0.0)


class Plan(NamedTuple):
    """One row of ``evidence.plans`` without as_of and known_batch."""

    criterion_id: str
    decision_class: str
    segment: str
    cohort_id: str
    planning_error: "Decimal | None"
    planned_count: int | None
    trial_count: int
    needed_count: int | None
    daily_count: "Decimal | None"
    expected_date: date | None
    reason: str | None


def targets(
    context: Context,
    criterion: str,
    cells: Sequence[Cell],
    detections: Detections,
    sample: Sample,
) -> list[Target]:
    """Per cell what its decider asks; the error of the AI is divided by what reviewers find.

    Only ``accuracy`` borrows, and only what ``sample`` bears out.
    """
    found = []
    alpha = class_alpha(context, criterion, cells)
    is_error = criterion in ERRORS
    split = split_of_alpha(context, cells) if is_error else np.ones(len(cells))
    detection = planned_detection(context, cells, alpha, detections) if is_error else 1 + 0 * alpha
    for place, cell in enumerate(cells):
        threshold = float(context.thresholds[criterion, cell.decision_class].threshold)
        limit = 1.0 - threshold if COMPARISONS[criterion] == AT_LEAST else threshold
        error = context.planning_errors.get(cell.decision_class) if is_error else None
        shape = limit
        if is_error:
            shape = float(context.thresholds["accuracy", cell.decision_class].threshold)
        loan = context.loans.get((cell.decision_class, cell.cohort_id))
        found.append(
            Target(
                limit * float(detection[place]),
                shape,
                float(alpha[place] / split[place]),
                limit * DEFAULT_SHARE if error is None else error,
                *lent(loan if criterion == "accuracy" else None, limit, sample),
            )
        )
    return found


def trials(wanted: Sequence[Target], failures: Array, count: Array) -> Whole:
    """Further trials for each; -1 where the planned error is too large."""
    p0, limit, alpha, error, *lent_to = np.array(wanted, dtype=np.float64).reshape(-1, 6).T
    counted, own = Counted(failures, count, np.zeros(len(count))), registered_prior(limit)
    prior = Prior(own.failures + lent_to[0], own.successes + lent_to[1])
    return trials_for_power(counted, p0, prior, alpha, error)


def evidence_feasible(
    context: Context, paces: Paces, segments: Segments, detections: Detections, sample: Sample
) -> list[Estimate]:
    """Days of reviewing that certify the accuracy limit at the planned error, slowest segment.

    A property of the plan, so neither what is reviewed already nor how it turned out shortens or
    lengthens it; only clean trials count for the pace, because an added failure must not bring the
    day nearer.
    """
    criterion = "evidence_feasible"
    rows, usable = [], []
    for item in context.judged(criterion):
        name = item.decision_class
        problem = accuracy_problem(context, name)
        if problem or context.thresholds[criterion, name].problem:
            rows.append(broken(context, criterion, Cell(name), problem))
        else:
            usable.append(Cell(name, cohort_id=context.current_cohorts.get(name, ANY_COHORT)))
    if not usable:
        return rows
    slowest = [_slowest(paces, segments, cell.decision_class) for cell in usable]
    asked = [cell._replace(segment=where) for cell, (_, where) in zip(usable, slowest, strict=True)]
    wanted = targets(context, "accuracy", asked, detections, sample)
    nothing = np.zeros(len(usable))
    needed = trials(wanted, nothing, nothing).tolist()
    for cell, pace, target, count in zip(usable, slowest, wanted, needed, strict=True):
        rows.append(_feasible_row(context, cell.decision_class, pace, count, target.error))
    return rows


def _slowest(paces: Paces, segments: Segments, name: str) -> tuple[int, str]:
    """Clean trials of the slowest declared segment, and which it is; `all` where none is slower."""
    places = (ALL_SEGMENT, *segments.get(name, ()))
    found = [(paces.clean.get((name, where), 0), where != ALL_SEGMENT, where) for where in places]
    clean, _, where = min(found)
    return clean, where


def _feasible_row(
    context: Context, name: str, slowest: tuple[int, str], needed: int, error: float
) -> Estimate:
    criterion, cell, window = "evidence_feasible", Cell(name), context.window(name)
    clean, segment = slowest
    end = window.label_end
    basis = Basis("exact", n=clean, window_end=end, newest=end)
    where = "" if segment == ALL_SEGMENT else f" in {segment}"
    if clean <= 0:
        return insufficient(context, criterion, cell, f"no labels{where}", basis)
    if needed < 0:
        reason = f"limit out of reach with an error of {error:.3g}"
        return insufficient(context, criterion, cell, reason, basis)
    if not window.covers_days:
        return insufficient(context, criterion, cell, "less than 28 complete days", basis)
    days = math.ceil(needed * PACE_DAYS / clean)
    pace = f"{clean / PACE_DAYS:.3g} clean ones a day{where}"
    reason = f"{needed:,} trials at an error of {error:.3g}, {pace}"
    return row(context, criterion, cell, basis, Finding(days, days, days, reason))


def plans(
    context: Context,
    estimates: Iterable[Estimate],
    paces: Paces,
    segments: Segments,
    detections: Detections,
    sample: Sample,
) -> list[Plan]:
    """Per class and planned criterion the slowest declared segment of the present cohort."""
    present = [item for item in estimates if _is_asked(context, segments, item)]
    sound = [item for item in present if item.status != "error"]
    wanted: list[Target] = []
    for criterion in PLANNED:
        cells = [_cell(item) for item in sound if item.criterion_id == criterion]
        wanted += targets(context, criterion, cells, detections, sample)
    sound.sort(key=lambda item: PLANNED.index(item.criterion_id))
    nothing = [(0.0, 0.0)] * len(sound)
    so_far = [_counts(item) for item in sound]
    failures, count = np.array([*nothing, *so_far], dtype=np.float64).reshape(-1, 2).T
    # after an alarm nothing is borrowed
    left = [
        target.alone() if _has_alarm(item) else target
        for item, target in zip(sound, wanted, strict=True)
    ]
    whole, further = trials([*wanted, *left], failures, count).reshape(2, -1).tolist()
    rows = [_error(item) for item in present if item.status == "error"]
    for item, target, first, more in zip(sound, wanted, whole, further, strict=True):
        key = (item.criterion_id, item.decision_class, item.segment)
        daily = paces.trials.get(key, 0) / PACE_DAYS
        rows.append(_plan(context, item, target, (first, more), daily))
    found: dict[tuple[str, str], list[Plan]] = {}
    for plan in rows:
        found.setdefault((plan.criterion_id, plan.decision_class), []).append(plan)
    return [max(listed, key=_slowness) for _, listed in sorted(found.items())]


def _is_asked(context: Context, segments: Segments, item: Estimate) -> bool:
    name = item.decision_class
    cohorts = (ANY_COHORT, context.current_cohorts.get(name, ANY_COHORT))
    declared = (ALL_SEGMENT, *segments.get(name, ()))
    is_present = item.cohort_id in cohorts and item.segment in declared
    return item.criterion_id in PLANNED and is_present


def _cell(item: Estimate) -> Cell:
    return Cell(item.decision_class, item.segment, item.cohort_id)


def _slowness(plan: Plan) -> tuple[bool, date, str]:
    return plan.expected_date is None, plan.expected_date or date.max, plan.segment


def _counts(item: Estimate) -> tuple[float, float]:
    """Failures and trials so far, from what was written of the cell; after an alarm none.

    Nor of what is proven: nothing is asked of it.
    """
    if item.n_needed == 0:
        return 0.0, 0.0
    share = None if item.estimate is None else float(item.estimate)
    failed = share
    if item.criterion_id in ERRORS:
        if _has_alarm(item):
            return 0.0, 0.0
        # a sum of shares; what was rounded to nine digits is not one failure more
        return math.ceil((failed or 0.0) * item.n_effective - 1e-6), item.n_effective
    if share is not None and COMPARISONS[item.criterion_id] == AT_LEAST:
        failed = 1.0 - share
    return round((failed or 0.0) * item.n) + item.n_effective - item.n, item.n_effective


def _has_alarm(item: Estimate) -> bool:
    return item.criterion_id in ERRORS and (item.reason or "").startswith("alarm")


def _error(item: Estimate) -> Plan:
    key = (item.criterion_id, item.decision_class, item.segment, item.cohort_id)
    return Plan(*key, None, None, item.n_effective, None, None, None, item.reason or "error")


def _plan(
    context: Context, item: Estimate, target: Target, asked: tuple[int, int], daily: float
) -> Plan:
    """``asked``: trials from nothing, and beyond what is there."""
    whole, further = asked
    # never fewer than without one failure: that also counts what cannot be read
    # of a cell without anything nobody can say how much of it cannot be sampled
    is_reachable = further >= 0 and (item.n_needed is not None or not item.n_effective)
    needed = max(further, item.n_needed or 0) if is_reachable else None
    if item.n_needed == 0:
        needed = 0
    reason, day = None, None
    if needed is None:
        reason = f"out of reach with an error of {target.error:.3g}"
    elif needed and not context.window(item.decision_class).covers_days:
        reason = "less than 28 complete days"
    elif needed and daily <= 0:
        reason = "no trial in the last 28 mature days"
    else:
        days = math.ceil(needed / daily) if needed else 0
        reachable = (date.max - context.as_of).days
        day = context.as_of + timedelta(days=days) if days <= reachable else None
        reason = None if day else "more than a lifetime away"
    return Plan(
        *(item.criterion_id, item.decision_class, item.segment, item.cohort_id),
        round_nearest(target.error),
        None if whole < 0 else whole,
        item.n_effective,
        needed,
        round_nearest(daily),
        day,
        reason,
    )
