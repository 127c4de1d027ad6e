"""The canonical streams: the one typed definition that producers, staging and docs agree on."""

from dataclasses import dataclass, field
from typing import Any, Final

# Raise the first number when a producer's valid record may become invalid.
SCHEMA_VERSION: Final = "1.0.0"

ROUTES: Final = ("delegated", "surfaced", "human", "shadow")
CONFIDENCE_METHODS: Final = ("model_probability", "self_reported", "calibrated", "rule", "none")
REVIEW_VERDICTS: Final = ("agree", "overturn", "modify", "cannot_judge")
SAMPLING_REASONS: Final = ("random", "risk", "appeal", "surfaced")
LABELS: Final = ("correct", "incorrect")
LABEL_SOURCES: Final = ("ground_truth", "system_of_record", "complaint", "model_judge")
RAILS: Final = (
    "identity_and_access_control",
    "data_connectors",
    "evaluation_harness",
    "human_review_queues",
    "audit_logs",
    "cost_controls",
    "incident_playbooks",
    "model_routing",
    "guardrails",
)


@dataclass(frozen=True)
class StreamColumn:
    """One column. ``data_type`` is DuckDB's; ``low``/``high`` bound a number, ends included.

    ``is_gate_column``: a later record may only fill it in; any other change is a conflict.
    """

    name: str
    data_type: str
    description: str
    is_nullable: bool = True
    allowed: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    is_gate_column: bool = False


@dataclass(frozen=True)
class Stream:
    """One append-only stream; ``grain`` says what a record is, ``key`` what identifies it."""

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[StreamColumn, ...] = field(repr=False)


def _text(name: str, description: str, *allowed: str, gate: bool = False) -> StreamColumn:
    return StreamColumn(name, "varchar", description, allowed=allowed, is_gate_column=gate)


def _key(name: str, description: str) -> StreamColumn:
    return StreamColumn(name, "varchar", description, is_nullable=False)


def _time(name: str, description: str) -> StreamColumn:
    return StreamColumn(name, "timestamptz", description)


def _flag(name: str, description: str) -> StreamColumn:
    return StreamColumn(name, "boolean", description)


def _count(name: str, description: str) -> StreamColumn:
    return StreamColumn(name, "bigint", description, low=0)


def _share(name: str, description: str) -> StreamColumn:
    return StreamColumn(name, "decimal(9,6)", description, low=0, high=1, is_gate_column=True)


_DECISION_ID = _key("decision_id", "The decision this record is about.")
_INCLUSION = _share("inclusion_probability", "Chance with which this decision was selected, > 0.")

