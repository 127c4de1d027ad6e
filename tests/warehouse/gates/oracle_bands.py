"""A naive gate in plain Python, for tests alone: amount limits, and what delegating would cost."""

import math
from collections import defaultdict
from decimal import Decimal
from typing import Any

from oracle_criteria import Row, judge

SHOWN = [
    *("as_of", "workflow", "decision_class", "cohort_id", "amount_limit", "verdict", "reason"),
    *("is_supported", "estimate", "bound", "threshold", "n", "n_needed", "weekly_decision_count"),
]


def bands(
    due: list[Row], limits: list[Row], evidence: list[Row], context: Row, builds: int
) -> list[Row]:
    """Each registered limit judged like `accuracy` of the class; a walk ends at the first no."""
    steps = [
        row
        | dict.fromkeys(("segment", "evidence_segment"), f"amount={limit['amount_limit']:.4f}")
        | {"scope": "class", "amount_limit": limit["amount_limit"]}
        for row in due
        for limit in limits
        if (row["criterion_id"], row["segment"]) == ("accuracy", "all")
        and row["decision_class"] == limit["decision_class"]
    ]
    run = (context["as_of"], context["known_batch"])
    volumes: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in evidence:
        if (row["as_of"], row["known_batch"]) == run:
            volumes[row["decision_class"], row["amount_limit"]].append(row)
    rows = judge(sorted(steps, key=lambda row: row["amount_limit"]), evidence, context, builds)
    ended = set()
    for row in rows:
        if row["verdict"] != "pass":
            ended.add(row["decision_class"])
        row["is_supported"] = row["decision_class"] not in ended
        found = volumes[row["decision_class"], row["amount_limit"]]
        for name in ("weekly_decision_count", "weekly_other_count"):
            row[name] = min((one[name] for one in found if one[name] is not None), default=None)
    return rows


def delegation_limits(
    judged: list[Row], classes: list[Row], rates: list[Row], context: Row
) -> list[Row]:
    """Sums from strict to loose; what is not known of one band is not known of any looser one."""
    by_name = {row["decision_class"]: row for row in classes}
    by_class: dict[str, list[Row]] = defaultdict(list)
    for row in judged:
        by_class[row["decision_class"]].append(row)
    rows = []
    for name, walk in by_class.items():
        in_force = [r for r in rates if r["decision_class"] == name]
        in_force = [r for r in in_force if r["valid_from"] <= context["as_of"]]
        newest = max(in_force, key=lambda r: r["valid_from"], default={})
        rows += one_walk(walk, by_name[name], newest.get("inclusion_probability"))
    return rows


def one_walk(walk: list[Row], inventory: Row, rate: Decimal | None) -> list[Row]:
    cost, rows = inventory["error_cost_amount"], []
    for place, row in enumerate(walk):
        so_far = walk[: place + 1]
        after = walk[place + 1] if place + 1 < len(walk) else {"is_supported": False}
        audited = total([product(one["weekly_decision_count"], rate) for one in so_far])
        rest = row["weekly_other_count"]
        rows.append(
            {name: row[name] for name in SHOWN}
            | {
                "amount_above": walk[place - 1]["amount_limit"] if place else None,
                "currency": inventory["currency"],
                "is_highest_supported": row["is_supported"] and not after["is_supported"],
                "weekly_expected_loss_amount": loss(so_far, "estimate", cost),
                "weekly_worst_loss_amount": loss(so_far, "bound", cost),
                "weekly_review_count": None if None in (audited, rest) else audited + rest,
            }
        )
    return rows


def loss(bands_: list[Row], rate: str, cost: Decimal | None) -> Decimal | None:
    found = total([product(row["weekly_decision_count"], row[rate], cost) for row in bands_])
    return None if found is None else Decimal(math.floor(found * 100 + Decimal("0.5"))) / 100


def product(*numbers: Decimal | None) -> Decimal | None:
    known = [number for number in numbers if number is not None]
    return math.prod(known, start=Decimal(1)) if len(known) == len(numbers) else None


def total(numbers: list[Decimal | None]) -> Decimal | None:
    known = [number for number in numbers if number is not None]
    return sum(known, start=Decimal(0)) if len(known) == len(numbers) else None
