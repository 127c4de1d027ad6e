"""Coverage of every 95 % bound that a pass rests on, over worlds whose truth is planted."""

from collections.abc import Iterator

import numpy as np
import planted_company as company
from planted_company import Plan
from planted_costs import priced
from planted_figures import ALPHA, Figure, coverage
from planted_returns import returns
from planted_rules import LOOKS, daily_failures, most_failures

from dagster_project.evidence.estimates.autonomy_fit import value_at_risk
from dagster_project.evidence.estimates.bounds import (
    anytime_lower,
    anytime_upper,
    clopper_pearson,
    log_e,
    poisson_lower,
    poisson_upper,
    wilson,
)
from dagster_project.evidence.estimates.context import Cell, Estimate
from dagster_project.evidence.estimates.costs import cost_per_decision
from dagster_project.evidence.estimates.errors import error_bounds
from dagster_project.evidence.estimates.review_capacity import LEAST_TIMED
from dagster_project.evidence.estimates.review_queues import Queue, Times
from dagster_project.evidence.estimates.shares import Share, share_estimates

# true rate, trials, registered limit
RATES = (
    # none wrong in 20: the worst place for an interval that is only about right
    (0.13, 20, 0.05),
    (0.05, 20, 0.05),
    (0.05, 100, 0.05),
    (0.05, 1_000, 0.05),
    (0.30, 300, 0.05),
    (0.01, 400, 0.05),
    (0.01, 2_000, 0.01),
    (0.001, 5_000, 0.001),
)
EVENTS = (3.0, 4.0, 20.0, 400.0)
# reviews in four weeks: handling times are lognormal, so few of them are the hard case
# mean number and sigma of their lognormal length; fewer than about 100 are not judged
REVIEWS = ((130, 0.5), (130, 1.5), (1_000, 0.5), (1_000, 1.5))
DETECTION = 0.8
STRATA = {
    # so large that the bound is tight, and forgotten reviewers or volumes would show
    "large": [Plan(200_000, 0.1, 0.05)],
    "one": [Plan(9_000, 0.05, 0.05)],
    "route": [Plan(8_000, 0.05, 0.02), Plan(2_000, 1.0, 0.17)],
    "many": [Plan(5_000, 0.02, 0.01), Plan(3_000, 0.1, 0.08), Plan(500, 0.5, 0.2)],
}


