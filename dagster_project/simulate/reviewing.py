"""Plants at work on what follows a decision: late, tired and one-sided reviews, failed undos."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime

from dagster_project.simulate import draw
from dagster_project.simulate.decisions import Decision, Row
from dagster_project.simulate.followups import chosen_row, complaint_row, review_row, surfaced_row
from dagster_project.simulate.plan import CONFIDENCE_SKEW
from dagster_project.simulate.plants import (
    ATTENTION,
    ATTENTION_PER_REVIEW,
    CHOSEN_SHARE,
    COMPLAINT_RATE,
    DELAY_RIGHT_DAYS,
    DELAY_WRONG_DAYS,
    LEAST_ATTENTION,
    REVIEWS_A_DAY,
    UNDO_LEFT,
    Plants,
)
from dagster_project.simulate.seeding import SeededReview


class Reviewing:
    """Reviews and undos of one simulation as ``plants`` leave them."""

    def __init__(self, seed: int, plants: Plants, cutoff: datetime) -> None:
        self._seed = seed
        self._plants = plants
        self._cutoff = cutoff
        # (day, reviewer) -> reviews so far; days that are over are forgotten
        self._load: Counter[tuple[str, str]] = Counter()

    def begin(self, day: date) -> None:
        """No review of an earlier day follows any more."""
        for key in [key for key in self._load if key[0] < day.isoformat()]:
            del self._load[key]

    def of_sample(self, decision: Decision) -> Row | None:
        """The blind review of a drawn decision; None while it is not yet done, or left out."""
        if self._is_left_out(decision):
            return None
        row = review_row(self._seed, decision, self._cutoff, self._delay(decision))
        return row if row is None else self._judged(row)

    def of_others(self, decision: Decision) -> Row | None:
        """What is reviewed without being drawn: surfaced, complained about, or chosen."""
        if self._is_chosen(decision):
            return chosen_row(self._seed, decision, self._cutoff)
        if "verification_bias" not in self._plants or decision.plan.route != "delegated":
            return None
        if decision.row["route"] == "surfaced":
            row = surfaced_row(self._seed, decision, self._cutoff)
            return row if row is None else self._judged(row)
        rng = draw.stream(self._seed, "complaints", decision.decision_id)
        if decision.is_wrong and draw.chance(rng, COMPLAINT_RATE):
            return complaint_row(self._seed, decision, self._cutoff)
        return None

    def of_seeded(self, review: SeededReview) -> SeededReview:
        """The review of a planted error."""
        row = self._judged(review.row)
        return replace(review, row=row, is_detected=row["verdict"] == "overturn")

    def undone(self, row: Row, day: date) -> Row:
        """An undo attempt or drill on a decision of ``day``."""
        if "undo_failures" not in self._plants or not self._plants.is_later(day):
            return row
        rng = draw.stream(self._seed, "undo failures", row["reversal_id"])
        return row | {"succeeded": bool(row["succeeded"]) and draw.chance(rng, UNDO_LEFT)}

    def _is_left_out(self, decision: Decision) -> bool:
        """Reviewers who choose leave the half out in which the agent is less sure."""
        return "cherry_picked_reviews" in self._plants and self._is_later_half(decision, hard=True)

    def _is_chosen(self, decision: Decision) -> bool:
        """Reviewers who choose look at what the agent is sure of."""
        if "better_outside_sample" not in self._plants:
            return False
        rng = draw.stream(self._seed, "chosen", decision.decision_id)
        return self._is_later_half(decision, hard=False) and draw.chance(rng, CHOSEN_SHARE)

    def _is_later_half(self, decision: Decision, *, hard: bool) -> bool:
        """Whether it is of the half with less confidence (``hard``) or more, after the day."""
        confidence, plan = decision.row["confidence"], decision.plan
        # the median of 1 - confidence = rate x 5 u^4
        median = 1 - plan.error_rate * (CONFIDENCE_SKEW + 1) * 0.5**CONFIDENCE_SKEW
        is_half = isinstance(confidence, float) and (confidence < median) == hard
        return is_half and self._plants.is_later(decision.occurred_at.date())

    def _delay(self, decision: Decision) -> int:
        """Further working days until the review."""
        if "label_delay" not in self._plants:
            return 0
        rng = draw.stream(self._seed, "label delay", decision.decision_id)
        mean = DELAY_WRONG_DAYS if decision.is_wrong else DELAY_RIGHT_DAYS
        return int(draw.exponential(rng, mean))

    def _judged(self, row: Row) -> Row:
        """Whoever has done much today misses more."""
        if "tired_reviewers" not in self._plants:
            return row
        desk = (str(row["reviewed_at"])[:10], str(row["reviewer_id"]))
        self._load[desk] += 1
        beyond = max(self._load[desk] - REVIEWS_A_DAY, 0)
        attention = max(ATTENTION - ATTENTION_PER_REVIEW * beyond, LEAST_ATTENTION)
        rng = draw.stream(self._seed, "attention", row["review_id"])
        is_seen = draw.chance(rng, attention)
        return row if is_seen else row | {"verdict": "agree"}
