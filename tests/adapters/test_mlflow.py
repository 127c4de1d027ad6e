"""MLflow 3: traces with assessments, written by a real local MLflow."""

import pytest
from mlflow_traces import SECRET

pytestmark = pytest.mark.xdist_group("adapters")
DECISIONS = "staging.stg_mlflow__decisions"


def test_traces_land_without_words_of_customers(ask) -> None:
    assert ask(
        'SELECT "table", unit_count, landed_count FROM landing.files '
        "WHERE source = 'mlflow' ORDER BY 1"
    ) == [("assessments", 2, 2), ("traces", 2, 2)]
    for table in ("traces", "assessments"):
        ((text,),) = ask(f"SELECT string_agg(cast(t AS varchar)) FROM landing.mlflow__{table} AS t")
        assert "claims agent" in text
        assert SECRET not in text


def test_each_tool_span_is_one_decision(ask) -> None:
    assert ask(
        "SELECT action, workflow, agent_id, model, decision_class, amount::varchar, currency, "
        "confidence::varchar, route, policy_version, status, error_type, input_tokens, "
        f"output_tokens, cost_amount, subject_id = 'case-1' FROM {DECISIONS} "
        "ORDER BY action, status DESC"
    ) == [
        (
            *("lookup", "claims agent", "claims agent", "gpt-x", None, None, None, None, None),
            *("p3", "ok", None, 51, 10, None, True),
        ),
        (
            *("refund", "claims agent", "claims agent", "gpt-x", "refund", "19.9900", "EUR"),
            *("0.900000", "surfaced", "p3", "ok", None, 50, 10, None, True),
        ),
        (
            *("refund", "claims agent", "claims agent", None, None, None, None, None, None),
            *(None, "error", "tool_error", None, None, None, False),
        ),
    ]


def test_times_and_latency_come_from_the_span(ask) -> None:
    ((wrong,),) = ask(
        f"SELECT count(*) FROM {DECISIONS} AS d JOIN landing.mlflow__traces AS t "
        "ON starts_with(d.decision_id, t.info.trace_id) CROSS JOIN unnest(t.data.spans) AS s(span) "
        "WHERE ends_with(d.decision_id, lower(hex(from_base64(span.span_id)))) AND ("
        "epoch_us(d.occurred_at) <> span.start_time_unix_nano // 1000 OR abs(d.latency_ms * "
        "1000000 - (span.end_time_unix_nano - span.start_time_unix_nano)) > 500000)"
    )
    ((known,),) = ask(f"SELECT count(latency_ms) FROM {DECISIONS}")
    assert (wrong, known) == (0, 3)


def test_judges_and_code_give_outcomes_and_what_was_overridden_does_not(ask) -> None:
    assert ask(
        "SELECT outcome, label, score::varchar, label_source, d.action "
        f"FROM staging.stg_mlflow__outcomes JOIN {DECISIONS} AS d USING (decision_id) "
        "ORDER BY outcome, d.action"
    ) == [
        ("limit", "correct", None, "system_of_record", "refund"),
        ("safe", None, "0.250000", "model_judge", "lookup"),
        ("safe", None, "0.250000", "model_judge", "refund"),
    ]


def test_feedback_of_people_is_a_review_and_an_expectation_is_none(ask, psn) -> None:
    assert ask(
        "SELECT reviewer_id, verdict, is_blind, count(*), count(d.decision_id) "
        f"FROM staging.stg_mlflow__reviews LEFT JOIN {DECISIONS} AS d USING (decision_id) "
        "GROUP BY ALL"
    ) == [(psn("p-1"), "overturn", False, 2, 2)]
