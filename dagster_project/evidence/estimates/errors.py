"""Bounds of the error rate per cell, after the reviewers' own misses are taken off."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from dagster_project.evidence.estimates.alarm import failures_to_alarm
from dagster_project.evidence.estimates.borrowed import Loan, contradiction
from dagster_project.evidence.estimates.bounds import Array, Whole
from dagster_project.evidence.estimates.certificate import Certificate, certify
from dagster_project.evidence.estimates.context import (
    Basis,
    Cell,
    Context,
    Estimate,
    Finding,
    broken,
    row,
)
from dagster_project.evidence.estimates.detections import (
    Detections,
    detection_bounds,
    is_reviewed,
)
from dagster_project.evidence.estimates.error_cells import ErrorCells
from dagster_project.evidence.estimates.history import Parts, read_history
from dagster_project.evidence.estimates.late_errors import LateShare, has_turned, late_share
from dagster_project.evidence.estimates.shares import needed_reason
from dagster_project.evidence.estimates.strata import (
    FIRST_MONDAY,
    Sample,
    Strata,
    first_week,
    surplus,
)

METHOD = "stratified_anytime_alarm"
BORROWED = f"{METHOD}_borrowed"
NOTHING = (0.0, 0.0)


@dataclass(frozen=True)
class Errors:
    """Error bounds of cells; ``detection`` is the LCB of what reviewers find (1 = not needed).

    ``cells`` holds all mature days, ``certificate`` the same over time, ``late`` what shows later
    still. ``by_decision``: the share of decisions that are not known to be right; a subject with
    many is one trial of the bound, however many. ``first_week`` counts Mondays, as ``Weeks`` does.
    """

    cells: ErrorCells
    parts: list[Parts]
    certificate: Certificate
    alpha: Array
    detection: Array
    late: LateShare
    by_decision: Array
    first_week: int

    def upper(self) -> Array:
        """Certifying bound of the error, 1 where nothing is known about the labels' reviewers."""
        return self._with_late(self.certificate.upper())

    def today(self) -> Array:
        """The same of all mature weeks as they are now, without what was proven or lost before."""
        return self._with_late(self.cells.upper(self.alpha))

    def at(self, alpha: Array, detection: Array) -> "Errors":
        """The same cells at another alpha (of each part), with what reviewers find at it."""
        certificate, late = self.certificate.at(alpha), replace(self.late, alpha=alpha)
        return replace(self, certificate=certificate, alpha=alpha, detection=detection, late=late)

    def _with_late(self, bound: Array) -> Array:
        mature = np.maximum(bound, self.by_decision)
        return np.minimum((mature + self.late.upper()) / np.maximum(self.detection, 1e-300), 1.0)

    def lower(self) -> Array:
        """One look at all mature days: an alarm takes nothing away from what proves a fail."""
        return self.cells.lower(self.alpha)

    def needed(self, target: Array) -> Whole:
        """Clean trials that are enough until ``upper`` meets ``target``; -1 = never."""
        goal = target * self.detection
        late = self.late.upper()
        # what turns late gets at most half of the room, so that one more count shrinks both
        is_much = late > goal / 2
        left = np.where(is_much, goal / 2, goal - late)
        later = np.where(is_much, self.late.needed(goal / 2), 0)
        mature = self.certificate.needed(left)
        more = np.maximum(mature, later)
        selected = np.array([sum(max(item.selected, 0) for item in p.sampled) for p in self.parts])
        diluted = np.ceil(self.by_decision * selected / np.maximum(left, 1e-300) - selected)
        more = np.maximum(more, np.where(left > 0, np.minimum(diluted, 1e9), 0).astype(np.int64))
        return np.where((mature < 0) | (later < 0), -1, more)

    def alarm_reasons(self) -> list[str | None]:
        """Per cell when the last alarm was, None without one."""
        return [
            f"alarm in the week of {FIRST_MONDAY + timedelta(weeks=self.first_week + week)}"
            if week >= 0
            else None
            for week in self.certificate.last_alarm().tolist()
        ]


