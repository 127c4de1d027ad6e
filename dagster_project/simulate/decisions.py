"""The decisions of one day, each with the truth about it that no log would carry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from random import Random

from dagster_project.simulate import draw
from dagster_project.simulate.plan import (
    CHANNELS,
    COHORT,
    CONFIDENCE_SKEW,
    ERROR_TYPES,
    INPUT_PRICE,
    OUTPUT_PRICE,
    REGIONS,
    RETRY_AFTER_MS,
    TEAMS,
    WORKFLOW,
    ClassPlan,
)
from dagster_project.simulate.workdays import in_business_hours, written

Row = dict[str, str | int | float | bool | None]

_SURE = 0.999999


@dataclass(frozen=True, slots=True)
class Decision:
    """A canonical ``decisions`` row and what is planted under it."""

    plan: ClassPlan
    decision_id: str
    occurred_at: datetime
    is_wrong: bool
    row: Row


def decisions_of_day(seed: int, day: date, classes: Sequence[ClassPlan]) -> list[Decision]:
    """All decisions of ``day`` in order of time; ``sequence_number`` is still missing."""
    found = [
        _decision(rng, plan, day, number)
        for plan in classes
        for rng in [draw.stream(seed, "decisions", plan.action, day)]
        for number in range(1, draw.poisson(rng, plan.per_week / 5) + 1)
    ]
    return sorted(found, key=lambda decision: (decision.occurred_at, decision.decision_id))


def _decision(rng: Random, plan: ClassPlan, day: date, number: int) -> Decision:
    decision_id = f"{plan.code}-{day:%Y%m%d}-{number:04d}"
    occurred_at = in_business_hours(rng, day)
    doubt = plan.error_rate * (CONFIDENCE_SKEW + 1) * rng.random() ** CONFIDENCE_SKEW
    confidence = min(round(1.0 - doubt, 6), _SURE)
    # Calibrated by construction: an error is drawn with the probability that the log states.
    is_wrong = draw.chance(rng, 1.0 - confidence)
    is_outside = draw.chance(rng, plan.violation_rate)
    row: Row = {
        "decision_id": decision_id,
        "occurred_at": written(occurred_at),
        "workflow": WORKFLOW,
        "decision_class": None,
        "subject_id": _subject(rng, plan, day, number),
        "region": draw.pick(rng, REGIONS),
        "team": draw.pick(rng, TEAMS),
        "channel": draw.pick(rng, CHANNELS),
        **COHORT,
        "action": plan.action,
        "route": plan.route,
        "confidence": confidence,
        "confidence_method": "model_probability",
        "amount": _amount(rng, plan, is_outside=is_outside),
        "currency": None if plan.amount_median is None else "USD",
        **_usage(rng, plan),
        "within_boundary": not is_outside,
        "sequence_number": None,
    }
    return Decision(plan, decision_id, occurred_at, is_wrong, row)


def _subject(rng: Random, plan: ClassPlan, day: date, number: int) -> str:
    """Without a pool every decision has a subject of its own; with one, some return."""
    if plan.subject_pool is None:
        return f"{plan.subject}-{day:%Y%m%d}-{number:04d}"
    return f"{plan.subject}-{draw.below(rng, plan.subject_pool) + 1:05d}"


def _amount(rng: Random, plan: ClassPlan, *, is_outside: bool) -> float | None:
    """USD. What lies outside the boundary lies above the amount limit, and nothing else does."""
    if plan.amount_median is None or plan.amount_limit is None:
        return None
    amount = min(draw.lognormal(rng, plan.amount_median, 0.7), plan.amount_limit)
    return round(plan.amount_limit * 1.2 if is_outside else amount, 2)


def _usage(rng: Random, plan: ClassPlan) -> Row:
    latency = max(round(draw.lognormal(rng, plan.latency_median_ms, 0.35)), 1)
    input_tokens = max(round(draw.lognormal(rng, plan.input_tokens_median, 0.25)), 400)
    output_tokens = max(round(draw.lognormal(rng, plan.output_tokens_median, 0.3)), 10)
    has_failed = draw.chance(rng, plan.failure_rate)
    error_type = draw.pick(rng, ERROR_TYPES)
    return {
        "latency_ms": latency + (RETRY_AFTER_MS if has_failed else 0),
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "cost_amount": (input_tokens * INPUT_PRICE + output_tokens * OUTPUT_PRICE) / 1e6,
        "cost_currency": "USD",
        "status": "error" if has_failed else "ok",
        "error_type": error_type if has_failed else None,
        "fallback_used": has_failed,
        "fallback_reason": "second_attempt" if has_failed else None,
    }
