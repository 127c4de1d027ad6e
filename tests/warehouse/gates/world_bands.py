"""Amount limits of random worlds, what was found in each band, and audit rates."""

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from oracle import judge_world
from oracle_criteria import Row

if TYPE_CHECKING:
    from worlds import Maker

COUNTS = (Decimal(0), Decimal(40), Decimal("40.123"))  # of which no loss lies on half a cent


def add_bands(maker: "Maker") -> None:
    pick, tables = maker.dice.choice, maker.tables
    for name in ("registry.amount_limits", "registry.audit_rates", "evidence.amount_bands"):
        tables[name] = []
    for due in judge_world(tables)["gate_due"]:
        if (due["criterion_id"], due["segment"]) != ("accuracy", "all"):
            continue
        name = due["decision_class"]
        tables["registry.audit_rates"] += [
            {"decision_class": name, "valid_from": maker.days(day)}
            | {"inclusion_probability": Decimal(pick(("0.05", "0.15", "1")))}
            for day in maker.dice.sample((-90, -30, 0, 1), maker.dice.choice((0, 1, 2, 3)))
        ]
        is_silent = pick((True, *[False] * 4))  # nothing was found in any band
        for limit in sorted(maker.dice.sample((100, 2000, 5000, 50000, 60000), pick((0, 2, 3, 4)))):
            row = {"decision_class": name, "amount_limit": Decimal(limit)}
            tables["registry.amount_limits"].append(row)
            tables["evidence.amount_bands"] += [] if is_silent else found(maker, due, row)


def found(maker: "Maker", due: Row, limit: Row) -> list[Row]:
    pick = maker.dice.choice
    good = maker.good(due, due["comparison"]) | limit
    good |= {"criterion_id": "accuracy", "segment": f"amount={limit['amount_limit']:.4f}"}
    good |= {name: pick(COUNTS) for name in ("weekly_decision_count", "weekly_other_count")}
    if maker.dice.random() < 0.8 and not maker.wrong():
        return [good]
    unknown = {pick(("weekly_decision_count", "weekly_other_count", "estimate")): None}
    other = good | dict.fromkeys(("weekly_decision_count", "weekly_other_count"), Decimal(8))
    older = {"as_of": maker.as_of - timedelta(days=1)}
    beside = [other, other | older, other | {"known_batch": "b6"}]
    return pick(([good | unknown], [good, pick(beside)], maker.spoilt(good, due)))
