"""Reads what tripwires compare: counts by class and complete ISO week, of half a year at most."""

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from dagster_project.evidence.estimates.context import Context

if TYPE_CHECKING:
    import duckdb

# hundredths from the operating confidence, where a jump means that confidences are rounded
ELSEWHERE = (-20, -10, 10, 20)
WEEKS_READ = 26


class Week(NamedTuple):
    """Counts of one class in one week. ``labelled`` and ``wrong``: of mature drawn decisions.

    ``above`` and ``below``: decisions within two hundredths of the operating confidence;
    ``elsewhere`` the same at ``ELSEWHERE``.
    """

    decision_class: str
    week_start: date
    decisions: int = 0
    escalated: int = 0
    labelled: int = 0
    wrong: int = 0
    above: int = 0
    below: int = 0
    elsewhere: tuple[tuple[int, int], ...] = ()


class Halves(NamedTuple):
    """Mature decisions of one inclusion probability: the half with less confidence, or with larger
    amounts, is the hard one. ``_labelled``: drawn and with a label."""

    decision_class: str
    week_start: date
    subject: str
    hard: int
    easy: int
    hard_labelled: int
    easy_labelled: int


class Outside(NamedTuple):
    """Mature labelled decisions of one route, inclusion probability and week: drawn (``inside``)
    and not drawn, and how many of each were wrong."""

    decision_class: str
    week_start: date
    outside: int
    outside_wrong: int
    inside: int
    inside_wrong: int


def _near(distance: int) -> str:
    return "".join(
        f", sum(CASE WHEN confidence_bin - operating_bin IN ({low}, {low + 1})"
        " THEN decision_count ELSE 0 END)::BIGINT"
        for low in (distance, distance - 2)
    )


WEEKS = f"""
SELECT decision_class, date_trunc('week', event_date)::DATE AS week,
    sum(decision_count)::BIGINT,
    sum(CASE WHEN route IN ('surfaced', 'human') THEN decision_count ELSE 0 END)::BIGINT,
    sum(CASE WHEN event_date <= label_end AND route <> 'human' THEN labelled_count ELSE 0 END)
        ::BIGINT,
    sum(CASE WHEN event_date <= label_end AND route <> 'human' THEN wrong_count ELSE 0 END)
        ::BIGINT
    {"".join(_near(distance) for distance in (0, *ELSEWHERE))}
FROM facts.fct_samples_weekly JOIN estimate_scope USING (decision_class)
WHERE landing_batch <= $known AND segment = 'all'
    AND event_date <= weeks_end AND event_date > weeks_end - 7 * $weeks
GROUP BY decision_class, week
ORDER BY decision_class, week
"""
# bins in which amounts that are rounded pile up too, as shares of twenty of the limit
ROUND_BINS = (8, 12, 16)


def _pile(last: int) -> str:
    return "".join(
        f", sum(CASE WHEN amount_bin = {place} THEN decision_count ELSE 0 END)::BIGINT"
        for place in (last, last - 1)
    )


