"""Promotion over time: what certifies, what ends it, and that no added failure ever helps."""

from itertools import product

import numpy as np
import pytest
from weekly_worlds import history

from dagster_project.evidence.estimates.bounds import anytime_upper
from dagster_project.evidence.estimates.certificate import certify

LIMIT = ALPHA = 0.05
WORLD = np.ones((1, 2, 2))


def bounds(trials: object, failures: object, limit: float = LIMIT, **doubts: object) -> np.ndarray:
    world = history(trials, failures, limit, **doubts)
    return certify(world, np.full(len(world.limit), ALPHA)).upper()


def test_the_best_proof_since_the_cohort_began_stands() -> None:
    trials, failures = [[100, 60, 100]], [[0, 0, 5]]
    assert bounds(trials, failures) == pytest.approx([anytime_upper(0, 160, LIMIT, ALPHA)])
    assert anytime_upper(5, 260, LIMIT, ALPHA) > anytime_upper(0, 160, LIMIT, ALPHA)


def test_ninety_looks_of_forty_promote_at_five_percent_seldom_and_at_two_always() -> None:
    generator = np.random.default_rng(20)
    trials = np.full((400, 90), 40)
    bad = history(trials, generator.binomial(40, 0.0501, trials.shape))
    found = certify(bad, np.full(400, ALPHA))
    # the proofs since the cohort began: alarms would only take some away
    assert (found.best[:400] <= LIMIT).mean() <= ALPHA
    good = bounds(trials, generator.binomial(40, 0.02, trials.shape))
    assert (good <= LIMIT).mean() >= 0.99


def test_ten_thousand_old_trials_do_not_outlive_an_alarm() -> None:
    """250 a week at 1 % for 40 weeks, then at 20 %: the bound over everything holds for weeks."""
    generator = np.random.default_rng(22)
    trials = np.full((200, 43), 250)
    failures = generator.binomial(250, np.repeat([0.01, 0.20], [40, 3]), trials.shape)
    over_all = anytime_upper(failures.sum(axis=1), 43 * 250, LIMIT, ALPHA)
    assert (over_all <= LIMIT).all()
    assert (bounds(trials[:, :40], failures[:, :40]) <= LIMIT).all()
    # the first week after the drift
    assert (bounds(trials[:, :41], failures[:, :41]) == 1.0).all()
    assert (bounds(trials, failures) > LIMIT).all()


def test_after_an_alarm_only_what_came_after_it_certifies() -> None:
    trials, failures = [[10_000, 40, 60, 70]], [[20, 30, 0, 0]]
    found = certify(history(trials, failures), np.array([ALPHA]))
    # the level is 1e4 in week 1, and 60 clean trials bring it below 1e3
    assert found.last_alarm().tolist() == [1]
    assert found.upper() == pytest.approx([anytime_upper(0, 130, LIMIT, ALPHA)])
    early = certify(
        history([row[:3] for row in trials], [row[:3] for row in failures]), np.array([ALPHA])
    )
    assert early.upper() == pytest.approx([anytime_upper(0, 60, LIMIT, ALPHA)])
    assert early.needed(np.array([LIMIT])).tolist() == [12]
    loud = certify(
        history([row[:2] for row in trials], [row[:2] for row in failures]), np.array([ALPHA])
    )
    assert (loud.upper().tolist(), loud.needed(np.array([LIMIT])).tolist()) == ([1.0], [72])
    # the level of 1e4 takes 44 clean trials to fall below 1e3, however loose the target
    assert loud.needed(np.array([0.3])).tolist() == [44]


def test_what_went_well_early_says_nothing_of_a_stratum_that_grows_later() -> None:
    early, later = history([[[400], [0]]], [[[0], [0]]]), history([[[400, 0], [0, 1]]], 0 * WORLD)
    assert certify(early, np.array([ALPHA])).upper() <= LIMIT
    # the one trial of the new stratum stands for four hundred decisions
    later.probability[1] = 1 / 400
    later.rows.decisions[3] = 400
    assert certify(later, np.array([ALPHA])).upper() > 0.4


WEEKS_OF_ONE = [(0, 0), (6, 1), (8, 7), (30, 0), (30, 2)]
WEEKS_OF_TWO = [(0, 0), (30, 1), (9, 7)]


def worlds_of(kinds: list[tuple[int, int]], strata: int, weeks: int) -> tuple[np.ndarray, ...]:
    every = np.array(list(product(kinds, repeat=strata * weeks)), dtype=float)
    shaped = every.reshape(len(every), strata, weeks, 2)
    return shaped[..., 0], shaped[..., 1]


@pytest.mark.parametrize(("kinds", "strata", "weeks"), [(WEEKS_OF_ONE, 1, 4), (WEEKS_OF_TWO, 2, 3)])
def test_a_failure_more_never_lowers_the_bound(
    kinds: list[tuple[int, int]], strata: int, weeks: int
) -> None:
    """Every small world, a limit of 30 % that passes and alarms in it, every place of a failure."""
    trials, failures = worlds_of(kinds, strata, weeks)
    before = bounds(trials, failures, 0.3)
    assert (before <= 0.3).any()
    assert (before == 1).any()
    for stratum, week in product(range(strata), range(weeks)):
        one = np.zeros((strata, weeks))
        one[stratum, week] = 1
        assert np.all(bounds(trials + one, failures + one, 0.3) >= before - 1e-12)
        turned = np.minimum(failures + one, trials)
        assert np.all(bounds(trials, turned, 0.3) >= before - 1e-12)


def test_a_failure_that_nobody_can_place_is_no_better_than_one_that_is_placed() -> None:
    trials, failures = worlds_of(WEEKS_OF_ONE, 1, 3)
    for week in range(3):
        one = np.zeros((1, 3))
        one[0, week] = 1
        has_one = failures[:, 0, week] > 0
        placed = bounds(trials, failures, 0.3)[has_one]
        # an unreadable label leaves a drawn decision without a label, and counts once more
        unreadable = bounds(trials, failures, 0.3, unplaced=1)[has_one]
        # of no known segment, cohort or route
        away = trials - one * has_one[:, None, None], failures - one * has_one[:, None, None]
        stray = bounds(*away, 0.3, stray=one * has_one[:, None])[has_one]
        assert np.all(unreadable >= placed - 1e-12)
        assert np.all(stray >= placed - 1e-12)


def test_where_all_are_drawn_a_failure_that_loses_its_selection_still_fails() -> None:
    trials, failures = worlds_of(WEEKS_OF_ONE, 1, 3)
    placed = bounds(trials, failures, 0.3)
    for week in range(3):
        one = np.zeros((1, 3))
        one[0, week] = 1
        hidden = failures[:, :, week : week + 1].clip(max=1) * one
        world = history(trials - hidden, failures - hidden, 0.3)
        world.rows.decisions[:] = trials.ravel()
        assert np.all(certify(world, np.full(len(trials), ALPHA)).upper() >= placed - 1e-12)
