"""What reviewers find: seeded errors per pool, and how much of the errors their labels miss."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dagster_project.evidence.estimates.bounds import Array, Flags, anytime_lower
from dagster_project.evidence.estimates.context import Cell, Context
from dagster_project.names import UNKNOWN

if TYPE_CHECKING:
    import duckdb

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


def is_reviewed(context: Context, cells: Sequence[Cell]) -> Flags:
    """Whether reviews are the labels of each cell."""
    by_review = {item.decision_class for item in context.classes if not item.label_outcome}
    return np.array([cell.decision_class in by_review for cell in cells], dtype=np.bool_)


def detection_bounds(
    context: Context, cells: Sequence[Cell], alpha: Array, detections: Detections
) -> Array:
    """LCB of what each cell's reviewers find, 1 where reviews are not the labels."""
    reviewed = {item.decision_class: item.review_pool for item in context.classes}
    shown, found, floor = [], [], []
    for cell in cells:
        name = cell.decision_class
        seeded, detected, _ = detections.get(reviewed[name], Detection())
        missed = min(max(seeded - detected, 0), seeded) + context.lost(name).reviews
        shown.append(max(seeded, 0) + context.lost(name).reviews)
        found.append(shown[-1] - missed)
        floor.append(_detection_floor(context, name))
    bound = anytime_lower(np.array(found), np.array(shown), np.array(floor), alpha / 3.0)
    return np.asarray(np.where(is_reviewed(context, cells), bound, 1.0), dtype=np.float64)


def planned_detection(
    context: Context, cells: Sequence[Cell], alpha: Array, detections: Detections
) -> Array:
    """What reviewers are shown to find, and at least the floor that they have to be shown above."""
    floor = [_detection_floor(context, cell.decision_class) for cell in cells]
    bound = detection_bounds(context, cells, alpha, detections)
    return np.asarray(np.maximum(bound, floor), dtype=np.float64)


def _detection_floor(context: Context, name: str) -> float:
    judged = context.thresholds.get(("reviewers_effective", name))
    value = float(judged.threshold) if judged and not judged.problem else 0.0
    return value if 0 < value < 1 else DEFAULT_DETECTION_FLOOR
