"""Subjects that bring ten decisions each: losses are covered; what repeated costs may hide."""

from collections.abc import Iterator

import numpy as np
from planted_figures import ALPHA, Figure, coverage

from dagster_project.evidence.estimates.bounds import (
    Array,
    poisson_upper,
    registered_prior,
    upper_under,
)

SIZE, CORRELATION, LIMIT = 10, 0.3, 0.05
WEEKS = 4
# a class over its budget by so much, in the long run
OVER = 1.05


def clusters(worlds: int) -> Iterator[Figure]:
    """Value at risk by subjects in four weeks and true error; cost by subjects and spread."""
    dice = np.random.default_rng(55)
    for subjects, error in ((20, 0.04), (40, 0.02), (100, 0.04), (400, 0.02)):
        volume = poisson_upper(dice.poisson(subjects, worlds) * SIZE, WEEKS, ALPHA / 2)
        bound = error_bound(dice, worlds, 500, error, ALPHA / 2)
        is_covered = volume * bound >= subjects * SIZE / WEEKS * error
        name = f"loss_of_{subjects}_subjects_at_{error:g}"
        yield coverage(name, float(np.mean(is_covered)), worlds)
    for subjects in (100, 500):
        for sigma in (0.5, 1.0):
            bound = error_bound(dice, worlds, subjects, 0.02, ALPHA)
            cost = dice.lognormal(-(sigma**2) / 2, sigma, (worlds, subjects)).mean(axis=1)
            is_passed = cost / (1 - bound) <= 1 / (1 - 0.02) / OVER
            name = f"cost_5_percent_over_{subjects}_subjects_sigma_{sigma:g}"
            yield Figure(name, float(np.mean(is_passed)), worlds)


def error_bound(
    dice: np.random.Generator, worlds: int, subjects: int, error: float, alpha: float
) -> Array:
    """Upper bounds of an error whose subjects have correlated decisions."""
    size = 1 / CORRELATION - 1
    rate = dice.beta(error * size, (1 - error) * size, (worlds, subjects))
    share = dice.binomial(SIZE, rate) / SIZE
    failures, mixed = share.sum(axis=1), (share * (1 - share)).sum(axis=1)
    trials, limit = np.full(worlds, float(subjects)), np.full(worlds, LIMIT)
    return upper_under(failures, trials, registered_prior(limit), np.full(worlds, alpha), mixed)
