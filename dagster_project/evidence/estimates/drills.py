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
    """Share of the workflow's fallback drills that passed; any other result is a failure.

    What may be a failed drill (no result, day, component or workflow) counts against a pass.
    """
    rows = connection.execute(
        """
        WITH drills AS (
            SELECT *, event_date IS NULL OR component IS NULL OR workflow IS NULL
                OR result = $unknown AS is_unknown
            FROM facts.fct_rails_daily
            WHERE coalesce(component, $component) = $component AND landing_batch <= $known
                AND coalesce(event_date, $as_of) <= $as_of
        )
        SELECT workflow, sum(CASE WHEN is_unknown OR result = $passed THEN 0
                ELSE observation_count END)::BIGINT,
            sum(CASE WHEN is_unknown THEN 0 ELSE observation_count END)::BIGINT,
            min(event_date), max(CASE WHEN NOT is_unknown AND result = $passed THEN event_date END),
            sum(CASE WHEN is_unknown THEN observation_count ELSE 0 END)::BIGINT
        FROM drills GROUP BY workflow
        """,
        {
            "passed": PASSED,
            "component": COMPONENT,
            "known": context.known_batch,
            "as_of": context.as_of,
            "unknown": UNKNOWN,
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
    nothing = (0, 0, None, None, 0)
    *_, unplaced = found.get(None, nothing)
    shares = []
    for item in context.judged("fallback_proven"):
        failed, drills, first, newest, unknown = found.get(item.workflow, nothing)
        shares.append(
            Share(
                Cell(item.decision_class),
                failed,
                drills,
                unknown=lost + unplaced + unknown,
                window_start=first,
                window_end=context.as_of if drills else None,
                newest=newest,
                empty_reason="no fallback drills",
            )
        )
    return share_estimates(context, "fallback_proven", shares)