_DECISIONS: Final = (
    _key("decision_id", "Identifies the decision, unique over all sources."),
    _time("occurred_at", "When the agent decided. NULL only from a source declared `undated`."),
    _text("workflow", "Workflow of the registry."),
    _text("decision_class", "The producer's own class name, before `class_mapping`.", gate=True),
    _text(
        "subject_id",
        "Whom or what it concerns (customer, case); decisions on it are related. "
        "A keyed pseudonym lands.",
    ),
    _text("region", "Segment."),
    _text("team", "Segment."),
    _text("channel", "Segment."),
    _text("agent_id", "The agent that decided."),
    _text("agent_version", "Version of the agent (cohort)."),
    _text("model", "Model that answered (cohort)."),
    _text("prompt_version", "Version of the prompt (cohort)."),
    _text("tool_schema_version", "Version of the tool definitions (cohort)."),
    _text("policy_version", "Version of the policy given to the agent (cohort)."),
    _text("action", "What was decided: the tool or action name."),
    _text(
        "route",
        "Who acted: the AI alone, a person approving, a person, nobody.",
        *ROUTES,
        gate=True,
    ),
    _share("confidence", "The agent's confidence that the decision is right."),
    _text("confidence_method", "Where the confidence comes from.", *CONFIDENCE_METHODS),
    StreamColumn("amount", "decimal(18,4)", "Money at stake, in `currency`.", is_gate_column=True),
    _text("currency", "ISO 4217 code of `amount`.", gate=True),
    _count("latency_ms", "Milliseconds from request to decision."),
    _count("input_tokens", "Tokens read."),
    _count("output_tokens", "Tokens written."),
    StreamColumn(
        "cost_amount", "decimal(18,9)", "Cost of the decision, in `cost_currency`.", low=0
    ),
    _text("cost_currency", "ISO 4217 code of `cost_amount`."),
    _text("status", "Whether the call itself worked.", "ok", "error"),
    _text("error_type", "Kind of error where `status` is error."),
    _flag("fallback_used", "A fallback path took over."),
    _text("fallback_reason", "Why the fallback took over."),
    _flag("within_boundary", "The producer's own check of the action boundary."),
    _count(
        "sequence_number", "Counts a producer's decisions without gaps; a gap is a lost record."
    ),
)
_REVIEWS: Final = (
    _key("review_id", "Identifies the review."),
    _DECISION_ID,
    _text("reviewer_id", "Who reviewed; a keyed pseudonym lands."),
    _time("queued_at", "When the decision entered the review queue."),
    _time("reviewed_at", "When the verdict was given."),
    StreamColumn("handling_seconds", "decimal(18,3)", "Time worked on the review.", low=0),
    _text("verdict", "What the reviewer found.", *REVIEW_VERDICTS, gate=True),
    _flag("is_blind", "The reviewer did not see the AI's proposal; only then `agree` is a label."),
    _text("sampling_reason", "Why this decision was reviewed.", *SAMPLING_REASONS),
    _INCLUSION,
    _flag("is_seeded_error", "An error planted to measure the reviewer."),
)
_AUDIT_SAMPLE: Final = (
    _DECISION_ID,
    _time("selected_at", "When Penstock drew it, before any review."),
    _INCLUSION,
)
_OUTCOMES: Final = (
    _key("outcome_id", "Identifies the observation."),
    _text("decision_id", "The decision; NULL for an expected action that no decision took."),
    _time("observed_at", "When the outcome became known."),
    _text("outcome", "Name of what was observed, such as `expected_action`."),
    _text("label", "Whether the decision was right.", *LABELS, gate=True),
    _share("score", "Graded outcome, 1 is best; counts against a declared threshold."),
    _text("label_source", "Who says so; `model_judge` alone certifies nothing.", *LABEL_SOURCES),
    _text("workflow", "Workflow, where there is no decision to take it from."),
    _text("action", "Action, where there is no decision to take it from."),
)
_REVERSALS: Final = (
    _key("reversal_id", "Identifies the attempt."),
    _DECISION_ID,
    _time("attempted_at", "When undoing began."),
    _time("completed_at", "When undoing ended; NULL while it has not."),
    _flag("succeeded", "The state before the decision was restored."),
    _flag("is_drill", "A rehearsal, not a real case."),
)
_BUSINESS_ACTIONS: Final = (
    _key("action_id", "Identifies what the system of record did."),
    _time("executed_at", "When it was executed."),
    _text("workflow", "Workflow of the registry."),
    _text("action", "What was executed."),
    _text("decision_id", "The decision behind it, if known."),
)
_KPIS: Final = (
    _key("metric", "KPI of `kpi_registry`."),
    _text("workflow", "Workflow of the registry."),
    _text("decision_class", "Decision class; NULL for the whole workflow."),
    _text("segment", "`all`, or dimension=value such as `region=EU`."),
    StreamColumn("period_start", "date", "First day of the period.", is_nullable=False),
    _text("grain", "Length of the period.", "day", "week", "month"),
    StreamColumn("value", "decimal(28,9)", "Value in the period, in `unit`."),
    _text("unit", "Unit of the value."),
    _text("currency", "ISO 4217 code where the unit is money."),
    _count("n", "How many cases the value rests on."),
)
_RAIL_EVIDENCE: Final = (
    StreamColumn("rail", "varchar", "Shared rail.", is_nullable=False, allowed=RAILS),
    _text("workflow", "Workflow that uses it."),
    _text("component", "What stands for the rail in this workflow."),
    _flag("is_shared", "The component is shared; false: a one-off."),
    _time("observed_at", "When it was exercised."),
    _text("result", "What was seen: an evaluation run, a drill, an incident, an access review."),
)

