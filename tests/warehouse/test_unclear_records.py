"""What a record claims and does not show counts against: labels, limits, times."""

from contextlib import closing
from typing import Any

import pytest
from small_company import MATCH, Company
from unclear_records import BOUNDED, LABELLED, PLACED, UNPLACED

from dagster_project import warehouse
from dagster_project.evidence.estimates.registry import read_context

pytestmark = pytest.mark.xdist_group("small_company")


def ask(company: Company, query: str) -> list[tuple[Any, ...]]:
    with closing(warehouse.connect(company.project.warehouse, read_only=True)) as connection:
        return connection.execute(query).fetchall()


def test_an_approval_before_the_decision_is_no_label(company: Company) -> None:
    rows = ask(
        company,
        "select subject_key, sum(selected_count), sum(labelled_count), sum(wrong_count) "
        "from facts.fct_samples_weekly where segment = 'all' group by subject_key",
    )
    found = {subject: counts for subject, *counts in rows if subject in LABELLED}
    assert found == {name: [1, *counts] for name, (_, counts) in LABELLED.items()}


def test_an_amount_above_the_limit_is_outside_whoever_says_within(company: Company) -> None:
    rows = ask(
        company,
        "select split_part(cohort_id, ' | ', 5), sum(boundary_violation_count), "
        "sum(boundary_unknown_count), sum(decision_count) from facts.fct_decisions_daily "
        f"where segment = 'all' and decision_class = '{MATCH}' group by 1",
    )
    found = {name: counts for name, *counts in rows}
    assert found == {name: [*counts, 1] for name, (_, _, counts) in BOUNDED.items()}


def test_what_nobody_can_place_has_no_class(company: Company) -> None:
    rows = ask(
        company,
        "select decision_id, decision_class from intermediate.int_decisions__mapped "
        f"where decision_id in {(*UNPLACED, *PLACED)}",
    )
    classes = dict(rows)
    assert {name for name, found in classes.items() if found == "(unknown)"} == UNPLACED.keys()
    assert classes.keys() == UNPLACED.keys() | PLACED.keys()


def test_what_nobody_can_place_counts_against_every_class_of_its_source(company: Company) -> None:
    unreadable = ask(
        company,
        "select source, stream, sum(unit_count)::int from facts.fct_unreadable "
        "where reason_code = 'class_unknown' group by all order by stream",
    )
    lost = len(UNPLACED)
    assert unreadable == [("procurement", "decisions", lost), ("procurement", "labels", lost)]
    with closing(warehouse.connect(company.project.warehouse)) as connection:
        context = read_context(connection)
    own = [item.decision_class for item in context.classes if item.workflow == "procurement"]
    assert len(own) == 4
    for name in own:
        assert (context.lost(name).decisions, context.lost(name).labels) == (lost, lost), name
