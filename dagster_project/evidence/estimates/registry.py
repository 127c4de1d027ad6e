"""Reads the run, the registry and the windows of the data into one ``Context``."""

from datetime import date
from typing import TYPE_CHECKING

from dagster_project.evidence.estimates.borrowed import read_loans
from dagster_project.evidence.estimates.context import (
    Context,
    DecisionClass,
    Unreadable,
    Window,
)
from dagster_project.evidence.estimates.reach import Reach, read_reach
from dagster_project.evidence.estimates.segments import (
    grouped,
    read_all_segments,
    read_parts,
)
from dagster_project.evidence.estimates.thresholds import (
    latency_limits,
    resolve,
)
from dagster_project.names import UNKNOWN

if TYPE_CHECKING:
    import duckdb

# streams whose unreadable units may have been labels; one of no known stream may have been anything
LABEL_STREAMS = ("labels", "reviews", "outcomes", "audit_sample")


# stream, batch that the units came with, units
Lost = tuple[str, str, int]


class RunContextError(ValueError):
    """The run or the registry is not what a run needs; the text names table and fix."""


def read_context(connection: "duckdb.DuckDBPyConnection") -> Context:
    """Read everything the makers share and (re)make the temporary table ``estimate_scope``."""
    as_of, known_batch = _run(connection)
    classes = _classes(connection)
    known = {"as_of": as_of, "known": known_batch}
    connection.execute(SCOPE, known)
    sources = _sources(connection, classes)
    cohorts, current, starts = _cohorts(connection, known)
    windows = _windows(connection)
    reach = read_reach(connection)
    return Context(
        as_of=as_of,
        known_batch=known_batch,
        classes=classes,
        thresholds=resolve(connection, classes),
        cohorts=cohorts,
        current_cohorts=current,
        segments=read_all_segments(connection, known),
        windows=windows,
        sources=sources,
        reach=reach,
        unreadable=_unreadable(connection, known, classes, reach, windows),
        latency_limits=latency_limits(classes),
        loans=read_loans(connection, starts),
        planning_errors=_planning_errors(connection),
        parts=read_parts(connection),
    )


def _planning_errors(connection: "duckdb.DuckDBPyConnection") -> dict[str, float]:
    rows = connection.execute(
        "SELECT decision_class, planning_error::DOUBLE FROM registry.planning_errors"
    ).fetchall()
    return dict(rows)


def _run(connection: "duckdb.DuckDBPyConnection") -> tuple[date, str]:
    rows = connection.execute("SELECT as_of, known_batch FROM landing.run_context").fetchall()
    if len(rows) != 1 or rows[0][0] is None or rows[0][1] is None:
        raise RunContextError(
            f"landing.run_context holds {len(rows)} rows; it needs one with as_of and known_batch"
        )
    return rows[0][0], rows[0][1]


def _classes(connection: "duckdb.DuckDBPyConnection") -> tuple[DecisionClass, ...]:
    rows = connection.execute(
        """
        SELECT decision_class, workflow, cost_of_delay_amount::DOUBLE, error_cost_amount::DOUBLE,
            coalesce(reversibility, ''), coalesce(declared_level, ''),
            coalesce(boundary, ''), coalesce(label_outcome, ''),
            latency_limit_ms, coalesce(review_pool, ''), review_wait_minutes,
            alpha_weight::DECIMAL(28, 9), coalesce(currency, ''), cost_cap_amount::DOUBLE
        FROM registry.decision_classes ORDER BY decision_class
        """
    ).fetchall()
    names = [row[0] for row in rows]
    doubled = sorted({str(name) for name in names if names.count(name) > 1})
    if doubled:
        raise RunContextError(
            f"registry.decision_classes holds {doubled[0]} twice; keep one row per decision_class"
        )
    return tuple(DecisionClass(*row) for row in rows)


# One row per class: every query joins it, so no query needs a parameter per class. All of it is
# measured on data, never on the clock: days end at the workflow's newest day with a decision, a
# week counts once a later day has data (half a week would look like little work), a label is
# mature its class's label delay before the newest label landed. Labels that stop, or lose their
# time, keep no decision young: it is mature at twice the delay and a week before the newest one.
# The operating confidence is registered, else 0.50, and cuts confidence at whole hundredths.
SCOPE = """
CREATE OR REPLACE TEMP TABLE estimate_scope AS
WITH label AS (
    SELECT decision_class,
        max(label_watermark_date) - any_value(label_delay_days)::INT AS labelled_date
    FROM facts.fct_watermarks JOIN registry.decision_classes USING (decision_class)
    WHERE landing_batch <= $known
    GROUP BY decision_class
),
days AS (
    SELECT workflow, min(event_date) AS first_date, max(event_date) AS end_date
    FROM facts.fct_decisions_daily
    WHERE landing_batch <= $known AND event_date <= $as_of AND decision_count > 0
    GROUP BY workflow
),
per_day AS (
    SELECT decision_class, event_date
    FROM facts.fct_decisions_daily
    WHERE landing_batch <= $known AND event_date <= $as_of AND segment = 'all'
    GROUP BY decision_class, event_date
    HAVING sum(decision_count) > sum(failed_count)
),
newest AS (
    SELECT decision_class, max(event_date) AS newest_date FROM per_day GROUP BY decision_class
)
SELECT
    class.decision_class,
    class.workflow,
    days.end_date,
    days.end_date - 27 AS start_date,
    date_trunc('week', days.end_date)::DATE - 28 AS weeks_start,
    date_trunc('week', days.end_date)::DATE - 1 AS weeks_end,
    days.first_date,
    -- not least(): that would answer with the other date where one is NULL
    CASE WHEN label.labelled_date > days.end_date THEN days.end_date
        WHEN label.labelled_date > days.end_date - 2 * class.label_delay_days::INT - 7
            THEN label.labelled_date
        ELSE days.end_date - 2 * class.label_delay_days::INT - 7 END AS label_end,
    newest.newest_date,
    -- labels of these days have had a second delay to turn; not cut off where decisions end
    label.labelled_date - coalesce(class.label_delay_days, 0)::INT AS followed_end,
    floor(coalesce(class.operating_confidence, 0.50) * 100)::INT AS operating_bin,
    coalesce(class.review_pool, '') AS review_pool,
    class.cost_cap_amount
FROM registry.decision_classes AS class
LEFT JOIN label USING (decision_class)
LEFT JOIN days USING (workflow)
LEFT JOIN newest USING (decision_class)
"""


