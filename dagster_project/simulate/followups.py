"""What follows a decision: the audit draw, its blind review, undo attempts, the executed action."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from dagster_project.simulate import draw
from dagster_project.simulate.decisions import Decision, Row
from dagster_project.simulate.plan import REVIEWERS, ClassPlan
from dagster_project.simulate.workdays import (
    after,
    in_business_hours,
    later_working_day,
    written,
)

# seconds between what the agent proposed and what the system of record did
_EXECUTION_DELAY = {"delegated": 60.0, "surfaced": 4 * 3600.0, "human": 24 * 3600.0}


def audit_row(seed: int, decision: Decision) -> Row:
    """The published selection, within a minute of the decision and before any review."""
    rng = draw.stream(seed, "audit", decision.decision_id)
    return {
        "decision_id": decision.decision_id,
        "selected_at": written(after(decision.occurred_at, 1 + 59 * rng.random())),
        "inclusion_probability": decision.plan.inclusion_probability,
    }


@dataclass(frozen=True)
class _Case:
    """What lands on a reviewer's desk, and what that reviewer will say."""

    case_id: str
    verdict: str
    probability: float | None
    is_seeded: bool = False
    reason: str = "random"


def review_row(seed: int, decision: Decision, cutoff: datetime, delay: int = 0) -> Row | None:
    """The blind review of a selected decision; None while it is not yet done at ``cutoff``.

    ``delay``: working days that it comes later than usual.
    """
    case = _Case(decision.decision_id, _said(decision), decision.plan.inclusion_probability)
    rng = draw.stream(seed, "reviews", decision.decision_id)
    return _review(rng, decision, cutoff, case, delay)


def surfaced_row(seed: int, decision: Decision, cutoff: datetime) -> Row | None:
    """A person looks at what the agent surfaced, the proposal in view: not drawn, not blind."""
    case = _Case(decision.decision_id, _said(decision), None, reason="surfaced")
    rng = draw.stream(seed, "surfaced", decision.decision_id)
    return _review(rng, decision, cutoff, case)


def chosen_row(seed: int, decision: Decision, cutoff: datetime) -> Row | None:
    """The blind review of a decision that nobody drew and a reviewer chose."""
    case = _Case(decision.decision_id, _said(decision), None, reason="risk")
    rng = draw.stream(seed, "chosen reviews", decision.decision_id)
    return _review(rng, decision, cutoff, case)


def complaint_row(seed: int, decision: Decision, cutoff: datetime) -> Row | None:
    """Somebody complained about a decision, and it was overturned."""
    case = _Case(decision.decision_id, "overturn", None, reason="appeal")
    rng = draw.stream(seed, "appeals", decision.decision_id)
    return _review(rng, decision, cutoff, case)


def _said(decision: Decision) -> str:
    return "overturn" if decision.is_wrong else "agree"


def seeded_row(seed: int, decision: Decision, cutoff: datetime, *, is_missed: bool) -> Row | None:
    """The review of a copy of ``decision`` with an error planted in it.

    The copy is no decision: its id is ``seeded-`` and the id of the decision it was copied from,
    which is how a reader finds its class and pool.
    """
    case = _Case(
        case_id=f"seeded-{decision.decision_id}",
        verdict="agree" if is_missed else "overturn",
        probability=1.0,
        is_seeded=True,
    )
    rng = draw.stream(seed, "seeded", decision.decision_id)
    return _review(rng, decision, cutoff, case)


def _review(
    rng: Random, decision: Decision, cutoff: datetime, case: _Case, delay: int = 0
) -> Row | None:
    reviewers = REVIEWERS[decision.plan.pool]
    # Released to the queue one or two working days after the decision, taken within minutes.
    day = later_working_day(decision.occurred_at.date(), 1 + draw.below(rng, 2) + delay)
    queued_at = in_business_hours(rng, day)
    handling = round(draw.lognormal(rng, decision.plan.handling_median_seconds, 0.5), 3)
    reviewed_at = after(queued_at, draw.exponential(rng, 240.0) + handling)
    if reviewed_at >= cutoff:
        return None
    return {
        "review_id": f"review-{case.case_id}",
        "decision_id": case.case_id,
        "reviewer_id": reviewers[draw.below(rng, len(reviewers))],
        "queued_at": written(queued_at),
        "reviewed_at": written(reviewed_at),
        "handling_seconds": handling,
        "verdict": case.verdict,
        "is_blind": case.reason in ("random", "risk"),
        "sampling_reason": case.reason,
        "inclusion_probability": case.probability,
        "is_seeded_error": case.is_seeded,
    }


def undo_rows(seed: int, day: Sequence[Decision]) -> Iterator[tuple[ClassPlan, Row]]:
    """Undo attempts (1 to 30 hours later) and drills on the decisions of one day.

    Friday's last attempt lies before Sunday night, so nothing runs beyond a period's end.
    """
    for decision in day:
        rng = draw.stream(seed, "undo", decision.decision_id)
        if draw.chance(rng, decision.plan.undo_rate):
            attempted_at = after(decision.occurred_at, 3600 * (1 + 29 * rng.random()))
            yield decision.plan, _undo(rng, decision, attempted_at, is_drill=False)
    for plan in dict.fromkeys(decision.plan for decision in day):
        rng = draw.stream(seed, "drills", plan.action, day[0].occurred_at.date())
        left = [decision for decision in day if decision.plan == plan]
        for _ in range(min(plan.drills_per_day, len(left))):
            decision = left.pop(draw.below(rng, len(left)))
            attempted_at = after(decision.occurred_at, 600 + 3000 * rng.random())
            yield plan, _undo(rng, decision, attempted_at, is_drill=True)


def _undo(rng: Random, decision: Decision, attempted_at: datetime, *, is_drill: bool) -> Row:
    return {
        "reversal_id": f"{'drill' if is_drill else 'undo'}-{decision.decision_id}",
        "decision_id": decision.decision_id,
        "attempted_at": written(attempted_at),
        "completed_at": written(after(attempted_at, draw.lognormal(rng, 180.0, 0.6))),
        "succeeded": draw.chance(rng, decision.plan.undo_success_rate),
        "is_drill": is_drill,
    }


def action_row(seed: int, decision: Decision) -> Row:
    """What the system of record did; every decision led to exactly one action."""
    rng = draw.stream(seed, "actions", decision.decision_id)
    delay = 10 + _EXECUTION_DELAY[str(decision.row["route"])] * rng.random()
    return {
        "action_id": f"action-{decision.decision_id}",
        "executed_at": written(after(decision.occurred_at, delay)),
        "workflow": decision.row["workflow"],
        "action": decision.plan.action,
        "decision_id": decision.decision_id,
    }
