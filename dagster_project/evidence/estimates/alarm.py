"""The alarm of a change for the worse: a CUSUM of likelihood ratios. Pure: arrays in, arrays out.

The level C of a cell multiplies at every look by the likelihood ratio of 1.5 x limit against
limit / 2, never falls below 1 between looks, and is never set back. Each look starts one more
test, each worth at most 1 on average while the error is limit / 2 or less: in D looks a false
alarm has at most the chance D / 1000.
"""

import math
from typing import NamedTuple

import numpy as np

from dagster_project.evidence.estimates.bounds import Array, Flags, Whole

ALARM_LEVEL = 1e3
# without a cap a long drift would have to be worked off by as long a clean time
HIGHEST_LEVEL = 1e4
GOOD_SHARE, BAD_SHARE = 0.5, 1.5


class Alarms(NamedTuple):
    """Per cell x look: the log of the level before its cap, and whether it is an alarm."""

    log_level: Array
    is_alarm: Flags


def rates(limit: Array) -> tuple[Array, Array]:
    """The good and the bad failure rate of the test; the bad one stays below 1."""
    return GOOD_SHARE * limit, np.minimum(BAD_SHARE * limit, (1.0 + limit) / 2.0)


def alarms(failures: Array, trials: Array, limit: Array, unplaced: Array) -> Alarms:
    """The looks with an alarm; ``failures`` and ``trials`` are cells x looks, the others per cell.

    ``unplaced`` failures may be of any look, so they count in each: whatever look they are of,
    its alarm is among these. A look without trials is no look. All counts are finite, 0 or more,
    failures at most trials, limits between 0 and 1.
    """
    good, bad = rates(limit)
    failed, clean = np.log(bad / good), np.log1p(-bad) - np.log1p(-good)
    log_level = np.zeros(failures.shape)
    before = np.zeros(limit.shape)
    for look in range(failures.shape[1]):
        right = trials[:, look] - failures[:, look]
        log_level[:, look] = before + failures[:, look] * failed + right * clean
        before = np.clip(log_level[:, look], 0.0, np.log(HIGHEST_LEVEL))
    log_level += (unplaced * failed)[:, np.newaxis]
    # a sum of logs may end a hair below the level that it stands for
    is_high = log_level >= np.log(ALARM_LEVEL) - 1e-9
    return Alarms(log_level, is_high & (trials > 0))


def failures_to_alarm(limit: float) -> int:
    """Failures in a row that raise an alarm from rest: 7 for limits of up to a half."""
    good, bad = rates(np.array([limit]))
    return math.ceil(math.log(ALARM_LEVEL) / math.log(float(bad[0] / good[0])))


def clean_trials_to_calm(log_level: Array, limit: Array) -> Whole:
    """Clean trials until an alarm ends; 0 without one. ``log_level`` of the last look."""
    good, bad = rates(limit)
    a_trial = np.log1p(-good) - np.log1p(-bad)
    excess = np.minimum(log_level, np.log(HIGHEST_LEVEL)) - np.log(ALARM_LEVEL)
    more = np.floor(np.maximum(excess, 0.0) / a_trial) + 1
    return np.where(excess >= -1e-9, more, 0).astype(np.int64)
