"""Subjects that bring ten decisions each: losses are covered."""

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


def clusters(worlds: int) -> Iterator[Figure]:
    """Value at risk by subjects in four weeks and true error."""
    dice = np.random.default_rng(55)
    for subjects, error in ((20, 0.04), (40, 0.02), (100, 0.04), (400, 0.02)):
        volume = poisson_upper(dice.poisson(subjects, worlds) * SIZE, WEEKS, ALPHA / 2)
        bound = error_bound(dice, worlds, 500, error, ALPHA / 2)
        is_covered = volume * bound >= subjects * SIZE / WEEKS * error
        name = f"loss_of_{subjects}_subjects_at_{error:g}"
        yield coverage(name, float(np.mean(is_covered)), worlds)


def error_bound(
    dice: np.random.Generator, worlds: int, subjects: int, error: float, alpha: float
) -> Array:
    """Upper bounds of an error whose subjects have correlated decisions."""
    failures, mixed = error_sums(dice, worlds, subjects, error)
    trials, limit = np.full(worlds, float(subjects)), np.full(worlds, LIMIT)
    return upper_under(failures, trials, registered_prior(limit), np.full(worlds, alpha), mixed)


def error_sums(
    dice: np.random.Generator, worlds: int, subjects: int, error: float
) -> tuple[Array, Array]:
    """Sums over the subjects of each world: of the share X that is wrong, and of X (1 - X)."""
    size = 1 / CORRELATION - 1
    rate = dice.beta(error * size, (1 - error) * size, (worlds, subjects))
    share = dice.binomial(SIZE, rate) / SIZE
    return share.sum(axis=1), (share * (1 - share)).sum(axis=1)
