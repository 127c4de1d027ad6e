"""The error of the decisions an AI takes alone, from a sample drawn with known probability.

Strata are route × inclusion probability. A trial is one subject in one ISO week; it fails if any
decision drawn from it is wrong or has no valid label. Weights come from the log, not the sample.
What was drawn but could lie in any stratum fails in each; so does a selection that is missing.
"""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dagster_project.evidence.estimates.bounds import Whole, missing_selections
from dagster_project.evidence.estimates.context import Cell, Context

if TYPE_CHECKING:
    import duckdb

# week 0
FIRST_MONDAY = date(1970, 1, 5)


class Stratum(NamedTuple):
    """Counts of one route × inclusion probability.

    ``not_right`` counts decisions, not trials: drawn, and no valid label says that they were right.
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
    trials: int
    failures: int
    wrong: int
    not_right: int
    first_date: date | None
    newest: date | None


def unselected(strata: Sequence[Stratum]) -> int:
    """Selections that are missing, beyond what chance explains (1 of 20 such strata)."""
    drawn = [(s.decisions, s.selected, s.probability) for s in strata if s.is_sampled]
    decisions, selected, probability = np.array(drawn, dtype=np.float64).reshape(-1, 3).T
    return int(missing_selections(decisions, selected, probability).sum())


class Weeks(NamedTuple):
    """Counts of strata by ISO week: one place per stratum × week with rows, in this order.

    ``week`` counts Mondays from ``FIRST_MONDAY``; the others are as in ``Stratum``.
    """

    stratum: Whole
    week: Whole
    decisions: Whole
    selected: Whole
    trials: Whole
    failures: Whole


def first_week(weeks: Weeks) -> int:
    """The earliest week with rows; 0 without any."""
    return int(weeks.week.min()) if len(weeks.week) else 0


Strata = dict[Cell, list[Stratum]]


class LateErrors(NamedTuple):
    """Errors of a class that showed after their label counted as mature, all cohorts together.

    ``strata``: decisions, trials whose label was followed for a second label delay, and trials with
    a late error. ``unplaced``: late errors of decisions that may be of any stratum.
    """

    strata: tuple[tuple[int, int, int], ...] = ()
    unplaced: int = 0


class Sample(NamedTuple):
    """Strata with all mature days, the same by week, and late errors by class."""

    strata: Strata
    weeks: Weeks
    late: dict[str, LateErrors]


# A route that is none of the four, and a missing confidence, may belong to what is judged: they
# stay in as strata from which nothing is drawn by rule, and if one may be delegated, some are. A
# subject that is unknown fails, decision by decision. A trial whose counts contradict each other
# fails too.
STRATUM_WEEKS = """
CREATE OR REPLACE TEMP TABLE stratum_weeks AS
WITH mature AS (
    SELECT sample.* EXCLUDE (labelled_count),
        coalesce(route, '') NOT IN ('delegated', 'surfaced', 'shadow') AS is_odd_route,
        -- what people approved on a day with too much to do is no label
        CASE WHEN overloaded.event_date IS NULL THEN labelled_count ELSE 0 END AS labelled_count,
        coalesce(sample.event_date <= scope.followed_end, FALSE) AS is_followed
    FROM facts.{fact} AS sample
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
        abs(sum(late_error_count))::BIGINT AS late, bool_and(is_followed) AS is_followed,
        min(event_date) AS first_date, max(event_date) AS newest_date
    FROM mature JOIN cells USING (decision_class, segment, cohort_id)
    GROUP BY ALL
),
judged AS (
    SELECT *,
        -- seen wrong proves a fail; what else has failed only withholds a pass
        CASE WHEN is_nobody THEN greatest(least(wrong, selected), 0)
            ELSE (selected > 0 AND wrong > 0 AND labelled >= wrong)::BIGINT END AS seen_wrong,
        CASE WHEN is_nobody THEN greatest(selected, 0) ELSE (selected <> 0)::BIGINT END AS drawn,
        selected < 0 OR labelled > selected OR wrong > labelled OR wrong < 0
            OR selected - labelled + wrong > 0 AS has_failed,
        greatest(least(selected - labelled + wrong, selected), 0) AS not_right,
        CASE WHEN is_nobody THEN late ELSE (late > 0)::BIGINT END AS late_errors,
        CASE WHEN NOT is_followed THEN 0 WHEN is_nobody THEN greatest(labelled, 0)
            ELSE (labelled > 0)::BIGINT END AS followed
    FROM trials
)
SELECT decision_class, segment, cohort_id, route, probability, is_judged, is_sampled, week,
    dense_rank() OVER (
        ORDER BY decision_class, segment, cohort_id, is_sampled DESC, probability, route, is_judged
    ) - 1 AS stratum,
    sum(decisions)::BIGINT AS decisions, sum(selected)::BIGINT AS selected,
    sum(labelled)::BIGINT AS labelled, sum(drawn)::BIGINT AS drawn,
    sum(CASE WHEN is_nobody OR has_failed THEN drawn ELSE 0 END)::BIGINT AS failures,
    sum(seen_wrong)::BIGINT AS seen_wrong, sum(not_right)::BIGINT AS not_right,
    sum(late_errors)::BIGINT AS late_errors,
    sum(greatest(followed, late_errors))::BIGINT AS followed,
    min(first_date) AS first_date,
    max(CASE WHEN drawn > 0 AND NOT is_nobody AND NOT has_failed THEN newest_date END) AS newest
FROM judged
GROUP BY decision_class, segment, cohort_id, route, probability, is_judged, is_sampled, week
"""
STRATA = """
SELECT decision_class, segment, cohort_id, stratum, is_judged, is_sampled, probability::DOUBLE,
    sum(decisions)::BIGINT, sum(selected)::BIGINT, sum(labelled)::BIGINT, sum(drawn)::BIGINT,
    sum(failures)::BIGINT, sum(seen_wrong)::BIGINT, sum(not_right)::BIGINT,
    min(first_date), max(newest)
FROM stratum_weeks
GROUP BY ALL
ORDER BY stratum
"""
WEEKS = """
SELECT stratum, (week::DATE - $monday) // 7 AS week, decisions, selected,
    drawn AS trials, failures
FROM stratum_weeks
ORDER BY stratum, week
"""
# Labels turn whatever the agent's version and the segment. Bands of amounts are segments that no
# 'all' adds up.
LATE_ERRORS = """
SELECT decision_class, is_sampled, greatest(sum(decisions), 0)::BIGINT, sum(followed)::BIGINT,
    sum(late_errors)::BIGINT
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
    weeks = Weeks(*(columns[name].astype("int64") for name in Weeks._fields))
    return Sample(strata, weeks, late)


def _late_errors(rows: list[tuple[str, bool, int, int, int]]) -> dict[str, LateErrors]:
    found: dict[str, LateErrors] = {}
    for name, is_sampled, decisions, followed, late in rows:
        own = found.get(name, LateErrors())
        found[name] = (
            own._replace(strata=(*own.strata, (decisions, followed, late)))
            if is_sampled
            else own._replace(unplaced=own.unplaced + late)
        )
    return found
