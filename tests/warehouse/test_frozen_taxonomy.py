"""Facts that are made no more are held against the taxonomy of today."""

import pytest
from compiled_company import Company
from small_company import MATCH

pytestmark = pytest.mark.xdist_group("small_company")
OUTDATED = "from intermediate.int_classes__outdated_facts where decision_class = $1"
NOW, ANOTHER_DAY = f"{MATCH}_now", "disposed facts know another day on which it began"


def outdated(
    company: Company,
    change: tuple[str, str, str, str] | None,
    name: str = MATCH,
    made_before: str = "",
    is_frozen: bool = True,
) -> list[tuple[str, str]]:
    """What is said of class ``name`` after a row of the taxonomy; the facts are of 20 March."""
    with company.trial() as connection:
        connection.execute(
            f"create table files as select * replace ({is_frozen} as is_frozen) from landing.files"
        )
        connection.execute("drop view landing.files")
        connection.execute("create view landing.files as from main.files")
        connection.execute(
            f"update facts.fct_decisions_daily set cohort_id = '{made_before}' || cohort_id"
        )
        if change:
            connection.execute(
                "insert into registry.taxonomy_changes by name select $1 as former_class, "
                "$2 as decision_class, $3 as kind, cast($4 as date) as effective_from",
                list(change),
            )
        return connection.execute(OUTDATED, [name]).fetchall()


def test_disposed_facts_under_a_former_name_are_outdated(company: Company) -> None:
    renamed = (MATCH, NOW, "renamed", "2025-03-30")
    former = f"disposed facts bear its former name {MATCH}"
    assert outdated(company, renamed, NOW) == [(NOW, former)]
    assert outdated(company, renamed, NOW, is_frozen=False) == []


@pytest.mark.parametrize("kind", ["split", "merged"])
def test_disposed_facts_from_before_a_class_began_anew_are_outdated(
    company: Company, kind: str
) -> None:
    later = ("procurement.order", MATCH, kind, "2025-03-30")
    assert outdated(company, later) == [(MATCH, ANOTHER_DAY)]
    assert outdated(company, later, is_frozen=False) == []
    # facts that were made with the row in place, and a beginning before all of them
    assert outdated(company, later, made_before="before 2025-03-30: ") == []
    assert outdated(company, ("procurement.order", MATCH, kind, "2025-03-20")) == []


def test_a_beginning_that_was_moved_or_taken_back_is_seen(company: Company) -> None:
    moved = ("procurement.order", MATCH, "split", "2025-03-31")
    for change in (moved, None):
        found = outdated(company, change, made_before="before 2025-03-30: ")
        assert found == [(MATCH, ANOTHER_DAY)]


def test_without_a_change_of_the_taxonomy_nothing_is_outdated(company: Company) -> None:
    assert outdated(company, None) == []
    # what is split off after the disposal begins anew, under a name that no frozen fact bears
    assert outdated(company, (MATCH, NOW, "split", "2025-03-30"), NOW) == []
