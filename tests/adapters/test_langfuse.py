"""Langfuse: 13 real exports of 13 agent frameworks."""

import pytest

pytestmark = pytest.mark.xdist_group("adapters")
REAL = "\"traceId\" <> 'annotated'"
DECISIONS = "staging.stg_langfuse__decisions"


def test_traces_observations_scores_and_cost_land_whole(ask) -> None:
    assert ask(
        "SELECT count(DISTINCT traceId), count(*), count(*) FILTER (type = 'GENERATION'), "
        "count(*) FILTER (type = 'TOOL'), sum(totalCost)::decimal(18, 6)::varchar "
        f"FROM landing.langfuse__observations WHERE {REAL}"
    ) == [(13, 91, 28, 6, "0.017477")]
    assert ask(
        "SELECT count(*), sum(len(scores)) FROM landing.langfuse__traces WHERE id <> 'annotated'"
    ) == [(13, 12)]
    assert ask(
        "SELECT sum(quarantined_count + blank_count), bool_and(status = 'landed') "
        "FROM landing.files WHERE source = 'langfuse'"
    ) == [(0, True)]


def test_prompts_and_answers_stay_out(ask) -> None:
    keys = ask(
        "SELECT DISTINCT unnest(json_keys(json_extract(metadata, '$.attributes'))) "
        "FROM landing.langfuse__observations ORDER BY 1"
    )
    names = {key for (key,) in keys}
    assert {"gen_ai.tool.name", "tool.name"} <= names
    assert not {name for name in names if "input" in name or "output" in name or "prompt" in name}


def test_each_tool_observation_is_one_decision(ask) -> None:
    rows = ask(
        f"SELECT action, agent_id, model FROM {DECISIONS} WHERE status = 'ok' "
        "AND route = 'delegated' AND decision_id NOT LIKE 'annotated%' ORDER BY action, model"
    )
    joke = (None, "gpt-4o-mini-2024-07-18")
    assert rows == [
        ("get_dad_joke_suggestion", *joke),
        ("get_one_liner_suggestion", *joke),
        ("get_pun_suggestion", *joke),
        ("get_weather", "Hello world", "gpt-4.1-2025-04-14"),
        ("get_weather", "invoke_agent 99981f6a-abd1-4d09-9fba-00e2ab172193", "gpt-4o"),
        ("say_hello", "agent_run [hello_agent]", "gemini-2.0-flash"),
    ]


def test_latency_is_end_minus_start_whatever_the_latency_field_says(ask) -> None:
    rows = ask(
        "SELECT d.action, d.latency_ms, epoch_ms(o.endTime) - epoch_ms(o.startTime) "
        f"FROM {DECISIONS} AS d JOIN landing.langfuse__observations AS o "
        "ON d.decision_id = o.traceId || ':' || o.id ORDER BY 1"
    )
    assert len(rows) == 7
    assert all(latency == span for _, latency, span in rows)
    assert {latency for action, latency, _ in rows if "suggestion" in action} == {5, 6}


def test_a_traces_tokens_and_cost_are_shared_among_its_calls(ask) -> None:
    (shared,) = ask(
        "SELECT sum(input_tokens), sum(output_tokens), sum(cost_amount)::double, count(*) "
        f"FROM {DECISIONS} WHERE action LIKE '%suggestion'"
    )
    (whole,) = ask(
        "SELECT sum(usageDetails.input), sum(usageDetails.output), sum(totalCost)::double "
        "FROM landing.langfuse__observations WHERE type = 'GENERATION' AND traceId IN "
        "(SELECT traceId FROM landing.langfuse__observations WHERE name LIKE '%dad_joke%')"
    )
    assert shared[:2] == whole[:2]
    assert shared[2] == pytest.approx(whole[2], abs=1e-8)
    assert shared[3] == 3


def test_evaluator_scores_are_model_judges_with_a_declared_direction(ask) -> None:
    rows = ask(
        "SELECT split_part(outcome_id, ':', 1), outcome, any_value(label), any_value(score), "
        "any_value(label_source) FROM staging.stg_langfuse__outcomes GROUP BY 1, 2"
    )
    assert len(rows) == 12
    assert {row[4] for row in rows} == {"model_judge"}
    # of the 12, one hallucination of 1 and one toxicity of 0.8 are worse than 0.5
    assert sorted(float(row[3]) for row in rows if row[2] == "incorrect") == [0.0, 0.2]
    assert sum(row[2] == "correct" for row in rows) == 10


def test_scores_of_people_are_reviews_and_see_the_answer(ask, psn) -> None:
    assert ask(
        "SELECT split_part(review_id, ':', 1), reviewer_id, verdict, is_blind, decision_id IN "
        f"(SELECT decision_id FROM {DECISIONS}) FROM staging.stg_langfuse__reviews ORDER BY 1"
    ) == [
        ("a-1", psn("u-1"), "agree", False, True),
        ("a-2", psn("u-1"), "overturn", False, True),
    ]


def test_metadata_written_as_text_says_the_same(ask) -> None:
    assert ask(
        f"SELECT decision_class, confidence::varchar, action FROM {DECISIONS} "
        "WHERE decision_id LIKE 'annotated%'"
    ) == [("greet", "0.875000", "say_hello")]
