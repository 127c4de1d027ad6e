"""What is planted: every rate of the simulated company, in one place. See docs/simulator.md."""

from dataclasses import dataclass
from typing import Final

WORKFLOW: Final = "procurement"
# For the bundled data only. A real company keeps its audit key secret.
DEMO_KEY: Final = b"penstock demo audit key, not secret"

REGIONS: Final = (("EU", 0.45), ("US", 0.35), ("APAC", 0.20))
TEAMS: Final = (("indirect", 0.6), ("direct", 0.4))
CHANNELS: Final = (("portal", 0.7), ("email", 0.3))
ERROR_TYPES: Final = (("timeout", 0.7), ("rate_limited", 0.3))

# One cohort for the whole period: the same values on every decision.
COHORT: Final = {
    "agent_id": "procurement-agent",
    "agent_version": "3.2.0",
    "model": "kestrel-2-2025-01",
    "prompt_version": "2025-01-27",
    "tool_schema_version": "14",
    "policy_version": "procurement-7",
}
# USD per million tokens; the registry's price_list says the same
INPUT_PRICE: Final = 2.5
OUTPUT_PRICE: Final = 10.0

# A failed call is answered by its second attempt, after this long
RETRY_AFTER_MS: Final = 8000
# 1 - confidence = rate x (SKEW + 1) x u^SKEW for uniform u: mean = rate, most calls near 1
CONFIDENCE_SKEW: Final = 4

SEEDED_ERRORS: Final = 120
# one of every 20 seeded errors is missed: 114 of 120 detected
SEEDED_PER_MISS: Final = 20

# one fallback drill a working day
DRILL_FAILURE_RATE: Final = 0.01

BASELINE_WEEKS: Final = 26


@dataclass(frozen=True)
class ClassPlan:
    """One decision class. Rates are shares (0-1), volumes per week, times as named."""

    action: str
    code: str
    per_week: float
    route: str
    error_rate: float
    inclusion_probability: float
    pool: str
    latency_median_ms: float
    input_tokens_median: float
    output_tokens_median: float
    handling_median_seconds: float
    subject: str
    subject_pool: int | None = None
    amount_median: float | None = None
    amount_limit: float | None = None
    violation_rate: float = 0.0
    failure_rate: float = 0.003
    undo_rate: float = 0.0
    undo_success_rate: float = 1.0
    drills_per_day: int = 0

    @property
    def decision_class(self) -> str:
        """The registered class that ``action`` maps to."""
        return f"{WORKFLOW}.{self.action}"


@dataclass(frozen=True)
class KpiPlan:
    """A weekly KPI: level before and after the launch, AR(1) noise around it."""

    metric: str
    before: float
    after: float
    sd: float
    autocorrelation: float
    unit: str
    count_mean: float


CLASSES: Final = (
    ClassPlan(
        action="classify_vendor_request",
        code="cv",
        per_week=600,
        route="delegated",
        error_rate=0.004,
        inclusion_probability=0.25,
        pool="procurement-operations",
        latency_median_ms=900,
        input_tokens_median=1400,
        output_tokens_median=120,
        handling_median_seconds=75,
        subject="request",
        violation_rate=0.0001,
        undo_rate=0.02,
        undo_success_rate=0.999,
        drills_per_day=12,
    ),
    ClassPlan(
        action="match_vendor_category",
        code="mv",
        per_week=250,
        route="delegated",
        error_rate=0.09,
        inclusion_probability=0.15,
        pool="procurement-operations",
        latency_median_ms=1300,
        input_tokens_median=2600,
        output_tokens_median=240,
        handling_median_seconds=150,
        subject="vendor",
        subject_pool=2000,
        amount_median=6000,
        amount_limit=50_000,
        violation_rate=0.0002,
        undo_rate=0.02,
        undo_success_rate=0.995,
        drills_per_day=2,
    ),
    ClassPlan(
        action="approve_supplier_exception",
        code="se",
        per_week=40,
        route="surfaced",
        error_rate=0.06,
        inclusion_probability=1.0,
        pool="procurement-approvals",
        latency_median_ms=2100,
        input_tokens_median=5200,
        output_tokens_median=600,
        handling_median_seconds=420,
        subject="supplier",
        subject_pool=3000,
        amount_median=12_000,
        amount_limit=250_000,
        undo_rate=0.01,
        undo_success_rate=0.2,
    ),
    ClassPlan(
        action="terminate_supplier",
        code="ts",
        per_week=3,
        route="human",
        error_rate=0.05,
        inclusion_probability=1.0,
        pool="procurement-approvals",
        latency_median_ms=2600,
        input_tokens_median=8000,
        output_tokens_median=900,
        handling_median_seconds=900,
        subject="termination",
        amount_median=80_000,
        amount_limit=2_000_000,
    ),
)

REVIEWERS: Final = {
    "procurement-operations": ("rev-heron", "rev-otter", "rev-linnet", "rev-marten"),
    "procurement-approvals": ("rev-falcon", "rev-badger", "rev-plover"),
}

KPIS: Final = (
    KpiPlan("procurement_cycle_hours", 72.0, 63.0, 2.0, 0.3, "hours", 890),
    KpiPlan("supplier_complaints", 8.0, 8.0, 0.8, 0.2, "per_1000_orders", 2100),
)
