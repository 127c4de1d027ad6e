"""Reference values, exhaustive monotony and a planted truth for the pure bounds."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from dagster_project.evidence.estimates.bounds import (
    anytime_lower,
    anytime_upper,
    clopper_pearson,
    log_e,
    normal_quantile,
    poisson_lower,
    poisson_upper,
    registered_prior,
    wilson,
)
from dagster_project.evidence.estimates.trials_needed import (
    Counted,
    clean_trials_needed,
    more_clean_trials,
    smallest_count,
)

LIMITS = (0.05, 0.02, 0.01, 0.005, 0.001)


def test_e_value_and_bound_of_the_reference_case() -> None:
    assert np.exp(log_e(20, 1000, 0.05, 0.05)) == pytest.approx(31507.8, abs=0.05)
    assert anytime_upper(20, 1000, 0.05, 0.05) == pytest.approx(0.036615, abs=5e-7)


def test_e_value_is_the_formula_with_the_cut_prior() -> None:
    k, n, p0, limit = 3, 200, 0.04, 0.05
    a, b = 0.5, 0.5 / limit
    prior, posterior = stats.beta(a, b), stats.beta(k + a, n - k + b)
    uncut = np.exp(stats.betabinom(n, a, b).logpmf(k) - stats.binom(n, p0).logpmf(k))
    expected = uncut * posterior.cdf(p0) / prior.cdf(p0)
    assert np.exp(log_e(k, n, p0, limit)) == pytest.approx(expected, rel=1e-9)


def test_a_terrible_class_has_no_evidence_for_it() -> None:
    """Without the cut of its prior it would have 2e12."""
    prior, counts = stats.betabinom(100, 0.5, 10), stats.binom(100, 0.05)
    assert np.exp(prior.logpmf(30) - counts.logpmf(30)) == pytest.approx(2e12, rel=0.03)
    assert log_e(30, 100, 0.05, 0.05) < 0


@pytest.mark.parametrize(
    ("limit", "trials"), list(zip(LIMITS, (72, 183, 367, 735, 3678), strict=True))
)
def test_clean_trials_needed(limit: float, trials: int) -> None:
    assert clean_trials_needed(limit, 0.05) == trials
    assert (
        anytime_upper(0, trials, limit, 0.05) <= limit < anytime_upper(0, trials - 1, limit, 0.05)
    )


@pytest.mark.parametrize(("floor", "trials"), [(0.80, 17), (0.90, 35), (0.95, 72), (0.99, 367)])
def test_clean_trials_of_a_floor(floor: float, trials: int) -> None:
    assert anytime_lower(trials, trials, floor, 0.05) >= floor
    assert anytime_lower(trials - 1, trials - 1, floor, 0.05) < floor


@pytest.mark.parametrize(
    ("limit", "trials"), list(zip(LIMITS, (59, 149, 299, 598, 2995), strict=True))
)
def test_clean_trials_of_clopper_pearson(limit: float, trials: int) -> None:
    assert clopper_pearson(0, trials, 0.05)[1] <= limit < clopper_pearson(0, trials - 1, 0.05)[1]


@pytest.mark.parametrize(
    ("method", "k", "n", "lower", "upper"),
    [
        (wilson, 18, 20, 0.698966, 0.972134),
        (wilson, 4, 200, 0.007804, 0.050287),
        (wilson, 0, 30, 0.0, 0.113513),
        (clopper_pearson, 18, 20, 0.683017, 0.987651),
        (clopper_pearson, 0, 30, 0.0, 0.115703),
    ],
)
def test_one_off_intervals(
    method: Callable[..., Any], k: int, n: int, lower: float, upper: float
) -> None:
    assert method(k, n, 0.025) == pytest.approx((lower, upper), abs=5e-7)


def test_one_off_detection_bounds() -> None:
    lower, _ = clopper_pearson([19, 38, 54], [20, 40, 60], 0.05)
    assert lower == pytest.approx([0.784, 0.851, 0.812], abs=5e-4)


def test_poisson_bounds_invert_the_distribution() -> None:
    lower, upper = poisson_lower(40, 4, 0.05) * 4, poisson_upper(40, 4, 0.05) * 4
    assert stats.poisson(lower).sf(39) == pytest.approx(0.05)
    assert stats.poisson(upper).cdf(40) == pytest.approx(0.05)
    assert poisson_lower(0, 4, 0.05) == 0
    assert poisson_upper(0, 1, 0.05) == pytest.approx(-np.log(0.05))
    assert normal_quantile(0.05) == pytest.approx(1.644854, abs=5e-7)


@pytest.mark.parametrize("limit", [0.02, 0.05, 0.2])
def test_adding_a_failure_never_lowers_the_bound(limit: float) -> None:
    n, k = np.meshgrid(np.arange(122), np.arange(122))
    bound = np.where(k <= n, anytime_upper(np.minimum(k, n), n, limit, 0.05), np.inf)
    with np.errstate(invalid="ignore"):
        swapped = bound[1:, :] - bound[:-1, :]  # a success turns into a failure
        added = bound[1:, 1:] - bound[:-1, :-1]  # one more trial, failed
        clean = bound[:, 1:] - bound[:, :-1]  # one more trial, clean
    assert np.nanmin(np.where(k[1:] <= n[1:], swapped, 0)) >= 0
    assert np.nanmin(np.where(k[:-1, :-1] <= n[:-1, :-1], added, 0)) >= -1e-12
    assert np.nanmax(np.where(k[:, :-1] <= n[:, :-1], clean, 0)) <= 1e-12


@pytest.mark.parametrize("limit", [0.02, 0.05, 0.2, 0.5])
def test_adding_a_failure_never_turns_a_non_pass_into_a_pass(limit: float) -> None:
    """Every k and n up to 300, as the gate asks it: is the limit refuted?"""
    n, k = np.meshgrid(np.arange(302), np.arange(302))
    evidence = np.where(k <= n, log_e(np.minimum(k, n), n, limit, limit), -np.inf)
    for alpha in (0.05, 0.0125, 0.5):
        passes = evidence >= -np.log(alpha)
        assert passes.any()
        assert not np.any(passes[1:] & ~passes[:-1])  # a success turned into a failure
        assert not np.any(passes[1:, 1:] & ~passes[:-1, :-1])  # one more trial, failed


def test_e_crosses_the_bound_once_so_that_bisection_finds_the_largest() -> None:
    grid = np.linspace(1e-6, 1 - 1e-6, 4001)
    for limit in (0.001, 0.05, 0.5, 0.9):
        for k, n in ((0, 1), (0, 5), (1, 20), (7, 50), (50, 120), (119, 120), (3, 1000)):
            is_refuted = log_e(k, n, grid, limit) >= -np.log(0.05)
            assert np.count_nonzero(np.diff(is_refuted.astype(int))) <= 1
            bound = anytime_upper(k, n, limit, 0.05)
            assert np.all(is_refuted[grid > bound])
            assert not np.any(is_refuted[grid < bound])


def test_nothing_seen_and_only_failures_give_one() -> None:
    assert np.array_equal(anytime_upper([0, 5], [0, 5], 0.05, 0.05), [1.0, 1.0])
    assert anytime_lower(0, 0, 0.9, 0.05) == 0
    assert [float(value) for value in clopper_pearson(0, 0, 0.05)] == [0, 1]
    assert [float(value) for value in wilson(0, 0, 0.05)] == [0, 1]


def test_scores_between_whole_failures_lie_between() -> None:
    low, middle, high = anytime_upper([2, 2.5, 3], 100, 0.05, 0.05)
    assert low < middle < high


def test_never_nan_over_extremes() -> None:
    n = np.array([0, 1, 10, 10**4, 10**8], dtype=float)
    k = np.concatenate([n * share for share in (0, 0.001, 0.5, 1)])
    for limit in (1e-6, 0.05, 0.999):
        for alpha in (1e-9, 0.05, 0.5):
            bound = anytime_upper(k, np.tile(n, 4), limit, alpha)
            assert np.all((bound >= 0) & (bound <= 1))


@pytest.mark.parametrize(
    ("k", "n", "limit", "alpha", "named"),
    [
        (np.nan, 10, 0.05, 0.05, "failures k = nan"),
        (-1, 10, 0.05, 0.05, r"failures k = -1\.0"),
        (1, np.inf, 0.05, 0.05, "trials n = inf"),
        (11, 10, 0.05, 0.05, r"k = 11\.0 exceed trials n = 10\.0"),
        (1, 10, 0.0, 0.05, "limit = 0.0"),
        (1, 10, 0.05, np.nan, "alpha = nan"),
    ],
)
def test_impossible_input_is_named(
    k: float, n: float, limit: float, alpha: float, named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        anytime_upper(k, n, limit, alpha)


def test_counts_without_exposure_are_named() -> None:
    with pytest.raises(ValueError, match=r"exposure 0\.0"):
        poisson_lower(3, 0, 0.05)


def test_more_clean_trials_end_exactly_where_the_bound_meets_the_limit() -> None:
    k, n = np.array([0.0, 3.0, 10.0, 4.0]), np.array([0.0, 40.0, 60.0, 1000.0])
    limit, alpha = np.full(4, 0.05), np.full(4, 0.05)
    more = more_clean_trials(Counted(k, n, np.zeros(4)), limit, registered_prior(limit), alpha)
    assert more[0] == 72
    assert more[3] == 0
    for place in range(3):
        met = anytime_upper(k[place], n[place] + more[place] - np.array([0, 1]), 0.05, 0.05)
        assert met[0] <= 0.05 < met[1]


def test_more_clean_trials_dilute_what_is_unreadable() -> None:
    one, limit = np.ones(1), np.full(1, 0.05)
    more = int(
        more_clean_trials(
            Counted(0 * one, 100 * one, 5 * one), limit, registered_prior(limit), limit
        )[0]
    )

    def bound(trials: int) -> float:
        share = 5 / (trials + 5)
        mixed = (1 - share) * anytime_upper(0, trials, 0.05, 0.05) + share
        return float(max(mixed, anytime_upper(5, trials + 5, 0.05, 0.05)))

    assert bound(100 + more) <= 0.05 < bound(100 + more - 1)


def test_what_no_count_reaches_is_minus_one() -> None:
    found = smallest_count(lambda more: (more >= 5) & np.array([True, False]), (2,))
    assert found.tolist() == [5, -1]


def test_ninety_daily_looks_rarely_pass_a_bad_class_and_find_a_good_one() -> None:
    worlds, days, batch, limit = 2000, 90, 40, 0.05
    random = np.random.default_rng(20250331)
    n = batch * np.arange(1, days + 1)

    def ever_passed(truth: float) -> dict[str, float]:
        k = random.binomial(batch, truth, size=(worlds, days)).cumsum(axis=1)
        rules = {
            "anytime": log_e(k, n, limit, limit) >= np.log(20),
            "point": k / n <= limit,
            "wilson": wilson(k, n, 0.05)[1] <= limit,
        }
        return {name: float(passed.any(axis=1).mean()) for name, passed in rules.items()}

    bad, good = ever_passed(0.0501), ever_passed(0.02)
    assert bad["anytime"] <= 0.05
    assert bad["wilson"] > 0.15
    assert bad["point"] > 0.85
    assert good["anytime"] > 0.99
