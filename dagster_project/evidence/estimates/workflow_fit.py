"""Workflow fit: enough decisions, measured pain, owners."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from dagster_project.evidence.estimates.bounds import (
    poisson_lower,
    poisson_upper,
)
from dagster_project.evidence.estimates.context import (
    Basis,
    Cell,
    Context,
    DecisionClass,
    Estimate,
    Finding,
    broken,
    exact,
    insufficient,
    row,
)
from dagster_project.names import ALL_SEGMENT, OWNER_ROLES

if TYPE_CHECKING:
    import duckdb

WEEKS = 4
BASELINE_PERIODS = 8

# (class, segment) -> decisions in the last four complete ISO weeks
Volumes = Mapping[tuple[str, str], int]


def read_volumes(connection: "duckdb.DuckDBPyConnection", context: Context) -> Volumes:
    """All decisions, whatever route or cohort."""
    rows = connection.execute(
        """
        SELECT decision_class, segment, sum(decision_count)::BIGINT
        FROM facts.fct_decisions_daily JOIN estimate_scope USING (decision_class)
        WHERE landing_batch <= $known AND event_date BETWEEN weeks_start AND weeks_end
        GROUP BY decision_class, segment
        """,
        {"known": context.known_batch},
    ).fetchall()
    return {(name, segment): max(int(count), 0) for name, segment, count in rows}


class Weekly(NamedTuple):
    """Mean weekly decisions and their one-sided bounds."""

    mean: float
    lower: float
    upper: float


@lru_cache(maxsize=1 << 16)  # several criteria ask for each class
def weekly(count: int, weeks: int, alpha: float) -> Weekly:
    """Exact Poisson bounds of the weekly mean over ``weeks`` complete weeks (at least one)."""
    return Weekly(
        count / weeks,
        float(poisson_lower(count, weeks, alpha)),
        float(poisson_upper(count, weeks, alpha)),
    )


def volume_floor(context: Context, volumes: Volumes) -> list[Estimate]:
    """Mean weekly volume over the last four complete ISO weeks of data."""
    rows = []
    for item in context.judged("volume_floor"):
        rows.append(_volume_row(context, "volume_floor", item, volumes, 1.0))
    return rows


def _volume_row(
    context: Context,
    criterion: str,
    item: DecisionClass,
    volumes: Volumes,
    amount: float,
) -> Estimate:
    name = item.decision_class
    cell, window = Cell(name), context.window(name)
    count = volumes.get((name, ALL_SEGMENT), 0)
    basis = Basis(
        "poisson_exact",
        n=count,
        window_start=window.weeks_start,
        window_end=window.weeks_end,
        newest=window.weeks_end,
    )
    if context.thresholds[criterion, name].problem:
        return broken(context, criterion, cell, None)
    if window.weeks < WEEKS:
        short = basis._replace(n_missing=WEEKS - window.weeks)
        reason = f"{window.weeks} of {WEEKS} complete weeks"
        return insufficient(context, criterion, cell, reason, short)
    volume = weekly(count, WEEKS, context.alpha(criterion, cell))
    finding = Finding(amount * volume.mean, amount * volume.lower, amount * volume.upper)
    return row(context, criterion, cell, basis, finding)


def pain_measured(
    connection: "duckdb.DuckDBPyConnection", context: Context, volumes: Volumes
) -> list[Estimate]:
    """Cost of delay per week, where a primary KPI has a baseline of eight periods."""
    periods = _baseline_periods(connection, context)
    rows = []
    for item in context.judged("pain_measured"):
        name = item.decision_class
        have = periods.get(name)
        missing = BASELINE_PERIODS - (have or 0)
        basis = Basis("poisson_exact", n=have or 0, n_missing=missing, n_needed=missing)
        reason = None
        if have is None:
            reason = "no primary kpi"
        elif missing > 0:
            reason = f"{missing} baseline periods missing"
        elif item.cost_of_delay_amount is None or item.cost_of_delay_amount < 0:
            reason, basis = "cost of delay missing", basis._replace(n_missing=1, n_needed=0)
        if reason:
            rows.append(insufficient(context, "pain_measured", Cell(name), reason, basis))
        else:
            amount = item.cost_of_delay_amount or 0.0
            rows.append(_volume_row(context, "pain_measured", item, volumes, amount))
    return rows


def _baseline_periods(connection: "duckdb.DuckDBPyConnection", context: Context) -> dict[str, int]:
    # a period counts if it ended before the launch and has one value, in the registered unit and
    # currency, in all that is known of it, and is not older than five years; the KPI with the most
    # periods of one grain is the baseline
    rows = connection.execute(
        """
        WITH registered AS (
            SELECT class.decision_class, class.workflow, registry.kpi, registry.unit,
                coalesce(registry.currency, '') AS currency,
                coalesce(registry.decision_class, '') AS kpi_class,
                least(coalesce(registry.launch_date, $as_of), $as_of) AS end_date
            FROM registry.kpi_registry AS registry
            JOIN registry.decision_classes AS class
                ON registry.workflow = class.workflow
                AND coalesce(registry.decision_class, '') IN ('', class.decision_class)
            WHERE registry.kind = 'primary'
        ),
        periods AS (
            SELECT registered.decision_class, registered.kpi,
                kpi.grain IN ('week', 'weekly') AS is_weekly,
                -- eight days of one week are no eight weeks
                date_trunc(
                    CASE WHEN kpi.grain IN ('week', 'weekly') THEN 'week' ELSE 'month' END,
                    kpi.period_start) AS period,
                coalesce(
                    count(DISTINCT kpi.value) = 1 AND max(kpi.value_count) = 1
                    AND bool_and(coalesce(
                        kpi.value IS NOT NULL AND kpi.unit = registered.unit
                        AND coalesce(kpi.currency, '') = registered.currency
                        AND kpi.period_start > registered.end_date - INTERVAL 5 YEAR
                        AND kpi.period_start + CASE
                            WHEN kpi.grain IN ('week', 'weekly') THEN INTERVAL 7 DAY
                            ELSE INTERVAL 1 MONTH END <= registered.end_date, FALSE)),
                    FALSE) AS is_clear
            FROM registered
            LEFT JOIN facts.fct_kpis AS kpi
                ON kpi.metric = registered.kpi AND kpi.workflow = registered.workflow
                AND coalesce(kpi.decision_class, '') = registered.kpi_class
                AND coalesce(kpi.segment, 'all') = 'all'
                AND kpi.grain IN ('week', 'weekly', 'month', 'monthly')
                AND kpi.landing_batch <= $known
            GROUP BY registered.decision_class, registered.kpi, kpi.grain, kpi.period_start
        ),
        counted AS (
            SELECT decision_class, kpi, count(DISTINCT period) FILTER (is_clear) AS periods
            FROM periods GROUP BY decision_class, kpi, is_weekly
        )
        SELECT decision_class, max(periods)::BIGINT FROM counted GROUP BY decision_class
        """,
        {"as_of": context.as_of, "known": context.known_batch},
    ).fetchall()
    return {name: int(count) for name, count in rows}


def owners_named(connection: "duckdb.DuckDBPyConnection", context: Context) -> list[Estimate]:
    """How many of the three owner roles different active people can fill."""
    rows = connection.execute(
        """
        SELECT owner.workflow, owner.role, owner.person_id
        FROM registry.owners AS owner JOIN registry.people AS person USING (person_id)
        WHERE person.is_active AND owner.valid_from <= $as_of
            AND (owner.valid_until IS NULL OR owner.valid_until > $as_of)
        """,
        {"as_of": context.as_of},
    ).fetchall()
    people: dict[tuple[str, str], set[str]] = {}
    for workflow, role, person in rows:
        people.setdefault((workflow, role), set()).add(person)
    found = []
    for item in context.judged("owners_named"):
        filled = roles_filled([people.get((item.workflow, role), set()) for role in OWNER_ROLES])
        missing = len(OWNER_ROLES) - filled
        reason = f"{missing} different owners missing" if missing else None
        found.append(exact(context, "owners_named", item.decision_class, filled, reason))
    return found


def roles_filled(candidates: list[set[str]]) -> int:
    """Most roles that can be filled with different people (three people in one role fill one)."""
    # Hall: the shortfall is the worst, over groups of roles, of roles minus people for them
    worst = 0
    for group in range(1 << len(candidates)):
        chosen = [people for place, people in enumerate(candidates) if group >> place & 1]
        worst = max(worst, len(chosen) - len(set().union(*chosen)))
    return len(candidates) - worst
