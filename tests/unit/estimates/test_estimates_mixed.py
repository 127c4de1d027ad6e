"""Trials that fail by a share: what retries and many decisions on one subject do to a bound."""

from datetime import date
from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
from estimates_world import World
from scipy.special import logsumexp
from scipy.stats import binom
from weekly_worlds import history

from dagster_project.contracts.numbers import round_down, round_nearest, round_up
from dagster_project.evidence.estimates.bounds import (
    Array,
    clopper_pearson,
    log_e,
    log_e_under,
    registered_prior,
    upper_under,
)
from dagster_project.evidence.estimates.certificate import certify
from dagster_project.evidence.estimates.mixed_trials import log_e_mixed

LIMIT, ALPHA = 0.05, 0.025
MONDAY = date(2025, 1, 6)
# of the healthy class of ``estimates_world``: subjects with one right decision
CLEAN, FOLLOWED = 78, 71


def upper(k: npt.ArrayLike, n: npt.ArrayLike, mixed: npt.ArrayLike, alpha: float = ALPHA) -> Array:
    return upper_under(k, n, registered_prior(LIMIT), alpha, mixed)


@pytest.mark.parametrize(("p0", "limit"), [(0.05, 0.05), (0.5, 0.05), (0.01, 0.01), (0.05, 0.6)])
def test_whole_trials_have_the_closed_form(p0: float, limit: float) -> None:
    n = np.repeat([1.0, 72, 300, 1_000, 10_000, 1_000_000], 3)
    k = np.floor(n * np.tile([0, 0.2, 0.6], 6) * p0)
    prior = registered_prior(np.full(n.shape, limit))
    found = log_e_mixed(k, n, 0 * n, np.full(n.shape, p0), *prior)
    assert found == pytest.approx(log_e(k, n, p0, limit), rel=1e-8, abs=1e-6)


def test_three_sums_never_say_more_than_bets_on_every_share() -> None:
    """The average of the products themselves, over two thousand rates below the null."""
    dice = np.random.default_rng(7)
    a, b = (float(part) for part in registered_prior(LIMIT))
    root = (np.arange(2_000) + 0.5) / 2_000
    for p0 in (0.05, 0.2):
        p = p0 * root * root
        density = (a - 1) * np.log(p) + (b - 1) * np.log1p(-p) + np.log(root)
        density -= logsumexp(density)
        for size, top in ((40, 1), (200, 10), (400, 3)):
            share = dice.binomial(top, dice.beta(0.05, 2, size)) / top
            bets = 1 + (p0 - share[:, np.newaxis]) * (1 - p / p0) / (1 - p0)
            exact = float(logsumexp(density + np.log(bets).sum(axis=0)))
            sums = share.sum(), float(size), (share * (1 - share)).sum()
            known = [np.array([value]) for value in (*sums, p0, a, b)]
            (ours,) = log_e_mixed(*known).tolist()
            assert ours <= exact + 1e-4
            assert ours >= log_e(sums[0], sums[1], p0, LIMIT) - 1e-6


def states() -> Array:
    """Trials by share 0, 1/4, 1/2, 3/4, 1: every small world around some whole ones."""
    kinds = [(0, 10, 90, 400), *[range(3)] * 3, (0, 1, 4)]
    return np.array(list(product(*kinds)), dtype=np.float64)


SHARES = np.arange(5) / 4


def bound_of(counts: Array) -> Array:
    sums = counts @ SHARES, counts.sum(axis=1), counts @ (SHARES * (1 - SHARES))
    return upper(*sums)


def test_no_decision_that_goes_wrong_lowers_a_bound() -> None:
    """Exhaustive: a trial fails by more, a trial that failed is added; a right one is not worse."""
    every = states()
    before = bound_of(every)
    assert before.min() < LIMIT < before.max()
    for place in range(4):
        has_one = every[:, place] > 0
        worse = every[has_one]
        worse[:, place] -= 1
        worse[:, place + 1] += 1
        assert np.all(bound_of(worse) >= before[has_one])
    failed = every + np.eye(5)[4]
    assert np.all(bound_of(failed) >= before)
    assert np.all(bound_of(every + np.eye(5)[0]) <= before)


def test_the_bound_is_where_the_evidence_crosses_once() -> None:
    grid = np.linspace(0.0005, 0.9995, 1_000)
    for k, n, mixed in ((0.5, 80, 0.25), (3.3, 90, 1.9), (20, 400, 14), (40, 60, 8)):
        prior = registered_prior(np.full(grid.shape, LIMIT))
        is_refuted = log_e_under(
            np.float64(k), np.float64(n), grid, prior, np.float64(mixed)
        ) >= -np.log(ALPHA)
        assert np.count_nonzero(np.diff(is_refuted.astype(int))) == 1
        bound = float(upper(k, n, mixed))
        assert np.all(is_refuted[grid > bound])
        assert not np.any(is_refuted[grid < bound])
    # more than any trials can be mixed, and what is no sum
    assert upper(2, 80, 5) == upper(2, 80, 2 * (1 - 2 / 80))
    with pytest.raises(ValueError, match="mixed"):
        upper(2, 80, np.nan)


def test_weeks_add_up_whatever_stands_before_them() -> None:
    thirds = np.full((1, 4), 2 / 3)
    alone = history(np.full((1, 4), 60), thirds, LIMIT, mixed=4 / 9)
    others = np.full((50, 4), [0.1, 0.7, 1 / 7, 30 + 1 / 3])
    beside = history(np.full((51, 4), 60), np.vstack([others, thirds]), LIMIT, mixed=4 / 9)
    whole = np.array([0]), np.array([4])
    sums = [alone.cut(np.array([0]), *whole), beside.cut(np.array([50]), *whole)]
    assert sums[0].failures == sums[1].failures
    assert sums[0].mixed == sums[1].mixed
    found = certify(alone, np.array([ALPHA])).upper()
    assert found == pytest.approx(float(upper(8 / 3, 240, 16 / 9)), rel=1e-6)


