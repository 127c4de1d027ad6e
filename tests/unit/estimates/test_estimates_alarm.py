"""The alarm: the published level, how seldom it is false, how soon it is true."""

import math

import numpy as np
import pytest
from scipy import stats

from dagster_project.evidence.estimates.alarm import alarms, clean_trials_to_calm

LIMIT = 0.05
NOTHING = np.zeros(1)


def log_levels(failures: list[int], trials: list[int], unplaced: int = 0) -> np.ndarray:
    counts = np.array([failures], float), np.array([trials], float)
    return alarms(*counts, np.array([LIMIT]), np.array([float(unplaced)])).log_level[0]


def test_the_level_by_hand() -> None:
    """1.5 x 5 % against half of 5 %: a failure counts 3, a clean trial 0.925 / 0.975."""
    clean = 0.925 / 0.975
    found = np.exp(log_levels([1, 4, 0, 3], [10, 10, 400, 3]))
    first = 3 * clean**9
    second = first * 3**4 * clean**6
    # four hundred clean trials bring it to 1e-8; the next look begins at 1
    assert found == pytest.approx([first, second, second * clean**400, 27])


def test_the_level_stops_at_ten_thousand_so_that_it_can_come_back() -> None:
    levels = log_levels([40, 0], [40, 1])
    assert levels[1] == pytest.approx(math.log(1e4 * 0.925 / 0.975))
    more = clean_trials_to_calm(levels[1:], np.array([LIMIT]))[0]
    after = log_levels([40, 0, 0], [40, 1, int(more)])[2]
    assert more == 43
    assert after < math.log(1e3) <= log_levels([40, 0, 0], [40, 1, int(more) - 1])[2]


def test_seven_failures_in_a_row_are_an_alarm_and_it_lasts_while_the_level_is_high() -> None:
    found = alarms(
        np.array([[6.0, 1, 0, 0, 0]]),
        np.array([[6.0, 1, 0, 2, 100]]),
        np.array([LIMIT]),
        NOTHING,
    )
    # without trials a look is none
    assert found.is_alarm.tolist() == [[False, True, False, True, False]]


@pytest.mark.parametrize("looks", [52, 365])
def test_false_alarms_are_rarer_than_one_in_a_thousand_looks(looks: int) -> None:
    generator = np.random.default_rng(7)
    trials = np.full((2000, looks), 40.0)
    failures = generator.binomial(40, LIMIT / 2, trials.shape).astype(float)
    found = alarms(failures, trials, np.full(2000, LIMIT), np.zeros(2000))
    assert found.is_alarm.any(axis=1).mean() <= looks / 1000


@pytest.mark.parametrize("size", [20, 40, 80])
def test_rules_on_the_newest_week_demote_nearly_every_good_class_in_a_year(size: int) -> None:
    """Half the limit wrong, demoted once a week's rate is above the limit; the alarm is not."""
    once = stats.binom(size, LIMIT / 2).sf(math.floor(size * LIMIT))
    assert 0.89 <= 1 - (1 - once) ** 52 <= 1
    failures = np.random.default_rng(9).binomial(size, LIMIT / 2, (2000, 52)).astype(float)
    trials = np.full(failures.shape, float(size))
    found = alarms(failures, trials, np.full(2000, LIMIT), np.zeros(2000))
    assert found.is_alarm.any(axis=1).mean() <= 0.052


def test_four_times_the_limit_is_found_within_five_looks_of_forty() -> None:
    generator = np.random.default_rng(8)
    rate = np.repeat([0.01, 4 * LIMIT], [250, 5])
    failures = generator.binomial(40, rate, (2000, 255)).astype(float)
    trials = np.full(failures.shape, 40.0)
    found = alarms(failures, trials, np.full(2000, LIMIT), np.zeros(2000)).is_alarm
    assert found[:, :250].any(axis=1).mean() <= 0.25
    assert found[:, 250:].any(axis=1).mean() >= 0.99


def test_failures_of_no_known_look_alarm_wherever_they_may_be() -> None:
    trials = np.array([[30.0, 12, 0, 25, 60]])
    failures = np.array([[2.0, 3, 0, 1, 4]])
    limit = np.array([LIMIT])
    unplaced = alarms(failures, trials, limit, np.array([4.0])).is_alarm[0]
    for look in (0, 1, 3, 4):
        placed = np.zeros_like(trials)
        placed[0, look] = 4
        found = alarms(failures + placed, trials + placed, limit, NOTHING).is_alarm[0]
        assert unplaced[look] >= found[look]
    assert unplaced.any()
    assert not alarms(failures, trials, limit, NOTHING).is_alarm.any()
