"""Rules that promote a class on k failures in n, as the most failures each of them allows."""

from collections.abc import Callable

import numpy as np
from planted_figures import ALPHA

from dagster_project.evidence.estimates.bounds import (
    Array,
    Flags,
    Whole,
    clopper_pearson,
    log_e,
    wilson,
)

Rule = Callable[[Array, Array, float], Flags]
DAYS, PER_DAY = 90, 40
LOOKS = PER_DAY * np.arange(1, DAYS + 1)


def at_every_look(k: Array, n: Array, limit: float) -> Flags:
    """The product's own: refuted at the limit when the e-value reaches 1 / alpha."""
    return np.asarray(log_e(k, n, limit, limit) >= -np.log(ALPHA))


RULES: dict[str, Rule] = {
    "anytime": at_every_look,
    "point": lambda k, n, limit: k / n <= limit,
    "wilson": lambda k, n, limit: wilson(k, n, ALPHA)[1] <= limit,
    "clopper_pearson": lambda k, n, limit: clopper_pearson(k, n, ALPHA)[1] <= limit,
}


def most_failures(rule: Rule, sizes: Whole, limit: float) -> Whole:
    """Per sample size the most failures that pass; -1 = none does.

    Every rule here passes fewer failures if it passes more, which is checked.
    """
    k = np.arange(int(limit * sizes.max()) + 2)[:, None]
    is_whole = k <= sizes
    passes = rule(np.minimum(k, sizes), sizes + 0.0 * k, limit) & is_whole
    assert np.all(passes[1:] <= passes[:-1])
    return passes.sum(axis=0) - 1


def ever_promoted(failures: Whole, rule: Rule, sizes: Whole, limit: float) -> float:
    """Share of worlds (rows) that pass at one look or more; ``failures`` are running totals."""
    return float((failures <= most_failures(rule, sizes, limit)).any(axis=1).mean())


def daily_failures(dice: np.random.Generator, worlds: int, rate: float, days: int = DAYS) -> Whole:
    """Running totals of failures, worlds × days, PER_DAY independent trials a day."""
    return dice.binomial(PER_DAY, rate, size=(worlds, days)).cumsum(axis=1)
