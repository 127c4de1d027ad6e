"""Random worlds, the part that keeps some classes of an orderly one at an earlier stage."""

from decimal import Decimal
from typing import TYPE_CHECKING

from product_rows import PRODUCT

if TYPE_CHECKING:
    from worlds import Maker

SHORT = Decimal("0.01")


def hinder(maker: "Maker") -> None:
    """One finding of some classes falls short, at a gate and in a segment as they come."""
    gates = list(dict.fromkeys(row["gate"] for row in PRODUCT))
    gate_of = {row["criterion_id"]: row["gate"] for row in PRODUCT}
    sides = {row["criterion_id"]: row["comparison"] for row in PRODUCT}
    for one in maker.tables["registry.decision_classes"]:
        gate = maker.dice.choice((*gates, *gates[:4], *[None] * 11))
        own = [
            row
            for row in maker.tables["evidence.estimates"]
            if row["decision_class"] == one["decision_class"]
            and gate_of.get(row["criterion_id"], "odd") == gate
        ]
        if own:
            row = maker.dice.choice(own)
            worse = SHORT if sides[row["criterion_id"]] == "at_most" else -SHORT
            short = None if row["threshold_used"] is None else row["threshold_used"] + worse
            stale = {"status": "stale", "reason": None}
            row |= maker.dice.choice(({"bound": short, "refuting_bound": short}, stale))
