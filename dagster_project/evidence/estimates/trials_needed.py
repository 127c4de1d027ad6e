"""How many trials a proof takes: clean ones, or with a registered error, for a given power.

Pure: arrays in, arrays out. Limits, errors and alphas are shares (0-1), alpha one-sided.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, xlog1py, xlogy

from dagster_project.evidence.estimates.bounds import (
    Array,
    Flags,
    Prior,
    Whole,
    log_e_under,
    registered_prior,
)

# a limit of one in a hundred million still has an answer (3.7e8 clean trials)
LARGEST_TRIALS = 10**9
# four of five classes with the planned error are promoted within the trials planned
POWER = 0.8
# failures beyond what the next step of the proof allows; who has more is not counted on
STATES = 128
KINDS_AT_ONCE = 500
# a plan with more failures than these is no plan: its error lies too near the limit
STEPS_AT_ONCE, MOST_STEPS = 32, 1024


def clean_trials_needed(limit: npt.ArrayLike, alpha: npt.ArrayLike) -> Whole:
    """Trials without one failure until the bound meets the limit: 72 for 5 % at alpha 0.05."""
    aim, level = np.broadcast_arrays(*(np.asarray(value, float) for value in (limit, alpha)))
    nothing = np.zeros(aim.shape)
    return more_clean_trials(Counted(nothing, nothing, nothing), aim, registered_prior(aim), level)


class Counted(NamedTuple):
    """Failures in trials, and units beside them that failed for certain (unreadable).

    ``mixed``: of trials that fail by a share X, the sum of X (1 - X).
    """

    failures: Array
    trials: Array
    lost: Array
    mixed: npt.ArrayLike = 0.0


def more_clean_trials(counted: Counted, target: Array, prior: Prior, alpha: Array) -> Whole:
    """Further clean trials until the bound meets ``target``; -1 when a billion do not suffice.

    Lost units weigh lost / (trials + lost), and at least
    as much as failed trials.
    """

    def is_enough(more: Whole) -> Flags:
        share = counted.lost / np.maximum(counted.trials + more + counted.lost, 1.0)
        left = (target - share) / np.maximum(1.0 - share, 1e-300)
        null = np.clip(left, 1e-12, 1.0 - 1e-12)
        mixed = counted.mixed
        evidence = log_e_under(counted.failures, counted.trials + more, null, prior, mixed)
        failed, tried = counted.failures + counted.lost, counted.trials + counted.lost + more
        inside = np.clip(target, 1e-12, 1.0 - 1e-12)
        as_failed = log_e_under(failed, tried, inside, prior, mixed)
        wanted = -np.log(alpha)
        is_met: Flags = (left > 0) & (evidence >= wanted) & (as_failed >= wanted)
        return is_met

    return smallest_count(is_enough, np.broadcast(*counted, target, *prior, alpha).shape)


def smallest_count(is_enough: Callable[[Whole], Flags], shape: tuple[int, ...]) -> Whole:
    """Per cell the smallest whole number (up to a billion) that is enough, else -1.

    ``is_enough`` maps an array of counts of ``shape`` to booleans and must be monotone.
    """
    low = np.full(shape, -1, dtype=np.int64)
    high = np.full(shape, LARGEST_TRIALS, dtype=np.int64)
    is_reachable = is_enough(high)
    while bool(np.any(is_open := high - low > 1)):
        # by their ratio: counts are hundreds, and half of a billion says nothing about them
        between = np.sqrt((low + 1.0) * (high + 1.0)).astype(np.int64)
        middle = np.where(is_open, np.clip(between, low + 1, high - 1), high)
        met = is_enough(middle)
        high = np.where(is_open & met, middle, high)
        low = np.where(is_open & ~met, middle, low)
    return np.where(is_reachable, high, -1)


def trials_for_power(
    counted: Counted, target: Array, prior: Prior, alpha: Array, error: Array
) -> Whole:
    """Further trials within which four of five classes that err with ``error`` meet ``target``.

    Exact, looked at after every trial: one failure more is allowed only at certain counts of
    trials, so the chance of a first pass is summed from one of these to the next. 732 for a limit
    of 5 % and an error of 2.5 % at alpha 0.05. ``lost`` units count as failed trials. -1 where the
    error is the target or more, or so near that a thousand failures would have to be planned for.
    Planned are trials that fail as a whole.
    """
    cells = np.broadcast_arrays(*counted[:3], target, *prior, alpha, error)
    columns = np.stack([np.asarray(cell, dtype=np.float64).ravel() for cell in cells])
    kinds, kind_of = np.unique(columns, axis=1, return_inverse=True)
    solved = np.full(kinds.shape[1], -1, dtype=np.int64)
    possible = np.flatnonzero((kinds[-1] < kinds[3]) & (kinds[3] < 1) & (kinds[-1] >= 0))
    for place in range(0, len(possible), KINDS_AT_ONCE):
        part = possible[place : place + KINDS_AT_ONCE]
        solved[part] = _first_pass(kinds[:, part])
    return solved[kind_of.ravel()].reshape(cells[0].shape)


def _first_pass(kinds: Array) -> Whole:
    lost = kinds[2]
    failed, tried = kinds[0] + lost, kinds[1] + lost
    error = kinds[-1]
    found = np.full(len(error), -1, dtype=np.int64)
    # chance per further failure beyond those allowed so far, and of having passed
    alive = np.zeros((len(error), STATES))
    alive[:, 0] = 1.0
    passed, reached = np.zeros(len(error)), tried.copy()
    for first in range(0, MOST_STEPS, STEPS_AT_ONCE):
        open_ = np.flatnonzero(found < 0)
        if not len(open_):
            break
        sizes = _sizes(kinds[:, open_], failed[open_], tried[open_], first)
        for step in range(STEPS_AT_ONCE):
            size = sizes[:, step]
            has_size = size >= 0
            alive[open_] = _grown(alive[open_], np.maximum(size - reached[open_], 0), error[open_])
            passed[open_] += np.where(has_size, alive[open_, 0], 0.0)
            # who passed is gone; the others have used up one failure more
            alive[open_, :-1] = alive[open_, 1:]
            alive[open_, -1] = 0.0
            reached[open_] = np.where(has_size, size, reached[open_])
            is_met = has_size & (passed[open_] >= POWER) & (found[open_] < 0)
            found[open_[is_met]] = (size - tried[open_])[is_met].astype(np.int64)
            if bool((found[open_] >= 0).all()):
                break
    return found


def _sizes(kinds: Array, failed: Array, tried: Array, first: int) -> Array:
    """Per cell the trials with which ``first``, ``first`` + 1, … further failures still pass."""
    _, _, _, target, a, b, alpha, _ = (row[:, np.newaxis] for row in kinds)
    more = np.arange(first, first + STEPS_AT_ONCE)
    failures = failed[:, np.newaxis] + more
    trials = np.maximum(tried[:, np.newaxis], failures)
    shape = np.zeros(failures.shape)
    clean = more_clean_trials(
        Counted(failures, trials, shape), target + shape, Prior(a + shape, b + shape), alpha + shape
    )
    return np.where(clean >= 0, trials + clean, -1.0)


def _grown(alive: Array, trials: Array, error: Array) -> Array:
    """Chances after further trials, each failing with ``error``."""
    mean = float((trials * error).max(initial=0.0))
    # beyond this many failures lies less than one chance in 10^12
    width = min(int(mean + 8 * np.sqrt(mean)) + 16, STATES)
    count = np.arange(width)
    size, share = trials[:, np.newaxis], error[:, np.newaxis]
    some = np.minimum(count, size)
    ways = gammaln(size + 1) - gammaln(some + 1) - gammaln(size - some + 1)
    chance = np.exp(ways + xlogy(some, share) + xlog1py(size - some, -share))
    chance = np.where(count <= size, chance, 0.0)
    grown = np.zeros(alive.shape)
    for more in range(width):
        grown[:, more:] += alive[:, : STATES - more] * chance[:, more : more + 1]
    return grown
