"""Production fit: latency, audit fields, boundary, reviewers."""

import math
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from dagster_project.evidence.estimates.context import (
    Cell,
    Context,
    Estimate,
)
from dagster_project.evidence.estimates.detections import Detection, Detections
from dagster_project.evidence.estimates.shares import Share, share_estimates

if TYPE_CHECKING:
    import duckdb

# upper edge of latency bin b is 1.01^b milliseconds
BIN_WIDTH = 1.01
UNMEASURED_BIN = 1_000_001


class Tally(NamedTuple):
    """One measure of a cell; ``newest`` is the newest day with a good decision."""

    failures: int = 0
    trials: int = 0
    unknown: int = 0
    first: date | None = None
    newest: date | None = None


Tallies = dict[Cell, Tally]


def last_fast_bin(limit_ms: float) -> int:
    """The last latency bin whose upper edge is not above the limit."""
    place = math.floor(math.log(limit_ms) / math.log(BIN_WIDTH)) + 1
    while BIN_WIDTH**place > limit_ms:
        place -= 1
    return place


def latency(connection: "duckdb.DuckDBPyConnection", context: Context) -> list[Estimate]:
    """Share of decisions slower than the class's limit. A failed call is slower; of a call without
    latency nobody knows, so it counts against a pass and proves no failure."""
    names = sorted(context.latency_limits)
    rows = connection.execute(
        """
        WITH limits AS (
            SELECT unnest($names::VARCHAR[]) AS decision_class, unnest($bins::INT[]) AS fast_bin
        ),
        days AS (
            SELECT decision_class, segment, cohort_id, event_date,
                sum(CASE WHEN latency_bin <> $unmeasured THEN decision_count ELSE 0 END)::BIGINT
                    AS decisions,
                sum(CASE WHEN latency_bin <> $unmeasured THEN 0 ELSE decision_count END)::BIGINT
                    AS unmeasured,
                sum(CASE WHEN latency_bin <= fast_bin THEN decision_count ELSE 0 END)::BIGINT
                    AS fast
            FROM facts.fct_latency_daily
            JOIN estimate_scope USING (decision_class) JOIN limits USING (decision_class)
            WHERE landing_batch <= $known AND event_date <= end_date
            GROUP BY decision_class, segment, cohort_id, event_date
        )
        SELECT decision_class, segment, cohort_id, sum(decisions - fast)::BIGINT,
            sum(decisions)::BIGINT, sum(unmeasured)::BIGINT, min(event_date),
            max(CASE WHEN fast > 0 THEN event_date END)
        FROM days GROUP BY decision_class, segment, cohort_id
        """,
        {
            "unmeasured": UNMEASURED_BIN,
            "names": names,
            "bins": [last_fast_bin(context.latency_limits[name]) for name in names],
            "known": context.known_batch,
        },
    ).fetchall()
    found = _share_rows(context, "latency", _tallies(rows), "no decisions")
    return [_checked(context, item) for item in found]


def _checked(context: Context, item: Estimate) -> Estimate:
    if item.decision_class in context.latency_limits:
        return item
    return item._replace(
        estimate=None,
        bound=None,
        refuting_bound=None,
        status="error",
        reason="latency limit unusable",
    )


def audit_and_boundary(connection: "duckdb.DuckDBPyConnection", context: Context) -> list[Estimate]:
    """audit_complete over all decisions, boundary_respected over the delegated ones."""
    audited = _tally_query(
        connection, context, "decision_count - audit_complete_count", "0", "TRUE"
    )
    kept = _tally_query(
        connection,
        context,
        "boundary_violation_count",
        "boundary_unknown_count",
        "coalesce(route, '') = 'delegated'",
    )
    return [
        *_share_rows(context, "audit_complete", audited, "no decisions"),
        *_share_rows(context, "boundary_respected", kept, "no delegated decisions"),
    ]


def _tally_query(
    connection: "duckdb.DuckDBPyConnection",
    context: Context,
    failed: str,
    unrecorded: str,
    chosen: str,
) -> Tallies:
    # a route that is none of the four may be a chosen one: it counts as unknown
    rows = connection.execute(
        f"""
        WITH days AS (
            SELECT decision_class, segment, cohort_id, event_date,
                sum(CASE WHEN {chosen} THEN {failed} ELSE 0 END)::BIGINT AS failed,
                sum(CASE WHEN {chosen} THEN decision_count - {unrecorded} ELSE 0 END)::BIGINT
                    AS decisions,
                sum(CASE WHEN {chosen} THEN {unrecorded} ELSE 0 END)::BIGINT
                + sum(CASE WHEN NOT ({chosen}) AND coalesce(route, '')
                    NOT IN ('delegated', 'surfaced', 'human', 'shadow')
                    THEN decision_count ELSE 0 END)::BIGINT AS odd
            FROM facts.fct_decisions_daily JOIN estimate_scope USING (decision_class)
            WHERE landing_batch <= $known AND event_date <= end_date
            GROUP BY decision_class, segment, cohort_id, event_date
        )
        SELECT decision_class, segment, cohort_id, sum(failed)::BIGINT, sum(decisions)::BIGINT,
            sum(odd)::BIGINT, min(event_date),
            max(CASE WHEN decisions > failed THEN event_date END)
        FROM days GROUP BY decision_class, segment, cohort_id
        """,
        {"known": context.known_batch},
    ).fetchall()
    return _tallies(rows)


def _tallies(rows: list[tuple[object, ...]]) -> Tallies:
    found: Tallies = {}
    for name, segment, cohort, *rest in rows:
        found[Cell(str(name), str(segment), str(cohort))] = Tally._make(rest)
    return found


def _share_rows(
    context: Context, criterion: str, tallies: Tallies, empty_reason: str
) -> list[Estimate]:
    shares = []
    for cell in context.cells(criterion):
        own = tallies.get(cell, Tally())
        strays = [tallies.get(other, Tally()) for other in context.strays(cell)]
        shares.append(
            Share(
                cell,
                own.failures,
                own.trials,
                unknown=own.unknown + sum(other.trials + other.unknown for other in strays),
                unreadable=context.lost(cell.decision_class).decisions,
                window_start=own.first,
                window_end=context.window(cell.decision_class).end,
                newest=own.newest,
                empty_reason=empty_reason,
            )
        )
    return share_estimates(context, criterion, shares)


def reviewers_effective(context: Context, detections: Detections) -> list[Estimate]:
    """Share of seeded errors that the class's review pool found."""
    shares = []
    for item in context.judged("reviewers_effective"):
        name = item.decision_class
        seeded, found, newest = detections.get(item.review_pool, Detection())
        shares.append(
            Share(
                Cell(name),
                seeded - found,
                seeded,
                unknown=context.lost(name).reviews,
                window_end=context.window(name).end,
                newest=newest,
                empty_reason="no seeded errors" if item.review_pool else "no review pool",
            )
        )
    return share_estimates(context, "reviewers_effective", shares)
