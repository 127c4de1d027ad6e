"""Error rates from the sample: strata, trials, routes, and every doubt a failure."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from estimates_world import World

from dagster_project.contracts.numbers import round_down, round_up
from dagster_project.evidence.estimates.bounds import (
    anytime_lower,
    anytime_upper,
    clopper_pearson,
)
from dagster_project.evidence.estimates.makers import NO_CONFIDENT_LABELS

DAY = date(2025, 3, 3)
FIRST_DAY = date(2025, 1, 6)
LAST_DAY = date(2025, 3, 24)


def test_accuracy_of_one_stratum_is_the_anytime_bound(world: World) -> None:
    world.run("update facts.fct_samples_weekly set wrong_count = 1 where subject_key = 'p5'")
    row = world.estimate("accuracy")
    assert (row["n"], row["n_effective"], row["n_missing"]) == (78, 78, 0)
    assert row["bound"] == round_up(float(anytime_upper(1, 78, 0.05, 0.025)))
    assert row["refuting_bound"] == round_down(float(clopper_pearson(1, 78, 0.025)[0]))
    assert row["estimate"] == Decimal("0.012820513")
    needed = row["n_needed"]
    assert anytime_upper(1, 78 + needed, 0.05, 0.025) <= 0.05
    assert anytime_upper(1, 78 + needed - 1, 0.05, 0.025) > 0.05


def test_strata_weigh_by_the_log_not_by_the_sample(world: World) -> None:
    for place in range(50):
        spoilt = {"inclusion_probability": 1, "decision_count": 1, "wrong_count": place // 48}
        world.sample(f"risky{place}", LAST_DAY, **spoilt)
    row = world.estimate("accuracy")
    weight = np.array([780, 50]) / 830
    upper = anytime_upper([0, 2], [78, 50], 0.05, 0.0125)
    lower = clopper_pearson([0, 2], [78, 50], 0.0125)[0]
    assert row["bound"] == round_up(float(weight @ upper))
    assert row["refuting_bound"] == round_down(float(weight @ lower))
    assert row["estimate"] == Decimal("0.002409639")  # not 2 of 128


def test_clean_trials_needed_over_several_strata(world: World) -> None:
    for place in range(20):
        drawn = {"selected_count": 13, "labelled_count": 13}
        world.sample(f"b{place}", DAY, inclusion_probability=1, decision_count=13, **drawn)
    row = world.estimate("accuracy")
    weight = np.array([780, 260]) / 1040

    def bound(more: int) -> float:
        trials = np.array([78, 20]) + np.ceil(more * weight)
        return float(weight @ anytime_upper(0, trials, 0.05, 0.0125))

    assert bound(row["n_needed"]) <= 0.05 < bound(row["n_needed"] - 1)


@pytest.mark.parametrize(
    "spoil",
    [
        "update facts.fct_samples_weekly set wrong_count = 1 where subject_key = 'p5'",
        "update facts.fct_samples_weekly set labelled_count = 0 where subject_key = 'p5'",
        "update facts.fct_samples_weekly set subject_key = '(unknown):d' where subject_key = 'p5'",
        "update facts.fct_samples_weekly set subject_key = null where subject_key = 'p5'",
        "update facts.fct_samples_weekly set labelled_count = 2 where subject_key = 'p5'",
    ],
)
def test_one_doubtful_label_is_one_failure(world: World, spoil: str) -> None:
    world.run(spoil)
    bound = float(anytime_upper(1, 78, 0.05, 0.025))
    assert world.estimate("accuracy")["bound"] == round_up(bound)


@pytest.mark.parametrize("probability", [None, 0])
def test_decisions_that_cannot_be_drawn_weigh_with_error_one(
    world: World, probability: int | None
) -> None:
    row_: dict[str, Any] = {
        "inclusion_probability": probability,
        "selected_count": 0,
        "labelled_count": 0,
    }
    world.sample("hidden", DAY, decision_count=20, **row_)
    row = world.estimate("accuracy")
    clean = float(anytime_upper(0, 78, 0.05, 0.025))
    assert row["bound"] == round_up((20 + 780 * clean) / 800)


def test_an_unknown_route_may_be_a_delegated_one(world: World) -> None:
    before = world.estimate("accuracy")["bound"]
    world.sample("odd", DAY, route="(unknown)")
    assert world.estimate("accuracy")["bound"] > before
    assert world.estimate("boundary_respected")["status"] == "ok"


def test_surfaced_evidence_counts_until_a_decision_is_delegated(world: World) -> None:
    world.sample("shadow", DAY, route="shadow", wrong_count=1)
    assert world.estimate("accuracy")["n_effective"] == 78
    world.run("update facts.fct_samples_weekly set route = 'surfaced' where route = 'delegated'")
    assert world.estimate("accuracy")["n_effective"] == 79
    world.run("update facts.fct_samples_weekly set route = 'human' where route = 'surfaced'")
    assert world.estimate("accuracy")["n_effective"] == 1


def test_other_levels_are_judged_on_every_route_of_the_ai(world: World) -> None:
    world.sample("shadow", DAY, route="shadow", wrong_count=1)
    world.run("update registry.decision_classes set declared_level = 'surface'")
    assert world.estimate("accuracy")["n_effective"] == 79


def test_labels_younger_than_seven_days_wait(world: World) -> None:
    world.sample("young", date(2025, 3, 25), wrong_count=1)
    assert world.estimate("accuracy")["n_effective"] == 78


def test_labels_that_stop_keep_no_decision_young(world: World) -> None:
    """Twice the delay of seven days and a week before the newest decision of 31 March."""
    world.sample("young", date(2025, 3, 10))
    known = world.estimate("accuracy")
    world.run("delete from facts.fct_watermarks")
    row = world.estimate("accuracy")
    assert row["window_end"] == date(2025, 3, 10)
    assert (row["n_effective"] < known["n_effective"], row["bound"] > known["bound"]) == (
        True,
        True,
    )


def test_unreadable_decisions_and_unknown_segments_count_against(world: World) -> None:
    world.add("registry.segments", workflow="w", segment_dimension="region", segment_value="EU")
    world.run(
        "insert into facts.fct_samples_weekly"
        " select * replace ('region=EU' as segment) from facts.fct_samples_weekly"
    )
    clean = float(anytime_upper(0, 78, 0.05, 0.025))
    assert world.estimate("accuracy", "region=EU")["bound"] == round_up(clean)
    world.sample("stray", DAY, segment="region=(unknown)", decision_count=20)
    # weighs with error 1, and what was drawn of it may have failed here
    drawn = float(anytime_upper(1, 79, 0.05, 0.025))
    assert world.estimate("accuracy", "region=EU")["bound"] == round_up((20 + 780 * drawn) / 800)
    assert world.estimate("accuracy")["bound"] == round_up(clean)
    world.add("facts.fct_unreadable", source="s", stream="decisions", unit_count=20)
    assert world.estimate("accuracy")["bound"] == round_up((20 + 780 * clean) / 800)


def test_a_declared_segment_without_decisions_has_a_row(world: World) -> None:
    world.add("registry.segments", workflow="w", segment_dimension="region", segment_value="US")
    for criterion in ("accuracy", "latency", "required_data_present"):
        assert world.estimate(criterion, "region=US")["status"] == "insufficient"


def test_reviews_as_labels_pay_for_what_reviewers_miss(world: World) -> None:
    world.run("update registry.decision_classes set label_outcome = null")
    row = world.estimate("accuracy")
    assert (row["status"], row["reason"]) == ("insufficient", "reviewer detection unknown")
    seeded = {"review_pool": "pool", "event_date": DAY, "seeded_count": 60}
    world.add("facts.fct_reviews_daily", **seeded, seeded_detected_count=57)
    third = 0.025 / 3
    # 71 of the 78 labels are two label delays old
    upper = anytime_upper(0, 78, 0.05, third) + anytime_upper(0, 71, 0.05, third)
    upper /= anytime_lower(57, 60, 0.8, third)
    before = world.estimate("accuracy")["bound"]
    assert before == round_up(float(upper))
    # a review that nobody can read may be a seeded error that was missed, or a late overturn
    world.add("facts.fct_unreadable", source="s", stream="reviews", unit_count=1)
    upper = anytime_upper(1, 79, 0.05, third) + anytime_upper(1, 72, 0.05, third)
    upper /= anytime_lower(57, 61, 0.8, third)
    assert world.estimate("accuracy")["bound"] == round_up(float(upper))


def test_a_second_cohort_starts_anew_with_a_sixth_of_alpha(world: World) -> None:
    # dated before the first, which arrived with it: no date improves a place
    world.decisions(date(2024, 6, 1), cohort_id="c2")
    assert world.estimate("accuracy", cohort="c1")["alpha"] == Decimal("0.025")
    row = world.estimate("accuracy", cohort="c2")
    assert row["alpha"] == Decimal("0.008333")
    assert row["n"] == 0


def test_confidence_quality_looks_at_what_the_threshold_lets_through(world: World) -> None:
    world.sample("meek", DAY, confidence_bin=49, wrong_count=1)
    clean = float(anytime_upper(0, 78, 0.05, 0.025))
    assert world.estimate("confidence_quality")["bound"] == round_up(clean)
    world.sample("mute", DAY, confidence_bin=-1, decision_count=20)
    drawn = float(anytime_upper(1, 79, 0.05, 0.025))
    assert world.estimate("confidence_quality")["bound"] == round_up((20 + 780 * drawn) / 800)
    world.run("update facts.fct_samples_weekly set confidence_bin = -1")
    assert world.estimate("confidence_quality")["reason"] == NO_CONFIDENT_LABELS


def test_decisions_of_people_do_not_weigh(world: World) -> None:
    before = world.estimate("accuracy")["bound"]
    world.sample("person", DAY, route="human", decision_count=1000, wrong_count=1)
    assert world.estimate("accuracy")["bound"] == before


def test_an_alarm_asks_for_the_proof_anew_and_is_named(world: World) -> None:
    proven = world.estimate("accuracy")
    for place in range(7):
        world.sample(f"bad{place}", DAY, wrong_count=1)
    row = world.estimate("accuracy")
    # seven clean trials a week bring the level from 1,514 to 1,048 and then below 1,000
    assert row["bound"] == round_up(float(anytime_upper(0, 8, 0.05, 0.025)))
    assert row["bound"] > proven["bound"]
    assert row["reason"].startswith("alarm in the week of 2025-03-10; ")
    assert row["method"] == "stratified_anytime_alarm"
    assert row["window_start"] == proven["window_start"]


def test_an_alarm_in_the_newest_week_leaves_nothing_proven(world: World) -> None:
    for place in range(7):
        world.sample(f"bad{place}", LAST_DAY, wrong_count=1)
    row = world.estimate("accuracy")
    assert (row["bound"], row["status"]) == (1, "ok")
    assert world.estimate("cost_per_decision")["reason"] == "error not bounded"


def test_the_day_within_its_week_changes_nothing(world: World) -> None:
    world.run("update facts.fct_samples_weekly set wrong_count = 1 where subject_key = 'p5'")
    for subject in ("apart", "together"):
        for day in (FIRST_DAY, FIRST_DAY + timedelta(days=2)):
            world.sample(subject, day)
    before = world.estimate("accuracy")
    world.run(
        "update facts.fct_samples_weekly set event_date = date_trunc('week', event_date)::date"
        " + case when subject_key = 'apart' then dayofweek(event_date) * 3 - 3"  # and Sunday
        " when subject_key = 'together' then 1 else (6 - dayofweek(event_date)) % 3 end::int"
        " where event_date < date '2025-03-24'"
    )
    after = world.estimate("accuracy")
    assert after["n_effective"] == 80
    assert [after[key] for key in ("bound", "n", "n_effective", "estimate")] == [
        before[key] for key in ("bound", "n", "n_effective", "estimate")
    ]


def test_a_failure_that_lands_late_counts_in_the_week_it_is_of(world: World) -> None:
    before = world.estimate("accuracy")["bound"]
    world.sample("late", FIRST_DAY, wrong_count=1)
    late = world.estimate("accuracy")["bound"]
    assert late == round_up(float(anytime_upper(1, 79, 0.05, 0.025))) > before


def test_shadow_decisions_are_judged_while_nothing_is_delegated(world: World) -> None:
    world.run("update facts.fct_samples_weekly set route = 'shadow'")
    right = world.estimate("accuracy")
    assert (right["n_effective"], right["estimate"]) == (78, 0)
    # differs from the blind decision, and was drawn without anybody's blind decision
    world.run("update facts.fct_samples_weekly set wrong_count = 1 where subject_key = 'p5'")
    world.run("update facts.fct_samples_weekly set labelled_count = 0 where subject_key = 'p6'")
    row = world.estimate("accuracy")
    assert row["bound"] == round_up(float(anytime_upper(2, 78, 0.05, 0.025)))
    assert row["refuting_bound"] == round_down(float(clopper_pearson(1, 78, 0.025)[0]))
    assert row["n_missing"] == 1


@pytest.mark.parametrize(("count", "status"), [(0, "insufficient"), (6, "insufficient"), (7, "ok")])
def test_a_proof_without_labels_of_late_is_none(world: World, count: int, status: str) -> None:
    """Of the last 28 mature days, 25 February to 24 March: six wrong ones would raise no alarm."""
    world.run("delete from facts.fct_samples_weekly where event_date > '2025-02-24'")
    for day in range(count):
        world.sample(f"late{day}", date(2025, 3, 24 - day))
    row = world.estimate("accuracy")
    assert row["status"] == status
    assert (f"{count} labelled trials in the last 28 mature days" in str(row["reason"])) == (
        status == "insufficient"
    )
    # a trial that nobody labelled is a failure, and no label
    world.sample("unseen", date(2025, 3, 10), labelled_count=0)
    assert world.estimate("accuracy")["status"] == status


def test_errors_of_the_past_still_fail_a_class_without_labels(world: World) -> None:
    world.run("delete from facts.fct_samples_weekly where event_date > '2025-02-24'")
    world.run("update facts.fct_samples_weekly set wrong_count = 1")
    row = world.estimate("accuracy")
    assert row["status"] == "insufficient"
    assert row["refuting_bound"] > row["threshold_used"]
