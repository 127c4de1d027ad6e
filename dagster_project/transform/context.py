"""``landing.run_context``: the one row that says up to when a run looks."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


class NothingLandedError(RuntimeError):
    """No batch had landed by ``known_at``, or no run has said what it looks at."""


class FutureDayError(RuntimeError):
    """A run would look at a day that has not come."""


@dataclass(frozen=True)
class RunContext:
    """``as_of``: last business day looked at. ``known_batch``: newest landing batch looked at."""

    as_of: date
    known_batch: str


def batch_at(moment: datetime) -> str:
    """The largest batch name that a landing at ``moment`` (with zone) can have."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ")


def choose_context(
    batches: list[str], *, as_of: date | None, known_at: datetime | None, now: datetime
) -> RunContext:
    """The newest batch landed by ``known_at``; without ``as_of``, the day it landed on.

    While nothing has ever landed, a run looks at ``now`` (with a zone) and finds nothing: every
    class is judged, and none can pass. Raises NothingLandedError for a ``known_at`` before it,
    FutureDayError for a day after ``now`` in UTC: thresholds and signatures that begin later would
    count, and grants would live longer.
    """
    if known_at:
        batches = [batch for batch in batches if batch <= batch_at(known_at)]
        if not batches:
            raise NothingLandedError(
                f"no file has landed by {known_at.isoformat()}; check `penstock doctor`"
            )
    newest = max(batches, default=batch_at(now))
    day = as_of or date.fromisoformat(newest[:8])
    today = now.astimezone(UTC).date()
    if day > today:
        raise FutureDayError(
            f"as_of {day} lies in the future; today is {today} in UTC. Look at `[run] as_of` in "
            "penstock.toml, the run's config and the clock"
        )
    return RunContext(as_of=day, known_batch=newest)


def write_run_context(connection: "duckdb.DuckDBPyConnection", context: RunContext) -> None:
    """Replace the one row, in one transaction."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS landing")
    connection.execute("BEGIN")
    connection.execute(
        "CREATE OR REPLACE TABLE landing.run_context (as_of DATE, known_batch VARCHAR)"
    )
    connection.execute(
        "INSERT INTO landing.run_context VALUES (?, ?)", [context.as_of, context.known_batch]
    )
    connection.execute("COMMIT")


def read_run_context(connection: "duckdb.DuckDBPyConnection") -> RunContext:
    row = connection.execute("SELECT as_of, known_batch FROM landing.run_context").fetchone()
    if row is None:
        raise NothingLandedError("landing.run_context is empty; run `penstock run`")
    return RunContext(as_of=row[0], known_batch=row[1])
