"""Confidence beside what was right, per class × segment × cohort × kind of confidence."""

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dagster_project.contracts.numbers import round_down, round_nearest, round_up
from dagster_project.evidence.estimates.context import Cell, Context
from dagster_project.evidence.shown.calibration import (
    TENTHS,
    Groups,
    brier_score,
    calibration_error,
    effective_count,
    reliability_curve,
)

if TYPE_CHECKING:
    import duckdb


class Tenth(NamedTuple):
    """Mature decisions of one tenth of confidence (-1 = none given) and one probability.

    ``covered``: at or above the class's ``operating_bin``, in hundredths. Sums are over labelled
    decisions; ``wrong_sum`` over those of them that were wrong.
    """

    tenth: int
    probability: float
    operating_bin: int
    decisions: int
    covered: int
    selected: int
    labelled: int
    wrong: int
    confidence_sum: float
    wrong_sum: float
    square_sum: float


Tenths = dict[Cell, dict[str, list[Tenth]]]

# What people decided is no confidence of the AI; labels mature as for the error bounds. Tenths are
# as fine as the scores need, and keep the bootstrap at 20 groups per inclusion probability.
TENTHS_BY_KIND = """
SELECT decision_class, segment, cohort_id, confidence_method,
    CASE WHEN confidence_bin < 0 THEN -1 ELSE least(confidence_bin // 10, 9) END AS tenth,
    inclusion_probability::DOUBLE, operating_bin,
    sum(decision_count)::BIGINT,
    sum(CASE WHEN confidence_bin >= operating_bin THEN decision_count ELSE 0 END)::BIGINT,
    sum(selected_count)::BIGINT, sum(labelled_count)::BIGINT, sum(wrong_count)::BIGINT,
    sum(confidence_sum)::DOUBLE, sum(wrong_confidence_sum)::DOUBLE,
    sum(confidence_square_sum)::DOUBLE
FROM facts.fct_confidence_daily JOIN estimate_scope USING (decision_class)
WHERE landing_batch <= $known AND event_date <= label_end AND route <> 'human'
GROUP BY ALL
ORDER BY ALL
"""


class ConfidenceRow(NamedTuple):
    """One row of ``evidence.confidence`` without as_of and known_batch."""

    decision_class: str
    segment: str
    cohort_id: str
    confidence_method: str
    decision_count: int
    confident_count: int
    covered_count: int
    coverage: Decimal | None
    operating_confidence: Decimal
    selected_count: int
    labelled_count: int
    effective_count: Decimal | None
    brier: Decimal | None
    reliability: Decimal | None
    resolution: Decimal | None
    uncertainty: Decimal | None
    within_bin: Decimal | None
    ece: Decimal | None
    ece_lower: Decimal | None
    ece_upper: Decimal | None
    ece_by_chance: Decimal | None


class ReliabilityRow(NamedTuple):
    """One row of ``evidence.reliability`` without as_of and known_batch."""

    decision_class: str
    segment: str
    cohort_id: str
    confidence_method: str
    confidence_from: Decimal
    confidence_to: Decimal
    labelled_count: int
    mean_confidence: Decimal
    accuracy: Decimal
    accuracy_lower: Decimal
    accuracy_upper: Decimal


def read_tenths(connection: "duckdb.DuckDBPyConnection", context: Context) -> Tenths:
    """Tenths per cell and kind of confidence."""
    found: Tenths = {}
    rows = connection.execute(TENTHS_BY_KIND, {"known": context.known_batch}).fetchall()
    for name, segment, cohort, method, *counts in rows:
        kinds = found.setdefault(Cell(name, segment, cohort), {})
        kinds.setdefault(method, []).append(Tenth(*counts))
    return found


def confidence_rows(tenths: Tenths) -> tuple[list[ConfidenceRow], list[ReliabilityRow]]:
    """A score per cell and kind of confidence, and the tenths of its curve that hold labels."""
    scores, curves = [], []
    for cell, kinds in sorted(tenths.items()):
        total = sum(item.decisions for items in kinds.values() for item in items)
        for method, items in kinds.items():
            confident = [item for item in items if item.tenth >= 0]
            if not confident:
                continue
            groups = groups_of(confident)
            scores.append(_score_row(cell, method, total, confident, groups))
            if groups is not None:
                curves += _curve_rows(cell, method, groups)
    return scores, curves


def groups_of(items: list[Tenth]) -> Groups | None:
    """The labels of these tenths, weighted by 1 / inclusion probability; None without any."""
    columns = []
    for item in items:
        right = item.labelled - item.wrong
        if item.labelled <= 0 or item.probability <= 0 or not 0 <= right <= item.labelled:
            continue
        square, weight = item.square_sum / item.labelled, 1 / item.probability
        right_sum = item.confidence_sum - item.wrong_sum
        for is_right, count, total in ((1.0, right, right_sum), (0.0, item.wrong, item.wrong_sum)):
            if count > 0:
                # rounding may end a hair beyond 1
                columns.append(
                    (item.tenth, min(total / count, 1.0), square, is_right, weight, count)
                )
    if not columns:
        return None
    tenth, confidence, square, is_right, weight, count = np.array(columns, dtype=np.float64).T
    return Groups(
        tenth.astype(np.int64), confidence, square, is_right, weight, count.astype(np.int64)
    )


def _score_row(
    cell: Cell, method: str, total: int, items: list[Tenth], groups: Groups | None
) -> ConfidenceRow:
    numbers: list[Decimal | None] = [None] * 10
    if groups is not None:
        error = calibration_error(groups)
        numbers = [
            round_nearest(effective_count(groups)),
            *(round_nearest(part) for part in brier_score(groups)),
            round_nearest(error.ece),
            round_down(error.lower),
            round_up(error.upper),
            round_nearest(error.by_chance),
        ]
    covered = sum(item.covered for item in items)
    return ConfidenceRow(
        *cell,
        method,
        total,
        sum(item.decisions for item in items),
        covered,
        round_nearest(covered / total) if total > 0 else None,
        Decimal(items[0].operating_bin) / 100,
        sum(item.selected for item in items),
        sum(item.labelled for item in items),
        *numbers,
    )


def _curve_rows(cell: Cell, method: str, groups: Groups) -> list[ReliabilityRow]:
    curve = reliability_curve(groups)
    return [
        ReliabilityRow(
            *cell,
            method,
            Decimal(tenth) / TENTHS,
            Decimal(tenth + 1) / TENTHS,
            count,
            round_nearest(confidence),
            round_nearest(accuracy),
            round_down(lower),
            round_up(upper),
        )
        for tenth, count, confidence, accuracy, lower, upper in zip(
            *(column.tolist() for column in curve), strict=True
        )
    ]
