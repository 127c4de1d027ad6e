"""What can be planted on top of the company, and how strongly. Nothing of it unless asked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from dagster_project.simulate.decisions import Row
from dagster_project.simulate.output import SimulateError

# From the day on: errors come on top, in points of the error rate
DRIFT_ADDED: Final = 0.05
# From the day on: what the log says of the agent
NEW_COHORT: Final[Row] = {
    "agent_version": "3.3.0",
    "model": "kestrel-2-2025-05",
    "prompt_version": "2025-05-05",
}
# Decisions a week about one subject, and the correlation of their errors
CLUSTER_SIZE: Final = 10
CLUSTER_ICC: Final = 0.3
# A decision is taken again with this probability, at most so often, with the same outcome
RETRY_RATE: Final = 0.3
MOST_RETRIES: Final = 3
# Error by region as a factor of the class's rate: 1 on average over plan.REGIONS
REGION_FACTORS: Final = {"EU": 0.4, "US": 1.0, "APAC": 2.35}
# From the day on every region is worse and the easy one is larger: all together 0.734
LATER_REGIONS: Final = (("EU", 0.80), ("US", 0.15), ("APAC", 0.05))
LATER_FACTOR: Final = 1.25
# Mean further working days until a review, by what it will say
DELAY_RIGHT_DAYS: Final = 3.0
DELAY_WRONG_DAYS: Final = 10.0
# Every call takes exactly this long, and costs nothing
FAKE_LATENCY_MS: Final = 60_000
# From the day on this share of the undos that would have worked still does
UNDO_LEFT: Final = 0.8
# Share of errors found by a reviewer: at most, less per review beyond a day's capacity, at least
ATTENTION: Final = 0.95
REVIEWS_A_DAY: Final = 5
ATTENTION_PER_REVIEW: Final = 0.08
LEAST_ATTENTION: Final = 0.4
# Delegated classes: wrong with probability SLOPE x (1 - confidence) + BASE, confidence ~ Beta(8, 2)
BIAS_SLOPE: Final = 0.35
BIAS_BASE: Final = 0.01
SURFACED_BELOW: Final = 0.7
COMPLAINT_RATE: Final = 0.1
# What tripwires look for, each from the day on. This share of a class is logged as another action
SPLIT_FROM: Final = "match_vendor_category"
SPLIT_INTO: Final = "classify_vendor_request"
SPLIT_SHARE: Final = 0.5
# Confidence below the point is said to lie up to so much above it
PUSHED_TO: Final = 0.80
PUSHED_WIDTH: Final = 0.02
# This share of the amounts is replaced by parts, each less than this share below the limit
CUT_SHARE: Final = 0.2
CUT_WIDTH: Final = 0.04
# Of the decisions that are not drawn this share of the easy half is reviewed, blind
CHOSEN_SHARE: Final = 0.6

# name -> what planted_truth.json says of its strength
STRENGTHS: Final[dict[str, dict[str, object]]] = {
    "verification_bias": {
        "error": f"{BIAS_SLOPE} x (1 - confidence) + {BIAS_BASE}",
        "confidence": "Beta(8, 2)",
        "surfaced_below": SURFACED_BELOW,
        "complaint_rate": COMPLAINT_RATE,
    },
    "tired_reviewers": {
        "detection": ATTENTION,
        "reviews_a_day": REVIEWS_A_DAY,
        "less_per_review": ATTENTION_PER_REVIEW,
        "least": LEAST_ATTENTION,
    },
    "drift": {"added_error_rate": DRIFT_ADDED},
    "cohort_change": dict(NEW_COHORT),
    "clustered_errors": {"decisions_per_subject_week": CLUSTER_SIZE, "icc": CLUSTER_ICC},
    "retries": {"rate": RETRY_RATE, "most": MOST_RETRIES},
    "simpson": {
        "region_factors": REGION_FACTORS,
        "later_factor": LATER_FACTOR,
        "later_shares": dict(LATER_REGIONS),
    },
    "label_delay": {"right_days": DELAY_RIGHT_DAYS, "wrong_days": DELAY_WRONG_DAYS},
    "fake_telemetry": {"latency_ms": FAKE_LATENCY_MS, "cost_amount": 0},
    "undo_failures": {"success_factor": UNDO_LEFT},
    "escalations_collapse": {"surfaced_left": 0},
    "class_splitting": {"from": SPLIT_FROM, "into": SPLIT_INTO, "share": SPLIT_SHARE},
    "density_jump": {"pushed_to": PUSHED_TO, "width": PUSHED_WIDTH},
    "amount_jump": {"share": CUT_SHARE, "below_limit": CUT_WIDTH},
    "cherry_picked_reviews": {"hard_half_reviewed": 0},
    "better_outside_sample": {"easy_half_reviewed": CHOSEN_SHARE},
}
# these begin at a date; the others hold all the time
DATED: Final = frozenset(
    {
        *("drift", "cohort_change", "simpson", "undo_failures"),
        *("escalations_collapse", "class_splitting", "density_jump", "amount_jump"),
        *("cherry_picked_reviews", "better_outside_sample"),
    }
)


@dataclass(frozen=True)
class Plants:
    """The plants of one simulation; ``since`` is the first day of those that begin at a date."""

    since: date
    names: frozenset[str] = field(default_factory=frozenset)

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def is_later(self, day: date) -> bool:
        """Whether ``day`` lies on or after the date."""
        return day >= self.since

    def truth(self) -> dict[str, object]:
        """Strength per plant, with its first day where it has one."""
        return {
            name: strength | ({"since": self.since.isoformat()} if name in DATED else {})
            for name, strength in STRENGTHS.items()
            if name in self.names
        }


def chosen(names: Iterable[str], since: date | None, weeks: Sequence[date]) -> Plants:
    """The named plants, from ``since`` or the middle one of ``weeks`` (Mondays) on.

    Raises SimulateError for a name that is none, and for a day outside the period.
    """
    asked = frozenset(names)
    if unknown := sorted(asked - STRENGTHS.keys()):
        raise SimulateError(f"no plant {unknown[0]!r}; there are {', '.join(STRENGTHS)}")
    if since is not None and not asked & DATED:
        raise SimulateError(f"a day, but no plant that begins at one: {', '.join(sorted(DATED))}")
    begin = weeks[len(weeks) // 2] if since is None else since
    if not 0 <= (begin - weeks[0]).days < 7 * len(weeks):
        raise SimulateError(f"{begin} lies outside the {len(weeks)} weeks from {weeks[0]} on")
    return Plants(begin, asked)
