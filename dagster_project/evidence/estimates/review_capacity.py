"""review_capacity: can the people of a pool bear the reviews that come, at the level asked for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from dagster_project.evidence.estimates.bounds import (
    anytime_upper,
    clopper_pearson,
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
    insufficient,
    row,
)
from dagster_project.evidence.estimates.review_queues import Queue, read_queues
from dagster_project.evidence.estimates.waiting import Desk, Wait, wait
from dagster_project.evidence.estimates.workflow_fit import Volumes

if TYPE_CHECKING:
    import duckdb

CRITERION = "review_capacity"
METHOD = "queue_anytime"
# hours of a working week: the share of it that people have for reviews is there at every hour of it
WORKING_HOURS = 40
# of reviews, as of calls
LATE_SHARE = 0.05
# how much two weeks differ is seen in two weeks
LEAST_WEEKS = 2
# of fewer the bound of their mean does not hold where some reviews take far longer than most: five
# of lognormal length with sigma 1.5 are covered in 86 % of worlds, a hundred in 95 %
LEAST_TIMED = 100


def review_capacity(
    connection: "duckdb.DuckDBPyConnection",
    context: Context,
    volumes: Volumes,
    accounts: Sequence[Estimate],
) -> list[Estimate]:
    """Load of the class's review pool, and its late reviews on the scale of the load.

    A pool is an error while the input of one of its classes is not accounted for.
    """
    accounted = {item.decision_class for item in accounts if item.bound == 0}
    # nothing of theirs has landed: there is nothing to say, and nothing is broken
    silent = {item.decision_class for item in accounts if item.status == "insufficient"}
    queues = read_queues(connection, context, volumes)
    pools: dict[str, list[str]] = {}
    for each in context.classes:
        pools.setdefault(each.review_pool, []).append(each.decision_class)
    rows = []
    for item in context.judged(CRITERION):
        members = pools[item.review_pool]
        open_class = next((name for name in members if name not in accounted), None)
        if open_class and item.review_pool:
            reason = f"{open_class} of the pool is not accounted for"
            cell = Cell(item.decision_class)
            if silent.issuperset(set(members) - accounted):
                rows.append(insufficient(context, CRITERION, cell, reason, Basis(METHOD)))
            else:
                rows.append(broken(context, CRITERION, cell, reason))
        else:
            end = context.window(item.decision_class).weeks_end
            queue = queues.get((item.review_pool, end), Queue()) if end else Queue()
            rows.append(_row(context, item, queue))
    return rows


def _row(context: Context, item: DecisionClass, queue: Queue) -> Estimate:
    name = item.decision_class
    cell, window = Cell(name), context.window(name)
    unseen = context.lost(name).recent_reviews
    basis = Basis(
        METHOD,
        n=queue.reviews,
        n_effective=queue.every.timed,
        n_missing=max(queue.untimed, 0) + unseen,
        window_start=window.weeks_start,
        window_end=window.weeks_end,
        newest=window.weeks_end,
    )
    if context.thresholds[CRITERION, name].problem:
        return broken(context, CRITERION, cell, None)
    if reason := _lacking(item, queue, window.weeks, unseen):
        return insufficient(context, CRITERION, cell, reason, basis)
    return row(context, CRITERION, cell, basis, _finding(context, item, queue))


def _lacking(item: DecisionClass, queue: Queue, weeks: int, unseen: int) -> str | None:
    """Why nothing can be said of the pool, the first of all reasons."""
    reasons = {
        "no review pool": queue.pool.seconds_per_week <= 0,
        "no limit for the wait of a review": not item.review_wait_minutes,
        "no complete week": weeks < 1,
        "no reviews": queue.reviews <= 0,
        "no handling times": queue.every.timed <= 0 or queue.every.seconds <= 0,
        f"{unseen} reviews that nobody can read": unseen > 0,
        # a review without its time may be the longest of all
        f"{queue.untimed} of {queue.reviews} reviews without handling time": queue.untimed > 0,
        "no day without too much to do": queue.calm.timed <= 0 or queue.calm.seconds <= 0,
        f"{queue.calm.timed} of {LEAST_TIMED} reviews on days without too much to do": (
            queue.calm.timed < LEAST_TIMED
        ),
        f"{queue.unplaced} reviews of which nobody knows when they came": queue.unplaced > 0,
        f"{weeks} of {LEAST_WEEKS} complete weeks": weeks < LEAST_WEEKS,
    }
    return next((reason for reason, is_so in reasons.items() if is_so), None)


def _finding(context: Context, item: DecisionClass, queue: Queue) -> Finding:
    name, limit = item.decision_class, int(item.review_wait_minutes or 0)
    weeks = context.window(name).weeks
    alpha = context.alpha(CRITERION, Cell(name))
    scale = float(context.thresholds[CRITERION, name].threshold) / LATE_SHARE
    late = queue.late(limit)
    half = alpha / 2
    busiest = float(queue.arrivals.sum(axis=0).max())
    mean, worst = (
        outlook(queue, seconds, per_week, per_hour, 60.0 * limit)
        for seconds, per_week, per_hour in (
            (queue.handling(half).mean, queue.reviews / weeks, busiest / weeks),
            (
                queue.handling(half).upper,
                float(poisson_upper(queue.reviews, weeks, half)),
                float(poisson_upper(busiest, weeks, half)),
            ),
        )
    )
    seen = float(anytime_upper(late, queue.reviews, LATE_SHARE, alpha))
    least = float(poisson_lower(queue.reviews, weeks, half)) * queue.handling(half).lower
    proven_late = float(clopper_pearson(late, queue.reviews, alpha)[0])
    reason = (
        f"busiest hour: load {mean.load:.3g}, wait {mean.wait.seconds / 60:.3g} min,"
        f" {mean.wait.late:.2%} over {limit} min; {late} of {queue.reviews} waited longer"
    )
    return Finding(
        max(mean.load, scale * mean.wait.late, scale * late / queue.reviews),
        max(worst.load, scale * worst.wait.late, scale * seen),
        max(least / queue.pool.seconds_per_week, scale * proven_late),
        reason,
    )


class Outlook(NamedTuple):
    """The larger of the week's and the busiest hour's load, and the wait in that hour."""

    load: float
    wait: Wait


def outlook(
    queue: Queue, seconds: float, per_week: float, per_hour: float, limit: float
) -> Outlook:
    """What comes at the level asked for, at these rates and this handling time in seconds."""
    pool = queue.pool
    people = pool.people * min(pool.hours_per_week / WORKING_HOURS, 1.0)
    desk = Desk(people, seconds, queue.variability())
    weekly = queue.growth * per_week * seconds / pool.seconds_per_week
    busy = queue.growth * per_hour
    return Outlook(max(weekly, desk.load(busy)), wait(desk, busy, limit))
