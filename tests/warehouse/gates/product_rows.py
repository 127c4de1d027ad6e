"""The product's own criteria, as they are seeded."""

import csv
from decimal import Decimal

from oracle_criteria import Row
from small_company import CRITERIA


def product_criteria() -> list[Row]:
    with CRITERIA.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return [
        row
        | {name: int(row[name]) for name in ("gate_order", "criterion_order", "max_age_days")}
        | {name: Decimal(row[name]) for name in ("threshold", "alpha")}
        | {"not_applicable_reason": row["not_applicable_reason"] or None, "is_per_look": False}
        for row in rows
    ]


PRODUCT = product_criteria()
