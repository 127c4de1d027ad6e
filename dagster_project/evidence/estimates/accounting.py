"""Data fit, what is missing altogether: records of a file, actions and numbers without a record."""

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from dagster_project.evidence.estimates.context import (
    Basis,
    Cell,
    Context,
    Estimate,
    exact,
    insufficient,
)
from dagster_project.evidence.estimates.shares import Share, share_estimates
from dagster_project.names import UNKNOWN

if TYPE_CHECKING:
    import duckdb

# more than any counter gets to in that time; sums of it still fit where counts are kept
WIDEST_SPAN = 10**15


class Numbers(NamedTuple):
    """The sequence numbers that one source gave its decisions of the last 28 days."""

    numbered: int = 0
    unnumbered: int = 0
    distinct: int = 0
    span: int = 0
    first_date: date | None = None
    newest_date: date | None = None
    is_only_witness: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether every decision has a number of its own, and no system of record should speak;
        two counters in one source repeat."""
        return (
            self.is_only_witness
            and 0 < self.numbered == self.distinct <= self.span
            and self.unnumbered == 0
        )

    @property
    def missing(self) -> int:
        """Numbers that no decision carries; one without a number, or with another's, fills none."""
        return max(self.span - self.distinct, 0)


def accounted(connection: "duckdb.DuckDBPyConnection", context: Context) -> list[Estimate]:
    """Sources of the class with a file whose units do not add up or could not be counted.

    They do when units = landed + quarantined + blank, and what became of every landed record is
    known (``fct_files_settled``).
    """
    rows = connection.execute(
        """
        WITH settled AS (
            SELECT file_sha256, source, source_table, sum(counted_count + duplicate_count
                + conflict_count + superseded_count)::BIGINT AS record_count
            FROM facts.fct_files_settled WHERE landing_batch <= $known GROUP BY ALL
        )
        SELECT files.source, files."table", bool_or(
            coalesce(status, 'unaccountable') <> 'landed'
            OR unit_count IS DISTINCT FROM landed_count + quarantined_count + blank_count
            OR landed_count IS DISTINCT FROM coalesce(record_count, 0))
        FROM landing.files LEFT JOIN settled
            ON files.file_sha256 = settled.file_sha256 AND files.source = settled.source
            AND files."table" = settled.source_table
        WHERE coalesce(landing_batch, '') <= $known GROUP BY ALL
        """,
        {"known": context.known_batch},
    ).fetchall()
    seen = {source for source, *_ in rows}
    lost = {(s, context.reach.of_table(s, table)) for s, table, flag in rows if flag}
    found = []
    for item in context.judged("accounted"):
        name = item.decision_class
        own = context.sources.get(name, frozenset())
        silent = sorted(own - seen)
        if not own or silent:
            reason = f"no files of {silent[0]}" if silent else "no source"
            basis = Basis("exact", n_missing=max(len(silent), 1))
            found.append(insufficient(context, "accounted", Cell(name), reason, basis))
            continue
        bad = sorted({source for source, reached in lost if item.workflow in reached})
        problem = f"unaccounted in {bad[0]}" if bad else None
        found.append(exact(context, "accounted", name, len(bad), problem))
    return found


def reconciled(connection: "duckdb.DuckDBPyConnection", context: Context) -> list[Estimate]:
    """Share of what the business did that has a decision record.

    What it did is told by the systems of record (``business_actions``), and where they are silent
    by the sequence numbers of the class's sources. A gap in these is a decision without a record
    either way, of nobody knows which action. Actions that are late or unreadable are no silence.
    """
    rows = connection.execute(
        """
        WITH ends AS (SELECT workflow, max(end_date) AS end_date FROM estimate_scope GROUP BY 1),
        days AS (
            SELECT workflow, event_date, event_date <= end_date AS is_due,
                sum(action_count)::BIGINT AS actions, sum(audited_count)::BIGINT AS audited
            FROM facts.fct_actions_daily JOIN ends USING (workflow)
            WHERE landing_batch <= $known AND event_date IS NOT NULL
            GROUP BY workflow, event_date, end_date
        )
        SELECT workflow, coalesce(sum(actions) FILTER (is_due), 0)::BIGINT,
            coalesce(sum(audited) FILTER (is_due), 0)::BIGINT, min(event_date) FILTER (is_due),
            max(event_date) FILTER (is_due AND audited > 0), sum(actions)::BIGINT
        FROM days GROUP BY workflow
        """,
        {"known": context.known_batch},
    ).fetchall()
    counts = {workflow: rest for workflow, *rest in rows}
    unplaced = _unplaced_actions(connection, context)
    numbers = _numbers(connection)
    shares = []
    for item in context.judged("reconciled"):
        name = item.decision_class
        actions, audited, first, newest, ever = counts.get(item.workflow) or (0, 0, None, None, 0)
        own = [numbers.get(source, Numbers()) for source in sorted(context.sources.get(name, ()))]
        gaps = sum(each.missing for each in own)
        unknown = (
            context.lost(name).actions + unplaced.get(item.workflow, 0) + unplaced.get(UNKNOWN, 0)
        )
        missing = actions - audited
        is_silent = not ever and not unknown
        if is_silent and own and all(each.is_complete for each in own):
            actions, missing = sum(each.numbered for each in own) + gaps, gaps
            first = min((each.first_date for each in own if each.first_date), default=None)
            newest = max((each.newest_date for each in own if each.newest_date), default=None)
        else:
            unknown += gaps
        shares.append(
            Share(
                Cell(name),
                missing,
                actions,
                unknown=unknown,
                missing=missing,
                window_start=first,
                window_end=context.window(name).end,
                newest=newest,
                empty_reason="no business actions, and no sequence numbers",
            )
        )
    return share_estimates(context, "reconciled", shares)


def _numbers(connection: "duckdb.DuckDBPyConnection") -> dict[str, Numbers]:
    """By source."""
    rows = connection.execute(
        """
        SELECT source, numbered_count, unnumbered_count, number_count,
            least(coalesce(last_number::HUGEINT - first_number + 1, 0), $widest)::BIGINT,
            first_date, newest_date, is_only_witness
        FROM facts.fct_sequences
        """,
        {"widest": WIDEST_SPAN},
    ).fetchall()
    return {source: Numbers(*rest) for source, *rest in rows}


def _unplaced_actions(connection: "duckdb.DuckDBPyConnection", context: Context) -> dict[str, int]:
    """Actions on no known day, by workflow; those of no known workflow are of ``(unknown)``."""
    rows = connection.execute(
        """
        SELECT coalesce(workflow, $unknown), sum(action_count)::BIGINT
        FROM facts.fct_actions_daily
        WHERE landing_batch <= $known
            AND (event_date IS NULL OR coalesce(workflow, $unknown) = $unknown)
        GROUP BY 1
        """,
        {"known": context.known_batch, "unknown": UNKNOWN},
    ).fetchall()
    return {workflow: max(int(count or 0), 0) for workflow, count in rows}
