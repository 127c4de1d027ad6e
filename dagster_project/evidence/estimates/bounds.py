"""Bounds of rates and counts. Pure: arrays in, arrays out, never NaN, no database.

All arguments broadcast; rates are shares (0-1); ``alpha`` is one-sided. What cannot be a count
(NaN, negative, more failures than trials) raises ValueError that names it.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import (
    betainc,
    betaincinv,
    betaln,
    gammainccinv,
    gammaincinv,
    ndtri,
)

from dagster_project.evidence.estimates.mixed_trials import LEAST_MASS, log_e_mixed

Array = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# half a failure in half a trial of the limit's size, registered before any data
PRIOR_FAILURES = 0.5
# 2^-48 = 4e-15 wide: five digits below the nine that are stored
BISECTIONS = 48
# of what lies between the rate and the bound of whole trials, a hundredth or less as a rule
MIXED_BISECTIONS = 34


class Prior(NamedTuple):
    """Failures and successes that a bound begins with, fixed before any data of the class."""

    failures: Array
    successes: Array


def registered_prior(limit: npt.ArrayLike) -> Prior:
    """Half a failure, and the successes that make it a trial's share of ``limit``."""
    aim = _open_unit("limit", limit)
    return Prior(np.full(aim.shape, PRIOR_FAILURES), np.asarray(PRIOR_FAILURES / aim))


def log_e(
    k: npt.ArrayLike,
    n: npt.ArrayLike,
    p0: npt.ArrayLike,
    limit: npt.ArrayLike,
) -> Array:
    """Log of the e-value against "the failure rate is p0 or more", k failures in n trials.

    The prior Beta(1/2, 1/2 ÷ limit) is cut at p0: without the cut a terrible class (30 errors in
    100 against 5 %) reaches E = 2e12. -inf means E = 0. Raises ValueError for what cannot be.
    """
    failures, trials = _counts(k, n)
    return log_e_under(failures, trials, _open_unit("p0", p0), registered_prior(limit))


def log_e_under(k: Array, n: Array, p0: Array, prior: Prior, mixed: npt.ArrayLike = 0.0) -> Array:
    """The same for a prior of any shape; counts and p0 are taken to be sound. A prior that leaves
    nothing below p0 gives E = 0, never more than there is. ``mixed``: sum of X (1 - X) over trials
    of which the share X failed; 0 where every trial is all right or all wrong."""
    whole = _log_e_whole(k, n, p0, prior)
    if not np.any(mixed):
        return whole
    parts = np.asarray(mixed, dtype=np.float64)
    cells = [cell.ravel() for cell in np.broadcast_arrays(k, n, parts, p0, *prior, whole)]
    is_mixed = cells[2] > 0
    found = cells[-1].copy()
    found[is_mixed] = log_e_mixed(*(cell[is_mixed] for cell in cells[:-1]))
    return found.reshape(np.broadcast(whole, parts).shape)


def _log_e_whole(k: Array, n: Array, p0: Array, prior: Prior) -> Array:
    a, b = prior
    mass = betainc(a, b, p0)
    kept = np.where(mass > LEAST_MASS, betainc(k + a, n - k + b, p0), 0.0)
    with np.errstate(divide="ignore"):
        cut = np.log(kept) - np.log(np.maximum(mass, LEAST_MASS))
    weight = betaln(k + a, n - k + b) - betaln(a, b) + cut
    return np.asarray(weight - (k * np.log(p0) + (n - k) * np.log1p(-p0)), dtype=np.float64)


def anytime_upper(
    k: npt.ArrayLike, n: npt.ArrayLike, limit: npt.ArrayLike, alpha: npt.ArrayLike
) -> Array:
    """Upper bound of a failure rate that holds at every look: the largest p with E(p) < 1/alpha.

    k may be fractional (scores); n = 0 and k = n give 1. Raises ValueError for impossible counts.
    """
    return upper_under(k, n, registered_prior(limit), alpha)


