"""Rails coverage with what shows that a rail works, and the readiness of a workflow."""

from datetime import date
from typing import Any

import duckdb
import pytest
from compiled_company import Company
from rollout_trials import RAILS, READINESS, add_workflow, pass_gates, rebuild, rows, stand
from small_company import AS_OF, CLASSIFY, MATCH

pytestmark = pytest.mark.xdist_group("small_company")
RAIL = "identity_and_access_control"  # the logs bear no trace of it
SIGN_ON = "company sign-on with one role per agent"
OLD, NEW = date(2025, 3, 1), date(2025, 3, 30)


def observe(
    connection: duckdb.DuckDBPyConnection,
    *seen: tuple[str, date | None, str | None],
    component: str | None = SIGN_ON,
    is_more: bool = False,
) -> None:
    """(result, day, workflow) of the rail in the stream, and nothing else, unless it is more."""
    if not is_more:
        connection.execute("delete from facts.fct_rails_daily")
    for result, day, workflow in seen:
        connection.execute(
            "insert into facts.fct_rails_daily by name select $1 as rail, $2 as workflow, "
            "$3 as result, $4::date as event_date, $5 as component, 1 as observation_count, "
            "(select known_batch from intermediate.int_run_context) as landing_batch",
            [RAIL, workflow, result, day, component],
        )


def covered(
    company: Company, connection: duckdb.DuckDBPyConnection, rail: str = RAIL
) -> dict[str, dict[str, Any]]:
    """Rows of one rail by workflow, made anew."""
    rebuild(company, connection, RAILS)
    found = rows(connection, f"from marts.rails_coverage where rail = '{rail}'")
    return {row["workflow"]: row for row in found}


def state(company: Company, connection: duckdb.DuckDBPyConnection) -> str:
    """What is shown of the rail in procurement."""
    rebuild(company, connection, RAILS[:2])
    (row,) = rows(
        connection,
        f"from gates.gate_rails where rail = '{RAIL}' and workflow = 'procurement'",
    )
    return str(row["evidence_state"])


def test_a_rail_works_by_its_newest_observation_and_no_longer_than_registered(
    company: Company,
) -> None:
    own = "procurement"
    states = {
        (): "none",
        (("passed", NEW, own),): "working",
        (("passed", OLD, own),): "stale",
        (("passed", NEW, own), ("failed", OLD, own)): "working",
        (("passed", OLD, own), ("failed", NEW, own)): "not_passed",
        (("passed", NEW, own), ("accuracy 0.4", NEW, own)): "not_passed",
        # nobody knows when, whose or what: it counts against, never for
        (("passed", NEW, own), ("failed", None, own)): "not_passed",
        (("passed", NEW, own), ("failed", NEW, None)): "not_passed",
        (("passed", NEW, own), ("(unknown)", NEW, own)): "not_passed",
        (("passed", NEW, None),): "none",
        (("passed", None, own),): "none",
        (("passed", NEW, "billing"),): "none",
        (("passed", date(2025, 4, 1), own),): "none",
    }
    with company.trial() as connection:
        connection.execute("update registry.rails set max_age_days = 29")
        for seen, wanted in states.items():
            observe(connection, *seen)
            assert state(company, connection) == wanted, seen
        observe(connection, ("passed", date(2025, 3, 2), own))  # 29 days: the last day
        assert state(company, connection) == "working"


def test_a_rail_is_as_its_worst_registered_component_is(company: Company) -> None:
    own = "procurement"
    with company.trial() as connection:
        connection.execute("update registry.rails set max_age_days = 29")
        connection.execute("insert into registry.rails values ($1, $2, 'b', true, 29)", [RAIL, own])
        for state_of_b, seen in {
            "working": [("passed", NEW)],
            "stale": [("passed", OLD)],
            "none": [],
            "not_passed": [("failed", OLD)],
        }.items():
            observe(connection, ("passed", NEW, own))
            observe(connection, *((*one, own) for one in seen), component="b", is_more=True)
            assert state(company, connection) == state_of_b
        # one that is not registered proves nothing, and what failed of it may have been any
        for component in ("nobody's", None):
            observe(connection, ("passed", NEW, own), component=component)
            assert state(company, connection) == "none"
            for name in (SIGN_ON, "b"):
                observe(connection, ("passed", OLD, own), component=name, is_more=True)
            assert state(company, connection) == "stale"
            observe(connection, ("failed", NEW, own), component=component, is_more=True)
            assert state(company, connection) == "not_passed"
        found = covered(company, connection)[own]
        assert found["unregistered_components"] is None  # that one has no name
        observe(connection, ("passed", NEW, own), component="nobody's", is_more=True)
        assert covered(company, connection)[own]["unregistered_components"] == "nobody's"


