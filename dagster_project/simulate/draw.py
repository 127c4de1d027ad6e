"""Seeded draws that are the same on every machine and Python version.

Only ``Random.random()`` is used: its sequence is the one thing the standard library promises to
keep for a seed. Everything else is arithmetic on it, one uniform per draw.
"""

import hashlib
from math import exp, log
from random import Random
from statistics import NormalDist

_NORMAL = NormalDist()
# exp(-700) is near the smallest double; larger means are summed from parts
_LARGEST_MEAN = 500.0


class Stream(Random):
    """Foreseeable on purpose. The audit draw must not be: ``contracts.audit_draw``."""


def stream(seed: int, *parts: object) -> Stream:
    """A generator of its own for each purpose, so that one draw more here moves nothing there."""
    text = "|".join(map(str, (seed, *parts)))
    return Stream(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]))


def below(rng: Random, count: int) -> int:
    """A whole number in [0, count)."""
    return int(rng.random() * count)


def chance(rng: Random, probability: float) -> bool:
    """True with the given probability; never at 0, always at 1."""
    return rng.random() < probability


def pick(rng: Random, shares: tuple[tuple[str, float], ...]) -> str:
    """A name by its share; shares sum to 1, the last name takes what rounding leaves."""
    point = rng.random()
    for name, share in shares:
        point -= share
        if point < 0:
            return name
    return shares[-1][0]


def normal(rng: Random) -> float:
    """Standard normal, by inversion."""
    # random() may return 0.0, where the inverse has no value
    return _NORMAL.inv_cdf(max(rng.random(), 1e-12))


def lognormal(rng: Random, median: float, sigma: float) -> float:
    """Lognormal by its median (unit of the caller) and the sigma of its logarithm."""
    return median * exp(sigma * normal(rng))


def exponential(rng: Random, mean: float) -> float:
    """Exponential by its mean (unit of the caller)."""
    return -mean * log(1.0 - rng.random())


def poisson(rng: Random, mean: float) -> int:
    """Poisson count: how many uniforms multiply to more than exp(-mean)."""
    count = 0
    while mean > _LARGEST_MEAN:
        count += poisson(rng, _LARGEST_MEAN)
        mean -= _LARGEST_MEAN
    limit, product = exp(-mean), rng.random()
    while product > limit:
        count += 1
        product *= rng.random()
    return count