def error_bounds(
    context: Context,
    sample: Sample,
    cells: Sequence[Cell],
    alpha: Array,
    detections: Detections,
    lent: Sequence[tuple[float, float]] | None = None,
) -> Errors:
    """Errors of ``cells`` at ``alpha``; the accuracy limit of the class shapes the prior.

    Where reviews are the labels, a third of alpha bounds the error, a third what reviewers find and
    a third what turns after it counts as mature. Labels of a system of record are final until one
    was seen to turn; then the error and what turns late have half of alpha each. ``lent`` failures
    and successes are added to each cell's prior.
    """
    limits = _limits(context, cells)
    turned = frozenset(name for name in limits if has_turned(context, sample, name))
    split = split_of_alpha(context, cells, turned)
    detection = detection_bounds(context, cells, alpha, detections)
    history, parts = read_history(
        context, sample, cells, limits, [NOTHING] * len(cells) if lent is None else lent
    )
    place = np.arange(len(cells))
    whole = history.cut(place, 0 * place, 0 * place + history.weeks)
    drawn = [item for part in parts for item in part.sampled]
    wrong = np.array([item.wrong for item in drawn], dtype=np.float64)
    limit = np.array([limits[cell.decision_class] for cell in cells], dtype=np.float64)
    return Errors(
        replace(whole, wrong=wrong),
        parts,
        certify(history, alpha / split),
        alpha / split,
        detection,
        late_share(context, sample, cells, limit, alpha / split, split > 1),
        whole.weighed([item.not_right / max(item.selected, 1) for item in drawn]),
        first_week(sample.weeks),
    )


def split_of_alpha(
    context: Context, cells: Sequence[Cell], turned: frozenset[str] = frozenset()
) -> Array:
    """Into how many parts a cell's alpha goes: three where reviews are the labels, two where a
    label of the system of record was seen to turn (``turned`` classes)."""
    is_turned = np.array([cell.decision_class in turned for cell in cells], dtype=np.bool_)
    return np.where(is_reviewed(context, cells), 3.0, np.where(is_turned, 2.0, 1.0))


def accuracy_problem(context: Context, name: str) -> str | None:
    """Why no error of this class can be bounded: its accuracy limit is unusable."""
    judged = context.thresholds.get(("accuracy", name))
    if judged is None:
        return "no accuracy limit"
    if judged.problem:
        return f"accuracy {judged.problem}"
    return None if 0 < judged.threshold < 1 else "accuracy threshold outside 0 to 1"


def split_cells(
    context: Context, criterion: str, cells: Sequence[Cell]
) -> tuple[list[Cell], list[Estimate]]:
    """Cells whose error can be bounded, and ``error`` rows for the others."""
    usable, rows = [], []
    for cell in cells:
        problem = accuracy_problem(context, cell.decision_class)
        if problem or context.thresholds[criterion, cell.decision_class].problem:
            rows.append(broken(context, criterion, cell, problem))
        else:
            usable.append(cell)
    return usable, rows


def class_alpha(context: Context, criterion: str, cells: Sequence[Cell]) -> Array:
    """Each cell's alpha for this criterion, cohort share included."""
    return np.array([context.alpha(criterion, cell) for cell in cells], dtype=np.float64)


def sample_basis(errors: Errors, place: int, needed: int, method: str = METHOD) -> Basis:
    """What the error of one cell rests on: decisions drawn, trials, labels missing."""
    sampled, judged = errors.parts[place].sampled, errors.parts[place].judged
    dates = [item.first_date for item in judged if item.first_date is not None]
    newest = [item.newest for item in sampled if item.newest is not None]
    return Basis(
        method,
        n=sum(item.selected for item in sampled),
        n_effective=sum(item.trials for item in sampled),
        n_missing=sum(max(item.selected - item.labelled, 0) for item in sampled),
        n_needed=None if needed < 0 else needed,
        window_start=min(dates, default=None),
        newest=max(newest, default=None),
    )


def _limits(context: Context, cells: Sequence[Cell]) -> dict[str, float]:
    """Accuracy limits by class."""
    names = {cell.decision_class for cell in cells}
    return {name: float(context.thresholds["accuracy", name].threshold) for name in names}


