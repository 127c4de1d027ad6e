"""What was planted and what came of it: the content of ``planted_truth.json``."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from dagster_project.simulate.decisions import Decision, Row
from dagster_project.simulate.plan import KPIS, ClassPlan
from dagster_project.simulate.plants import Plants
from dagster_project.simulate.seeding import SeededReview

Truth = dict[str, object]


class Group(NamedTuple):
    """Decisions that plants treat alike; ``is_later``: on or after their day."""

    decision_class: str
    route: str
    region: str
    is_later: bool


class Tally:
    """Counts per class while the rows stream by; nothing else is kept of them."""

    def __init__(self, plants: Plants) -> None:
        self._plants = plants
        self._groups: dict[Group, Counter[str]] = {}
        self._classes: dict[str, Counter[str]] = {}
        self._pools: dict[str, Counter[str]] = {}
        self._drills: Counter[str] = Counter()

    def decision(self, decision: Decision) -> None:
        """A decision, selected or not."""
        row = decision.row
        self._group(decision).update(decisions=1, errors=int(decision.is_wrong))
        self._class(decision.plan).update(
            decisions=1,
            errors=int(decision.is_wrong),
            failed_calls=int(row["status"] == "error"),
            boundary_violations=int(row["within_boundary"] is False),
        )

    def selection(self, decision: Decision, review: Row | None) -> None:
        """A decision of the audit sample, and its review if that is done."""
        self._class(decision.plan).update(
            selected=1,
            selected_errors=int(decision.is_wrong),
            reviewed=int(review is not None),
            overturned=_overturned(review),
        )
        self._group(decision).update(
            selected=1,
            selected_errors=int(decision.is_wrong),
            reviewed=int(review is not None),
            overturned=_overturned(review),
        )

    def other_review(self, decision: Decision, review: Row | None) -> None:
        """What was reviewed without being drawn, if anything was."""
        if review is not None:
            counts = {"other_reviewed": 1, "other_overturned": _overturned(review)}
            self._group(decision).update(counts)

    def undo(self, plan: ClassPlan, row: Row) -> None:
        """An undo attempt or drill."""
        kind = "drill" if row["is_drill"] else "undo"
        counts = {f"{kind}_attempts": 1, f"{kind}_failures": int(not row["succeeded"])}
        self._class(plan).update(counts)

    def seeded(self, review: SeededReview) -> None:
        """A review of a planted error."""
        counts = self._pools.setdefault(review.pool, Counter())
        counts.update(seeded=1, detected=int(review.is_detected))

    def drill(self, row: Row) -> None:
        """A fallback drill."""
        self._drills.update(drills=1, failed=int(row["result"] == "failed"))

    def drills(self) -> Truth:
        """Fallback drills done and failed."""
        return dict(sorted(self._drills.items()))

    def classes(self, plans: Sequence[ClassPlan]) -> Truth:
        """Per class: ``planted`` rates, and the ``realised`` counts of this seed."""
        return {
            plan.decision_class: {
                "planted": _planted(plan),
                "realised": dict(sorted(self._class(plan).items())),
            }
            for plan in plans
        }

    def pools(self) -> Truth:
        """Seeded errors shown and found, per review pool."""
        return {pool: dict(sorted(counts.items())) for pool, counts in sorted(self._pools.items())}

    def groups(self) -> list[Truth]:
        """Realised counts by class, route, region and before or after the plants' day."""
        return [
            group._asdict() | dict(sorted(counts.items()))
            for group, counts in sorted(self._groups.items())
        ]

    def _group(self, decision: Decision) -> Counter[str]:
        row, day = decision.row, decision.occurred_at.date()
        group = Group(
            decision.plan.decision_class,
            str(row["route"]),
            str(row["region"]),
            self._plants.is_later(day),
        )
        return self._groups.setdefault(group, Counter())

    def _class(self, plan: ClassPlan) -> Counter[str]:
        return self._classes.setdefault(plan.action, Counter())


def _overturned(review: Row | None) -> int:
    return int(review is not None and review["verdict"] == "overturn")


def _planted(plan: ClassPlan) -> Truth:
    return {
        "action": plan.action,
        "decisions_per_week": plan.per_week,
        "route": plan.route,
        "error_rate": plan.error_rate,
        "inclusion_probability": plan.inclusion_probability,
        "failed_call_rate": plan.failure_rate,
        "boundary_violation_rate": plan.violation_rate,
        "undo_rate": plan.undo_rate,
        "undo_success_rate": plan.undo_success_rate,
        "reviewer_detection_rate": 1.0,
        "review_pool": plan.pool,
    }


def kpi_truth() -> Truth:
    """Level before and after the launch, and the effect between them, per KPI."""
    return {
        kpi.metric: {
            "before": kpi.before,
            "after": kpi.after,
            "effect": kpi.after - kpi.before,
            "noise_sd": kpi.sd,
            "noise_autocorrelation": kpi.autocorrelation,
            "unit": kpi.unit,
        }
        for kpi in KPIS
    }
