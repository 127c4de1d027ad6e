"""Rules of the gates, by the SQL that dbt compiled: thresholds, signatures, levels, validity."""

import csv
from datetime import date, timedelta

import duckdb
import pytest
from compiled_company import Company
from small_company import AS_OF, CLASSIFY, CRITERIA, MATCH

pytestmark = pytest.mark.xdist_group("small_company")
SEEN_FROM = date(2025, 3, 12)  # the evidence of these tests begins here
EARLY, BEFORE = date(2025, 1, 1), date(2025, 3, 10)
AMID, AFTER = date(2025, 3, 14), date(2025, 3, 20)


def test_a_seed_called_criteria_of_the_company_has_no_say(company: Company) -> None:
    with CRITERIA.open(newline="", encoding="utf-8") as stream:
        wanted = {
            (row["criterion_id"], row["comparison"], float(row["threshold"]))
            for row in csv.DictReader(stream)
        }
    with company.trial() as connection:
        connection.execute("delete from registry.thresholds")
        company.rebuild(connection, "gates")
        due = connection.execute(
            "select distinct criterion_id, comparison, threshold::double from gates.gate_due"
        ).fetchall()
        theirs = connection.execute(
            "select distinct comparison, threshold from main.criteria"
        ).fetchall()
    assert set(due) == wanted
    assert theirs == [("at_most", 9)]
    readers = {
        node["name"]
        for node in company.manifest["nodes"].values()
        if "seed.penstock_demo.criteria" in node["depends_on"].get("nodes", ())
    }
    assert readers == set()


def test_a_pass_outlives_its_run_by_a_week_at_most(company: Company) -> None:
    with company.trial() as connection:
        days = connection.execute(
            "select distinct valid_until_date from marts.gate_scorecard"
        ).fetchall()
    assert days == [(AS_OF + timedelta(days=7),)]


# criterion, its thresholds after the product's own (at most 0.05, at least 0.98), and the verdict
# on evidence that would pass under each of them
HISTORIES = {
    "tightened": ("accuracy", [(EARLY, 0.04), (AFTER, 0.02)], "pass"),
    "loosened long before": ("accuracy", [(EARLY, 0.01), (BEFORE, 0.02)], "pass"),
    "loosened once": ("accuracy", [(EARLY, 0.01), (AFTER, 0.04)], "stale"),
    "loosened in two steps": ("accuracy", [(EARLY, 0.01), (AMID, 0.02), (AFTER, 0.04)], "stale"),
    "loosened and said again": ("accuracy", [(EARLY, 0.01), (AMID, 0.04), (AFTER, 0.04)], "stale"),
    "loosened far and tightened a little": (
        "accuracy",
        [(EARLY, 0.01), (AMID, 0.05), (AFTER, 0.04)],
        "stale",
    ),
    "tightened and loosened again": (
        "accuracy",
        [(EARLY, 0.04), (AMID, 0.01), (AFTER, 0.04)],
        "stale",
    ),
    "lowered far and raised a little": (
        "reconciled",
        [(EARLY, 0.999), (AMID, 0.98), (AFTER, 0.99)],
        "stale",
    ),
    "raised": ("reconciled", [(EARLY, 0.985), (AFTER, 0.99)], "pass"),
}


@pytest.mark.parametrize("history", HISTORIES)
def test_a_loosening_by_detours_reaches_back_no_further(company: Company, history: str) -> None:
    criterion, thresholds, wanted = HISTORIES[history]
    with company.trial() as connection:
        connection.execute("delete from registry.thresholds")
        for effective_from, threshold in thresholds:
            connection.execute(
                "insert into registry.thresholds by name select $1 as criterion_id, "
                "$2 as decision_class, $3 as threshold, $4 as effective_from",
                [criterion, MATCH, threshold, effective_from],
            )
        add_evidence(connection, criterion, threshold_used=thresholds[-1][1])
        company.rebuild(connection, "gates")
        found = connection.execute(
            "select verdict from gates.gate_verdicts "
            "where decision_class = $1 and segment = 'region=EU' and criterion_id = $2",
            [MATCH, criterion],
        ).fetchall()
    assert found == [(wanted,)]


def add_evidence(
    connection: duckdb.DuckDBPyConnection, criterion: str, *, threshold_used: float
) -> None:
    """Fresh evidence without a fault, over days that end today."""
    bound = 0.001 if criterion == "accuracy" else 1
    for segment in ("all", "region=EU"):
        connection.execute(
            "insert into evidence.estimates by name select as_of, known_batch, "
            "as_of as window_end, as_of as evidence_newest_date, '*' as cohort_id, 'ok' as status, "
            "100 as n, $1 as criterion_id, $2 as decision_class, $3 as segment, $4 as bound, "
            "$5 as threshold_used, $6 as window_start from landing.run_context",
            [criterion, MATCH, segment, bound, threshold_used, SEEN_FROM],
        )


def signatures(connection: duckdb.DuckDBPyConnection) -> list[tuple[int, int]]:
    """(that count, that there are) of the class, by role and segment."""
    return connection.execute(
        "select distinct valid_count, any_count from gates.gate_signatures "
        f"where decision_class = '{CLASSIFY}' and segment in ('all', 'region=EU')"
    ).fetchall()


