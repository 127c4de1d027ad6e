"""Plants at work: they change what the company has decided, each with draws of its own.

Without a plant nothing is drawn and nothing changed. Several act in the order of ``decisions``.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain
from math import sqrt
from random import Random

from dagster_project.simulate import draw
from dagster_project.simulate.decisions import Decision
from dagster_project.simulate.plan import REGIONS
from dagster_project.simulate.plants import (
    BIAS_BASE,
    BIAS_SLOPE,
    CLUSTER_ICC,
    CLUSTER_SIZE,
    CUT_SHARE,
    CUT_WIDTH,
    DRIFT_ADDED,
    FAKE_LATENCY_MS,
    LATER_FACTOR,
    LATER_REGIONS,
    MOST_RETRIES,
    NEW_COHORT,
    PUSHED_TO,
    PUSHED_WIDTH,
    REGION_FACTORS,
    RETRY_RATE,
    SPLIT_FROM,
    SPLIT_INTO,
    SPLIT_SHARE,
    SURFACED_BELOW,
    Plants,
)
from dagster_project.simulate.workdays import after, written

_SECONDS_TO_RETRY = 60.0


class Planting:
    """Applies ``plants`` to the decisions of one simulation."""

    def __init__(self, seed: int, plants: Plants) -> None:
        self._seed = seed
        self._plants = plants

    def decisions(self, day: date, made: Sequence[Decision]) -> list[Decision]:
        """The day's decisions as the plants leave them, in order of time."""
        changes: dict[str, Callable[[Decision, date, Random], Decision]] = {
            "verification_bias": _by_confidence,
            "simpson": self._by_region,
            "drift": self._drifted,
            "clustered_errors": self._clustered,
            "cohort_change": self._of_new_cohort,
            "fake_telemetry": _with_fake_telemetry,
            "escalations_collapse": self._not_surfaced,
            "class_splitting": self._under_another_action,
            "density_jump": self._said_to_be_sure,
            "amount_jump": self._cut_to_the_limit,
        }
        found = list(made)
        for name, change in changes.items():
            if name in self._plants:
                found = [change(each, day, self._draws(name, each)) for each in found]
        if "retries" in self._plants:
            found = list(chain.from_iterable(map(self._with_retries, found)))
        return sorted(found, key=lambda decision: (decision.occurred_at, decision.decision_id))

    def _draws(self, name: str, decision: Decision) -> Random:
        return draw.stream(self._seed, name, decision.decision_id)

    def _by_region(self, decision: Decision, day: date, rng: Random) -> Decision:
        is_later = self._plants.is_later(day)
        region = draw.pick(rng, LATER_REGIONS if is_later else REGIONS)
        factor = REGION_FACTORS[region] * (LATER_FACTOR if is_later else 1.0)
        is_wrong = draw.chance(rng, decision.plan.error_rate * factor)
        return replace(decision, is_wrong=is_wrong, row=decision.row | {"region": region})

    def _drifted(self, decision: Decision, day: date, rng: Random) -> Decision:
        share = DRIFT_ADDED / (1 - decision.plan.error_rate)
        is_added = self._plants.is_later(day) and draw.chance(rng, share)
        return replace(decision, is_wrong=decision.is_wrong or is_added)

    def _clustered(self, decision: Decision, day: date, rng: Random) -> Decision:
        """Two decisions of a subject both follow its week's fate with probability ICC."""
        plan, (year, week, _) = decision.plan, day.isocalendar()
        subjects = max(round(plan.per_week / CLUSTER_SIZE), 1)
        subject = f"{plan.subject}-{year}W{week:02d}-{draw.below(rng, subjects) + 1:05d}"
        fate = draw.stream(self._seed, "fate", plan.action, subject)
        is_wrong = decision.is_wrong
        if draw.chance(rng, sqrt(CLUSTER_ICC)):
            is_wrong = draw.chance(fate, plan.error_rate)
        return replace(decision, is_wrong=is_wrong, row=decision.row | {"subject_id": subject})

    def _of_new_cohort(self, decision: Decision, day: date, rng: Random) -> Decision:
        if not self._plants.is_later(day):
            return decision
        return replace(decision, row=decision.row | NEW_COHORT)

    def _not_surfaced(self, decision: Decision, day: date, rng: Random) -> Decision:
        if not self._plants.is_later(day) or decision.row["route"] != "surfaced":
            return decision
        return replace(decision, row=decision.row | {"route": "delegated"})

    def _under_another_action(self, decision: Decision, day: date, rng: Random) -> Decision:
        """The truth stays with the class that it was made for."""
        is_moved = decision.plan.action == SPLIT_FROM and draw.chance(rng, SPLIT_SHARE)
        if not self._plants.is_later(day) or not is_moved:
            return decision
        return replace(decision, row=decision.row | {"action": SPLIT_INTO})

    def _said_to_be_sure(self, decision: Decision, day: date, rng: Random) -> Decision:
        confidence = decision.row["confidence"]
        if not self._plants.is_later(day) or not isinstance(confidence, float):
            return decision
        if confidence >= PUSHED_TO:
            return decision
        said = round(PUSHED_TO + PUSHED_WIDTH * rng.random(), 6)
        return replace(decision, row=decision.row | {"confidence": said})

    def _cut_to_the_limit(self, decision: Decision, day: date, rng: Random) -> Decision:
        limit = decision.plan.amount_limit
        if limit is None or not self._plants.is_later(day) or not draw.chance(rng, CUT_SHARE):
            return decision
        amount = round(limit * (1 - CUT_WIDTH * rng.random()), 2)
        return replace(decision, row=decision.row | {"amount": amount, "within_boundary": True})

    def _with_retries(self, decision: Decision) -> Iterable[Decision]:
        rng = self._draws("retries", decision)
        yield decision
        for number in range(1, MOST_RETRIES + 1):
            if not draw.chance(rng, RETRY_RATE):
                return
            name = f"{decision.decision_id}-r{number}"
            occurred_at = after(decision.occurred_at, _SECONDS_TO_RETRY * number)
            row = decision.row | {"decision_id": name, "occurred_at": written(occurred_at)}
            yield replace(decision, decision_id=name, occurred_at=occurred_at, row=row)


def _by_confidence(decision: Decision, day: date, rng: Random) -> Decision:
    """Delegated classes only: what the agent doubts goes to a person."""
    if decision.plan.route != "delegated":
        return decision
    # the second largest of nine uniforms is Beta(8, 2)
    confidence = round(sorted(rng.random() for _ in range(9))[-2], 6)
    is_wrong = draw.chance(rng, BIAS_SLOPE * (1 - confidence) + BIAS_BASE)
    route = "surfaced" if confidence < SURFACED_BELOW else "delegated"
    row = decision.row | {"confidence": confidence, "route": route}
    return replace(decision, is_wrong=is_wrong, row=row)


def _with_fake_telemetry(decision: Decision, day: date, rng: Random) -> Decision:
    row = decision.row | {"latency_ms": FAKE_LATENCY_MS, "cost_amount": 0.0}
    return replace(decision, row=row)
