"""The error of the decisions an AI takes alone, from a sample drawn with known probability.

Strata are route × inclusion probability. A trial is one subject in one ISO week; it fails by the
share of decisions drawn from it that are wrong or have no valid label. Weights come from the log,
not the sample. What was drawn but could lie in any stratum fails in each, as a whole trial; so does
a selection that is missing, or one too many.
"""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dagster_project.evidence.estimates.bounds import Array, Whole
from dagster_project.evidence.estimates.context import Cell, Context
from dagster_project.evidence.estimates.selections import (
    surplus_selections,
    unexplained_selections,
)

if TYPE_CHECKING:
    import duckdb

# week 0
FIRST_MONDAY = date(1970, 1, 5)
# shares are summed in whole parts, failures rounded up: exact for up to 16 decisions of a subject
PARTS = 720_720


class Stratum(NamedTuple):
    """Counts of one route × inclusion probability.

    ``failures`` and ``wrong`` (seen by somebody) are sums of the trials' shares. ``not_right``
    counts decisions: drawn, and no valid label says that they were right. ``labelled`` decisions
    have a valid label, ``timely`` ones within the label delay.
    Not ``is_sampled``: nothing can be drawn by rule. Not ``is_judged``: of a route that the AI does
    not take alone here; it matters only to cells that it could belong to. ``number`` is its number
    among all strata that were read, in their order.
    """

    number: int
    is_judged: bool
    is_sampled: bool
    probability: float
    decisions: int
    selected: int
    labelled: int
    timely: int
    trials: int
    failures: float
    wrong: float
    not_right: int
    first_date: date | None
    newest: date | None


def unexplained(strata: Sequence[Stratum]) -> int:
    """Selections, missing or too many, beyond what chance explains (1 of 20 such strata each)."""
    return int(unexplained_selections(*_drawn(strata)).sum())


def surplus(strata: Sequence[Stratum]) -> int:
    """Selections that are too many beyond what chance explains."""
    return int(surplus_selections(*_drawn(strata)).sum())


def _drawn(strata: Sequence[Stratum]) -> Array:
    """Decisions, selected and probability of the strata that are drawn from: 3 × strata."""
    rows = [(s.decisions, s.selected, s.probability) for s in strata if s.is_sampled]
    return np.array(rows, dtype=np.float64).reshape(-1, 3).T


class Weeks(NamedTuple):
    """Counts of strata by ISO week: one place per stratum × week with rows, in this order.

    ``week`` counts Mondays from ``FIRST_MONDAY``; ``mixed`` is the sum of X (1 - X) over trials
    that failed by the share X; the others are as in ``Stratum``.
    """

    stratum: Whole
    week: Whole
    decisions: Whole
    selected: Whole
    trials: Whole
    failures: Array
    mixed: Array


def first_week(weeks: Weeks) -> int:
    """The earliest week with rows; 0 without any."""
    return int(weeks.week.min()) if len(weeks.week) else 0


Strata = dict[Cell, list[Stratum]]


class LateErrors(NamedTuple):
    """Errors of a class that showed after their label counted as mature, all cohorts together.

    ``strata``: decisions, trials whose label was followed for a second label delay, the sum of
    the shares X of their labels with a late error, and that of X (1 - X). ``unplaced``: late errors
    of decisions that may be of any stratum.
    """

    strata: tuple[tuple[int, int, float, float], ...] = ()
    unplaced: float = 0


class Sample(NamedTuple):
    """Strata with all mature days, the same by week, and late errors by class; ``recent``: strata
    with the last 28 mature days, None where nothing is asked of them."""

    strata: Strata
    weeks: Weeks
    late: dict[str, LateErrors]
    recent: Strata | None = None


def _parts(some: str, every: str, more: str = "0") -> str:
    """SQL: the share of ``every`` that is ``some``, in parts; rounded down, ``more`` up."""
    return (
        f"CASE WHEN {some} IN (0, {every}) THEN ({some} > 0)::BIGINT * {PARTS} "
        f"ELSE ({some}::HUGEINT * {PARTS} + {more}) // {every} END"
    )


def _mixed(some: str, every: str) -> str:
    """SQL: the share X as X (1 - X), in parts, rounded down."""
    return (
        f"CASE WHEN {some} IN (0, {every}) THEN 0 "
        f"ELSE {some}::HUGEINT * ({every} - {some}) * {PARTS} // ({every}::HUGEINT * {every}) END"
    )


