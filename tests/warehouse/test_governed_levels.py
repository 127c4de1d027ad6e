"""Levels under waivers, vacancies, unproven amounts and classes that ask for a person."""

import duckdb
import pytest
from compiled_company import Company
from small_company import CLASSIFY, MATCH

pytestmark = pytest.mark.xdist_group("small_company")
WAIVED = "clean_volume"


def pass_all_but(
    connection: duckdb.DuckDBPyConnection, *criteria: str, verdict: str = "fail"
) -> None:
    """Every verdict of the first four gates a pass, but these."""
    connection.execute("update gates.gate_autonomy_map set recommended_level = 'delegate'")
    connection.execute("update gates.gate_verdicts set verdict = 'pass' where gate_order <= 4")
    connection.execute(
        "update gates.gate_verdicts set verdict = $1 where list_contains($2, criterion_id)",
        [verdict, list(criteria)],
    )


def waive(connection: duckdb.DuckDBPyConnection, changes: str = "") -> None:
    connection.execute("delete from registry.waivers")
    connection.execute(
        "insert into registry.waivers by name select 'w1' as waiver_id, "
        "'procurement.classify_vendor_request' as decision_class, 'clean_volume' as criterion_id, "
        "'mara-lindqvist' as requested_by, 'yuki-brandt' as approved_by, 'slow' as reason, "
        "500 as exposure_amount, 'USD' as currency, date '2025-03-05' as granted_at, "
        "date '2025-04-04' as expires_at"
    )
    if changes:
        connection.execute(f"update registry.waivers set {changes}")


def level(
    company: Company, connection: duckdb.DuckDBPyConnection, before: str = "delegate"
) -> tuple[str, str, str | None]:
    """(effective level, verdict of the gate, what is waived beside it)."""
    connection.execute("delete from evidence.recorded_levels")
    connection.execute(
        "insert into evidence.recorded_levels select decision_class, segment, $1 "
        "from gates.gate_autonomy_map",
        [before],
    )
    for model in ("gate_ladder", "gate_waivers", "gate_waived", "gate_holds", "gate_levels"):
        company.rebuild(connection, model)
    for model in ("gate_scorecard", "autonomy_map"):
        company.rebuild(connection, model)
    return connection.execute(
        "select effective_level, verdict, waived_criteria from marts.autonomy_map "
        "join marts.gate_scorecard using (decision_class, segment) "
        "where decision_class = $1 and segment = 'region=EU' and gate = 'data_fit'",
        [CLASSIFY],
    ).fetchone() or ("", "", None)


def test_a_waiver_holds_a_class_at_surface_and_is_no_pass(company: Company) -> None:
    with company.trial() as connection:
        pass_all_but(connection, WAIVED)
        waive(connection)
        assert level(company, connection) == ("surface", "fail", WAIVED)


NO_HOLD = {
    "expired today": "expires_at = date '2025-03-31'",
    "not yet granted": "granted_at = date '2025-04-01'",
    "approved by who asks": "requested_by = approved_by",
    "approved by the business owner": "approved_by = 'mara-lindqvist', requested_by = 'x'",
    "for 31 days": "expires_at = date '2025-04-05'",
    "without money": "exposure_amount = 0",
    "of another criterion": "criterion_id = 'fresh'",
    "of another class": f"decision_class = '{MATCH}'",
}


def test_a_waiver_that_is_none_demotes_in_the_same_run(company: Company) -> None:
    with company.trial() as connection:
        pass_all_but(connection, WAIVED)
        for name, change in NO_HOLD.items():
            waive(connection, change)
            assert level(company, connection) == ("human_only", "fail", None), name


def test_a_waiver_lifts_nothing_and_covers_no_error_and_no_second_criterion(
    company: Company,
) -> None:
    with company.trial() as connection:
        waive(connection)
        for criteria, verdict, before in (
            ([WAIVED], "fail", "human_only"),
            ([WAIVED], "error", "delegate"),
            ([WAIVED, "fresh"], "fail", "delegate"),
            ([WAIVED, "signed_by_risk"], "stale", "delegate"),
        ):
            pass_all_but(connection, *criteria, verdict=verdict)
            assert level(company, connection, before)[0] == "human_only", criteria


def test_a_waiver_ends_with_the_risk_owner_who_approved_it(company: Company) -> None:
    with company.trial() as connection:
        connection.execute("update registry.owners set valid_until = date '2025-03-31'")
        pass_all_but(connection, WAIVED)
        waive(connection)
        assert level(company, connection) == ("human_only", "fail", None)