def test_logs_of_a_rail_with_two_components_show_neither(company: Company) -> None:
    with company.trial() as connection:
        assert covered(company, connection, "audit_logs")["procurement"]["newest_log_date"]
        connection.execute(
            "insert into registry.rails values ('audit_logs', 'procurement', 'b', true, 60)"
        )
        found = covered(company, connection, "audit_logs")["procurement"]
        assert (found["evidence_state"], found["newest_log_date"]) == ("none", None)


def test_logs_show_that_a_rail_works_and_undo_no_failure(company: Company) -> None:
    with company.trial() as connection:
        connection.execute("update registry.rails set max_age_days = 60")
        found = covered(company, connection, "audit_logs")["procurement"]
        newest = connection.execute(
            "select max(event_date) from facts.fct_decisions_daily where segment = 'all' and "
            "workflow = 'procurement' and audit_complete_count > 0 and event_date <= $1",
            [AS_OF],
        ).fetchone()
        assert (found["evidence_state"], (found["newest_log_date"],)) == ("working", newest)
        observe(connection, ("failed", OLD, "procurement"), component=None)
        connection.execute("update facts.fct_rails_daily set rail = 'audit_logs'")
        found = covered(company, connection, "audit_logs")["procurement"]
        assert (found["evidence_state"], found["newest_unpassed_date"]) == ("not_passed", OLD)
        # reviews belong to the workflow of their pool; a pool that nobody knows to none
        connection.execute("update facts.fct_reviews_daily set review_pool = '(unknown)'")
        reviews = covered(company, connection, "human_review_queues")["procurement"]
        assert reviews["newest_log_date"] is None
        connection.execute(
            "update facts.fct_reviews_daily set review_pool = 'procurement-approvals', "
            "event_date = $1, review_count = 1",
            [NEW],
        )
        reviews = covered(company, connection, "human_review_queues")["procurement"]
        assert reviews["newest_log_date"] == NEW


def test_rails_are_shared_one_off_or_missing_and_both_mistakes_are_named(company: Company) -> None:
    with company.trial() as connection:
        add_workflow(connection)

        def register(*components: tuple[str, str, bool]) -> dict[str, dict[str, Any]]:
            connection.execute("delete from registry.rails")
            for workflow, name, is_shared in components:
                connection.execute(
                    "insert into registry.rails values ($1, $2, $3, $4, 30)",
                    [RAIL, workflow, name, is_shared],
                )
            return covered(company, connection)

        def words(found: dict[str, dict[str, Any]], column: str) -> list[Any]:
            return [found["billing"][column], found["procurement"][column]]

        stand(connection, [])
        found = register(("procurement", "log", True))
        assert words(found, "coverage") == ["missing", "shared"]
        assert words(found, "warning") == [None, "platform_before_workflow"]
        assert words(found, "shared_elsewhere") == ["log", None]
        stand(connection, [(MATCH, "all"), (CLASSIFY, "region=EU")], "pilot")
        assert words(covered(company, connection), "warning")[1] == "platform_before_workflow"
        stand(connection, [(CLASSIFY, "region=EU")])  # a region is no workflow
        assert words(covered(company, connection), "warning")[1] == "platform_before_workflow"
        stand(connection, [(MATCH, "all")], "limited_rollout")  # one class works
        assert words(covered(company, connection), "warning") == [None, None]
        found = register(("procurement", "a", False), ("billing", "b", False))
        assert words(found, "coverage") == ["one_off", "one_off"]
        assert words(found, "warning") == ["islands", "islands"]
        found = register(("procurement", "a", False), ("billing", "b", True))
        assert words(found, "warning") == [None, None]
        # a one-off beside a shared component is still one
        found = register(("procurement", "a", False), ("procurement", "b", True))
        assert words(found, "coverage") == ["missing", "one_off"]
        every = rows(
            connection, "select workflow, count(*) as n from marts.rails_coverage group by 1"
        )
    assert {row["workflow"]: row["n"] for row in every} == {"billing": 9, "procurement": 9}


ITEMS = (
    *("high_volume_and_business_owner", "broken_into_decision_classes"),
    *("each_class_assigned_a_level", "shared_rails_defined", "gates_set"),
    "funded_as_operating_system",
)
CHECKS = (
    *("measurable_business_value", "reliable_production_data", "agreed_autonomy_levels"),
    *("monitoring_and_audit_logs", "business_metric_improved"),
)