STREAMS: Final = (
    Stream("decisions", "one decision of an agent", ("decision_id",), _DECISIONS),
    Stream("reviews", "one verdict of one reviewer on one decision", ("review_id",), _REVIEWS),
    Stream(
        "audit_sample", "one decision drawn for audit by Penstock", ("decision_id",), _AUDIT_SAMPLE
    ),
    Stream("outcomes", "one observed outcome of a decision", ("outcome_id",), _OUTCOMES),
    Stream("reversals", "one attempt to undo a decision", ("reversal_id",), _REVERSALS),
    Stream(
        "business_actions", "one action of the system of record", ("action_id",), _BUSINESS_ACTIONS
    ),
    Stream(
        "kpis",
        "one KPI value of one workflow, class, segment and period",
        ("metric", "workflow", "decision_class", "segment", "period_start", "grain"),
        _KPIS,
    ),
    Stream(
        "rail_evidence",
        "one observation of one rail at work",
        ("rail", "workflow", "component", "observed_at"),
        _RAIL_EVIDENCE,
    ),
)

# Added by landing and staging; never sent by a producer.
LANDED_COLUMNS: Final = (
    _key("source", "Name of the declared source."),
    _key("_landing_batch", "UTC stamp of the landing run; strictly increasing."),
    StreamColumn("_landed_at", "timestamptz", "When the file landed.", is_nullable=False),
    _key("_file_sha256", "SHA-256 of the file's decompressed bytes."),
    StreamColumn("_place", "bigint", "Line or record number in the file, from 1.", False, low=1),
    _key("_payload_sha256", "SHA-256 over the declared columns after typing."),
)


def stream(name: str) -> Stream:
    """The stream called ``name``. Raises KeyError, naming the streams there are."""
    for candidate in STREAMS:
        if candidate.name == name:
            return candidate
    raise KeyError(f"no stream {name!r}; there are {', '.join(s.name for s in STREAMS)}")


def json_schema(name: str) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of one record a producer sends. Raises KeyError.

    Undeclared keys are valid here: landing names and counts them and lands none of them.
    """
    found = stream(name)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:penstock:stream:{found.name}:{SCHEMA_VERSION}",
        "title": found.name,
        "description": f"One record is {found.grain}.",
        "type": "object",
        "properties": {column.name: _property(column) for column in found.columns},
        "required": [column.name for column in found.columns if not column.is_nullable],
        "additionalProperties": True,
    }


def _property(column: StreamColumn) -> dict[str, Any]:
    kinds = {"varchar": "string", "timestamptz": "string", "date": "string", "bigint": "integer"}
    kind = kinds.get(column.data_type, "number" if "(" in column.data_type else column.data_type)
    found: dict[str, Any] = {
        "description": column.description,
        "type": [kind, "null"] if column.is_nullable else kind,
    }
    if column.allowed:
        found["enum"] = [*column.allowed, *([None] if column.is_nullable else [])]
    if column.data_type == "date":
        found["format"] = "date"
    if column.data_type == "timestamptz":
        # `format` alone is an annotation; a time without zone must really be refused
        found |= {"format": "date-time", "pattern": "T.*(Z|[+-][0-9]{2}:[0-9]{2})$"}
    if kind == "string" and not column.is_nullable:
        found["minLength"] = 1
    bounds = {"minimum": column.low, "maximum": column.high}
    return found | {word: bound for word, bound in bounds.items() if bound is not None}