def test_delegation_reaches_as_far_as_the_amounts_that_are_proven(company: Company) -> None:
    found = []
    for supported in ([2000, 5000], []):
        with company.trial() as connection:
            pass_all_but(connection)
            connection.execute("update gates.gate_amount_bands set is_supported = false")
            connection.execute(
                "update gates.gate_amount_bands set is_supported = true "
                "where list_contains($1, amount_limit)",
                [supported],
            )
            level(company, connection)
            found += connection.execute(
                "select declared_amount_limit, amount_limit, effective_level, effective_reason "
                "from marts.autonomy_map where decision_class = $1 and segment = 'all'",
                [MATCH],
            ).fetchall()
    assert found == [
        (50000, 5000, "delegate_with_audit", "as declared"),
        (50000, 0, "surface", "no amount limit is supported"),
    ]


@pytest.mark.parametrize("column", ["reversibility = 'irreversible'", "is_regulated = true"])
def test_what_cannot_be_undone_earns_a_persons_approval_and_never_more(
    company: Company, column: str
) -> None:
    with company.trial() as connection:
        connection.execute(f"update registry.decision_classes set {column}")
        for accuracy, weak, wanted in (
            ("pass", 0, "surface"),
            ("pass", 2, "surface"),
            ("pass", 3, "human_only"),
            ("insufficient", 0, "human_only"),
            ("fail", 0, "human_only"),
        ):
            connection.execute("update gates.gate_tests set verdict = 'pass'")
            tests = ["reversibility", "value_at_risk", "review_capacity"][:weak]
            connection.execute(
                "update gates.gate_tests set verdict = 'fail' "
                "where list_contains($1, criterion_id)",
                [tests],
            )
            connection.execute(
                "update gates.gate_tests set verdict = $1 where criterion_id = 'accuracy'",
                [accuracy],
            )
            company.rebuild(connection, "gate_autonomy_map")
            levels = connection.execute(
                "select distinct recommended_level from gates.gate_autonomy_map"
            ).fetchall()
            assert levels == [(wanted,)], (accuracy, weak)


SIGNED = {
    # what was changed of a signature that counts, and the column for which it no longer does
    "": None,
    "map_digest = repeat('0', 64)": "map_digest",
    "expires_at = date '2025-03-31'": "expires_at",
    "signed_at = date '2025-04-01'": "signed_at",
    "role = 'business'": "person_id",
    "person_id = 'ingrid-solberg'": "person_id",
}


def test_a_signature_that_does_not_count_says_for_which_column(company: Company) -> None:
    with company.trial() as connection:
        for change, wanted in SIGNED.items():
            connection.execute("delete from registry.sign_offs")
            connection.execute(
                "insert into registry.sign_offs by name select 's1' as sign_off_id, "
                "decision_class, 'risk' as role, 'yuki-brandt' as person_id, map_digest, "
                "date '2025-03-31' as signed_at, date '2025-04-01' as expires_at "
                "from gates.gate_autonomy_map where segment = 'all' and decision_class = $1",
                [CLASSIFY],
            )
            if change:
                connection.execute(f"update registry.sign_offs set {change}")
            for model in ("gate_signatures", "signatures"):
                company.rebuild(connection, model)
            found = connection.execute("select rejected_column from marts.signatures").fetchall()
            assert found == [(wanted,)], change


def test_one_person_in_both_roles_signs_for_nobody(company: Company) -> None:
    with company.trial() as connection:
        connection.execute(
            "insert into registry.owners by name select 'procurement' as workflow, "
            "'business' as role, 'yuki-brandt' as person_id, date '2025-01-01' as valid_from"
        )
        connection.execute("delete from registry.sign_offs")
        connection.execute(
            "insert into registry.sign_offs by name select role as sign_off_id, decision_class, "
            "role, 'yuki-brandt' as person_id, map_digest, date '2025-03-31' as signed_at, "
            "date '2025-04-01' as expires_at from gates.gate_autonomy_map "
            "cross join (select unnest(['business', 'risk']) as role) "
            "where segment = 'all' and decision_class = $1",
            [CLASSIFY],
        )
        for model in ("gate_signatures", "signatures"):
            company.rebuild(connection, model)
        found = connection.execute("select distinct rejected_column from marts.signatures")
        assert found.fetchall() == [("role",)]
