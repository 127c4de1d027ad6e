"""The boundary in SQL says of a decision what its grammar says in Python."""

import random
from decimal import Decimal
from typing import Any

import pytest
from compiled_company import Company
from small_company import MATCH

from dagster_project.contracts.boundary import Condition, parse_boundary

pytestmark = pytest.mark.xdist_group("small_company")
BOUNDARIES = 120
CHOICES = {
    "amount": ["amount <= 10", "amount < 50000", "amount <= 50000", "amount >= 10", "amount > 10"],
    "action": ["action in (match_vendor_category)", "action = match", "action in (a, match_b)"],
    "region": ["region in (EU, North America)", "region=US", "region in (EU)"],
    "currency": ["currency = USD", "currency in (EUR,USD)"],
    "channel": ["channel = web"],
    "team": ["team in (x)"],
}


def random_boundary(chance: random.Random) -> str:
    fields = chance.sample(sorted(CHOICES), chance.randint(1, 3))
    return " and ".join(chance.choice(CHOICES[field]) for field in fields)


def holds(condition: Condition, record: dict[str, Any]) -> bool | None:
    """None = unknown. The class counts in USD, so another amount cannot be compared."""
    value = record[condition.field]
    if value is None or (condition.field == "amount" and record["currency"] != "USD"):
        return None
    if condition.field != "amount":
        return value in condition.values
    limit = Decimal(condition.values[0])
    return {"<=": value <= limit, "<": value < limit, ">=": value >= limit, ">": value > limit}[
        condition.op
    ]


def expected(boundary: str, record: dict[str, Any]) -> bool | None:
    limit = Condition("amount", "<=", ("50000",))  # the registered amount limit of the class
    found = [holds(condition, record) for condition in (*parse_boundary(boundary), limit)]
    if False in found:
        return False
    return None if None in found and record["said"] else record["said"]


def test_sql_and_python_agree_on_every_decision(company: Company) -> None:
    chance = random.Random(20)
    seen = {True: 0, False: 0, None: 0}
    with company.trial() as connection:
        for _ in range(BOUNDARIES):
            boundary = random_boundary(chance)
            connection.execute(
                "update registry.decision_classes set boundary = $1 where decision_class = $2",
                [boundary, MATCH],
            )
            rows = connection.execute(
                "select mapped.*, raw.within_boundary as said "
                "from intermediate.int_decisions__mapped as mapped "
                "join staging.stg_procurement__decisions as raw using (decision_id) "
                "where mapped.decision_class = $1",
                [MATCH],
            )
            names = [column[0] for column in rows.description]
            for values in rows.fetchall():
                record = dict(zip(names, values, strict=True))
                wanted = expected(boundary, record)
                assert record["within_boundary"] is wanted, (boundary, record)
                seen[wanted] += 1
    assert min(seen.values()) >= 20, seen