def met(
    company: Company,
    connection: duckdb.DuckDBPyConnection,
    workflow: str = "procurement",
    models: tuple[str, ...] = READINESS[2:],
) -> set[str]:
    """Items that are met; every item is there, with its evidence."""
    rebuild(company, connection, models)
    found = rows(
        connection,
        f"from marts.readiness_checklist where workflow = '{workflow}' order by item_order",
    )
    assert [row["item"] for row in found] == [*ITEMS, *CHECKS]
    assert all(row["evidence"] and row["is_met"] is not None for row in found)
    return {row["item"] for row in found if row["is_met"]}


# a statement after which the item, met before, is met no more
SPOILT = {
    "update gates.gate_verdicts set verdict = 'fail' where criterion_id = 'volume_floor'": 0,
    "delete from registry.owners where role = 'business'": 0,
    "update registry.people set is_active = false where person_id = 'mara-lindqvist'": 0,
    f"delete from gates.gate_levels where decision_class <> '{CLASSIFY}'": 1,
    "insert into marts.decision_inventory by name select 'procurement' as workflow, "
    "'(undeclared)' as decision_class, false as is_declared, 1 as decisions_last_28_days_count": 1,
    f"update gates.gate_levels set declared_level = null where decision_class = '{MATCH}'": 2,
    "delete from registry.rails where rail = 'guardrails' and workflow = 'procurement'": 3,
    "update registry.rails set is_shared = false": 3,
    f"update gates.gate_due set threshold = null where decision_class = '{MATCH}'": 4,
    "update gates.gate_due set threshold_count = 2 where criterion_id = 'fresh'": 4,
    "delete from registry.operating_funding": 5,
    "update registry.operating_funding set stated_at = date '2025-04-01'": 5,
    "update registry.operating_funding set valid_until = date '2025-03-31'": 5,
    "update registry.people set is_active = false where person_id = 'ingrid-solberg'": 5,
}


def test_every_item_of_the_checklist_needs_its_evidence(company: Company) -> None:
    with company.trial() as connection:
        connection.execute(
            "update gates.gate_verdicts set verdict = 'pass' where criterion_id = 'volume_floor'"
        )
        connection.execute("delete from marts.decision_inventory where not is_declared")
        assert met(company, connection) >= set(ITEMS)
        tables = ("gates.gate_verdicts", "gates.gate_levels", "gates.gate_due")
        tables += ("registry.owners", "registry.people", "registry.rails")
        tables += ("registry.operating_funding", "marts.decision_inventory")
        for name in tables:
            connection.execute(f"create temp table {name.split('.')[1]}_sound as from {name}")
        for statement, item in SPOILT.items():
            connection.execute(statement)
            changed = READINESS if ".rails" in statement else ("gate_readiness", READINESS[-1])
            rebuild(company, connection, changed)
            found = connection.execute(
                "select item from marts.readiness_checklist where workflow = 'procurement' and "
                "not is_met and section = 'checklist'"
            ).fetchall()
            assert found == [(ITEMS[item],)], statement
            for name in tables:
                connection.execute(f"delete from {name}")
                connection.execute(f"insert into {name} from {name.split('.')[1]}_sound")
            if ".rails" in statement:
                rebuild(company, connection, RAILS[:2])


def test_ready_to_scale_takes_all_five_in_one_class(company: Company) -> None:
    with company.trial() as connection:
        add_workflow(connection)
        connection.execute("insert into registry.workflows (workflow) values ('empty')")
        rebuild(company, connection, RAILS[:2])
        connection.execute(
            "update gates.gate_verdicts set verdict = case when criterion_id = 'baseline_fixed' "
            "then 'pass' else 'insufficient' end"
        )
        pass_gates(connection, [])
        for gates in range(6):
            pass_gates(connection, [(CLASSIFY, "all")], gates=gates)
            assert met(company, connection) & set(CHECKS) == set(CHECKS[:gates])
        assert not met(company, connection, "billing") & set(CHECKS)
        assert met(company, connection, "empty") == set()
        # what other classes have does not add up
        pass_gates(connection, [(CLASSIFY, "all")], gates=2)
        connection.execute(
            "update gates.gate_ladder set verdict = 'pass' where gate_order >= 3 "
            "and decision_class = $1",
            [MATCH],
        )
        assert met(company, connection) & set(CHECKS) == set(CHECKS[:2])
        # accuracy alone, however good, is nothing
        pass_gates(connection, [])
        connection.execute(
            "update gates.gate_verdicts set verdict = 'pass' where criterion_id = 'accuracy'"
        )
        assert not met(company, connection) & set(CHECKS)
        pass_gates(connection, [(CLASSIFY, "all")])
        connection.execute(
            "update gates.gate_verdicts set verdict = 'fail' where criterion_id = 'baseline_fixed'"
        )
        assert not met(company, connection) & set(CHECKS)