def upper_under(
    k: npt.ArrayLike,
    n: npt.ArrayLike,
    prior: Prior,
    alpha: npt.ArrayLike,
    mixed: npt.ArrayLike = 0.0,
) -> Array:
    """The same for a prior of any shape, fixed before the first trial, and ``mixed`` trials.

    More ``mixed`` than any trials with this sum can be counts as the most that they can be.
    """
    failures, trials = _counts(k, n)
    most = failures * (1.0 - failures / np.maximum(trials, 1.0))
    parts = np.minimum(_finite("mixed", mixed), most)
    cells = np.broadcast_arrays(failures, trials, *prior, _open_unit("alpha", alpha), parts)
    shape = cells[0].shape
    # most cells of a company look alike (nothing seen yet): solve each kind once
    columns = [cell.ravel() for cell in cells]
    first, kind_of = _kinds(columns)
    kinds = np.stack([column[first] for column in columns])
    solved = np.ones(kinds.shape[1])
    is_open = kinds[0] < kinds[1]
    start = kinds[0, is_open] / kinds[1, is_open]
    whole = (*kinds[:-1, is_open], np.zeros_like(start))
    solved[is_open] = _bisect_upper(whole, start, np.ones_like(start), BISECTIONS)
    is_mixed = is_open & (kinds[-1] > 0)
    if is_mixed.any():
        own = tuple(kinds[:, is_mixed])
        start = own[0] / own[1]
        # the third sum can only lower the bound
        solved[is_mixed] = _bisect_upper(own, start, solved[is_mixed], MIXED_BISECTIONS)
    return solved[kind_of].reshape(shape)


def _kinds(columns: list[Array]) -> tuple[Whole, Whole]:
    """A place of each kind of row, and the kind of every place.

    Column by column: ``np.unique`` of whole rows compares them as bytes, six times slower. A column
    of one value tells no rows apart.
    """
    kind_of = np.zeros(len(columns[0]), dtype=np.int64)
    first = kind_of[:1]
    for column in (each for each in columns if np.any(each != each[:1])):
        values, code = np.unique(column, return_inverse=True)
        pairs = kind_of * len(values) + code
        _, first, kind_of = np.unique(pairs, return_index=True, return_inverse=True)
    return first, kind_of


def _bisect_upper(kinds: tuple[Array, ...], low: Array, high: Array, steps: int) -> Array:
    # E < 1 up to k/n, and from there to 1 it crosses 1/alpha once (checked on a grid in tests)
    k, n, a, b, alpha, mixed = kinds
    wanted = -np.log(alpha)
    for _ in range(steps):
        middle = (low + high) / 2
        inside = middle < 1.0
        tested = np.where(inside, middle, 0.5)
        is_refuted = ~inside | (log_e_under(k, n, tested, Prior(a, b), mixed) >= wanted)
        high = np.where(is_refuted, middle, high)
        low = np.where(is_refuted, low, middle)
    return high


def anytime_lower(
    successes: npt.ArrayLike, n: npt.ArrayLike, floor: npt.ArrayLike, alpha: npt.ArrayLike
) -> Array:
    """Lower bound of a success rate at every look: 1 - upper bound of its failures at 1 - floor."""
    trials = np.asarray(n, dtype=np.float64)
    failures = trials - np.asarray(successes, dtype=np.float64)
    return 1.0 - anytime_upper(failures, trials, 1.0 - _open_unit("floor", floor), alpha)


def clopper_pearson(
    k: npt.ArrayLike, n: npt.ArrayLike, alpha: npt.ArrayLike
) -> tuple[Array, Array]:
    """Exact one-off bounds (lower, upper), each one-sided at alpha; n = 0 gives (0, 1)."""
    failures, trials = _counts(k, n)
    failures, trials, level = np.broadcast_arrays(failures, trials, _open_unit("alpha", alpha))
    has_failure, has_success = failures > 0, failures < trials
    lower = betaincinv(np.where(has_failure, failures, 1.0), trials - failures + 1.0, level)
    upper = betaincinv(failures + 1.0, np.where(has_success, trials - failures, 1.0), 1.0 - level)
    return np.where(has_failure, lower, 0.0), np.where(has_success, upper, 1.0)


