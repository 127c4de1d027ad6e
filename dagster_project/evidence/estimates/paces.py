"""How many trials a day came lately, per criterion, class and segment."""

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from dagster_project.evidence.estimates.context import Context
from dagster_project.evidence.estimates.strata import Strata
from dagster_project.names import ALL_SEGMENT

if TYPE_CHECKING:
    import duckdb


class Paces(NamedTuple):
    """Trials of the last 28 mature days.

    ``trials``: by criterion, class and segment. ``clean``: of the error, without a failure, by
    class and segment.
    """

    trials: dict[tuple[str, str, str], int]
    clean: dict[tuple[str, str], int]


# days end with the data of the class's workflow, as every window does
COUNTS = """
WITH decisions AS (
    SELECT decision_class, segment, sum(decision_count)::BIGINT AS count,
        sum(CASE WHEN route = 'delegated' THEN decision_count ELSE 0 END)::BIGINT AS delegated
    FROM facts.fct_decisions_daily JOIN estimate_scope USING (decision_class)
    WHERE landing_batch <= $known AND event_date BETWEEN start_date AND end_date
    GROUP BY decision_class, segment
),
recent AS (
    SELECT class.decision_class, class.workflow, class.review_pool, start_date, end_date
    FROM registry.decision_classes AS class JOIN estimate_scope USING (decision_class)
)
SELECT criterion, decision_class, segment, count FROM decisions, (VALUES
    ('latency'), ('audit_complete')) AS names(criterion)
UNION ALL SELECT 'boundary_respected', decision_class, segment, delegated FROM decisions
UNION ALL
SELECT 'reversibility', decision_class, 'all', sum(attempt_count + drill_count)::BIGINT
FROM facts.fct_reversals_daily JOIN recent USING (decision_class)
WHERE landing_batch <= $known AND event_date BETWEEN start_date AND end_date
GROUP BY decision_class
UNION ALL
SELECT 'fallback_proven', decision_class, 'all', sum(observation_count)::BIGINT
FROM facts.fct_rails_daily JOIN recent USING (workflow)
WHERE landing_batch <= $known AND component = 'fallback_drill'
    AND event_date BETWEEN start_date AND end_date
GROUP BY decision_class
UNION ALL
SELECT 'reviewers_effective', decision_class, 'all', sum(seeded_count)::BIGINT
FROM facts.fct_reviews_daily JOIN recent USING (review_pool)
WHERE landing_batch <= $known AND event_date BETWEEN start_date AND end_date
GROUP BY decision_class
UNION ALL
SELECT 'reconciled', decision_class, 'all', sum(action_count)::BIGINT
FROM facts.fct_actions_daily JOIN recent USING (workflow)
WHERE landing_batch <= $known AND event_date BETWEEN start_date AND end_date
GROUP BY decision_class
"""


def read_paces(
    connection: "duckdb.DuckDBPyConnection", context: Context, recent: Strata, confident: Strata
) -> Paces:
    """``recent`` and ``confident``: the sample's last 28 mature days, and its confident part."""
    rows = connection.execute(COUNTS, {"known": context.known_batch}).fetchall()
    trials = Counter({(str(a), str(b), str(c)): max(int(count or 0), 0) for a, b, c, count in rows})
    clean: Counter[tuple[str, str]] = Counter()
    for criterion, strata in (("accuracy", recent), ("confidence_quality", confident)):
        for cell, listed in strata.items():
            counted = [item for item in listed if item.is_judged and item.is_sampled]
            key = (cell.decision_class, cell.segment)
            trials[(criterion, *key)] += sum(max(item.trials, 0) for item in counted)
            if criterion == "accuracy":
                clean[key] += sum(max(int(item.trials - item.failures), 0) for item in counted)
                if cell.segment == ALL_SEGMENT:
                    drawn = sum(max(item.selected, 0) for item in listed)
                    trials[("labels_available", *key)] += drawn
    return Paces(trials, clean)
