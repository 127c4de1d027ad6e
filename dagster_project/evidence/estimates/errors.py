"""Bounds of the error rate per cell, after the reviewers' own misses are taken off."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dagster_project.evidence.estimates.bounds import Array, Whole, anytime_lower
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
from dagster_project.evidence.estimates.error_cells import ErrorCells
from dagster_project.evidence.estimates.history import Parts, read_history
from dagster_project.evidence.estimates.late_errors import LateShare, has_turned, late_share
from dagster_project.evidence.estimates.shares import needed_reason
from dagster_project.evidence.estimates.strata import FIRST_MONDAY, Sample, first_week
from dagster_project.names import UNKNOWN

if TYPE_CHECKING:
    import duckdb

METHOD = "stratified_anytime_alarm"
# only shapes the prior of the detection bound; it never decides
DEFAULT_DETECTION_FLOOR = 0.8


class Detection(NamedTuple):
    """Seeded errors of a review pool: shown, found, and the day of the newest that was found."""

    seeded: int = 0
    found: int = 0
    newest: date | None = None


Detections = dict[str, Detection]


def read_detections(connection: "duckdb.DuckDBPyConnection", context: Context) -> Detections:
    """Seeded errors per review pool up to as_of.

    One that was shown to nobody known, or on no known day, may be of any pool: missed in each.
    """
    rows = connection.execute(
        """
        SELECT review_pool, sum(seeded_count)::BIGINT,
            sum(CASE WHEN event_date IS NULL THEN 0 ELSE seeded_detected_count END)::BIGINT,
            max(CASE WHEN seeded_detected_count > 0 THEN event_date END)
        FROM facts.fct_reviews_daily
        WHERE landing_batch <= $known AND (event_date <= $as_of OR event_date IS NULL)
        GROUP BY review_pool
        """,
        {"known": context.known_batch, "as_of": context.as_of},
    ).fetchall()
    pools = {
        pool: Detection(int(shown or 0), int(found or 0), day) for pool, shown, found, day in rows
    }
    nobody = sum(max(pools.pop(pool, Detection()).seeded, 0) for pool in (UNKNOWN, None))
    listed = {item.review_pool: Detection() for item in context.classes} | pools
    return {pool: own._replace(seeded=own.seeded + nobody) for pool, own in listed.items()}


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
        mature = np.maximum(self.certificate.upper(), self.by_decision)
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
) -> Errors:
    """Errors of ``cells`` at ``alpha``; the accuracy limit of the class shapes the prior.

    Where reviews are the labels, a third of alpha bounds the error, a third what reviewers find and
    a third what turns after it counts as mature. Labels of a system of record are final until one
    was seen to turn; then the error and what turns late have half of alpha each.
    """
    limits = {
        cell.decision_class: float(context.thresholds["accuracy", cell.decision_class].threshold)
        for cell in cells
    }
    reviewed = {item.decision_class: item.review_pool for item in context.classes}
    by_review = {item.decision_class for item in context.classes if not item.label_outcome}
    turned = {name for name in limits if has_turned(context, sample, name)}
    is_reviewed = np.array([cell.decision_class in by_review for cell in cells], dtype=np.bool_)
    is_turned = np.array([cell.decision_class in turned for cell in cells], dtype=np.bool_)
    split = np.where(is_reviewed, 3.0, np.where(is_turned, 2.0, 1.0))
    shown, found, floor = [], [], []
    for cell in cells:
        name = cell.decision_class
        seeded, detected, _ = detections.get(reviewed[name], Detection())
        missed = min(max(seeded - detected, 0), seeded) + context.lost(name).reviews
        shown.append(max(seeded, 0) + context.lost(name).reviews)
        found.append(shown[-1] - missed)
        floor.append(_detection_floor(context, name))
    bound = anytime_lower(np.array(found), np.array(shown), np.array(floor), alpha / 3.0)
    detection = np.where(is_reviewed, bound, 1.0)
    history, parts = read_history(context, sample, cells, limits)
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
        late_share(context, sample, cells, limit, alpha / split, is_reviewed | is_turned),
        whole.weighed([item.not_right / max(item.selected, 1) for item in drawn]),
        first_week(sample.weeks),
    )


def _detection_floor(context: Context, name: str) -> float:
    judged = context.thresholds.get(("reviewers_effective", name))
    value = float(judged.threshold) if judged and not judged.problem else 0.0
    return value if 0 < value < 1 else DEFAULT_DETECTION_FLOOR


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
    errors = error_bounds(context, sample, cells, alpha, detections)
    target = np.array(
        [float(context.thresholds[criterion, cell.decision_class].threshold) for cell in cells]
    )
    upper, lower, rate = errors.upper(), errors.lower(), errors.cells.rate()
    needed, alarm = errors.needed(target).tolist(), errors.alarm_reasons()
    for place, cell in enumerate(cells):
        basis = sample_basis(errors, place, needed[place])
        basis = basis._replace(window_end=context.window(cell.decision_class).label_end)
        reason = "; ".join(filter(None, (alarm[place], needed_reason(needed[place])))) or None
        finding = Finding(rate[place], float(upper[place]), float(lower[place]), reason)
        if not basis.n_effective:
            reason = "no labels" if errors.parts[place].sampled else empty_reason
            finding = Finding(None, finding.bound, None, reason, "insufficient")
        elif errors.detection[place] <= 0:
            reason = "reviewer detection unknown"
            finding = finding._replace(reason=reason, status="insufficient")
        rows.append(row(context, criterion, cell, basis, finding))
    return rows
