"""Beside ``accuracy``, per class: how far subjects repeat themselves, and evidence over classes."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dagster_project.contracts.numbers import SCALE, round_down, round_nearest, round_up
from dagster_project.evidence.estimates.bounds import Array, Flags
from dagster_project.evidence.estimates.context import Cell, Context
from dagster_project.evidence.estimates.detections import (
    Detections,
    detection_bounds,
    read_detections,
)
from dagster_project.evidence.estimates.errors import Errors, accuracy_problem, error_bounds
from dagster_project.evidence.estimates.strata import Sample, read_sample
from dagster_project.evidence.shown.discoveries import (
    benjamini_hochberg,
    e_benjamini_hochberg,
    smallest_level,
)

if TYPE_CHECKING:
    import duckdb


# where the search begins to look; the levels found do not depend on it
ANY_ALPHA = 0.05


class ErrorEvidenceRow(NamedTuple):
    """One row of ``evidence.error_evidence`` without as_of and known_batch."""

    decision_class: str
    cohort_id: str
    accuracy_limit: Decimal
    labelled_count: int
    trial_count: int
    design_effect: Decimal | None
    effective_count: Decimal | None
    p_value: Decimal
    p_adjusted: Decimal
    e_value: Decimal
    e_adjusted: Decimal


class Clusters(NamedTuple):
    """Sums over subjects of one route × inclusion probability, each in one ISO week.

    ``labels`` of its drawn decisions, ``wrong`` of these, their squares and their product.
    """

    trials: int
    labels: int
    wrong: int
    labels_squared: int
    wrong_squared: int
    both: int


# whole numbers: what floats add up to depends on their order
CLUSTERS = """
WITH trials AS (
    SELECT decision_class, cohort_id, route, inclusion_probability, subject_key,
        date_trunc('week', event_date) AS week,
        sum(labelled_count)::BIGINT AS labels, sum(wrong_count)::BIGINT AS wrong
    FROM facts.fct_samples_weekly JOIN estimate_scope USING (decision_class)
    WHERE landing_batch <= $known AND event_date <= label_end AND segment = 'all'
        AND coalesce(route, '') <> 'human' AND NOT starts_with(subject_key, '(unknown)')
    GROUP BY ALL
)
SELECT decision_class, cohort_id, count(*)::BIGINT, sum(labels)::BIGINT, sum(wrong)::BIGINT,
    sum(labels * labels)::BIGINT, sum(wrong * wrong)::BIGINT, sum(labels * wrong)::BIGINT
FROM trials WHERE labels > 0
GROUP BY decision_class, cohort_id, route, inclusion_probability
ORDER BY ALL
"""


def design_effect(strata: Iterable[Clusters]) -> float | None:
    """Variance of the error rate with subjects as clusters ÷ that of as many single decisions.

    Of subjects with m decisions each and a correlation r among them 1 + (m - 1) r. Strata of one
    subject are left out. None where all of every stratum, or nothing, was wrong: nobody can tell.
    """
    clustered, single = Fraction(0), Fraction(0)
    for trials, labels, wrong, labels_squared, wrong_squared, both in strata:
        if trials > 1:
            rate = Fraction(wrong, labels)
            clustered += wrong_squared - 2 * rate * both + rate * rate * labels_squared
            single += labels * rate * (1 - rate)
    return float(clustered / single) if single > 0 else None


def error_evidence_rows(
    connection: "duckdb.DuckDBPyConnection", context: Context
) -> list[ErrorEvidenceRow]:
    """The present cohort of every class with a usable ``accuracy`` limit, all segments together."""
    cells = [
        Cell(item.decision_class, cohort_id=context.current_cohorts[item.decision_class])
        for item in context.judged("accuracy")
        if item.decision_class in context.current_cohorts
        and not accuracy_problem(context, item.decision_class)
    ]
    if not cells:
        return []
    sample, detections = read_sample(connection, context), read_detections(connection, context)
    p_values, e_values = levels_of(context, sample, detections, cells)
    found = zip(
        cells,
        p_values.tolist(),
        benjamini_hochberg(p_values).tolist(),
        e_values.tolist(),
        e_benjamini_hochberg(e_values).tolist(),
        strict=True,
    )
    clusters = _clusters(connection, context)
    return [_row(context, clusters, *row) for row in found]


def levels_of(
    context: Context, sample: Sample, detections: Detections, cells: list[Cell]
) -> tuple[Array, Array]:
    """Per cell the smallest alpha at which ``accuracy`` would pass (valid at every look), and
    1 ÷ that of all mature weeks as they are today: an e-value. Without loans."""
    limit = np.array(
        [float(context.thresholds["accuracy", cell.decision_class].threshold) for cell in cells]
    )
    first = error_bounds(context, sample, cells, np.full(len(cells), ANY_ALPHA), detections)
    share = first.alpha / ANY_ALPHA

    def at(alpha: Array) -> Errors:
        found = detection_bounds(context, cells, alpha, detections)
        return first.at(alpha * share, found)

    def is_certified(alpha: Array) -> Flags:
        met: Flags = at(alpha).upper() <= limit
        return met

    def is_bounded_today(alpha: Array) -> Flags:
        met: Flags = at(alpha).today() <= limit
        return met

    count = len(cells)
    today = smallest_level(is_bounded_today, count)
    return smallest_level(is_certified, count), np.where(today < 1, 1 / today, 0.0)


def _clusters(
    connection: "duckdb.DuckDBPyConnection", context: Context
) -> Mapping[tuple[str, str], list[Clusters]]:
    found: dict[tuple[str, str], list[Clusters]] = {}
    rows = connection.execute(CLUSTERS, {"known": context.known_batch}).fetchall()
    for name, cohort, *sums in rows:
        found.setdefault((name, cohort), []).append(Clusters(*sums))
    return found


def _row(
    context: Context,
    clusters: Mapping[tuple[str, str], list[Clusters]],
    cell: Cell,
    p_value: float,
    p_adjusted: float,
    e_value: float,
    e_adjusted: float,
) -> ErrorEvidenceRow:
    name, cohort = cell.decision_class, cell.cohort_id
    own = clusters.get((name, cohort), [])
    labels = sum(item.labels for item in own)
    effect = design_effect(own)
    return ErrorEvidenceRow(
        name,
        cohort,
        context.thresholds["accuracy", name].threshold.quantize(SCALE),
        labels,
        sum(item.trials for item in own),
        None if effect is None else round_nearest(effect),
        round_nearest(labels / effect) if effect else None,
        round_up(p_value),
        round_up(p_adjusted),
        round_down(e_value),
        round_down(e_adjusted),
    )
