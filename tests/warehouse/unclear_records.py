"""Records that claim more than they show: approvals too early, amounts too large, times unknown.

Every case is one decision; its name is its subject and its policy version as well, so that facts
can be told apart.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from small_company import LANDED

DECIDED = datetime(2025, 3, 20, 9, tzinfo=UTC)

# name → reviews as (verdict, days after the decision), and how often it is labelled and wrong
LABELLED: dict[str, tuple[list[tuple[str, int]], tuple[int, int]]] = {
    "agreed-before": ([("agree", -1)], (0, 0)),
    "agreed-after": ([("agree", 1)], (1, 0)),
    "agreed-before-and-after": ([("agree", -1), ("agree", 1)], (1, 0)),
    "overturned-before": ([("overturn", -1)], (1, 1)),
    "agreed-before-overturned-after": ([("agree", -1), ("overturn", 1)], (1, 1)),
}
# name → amount, the producer's word, and what counts: (violations, unknown). The limit is 50000
BOUNDED: dict[str, tuple[str | None, bool | None, tuple[int, int]]] = {
    "above-and-said-within": ("50000.01", True, (1, 0)),
    "above-and-not-said": ("50000.01", None, (1, 0)),
    "at-the-limit": ("50000", True, (0, 0)),
    "at-the-limit-and-not-said": ("50000", None, (0, 1)),
    "below-and-said-outside": ("10", False, (1, 0)),
    "no-amount-and-said-within": (None, True, (0, 1)),
    "no-amount-and-said-outside": (None, False, (1, 0)),
    "euros-and-said-within": ("10", True, (0, 1)),
    # side by side they are none of the regions of a list
    "regions-side-by-side": ("10", True, (0, 0)),
}
# name → reviewer, days after the decision, verdict, and how often it is labelled and wrong
REVIEWED: dict[str, tuple[str, int, str, tuple[int, int]]] = {
    "agreed-by-another-pool": ("rev-falcon", 1, "agree", (0, 0)),
    "overturned-by-another-pool": ("rev-falcon", 1, "overturn", (1, 1)),
    "agreed-in-the-future": ("rev-heron", 9999, "agree", (0, 0)),
}
# name → fields of its second version; the first has its own name as policy version
TWICE: dict[str, dict[str, Any]] = {
    "two-latencies": {"latency_ms": 101},
    "two-models": {"model": "other"},
    "two-places": {
        "region": "US",
        "subject_id": "somebody",
        "confidence": 0.1,
        "occurred_at": (DECIDED - timedelta(days=9)).isoformat(),
    },
}
# name → fields that say nothing, and what the sample makes of them
EMPTY: dict[str, tuple[dict[str, Any], tuple[str, int]]] = {
    "empty-subject": ({"subject_id": " "}, ("(unknown):empty-subject", 90)),
    "impossible-confidence": ({"confidence": -0.5}, ("impossible-confidence", -1)),
}
# name → cost, its currency, and how often it has a price. The class counts in USD
PRICED: dict[str, tuple[float, str | None, int]] = {
    "price-in-dollars": (0.5, "USD", 1),
    "price-in-euros": (0.5, "EUR", 0),
    "price-in-nothing": (0.5, None, 0),
    "free-and-tokens-unknown": (0.0, "USD", 1),
}
# name → fields of a record that nobody can place
UNPLACED: dict[str, dict[str, Any]] = {
    "no-time": {"occurred_at": None},
    "no-workflow": {"workflow": None},
    "no-action": {"action": None},
    "a-day-after-landing": {"occurred_at": (LANDED + timedelta(hours=25)).isoformat()},
}
# a clock may be up to a day ahead
PLACED: dict[str, dict[str, Any]] = {
    "hours-after-landing": {"occurred_at": (LANDED + timedelta(hours=23)).isoformat()},
}


def decision(name: str, **fields: Any) -> dict[str, Any]:
    """A sound record of the class without an amount limit; None takes a field away."""
    record = {
        "decision_id": name,
        "occurred_at": DECIDED.isoformat(),
        "workflow": "procurement",
        "subject_id": name,
        "region": "EU",
        "agent_id": "a",
        "model": "m",
        "policy_version": name,
        "action": "classify_vendor_request",
        "route": "delegated",
        "confidence": 0.9,
        "latency_ms": 100,
        "status": "ok",
        "within_boundary": True,
    }
    return {key: value for key, value in (record | fields).items() if value is not None}


def bounded(name: str) -> dict[str, Any]:
    amount, said, _ = BOUNDED[name]
    number = None if amount is None else float(amount)
    currency = "EUR" if name.startswith("euros") else "USD"
    fields = {"action": "match_vendor_category", "amount": number, "within_boundary": said}
    if name == "regions-side-by-side":
        fields["region"] = "EU;North America"
    return decision(name, currency=currency, **fields)


def selected(name: str) -> dict[str, Any]:
    moment = (DECIDED + timedelta(hours=1)).isoformat()
    return {"decision_id": name, "selected_at": moment, "inclusion_probability": 0.25}


def review(name: str, verdict: str, days: int, **fields: Any) -> dict[str, Any]:
    record = {
        # one id per verdict and moment: two payloads under one id would be a conflict
        "review_id": f"{name} {verdict} {days}",
        "decision_id": name,
        "reviewer_id": "rev-heron",
        "reviewed_at": (DECIDED + timedelta(days=days)).isoformat(),
        "handling_seconds": 30,
        "verdict": verdict,
        "is_blind": True,
        "is_seeded_error": False,
    }
    return {key: value for key, value in (record | fields).items() if value is not None}


def seeded_reviews() -> list[dict[str, Any]]:
    """Four seeded errors were shown; whether the last three were found, nobody knows. And an
    overturn of nobody knows which decision."""

    def shown(name: str, **fields: Any) -> dict[str, Any]:
        fields = {"is_seeded_error": True} | fields
        return review("price-in-dollars", "overturn", 1, review_id=f"seeded {name}", **fields)

    return [
        shown("found"),
        shown("found-and-doubled"),
        shown("found-and-doubled", reviewer_id="rev-otter"),
        shown("not-said", is_seeded_error=None),
        shown("by-nobody", reviewer_id="somebody"),
        review("nothing", "overturn", 1, decision_id=None),
    ]


def reversals() -> list[dict[str, Any]]:
    """One of a decision that is known, one of a missing one, one of no class, one of nothing."""
    done = {"attempted_at": DECIDED.isoformat(), "succeeded": True, "is_drill": False}
    return [
        {"reversal_id": f"undo {name}", **({"decision_id": name} if name else {}), **done}
        for name in ("price-in-dollars", "nobody-knows", "no-action", None)
    ]


def drills() -> list[dict[str, Any]]:
    drill = {"rail": "incident_playbooks", "workflow": "procurement", "component": "fallback_drill"}
    return [
        drill | {"observed_at": moment, "result": "failed"}
        for moment in (DECIDED.isoformat(), "2090-01-01T00:00:00Z", "2090-01-01T00:00:00Z")
    ]


def actions() -> list[dict[str, Any]]:
    """One sound, one of no workflow, one of the future."""
    sound = {"executed_at": DECIDED.isoformat(), "workflow": "procurement", "action": "sort"}
    return [
        {"action_id": "sound", **sound},
        {"action_id": "no-workflow", **sound | {"workflow": None}},
        {"action_id": "of-the-future", **sound | {"executed_at": "2090-01-01T00:00:00Z"}},
    ]


def all_records() -> dict[str, list[dict[str, Any]]]:
    unplaced = [decision(name, **fields) for name, fields in (UNPLACED | PLACED).items()]
    twice = [decision(name, **fields) for name in TWICE for fields in ({}, TWICE[name])]
    priced = [
        decision(name, cost_amount=cost, cost_currency=currency)
        for name, (cost, currency, _) in PRICED.items()
    ]
    sound = map(decision, (*LABELLED, *REVIEWED))
    empty = [decision(name, **fields) for name, (fields, _) in EMPTY.items()]
    return {
        "decisions": [*sound, *map(bounded, BOUNDED), *unplaced, *twice, *priced, *empty],
        "audit_sample": [
            selected(name) for name in (*LABELLED, *REVIEWED, *UNPLACED, *TWICE, *EMPTY)
        ],
        "reviews": [
            *(
                review(name, verdict, days)
                for name, (reviews, _) in LABELLED.items()
                for verdict, days in reviews
            ),
            *(
                review(name, verdict, days, reviewer_id=reviewer)
                for name, (reviewer, days, verdict, _) in REVIEWED.items()
            ),
            *seeded_reviews(),
        ],
        "reversals": reversals(),
        "rail_evidence": drills(),
        "business_actions": actions(),
    }
