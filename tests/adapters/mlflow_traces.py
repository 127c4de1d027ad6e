"""``python mlflow_traces.py FOLDER``: traces of a small agent, written by a real local MLflow.

A process of its own, because MLflow sets up OpenTelemetry for the whole process.
"""

import os
import sys
from pathlib import Path

SECRET = "what the customer wrote"


def write_traces(folder: Path) -> None:
    """``traces.jsonl``: one trace of two tool calls with assessments, one whose call fails."""
    os.environ |= {
        "MLFLOW_ALLOW_FILE_STORE": "true",
        "MLFLOW_ENABLE_ASYNC_TRACE_LOGGING": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
    }
    import mlflow
    from mlflow.entities import AssessmentSource

    mlflow.set_tracking_uri((folder / "store").as_uri())
    mlflow.set_experiment("refunds")
    judged, failed = _answered(mlflow), _failed(mlflow)
    person = AssessmentSource(source_type="HUMAN", source_id="p-1")
    judge = AssessmentSource(source_type="LLM_JUDGE", source_id="gpt-judge")
    code = AssessmentSource(source_type="CODE", source_id="check.py")
    tool = mlflow.get_trace(judged).search_spans(name="refund")[0].span_id
    first = mlflow.log_feedback(trace_id=judged, name="right", value=True, source=judge)
    mlflow.log_feedback(trace_id=judged, name="safe", value=0.25, source=judge, rationale=SECRET)
    mlflow.log_feedback(trace_id=judged, name="limit", value="yes", source=code, span_id=tool)
    mlflow.override_feedback(
        trace_id=judged, assessment_id=first.assessment_id, value=False, source=person
    )
    mlflow.log_expectation(trace_id=judged, name="expected", value="refund", source=person)
    lines = [mlflow.get_trace(trace).to_json() for trace in (judged, failed)]
    (folder / "traces.jsonl").write_text("".join(f"{line}\n" for line in lines))


def _answered(mlflow) -> str:
    tags = {"penstock.policy.version": "p3", "customer": SECRET}
    with mlflow.start_span("claims agent", span_type="AGENT") as agent:
        mlflow.update_current_trace(tags=tags, session_id="case-1")
        agent.set_inputs({"question": SECRET})
        with mlflow.start_span("answer", span_type="CHAT_MODEL") as chat:
            chat.set_attribute("mlflow.llm.model", "gpt-x")
            usage = {"input_tokens": 101, "output_tokens": 20, "total_tokens": 121}
            chat.set_attribute("mlflow.chat.tokenUsage", usage)
        with mlflow.start_span("lookup", span_type="TOOL"):
            pass
        with mlflow.start_span("refund", span_type="TOOL") as call:
            call.set_inputs({"words": SECRET})
            call.set_attributes(
                {
                    "penstock.decision.class": "refund",
                    "penstock.decision.amount": 19.99,
                    "penstock.decision.currency": "EUR",
                    "penstock.decision.confidence": 0.9,
                    "penstock.decision.route": "surfaced",
                }
            )
    return str(agent.trace_id)


def _failed(mlflow) -> str:
    with mlflow.start_span("claims agent", span_type="AGENT") as agent:
        try:
            with mlflow.start_span("refund", span_type="TOOL"):
                raise TimeoutError(SECRET)
        except TimeoutError:
            pass
    return str(agent.trace_id)


if __name__ == "__main__":
    write_traces(Path(sys.argv[1]))
