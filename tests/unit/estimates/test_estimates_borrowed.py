"""Borrowed evidence is a prior: it may shorten a proof, and it never is one."""

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from estimates_world import CLASS, COHORT, World
from weekly_worlds import history, passes

from dagster_project.evidence.estimates.borrowed import MOST_WEIGHT, Loan
from dagster_project.evidence.estimates.bounds import (
    Prior,
    log_e_under,
    registered_prior,
    upper_under,
)
from dagster_project.evidence.estimates.certificate import certify
from dagster_project.evidence.estimates.trials_needed import Counted, trials_for_power
from dagster_project.evidence.estimates.write import write_estimates

LIMIT = ALPHA = 0.05
# failures and trials of lenders: spotless, good, at the limit, terrible. Of those that lost nearly
# every trial nothing of the prior is left below the limit
LENDERS = [(0, 100_000), (3, 1_200), (50, 1_000), (500, 1_000)]
LENDERS += [(2_000, 10_000), (1_500, 1_500), (2_000, 2_000), (4_300, 4_300)]


def lent(failures: float, trials: float) -> Prior:
    own = registered_prior(LIMIT)
    good = MOST_WEIGHT * (trials - failures)
    return Prior(own.failures + MOST_WEIGHT * failures, own.successes + good)


def test_the_prior_is_half_and_a_quarter_of_the_lender() -> None:
    assert lent(4, 1_004) == (0.5 + 1, 10 + 250)


@pytest.mark.parametrize(("failures", "trials"), LENDERS)
def test_borrowing_alone_proves_nothing(failures: int, trials: int) -> None:
    prior = lent(failures, trials)
    assert upper_under(0, 0, prior, ALPHA) == 1.0
    # log(20) / -log(0.95): one clean trial less can prove 5 % under no prior at all
    assert float(upper_under(0, 58, prior, ALPHA)) > LIMIT


def test_a_good_lender_shortens_the_proof() -> None:
    sizes = np.arange(1, 100)
    own = upper_under(0, sizes, registered_prior(LIMIT), ALPHA) <= LIMIT
    borrowed = upper_under(0, sizes, lent(3, 1_200), ALPHA) <= LIMIT
    assert (sizes[own][0], sizes[borrowed][0]) == (72, 63)


@pytest.mark.parametrize(("failures", "trials"), LENDERS)
def test_an_added_failure_never_lowers_the_bound(failures: int, trials: int) -> None:
    prior = lent(failures, trials)
    for n in (20, 80, 300, 20_000):
        k = np.unique(np.linspace(0, n, 301).astype(int))
        assert np.all(np.diff(upper_under(k, n, prior, ALPHA)) >= -1e-12)
        # a failure more, not a success turned
        more = upper_under(k + 1, n + 1, prior, ALPHA)
        assert np.all(more >= upper_under(k, n, prior, ALPHA) - 1e-12)


@pytest.mark.parametrize(("failures", "trials"), LENDERS)
def test_the_bound_is_where_the_evidence_ends(failures: int, trials: int) -> None:
    prior, grid = lent(failures, trials), np.linspace(0.0005, 0.9995, 1_999)
    for k, n in ((0, 80), (2, 300), (30, 300), (98, 2_000), (490, 10_000), (980, 20_000)):
        bound = float(upper_under(k, n, prior, ALPHA))
        evidence = log_e_under(np.float64(k), np.float64(n), grid, prior)
        assert not np.any(np.isnan(evidence) | np.isposinf(evidence))
        assert np.all((evidence >= -np.log(ALPHA)) == (grid > bound))
        assert bound > k / n + 0.001


def test_a_lender_that_lost_everything_proves_nothing_below_the_limit() -> None:
    """4.9 % wrong is not enough for 5 % in any of these sizes, whoever lent."""
    for n in (2_000, 4_000, 10_000, 20_000):
        failed, trials = (np.array(column, dtype=float) for column in zip(*LENDERS, strict=True))
        prior = Prior(0.5 + MOST_WEIGHT * failed, 10.0 + MOST_WEIGHT * (trials - failed))
        assert np.all(upper_under(0.049 * n, n, prior, ALPHA) > LIMIT)
        # nor where some trials failed in part
        assert np.all(upper_under(0.049 * n, n, prior, ALPHA, 0.01 * n) > LIMIT)


