"""What signatures cover: nothing is delegated that was not signed, in no segment and no amount."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from compiled_company import Company
from small_company import AS_OF, CLASSIFY, MATCH

from dagster_project.automation.judged_by import fetch
from dagster_project.publish.grants import build_grants

pytestmark = pytest.mark.xdist_group("small_company")
MAP = ("gate_signed_terms", "gate_autonomy_map", "gate_signatures", "gate_map_evidence")
REACHED = ("gate_mapped", "gate_verdicts", "gate_ladder", "gate_amount_bands", "gate_levels")
ENDS = ("gate_validity", "gate_level_ends", "gate_scorecard", "autonomy_map")
EU, US = "region=EU", "region=US"


def pass_all_measured(connection: duckdb.DuckDBPyConnection, name: str, *weak: str) -> None:
    """Every test and every measured criterion passes; confidence is not good in these segments."""
    connection.execute("update gates.gate_tests set verdict = 'pass'")
    connection.execute(
        "update gates.gate_measured set verdict = 'pass', evidence_newest_date = as_of "
        "where gate_order <= 4"
    )
    for table in ("gate_tests", "gate_measured"):
        connection.execute(
            f"update gates.{table} set verdict = 'fail' where criterion_id = 'confidence_quality' "
            "and decision_class = $1 and list_contains($2, segment)",
            [name, list(weak)],
        )


def sign(company: Company, connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Both owners sign the map of today."""
    for model in MAP[:2]:
        company.rebuild(connection, model)
    connection.execute("delete from registry.sign_offs")
    connection.execute(
        "insert into registry.sign_offs by name select role as sign_off_id, decision_class, role, "
        "person_id, map_digest, date '2025-03-01' as signed_at, date '2025-09-01' as expires_at "
        "from gates.gate_autonomy_map join registry.owners using (workflow) "
        "where segment = 'all' and decision_class = $1 and role in ('business', 'risk')",
        [name],
    )


def reached(
    company: Company, connection: duckdb.DuckDBPyConnection, name: str
) -> dict[str, tuple[str, Any]]:
    """(effective level, amount limit) by segment, as the next run finds them."""
    for model in (*MAP, *REACHED):
        company.rebuild(connection, model)
    rows = connection.execute(
        "select segment, effective_level, supported_amount_limit from gates.gate_levels "
        "where decision_class = $1",
        [name],
    ).fetchall()
    return {segment: (level, limit) for segment, level, limit in rows}


UNSIGNED = {
    "the limits are removed": "delete from registry.amount_limits",
    "one limit is removed": "delete from registry.amount_limits where amount_limit = 5000",
    "a limit is raised": "update registry.amount_limits set amount_limit = 60000 "
    "where amount_limit = 50000",
}


def test_amount_limits_are_signed_and_without_them_nothing_more_is_delegated(
    company: Company,
) -> None:
    with company.trial() as connection:
        pass_all_measured(connection, MATCH)
        sign(company, connection, MATCH)
        assert reached(company, connection, MATCH)["all"] == ("surface", 0)
        connection.execute("create temp table signed as from registry.amount_limits")
        for name, change in UNSIGNED.items():
            connection.execute(change)
            levels = {level for level, _ in reached(company, connection, MATCH).values()}
            assert levels == {"human_only"}, name
            connection.execute("delete from registry.amount_limits")
            connection.execute("insert into registry.amount_limits from signed")
        assert reached(company, connection, MATCH)["all"] == ("surface", 0)


def test_a_segment_is_never_delegated_on_a_map_that_was_not_signed_for_it(
    company: Company,
) -> None:
    with company.trial() as connection:
        connection.execute("update registry.segments set is_delegated_alone = true")
        pass_all_measured(connection, CLASSIFY, "all", EU, US)
        sign(company, connection, CLASSIFY)
        assert reached(company, connection, CLASSIFY)[EU][0] == "human_only"
        # `all` is as weak as it was when it was signed
        pass_all_measured(connection, CLASSIFY, "all", US)
        assert {level for level, _ in reached(company, connection, CLASSIFY).values()} == {
            "human_only"
        }
        sign(company, connection, CLASSIFY)
        assert reached(company, connection, CLASSIFY)[EU][0] == "delegate"


# what a grant rests on, and its last day then
LAST_DAYS = {
    "": AS_OF + timedelta(days=7),
    "update registry.sign_offs set expires_at = date '2025-04-03' where role = 'risk'": date(
        2025, 4, 2
    ),
    "update registry.owners set valid_until = date '2025-04-02' where role = 'business'": date(
        2025, 4, 1
    ),
    "update registry.owners set valid_until = date '2025-04-05' where role = 'technical'": date(
        2025, 4, 4
    ),
    "insert into registry.thresholds by name select 'latency' as criterion_id, 0.01 as threshold, "
    "date '2025-04-01' as effective_from": AS_OF,
    # latency may be 28 days old
    "update gates.gate_measured set evidence_newest_date = date '2025-03-05' "
    "where criterion_id = 'latency'": date(2025, 4, 2),
    # of a segment without which the whole is not proven
    "update gates.gate_measured set evidence_newest_date = date '2025-03-04' "
    "where criterion_id = 'accuracy' and segment = 'region=US'": date(2025, 4, 1),
    # of a gate that gives no level
    "update gates.gate_measured set evidence_newest_date = date '2025-01-01' "
    "where gate_order = 5": AS_OF + timedelta(days=7),
}


def test_a_grant_outlives_nothing_that_it_rests_on(company: Company) -> None:
    late = datetime(2025, 5, 1, tzinfo=UTC)
    for change, last in LAST_DAYS.items():
        with company.trial() as connection:
            pass_all_measured(connection, CLASSIFY)
            sign(company, connection, CLASSIFY)
            if change:
                connection.execute(change)
            assert reached(company, connection, CLASSIFY)[EU][0] == "delegate", change
            for model in ENDS:
                company.rebuild(connection, model)
            rows = fetch(connection, "select * from marts.autonomy_map")
            cards = connection.execute(
                "select min(valid_until_date), max(valid_until_date) from marts.gate_scorecard "
                "where decision_class = $1 and gate_order <= 4",
                [CLASSIFY],
            ).fetchall()
        content = json.loads(build_grants(rows, valid_until=late, run={"as_of": AS_OF}))
        ends = {grant["valid_until"][:10] for grant in content["grants"]}
        assert ends == {(last + timedelta(days=1)).isoformat()}, change
        # what does not rest on it is good for as long as it was
        assert cards == [(last, AS_OF + timedelta(days=7))], change
