"""What a record claims and does not show counts against: labels, limits, times."""

from contextlib import closing
from datetime import timedelta
from typing import Any

import duckdb
import pytest
from company import pseudonyms
from compiled_company import Company
from small_company import CLASSIFY, LANDED, MATCH
from unclear_records import (
    BOUNDED,
    DECIDED,
    EMPTY,
    LABELLED,
    PLACED,
    PRICED,
    REVIEWED,
    TWICE,
    UNPLACED,
)
from versioned_records import ACTION, CONFLICTING

from dagster_project import warehouse
from dagster_project.evidence.estimates.registry import read_context

pytestmark = pytest.mark.xdist_group("small_company")


def ask(company: Company, query: str) -> list[tuple[Any, ...]]:
    with closing(warehouse.connect(company.project.warehouse, read_only=True)) as connection:
        return connection.execute(query).fetchall()


def test_only_an_approval_of_its_own_pool_after_the_decision_is_a_label(company: Company) -> None:
    rows = ask(
        company,
        "select subject_key, sum(selected_count), sum(labelled_count), sum(wrong_count) "
        "from facts.fct_samples_weekly where segment = 'all' group by subject_key",
    )
    subject = pseudonyms(company.project).of
    wanted = {subject(name): [1, *counts] for name, (*_, counts) in (LABELLED | REVIEWED).items()}
    assert {who: counts for who, *counts in rows if who in wanted} == wanted


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
    # and one whose versions say two classes
    assert unreadable == [("procurement", "decisions", lost + 1), ("procurement", "labels", lost)]
    with closing(warehouse.connect(company.project.warehouse)) as connection:
        context = read_context(connection)
    own = [item.decision_class for item in context.classes if item.workflow == "procurement"]
    assert len(own) == 4
    for name in own:
        doubled = {CLASSIFY: len(TWICE), f"procurement.{ACTION}": CONFLICTING}.get(name, 0)
        found = (context.lost(name).decisions, context.lost(name).labels)
        # the overturn of nobody knows which decision is one more label
        assert found == (lost + 1 + doubled, lost + 1), name


def test_a_selected_decision_in_two_versions_is_drawn_without_route_and_label(
    company: Company,
) -> None:
    rows = ask(
        company,
        "select subject_key, cohort_id, route, confidence_bin, decision_count, selected_count, "
        "labelled_count from facts.fct_samples_weekly where segment = 'all' and decision_class = "
        f"'{CLASSIFY}' and subject_key in {(*(f'(unknown):{name}' for name in TWICE),)} order by 1",
    )
    # its cohort has absent parts, so it may be of any
    lost = ("(unknown)", "(unknown)", -1, 0, 1, 0)
    assert rows == [(f"(unknown):{name}", *lost) for name in sorted(TWICE)]


def test_a_decision_in_two_places_is_in_neither_and_as_old_as_the_older(company: Company) -> None:
    rows = ask(
        company,
        "select segment, event_date from facts.fct_samples_weekly "
        "where subject_key = '(unknown):two-places' order by 1",
    )
    day = (DECIDED - timedelta(days=9)).date()
    assert rows == [("all", day), ("region=(unknown)", day)]


def test_empty_and_impossible_values_are_unknown(company: Company) -> None:
    rows = ask(
        company,
        "select split_part(cohort_id, ' | ', 5), subject_key, confidence_bin "
        "from facts.fct_samples_weekly where segment = 'all'",
    )
    found = {name: tuple(values) for name, *values in rows if name in EMPTY}
    known = pseudonyms(company.project)
    assert found == {
        name: (who if who.startswith("(unknown)") else known.of(who), confidence)
        for name, (_, (who, confidence)) in EMPTY.items()
    }


def test_a_label_of_no_known_time_is_as_new_as_its_landing(company: Company) -> None:
    rows = ask(
        company,
        "select cast(max(label_at) as date) from intermediate.int_decisions__changes"
        " where decision_id = 'agreed-in-the-future'",
    )
    assert rows == [(LANDED.date(),)]


def test_drills_of_the_future_have_no_day_and_are_not_one(company: Company) -> None:
    rows = ask(
        company,
        "select event_date, observation_count from facts.fct_rails_daily order by 1 nulls last",
    )
    assert rows == [(DECIDED.date(), 1), (None, 2)]


def add_outcomes(connection: duckdb.DuckDBPyConnection) -> None:
    attached = "intermediate.int_records__attached"
    approved = f"from {attached} where record_id like '% agree 1'"
    connection.execute(
        f"create table records as from {attached}"
        f" union all select * replace ('reward' as outcome, 'outcome:1' as record_id) {approved}"
        " union all select * replace"
        f" ('(unknown)' as outcome, 'outcome:2' as record_id, 'incorrect' as label) {approved}"
        " and decision_id = 'agreed-after'"
    )
    connection.execute(f"create or replace view {attached} as from records")


