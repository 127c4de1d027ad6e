"""fallback_proven: does the work reach a person when the agent is taken away?"""

from typing import TYPE_CHECKING

from dagster_project.evidence.estimates.context import Cell, Context, Estimate
from dagster_project.evidence.estimates.shares import Share, share_estimates
from dagster_project.names import UNKNOWN

if TYPE_CHECKING:
    import duckdb

COMPONENT = "fallback_drill"
PASSED = "passed"


def fallback_proven(connection: "duckdb.DuckDBPyConnection", context: Context) -> list[Estimate]:
    """Share of the workflow's fallback drills that passed; any other result is a failure."""
    rows = connection.execute(
        """
        SELECT workflow, sum(CASE WHEN result = $passed THEN 0 ELSE observation_count END)::BIGINT,
            sum(observation_count)::BIGINT, min(event_date),
            max(CASE WHEN result = $passed THEN event_date END)
        FROM facts.fct_rails_daily
        WHERE component = $component AND landing_batch <= $known AND event_date <= $as_of
        GROUP BY workflow
        """,
        {
            "passed": PASSED,
            "component": COMPONENT,
            "known": context.known_batch,
            "as_of": context.as_of,
        },
    ).fetchall()
    found = {workflow: counts for workflow, *counts in rows}
    # nobody knows whose drill an unreadable line was, or one without a workflow
    (lost,) = connection.execute(
        """
        SELECT coalesce(sum(unit_count), 0)::BIGINT FROM facts.fct_unreadable
        WHERE stream IN ('rail_evidence', $unknown) AND landing_batch <= $known
        """,
        {"known": context.known_batch, "unknown": UNKNOWN},
    ).fetchone() or (0,)
    _, unplaced, *_ = found.get(None, (0, 0))
    shares = []
    for item in context.judged("fallback_proven"):
        failed, drills, first, newest = found.get(item.workflow, (0, 0, None, None))
        shares.append(
            Share(
                Cell(item.decision_class),
                failed,
                drills,
                unknown=lost + unplaced,
                window_start=first,
                window_end=context.as_of if drills else None,
                newest=newest,
                empty_reason="no fallback drills",
            )
        )
    return share_estimates(context, "fallback_proven", shares)
