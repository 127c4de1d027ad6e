"""Rows a few steps away from one that proves a pass, and what an SQL CASE says of them."""

import itertools
from datetime import date, timedelta
from decimal import Decimal

import duckdb
import pyarrow as pa
from oracle_criteria import Row

AS_OF = date(2025, 3, 31)
DAY = timedelta(days=1)
GOOD: Row = {
    "as_of": AS_OF,
    "is_applicable": True,
    "threshold": Decimal("0.5"),
    "threshold_count": 1,
    "build_count": 1,
    "evidence_count": 1,
    "other_cohort_count": 0,
    "status": "ok",
    "comparison": "at_most",
    "threshold_used": Decimal("0.5"),
    "bound": Decimal("0.5"),
    "refuting_bound": None,
    "n": 1,
    "evidence_newest_date": AS_OF,
    "window_start": None,
    "loosened_from": None,
    "max_age_days": 28,
}
ODD: dict[str, list[object]] = {
    "is_applicable": [False, None],
    "threshold": [None, Decimal("0.4")],
    "threshold_count": [None, 0, 2],
    "build_count": [None, 0, 2],
    "evidence_count": [None, 2],
    "other_cohort_count": [1, 2],
    "status": [None, "insufficient", "stale", "error", "passed"],
    "comparison": [None, "at_least", "odd"],
    "threshold_used": [None, Decimal("0.4")],
    "bound": [None, Decimal("0.499999999"), Decimal("0.500000001")],
    "refuting_bound": [Decimal("0.5"), Decimal("0.499999999"), Decimal("0.500000001")],
    "n": [None, 0, -1, 2],
    "evidence_newest_date": [None, AS_OF + DAY, AS_OF - 28 * DAY, AS_OF - 29 * DAY],
    "window_start": [AS_OF - 10 * DAY],
    "loosened_from": [AS_OF - 10 * DAY, AS_OF - 9 * DAY, AS_OF, AS_OF + DAY],
    "max_age_days": [None, 0],
}


def deviations(most: int) -> list[Row]:
    """A row that proves a pass, with up to ``most`` things changed, in every way."""
    return [
        GOOD | dict(zip(names, values, strict=True))
        for count in range(most + 1)
        for names in itertools.combinations(ODD, count)
        for values in itertools.product(*(ODD[name] for name in names))
    ]


def verdicts(case: str, rows: list[Row]) -> list[str]:
    """In the order of ``rows``."""
    connection = duckdb.connect()
    table = pa.Table.from_pylist([row | {"row": number} for number, row in enumerate(rows)])
    connection.register("given", table)
    found = connection.execute(f"select {case} from given order by row").fetchall()
    return [word for (word,) in found]
