"""Decisions that were exported more than once; their source declares `updates`.

Every case is one decision of several versions, in the order of its lines.
"""

from typing import Any

from unclear_records import decision

VERSION_COLUMN = "sequence_number"
ACTION = "approve_supplier_exception"  # a class that no other record is of
FIRST = {"amount": 10, "currency": "USD", "latency_ms": None, "status": "running"}
LATER = {"amount": 10, "currency": "USD", "latency_ms": 900, "status": "ok"}

# name → its records as (version, fields), and what counts: (latency, amount), or None: a conflict
VERSIONED: dict[str, tuple[list[tuple[int | None, dict[str, Any]]], tuple[Any, Any] | None]] = {
    "filled-in": ([(1, FIRST), (2, LATER)], (900, 10)),
    "later-version-first": ([(2, LATER), (1, FIRST)], (900, 10)),
    "a-third-time": ([(1, FIRST), (2, LATER), (3, LATER | {"latency_ms": 950})], (950, 10)),
    "amount-filled-in": ([(1, FIRST | {"amount": None}), (2, LATER)], (900, 10)),
    "action-filled-in": ([(1, FIRST | {"action": None}), (2, LATER)], (900, 10)),
    "amount-changed": ([(1, FIRST), (2, LATER | {"amount": 9})], None),
    "amount-changed-back": ([(1, FIRST), (2, FIRST | {"amount": 9}), (3, LATER)], None),
    "amount-emptied": ([(1, FIRST), (2, LATER | {"amount": None})], None),
    "route-changed": ([(1, FIRST), (2, LATER | {"route": "human"})], None),
    "confidence-changed": ([(1, FIRST), (2, LATER | {"confidence": 0.95})], None),
    "moved-away": ([(1, FIRST), (2, LATER | {"occurred_at": "2025-01-20T09:00:00Z"})], None),
    "said-within-later": ([(1, FIRST | {"within_boundary": False}), (2, LATER)], None),
    "twice-the-same-version": ([(1, FIRST), (1, LATER)], None),
    "without-a-version": ([(None, FIRST), (2, LATER)], None),
}
CONFLICTING = [counts for _, counts in VERSIONED.values()].count(None)
# the later version says another class
RECLASSED = "reclassed"


def versioned() -> list[dict[str, Any]]:
    cases = {name: records for name, (records, _) in VERSIONED.items()}
    cases[RECLASSED] = [(1, FIRST), (2, LATER | {"action": "match_vendor_category"})]
    return [
        decision(name, **{"action": ACTION, VERSION_COLUMN: version} | fields)
        for name, records in cases.items()
        for version, fields in records
    ]
