"""Telemetry of a small agent, written by the real OpenTelemetry SDK and its file exporter."""

from pathlib import Path

from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.json.file._log_exporter import FileLogExporter
from opentelemetry.exporter.otlp.json.file.trace_exporter import FileSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanContext, Status, StatusCode, Tracer

SECOND = 1_000_000_000
START = 1_760_000_000 * SECOND  # 9 October 2025
SECRET = "what the customer wrote"
EVALUATION = "gen_ai.evaluation.result"
# (attributes, duration in nanoseconds): one tool call each, in the words of one convention
CALLS = {
    "gen_ai, new names": (
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "refund",
            "gen_ai.agent.id": "agent-7",
            "gen_ai.conversation.id": "case-1",
            "gen_ai.request.model": "gpt-x",
            "gen_ai.response.model": "gpt-x-2026-10-01",
            "gen_ai.usage.input_tokens": 120,
            "gen_ai.usage.output_tokens": 9_007_199_254_740_993,
            "gen_ai.tool.call.arguments": SECRET,
            "penstock.decision.class": "refund",
            "penstock.decision.route": "delegated",
            "penstock.decision.confidence": 0.93,
            "penstock.decision.confidence.method": "self_reported",
            "penstock.decision.amount": 19.99,
            "penstock.decision.currency": "EUR",
            "penstock.policy.version": "p3",
            "penstock.audit.inclusion_probability": 0.25,
            "penstock.tags": ["a", "b"],
        },
        1_500_000_000,
    ),
    "gen_ai, old names": (
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "lookup",
            "gen_ai.request.model": "gpt-old",
            "gen_ai.usage.prompt_tokens": 7,
            "gen_ai.usage.completion_tokens": 3,
        },
        2_000_000,
    ),
    "openinference": (
        {
            "openinference.span.kind": "TOOL",
            "tool.name": "search",
            "agent.name": "finder",
            "session.id": "case-2",
            "llm.model_name": "claude-y",
            "llm.token_count.prompt": 11,
            "llm.token_count.completion": 5,
            "llm.cost.total": 0.0125,
            "input.value": SECRET,
            "evaluations.0.evaluation.name": "relevance",
            "evaluations.0.evaluation.label": "pass",
            "evaluations.0.evaluation.annotator_kind": "LLM",
            "evaluations.0.evaluation.explanation": SECRET,
            "annotations.0.annotation.name": "useful",
            "annotations.0.annotation.label": "fail",
            "annotations.0.annotation.annotator_kind": "HUMAN",
        },
        999_600,
    ),
}


def write_telemetry(folder: Path) -> None:
    """``traces.jsonl`` and ``logs.jsonl``: several batches, two resources, one failed call."""
    folder.mkdir(parents=True)
    traces, logs = folder / "traces.jsonl", folder / "logs.jsonl"
    for number, name in enumerate(("desk", "back office")):
        resource = Resource({"service.name": name, "service.version": f"1.{number}"})
        provider = TracerProvider(resource=resource)
        processor = BatchSpanProcessor(FileSpanExporter(traces))
        provider.add_span_processor(processor)
        tracer = provider.get_tracer("agent", "0.1", attributes={"team": "claims"})
        _write_calls(tracer, number)
        processor.force_flush()
        failed = tracer.start_span("execute_tool refund", start_time=START)
        failed.set_attributes(
            {
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": "refund",
                "error.type": "timeout",
            }
        )
        failed.set_status(Status(StatusCode.ERROR, SECRET))
        failed.end(START + 5 * SECOND)
        provider.shutdown()
        if not number:
            _write_logs(logs, resource, failed.get_span_context())


def _write_calls(tracer: Tracer, number: int) -> None:
    chat = tracer.start_span("chat", start_time=START, attributes={"gen_ai.operation.name": "chat"})
    for place, (attributes, duration) in enumerate(CALLS.values()):
        begin = START + (10 * number + place) * SECOND
        span = tracer.start_span("call", start_time=begin, attributes=attributes)
        score = {"gen_ai.evaluation.name": "helpful", "gen_ai.evaluation.score.value": 0.75}
        span.add_event(EVALUATION, score, timestamp=begin + SECOND)
        if not place:
            label = {"gen_ai.evaluation.name": "policy", "gen_ai.evaluation.score.label": "fail"}
            span.add_event(EVALUATION, label, timestamp=begin + SECOND)
            span.add_event("gen_ai.choice", {"gen_ai.content": SECRET})
        span.end(begin + duration)
    chat.end(START + SECOND)


def _write_logs(path: Path, resource: Resource, call: SpanContext) -> None:
    provider = LoggerProvider(resource=resource)
    provider.add_log_record_processor(BatchLogRecordProcessor(FileLogExporter(path)))
    logger = provider.get_logger("judge")
    where = {"trace_id": call.trace_id, "span_id": call.span_id, "trace_flags": call.trace_flags}
    evaluation = {
        "gen_ai.evaluation.name": "correctness",
        "gen_ai.evaluation.score.label": "pass",
        "gen_ai.evaluation.score.value": 1,
        "penstock.outcome.label_source": "system_of_record",
    }
    review = {
        "penstock.review.id": "r-1",
        "penstock.review.reviewer": "p-1",
        "penstock.review.verdict": "overturn",
        "penstock.review.is_blind": True,
        "penstock.review.handling_seconds": 42.5,
    }
    for event, attributes in ((EVALUATION, evaluation), ("penstock.review", review)):
        logger.emit(
            LogRecord(
                timestamp=START + 60 * SECOND, event_name=event, attributes=attributes, **where
            )
        )
    logger.emit(LogRecord(timestamp=START, body=SECRET, **where))
    # as exporters wrote it before events had a name of their own
    old = {"event.name": EVALUATION, "gen_ai.evaluation.name": "tone"}
    logger.emit(LogRecord(timestamp=START + 61 * SECOND, attributes=old, **where))
    provider.shutdown()
