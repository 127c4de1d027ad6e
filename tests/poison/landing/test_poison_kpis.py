"""KPI files as people export them: what cannot be read as it stands is refused, never guessed."""

from dataclasses import replace

import pytest
from landing_world import KPIS, Desk

from dagster_project.contracts.sources import Column

HEADER = b"metric,period_start,value,unit,currency\n"
SHEET = replace(KPIS, format="csv", columns=(*KPIS.columns, Column("currency", "varchar")))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b'spend,2026-01-01,"1.234,56",money,EUR', "wrong_type"),
        (b"spend,2026-01-01,1.234,56,money,EUR", "ragged_row"),
        (b'spend,2026-01-01,"1,234.56",money,EUR', "wrong_type"),
        (b"spend,2026-01-01,1 234,money,EUR", "wrong_type"),
        (b"spend,2026-01-01,12 h,h,", "wrong_type"),
        (b"spend,2026-01-01,5%,share,", "wrong_type"),
        (b"spend,2026-01-01,NaN,money,EUR", "wrong_type"),
        (b"spend,2026-01-01,#REF!,money,EUR", "wrong_type"),
        (b"spend,01.02.2026,1,money,EUR", "wrong_type"),
        (b"spend,2026-13-01,1,money,EUR", "invalid_timestamp"),
        (b"spend,,1,money,EUR", "missing_timestamp"),
        (b",2026-01-01,1,money,EUR", "missing_key"),
    ],
)
def test_a_value_in_another_spelling_is_quarantined_and_the_rest_lands(desk: Desk, row, reason):
    desk.source = SHEET
    desk.drop("kpis.csv", HEADER + row + b"\nspend,2026-02-01,1234.56,money,EUR\n")
    report = desk.land_one()
    assert report.quarantine_reasons == {reason: 1}
    assert (report.unit_count, report.landed_count) == (2, 1)


def test_a_gap_another_unit_and_another_currency_land_as_they_are(desk: Desk):
    """They are no fault of a row; what they are worth is the business of `pain_measured`."""
    desk.source = SHEET
    rows = (
        b"spend,2026-01-01,,money,EUR\nspend,2026-02-01,-1,money,USD\nspend,2026-04-01,2,cents,\n"
    )
    desk.drop("kpis.csv", HEADER + rows)
    assert desk.land_one().landed_count == 3
    found = {row["period_start"].month: (row["value"], row["unit"]) for row in desk.rows()}
    assert found == {1: (None, "money"), 2: (-1, "money"), 4: (2, "cents")}
