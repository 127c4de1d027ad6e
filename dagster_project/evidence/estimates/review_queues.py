"""The queue of each review pool over the last complete weeks, from `fct_reviews_hourly`."""

import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dagster_project.evidence.estimates.bounds import Array, normal_quantile
from dagster_project.evidence.estimates.context import Context
from dagster_project.evidence.estimates.workflow_fit import WEEKS, Volumes
from dagster_project.names import ALL_SEGMENT, UNKNOWN

if TYPE_CHECKING:
    import duckdb

HOURS_OF_WEEK = 168
SECONDS_PER_HOUR = 3600
# levels at which people see the audit sample alone
AUDITED = ("delegate", "delegate_with_audit")


class Pool(NamedTuple):
    """People who are registered and named, and their hours of review a week."""

    people: int = 0
    hours_per_week: float = 0.0

    @property
    def seconds_per_week(self) -> float:
        return self.people * self.hours_per_week * SECONDS_PER_HOUR


class Times(NamedTuple):
    """Handling times: how many, their sum in seconds, and that of their squares."""

    timed: int = 0
    seconds: float = 0.0
    squares: float = 0.0

    def plus(self, other: "Times") -> "Times":
        return Times(
            self.timed + other.timed, self.seconds + other.seconds, self.squares + other.squares
        )

    @property
    def mean(self) -> float:
        return self.seconds / self.timed

    @property
    def variance(self) -> float:
        """Of 2 or more."""
        return max(self.squares - self.timed * self.mean**2, 0.0) / (self.timed - 1)


class Handling(NamedTuple):
    """Seconds a review takes: mean and one-sided bounds."""

    mean: float
    lower: float
    upper: float


@dataclass
class Queue:
    """One pool over complete weeks. ``arrivals``: weeks × hours of the week.

    ``reviews``, of which ``untimed`` nobody knows how long they took. ``waits``: whole minutes
    (-1 = unknown) → reviews. ``calm``: handling on days that were not overloaded. ``unplaced``
    reviews came at no known hour. ``growth``: reviews at the declared levels ÷ those that came, at
    least 1.
    """

    pool: Pool = field(default_factory=Pool)
    arrivals: Array = field(default_factory=lambda: np.zeros((WEEKS, HOURS_OF_WEEK)))
    waits: Counter[int] = field(default_factory=Counter)
    every: Times = field(default_factory=Times)
    calm: Times = field(default_factory=Times)
    reviews: int = 0
    untimed: int = 0
    unplaced: int = 0
    growth: float = 1.0

    def late(self, limit_minutes: int) -> int:
        """Reviews that waited longer, or nobody knows how long."""
        return self.waits.total() - sum(
            count for minutes, count in self.waits.items() if 0 <= minutes <= limit_minutes
        )

    def handling(self, alpha: float) -> Handling:
        """Each bound at ``alpha``, approximately: by the central limit, so for 100 or more. Of calm
        days or of all, whichever took longer: who has too much to do hurries, but no long review is
        left out because its day was full."""
        both = (self.calm, self.every)
        slack = [normal_quantile(alpha) * math.sqrt(times.variance / times.timed) for times in both]
        return Handling(
            max(times.mean for times in both),
            max(min(times.mean - more for times, more in zip(both, slack, strict=True)), 0.0),
            max(times.mean + more for times, more in zip(both, slack, strict=True)),
        )

    def variability(self) -> float:
        """(c_a² + c_s²) / 2, each at least 1: arrivals within the same hour of different weeks by
        their variance ÷ mean, handling by its variance ÷ squared mean."""
        mean = float(self.arrivals.mean(axis=0).sum())
        bursts = float(self.arrivals.var(axis=0, ddof=1).sum()) / max(mean, 1e-300)
        handling = max(times.variance / times.mean**2 for times in (self.calm, self.every))
        return (max(bursts, 1.0) + max(handling, 1.0)) / 2


Queues = dict[tuple[str, date], Queue]

