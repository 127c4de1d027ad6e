"""tau-bench trajectories: 200 real conversations of a gpt-4o airline agent."""

from math import comb
from statistics import mean

import pytest

from dagster_project.evidence.estimates.bounds import wilson
from dagster_project.evidence.shown.agreement import Pairs, agreement

pytestmark = pytest.mark.xdist_group("adapters")
WRITES = (
    "'book_reservation', 'cancel_reservation', 'send_certificate', 'update_reservation_flights', "
    "'update_reservation_baggages', 'update_reservation_passengers'"
)
DECISIONS = "staging.stg_tau_bench__decisions"


def test_every_conversation_lands_and_only_the_start_of_answers(ask) -> None:
    files = ask(
        "SELECT unit_count, landed_count, quarantined_count, blank_count, status "
        "FROM landing.files WHERE source = 'tau_bench'"
    )
    assert files == [(200, 200, 0, 0, "landed")]
    ((longest, rewarded),) = ask(
        "SELECT max(len(turn.content)), count(DISTINCT (task_id, trial)) FILTER (reward >= 1) "
        "FROM landing.tau_bench__runs CROSS JOIN unnest(traj) AS turns(turn)"
    )
    assert (longest, rewarded) == (5, 84)


def test_four_trials_of_fifty_tasks_give_the_published_pass_hat_k(ask) -> None:
    tasks = ask(
        "SELECT count(DISTINCT trial), count(*), count(*) FILTER (reward >= 1) "
        "FROM landing.tau_bench__runs GROUP BY task_id"
    )
    assert (len(tasks), {tuple(counts) for *counts, _ in tasks}) == (50, {(4, 4)})
    passed = [right for *_, right in tasks]
    # the share of tasks of which k trials drawn at random are all right
    found = [mean(comb(right, k) / comb(4, k) for right in passed) for k in (1, 2, 3, 4)]
    assert found == pytest.approx([0.42, 0.2733, 0.22, 0.2], abs=5e-5)
    lower, upper = wilson(sum(passed), 200, 0.025)
    assert (float(lower), float(upper)) == pytest.approx((0.353736, 0.489279), abs=5e-7)


def test_each_tool_call_is_one_decision(ask) -> None:
    assert ask(
        f"SELECT count(*), count(DISTINCT decision_id), "
        f"count(*) FILTER (action IN ({WRITES})), count(*) FILTER (status = 'error'), "
        f"count(*) FILTER (status IS NULL) FROM {DECISIONS}"
    ) == [(1164, 1164, 250, 73, 0)]
    assert ask(
        f"SELECT count(*), count(DISTINCT split_part(decision_id, '|', 2) || '|' || "
        f"split_part(decision_id, '|', 3)) FROM {DECISIONS} WHERE route = 'human'"
    ) == [(48, 48)]


def test_amounts_come_from_arguments_that_are_json_text(ask) -> None:
    rows = ask(
        f"SELECT action, sum(amount), any_value(currency) FROM {DECISIONS} "
        "WHERE amount IS NOT NULL GROUP BY action ORDER BY action"
    )
    assert rows == [("book_reservation", 25116, "USD"), ("send_certificate", 700, "USD")]


def test_missing_telemetry_stays_missing(ask) -> None:
    missing = ("occurred_at", "latency_ms", "input_tokens", "output_tokens", "cost_amount")
    counts = ", ".join(f"count({name})" for name in missing)
    assert ask(f"SELECT {counts} FROM {DECISIONS}") == [(0,) * len(missing)]
    # without a time no call can pass as one of its class
    assert ask(
        "SELECT DISTINCT decision_class FROM intermediate.int_decisions__mapped "
        "WHERE source = 'tau_bench'"
    ) == [("(unknown)",)]


def test_reward_labels_every_call_of_its_conversation(ask) -> None:
    rows = ask(
        "SELECT label, count(DISTINCT split_part(decision_id, '|', 2) || '|' || "
        "split_part(decision_id, '|', 3)), count(*) FROM staging.stg_tau_bench__outcomes "
        "WHERE label_source = 'ground_truth' GROUP BY label ORDER BY label"
    )
    ((calls,),) = ask("SELECT count(*) FROM staging.stg_tau_bench__audit_sample")
    assert [row[0] for row in rows] == ["correct", "incorrect"]
    assert sum(row[2] for row in rows) == calls == 1164


JUDGES = {
    # success and pass, fail and pass, success and fail, fail and fail; Cohen's kappa
    "policy_conversation_v1": ((18, 11, 5, 16), 0.3681),
    "quick_triage_v1": ((22, 24, 1, 3), 0.0630),
    "customer_outcome_v1": ((14, 21, 9, 6), -0.1628),
    # words drift: of 50 verdicts only 23 are the declared pass or fail
    "policy_chain_of_thought_v1": ((4, 6, 7, 6), None),
}


@pytest.mark.parametrize("judge", JUDGES)
def test_judges_of_tau2_against_the_reward(ask, judge) -> None:
    ((*counts,),) = ask(
        "WITH verdicts AS (SELECT DISTINCT split_part(outcome_id, '|', 1) AS run, label "
        f"FROM staging.stg_tau2__judge_outcomes WHERE outcome = 'judge_{judge}') "
        "SELECT count(*) FILTER (reward_info.reward >= 1 AND label = 'correct'), "
        "count(*) FILTER (reward_info.reward < 1 AND label = 'correct'), "
        "count(*) FILTER (reward_info.reward >= 1 AND label = 'incorrect'), "
        "count(*) FILTER (reward_info.reward < 1 AND label = 'incorrect'), count(*) "
        "FROM verdicts JOIN landing.tau2__simulations ON run = id"
    )
    *pairs, runs = counts
    wanted, kappa = JUDGES[judge]
    assert (tuple(pairs), runs) == (wanted, 50)
    if kappa is not None:
        assert agreement(Pairs(*pairs)).kappa == pytest.approx(kappa, abs=5e-5)


def test_judges_are_model_judges_and_nothing_else(ask) -> None:
    assert ask(
        "SELECT label_source, count(DISTINCT split_part(outcome_id, '|', 1) || outcome), "
        "count(*) = count(DISTINCT outcome_id) FROM staging.stg_tau2__judge_outcomes GROUP BY ALL"
    ) == [("model_judge", 200, True)]
    # a judgement of a conversation is one of each of its 277 calls; two have none
    ((orphans, calls),) = ask(
        "SELECT count(*) FILTER (d.decision_id IS NULL), count(DISTINCT d.decision_id) "
        "FROM staging.stg_tau2__judge_outcomes AS j LEFT JOIN staging.stg_tau2__decisions AS d "
        "USING (decision_id)"
    )
    assert calls == 277
    assert orphans == 2 * 4
