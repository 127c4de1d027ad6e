"""Delegation limits: bands with planted errors, and the walk that ends before the bad one."""

from decimal import Decimal
from typing import Any

import duckdb
import pytest
from compiled_company import Company
from small_company import MATCH
from unclear_records import BOUNDED, TWICE

from dagster_project.evidence.estimates.amounts import amount_bands
from dagster_project.evidence.estimates.detections import read_detections
from dagster_project.evidence.estimates.registry import read_context
from dagster_project.evidence.estimates.replacing import put_rows
from dagster_project.evidence.estimates.write import BANDS

pytestmark = pytest.mark.xdist_group("small_company")
LIMITS = (2000, 5000, 10000, 50000)
PLANTED = (10, 10, 120, 10)  # wrong of a thousand
TRIALS = 1000


def plant(
    connection: duckdb.DuckDBPyConnection,
    wrong: tuple[int, ...],
    trials: int = TRIALS,
    **extra: Any,
) -> None:
    """Bands of MATCH with so many errors in a thousand, every decision drawn and labelled."""
    connection.execute("delete from facts.fct_amounts_weekly")
    connection.execute("delete from registry.thresholds")
    ((cohort, batch, build),) = connection.execute(
        "select cohort_id, known_batch, (select any_value(build_id) from facts.fct_cohorts) "
        "from gates.gate_due where decision_class = $1 and segment = 'all' "
        "and criterion_id = 'accuracy'",
        [MATCH],
    ).fetchall()
    for limit, rate in zip(LIMITS, wrong, strict=True):
        band(connection, f"amount={limit}.0000", trials, rate, cohort, batch, build)
    for segment, count in extra.items():
        band(connection, f"amount=({segment})", count, 0, cohort, batch, build)
    # labels that are final at once, and reviewers who find what they are shown
    connection.execute("update registry.decision_classes set label_delay_days = 0")
    connection.execute(
        "insert into facts.fct_reviews_daily by name select 'procurement-operations' as "
        "review_pool, date '2025-03-10' as event_date, $1 as landing_batch, $2 as build_id, "
        "2000 as seeded_count, 2000 as seeded_detected_count",
        [batch, build],
    )


def band(
    connection: duckdb.DuckDBPyConnection,
    segment: str,
    trials: int,
    wrong: int,
    cohort: str,
    batch: str,
    build: str,
) -> None:
    connection.execute(
        "insert into facts.fct_amounts_weekly by name select 'procurement' as workflow, "
        "$class as decision_class, $segment as segment, $cohort as cohort_id, "
        "'delegated' as route, 1.0 as inclusion_probability, $segment || range as subject_key, "
        "date '2025-03-05' as event_date, 90 as confidence_bin, $batch as landing_batch, "
        "$build as build_id, 1 as decision_count, 1 as selected_count, 1 as labelled_count, "
        "(range % 1000 < $wrong)::int as wrong_count, 0 as late_error_count from range($trials)",
        {
            "class": MATCH,
            "segment": segment,
            "cohort": cohort,
            "batch": batch,
            "build": build,
            "wrong": wrong,
            "trials": trials,
        },
    )