def _windows(connection: "duckdb.DuckDBPyConnection") -> dict[str, Window]:
    rows = connection.execute(
        """
        SELECT decision_class, start_date, end_date, weeks_start, weeks_end,
            CASE WHEN end_date IS NULL OR first_date IS NULL THEN 0
                ELSE greatest(0, least(4, floor(
                    (weeks_end + 1 - greatest(first_date, weeks_start)) / 7))::INT) END,
            coalesce(first_date <= start_date, FALSE),
            label_end,
            newest_date
        FROM estimate_scope
        """
    ).fetchall()
    return {name: Window(*rest) for name, *rest in rows}


def _cohorts(
    connection: "duckdb.DuckDBPyConnection", known: dict[str, object]
) -> tuple[dict[str, tuple[str, ...]], dict[str, str], dict[tuple[str, str], date]]:
    """Cohorts per class in order of arrival, the one with the newest decision, and first days."""
    # a cohort once seen keeps its place, even if every decision of it was corrected away; and no
    # added decision improves it, whatever date it bears
    rows = connection.execute(
        """
        SELECT decision_class, cohort_id, max(event_date), min(event_date)
        FROM facts.fct_decisions_daily
        WHERE landing_batch <= $known AND event_date <= $as_of
            AND segment = 'all' AND decision_count > 0 AND cohort_id IS NOT NULL
        GROUP BY decision_class, cohort_id
        ORDER BY decision_class, min(landing_batch), cohort_id
        """,
        known,
    ).fetchall()
    current = {name: cohort for name, cohort, *_ in sorted(rows, key=lambda row: (row[2], row[1]))}
    starts = {(name, cohort): first for name, cohort, _, first in rows}
    return grouped((name, cohort) for name, cohort, *_ in rows), current, starts


def _sources(
    connection: "duckdb.DuckDBPyConnection", classes: tuple[DecisionClass, ...]
) -> dict[str, frozenset[str]]:
    rows = connection.execute(
        "SELECT workflow, source FROM intermediate.int_workflows__sources"
    ).fetchall()
    of_workflow: dict[str, set[str]] = {}
    for workflow, source in rows:
        of_workflow.setdefault(workflow, set()).add(source)
    return {row.decision_class: frozenset(of_workflow.get(row.workflow, ())) for row in classes}


def _unreadable(
    connection: "duckdb.DuckDBPyConnection",
    known: dict[str, object],
    classes: tuple[DecisionClass, ...],
    reach: Reach,
    windows: dict[str, Window],
) -> dict[str, Unreadable]:
    # of a decision whose class nobody knows, its label is as lost as the decision itself
    units: list[tuple[str, str, str, str, int]] = connection.execute(
        """
        SELECT source, CASE WHEN reason_code = 'class_unknown' THEN 'decisions' ELSE stream END,
            stream, unit_batch, sum(unit_count)::BIGINT
        FROM facts.fct_unreadable WHERE landing_batch <= $known GROUP BY ALL
        """,
        {"known": known["known"]},
    ).fetchall()
    conflicts = connection.execute(
        """
        SELECT decision_class, 'decisions', landing_batch, sum(unreadable_count)::BIGINT
        FROM facts.fct_decisions_daily
        WHERE landing_batch <= $known AND event_date <= $as_of AND segment = 'all'
        GROUP BY decision_class, landing_batch
        """,
        known,
    ).fetchall()
    foreign = _foreign(connection)
    found = {}
    for item in classes:
        name = item.decision_class
        mine: list[Lost] = [
            (stream, batch, count)
            for source, lane, stream, batch, count in units
            if item.workflow in reach.of(source, lane)
        ]
        mine += [(kind, batch, n) for owner, kind, batch, n in conflicts if owner == name]
        window = windows.get(name, Window())
        begins = [day for day in (window.start, window.weeks_start) if day is not None]
        lost = _sorted_by_stream(mine, min(begins).strftime("%Y%m%d") if begins else "")
        count = foreign.get(name, 0)
        found[name] = lost._replace(labels=lost.labels + count, foreign=count)
    return found


def _foreign(connection: "duckdb.DuckDBPyConnection") -> dict[str, int]:
    """What somebody else picked is no trial, and its label says nothing: as good as unreadable."""
    rows = connection.execute(
        "SELECT decision_class, selection_count FROM evidence.foreign_selections"
    ).fetchall()
    return dict(rows)


def _sorted_by_stream(units: list[Lost], begin: str) -> Unreadable:
    def count(*streams: str, since: str = "") -> int:
        chosen = (*streams, UNKNOWN)
        # a decision that became a conflict and was mended later counts 1 and -1
        return max(sum(n for kind, batch, n in units if kind in chosen and batch >= since), 0)

    return Unreadable(
        decisions=count("decisions"),
        labels=count(*LABEL_STREAMS),
        reviews=count("reviews"),
        reversals=count("reversals"),
        actions=count("business_actions"),
        recent_decisions=count("decisions", since=begin),
        recent_reviews=count("reviews", since=begin),
    )