def test_more_failures_of_a_bad_lender_never_lower_the_bound() -> None:
    """From a fifth of wrong ones on. The best lender is the one that errs as the class does: a
    better one may widen the bound, and from the limit on a loan is refused."""
    for trials in (1_500, 2_000, 4_300, 10_000):
        failed = np.unique(np.linspace(trials / 5, trials, 60).astype(int))
        prior = Prior(0.5 + MOST_WEIGHT * failed, 10.0 + MOST_WEIGHT * (trials - failed))
        for k, n in ((0, 80), (2, 300), (98, 2_000), (490, 10_000)):
            bound = upper_under(k, n, prior, ALPHA)
            assert np.all(np.diff(bound) >= -1e-12)
            assert bound[0] >= float(upper_under(k, n, registered_prior(LIMIT), ALPHA))


@pytest.mark.parametrize("trials", [1, 20, 1_200, 2_000])
def test_a_lender_at_the_limit_or_above_it_is_refused(trials: int) -> None:
    loans = [Loan("w.a", None, count, trials, 0.25, AN_EARLY_DAY) for count in range(trials + 1)]
    found = [loan.refusal(LIMIT) is not None for loan in loans]
    assert found == [count >= LIMIT * trials for count in range(trials + 1)]


def test_a_misleading_lender_promotes_bad_classes_no_oftener_than_alpha() -> None:
    """5.01 % wrong, the lender 0.1 % in 4,000; ninety daily looks of 40."""
    generator = np.random.default_rng(27)
    failures = generator.binomial(40, 0.0501, (1_000, 90)).cumsum(axis=1)
    bounds = upper_under(failures, np.arange(1, 91) * 40, lent(4, 4_000), ALPHA)
    assert (bounds <= LIMIT).any(axis=1).mean() <= ALPHA


def test_after_an_alarm_nothing_is_borrowed() -> None:
    own = history([[10_000, 40, 130]], [[20, 30, 0]])
    with_loan = history([[10_000, 40, 130]], [[20, 30, 0]], borrowed=(1.0, 300.0))
    alpha = np.array([ALPHA])
    assert certify(own, alpha).upper() == certify(with_loan, alpha).upper()
    early, early_lent = history([[65]], [[0]]), history([[65]], [[0]], borrowed=(1.0, 300.0))
    assert certify(early_lent, alpha).upper() <= LIMIT < certify(early, alpha).upper()


@pytest.mark.parametrize("lent", [(500.0, 0.0), (500.0, 2_000.0), (1.0, 999.0)])
def test_no_loan_promotes_bad_classes_oftener_than_alpha(lent: tuple[float, float]) -> None:
    """5.01 % wrong, through the certificate with its alarms: thirteen weekly looks of 280."""
    failures = np.random.default_rng(37).binomial(280, 0.0501, (300, 13))
    passed = passes(np.full(failures.shape, 280), failures, ALPHA, borrowed=lent)
    assert passed.any(axis=1).mean() <= ALPHA


LENDER = "w.lender"
AN_EARLY_DAY = date(2025, 2, 23)


@pytest.fixture
def lending(world: World) -> World:
    """Another class with 40 trials a week for five weeks, 1 wrong, in the same workflow."""
    world.run(
        "insert into registry.decision_classes select * replace ('w.lender' as decision_class)"
        " from registry.decision_classes"
    )
    for table in ("fct_decisions_daily", "fct_samples_weekly", "fct_watermarks"):
        world.run(
            f"insert into facts.{table} select * replace ('{LENDER}' as decision_class)"
            f" from facts.{table}"
        )
    return world


def borrow(world: World, registered_at: date, failures: int = 0, trials: int = 20) -> None:
    world.add(
        "registry.borrowed_evidence",
        decision_class=CLASS,
        registered_at=registered_at,
        lender_class=LENDER,
        failure_count=failures,
        trial_count=trials,
        weight=Decimal("0.25"),
    )


def begin_late(world: World) -> date:
    """The borrower begins after the lender's first weeks; the day of its first decision."""
    for table in ("fct_decisions_daily", "fct_samples_weekly"):
        world.run(
            f"delete from facts.{table} where decision_class = '{CLASS}'"
            " and event_date < '2025-02-24'"
        )
    (day,) = world.connection.execute(
        "select min(event_date) from facts.fct_decisions_daily where decision_class = ?", [CLASS]
    ).fetchone() or (None,)
    assert isinstance(day, date)
    return day


def accuracy(world: World) -> dict[str, Any]:
    return world.estimate("accuracy", cohort=COHORT)