def judge(company: Company, connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Evidence, gates and the mart, as a run makes them; rows of MATCH from strict to loose."""
    context = read_context(connection)
    bands = amount_bands(connection, context, read_detections(connection, context))
    put_rows(connection, context, BANDS, [band.row() for band in bands])
    for model in ("gate_due", "gate_amount_bands", "delegation_limits"):
        company.rebuild(connection, model)
    found = connection.execute(
        "select * from marts.delegation_limits where decision_class = $1 order by amount_limit",
        [MATCH],
    )
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def column(rows: list[dict[str, Any]], name: str) -> list[Any]:
    return [row[name] for row in rows]


def test_the_walk_ends_before_the_first_band_that_does_not_pass(company: Company) -> None:
    walks = {
        PLANTED: (["pass", "pass", "fail", "pass"], 2),
        (10, 10, 10, 10): (["pass"] * 4, 4),
        (120, 0, 0, 0): (["fail", "pass", "pass", "pass"], 0),
    }
    with company.trial() as connection:
        for wrong, (verdicts, supported) in walks.items():
            plant(connection, wrong, 2 * TRIALS, above=2000)
            rows = judge(company, connection)
            assert column(rows, "verdict") == verdicts
            assert column(rows, "is_supported") == [place < supported for place in range(4)]
            highest = [place == supported - 1 for place in range(4)]
            assert column(rows, "is_highest_supported") == highest
            assert [float(row["estimate"]) * 1000 for row in rows] == list(wrong)
    assert column(rows, "amount_limit") == list(LIMITS)
    assert column(rows, "amount_above") == [None, 2000, 5000, 10000]


def test_decisions_of_unknown_amount_may_lie_in_any_band_and_fail_there(company: Company) -> None:
    with company.trial() as connection:
        plant(connection, (0, 0, 0, 0), unknown=250)
        rows = judge(company, connection)
    assert column(rows, "verdict") == ["insufficient"] * 4
    assert all(row["bound"] >= 250 / 1250 for row in rows)


SPOILT = {
    "delete from evidence.amount_bands where amount_limit = 5000": "insufficient",
    "update evidence.amount_bands set bound = null where amount_limit = 5000": "insufficient",
    "insert into evidence.amount_bands from evidence.amount_bands": "error",
    "update evidence.amount_bands set as_of = as_of - 1": "insufficient",
    "update evidence.amount_bands set threshold_used = 0.5": "error",
    "update evidence.amount_bands set cohort_id = 'another'": "stale",
    "update registry.decision_classes set declared_level = 'human_only'": "not_applicable",
}


def test_spoilt_evidence_of_a_band_ends_the_walk(company: Company) -> None:
    with company.trial() as connection:
        plant(connection, (0, 0, 0, 0))
        judge(company, connection)
        connection.execute("create temp table sound as from evidence.amount_bands")
        for statement, verdict in SPOILT.items():
            connection.execute(statement)
            company.rebuild(connection, "gate_due")
            company.rebuild(connection, "gate_amount_bands")
            rows = connection.execute(
                "select verdict, is_supported from gates.gate_amount_bands "
                "where decision_class = $1 order by amount_limit",
                [MATCH],
            ).fetchall()
            assert rows[1] == (verdict, False), statement
            assert not any(is_supported for _, is_supported in rows[1:]), statement
            connection.execute("create or replace table evidence.amount_bands as from sound")


def test_loss_and_reviews_add_up_from_strict_to_loose(company: Company) -> None:
    with company.trial() as connection:
        plant(connection, PLANTED, above=400, unknown=400)
        # four complete weeks of data: 250 decisions a week in each band, 200 in none
        connection.execute(
            "insert into facts.fct_decisions_daily by name select 'procurement' as workflow, "
            "$1 as decision_class, 'all' as segment, date '2025-02-01' as event_date, "
            "'2025' as landing_batch, 1 as decision_count, 0 as failed_count, "
            "0 as unreadable_count",
            [MATCH],
        )
        rows = judge(company, connection)
        connection.execute("delete from evidence.amount_bands where amount_limit = 5000")
        for model in ("gate_amount_bands", "delegation_limits"):
            company.rebuild(connection, model)
        alone = connection.execute(
            "select weekly_expected_loss_amount, weekly_review_count from marts.delegation_limits "
            "where decision_class = $1 order by amount_limit",
            [MATCH],
        ).fetchall()
    assert column(rows, "weekly_decision_count") == [250] * 4
    # an error costs 120, 1 % of 250 are wrong, 12 % in the third band
    assert column(rows, "weekly_expected_loss_amount") == [300, 600, 4200, 4500]
    # 15 % of what is delegated, and all of the rest
    assert column(rows, "weekly_review_count") == [987.5, 775, 562.5, 350]
    worst = [250 * 120 * float(row["bound"]) for row in rows]
    found = [float(row["weekly_worst_loss_amount"]) for row in rows]
    assert found == pytest.approx([sum(worst[: place + 1]) for place in range(4)], abs=0.01)
    assert alone == [(300, Decimal("987.5")), (None, None), (None, None), (None, None)]


def test_an_amount_lies_in_the_band_up_to_its_limit_or_may_lie_in_any(company: Company) -> None:
    with company.trial() as connection:
        found = dict(
            connection.execute(
                "select decision_id, segment from intermediate.int_decisions__banded where sign = 1"
            ).fetchall()
        )
    bands = {"50000.01": "(above)", "50000": "50000.0000", "10": "2000.0000", None: "(unknown)"}
    for name, (amount, _, _) in BOUNDED.items():
        wanted = "(unknown)" if name.startswith("euros") else bands[amount]
        assert found[name] == f"amount={wanted}", name
    assert {found[name] for name in TWICE if name in found} <= {"amount=(unknown)"}
    assert found.keys().isdisjoint({"agreed-before"})
