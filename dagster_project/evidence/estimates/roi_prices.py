"""What the return on a launch is made of: registered prices, agent cost and review work."""

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from dagster_project.evidence.estimates.context import Context
from dagster_project.evidence.estimates.kpi_series import Kpi
from dagster_project.names import ALL_SEGMENT, UNKNOWN

if TYPE_CHECKING:
    import duckdb


class Value(NamedTuple):
    """Money for one unit of a KPI in one period of ``grain``."""

    per_unit: float
    grain: str
    currency: str


class Spent(NamedTuple):
    """Decisions of a class and cohort in its last complete weeks, and what they cost.

    ``by_ai``: those that no person took without the AI.
    """

    decisions: int = 0
    priced: int = 0
    cost: float = 0.0
    by_ai: int = 0


class Reviewed(NamedTuple):
    """Reviews of a pool in the same weeks; ``untimed``: nobody knows how long they took."""

    reviews: int = 0
    untimed: int = 0
    seconds: float = 0.0


class Wage(NamedTuple):
    """Money for an hour of a pool's reviews, from a day on."""

    valid_from: date
    per_hour: float
    currency: str


class Prices(NamedTuple):
    """``values`` by kpi, workflow and class; ``spent`` by class and cohort; ``reviewed`` by pool,
    ``UNKNOWN`` too, and end of the weeks; ``wages`` by pool, the oldest first."""

    values: dict[tuple[str, str, str], Value]
    spent: dict[str, dict[str, Spent]]
    reviewed: dict[tuple[str, date], Reviewed]
    wages: dict[str, list[Wage]]

    def value(self, kpi: Kpi) -> Value | None:
        return self.values.get((kpi.kpi, kpi.workflow, kpi.kpi_class))

    def wage(self, pool: str, start: date, end: date) -> Wage | None:
        """The highest in force between these days, None if there is none for the first."""
        wages = [each for each in self.wages.get(pool, ()) if each.valid_from <= end]
        before = [each for each in wages if each.valid_from <= start]
        if not before:
            return None
        return max([before[-1], *wages[len(before) :]], key=lambda wage: wage.per_hour)


def read_prices(connection: "duckdb.DuckDBPyConnection", context: Context) -> Prices:
    """What a unit is worth counts only if it was registered before the launch."""
    values = connection.execute(
        """
        SELECT price.kpi, price.workflow, coalesce(price.decision_class, ''),
            price.value_per_unit::DOUBLE, price.period, price.currency
        FROM registry.kpi_values AS price
        JOIN registry.kpi_registry AS own
            ON own.kpi = price.kpi AND own.workflow = price.workflow
            AND coalesce(own.decision_class, '') = coalesce(price.decision_class, '')
        WHERE price.registered_at < own.launch_date
        """
    ).fetchall()
    # who has no price for anything pays nothing for the rest
    if not values:
        return Prices({}, {}, {}, {})
    wages: dict[str, list[Wage]] = {}
    for pool, *wage in connection.execute(
        "SELECT review_pool, valid_from, hourly_cost_amount::DOUBLE, currency "
        "FROM registry.labour_prices ORDER BY review_pool, valid_from"
    ).fetchall():
        wages.setdefault(pool, []).append(Wage(*wage))
    return Prices(
        {(kpi, workflow, name): Value(*value) for kpi, workflow, name, *value in values},
        _spent(connection, context),
        _reviewed(connection, context),
        wages,
    )


# A decision or a review on no known day may be of these weeks.
def _spent(
    connection: "duckdb.DuckDBPyConnection", context: Context
) -> dict[str, dict[str, Spent]]:
    rows = connection.execute(
        """
        SELECT decision_class, coalesce(cohort_id, $unknown), sum(decision_count)::BIGINT,
            sum(priced_count)::BIGINT, coalesce(sum(cost_amount), 0)::DOUBLE,
            sum(CASE WHEN route = 'human' THEN 0 ELSE decision_count END)::BIGINT
        FROM facts.fct_decisions_daily JOIN estimate_scope USING (decision_class)
        WHERE landing_batch <= $known AND segment = $all
            AND (event_date IS NULL OR event_date BETWEEN weeks_start AND weeks_end)
        GROUP BY ALL
        """,
        {"known": context.known_batch, "unknown": UNKNOWN, "all": ALL_SEGMENT},
    ).fetchall()
    found: dict[str, dict[str, Spent]] = {}
    for name, cohort, *sums in rows:
        found.setdefault(name, {})[cohort] = Spent(*sums)
    return found


def _reviewed(
    connection: "duckdb.DuckDBPyConnection", context: Context
) -> dict[tuple[str, date], Reviewed]:
    rows = connection.execute(
        """
        WITH spans AS (
            SELECT DISTINCT weeks_start, weeks_end FROM estimate_scope WHERE weeks_end IS NOT NULL
        )
        SELECT coalesce(review_pool, $unknown), weeks_end, sum(review_count)::BIGINT,
            sum(review_count - timed_count)::BIGINT, sum(handling_seconds)::DOUBLE
        FROM facts.fct_reviews_daily
        JOIN spans ON event_date IS NULL OR event_date BETWEEN weeks_start AND weeks_end
        WHERE landing_batch <= $known
        GROUP BY ALL
        """,
        {"known": context.known_batch, "unknown": UNKNOWN},
    ).fetchall()
    return {(pool, end): Reviewed(*sums) for pool, end, *sums in rows}