# in the last twentieth below the amount limit, and in the one before
AMOUNTS = f"""
SELECT decision_class, date_trunc('week', event_date)::DATE AS week
    {"".join(_pile(last) for last in (20, *ROUND_BINS))}
FROM facts.fct_amount_bins_daily JOIN estimate_scope USING (decision_class)
WHERE landing_batch <= $known AND event_date <= weeks_end AND event_date > weeks_end - 7 * $weeks
GROUP BY decision_class, week
ORDER BY decision_class, week
"""
# the half below the median, and what lies on it whichever side makes the halves more even
HALVES = """
WITH counted AS (
    SELECT decision_class, date_trunc('week', event_date)::DATE AS week, inclusion_probability,
        {ease} AS ease, greatest(sum(decision_count), 0)::BIGINT AS decisions,
        greatest(sum(labelled_count), 0)::BIGINT AS labelled
    FROM facts.{fact} JOIN estimate_scope USING (decision_class)
    WHERE landing_batch <= $known AND {chosen} AND route <> 'human'
        AND inclusion_probability > 0 AND event_date <= least(weeks_end, label_end)
        AND event_date > weeks_end - 7 * $weeks
    GROUP BY ALL
),
placed AS (
    SELECT *, sum(decisions) OVER (
            PARTITION BY decision_class, week, inclusion_probability ORDER BY ease
        ) - decisions / 2
        <= sum(decisions) OVER (
            PARTITION BY decision_class, week, inclusion_probability
        ) / 2 AS is_hard
    FROM counted
)
SELECT decision_class, week, '{subject} at ' || inclusion_probability::VARCHAR AS subject,
    sum(CASE WHEN is_hard THEN decisions ELSE 0 END)::BIGINT,
    sum(CASE WHEN is_hard THEN 0 ELSE decisions END)::BIGINT,
    sum(CASE WHEN is_hard THEN labelled ELSE 0 END)::BIGINT,
    sum(CASE WHEN is_hard THEN 0 ELSE labelled END)::BIGINT
FROM placed
GROUP BY decision_class, week, inclusion_probability
ORDER BY ALL
"""
# without both in a week nothing can be compared
OUTSIDE = """
SELECT decision_class, date_trunc('week', event_date)::DATE AS week,
    sum(outside_label_count)::BIGINT AS outside, sum(outside_wrong_count)::BIGINT AS outside_wrong,
    sum(labelled_count)::BIGINT AS inside, sum(wrong_count)::BIGINT AS inside_wrong
FROM facts.fct_samples_weekly JOIN estimate_scope USING (decision_class)
WHERE landing_batch <= $known AND segment = 'all' AND route <> 'human'
    AND event_date <= least(weeks_end, label_end) AND event_date > weeks_end - 7 * $weeks
GROUP BY decision_class, week, route, inclusion_probability
HAVING outside > 0 AND inside > 0 AND outside_wrong BETWEEN 0 AND outside
    AND inside_wrong BETWEEN 0 AND inside
ORDER BY ALL
"""
BY_CONFIDENCE = HALVES.format(
    ease="confidence_bin",
    fact="fct_samples_weekly",
    chosen="segment = 'all' AND confidence_bin >= 0",
    subject="confidence",
)
BY_AMOUNT = HALVES.format(
    ease="-coalesce(try_cast(split_part(segment, '=', 2) AS DOUBLE), 1e300)",
    fact="fct_amounts_weekly",
    chosen="segment <> 'amount=(unknown)'",
    subject="amount",
)


def read_weeks(connection: "duckdb.DuckDBPyConnection", context: Context) -> list[Week]:
    """Every class and week with decisions."""
    rows = connection.execute(WEEKS, _asked(context)).fetchall()
    found = []
    for name, week, *counts in rows:
        decided, escalated, labelled, wrong, above, below, *others = (
            max(int(count), 0) for count in counts
        )
        pairs = tuple(zip(others[::2], others[1::2], strict=True))
        found.append(Week(name, week, decided, escalated, labelled, wrong, above, below, pairs))
    return found


def read_amounts(connection: "duckdb.DuckDBPyConnection", context: Context) -> list[Week]:
    """``above``: in the last twentieth below the amount limit; ``below``: in the one before."""
    found = []
    for name, week, *counts in connection.execute(AMOUNTS, _asked(context)).fetchall():
        at, before, *others = (max(int(count), 0) for count in counts)
        pairs = tuple(zip(others[::2], others[1::2], strict=True))
        found.append(Week(name, week, above=at, below=before, elsewhere=pairs))
    return found


def read_halves(connection: "duckdb.DuckDBPyConnection", context: Context) -> list[Halves]:
    """By confidence, and by amount where limits are registered."""
    rows = [
        *connection.execute(BY_CONFIDENCE, _asked(context)).fetchall(),
        *connection.execute(BY_AMOUNT, _asked(context)).fetchall(),
    ]
    return [Halves(*row) for row in rows]


def read_outside(connection: "duckdb.DuckDBPyConnection", context: Context) -> list[Outside]:
    """Weeks with labels inside and outside the draw."""
    rows = connection.execute(OUTSIDE, _asked(context)).fetchall()
    return [Outside(*row) for row in rows]


def _asked(context: Context) -> dict[str, object]:
    return {"known": context.known_batch, "weeks": WEEKS_READ}
