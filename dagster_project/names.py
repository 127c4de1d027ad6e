"""The words every room uses. One home, so that a spelling cannot drift."""

from typing import Final

STREAMS: Final = (
    "decisions",
    "reviews",
    "audit_sample",
    "outcomes",
    "reversals",
    "business_actions",
    "kpis",
    "rail_evidence",
)

VERDICTS: Final = ("error", "fail", "stale", "insufficient", "pass", "not_applicable")
GATES: Final = ("workflow_fit", "data_fit", "autonomy_fit", "production_fit", "value_fit")
LEVELS: Final = ("human_only", "surface", "delegate_with_audit", "delegate")
STAGES: Final = ("proposed", "discovery", "build", "pilot", "limited_rollout", "scale")
# from what is safest to expand to what is least safe; the dbt macro `rungs` says the same
RUNGS: Final = ("volume", "adjacent_class", "team_or_region", "second_workflow", "portfolio")
OWNER_ROLES: Final = ("business", "technical", "risk")

ALL_SEGMENT: Final = "all"
UNKNOWN: Final = "(unknown)"
ABSENT: Final = "(absent)"
# between the parts of a cohort: agent version, model, prompt, tool schema, policy version
COHORT_SEPARATOR: Final = " | "

# What a class may require of its decisions (`required_fields`); the dbt macro `optional_fields`
# says the same, and a test compares the two.
OPTIONAL_FIELDS: Final = (
    "confidence",
    "amount",
    "subject_id",
    "latency_ms",
    "input_tokens",
    "output_tokens",
    "cost_amount",
    "model",
    "policy_version",
    "region",
)