def test_it_counts_only_when_registered_before_the_first_decision(lending: World) -> None:
    first = begin_late(lending)
    own = accuracy(lending)
    borrow(lending, first)
    late = accuracy(lending)
    assert (late["bound"], late["method"]) == (own["bound"], own["method"])
    assert "not counted: registered too late" in late["reason"]
    lending.run("delete from registry.borrowed_evidence")
    borrow(lending, date(2025, 2, 23))
    found = accuracy(lending)
    assert found["bound"] < own["bound"]
    assert found["method"] == "stratified_anytime_alarm_borrowed"
    assert "prior borrowed: 0.25 x 0 failures in 20 trials of w.lender" in found["reason"]
    assert found["status"] == "ok"


def test_what_the_lenders_log_does_not_bear_out_is_insufficient(lending: World) -> None:
    begin_late(lending)
    borrow(lending, date(2025, 2, 23), trials=5_000)
    found = accuracy(lending)
    assert found["status"] == "insufficient"
    assert "borrowed evidence is not borne out: w.lender had" in found["reason"]
    lending.run("update registry.borrowed_evidence set trial_count = 20")
    lending.run(
        "update facts.fct_samples_weekly set wrong_count = 1"
        f" where decision_class = '{LENDER}' and event_date < '2025-02-23'"
    )
    assert accuracy(lending)["status"] == "insufficient"


def test_a_lender_that_does_not_meet_the_limit_has_nothing_to_lend(lending: World) -> None:
    begin_late(lending)
    own = accuracy(lending)
    borrow(lending, AN_EARLY_DAY, failures=1)
    found = accuracy(lending)
    assert (found["status"], found["n_needed"]) == ("insufficient", None)
    reason = "borrowed evidence refused: 1 failures in 20 trials of w.lender are not below 0.05"
    assert (found["bound"], found["reason"]) == (own["bound"], reason)


def planned(world: World) -> dict[str, Any]:
    """The plan of the borrower's error, and the days that ``evidence_feasible`` asks for."""
    write_estimates(world.connection)
    (plan,) = world.connection.execute(
        "select planned_count, needed_count from evidence.plans"
        " where criterion_id = 'accuracy' and decision_class = ?",
        [CLASS],
    ).fetchall()
    (days,) = world.connection.execute(
        "select estimate, reason from evidence.estimates"
        " where criterion_id = 'evidence_feasible' and decision_class = ?",
        [CLASS],
    ).fetchall()
    return dict(zip(("planned", "needed", "days", "reason"), (*plan, *days), strict=True))


def test_a_plan_counts_on_what_is_borrowed(lending: World) -> None:
    """Planned at half of 5 %, with a lender that erred as much."""
    begin_late(lending)
    lending.run(
        "update facts.fct_samples_weekly set wrong_count = 1"
        f" where decision_class = '{LENDER}' and event_date = '2025-02-03'"
    )
    own = planned(lending)
    borrow(lending, AN_EARLY_DAY, failures=1, trials=40)
    found = planned(lending)
    one, prior = np.ones(1), registered_prior(LIMIT)
    nothing = Counted(0 * one, 0 * one, 0 * one)
    with_loan = Prior((prior.failures + 0.25) * one, (prior.successes + 9.75) * one)
    # of alpha each of two classes has half, and its first cohort half of that
    wanted = trials_for_power(nothing, LIMIT * one, with_loan, 0.0125 * one, 0.025 * one)
    assert found["planned"] == int(wanted[0]) < own["planned"]
    assert f"{found['planned']} trials at an error of 0.025" in found["reason"]
    assert found["days"] < own["days"]
    assert found["needed"] < own["needed"]
    # a loan that does not count is no plan either
    for change in ("trial_count = 5000", "failure_count = 2", "registered_at = '2025-02-24'"):
        lending.run("delete from registry.borrowed_evidence")
        borrow(lending, AN_EARLY_DAY, failures=1, trials=40)
        lending.run(f"update registry.borrowed_evidence set {change}")
        refused = planned(lending)
        assert {**refused, "needed": 0} == {**own, "needed": 0}, change


def test_after_an_alarm_a_plan_counts_on_nothing(lending: World) -> None:
    begin_late(lending)
    lending.run(
        "update facts.fct_samples_weekly set wrong_count = 1"
        f" where decision_class = '{CLASS}' and event_date between '2025-03-03' and '2025-03-09'"
    )
    own = planned(lending)
    borrow(lending, AN_EARLY_DAY, failures=0, trials=40)
    found = planned(lending)
    assert "alarm in the week of" in accuracy(lending)["reason"]
    assert found["planned"] != own["planned"]
    assert found["needed"] == own["needed"]
