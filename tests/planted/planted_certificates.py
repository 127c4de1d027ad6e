"""Promotions by the product's own decider: the certificate, with its alarms, at every look."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import numpy as np
from planted_figures import ALPHA, Figure, noise, seldom
from weekly_worlds import passes

from dagster_project.evidence.estimates.bounds import Whole
from dagster_project.evidence.estimates.context import Cell, Context, Threshold

LIMIT, BAD, GOOD, HALF = 0.05, 0.0501, 0.02, 0.025
DAYS, PER_DAY, WEEKS = 90, 40, 13
PER_WEEK = 7 * PER_DAY
# of a segment, or a small class
A_WEEK = 56
# failures and successes that a prior gains at a weight of a quarter, by what was lent
LENDERS = {
    "4_of_4000": (1.0, 999.0),
    "60_of_1200": (15.0, 285.0),
    "2000_of_10000": (500.0, 2_000.0),
    "2000_of_2000": (500.0, 0.0),
}
SEGMENTS = tuple(f"region={number}" for number in range(12))


def certificates(worlds: int) -> Iterator[Figure]:
    """Bad classes that are ever promoted; good ones that are, and stay so; those that turn bad."""
    dice = np.random.default_rng(20250402)
    yield seldom("false_promotions_certificate_two_strata_daily", _two_strata(dice, worlds), worlds)
    bad = _weekly(dice, worlds, BAD)
    for name, lent in LENDERS.items():
        share = float(_passes(bad, borrowed=lent).any(axis=1).mean())
        yield seldom(f"false_promotions_lender_{name}", share, worlds)
    found = _passes(_weekly(dice, worlds, GOOD)).any(axis=1)
    yield Figure("true_promotions_certificate", float(found.mean()), worlds, at_least=0.99)
    # fewer than the 732 trials by which four of five classes with half the limit are promoted
    soon = _passes(dice.binomial(60, GOOD, (worlds, 12)), trials=60).any(axis=1)
    yield Figure("promoted_within_720_at_2pct", float(soon.mean()), worlds, at_least=0.8)
    yield from segments(worlds)
    yield from over_time(worlds)


def over_time(worlds: int) -> Iterator[Figure]:
    """Proofs that stand, and those that an alarm takes back."""
    dice = np.random.default_rng(20250403)
    # few trials a week: the bound of the newest weeks alone crosses the limit to and fro
    half = _passes(dice.binomial(A_WEEK, HALF, (worlds, 2 * WEEKS)), A_WEEK)
    is_lost = (half[:, :-1] & ~half[:, 1:]).any(axis=1)
    # a proof stands until an alarm, and a false one has a chance of 1 in 1,000 a week
    chance = 2 * WEEKS / 1_000
    bar = chance + noise(chance, worlds)
    yield Figure("good_proofs_lost_in_26_weeks", float(is_lost.mean()), worlds, at_most=bar)
    drift = np.repeat([0.01, 4 * LIMIT], [WEEKS - 5, 5])
    turned = _passes(dice.binomial(PER_WEEK, drift, (worlds, WEEKS)))
    before, after = float(turned[:, WEEKS - 6].mean()), float(turned[:, -1].mean())
    yield Figure("promoted_before_it_turned_bad", before, worlds, at_least=0.99)
    yield Figure("still_promoted_5_weeks_after", after, worlds, at_most=0.01)


def _two_strata(dice: np.random.Generator, worlds: int) -> float:
    """Thirty trials a day wrong in 4 % and ten wrong in 8.04 %: 5.01 % in all, looked at daily."""
    sizes, rates = np.array([[[30], [10]]]), np.array([[[0.04], [0.0804]]])
    failures = dice.binomial(sizes, rates, (worlds, 2, DAYS))
    trials = np.broadcast_to(sizes, failures.shape)
    return float(passes(trials, failures, ALPHA, LIMIT, looks_a_week=7).any(axis=1).mean())


def segments(worlds: int) -> Iterator[Figure]:
    """Classes of which some segment is ever promoted, where every one is wrong in 5.01 %."""
    dice = np.random.default_rng(20250404)
    context = Context(
        as_of=date(2025, 3, 31),
        known_batch="",
        classes=(),
        thresholds={("accuracy", "c"): Threshold(Decimal(str(LIMIT)), ALPHA)},
        parts={("c", segment): len(SEGMENTS) for segment in SEGMENTS},
    )
    alpha = context.alpha("accuracy", Cell("c", SEGMENTS[0]))
    failures = dice.binomial(A_WEEK, BAD, (worlds * len(SEGMENTS), WEEKS))
    found = passes(np.full(failures.shape, A_WEEK), failures, alpha, LIMIT).any(axis=1)
    share = float(found.reshape(worlds, -1).any(axis=1).mean())
    yield seldom("false_promotions_of_12_segments", share, worlds)


def _weekly(dice: np.random.Generator, worlds: int, rate: float) -> Whole:
    return dice.binomial(PER_WEEK, rate, (worlds, WEEKS))


def _passes(
    failures: Whole, trials: int = PER_WEEK, borrowed: tuple[float, float] = (0.0, 0.0)
) -> np.ndarray:
    size = np.full(failures.shape, trials)
    return passes(size, failures, ALPHA, LIMIT, borrowed=borrowed)