@pytest.mark.parametrize(
    "change",
    [
        "delete from registry.segments where segment_value = 'APAC'",
        # one value that reads like three
        "delete from registry.segments where segment_value in ('EU', 'US');"
        "update registry.segments set segment_value = 'APAC;region=EU;region=US'"
        " where segment_value = 'APAC'",
        # a value that moves to the empty place beside it
        "update registry.decision_classes set label_outcome = cast(error_cost_amount as varchar),"
        " error_cost_amount = null",
        "update registry.segments set segment_value = 'World' where segment_value = 'APAC'",
        "insert into registry.segments values ('procurement', 'team', 'north', null)",
        "update registry.segments set is_delegated_alone = true where segment_value = 'APAC'",
        *(
            f"update registry.decision_classes set {column} = {value}"
            for column, value in {
                "cost_of_delay_amount": "5",
                "review_pool": "'procurement-approvals'",
                "error_cost": "'medium'",
                "error_cost_amount": "14",
                "currency": "'EUR'",
                "reversibility": "'hard'",
                "is_regulated": "null",
                "declared_level": "'surface'",
                "boundary": "boundary || ' and amount <= 7'",
                "amount_limit": "7",
                "label_outcome": "'checked'",
                "label_delay_days": "8",
                "latency_limit_ms": "5001",
                "operating_confidence": "0.61",
                "review_wait_minutes": "61",
                "alpha_weight": "0.29",
                "required_fields": "'confidence'",
                "taxonomy_version": "'v2'",
                "cost_cap_amount": "1.99",
            }.items()
        ),
        "insert into registry.thresholds by name select 'latency' as criterion_id, "
        "0.06 as threshold, date '2025-01-01' as effective_from",
        f"insert into registry.amount_limits values ('{CLASSIFY}', 2000)",
    ],
)
def test_a_signature_holds_for_the_map_that_was_signed(company: Company, change: str) -> None:
    with company.trial() as connection:
        connection.execute("delete from registry.sign_offs")
        connection.execute(
            "insert into registry.sign_offs by name select role || segment as sign_off_id, "
            "decision_class, role, person_id, map_digest, timestamptz '2025-03-01' as signed_at, "
            "timestamptz '2025-09-01' as expires_at from gates.gate_autonomy_map "
            "join registry.owners using (workflow) "
            "where segment = 'all' and role in ('business', 'risk')"
        )
        company.rebuild(connection, "gate_signatures")
        assert signatures(connection) == [(1, 1)]
        connection.execute(change)
        company.rebuild(connection, "gate_signed_terms")
        company.rebuild(connection, "gate_autonomy_map")
        company.rebuild(connection, "gate_signatures")
        assert signatures(connection) == [(0, 1)]


def levels(
    company: Company,
    *passing: str,
    dimensions: tuple[str, ...] = ("region",),
    is_alone: bool | None = True,
) -> dict[str, str]:
    """Effective level by segment when these segments have passed the first four gates."""
    with company.trial() as connection:
        for dimension in dimensions[1:]:
            connection.execute(
                "insert into registry.segments values "
                f"('procurement', '{dimension}', 'one', true), "
                f"('procurement', '{dimension}', 'two', true)"
            )
        connection.execute("update registry.segments set is_delegated_alone = $1", [is_alone])
        company.rebuild(connection, "gates")
        connection.execute("update gates.gate_autonomy_map set recommended_level = 'delegate'")
        connection.execute(
            "update gates.gate_ladder set verdict = 'pass', is_blocked = false "
            "where gate_order <= 4 and list_contains($1, segment)",
            [list(passing)],
        )
        company.rebuild(connection, "gate_levels")
        return dict(
            connection.execute(
                "select segment, effective_level from gates.gate_levels "
                f"where decision_class = '{CLASSIFY}'"
            ).fetchall()
        )


def test_one_dimension_may_be_delegated_segment_by_segment(company: Company) -> None:
    found = levels(company, "region=EU")
    assert {name for name, level in found.items() if level == "delegate"} == {"region=EU"}


@pytest.mark.parametrize("is_alone", [False, None])
def test_a_segment_waits_for_all_unless_it_may_be_delegated_alone(
    company: Company, is_alone: bool | None
) -> None:
    found = levels(company, "region=EU", "region=US", is_alone=is_alone)
    assert "delegate" not in found.values()
    found = levels(company, "all", "region=EU", is_alone=is_alone)
    assert {name for name, level in found.items() if level == "delegate"} == {"all", "region=EU"}


def test_a_segment_proves_nothing_of_another_dimension(company: Company) -> None:
    passing = ("region=EU", "team=one", "channel=one")
    found = levels(company, *passing, dimensions=("region", "team", "channel"))
    assert set(found) > set(passing)
    assert {level for name, level in found.items() if name in passing} == {"surface"}
    assert {level for name, level in found.items() if name not in passing} == {"human_only"}


def test_several_dimensions_are_delegated_when_all_is_proven_too(company: Company) -> None:
    passing = ("all", "region=EU", "team=one")
    found = levels(company, *passing, dimensions=("region", "team"))
    assert {name for name, level in found.items() if level == "delegate"} == set(passing)