# A route that is none of the four, and a missing confidence, may belong to what is judged: they
# stay in as strata from which nothing is drawn by rule, and if one may be delegated, some are. A
# subject that is unknown fails, decision by decision. A trial whose counts contradict each other
# fails too.
STRATUM_WEEKS = f"""
CREATE OR REPLACE TEMP TABLE stratum_weeks AS
WITH mature AS (
    SELECT sample.* EXCLUDE (labelled_count),
        coalesce(route, '') NOT IN ('delegated', 'surfaced', 'shadow') AS is_odd_route,
        -- what people approved on a day with too much to do is no label
        CASE WHEN overloaded.event_date IS NULL THEN labelled_count ELSE 0 END AS labelled_count,
        coalesce(sample.event_date <= scope.followed_end, FALSE) AS is_followed
    FROM facts.{{fact}} AS sample
    JOIN estimate_scope AS scope USING (decision_class)
    LEFT JOIN intermediate.int_reviews__overloaded_days AS overloaded
        ON overloaded.review_pool = scope.review_pool
        AND overloaded.event_date = sample.approval_date
    WHERE sample.landing_batch <= $known AND sample.event_date <= scope.label_end
        AND ($days = 0 OR sample.event_date > scope.label_end - $days)
        AND coalesce(route, '') <> 'human'
        AND (NOT $confident OR confidence_bin >= operating_bin
            OR confidence_bin IS NULL OR confidence_bin = -1)
),
cells AS (
    SELECT decision_class, segment, cohort_id,
        bool_or(is_odd_route AND (decision_count > 0 OR selected_count > 0)
                OR route = 'delegated' AND decision_count > 0)
            AND bool_or(class.declared_level IN ('delegate', 'delegate_with_audit')) AS is_alone
    FROM mature JOIN registry.decision_classes AS class USING (decision_class)
    GROUP BY decision_class, segment, cohort_id
),
trials AS (
    SELECT decision_class, segment, cohort_id, coalesce(route, '') AS route,
        coalesce(inclusion_probability, 0) AS probability,
        NOT is_alone OR route = 'delegated' OR is_odd_route AS is_judged,
        NOT is_odd_route AND coalesce(inclusion_probability, 0) > 0
            AND (NOT $confident OR coalesce(confidence_bin, -1) >= 0) AS is_sampled,
        starts_with(coalesce(subject_key, '(unknown)'), '(unknown)') AS is_nobody,
        subject_key, date_trunc('week', event_date) AS week,
        sum(decision_count)::BIGINT AS decisions, sum(selected_count)::BIGINT AS selected,
        sum(labelled_count)::BIGINT AS labelled, sum(wrong_count)::BIGINT AS wrong,
        sum(CASE WHEN labelled_count = 0 THEN 0 ELSE coalesce(late_label_count, labelled_count) END)
            ::BIGINT AS late_labels,
        abs(sum(late_error_count))::BIGINT AS late, bool_and(is_followed) AS is_followed,
        min(event_date) AS first_date, max(event_date) AS newest_date
    FROM mature JOIN cells USING (decision_class, segment, cohort_id)
    GROUP BY ALL
),
judged AS (
    SELECT *,
        -- seen wrong proves a fail; what else has failed only withholds a pass
        CASE WHEN is_nobody OR labelled >= wrong THEN greatest(least(wrong, selected), 0)
            ELSE 0 END AS seen,
        CASE WHEN is_nobody THEN greatest(selected, 0) ELSE (selected <> 0)::BIGINT END AS drawn,
        selected < 0 OR labelled > selected OR wrong < 0 AS is_broken,
        greatest(least(selected - labelled + wrong, selected), 0) AS not_right,
        greatest(labelled, late) AS labels,
        CASE WHEN NOT is_followed THEN 0 WHEN is_nobody THEN greatest(labelled, 0)
            ELSE (labelled > 0)::BIGINT END AS followed
    FROM trials
),
parted AS (
    SELECT *,
        CASE WHEN is_nobody OR is_broken THEN drawn * {PARTS}
            ELSE {_parts("not_right", "selected", "selected - 1")} END AS failures,
        CASE WHEN is_nobody OR is_broken THEN 0
            ELSE {_mixed("not_right", "selected")} END AS mixed,
        CASE WHEN is_nobody THEN seen * {PARTS}
            ELSE {_parts("seen", "selected")} END AS seen_wrong,
        CASE WHEN is_nobody THEN late * {PARTS}
            ELSE {_parts("late", "labels", "labels - 1")} END AS late_errors,
        CASE WHEN is_nobody THEN 0 ELSE {_mixed("late", "labels")} END AS late_mixed,
        CASE WHEN is_nobody THEN late ELSE (late > 0)::BIGINT END AS late_trials
    FROM judged
)
SELECT decision_class, segment, cohort_id, route, probability, is_judged, is_sampled, week,
    dense_rank() OVER (
        ORDER BY decision_class, segment, cohort_id, is_sampled DESC, probability, route, is_judged
    ) - 1 AS stratum,
    sum(decisions)::BIGINT AS decisions, sum(selected)::BIGINT AS selected,
    sum(labelled)::BIGINT AS labelled, sum(labelled - abs(late_labels))::BIGINT AS timely,
    sum(drawn)::BIGINT AS drawn,
    sum(failures)::BIGINT AS failures, sum(mixed)::BIGINT AS mixed,
    sum(seen_wrong)::BIGINT AS seen_wrong, sum(not_right)::BIGINT AS not_right,
    sum(late_errors)::BIGINT AS late_errors, sum(late_mixed)::BIGINT AS late_mixed,
    sum(greatest(followed, late_trials))::BIGINT AS followed,
    min(first_date) AS first_date,
    max(CASE WHEN drawn > 0 AND NOT is_nobody AND failures = 0 THEN newest_date END) AS newest
FROM parted
GROUP BY decision_class, segment, cohort_id, route, probability, is_judged, is_sampled, week
"""
STRATA = f"""
SELECT decision_class, segment, cohort_id, stratum, is_judged, is_sampled, probability::DOUBLE,
    sum(decisions)::BIGINT, sum(selected)::BIGINT, sum(labelled)::BIGINT, sum(timely)::BIGINT,
    sum(drawn)::BIGINT, sum(failures)::DOUBLE / {PARTS}, sum(seen_wrong)::DOUBLE / {PARTS},
    sum(not_right)::BIGINT, min(first_date), max(newest)
FROM stratum_weeks
GROUP BY ALL
ORDER BY stratum
"""
WEEKS = f"""
SELECT stratum, (week::DATE - $monday) // 7 AS week, decisions, selected,
    drawn AS trials, failures::DOUBLE / {PARTS} AS failures, mixed::DOUBLE / {PARTS} AS mixed
FROM stratum_weeks
ORDER BY stratum, week
"""
# Labels turn whatever the agent's version and the segment. Bands of amounts are segments that no
# 'all' adds up.
LATE_ERRORS = f"""
SELECT decision_class, is_sampled, greatest(sum(decisions), 0)::BIGINT, sum(followed)::BIGINT,
    sum(late_errors)::DOUBLE / {PARTS}, sum(late_mixed)::DOUBLE / {PARTS}
FROM stratum_weeks
WHERE is_judged AND (segment = 'all' OR starts_with(segment, 'amount='))
GROUP BY decision_class, is_sampled, route, probability
ORDER BY decision_class, is_sampled, route, probability
"""