def many(world: World, *, right: int = 2, wrong: int = 1) -> None:
    for place in range(right + wrong):
        day = date(2025, 1, 6 + place % 3)
        world.sample("many", day, wrong_count=int(place < wrong))


def test_a_subject_fails_by_the_share_of_its_decisions(world: World) -> None:
    many(world)
    row = world.error()
    assert (row["n"], row["n_effective"]) == (CLEAN + 3, CLEAN + 1)
    assert row["bound"] == round_up(float(upper(1 / 3, CLEAN + 1, 2 / 9)))
    assert row["bound"] < round_up(float(upper(1, CLEAN + 1, 0)))
    assert row["estimate"] == round_nearest(1 / 3 / (CLEAN + 1))
    assert row["refuting_bound"] == 0
    assert upper(1 / 3, CLEAN + 1 + row["n_needed"], 2 / 9) <= LIMIT
    assert upper(1 / 3, CLEAN + row["n_needed"], 2 / 9) > LIMIT


def test_whole_failures_are_counted_for_a_fail(world: World) -> None:
    for subject in ("a", "b"):
        for day in (6, 7, 8):
            world.sample(subject, date(2025, 1, day), wrong_count=int(day > 6))
    # two thirds of two subjects are one whole failure and a third of one
    lower = clopper_pearson(1, CLEAN + 2, ALPHA)[0]
    assert world.error()["refuting_bound"] == round_down(float(lower))


def test_shares_of_one_size_seldom_reach_a_whole_number_that_proves_a_fail() -> None:
    """Exact: X is 0 or v. Of all v the whole trials (v = 1) are the likeliest to prove too much."""
    for n, mean in product((5, 20, 78, 360), (0.005, 0.02, 0.05, 0.3)):
        wrong = np.arange(1.0, n + 1)
        proofs = wrong[clopper_pearson(wrong, n, ALPHA)[0] > mean]
        if len(proofs):
            share = np.linspace(mean, 1, 400)[1:]
            reached = binom.sf(np.ceil(proofs[0] / share - 1e-9) - 1, n, mean / share)
            assert reached.max() <= ALPHA


MANY = "update facts.fct_samples_weekly set {} where subject_key = 'many'"
SPLITS = (
    # retries, each with the outcome of the first
    "selected_count = 3, labelled_count = 3, wrong_count = 3 * wrong_count, decision_count = 30",
    "event_date = date '2025-01-12'",
    "event_date = event_date + 2 * dayofweek(event_date)::int - 2",
    "confidence_bin = 50 + dayofmonth(event_date)",
    "approval_date = event_date",
    "landing_batch = '2025010' || dayofweek(event_date) || 'T000000000000Z'",
)


@pytest.mark.parametrize("split", SPLITS)
def test_retries_and_split_rows_are_no_further_evidence(world: World, split: str) -> None:
    many(world)
    before = world.error()
    world.run(MANY.format(split))
    after = world.error()
    for column in ("bound", "refuting_bound", "estimate", "n_effective", "n_needed"):
        assert after[column] == before[column], column


SPOILT = (
    "wrong_count = 1",
    "labelled_count = 0, wrong_count = 0",
    "labelled_count = 2",
    "wrong_count = 2",
    "wrong_count = -1",
    "selected_count = -1, labelled_count = -1, wrong_count = 0",
    # taken out of the subject: a failed trial of nobody, whether it was right or wrong
    "subject_key = case when wrong_count = 0 then '(unknown):' || event_date else 'many' end",
    "subject_key = case when wrong_count = 1 then '(unknown):' || event_date else 'many' end",
    "subject_key = null",
    "late_error_count = wrong_count",
)


@pytest.mark.parametrize("spoil", SPOILT)
def test_no_doubt_about_one_of_many_decisions_helps(world: World, spoil: str) -> None:
    many(world)
    before = world.error()
    world.run(MANY.format(spoil))
    after = world.error()
    assert after["bound"] > before["bound"]
    assert after["n_needed"] is None or after["n_needed"] > before["n_needed"]


def test_shares_that_are_no_whole_parts_are_rounded_against_the_class(world: World) -> None:
    many(world, right=18, wrong=1)
    exact = float(upper(1 / 19, CLEAN + 1, 18 / 361))
    bound = float(world.error()["bound"])
    assert exact < bound < exact + 1e-6


def test_half_failures_are_half_of_an_alarm(world: World) -> None:
    for place in range(7):
        for day in (3, 4):
            world.sample(f"half{place}", date(2025, 3, day), wrong_count=int(day == 3))
    assert "alarm" not in (world.error()["reason"] or "")
    world.run("update facts.fct_samples_weekly set wrong_count = 1 where subject_key like 'half%'")
    assert world.error()["reason"].startswith("alarm in the week of ")


def test_late_errors_are_a_share_of_the_subjects_labels(world: World) -> None:
    many(world)
    world.run(MANY.format("late_error_count = wrong_count"))
    half = ALPHA / 2
    late = upper(1 / 3, FOLLOWED + 1, 2 / 9, half)
    assert world.error()["bound"] == round_up(float(upper(1 / 3, CLEAN + 1, 2 / 9, half) + late))
