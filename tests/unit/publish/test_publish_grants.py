"""grants.json says what the autonomy map says, and never more."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from dagster_project.publish.grants import GrantError, build_grants

UNTIL = datetime(2026, 4, 1, 6, tzinfo=UTC)
RUN = {"as_of": date(2026, 3, 29)}


def row(**changes: object) -> dict[str, Any]:
    given = {
        "decision_class": "finance.refund",
        "segment": "all",
        "cohort_id": "c1",
        "effective_level": "delegate",
        "amount_limit": Decimal("500.0000"),
        "currency": "EUR",
        "boundary": "action in (refund)",
        "valid_until_date": date(2026, 4, 1),
    }
    return given | changes


def grants(*rows: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(build_grants(rows, valid_until=UNTIL, run=RUN))
    return content


def test_a_delegated_row_becomes_a_grant() -> None:
    assert grants(row()) == {
        "version": 1,
        "as_of": "2026-03-29",
        "valid_until": "2026-04-01T06:00:00.000000Z",
        "levels": {"finance.refund": {"all": "delegate"}},
        "grants": [
            {
                "decision_class": "finance.refund",
                "segment": "all",
                "cohort_id": "c1",
                "level": "delegate",
                "amount_limit": "500.0000",
                "currency": "EUR",
                "boundary": "action in (refund)",
                "valid_until": "2026-04-01T06:00:00.000000Z",
            }
        ],
    }


def test_the_bytes_do_not_depend_on_the_order_of_rows() -> None:
    rows = [row(segment=f"region={name}") for name in ("US", "EU")]
    turned = build_grants(reversed(rows), valid_until=UNTIL, run=RUN)
    assert turned == build_grants(rows, valid_until=UNTIL, run=RUN)
    east = timezone(timedelta(hours=9))
    assert turned == build_grants(rows, valid_until=UNTIL.astimezone(east), run=RUN)


@pytest.mark.parametrize("level", ["surface", "human_only"])
def test_a_level_below_delegate_is_no_grant(level: str) -> None:
    content = grants(row(effective_level=level))
    assert content["grants"] == []
    assert content["levels"] == {"finance.refund": {"all": level}}


@pytest.mark.parametrize("cohort", ["*", "", "(unknown)", None])
def test_no_known_cohort_is_no_grant(cohort: str | None) -> None:
    assert grants(row(cohort_id=cohort))["grants"] == []


def test_cohorts_have_their_own_grants_and_the_lowest_level_is_told() -> None:
    content = grants(row(), row(cohort_id="c2", effective_level="human_only"))
    assert [grant["cohort_id"] for grant in content["grants"]] == ["c1"]
    assert content["levels"] == {"finance.refund": {"all": "human_only"}}


@pytest.mark.parametrize(
    ("limit", "boundary", "expected"),
    [
        (None, "", None),
        (None, None, None),
        (None, "action in (refund)", None),
        (Decimal(500), "amount <= 50", "50"),
        (Decimal(5), "action in (refund) and amount <= 50", "5"),
        (None, "amount <= 50.25 and amount < 40", "39.9999"),
        (None, "amount < 50", "49.9999"),
        (Decimal(5), "amount >= 1", "0"),
        (Decimal(5), "amount = 4", "0"),
        (Decimal(5), "whatever the agent likes", "0"),
    ],
)
def test_the_limit_is_the_tightest_that_is_said(
    limit: Decimal | None, boundary: str | None, expected: str | None
) -> None:
    [grant] = grants(row(amount_limit=limit, boundary=boundary))["grants"]
    found = grant["amount_limit"]
    assert (found and Decimal(found)) == (expected and Decimal(expected))


def test_a_grant_may_end_before_the_run_does_but_not_after() -> None:
    early, late = UNTIL.date() - timedelta(days=1), UNTIL.date()
    content = grants(row(valid_until_date=early), row(cohort_id="c2", valid_until_date=late))
    ends = [grant["valid_until"] for grant in content["grants"]]
    assert ends == ["2026-04-01T00:00:00.000000Z", "2026-04-01T06:00:00.000000Z"]


@pytest.mark.parametrize(
    "rows",
    [
        [row(), row()],
        [row(effective_level="Delegate")],
        [row(effective_level=None)],
        [row(decision_class="")],
        [row(segment=None)],
        [row(amount_limit=Decimal("NaN"))],
        [row(valid_until_date=None)],
    ],
)
def test_a_map_that_is_not_clear_gives_no_grants_at_all(rows: list[dict[str, Any]]) -> None:
    with pytest.raises(GrantError):
        grants(*rows)


def test_a_validity_without_zone_is_refused() -> None:
    with pytest.raises(GrantError):
        build_grants([], valid_until=UNTIL.replace(tzinfo=None), run=RUN)