# All classes of a pool share its people; the weeks are those of the class that asks. A review on no
# known day may be of these weeks, as one by nobody known may be of this pool.
WORK = """
WITH spans AS (
    SELECT DISTINCT weeks_start, weeks_end FROM estimate_scope WHERE weeks_end IS NOT NULL
)
SELECT pool.review_pool, weeks_end,
    date_diff('hour', weeks_start::TIMESTAMP, event_hour::TIMESTAMP) AS hour,
    wait_minutes, overloaded.event_date IS NULL AS is_calm, sum(arrival_count)::BIGINT,
    sum(review_count)::BIGINT, sum(timed_count)::BIGINT, sum(handling_seconds)::DOUBLE,
    sum(handling_seconds_squared)::DOUBLE
FROM facts.fct_reviews_hourly AS work
JOIN spans ON event_hour IS NULL OR event_hour::DATE BETWEEN weeks_start AND weeks_end
JOIN intermediate.int_review_pools__staffed AS pool
    ON coalesce(work.review_pool, $unknown) IN (pool.review_pool, $unknown)
LEFT JOIN intermediate.int_reviews__overloaded_days AS overloaded
    ON overloaded.review_pool = pool.review_pool AND overloaded.event_date = event_hour::DATE
WHERE landing_batch <= $known
GROUP BY ALL
ORDER BY ALL
"""
# two payloads of one review are nobody's work above, and a review without its time here
TOTALS = """
WITH spans AS (
    SELECT DISTINCT weeks_start, weeks_end FROM estimate_scope WHERE weeks_end IS NOT NULL
)
SELECT pool.review_pool, weeks_end, any_value(pool.reviewer_count),
    any_value(pool.hours_per_week)::DOUBLE, coalesce(sum(review_count), 0)::BIGINT,
    coalesce(sum(review_count - timed_count), 0)::BIGINT
FROM intermediate.int_review_pools__staffed AS pool
CROSS JOIN spans
LEFT JOIN facts.fct_reviews_daily AS done
    ON coalesce(done.review_pool, $unknown) IN (pool.review_pool, $unknown)
    AND (event_date IS NULL OR event_date BETWEEN weeks_start AND weeks_end)
    AND landing_batch <= $known
GROUP BY pool.review_pool, weeks_end
"""
RATES = """
SELECT decision_class, max_by(inclusion_probability, valid_from)::DOUBLE
FROM registry.audit_rates WHERE valid_from <= $as_of GROUP BY decision_class
"""


def read_queues(
    connection: "duckdb.DuckDBPyConnection", context: Context, volumes: Volumes
) -> Queues:
    """Queues by pool and end of the weeks."""
    asked = {"known": context.known_batch, "unknown": UNKNOWN}
    found: Queues = {
        (pool, end): Queue(Pool(people or 0, hours or 0.0), reviews=reviews, untimed=untimed)
        for pool, end, people, hours, reviews, untimed in connection.execute(
            TOTALS, asked
        ).fetchall()
    }
    for pool, end, hour, minutes, is_calm, arrived, done, *times in connection.execute(
        WORK, asked
    ).fetchall():
        queue, work = found[pool, end], Times(*times)
        queue.every = queue.every.plus(work)
        queue.calm = queue.calm.plus(work) if is_calm else queue.calm
        queue.waits[minutes] += done
        if hour is None:
            queue.unplaced += arrived
        else:
            queue.arrivals[divmod(hour, HOURS_OF_WEEK)] += arrived
    rates = dict(connection.execute(RATES, {"as_of": context.as_of}).fetchall())
    for (pool, _), queue in found.items():
        queue.growth = max(_forecast(context, pool, volumes, rates) / max(queue.reviews, 1), 1.0)
    return found


def _forecast(context: Context, pool: str, volumes: Volumes, rates: dict[str, float]) -> float:
    """Reviews of the pool in the last weeks, had each class been run as it is declared.

    People see every decision that is surfaced, and the audit sample of the others.
    """
    total = 0.0
    for item in context.classes:
        if item.review_pool == pool:
            share = rates.get(item.decision_class)
            if item.declared_level == "human_only":
                share = share or 0.0
            elif item.declared_level not in AUDITED or share is None:
                share = 1.0
            total += share * volumes.get((item.decision_class, ALL_SEGMENT), 0)
    return total