def read_sample(
    connection: "duckdb.DuckDBPyConnection",
    context: Context,
    is_confident: bool = False,
    days: int = 0,
    fact: str = "fct_samples_weekly",
) -> Sample:
    """Strata per cell, the smallest inclusion probability first.

    ``is_confident``: at or above the class's operating confidence alone. ``days`` 0 = all mature
    days, else the last.
    """
    connection.execute(
        STRATUM_WEEKS.format(fact=fact),
        {"known": context.known_batch, "confident": is_confident, "days": days},
    )
    strata: Strata = {}
    for name, segment, cohort, *counts in connection.execute(STRATA).fetchall():
        strata.setdefault(Cell(name, segment, cohort), []).append(Stratum(*counts))
    late = _late_errors(connection.execute(LATE_ERRORS).fetchall())
    columns = connection.execute(WEEKS, {"monday": FIRST_MONDAY}).fetchnumpy()
    connection.execute("DROP TABLE stratum_weeks")
    shares = {"failures", "mixed"}
    types = {name: "float64" if name in shares else "int64" for name in Weeks._fields}
    weeks = Weeks(*(columns[name].astype(types[name]) for name in Weeks._fields))
    return Sample(strata, weeks, late)


def _late_errors(rows: list[tuple[str, bool, int, int, float, float]]) -> dict[str, LateErrors]:
    found: dict[str, LateErrors] = {}
    for name, is_sampled, decisions, followed, late, mixed in rows:
        own = found.get(name, LateErrors())
        found[name] = (
            own._replace(strata=(*own.strata, (decisions, followed, late, mixed)))
            if is_sampled
            else own._replace(unplaced=own.unplaced + late)
        )
    return found