def _loans(context: Context, cells: Sequence[Cell]) -> dict[Cell, Loan]:
    loans = {cell: context.loans.get((cell.decision_class, cell.cohort_id)) for cell in cells}
    return {cell: loan for cell, loan in loans.items() if loan is not None}


def _silence(recent: Strata | None, cell: Cell, limit: float) -> str | None:
    """Too few labels of late for an alarm, had all of them been wrong; None if there are enough."""
    if recent is None:
        return None
    drawn = [item for item in recent.get(cell, []) if item.is_judged and item.is_sampled]
    count = sum(max(min(item.trials, item.labelled), 0) for item in drawn)
    least = failures_to_alarm(limit)
    if count >= least:
        return None
    return f"{count} labelled trials in the last 28 mature days: an alarm takes {least}"


def _words_of_selections(parts: Parts, foreign: int) -> str | None:
    """Why trials fail that nobody saw fail: selections that are nobody's draw."""
    many = surplus(parts.sampled)
    words = (
        f"{many} selections more than the audit rate explains" if many else None,
        f"{foreign} selections that the key did not draw" if foreign else None,
    )
    return "; ".join(filter(None, words)) or None


def error_rows(
    context: Context,
    criterion: str,
    sample: Sample,
    detections: Detections,
    empty_reason: str,
    asked: Sequence[Cell] | None = None,
) -> list[Estimate]:
    """Rows of a criterion that is itself an error rate held against its threshold.

    ``asked``: of these cells, in place of the criterion's own.
    """
    wanted = context.cells(criterion) if asked is None else asked
    cells, rows = split_cells(context, criterion, wanted)
    if not cells:
        return rows
    alpha = class_alpha(context, criterion, cells)
    # only the error of a whole class is borrowed, not that of amount bands or confident decisions
    loans = _loans(context, cells) if criterion == "accuracy" and asked is None else {}
    target = np.array(
        [float(context.thresholds[criterion, cell.decision_class].threshold) for cell in cells]
    )
    limits = _limits(context, cells)
    refused = [
        loans[cell].refusal(limit) if cell in loans else None
        for cell, limit in zip(cells, target.tolist(), strict=True)
    ]
    lent = [
        NOTHING if cell not in loans or why else loans[cell].added()
        for cell, why in zip(cells, refused, strict=True)
    ]
    errors = error_bounds(context, sample, cells, alpha, detections, lent)
    upper, lower, rate = errors.upper(), errors.lower(), errors.cells.rate()
    needed, alarm = errors.needed(target).tolist(), errors.alarm_reasons()
    for place, cell in enumerate(cells):
        loan = loans.get(cell)
        method = BORROWED if loan and not loan.is_late else METHOD
        basis = sample_basis(errors, place, needed[place], method)
        basis = basis._replace(window_end=context.window(cell.decision_class).label_end)
        words = (
            alarm[place],
            _words_of_selections(errors.parts[place], context.lost(cell.decision_class).foreign),
            needed_reason(needed[place]),
            loan.words() if loan else None,
        )
        reason = "; ".join(filter(None, words)) or None
        finding = Finding(rate[place], float(upper[place]), float(lower[place]), reason)
        if not basis.n_effective:
            reason = "no labels" if errors.parts[place].sampled else empty_reason
            finding = Finding(None, finding.bound, None, reason, "insufficient")
        elif errors.detection[place] <= 0:
            reason = "reviewer detection unknown"
            finding = finding._replace(reason=reason, status="insufficient")
        elif why := _silence(sample.recent, cell, limits[cell.decision_class]):
            finding = finding._replace(reason=why, status="insufficient")
        elif why := refused[place]:
            # no number of trials answers for a row of the registry
            basis = basis._replace(n_needed=None)
            finding = finding._replace(reason=why, status="insufficient")
        elif method == BORROWED and loan and (against := contradiction(loan, sample)):
            reason = f"borrowed evidence is not borne out: {against}"
            finding = finding._replace(reason=reason, status="insufficient")
        rows.append(row(context, criterion, cell, basis, finding))
    return rows
