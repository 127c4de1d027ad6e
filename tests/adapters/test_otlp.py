"""OpenTelemetry files as the real exporter writes them, in old and new words."""

import re
import shutil
from pathlib import Path

import duckdb
import pytest
from telemetry import SECRET

from dagster_project.contracts.sources import load_sources
from dagster_project.landing.erase import apply, stage
from dagster_project.landing.manifest import Books
from dagster_project.transform.bridge import manifest_path

pytestmark = pytest.mark.xdist_group("adapters")
PACKAGE = Path(__file__).parents[2] / "dbt"
DECISIONS = "staging.stg_otlp__decisions"


def test_records_of_every_batch_are_accounted_for(ask) -> None:
    assert ask(
        "SELECT replace(file_name, 'data/otlp/', ''), unit_count, landed_count, "
        "quarantined_count, blank_count FROM landing.files WHERE source = 'otlp' ORDER BY 1"
    ) == [("logs.jsonl", 4, 4, 0, 0), ("traces.jsonl", 10, 10, 0, 0)]


def test_no_words_of_customers_land(adapters, ask) -> None:
    for table in ("spans", "logs"):
        text = ask(f"SELECT string_agg(cast(t AS varchar), ' ') FROM landing.otlp__{table} AS t")
        assert "refund" in text[0][0] or table == "logs"
        assert SECRET not in text[0][0]
        assert "p-1" not in text[0][0]


def test_tool_spans_in_new_words(ask) -> None:
    rows = ask(
        "SELECT DISTINCT workflow, decision_class, subject_id, agent_id, agent_version, model, "
        "policy_version, route, confidence::varchar, confidence_method, amount::varchar, currency, "
        f"latency_ms, input_tokens, output_tokens, status, fallback_used FROM {DECISIONS} "
        "WHERE action = 'refund' AND status = 'ok' ORDER BY workflow DESC"
    )
    rest = (
        *("gpt-x-2026-10-01", "p3", "delegated", "0.930000", "self_reported", "19.9900", "EUR"),
        # the token count is beyond what a double can hold
        *(1500, 120, 9_007_199_254_740_993, "ok", False),
    )
    assert rows == [
        ("desk", "refund", "case-1", "agent-7", "1.0", *rest),
        ("back office", "refund", "case-1", "agent-7", "1.1", *rest),
    ]


def test_old_words_and_openinference_say_the_same_things(ask) -> None:
    assert ask(
        "SELECT action, model, input_tokens, output_tokens, latency_ms, cost_amount::varchar, "
        f"cost_currency, agent_id, subject_id = 'case-2', route FROM {DECISIONS} "
        "WHERE action IN ('lookup', 'search') AND workflow = 'desk' ORDER BY action"
    ) == [
        ("lookup", "gpt-old", 7, 3, 2, None, None, None, False, None),
        ("search", "claude-y", 11, 5, 1, "0.012500000", "USD", "finder", True, None),
    ]


def test_a_failed_call_is_an_error_and_unknown_stays_unknown(ask) -> None:
    assert ask(
        "SELECT error_type, latency_ms, model, input_tokens, confidence, amount, currency, "
        f"fallback_used, count(*) FROM {DECISIONS} WHERE status = 'error' GROUP BY ALL"
    ) == [("timeout", 5000, None, None, None, None, None, None, 2)]
    # chat is a span, but no decision
    assert ask(f"SELECT count(*), count(DISTINCT decision_id) FROM {DECISIONS}") == [(8, 8)]


def test_evaluations_in_spans_are_outcomes_of_their_span(ask) -> None:
    assert ask(
        "SELECT outcome, label, score::varchar, label_source, count(*), count(d.decision_id) "
        "FROM staging.stg_otlp__span_outcomes AS o "
        f"LEFT JOIN {DECISIONS} AS d USING (decision_id) GROUP BY ALL ORDER BY outcome"
    ) == [
        ("helpful", None, "0.750000", "model_judge", 6, 6),
        ("policy", "incorrect", None, "model_judge", 2, 2),
        ("relevance", "correct", None, "model_judge", 2, 2),
    ]


def test_evaluations_and_reviews_in_log_records_name_their_span(ask, psn) -> None:
    assert ask(
        "SELECT outcome, label, score::varchar, label_source, d.action, d.status "
        f"FROM staging.stg_otlp__log_outcomes JOIN {DECISIONS} AS d USING (decision_id) "
        "ORDER BY outcome"
    ) == [
        # a score whose direction nobody declared is none
        ("correctness", "correct", None, "system_of_record", "refund", "error"),
        ("tone", None, None, "model_judge", "refund", "error"),
    ]
    assert ask(
        "SELECT review_id, reviewer_id, verdict, is_blind, handling_seconds::varchar, "
        f"d.error_type FROM staging.stg_otlp__log_reviews JOIN {DECISIONS} AS d USING (decision_id)"
    ) == [("r-1", psn("p-1"), "overturn", True, "42.500", "timeout")]


def test_feedback_of_people_in_a_span_is_a_review(ask) -> None:
    assert ask(
        "SELECT verdict, is_blind, reviewer_id, d.action, count(*) "
        f"FROM staging.stg_otlp__span_reviews JOIN {DECISIONS} AS d USING (decision_id) "
        "GROUP BY ALL"
    ) == [("overturn", None, None, "search", 2)]


def test_producers_drawing_becomes_the_audit_sample(ask) -> None:
    assert ask(
        "SELECT inclusion_probability::varchar, count(*) FROM staging.stg_otlp__audit_sample "
        f"JOIN {DECISIONS} USING (decision_id) GROUP BY ALL"
    ) == [("0.250000", 2)]


def test_an_erased_trace_keeps_its_links(adapters, tmp_path) -> None:
    landing = shutil.copytree(adapters.landing, tmp_path / "landing")
    books = Books(landing)
    sources = load_sources(manifest_path(adapters))

    def links() -> list[tuple[str, str, str]]:
        query = "SELECT traceId, spanId, record_id FROM read_parquet(?) ORDER BY _place"
        files = {table: glob(landing / f"otlp__{table}") for table in ("spans", "logs")}
        spans, logs = (duckdb.execute(query, [files[table]]).fetchall() for table in files)
        return [(span[0], span[2], log[2]) for log in logs for span in spans if span[:2] == log[:2]]

    def glob(folder: Path) -> list[str]:
        return [str(path) for path in sorted(folder.glob("*.parquet"))]

    before = links()
    ((trace, *_), *_) = before
    erasure = stage(books, sources, decision=trace)
    assert erasure is not None
    apply(books, erasure)
    after = links()
    assert len(after) == len(before) == 4
    assert trace not in str(after)
    assert len({span for _, span, _ in after}) == len({span for _, span, _ in before})


def test_fields_of_the_seed_are_the_fields_that_adapters_ask_for(ask) -> None:
    macro = (PACKAGE / "macros" / "adapters" / "aliases.sql").read_text()
    (names,) = re.findall(r"macro aliased_field_names\(\) %}(.*?){% endmacro", macro, re.DOTALL)
    rows = ask("SELECT field, attribute, priority FROM registry.attribute_aliases")
    assert set(re.findall(r'"(\w+)"', names)) == {field for field, _, _ in rows}
    assert len({(field, priority) for field, _, priority in rows}) == len(rows)
