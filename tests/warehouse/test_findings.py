"""The marts of what is only shown: suspicions at the product's limits, plans, loosened limits."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from compiled_company import Company
from rollout_trials import rows
from small_company import AS_OF, CLASSIFY, MATCH

pytestmark = pytest.mark.xdist_group("small_company")
WEEK = date(2025, 3, 17)
TEST: dict[str, Any] = {
    "finding": "density_jump",
    "decision_class": CLASSIFY,
    "subject": "confidence",
    "week_start": WEEK,
    "case_count": 9,
    "case_total": 10,
    "other_count": 1,
    "other_total": 10,
    "effect": Decimal("0.6"),
    "p_value": Decimal("0.00001"),
    "is_explained": False,
}
PLAN: dict[str, Any] = {
    "criterion_id": "accuracy",
    "decision_class": CLASSIFY,
    "segment": "all",
    "cohort_id": "c1",
    "planning_error": Decimal("0.01"),
    "planned_count": 732,
    "trial_count": 100,
    "needed_count": 632,
    "daily_count": Decimal(10),
    "expected_date": AS_OF + timedelta(days=64),
    "reason": "slowest",
}


def put(connection: duckdb.DuckDBPyConnection, table: str, found: list[dict[str, Any]]) -> None:
    """Exactly these rows, of this run unless they say otherwise."""
    (run,) = rows(connection, "select as_of, known_batch from landing.run_context")
    connection.execute(f"delete from {table}")
    for row in found:
        names = {**run, **row}
        places = ", ".join("?" for _ in names)
        connection.execute(
            f"insert into {table} ({', '.join(names)}) values ({places})", list(names.values())
        )


def findings(company: Company, connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    company.rebuild(connection, "findings")
    return rows(connection, "from marts.findings where finding <> 'threshold_loosened'")


@pytest.mark.parametrize(
    ("change", "is_shown"),
    [
        ({}, True),
        ({"p_value": Decimal("0.000010001")}, False),
        ({"p_value": None}, True),
        ({"effect": Decimal("0.599999999")}, False),
        ({"effect": None}, True),
        ({"is_explained": True}, False),
        ({"is_explained": None}, True),
        ({"as_of": AS_OF - timedelta(days=1)}, False),
        ({"known_batch": "other"}, False),
        ({"finding": "odd"}, False),
        ({"decision_class": "nobody's"}, False),
        # each has a limit of its own
        ({"finding": "escalations_collapse", "effect": Decimal("0.5")}, True),
        ({"finding": "escalations_collapse", "effect": Decimal("0.49")}, False),
        ({"finding": "class_splitting", "effect": Decimal("0.2")}, True),
        ({"finding": "cherry_picked_reviews", "effect": Decimal("0.19")}, False),
    ],
)
def test_a_suspicion_is_shown_from_its_limits_on(
    company: Company, change: dict[str, Any], is_shown: bool
) -> None:
    row = TEST | change
    with company.trial() as connection:
        put(connection, "evidence.tripwires", [row])
        found = findings(company, connection)
    assert len(found) == is_shown
    for shown in found:
        assert shown.pop("title")
        assert (shown.pop("workflow"), shown.pop("as_of")) == ("procurement", AS_OF)
        assert shown == {name: row[name] for name in shown}


def test_a_loosened_threshold_is_a_finding_of_its_week(company: Company) -> None:
    wednesday = date(2025, 3, 12)
    history = [("accuracy", MATCH, 0.01, date(2025, 1, 1)), ("accuracy", MATCH, 0.04, wednesday)]
    history.append(("latency", MATCH, 0.01, wednesday))  # tighter
    with company.trial() as connection:
        put(connection, "evidence.tripwires", [])
        connection.execute("delete from registry.thresholds")
        for criterion, name, threshold, begins in history:
            connection.execute(
                "insert into registry.thresholds (criterion_id, decision_class, threshold, "
                "effective_from) values (?, ?, ?, ?)",
                [criterion, name, threshold, begins],
            )
        company.rebuild(connection, "findings")
        (row,) = rows(connection, "from marts.findings")
    known = {name: value for name, value in row.items() if value is not None}
    assert known == {
        "as_of": AS_OF,
        "workflow": "procurement",
        "decision_class": MATCH,
        "finding": "threshold_loosened",
        "title": "A threshold was loosened",
        "subject": "accuracy",
        "week_start": date(2025, 3, 10),
        "effect": Decimal("0.04"),
    }


def test_plans_are_those_of_this_run_and_of_declared_classes(company: Company) -> None:
    others: list[dict[str, Any]] = [
        {"as_of": AS_OF - timedelta(days=1)},
        {"known_batch": "other"},
        {"decision_class": "nobody's"},
    ]
    with company.trial() as connection:
        put(connection, "evidence.plans", [PLAN, *(PLAN | other for other in others)])
        company.rebuild(connection, "evidence_feasibility")
        found = rows(connection, "from marts.evidence_feasibility")
    assert found == [PLAN | {"as_of": AS_OF, "workflow": "procurement"}]


def test_amounts_are_counted_by_twentieth_of_the_limit(company: Company) -> None:
    limit = 50_000  # of MATCH, in USD
    bins = {
        "47500": 19,
        "47500.01": 20,
        str(limit): 20,
        "50000.01": 21,
        "0.01": 1,
        "100000.01": 41,
        "9000000": 41,
        "0": None,
        "-1": None,
        "null": None,
    }
    query = "select amount_bin, decision_count from facts.fct_amount_bins_daily"
    with company.trial() as connection:
        connection.execute(
            "create temp table one as from intermediate.int_decisions__changes where sign = 1 and "
            f"has_decision and not is_conflict and decision_class = '{MATCH}' limit 1;"
            "delete from intermediate.int_decisions__changes"
        )

        def counted(**change: str) -> list[tuple[int, int]]:
            values = ", ".join(f"{value} as {name}" for name, value in change.items())
            connection.execute(
                "delete from intermediate.int_decisions__changes;"
                "insert into intermediate.int_decisions__changes by name "
                f"select * replace ({values}) from one"
            )
            company.rebuild(connection, "fct_amount_bins_daily")
            return connection.execute(query).fetchall()

        for amount, wanted in bins.items():
            found = counted(amount=amount, currency="'USD'")
            assert found == ([] if wanted is None else [(wanted, 1)]), amount
        assert counted(amount="50000", currency="'EUR'") == []
        assert counted(amount="50000", currency="'USD'", is_conflict="true") == []
        assert counted(amount="50000", currency="'USD'", sign="-1") == [(20, -1)]