def test_an_outcome_without_a_name_takes_the_label_away(company: Company) -> None:
    with company.trial() as connection:
        connection.execute(
            "update registry.decision_classes set label_outcome = 'reward'"
            f" where decision_class = '{CLASSIFY}'"
        )
        # both were found right by a named outcome; of one, something without a name was not
        add_outcomes(connection)
        company.rebuild(connection, "int_decisions__changes")
        found = connection.execute(
            "select decision_id, sum(sign * label_count) from intermediate.int_decisions__changes"
            " where decision_id in ('agreed-after', 'agreed-before-and-after') group by 1"
        ).fetchall()
    assert dict(found) == {"agreed-after": 0, "agreed-before-and-after": 1}


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("'shadow' as route", 0),
        ("'shadow' as route, null::varchar as status", 0),
        ("'shadow' as route, null::varchar as action", 1),
        ("'shadow' as route, 'error' as status", 1),
        ("'delegated' as route, 'error' as status", 0),
    ],
)
def test_a_shadow_decision_without_a_proposal_is_wrong_whatever_a_person_found(
    company: Company, said: str, wrong: int
) -> None:
    mapped = "intermediate.int_decisions__mapped"
    with company.trial() as connection:
        connection.execute(f"create table records as select * replace ({said}) from {mapped}")
        connection.execute(f"create or replace view {mapped} as from records")
        company.rebuild(connection, "int_decisions__changes")
        company.rebuild(connection, "fct_samples_weekly")
        (found,) = connection.execute(
            "select route, labelled_count, wrong_count from facts.fct_samples_weekly"
            " where segment = 'all' and split_part(cohort_id, ' | ', 5) = 'agreed-after'"
        ).fetchall()
    assert found == (said[1:].partition("'")[0], 1, wrong)


def test_a_cost_in_another_currency_is_no_price(company: Company) -> None:
    rows = ask(
        company,
        "select split_part(cohort_id, ' | ', 5), sum(priced_count) from facts.fct_decisions_daily "
        f"where segment = 'all' group by 1 having split_part(cohort_id, ' | ', 5) in {(*PRICED,)}",
    )
    assert dict(rows) == {name: count for name, (_, _, count) in PRICED.items()}


def test_a_cost_of_nothing_on_tokens_that_nobody_counted_is_implausible(company: Company) -> None:
    profile = ask(
        company,
        "select cost_zero_with_tokens_count, latency_ms_usual_count, decision_count"
        f" from intermediate.int_data_fit__class_profile where decision_class = '{CLASSIFY}'",
    )
    alike = len(LABELLED) + len(REVIEWED) + len(PRICED) + len(EMPTY)
    assert profile == [(1, alike, alike)]


def test_seeded_errors_of_which_nobody_knows_whether_they_were_found(company: Company) -> None:
    rows = ask(
        company,
        "select review_pool, sum(seeded_count), sum(seeded_detected_count)"
        " from facts.fct_reviews_daily group by 1 order by 1",
    )
    pool = "procurement-operations"
    # not said: shown and not found; doubled: found once, and once more shown nobody knows to whom
    assert rows == [("(unknown)", 2, 1), ("procurement-approvals", 0, 0), (pool, 3, 2)]


def test_an_attempt_to_undo_nobody_knows_what_counts_against_every_class(company: Company) -> None:
    rows = ask(
        company,
        "select sum(unit_count) from facts.fct_unreadable where stream = 'reversals'"
        " and reason_code = 'reversal_without_decision'",
    )
    assert rows == [(3,)]


def test_an_action_of_no_workflow_or_of_the_future_has_no_place(company: Company) -> None:
    rows = ask(
        company,
        "select workflow, event_date is null, sum(action_count) from facts.fct_actions_daily"
        " group by all order by all",
    )
    assert rows == [
        ("(unknown)", False, 1),
        ("procurement", False, 1),
        ("procurement", True, 1),
    ]


def test_an_unreadable_unit_counts_as_what_its_table_feeds(company: Company) -> None:
    with company.trial() as connection:
        connection.execute(
            'create or replace view landing.quarantine as select f.source, t.name as "table", '
            "f.file_sha256, 'invalid_json' as reason_code, f.landing_batch, "
            "null::varchar as repaired_batch from landing.files f, "
            "(values ('reviews'), ('audit_sample'), ('of_no_staging_model')) as t(name) "
            "where f.\"table\" = 'decisions'"
        )
        company.rebuild(connection, "fct_unreadable")
        found = connection.execute(
            "select stream, unit_count from facts.fct_unreadable"
            " where reason_code = 'invalid_json' order by 1"
        ).fetchall()
    assert found == [("(unknown)", 1), ("audit_sample", 1), ("reviews", 1)]


def test_a_unit_that_may_have_been_anything_counts_in_every_role(company: Company) -> None:
    with company.trial() as connection:
        before = read_context(connection).lost(MATCH)
        connection.execute(
            "update facts.fct_unreadable set stream = '(unknown)' where stream = 'reversals'"
        )
        after = read_context(connection).lost(MATCH)
    assert before.reversals == 3
    roles = [now - then for now, then in zip(after, before, strict=True)]
    assert roles == [3, 3, 3, 0, 3, 3, 3, 0]


def test_where_records_of_a_source_hang_is_known_by_stream(company: Company) -> None:
    rows = ask(company, "select distinct source, stream, workflow from facts.fct_sources_served")
    wanted = ("reviews", "audit_sample", "reversals", "business_actions")
    assert set(rows) >= {("procurement", stream, "procurement") for stream in wanted}
    assert {workflow for *_, workflow in rows} == {"procurement"}
    fed = ask(company, "select stream from intermediate.int_tables__streams where stream <> 'kpis'")
    assert set(fed) >= {(stream,) for stream in (*wanted, "decisions")}
