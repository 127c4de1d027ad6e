"""cost_per_decision: costs of subjects and weeks as shares of the registered cap."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from estimates_world import CLASS, COHORT, World

from dagster_project.contracts.numbers import round_up
from dagster_project.evidence.estimates.bounds import anytime_upper, registered_prior, upper_under
from dagster_project.evidence.estimates.context import Cell
from dagster_project.evidence.estimates.cost_trials import mean_costs
from dagster_project.evidence.estimates.registry import read_context

# a class's first cohort has half of its alpha, cost and error half of that each
CAP, BUDGET, HALF = 2.0, 0.5, 0.05 / 2 / 2
TRIALS = 78
CELL = Cell(CLASS, cohort_id=COHORT)
UPDATE = "update facts.fct_samples_weekly set "


def cost_bound(shares: list[float]) -> float:
    """Of trials that fail by these shares of the cap."""
    each = np.array(shares)
    mixed = float((each * (1 - each)).sum())
    prior = registered_prior(BUDGET / CAP)
    return CAP * float(upper_under(each.sum(), np.array(float(len(each))), prior, HALF, mixed))


def clean_error() -> float:
    # an outcome is the label, so that no alpha goes to reviewers
    return float(anytime_upper(0, TRIALS, 0.05, HALF))


def test_cost_and_error_have_half_of_alpha_each(world: World) -> None:
    row = world.estimate("cost_per_decision", cohort=COHORT)
    expected = cost_bound([0.05] * TRIALS) / (1 - clean_error())
    assert float(row["bound"]) == pytest.approx(expected, rel=1e-5)
    assert (row["estimate"], row["status"]) == (Decimal("0.1"), "ok")
    assert (row["n"], row["n_effective"]) == (850, TRIALS)


def test_a_subject_and_week_is_one_trial_at_the_mean_of_its_decisions(world: World) -> None:
    before = world.estimate("cost_per_decision", cohort=COHORT)["bound"]
    monday = "2025-03-03"
    # a thousand more drawn of one subject in one week, at four times the cost of the others
    world.run(
        UPDATE + "decision_count = 10010, selected_count = 1001, labelled_count = 1001, "
        "selected_cost_amount = 400.4 "
        f"where event_date = '{monday}'"
    )
    row = world.estimate("cost_per_decision", cohort=COHORT)
    expected = cost_bound([0.05] * (TRIALS - 1) + [0.2]) / (1 - clean_error())
    assert float(row["bound"]) == pytest.approx(expected, rel=1e-5)
    assert row["bound"] > before
    # all days of a week together are one trial
    world.run(UPDATE + f"subject_key = 'one' where event_date between '{monday}' and '2025-03-09'")
    assert world.estimate("cost_per_decision", cohort=COHORT)["n_effective"] == TRIALS - 6


def test_what_was_paid_is_the_least_that_is_bounded(world: World) -> None:
    world.run("update facts.fct_decisions_daily set cost_amount = 4.9 where decision_count = 10")
    row = world.estimate("cost_per_decision", cohort=COHORT)
    assert row["bound"] == round_up(0.49 / (1 - clean_error()))
    assert row["estimate"] == Decimal("0.49")


@pytest.mark.parametrize(
    "spoil",
    [
        "subject_key = null",
        "subject_key = '(unknown):d'",
        "selected_cost_amount = -1",
        "selected_cost_amount = 2",
    ],
)
def test_what_nobody_knows_costs_the_cap(world: World, spoil: str) -> None:
    world.run(UPDATE + spoil + " where event_date = '2025-03-03'")
    # the subject is unknown to the error too, so only its own half is held against the number
    upper = cost_bound([0.05] * (TRIALS - 1) + [1.0])
    assert float(world.estimate("cost_per_decision", cohort=COHORT)["bound"]) >= upper * (
        1 + clean_error()
    )


@pytest.mark.parametrize(
    "spoil",
    [
        "route = '(unknown)'",
        "route = null",
        "inclusion_probability = null",
        "cohort_id = '(unknown)'",
        "selected_count = 0, labelled_count = 0, selected_cost_amount = 0",
    ],
)
def test_trials_that_could_be_anywhere_cost_the_cap(world: World, spoil: str) -> None:
    def upper() -> float:
        # by itself: the error is worse too
        context = read_context(world.connection)
        (mean,) = mean_costs(world.connection, context, [CELL], np.array([HALF]))
        return mean.upper or 0.0

    assert upper() < CAP * 0.15
    # of most decisions, so that chance explains no missing selection
    world.run(UPDATE + spoil + " where event_date < '2025-03-03'")
    assert upper() > CAP * 0.5


def test_a_cost_above_the_cap_withholds_the_bound(world: World) -> None:
    world.run(UPDATE + "selected_cost_amount = 2.01 where event_date = '2025-03-03'")
    row = world.estimate("cost_per_decision", cohort=COHORT)
    assert (row["status"], row["bound"]) == ("insufficient", None)
    assert row["reason"].startswith("1 subjects' weeks cost more than cost_cap_amount")
    # what was paid still proves a fail
    assert row["refuting_bound"] == Decimal("0.1")
    assert row["estimate"] == Decimal("0.1")


def test_a_company_that_is_all_above_its_cap_has_no_bound(world: World) -> None:
    world.run(UPDATE + "selected_cost_amount = 90000")
    row = world.estimate("cost_per_decision", cohort=COHORT)
    assert row["reason"].startswith(f"{TRIALS} subjects' weeks cost more")


def test_a_cost_above_the_cap_that_may_be_of_the_cohort_withholds_it_too(world: World) -> None:
    assert world.estimate("cost_per_decision", cohort=COHORT)["status"] == "ok"
    world.run(
        UPDATE + "selected_cost_amount = 2.01, cohort_id = '(unknown)' "
        "where event_date = '2025-03-03'"
    )
    assert "cost more than" in world.estimate("cost_per_decision", cohort=COHORT)["reason"]


@pytest.mark.parametrize(
    ("cap", "reason"),
    [
        ("null", "no cost_cap_amount in decision_classes.csv"),
        ("0.5", "cost_cap_amount in decision_classes.csv is not above the budget"),
        ("0.4", "cost_cap_amount in decision_classes.csv is not above the budget"),
    ],
)
def test_no_bound_without_a_cap_above_the_budget(world: World, cap: str, reason: str) -> None:
    world.run(f"update registry.decision_classes set cost_cap_amount = {cap}")
    row = world.estimate("cost_per_decision", cohort=COHORT)
    assert (row["status"], row["reason"], row["bound"]) == ("insufficient", reason, None)
    assert row["refuting_bound"] is not None


def test_a_larger_cap_only_costs_power(world: World) -> None:
    bounds: list[Any] = []
    for cap in (0.6, 1, 2, 4, 40):
        world.run(f"update registry.decision_classes set cost_cap_amount = {cap}")
        bounds.append(world.estimate("cost_per_decision", cohort=COHORT)["bound"])
    assert bounds == sorted(bounds)
    assert bounds[0] < bounds[-1]


def test_costs_of_days_whose_labels_are_young_are_not_drawn_yet(world: World) -> None:
    before = world.estimate("cost_per_decision", cohort=COHORT)["bound"]
    world.run(UPDATE + "selected_cost_amount = 1.9 where event_date > '2025-03-24'")
    assert world.estimate("cost_per_decision", cohort=COHORT)["bound"] == before