def coverages(worlds: int) -> Iterator[Figure]:
    """All bounds of rates and counts, then the products made of them."""
    yield from rates(worlds)
    yield from looks(worlds)
    yield from counts(worlds)
    yield from shares(worlds)
    yield from errors(worlds)
    yield from money(worlds)
    # a series takes 2 ms
    yield from returns(worlds // 5)
    yield from reviews(worlds)


def rates(worlds: int) -> Iterator[Figure]:
    """One look at a binomial count, by every bound there is."""
    dice = np.random.default_rng(1)
    for rate, n, limit in RATES:
        k = dice.binomial(n, rate, worlds)
        label = f"{rate * 1000:g}_permille_n{n}"
        upper = anytime_upper(k, n, limit, ALPHA)
        yield coverage(f"cover_anytime_upper_{label}", (upper >= rate).mean(), worlds)
        lower = anytime_lower(n - k, n, 1 - limit, ALPHA)
        yield coverage(f"cover_anytime_lower_{label}", (lower <= 1 - rate).mean(), worlds)
        one_off = clopper_pearson(k, n, ALPHA)
        yield coverage(f"cover_clopper_lower_{label}", (one_off[0] <= rate).mean(), worlds)
        yield coverage(f"cover_clopper_upper_{label}", (one_off[1] >= rate).mean(), worlds)
        # for display only, so without a bar
        shown = wilson(k, n, ALPHA)[1] >= rate
        yield Figure(f"cover_wilson_upper_{label}", float(shown.mean()), worlds)


def looks(worlds: int) -> Iterator[Figure]:
    """A bound below the truth at one of ninety looks is not covered, whatever it said before."""
    dice = np.random.default_rng(2)
    for rate, limit in ((0.05, 0.05), (0.02, 0.05), (0.01, 0.01), (0.2, 0.05)):
        k = daily_failures(dice, worlds, rate)
        # the bound is below the truth exactly where the truth is refuted
        refuted = most_failures(
            lambda k, n, p, limit=limit: log_e(k, n, p, limit) >= -np.log(ALPHA), LOOKS, rate
        )
        is_covered = ~(k <= refuted).any(axis=1)
        label = f"cover_90_looks_{rate * 1000:g}_permille_limit_{limit * 1000:g}"
        yield coverage(label, is_covered.mean(), worlds)


def counts(worlds: int) -> Iterator[Figure]:
    """Poisson events over four weeks."""
    dice = np.random.default_rng(3)
    for mean in EVENTS:
        count = dice.poisson(mean, worlds)
        lower, upper = (poisson_lower(count, 4, ALPHA), poisson_upper(count, 4, ALPHA))
        yield coverage(f"cover_poisson_lower_{mean:g}", (lower <= mean / 4).mean(), worlds)
        yield coverage(f"cover_poisson_upper_{mean:g}", (upper >= mean / 4).mean(), worlds)


def shares(worlds: int) -> Iterator[Figure]:
    """Shares of which a part cannot be read, and every unit that cannot be read had failed."""
    for criterion, limit in (("latency", 0.05), ("reconciled", 0.02)):
        for unreadable in (0.0, 0.05):
            dice = np.random.default_rng(7)
            context = company.context(worlds)
            lost = dice.binomial(1_000, unreadable, worlds)
            seen = dice.binomial(1_000 - lost, limit)
            rows = share_estimates(
                context,
                criterion,
                [
                    Share(Cell(company.name(world)), failed, 1_000 - gone, unreadable=gone)
                    for world, (failed, gone) in enumerate(
                        zip(seen.tolist(), lost.tolist(), strict=True)
                    )
                ],
            )
            true = unreadable + (1 - unreadable) * limit
            bounds = np.array([float(row.bound or 0) for row in rows])
            is_floor = criterion == "reconciled"
            is_covered = bounds <= 1 - true if is_floor else bounds >= true
            label = f"cover_share_{criterion}_{unreadable * 100:g}_pct_unreadable"
            yield coverage(label, is_covered.mean(), worlds)


def errors(worlds: int) -> Iterator[Figure]:
    """The error of a class: outcomes as labels, and reviewers who find four errors of five."""
    for label, plans in STRATA.items():
        for detection in (1.0, DETECTION):
            dice = np.random.default_rng(4)
            context = company.context(worlds, is_reviewed=detection < 1, limit=company.WIDE_LIMIT)
            strata = company.strata(dice, plans, worlds, detection=detection)
            pools = company.detections(dice, worlds, 120, detection)
            sample = company.sample(strata)
            bounds = error_bounds(context, sample, list(strata), company.alphas(worlds), pools)
            true = company.truth(plans)
            kind = "outcomes" if detection == 1 else "reviews"
            covered = (bounds.upper() >= true).mean()
            yield coverage(f"cover_error_upper_{label}_{kind}", covered, worlds)
            if detection == 1:
                covered = (bounds.lower() <= true).mean()
                yield coverage(f"cover_error_lower_{label}_{kind}", covered, worlds)


def money(worlds: int) -> Iterator[Figure]:
    """Loss a week and cost of a correct decision, by the makers of these criteria."""
    dice = np.random.default_rng(5)
    per_week, paid = 250.0, 0.1
    context = company.context(worlds, limit=company.WIDE_LIMIT)
    for label, plans in STRATA.items():
        sample = company.sample(company.strata(dice, plans, worlds))
        true = company.truth(plans)
        drawn = company.volumes(dice, worlds, per_week).tolist()
        volumes = {(company.name(world), "all"): count for world, count in enumerate(drawn)}
        rows = value_at_risk(context, sample, {}, volumes)
        loss = company.ERROR_COST * per_week * true
        yield coverage(f"cover_value_at_risk_{label}", _share_above(rows, loss), worlds)
        with priced(np.full((worlds, 100), paid), company.COST_CAP) as connection:
            rows = cost_per_decision(connection, context, sample, {})
        cost = paid / (1 - true)
        yield coverage(f"cover_cost_per_decision_{label}", _share_above(rows, cost), worlds)


def _share_above(rows: list[Estimate], true: float) -> float:
    bounds = [row.bound for row in rows if row.status == "ok" and row.bound is not None]
    assert len(bounds) == len(rows)
    return float(np.mean([float(bound) >= true for bound in bounds]))


def reviews(worlds: int) -> Iterator[Figure]:
    """Seconds of review a week: Poisson reviews with lognormal handling times."""
    dice = np.random.default_rng(6)
    median = 150.0
    for mean, sigma in REVIEWS:
        handling = median * np.exp(sigma * sigma / 2)
        is_covered = []
        for count in np.maximum(dice.poisson(mean, worlds), LEAST_TIMED).tolist():
            seconds = median * np.exp(sigma * dice.standard_normal(count))
            times = Times(count, float(seconds.sum()), float((seconds**2).sum()))
            handled = Queue(every=times, calm=times).handling(ALPHA / 2).upper
            upper = float(poisson_upper(count, company.WEEKS, ALPHA / 2)) * handled
            is_covered.append(upper >= mean / company.WEEKS * handling)
        share = float(np.mean(is_covered))
        yield coverage(f"cover_review_seconds_{mean}_sigma_{sigma}", share, worlds)
