"""The error within each band of a class's registered amount limits.

A band is a cell like a segment: decisions of unknown amount may lie in any of them, and fail there.
Bands and not cumulative limits, because a bad band hides among the good ones below it. Each has the
whole alpha: they are walked from strict to loose, and the walk ends where one does not pass.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from dagster_project.contracts.numbers import round_nearest
from dagster_project.evidence.estimates.context import Cell, Context, Estimate
from dagster_project.evidence.estimates.detections import Detections
from dagster_project.evidence.estimates.errors import error_rows
from dagster_project.evidence.estimates.strata import read_sample
from dagster_project.evidence.estimates.strays import ANY_COHORT
from dagster_project.names import UNKNOWN

if TYPE_CHECKING:
    import duckdb

FACT = "fct_amounts_weekly"
CRITERION = "accuracy"
NO_LABELS = "no labels in this band"
# `int_decisions__banded` names the bands; what no limit reaches is above
ABOVE, OF_UNKNOWN = "amount=(above)", f"amount={UNKNOWN}"
Limits = dict[str, list[Decimal]]


class Band(NamedTuple):
    """One band: the error in it, decisions a week in it, and beyond it or of unknown amount."""

    error: Estimate
    amount_limit: Decimal
    weekly_decisions: Decimal | None
    weekly_others: Decimal | None

    def row(self) -> tuple[object, ...]:
        """As ``evidence.amount_bands`` has it, without as_of and known_batch."""
        return (*self.error, *self[1:])


def amount_bands(
    connection: "duckdb.DuckDBPyConnection", context: Context, detections: Detections
) -> list[Band]:
    """Every registered limit of every class and cohort, from strict to loose."""
    limits = _limits(connection)
    if not limits:
        return []
    sample = read_sample(connection, context, fact=FACT)
    judged = {item.decision_class for item in context.judged(CRITERION)}
    cells = [
        Cell(name, _segment(limit), cohort)
        for name in sorted(limits.keys() & judged)
        for cohort in context.cohorts.get(name, ()) or (ANY_COHORT,)
        for limit in limits[name]
    ]
    errors = error_rows(context, CRITERION, sample, detections, NO_LABELS, cells)
    of = {(row.decision_class, row.segment, row.cohort_id): row for row in errors}
    volumes = _volumes(connection, context)
    return [_band(context, of[cell], limits[cell.decision_class], volumes) for cell in cells]


def _band(
    context: Context,
    error: Estimate,
    limits: list[Decimal],
    volumes: dict[tuple[str, str], int],
) -> Band:
    name = error.decision_class
    (limit,) = [each for each in limits if _segment(each) == error.segment]
    weeks = context.window(name).weeks

    def weekly(segments: Iterable[str]) -> Decimal | None:
        count = sum(volumes.get((name, segment), 0) for segment in segments)
        return round_nearest(count / weeks) if weeks > 0 else None

    others = [*(_segment(each) for each in limits if each > limit), ABOVE, OF_UNKNOWN]
    return Band(error, limit, weekly([error.segment]), weekly(others))


def _segment(limit: Decimal) -> str:
    return f"amount={limit}"


def _limits(connection: "duckdb.DuckDBPyConnection") -> Limits:
    rows = connection.execute(
        "SELECT decision_class, amount_limit::DECIMAL(18, 4) FROM registry.amount_limits "
        "ORDER BY decision_class, amount_limit"
    ).fetchall()
    found: Limits = {}
    for name, limit in rows:
        found.setdefault(name, []).append(limit)
    return found


def _volumes(
    connection: "duckdb.DuckDBPyConnection", context: Context
) -> dict[tuple[str, str], int]:
    """Decisions of the class's last complete weeks, by band."""
    rows = connection.execute(
        f"""
        SELECT decision_class, segment, sum(decision_count)::BIGINT
        FROM facts.{FACT} JOIN estimate_scope USING (decision_class)
        WHERE landing_batch <= $known AND event_date BETWEEN weeks_start AND weeks_end
        GROUP BY decision_class, segment
        """,
        {"known": context.known_batch},
    ).fetchall()
    return {(name, segment): max(int(count), 0) for name, segment, count in rows}
