"""The inventory over time: what agents did outside it, and classes that begin anew."""

import pytest
from compiled_company import Company
from small_company import CLASSIFY, MATCH

pytestmark = pytest.mark.xdist_group("small_company")


def test_an_action_outside_the_inventory_is_named_and_counted(company: Company) -> None:
    with company.trial() as connection:
        connection.execute(
            "update intermediate.int_decisions__changes set decision_class = '(undeclared)', "
            "action = case when event_date < date '2025-03-15' then 'rogue' end "
            "where decision_class = $1 and has_decision",
            [CLASSIFY],
        )
        wanted = connection.execute(
            "select coalesce(action, '(none)') as name, sum(sign) as total "
            "from intermediate.int_decisions__changes where decision_class = '(undeclared)' "
            "and has_decision and landing_batch <= (from intermediate.int_run_context "
            "select known_batch) and event_date <= date '2025-03-31' group by all "
            "having total > 0 order by all"
        ).fetchall()
        for model in ("fct_undeclared_daily", "undeclared_actions"):
            company.rebuild(connection, model)
        found = connection.execute(
            "select action, decision_count from marts.undeclared_actions order by action"
        ).fetchall()
    assert [name for name, _ in found] == ["(none)", "rogue"]
    assert found == wanted


def cohorts(company: Company, kind: str) -> set[tuple[str, bool]]:
    """(how the cohort begins, whether the decision is of 20 March or later), of one class."""
    with company.trial() as connection:
        connection.execute(
            "insert into registry.taxonomy_changes by name select 'procurement.order' as "
            "former_class, $1 as decision_class, $2 as kind, date '2025-03-20' as effective_from",
            [MATCH, kind],
        )
        rows = connection.execute(
            "select distinct split_part(cohort_id, ': ', 1), event_date >= date '2025-03-20' "
            "from intermediate.int_decisions__mapped where decision_class in ($1, $2) "
            "and event_date is not null and starts_with(cohort_id, 'before')",
            [MATCH, CLASSIFY],
        ).fetchall()
        connection.execute(
            "update registry.taxonomy_changes set effective_from = date '2025-03-21'"
        )
        return set(rows) | set(
            connection.execute(
                "select distinct split_part(cohort_id, ': ', 1), event_date >= date '2025-03-20' "
                "from intermediate.int_decisions__mapped where decision_class = $1 "
                "and starts_with(cohort_id, 'before')",
                [MATCH],
            ).fetchall()
        )


@pytest.mark.parametrize("kind", ["split", "merged"])
def test_what_a_class_did_before_it_was_split_or_merged_is_another_cohort(
    company: Company, kind: str
) -> None:
    # all of its decisions are of 20 March: none lies before that day, all before the next
    assert cohorts(company, kind) == {("before 2025-03-21", True)}


def test_a_renamed_class_keeps_its_evidence(company: Company) -> None:
    assert cohorts(company, "renamed") == set()


def test_a_part_that_was_renamed_twice_since_begins_with_the_split(company: Company) -> None:
    with company.trial() as connection:
        for former, name, kind, day in (
            ("procurement.order", "procurement.part", "split", "2025-03-21"),
            ("procurement.part", "procurement.portion", "renamed", "2025-03-22"),
            ("procurement.portion", MATCH, "renamed", "2025-03-23"),
        ):
            connection.execute(
                "insert into registry.taxonomy_changes by name select $1 as former_class, "
                "$2 as decision_class, $3 as kind, cast($4 as date) as effective_from",
                [former, name, kind, day],
            )
        rows = connection.execute(
            "select distinct split_part(cohort_id, ': ', 1) "
            "from intermediate.int_decisions__mapped where decision_class = $1",
            [MATCH],
        ).fetchall()
    assert rows == [("before 2025-03-21",)]
