"""The e-value of trials that fail in part: a subject of whose decisions some are wrong.

A trial with the share X of its decisions wrong is bet on as 1 + (1 - f) (p0 - X) / (1 - p0): a
fair bet against "the mean share is p0 or more", however a subject's decisions hang together.
With p = f p0, and r the odds of p over those of p0, its logarithm is at least

    X ln(p/p0) + (1 - X) ln((1-p)/(1-p0)) + X (1 - X) (-ln r - (1 - r))

exact at X of 0 and 1. (With a = 1 - r the two differ by the sum over j > 2 of
a^j/j X (1 - X) (X + ... + X^(j-2)).) So three sums over the trials are enough: 1, X and X (1 - X).
The product is averaged over the Beta prior below p0, as for whole trials. Pure: no database.
"""

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, betaln

Array = npt.NDArray[np.float64]

# the average is taken in the root of r, where the product is nearly a normal curve of one width
NODES, WEIGHTS = np.polynomial.legendre.leggauss(32)
DEVIATIONS = 10.0
CELLS_AT_ONCE = 20_000
# a prior with less mass than this below the null has none there: beyond it doubles run out
LEAST_MASS = 1e-300


def log_e_mixed(k: Array, n: Array, mixed: Array, p0: Array, a: Array, b: Array) -> Array:
    """Log of the e-value for ``n`` trials, ``k`` the sum of X and ``mixed`` that of X (1 - X).

    Flat arrays of one length, sound counts, p0 between 0 and 1, prior Beta(a, b) with a of 1/2 or
    more. ``mixed`` of 0 gives the closed form of whole trials. The average is right to eight
    digits; what it leaves out beyond ten deviations can only make E smaller.
    """
    found = np.empty(k.shape)
    for place in range(0, len(k), CELLS_AT_ONCE):
        part = slice(place, place + CELLS_AT_ONCE)
        cells = (column[part, np.newaxis] for column in (k, n, mixed, p0, a, b))
        found[part] = _log_mean(*cells)[:, 0]
    return found


def _log_mean(k: Array, n: Array, mixed: Array, p0: Array, a: Array, b: Array) -> Array:
    squares, odds = k - mixed, p0 / (1.0 - p0)
    power, size = squares + a, n + a + b
    low, high = _window(power, size, mixed, odds)
    root = (low + high) / 2 + (high - low) / 2 * NODES
    r = root * root
    log_product = (2 * power - 1) * np.log(root) - size * np.log1p(odds * r) - mixed * (1.0 - r)
    top = log_product.max(axis=1, keepdims=True)
    area = (np.exp(log_product - top) * WEIGHTS).sum(axis=1, keepdims=True) * (high - low)
    mass = betainc(a, b, p0)
    has_mass = mass > LEAST_MASS
    log_null = squares * np.log(p0) + (n - squares) * np.log1p(-p0)
    with np.errstate(divide="ignore"):
        log_prior = betaln(a, b) + np.log(np.where(has_mass, mass, 1.0))
        found = np.log(area) + top + power * np.log(odds) - log_prior - log_null
    return np.asarray(np.where(has_mass, found, -np.inf))


def _window(power: Array, size: Array, mixed: Array, odds: Array) -> tuple[Array, Array]:
    """Where the product is not negligible: the root of r around its highest point."""
    slope = (size - power) * odds - mixed
    depth = slope * slope - 4 * mixed * odds * power
    has_top = (slope > 0) & (depth > 0)
    down = np.where(has_top, slope + np.sqrt(np.maximum(depth, 0.0)), 1.0)
    top = np.where(has_top, np.minimum(2 * power / down, 1.0), 1.0)
    curve = size * odds / (1.0 + odds * top) ** 2 - mixed
    reach = DEVIATIONS / 2 / np.sqrt(np.maximum(curve, 1e-2))
    middle = np.sqrt(top)
    return np.maximum(middle - reach, 0.0), np.minimum(middle + reach, 1.0)
