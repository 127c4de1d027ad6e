"""Many classes at once: what Benjamini-Hochberg and e-BH would make of their evidence. Pure.

Both let one class help another, so they are shown beside the verdicts, which never read them.
"""

from collections.abc import Callable

import numpy as np

from dagster_project.evidence.estimates.bounds import Array, Flags

# evidence beyond these is not told apart
SMALLEST_LEVEL, LARGEST_LEVEL = 1e-12, 1.0 - 1e-9
# 27.6 nats in 2^10 steps: levels to 3 %, always rounded up
BISECTIONS = 10


def benjamini_hochberg(p_values: Array) -> Array:
    """Adjusted p-values: at most the share q of the classes with q or less is wrong on average.

    Holds for independent classes. The smallest m p / rank of a class and all less certain ones.
    """
    count = len(p_values)
    order = np.argsort(p_values, kind="stable")
    scaled = p_values[order] * count / np.arange(1, count + 1)
    adjusted = np.empty(count)
    adjusted[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return np.minimum(adjusted, 1.0)


def e_benjamini_hochberg(e_values: Array) -> Array:
    """Adjusted e-values: at most the share q of the classes with 1 / q or more is wrong on average.

    Holds however classes hang together. The largest e x rank / m of a class and all weaker ones.
    """
    count = len(e_values)
    order = np.argsort(-e_values, kind="stable")
    scaled = e_values[order] * np.arange(1, count + 1) / count
    adjusted = np.empty(count)
    adjusted[order] = np.maximum.accumulate(scaled[::-1])[::-1]
    return adjusted


def smallest_level(is_proven: Callable[[Array], Flags], count: int) -> Array:
    """Per class the smallest alpha at which it is proven, rounded up; 1 where none does.

    ``is_proven`` maps an alpha per class to booleans and must be monotone.
    """
    low = np.full(count, np.log(SMALLEST_LEVEL))
    high = np.full(count, np.log(LARGEST_LEVEL))
    is_any = is_proven(np.exp(high))
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        met = is_proven(np.exp(middle))
        high = np.where(met, middle, high)
        low = np.where(met, low, middle)
    return np.where(is_any, np.exp(high), 1.0)
