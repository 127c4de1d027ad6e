"""The portfolio adds up: every class once, the money of open waivers, what holds classes back."""

from datetime import date
from decimal import Decimal

import duckdb
import pytest
from compiled_company import Company
from small_company import MATCH

pytestmark = pytest.mark.xdist_group("small_company")
WAIVERS = [  # state, verdicts covered, exposure, expiry
    ("open", 2, "100.5", date(2025, 4, 10)),
    ("open", 1, "20", date(2025, 4, 5)),
    ("expired", 4, "999", date(2025, 3, 1)),
    ("void", 4, "999", date(2025, 4, 1)),
]


def arrange(connection: duckdb.DuckDBPyConnection) -> None:
    """MATCH has fallen from its declared level: production_fit fails, and two waivers stand."""
    connection.execute(
        "update marts.autonomy_map set stage = 'pilot', effective_level = 'surface'"
        f" where decision_class = '{MATCH}' and segment = 'all'"
    )
    connection.execute(
        "update marts.gate_scorecard set is_blocked = gate = 'value_fit', verdict = case gate"
        " when 'production_fit' then 'fail' when 'value_fit' then 'insufficient' else 'pass' end"
        f" where decision_class = '{MATCH}' and segment = 'all'"
    )
    for number, (state, verdicts, exposure, expiry) in enumerate(WAIVERS):
        connection.execute(
            "insert into marts.waiver_states by name select $1 as waiver_id, $2 as decision_class,"
            " 'procurement' as workflow, $3 as state, $4 as waived_verdict_count,"
            " $5::decimal(18,4) as exposure_amount, 'USD' as currency, $6 as expires_at",
            [f"w{number}", MATCH, state, verdicts, exposure, expiry],
        )


def test_a_class_stands_in_one_row_with_what_is_borne_for_it(company: Company) -> None:
    with company.trial() as connection:
        arrange(connection)
        company.rebuild(connection, "portfolio")
        rows = connection.execute(
            "select class_count, below_declared_count, blocked_class_count, failing_class_count,"
            " held_by_production_fit_count, held_by_value_fit_count, open_waiver_count,"
            " waived_verdict_count, exposure_amount, next_expiry_date from marts.portfolio"
            " where stage = 'pilot' and effective_level = 'surface' and currency = 'USD'"
        ).fetchall()
        whole = connection.execute(
            "select sum(class_count), sum(held_by_workflow_fit_count + held_by_data_fit_count"
            " + held_by_autonomy_fit_count + held_by_production_fit_count"
            " + held_by_value_fit_count), sum(exposure_amount) from marts.portfolio"
        ).fetchone()
        classes = connection.execute("select count(*) from registry.decision_classes").fetchone()
    assert rows == [(1, 1, 1, 1, 1, 0, 2, 3, Decimal("120.5"), date(2025, 4, 5))]
    assert classes is not None
    assert whole == (classes[0], classes[0], Decimal("120.5"))
