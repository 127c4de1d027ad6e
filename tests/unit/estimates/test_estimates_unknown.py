"""Known made unknown, and selections removed, never move a bound towards a pass."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from estimates_world import AS_OF, CLASS, COHORT, World
from scipy.stats import binom

from dagster_project.contracts.numbers import round_up
from dagster_project.evidence.estimates.bounds import anytime_upper
from dagster_project.evidence.estimates.context import COMPARISONS
from dagster_project.evidence.estimates.selections import (
    fewest_selected,
    surplus_selections,
    unexplained_selections,
)
from dagster_project.evidence.estimates.strays import may_be_cohort

DAY = date(2025, 3, 3)
FULL = "v1 | m | p1 | t1 | pol1"
PARTLY = "v1 | m | (absent) | t1 | pol1"


def is_worse(world: World, criterion: str, spoil: str, cohort: str | None = None) -> bool:
    """Whether ``spoil`` moved the bound away from a pass, or left none."""
    before = world.estimate(criterion, cohort=cohort)
    world.run(spoil)
    after = world.estimate(criterion, cohort=cohort)
    if after["status"] != "ok":
        return True
    if COMPARISONS[criterion] == "at_most":
        return bool(after["bound"] > before["bound"])
    return bool(after["bound"] < before["bound"])


@pytest.mark.parametrize(
    ("logged", "cohort", "may"),
    [
        (FULL, FULL, True),
        (PARTLY, FULL, True),
        (FULL, PARTLY, True),
        (PARTLY, "v2 | m | p1 | t1 | pol1", False),
        (PARTLY, "v1 | m | p1 | (absent) | pol1", True),
        ("(absent) | a | b | c | d | e", FULL, True),
    ],
)
def test_a_cohort_with_absent_parts_may_be_any_that_agrees(
    logged: str, cohort: str, may: bool
) -> None:
    assert may_be_cohort(logged, cohort) is may


@pytest.mark.parametrize(
    "criterion",
    ["accuracy", "latency", "audit_complete", "boundary_respected", "cost_per_decision"],
)
def test_a_decision_without_its_version_counts_in_the_cohort_it_may_be_of(
    world: World, criterion: str
) -> None:
    for fact in ("samples_weekly", "decisions_daily", "latency_daily"):
        world.run(f"update facts.fct_{fact} set cohort_id = '{FULL}'")
    healthy = world.estimate(criterion, cohort=FULL)
    assert healthy["status"] == "ok"
    bad = {"cohort_id": FULL, "decision_count": 5}
    world.sample("bad", DAY, wrong_count=1, **bad)
    world.decisions(
        DAY, audit_complete_count=0, boundary_violation_count=5, cost_amount=Decimal(9), **bad
    )
    world.add(
        "facts.fct_latency_daily",
        decision_class=CLASS,
        segment="all",
        event_date=DAY,
        latency_bin=1_000_000,
        **bad,
    )
    known = world.estimate(criterion, cohort=FULL)["bound"]
    for fact in ("samples_weekly", "decisions_daily", "latency_daily"):
        chosen = {"samples_weekly": "subject_key = 'bad'", "latency_daily": "latency_bin > 500"}
        world.run(
            f"update facts.fct_{fact} set cohort_id = '{PARTLY}'"
            f" where {chosen.get(fact, 'decision_count = 5')}"
        )
    hidden = world.estimate(criterion, cohort=FULL)["bound"]
    worse = hidden <= known if COMPARISONS[criterion] == "at_least" else hidden >= known
    assert worse, (known, hidden)


@pytest.mark.parametrize(
    "hide",
    [
        "route = '(unknown)'",
        "route = null",
        "cohort_id = '(unknown)', route = '(unknown)', decision_count = 0, labelled_count = 0",
    ],
)
def test_a_drawn_failure_of_unknown_route_still_fails(world: World, hide: str) -> None:
    world.run("update facts.fct_samples_weekly set wrong_count = 1 where subject_key = 'p5'")
    assert not is_worse_than_hidden(world, "accuracy", hide)


def test_a_drawn_failure_of_unknown_confidence_still_fails(world: World) -> None:
    world.run("update facts.fct_samples_weekly set wrong_count = 1 where subject_key = 'p5'")
    assert not is_worse_than_hidden(world, "confidence_quality", "confidence_bin = -1")


def is_worse_than_hidden(world: World, criterion: str, hide: str) -> bool:
    known = world.estimate(criterion, cohort=COHORT)["bound"]
    world.run(f"update facts.fct_samples_weekly set {hide} where subject_key = 'p5'")
    return bool(world.estimate(criterion, cohort=COHORT)["bound"] < known)


def test_removed_selections_count_as_failures_beyond_chance(world: World) -> None:
    fewest = fewest_selected(780, 0.1)
    assert fewest == 64  # lower 5 % point of Bin(780, 0.1)
    remove = (
        "update facts.fct_samples_weekly set selected_count = 0, labelled_count = 0"
        " where cast(substr(subject_key, 2) as int) < {}"
    )
    before = world.estimate("accuracy")["bound"]
    world.run(remove.format(78 - fewest))
    within_chance = world.estimate("accuracy")["bound"]
    world.run(remove.format(78 - fewest + 10))
    beyond = world.estimate("accuracy")["bound"]
    assert before < within_chance < Decimal("0.1") < beyond
    assert world.estimate("labels_available")["n_missing"] == 10


def test_selections_that_somebody_added_make_no_bad_class_good(world: World) -> None:
    # 780 decisions at a rate of 0.1, 78 drawn, a fifth of them wrong
    world.run(
        "update facts.fct_samples_weekly set wrong_count = 1"
        " where right(subject_key, 1) in ('3', '7')"
    )
    honest = world.error()
    assert honest["refuting_bound"] > honest["threshold_used"]
    for place in range(8):  # 624 of the decisions that were right, under the same rate
        world.sample(f"picked{place}-", AS_OF - timedelta(days=84), days=78, decision_count=0)
    picked = world.error()
    assert picked["bound"] >= honest["bound"]
    # the upper 5 % point of Bin(780, 0.1) is 92
    assert "610 selections more than the audit rate explains" in picked["reason"]
    assert picked["reason"].startswith("alarm in the week of")
    # they are no labels either
    assert world.estimate("labels_available")["bound"] < Decimal("0.6")


def test_added_selections_within_chance_are_evidence_and_no_more_of_them(world: World) -> None:
    clean = world.error()["bound"]
    world.sample("picked", AS_OF - timedelta(days=84), days=14, decision_count=0)
    most = world.error()["bound"]
    world.sample("one-too-many", AS_OF - timedelta(days=84), decision_count=0)
    assert most < clean < world.error()["bound"]


def test_selections_that_the_key_did_not_draw_fail(world: World) -> None:
    before, labels = world.error(), world.estimate("labels_available")
    assert before["bound"] < Decimal("0.06")
    world.add("evidence.foreign_selections", decision_class=CLASS, selection_count=7)
    after = world.error()
    # as many as raise an alarm, and of no known week
    assert (after["bound"], after["estimate"]) == (1, before["estimate"])
    assert "7 selections that the key did not draw" in after["reason"]
    assert world.estimate("labels_available")["bound"] < labels["bound"]


def test_chance_explains_what_an_honest_draw_selects() -> None:
    decisions, probability = np.arange(1, 400), np.array([[0.01], [0.1], [0.5], [0.93]])
    upper = binom.isf(0.05, decisions, probability)  # the least that is exceeded in 5 % at most
    most = np.where(binom.sf(upper - 1, decisions, probability) < 0.05, upper - 1, upper)
    assert not surplus_selections(decisions, most, probability).any()
    assert (surplus_selections(decisions, most + 1, probability)[most < decisions] == 1).all()
    assert (surplus_selections(decisions, decisions + 3, probability) >= 3).all()
    fewest = fewest_selected(decisions, probability)
    assert not unexplained_selections(decisions, fewest, probability).any()


def test_where_all_are_drawn_every_unselected_decision_fails(world: World) -> None:
    world.run(
        "update facts.fct_samples_weekly set inclusion_probability = 1, selected_count = 10,"
        " labelled_count = 10"
    )
    assert is_worse(
        world,
        "accuracy",
        "update facts.fct_samples_weekly set selected_count = 9, labelled_count = 9"
        " where subject_key = 'p5'",
    )


@pytest.mark.parametrize("where", [{"review_pool": "(unknown)"}, {"event_date": None}])
def test_a_seeded_error_shown_to_nobody_known_was_missed(
    world: World, where: dict[str, Any]
) -> None:
    shown = {"review_pool": "pool", "event_date": DAY, "review_count": 0}
    world.add("facts.fct_reviews_daily", **shown, seeded_count=60, seeded_detected_count=60)
    before = world.estimate("reviewers_effective")
    assert before["evidence_newest_date"] == DAY
    world.add("facts.fct_reviews_daily", **shown | where, seeded_count=1, seeded_detected_count=1)
    after = world.estimate("reviewers_effective")
    assert (after["n"], after["bound"] < before["bound"]) == (61, True)


def test_only_a_found_seeded_error_is_news(world: World) -> None:
    shown = {"review_pool": "pool", "review_count": 0, "seeded_count": 9}
    world.add("facts.fct_reviews_daily", event_date=DAY, seeded_detected_count=9, **shown)
    world.add("facts.fct_reviews_daily", event_date=AS_OF, seeded_detected_count=0, **shown)
    assert world.estimate("reviewers_effective")["evidence_newest_date"] == DAY


@pytest.mark.parametrize("where", [{"workflow": "(unknown)"}, {"event_date": None}])
def test_an_action_of_no_known_workflow_or_day_has_no_decision(
    world: World, where: dict[str, Any]
) -> None:
    done = {"workflow": "w", "event_date": DAY}
    world.add("facts.fct_actions_daily", **done, action_count=200, audited_count=200)
    before = world.estimate("reconciled")["bound"]
    world.add("facts.fct_actions_daily", **done | where, action_count=1, audited_count=1)
    assert world.estimate("reconciled")["bound"] < before


def test_eight_days_are_no_eight_weeks(world: World) -> None:
    world.run(
        "update facts.fct_kpis set period_start ="
        " date '2024-11-04' + (datediff('day', period_start, date '2025-01-06') / 7)::int"
    )
    row = world.estimate("pain_measured")
    assert (row["n"], row["status"]) == (2, "insufficient")


def test_lost_labels_fail_in_every_stratum(world: World) -> None:
    drawn = {"selected_count": 20, "labelled_count": 20, "decision_count": 20}
    for place in range(20):
        world.sample(f"b{place}", DAY, inclusion_probability=1, **drawn)
    before = world.estimate("accuracy")["bound"]
    lost = "insert into facts.fct_unreadable values ('s', 'labels', 'x', '2025', '2025', 2)"
    world.run(lost)
    # they may also be what turned late
    after = world.estimate("accuracy")["bound"]
    weight = 780 / (780 + 400)
    upper = anytime_upper([0, 0], [78, 20], 0.05, 0.0125)
    assert before == round_up(float(weight * upper[0] + (1 - weight) * upper[1]))
    mature, late = anytime_upper([[2, 2], [2, 2]], [[80, 22], [73, 22]], 0.05, 0.00625)
    upper = mature + late
    assert after == round_up(float(weight * upper[0] + (1 - weight) * upper[1]))


def test_where_some_may_be_delegated_the_surfaced_prove_nothing(world: World) -> None:
    world.run("update facts.fct_samples_weekly set route = 'surfaced'")
    assert world.estimate("accuracy")["n_effective"] == 78
    world.run("update facts.fct_samples_weekly set route = null where subject_key = 'p5'")
    assert world.estimate("accuracy")["bound"] == 1


@pytest.mark.parametrize("spoil", ["labelled_count = 0", "subject_key = '(unknown):d'"])
def test_what_nobody_saw_fail_proves_no_failure(world: World, spoil: str) -> None:
    world.run(
        f"update facts.fct_samples_weekly set {spoil}"
        " where cast(substr(subject_key, 2) as int) < 30"
    )
    row = world.estimate("accuracy")
    assert row["bound"] > Decimal("0.3")
    assert row["refuting_bound"] == 0
    world.run("update facts.fct_samples_weekly set wrong_count = 1 where subject_key = 'p40'")
    assert world.estimate("accuracy")["refuting_bound"] > 0


@pytest.mark.parametrize(
    ("lost", "change"),
    [
        (
            0,
            "insert into facts.fct_kpis by name select * replace ('month' as grain)"
            " from facts.fct_kpis"
            # the same days as months
            " where period_start < '2024-12-02'",
        ),
        (
            2,
            "update facts.fct_kpis set period_start = period_start - interval 6 year"
            " where period_start < '2024-11-25'",
        ),
    ],
)
def test_baseline_periods_are_of_one_grain_and_not_ancient(
    world: World, lost: int, change: str
) -> None:
    world.run("delete from facts.fct_kpis where period_start >= '2024-12-09'")
    before = world.estimate("pain_measured")["n"]
    world.run(change)
    assert (before, world.estimate("pain_measured")["n"]) == (4, 4 - lost)