def wilson(k: npt.ArrayLike, n: npt.ArrayLike, alpha: npt.ArrayLike) -> tuple[Array, Array]:
    """Score interval (lower, upper) for display, alpha on each side; n = 0 gives (0, 1)."""
    failures, trials = _counts(k, n)
    z = ndtri(1.0 - _open_unit("alpha", alpha))
    size = np.maximum(trials, 1.0)
    share, slack = failures / size, z * z / size
    centre = (share + slack / 2) / (1 + slack)
    half = z * np.sqrt(share * (1 - share) / size + slack / (4 * size)) / (1 + slack)
    is_empty = trials == 0
    lower = np.where(is_empty | (failures == 0), 0.0, np.maximum(centre - half, 0.0))
    upper = np.where(is_empty | (failures == trials), 1.0, np.minimum(centre + half, 1.0))
    return lower, upper


def is_refuted(k: Array, n: Array, p: Array, prior: Prior, alpha: Array, mixed: Array) -> Flags:
    """Whether "the failure rate is p or more" is refuted at ``alpha``, at every look.

    Where it is not, ``upper_under`` is p or more. ``p`` of 1 is asked just below it.
    """
    null = np.clip(p, 1e-12, 1.0 - 1e-12)
    evidence: Flags = log_e_under(k, n, null, prior, mixed) >= -np.log(alpha)
    return evidence


def poisson_lower(count: npt.ArrayLike, exposure: npt.ArrayLike, alpha: npt.ArrayLike) -> Array:
    """Exact lower bound of events per unit of exposure; 0 events give 0."""
    events, units = _events(count, exposure)
    level = _open_unit("alpha", alpha)
    quantile = gammaincinv(np.where(events > 0, events, 1.0), level)
    return np.asarray(np.where(events > 0, quantile, 0.0) / units, dtype=np.float64)


def poisson_upper(count: npt.ArrayLike, exposure: npt.ArrayLike, alpha: npt.ArrayLike) -> Array:
    """Exact upper bound of events per unit of exposure; 0 events give log(1/alpha)."""
    events, units = _events(count, exposure)
    return np.asarray(
        gammainccinv(events + 1.0, _open_unit("alpha", alpha)) / units, dtype=np.float64
    )


def normal_quantile(alpha: float) -> float:
    """The z with P(Z > z) = alpha: 1.644854 at 0.05."""
    return float(ndtri(1.0 - alpha))


def _counts(k: npt.ArrayLike, n: npt.ArrayLike) -> tuple[Array, Array]:
    failures, trials = np.broadcast_arrays(_finite("failures k", k), _finite("trials n", n))
    is_excess = failures > trials
    if bool(np.any(is_excess)):
        raise ValueError(
            f"failures k = {failures[is_excess].flat[0]} exceed "
            f"trials n = {trials[is_excess].flat[0]}"
        )
    return failures, trials


def _events(count: npt.ArrayLike, exposure: npt.ArrayLike) -> tuple[Array, Array]:
    events, units = np.broadcast_arrays(_finite("count", count), _finite("exposure", exposure))
    if bool(np.any(units <= 0)):
        raise ValueError(f"exposure {units[units <= 0].flat[0]} is not positive")
    return events, units


def _finite(name: str, value: npt.ArrayLike) -> Array:
    array = np.asarray(value, dtype=np.float64)
    is_wrong = ~np.isfinite(array) | (array < 0)
    if bool(np.any(is_wrong)):
        raise ValueError(f"{name} = {array[is_wrong].flat[0]} is no count")
    return array


def _open_unit(name: str, value: npt.ArrayLike) -> Array:
    array = np.asarray(value, dtype=np.float64)
    is_wrong = ~((array > 0) & (array < 1))
    if bool(np.any(is_wrong)):
        raise ValueError(f"{name} = {array[is_wrong].flat[0]} is not between 0 and 1")
    return array
