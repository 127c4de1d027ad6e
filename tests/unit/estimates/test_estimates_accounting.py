"""What is missing altogether: records of a file, actions and numbers without a record."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from estimates_world import AS_OF, BATCH, CLASS, WORKFLOW, World

from dagster_project.contracts.numbers import round_down
from dagster_project.evidence.estimates.accounting import accounted
from dagster_project.evidence.estimates.bounds import (
    anytime_lower,
)
from dagster_project.evidence.estimates.registry import read_context

KPI_AGAIN = (
    "insert into facts.fct_kpis select * replace ({}) from facts.fct_kpis"
    " where period_start = '2024-12-02'"
)


@pytest.mark.parametrize(
    ("spoil", "status", "value"),
    [
        ("select 1", "ok", 0),
        ("update landing.files set status = 'unaccountable'", "ok", 1),
        ("update landing.files set unit_count = 11", "ok", 1),
        ("update landing.files set blank_count = null", "ok", 1),
        # a record that landed and never came up, and one that came up twice
        ("update facts.fct_files_settled set counted_count = 4", "ok", 1),
        ("update facts.fct_files_settled set duplicate_count = 2", "ok", 1),
        ("update facts.fct_files_settled set conflict_count = null", "ok", 1),
        ("update facts.fct_files_settled set file_sha256 = 'g'", "ok", 1),
        ("update facts.fct_files_settled set landing_batch = '2026'", "ok", 1),
        ("delete from facts.fct_files_settled", "ok", 1),
        ("delete from landing.files", "insufficient", None),
        ("update landing.files set landing_batch = '2026'", "insufficient", None),
    ],
)
def test_every_unit_of_the_sources_is_accounted(
    world: World, spoil: str, status: str, value: int | None
) -> None:
    world.run(spoil)
    row = world.estimate("accounted")
    assert (row["status"], row["bound"], row["refuting_bound"]) == (status, value, value)


@pytest.mark.parametrize(
    ("mapped", "fed", "served", "values"),
    [
        # a source of actions, reviews or drills alone may matter to any class
        (None, None, None, {CLASS: 1, "v.two": 1}),
        ("v", "decisions", None, {CLASS: 0, "v.two": 1}),
        # reviews join decisions of any source, whatever else their source is mapped to
        ("v", "reviews", None, {CLASS: 1, "v.two": 1}),
        ("v", None, None, {CLASS: 1, "v.two": 1}),
        ("v", "reviews", ("reviews", "v"), {CLASS: 0, "v.two": 1}),
        ("v", "reviews", ("reviews", WORKFLOW), {CLASS: 1, "v.two": 1}),
        ("v", "reviews", ("outcomes", "v"), {CLASS: 1, "v.two": 1}),
    ],
)
def test_an_unaccountable_file_counts_against_whoever_it_may_belong_to(
    world: World,
    mapped: str | None,
    fed: str | None,
    served: tuple[str, str] | None,
    values: dict[str, int],
) -> None:
    if fed:
        world.run(f"insert into intermediate.int_tables__streams values ('desk', 'log', '{fed}')")
    if served:
        stream, workflow = served
        rows = {"source": "desk", "stream": stream, "workflow": workflow}
        world.add("facts.fct_sources_served", **rows, decision_count=1)
    world.add("registry.decision_classes", decision_class="v.two", workflow="v", alpha_weight=1)
    world.add("registry.class_mapping", source="s", workflow="v", decision_class="v.two")
    if mapped:
        world.add("registry.class_mapping", source="desk", workflow=mapped, decision_class="v.two")
    assert problems(world) == {
        CLASS: 0,
        "v.two": 0 if mapped is None else None,  # no file of its source yet
    }
    lost = {"source": "desk", "table": "log", "status": "unaccountable", "landing_batch": BATCH}
    world.add("landing.files", **lost)
    assert problems(world) == values


def problems(world: World) -> dict[str, Decimal | None]:
    """What ``accounted`` finds, by class."""
    rows = accounted(world.connection, read_context(world.connection))
    return {row.decision_class: row.bound for row in rows}


@pytest.mark.parametrize("stream", ["reviews", "outcomes", "audit_sample", "labels", "(unknown)"])
def test_labels_that_a_source_of_another_workflow_lost_count_against(
    world: World, stream: str
) -> None:
    def lost() -> int:
        return read_context(world.connection).lost(CLASS).labels

    world.add("registry.decision_classes", decision_class="v.two", workflow="v", alpha_weight=1)
    world.add("registry.class_mapping", source="s2", workflow="v", decision_class="v.two")
    world.add("facts.fct_unreadable", source="s2", stream=stream, unit_count=50)
    assert lost() == 50
    served = {"source": "s2", "decision_count": 1, "stream": "outcomes"}
    world.add("facts.fct_sources_served", **served, workflow="v")
    # known to be of the other workflow, as far as its kind tells; nobody knows the rest
    assert lost() == (0 if stream in ("outcomes", "labels") else 50)
    world.add("facts.fct_sources_served", **served, workflow=WORKFLOW)
    assert lost() == 50


def test_what_a_source_of_another_workflow_lost_of_its_own_decisions_does_not(world: World) -> None:
    world.add("registry.decision_classes", decision_class="v.two", workflow="v", alpha_weight=1)
    world.add("registry.class_mapping", source="s2", workflow="v", decision_class="v.two")
    world.add("facts.fct_unreadable", source="s2", stream="decisions", unit_count=50)
    # nor a drawn decision of no known class
    unplaced = {"stream": "labels", "reason_code": "class_unknown"}
    world.add("facts.fct_unreadable", source="s2", **unplaced, unit_count=50)
    world.add("facts.fct_unreadable", source="s", **unplaced, unit_count=7)
    lost = {name: read_context(world.connection).lost(name) for name in (CLASS, "v.two")}
    assert {name: (found.decisions, found.labels) for name, found in lost.items()} == {
        CLASS: (0, 7),
        "v.two": (50, 50),
    }


def test_reconciled_is_the_lower_bound_of_audited_actions(world: World) -> None:
    nothing = "no business actions, and no sequence numbers"
    assert world.estimate("reconciled")["reason"] == nothing
    actions = {"workflow": WORKFLOW, "event_date": AS_OF, "action_count": 500}
    world.add("facts.fct_actions_daily", **actions, audited_count=499)
    row = world.estimate("reconciled")
    assert row["bound"] == round_down(float(anytime_lower(499, 500, 0.98, 0.05)))
    assert row["estimate"] == Decimal("0.998")
    world.add("facts.fct_unreadable", source="s", stream="business_actions", unit_count=5)
    assert world.estimate("reconciled")["bound"] < row["bound"]


def numbered(world: World, **row: Any) -> dict[str, Any]:
    healthy = {"numbered_count": 500, "unnumbered_count": 0, "first_number": 7, "last_number": 507}
    row = {"source": "s", "first_date": AS_OF, "newest_date": AS_OF} | healthy | row
    row.setdefault("is_only_witness", True)
    repeated = row.pop("repeated", 0)
    world.run("delete from facts.fct_sequences")
    world.add("facts.fct_sequences", number_count=row["numbered_count"] - repeated, **row)
    return world.estimate("reconciled")


def test_sequence_numbers_reconcile_where_no_system_of_record_speaks(world: World) -> None:
    # 7 to 507 are 501 numbers, of which 500 have a record
    row = numbered(world)
    assert row["bound"] == round_down(float(anytime_lower(500, 501, 0.98, 0.05)))
    assert (row["n"], row["n_missing"]) == (501, 1)
    assert numbered(world, last_number=506)["bound"] > row["bound"]


@pytest.mark.parametrize(
    ("table", "action"),
    [
        ("facts.fct_unreadable", {"source": "s", "stream": "business_actions", "unit_count": 5}),
        ("facts.fct_actions_daily", {"workflow": WORKFLOW, "event_date": None, "action_count": 5}),
        (
            "facts.fct_actions_daily",
            {"workflow": WORKFLOW, "event_date": AS_OF + timedelta(1), "action_count": 5},
        ),
    ],
)
def test_actions_that_are_late_or_unreadable_leave_no_word_to_the_numbers(
    world: World, table: str, action: dict[str, Any]
) -> None:
    assert numbered(world, last_number=506)["status"] == "ok"
    audited = {"audited_count": 0} if "event_date" in action else {}
    world.add(table, **action, **audited)
    assert world.estimate("reconciled")["status"] == "insufficient"


@pytest.mark.parametrize(
    "spoil",
    [
        {"unnumbered_count": 1},
        {"is_only_witness": False},
        {"repeated": 1},
        {"last_number": 505},  # 500 decisions share 499 numbers: not one counter
        {"numbered_count": 0},
        {"source": "another"},
    ],
)
def test_numbers_that_are_no_gapless_count_tell_nothing(
    world: World, spoil: dict[str, Any]
) -> None:
    assert numbered(world, **spoil)["status"] == "insufficient"


def test_a_gap_counts_against_also_where_all_actions_have_a_record(world: World) -> None:
    actions = {"workflow": WORKFLOW, "event_date": AS_OF, "action_count": 500}
    world.add("facts.fct_actions_daily", **actions, audited_count=500)
    whole = world.estimate("reconciled")
    assert numbered(world, last_number=506)["bound"] == whole["bound"]
    assert numbered(world, last_number=516)["bound"] < whole["bound"]
    # a decision without a number of its own fills none, and one that repeats another's opens one
    gaps = numbered(world, last_number=516)["bound"]
    assert numbered(world, last_number=516, unnumbered_count=10)["bound"] == gaps
    # losing the number of the last decision, or of one between, hides no gap
    ends = {"numbered_count": 499, "unnumbered_count": 1}
    assert numbered(world, last_number=515, **ends)["bound"] == gaps
    assert numbered(world, last_number=516, **ends)["bound"] < gaps
    assert numbered(world, last_number=516, repeated=10)["bound"] < gaps
