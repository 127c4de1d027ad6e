"""Blank ids, doubled actions, repeated numbers, reviews that say otherwise later hide no error."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from company import read_seed, write_seed
from growing_company import GrowingCompany
from small_company import CLASSIFY, MATCH, replace_in
from unclear_records import DECIDED, decision, review, selected

from dagster_project import warehouse
from dagster_project.evidence.estimates.accounting import reconciled
from dagster_project.evidence.estimates.context import Estimate
from dagster_project.evidence.estimates.registry import read_context

pytestmark = pytest.mark.xdist_group("attacks")
# review id → its versions as (handling seconds, fields); the later one may not count
OTHERWISE: dict[str, list[dict[str, Any]]] = {
    "blind-later": [{"is_blind": False}, {}],
    "judged-later": [{"verdict": "cannot_judge"}, {}],
    "missed-and-then-not-seeded": [{"is_seeded_error": True}, {}],
}
GAPS = range(100, 140)


def undo(hour: int) -> dict[str, Any]:
    """A failed attempt under a blank id."""
    moment = (DECIDED + timedelta(hours=hour)).isoformat()
    return {
        "reversal_id": " ",
        "decision_id": "d1",
        "attempted_at": moment,
        "succeeded": False,
        "is_drill": False,
    }


class Field(GrowingCompany):
    """Reviews come again with a version; `seen`: what `reconciled` found after each batch."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        super().__init__(folder, patch)
        version = "key: review_id\n              updates: {version: handling_seconds}\n"
        replace_in(self.declared, "key: review_id\n", version)
        # a blank key does not land; a blank id may, where it is not the key
        replace_in(self.declared, "key: reversal_id\n", "key: decision_id\n")
        self.parse()
        self.seen: dict[str, Estimate] = {}

    def reconciled(self) -> Estimate:
        with closing(warehouse.connect(self.project.warehouse)) as connection:
            found = reconciled(connection, read_context(connection))
        return next(item for item in found if item.decision_class == CLASSIFY)


def numbered(name: str, number: int) -> dict[str, Any]:
    return decision(name, sequence_number=number)


def action(number: int, workflow: str = "procurement") -> dict[str, Any]:
    return {
        "action_id": f"a{number}",
        "decision_id": f"d{number}",
        "executed_at": DECIDED.isoformat(),
        "workflow": workflow,
        "action": "sort",
    }


def versions(name: str) -> list[dict[str, Any]]:
    return [
        review(name, fields.get("verdict", "agree"), 1, handling_seconds=seconds, review_id=name)
        | fields
        for seconds, fields in enumerate(OTHERWISE[name])
    ]


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    """One batch after the other, and what `reconciled` found after each."""
    with pytest.MonkeyPatch.context() as patch:
        made = Field(tmp_path_factory.mktemp("attacks"), patch)
        whole = [numbered(f"d{number}", number) for number in range(400) if number not in GAPS]
        made.step(
            decisions=whole,
            audit_sample=[selected(name) for name in OTHERWISE],
            reviews=[row for name in OTHERWISE for row in versions(name)],
            business_actions=[action(number) for number in range(400)],
            reversals=[undo(hour) for hour in (1, 2)],
        )
        made.seen["gaps"] = made.reconciled()
        made.step(decisions=[numbered(f"again{n}", n) for n in range(len(GAPS))])
        made.seen["repeated"] = made.reconciled()
        nameless = review("x", "overturn", 1, review_id=" ", decision_id=" ")
        made.step(decisions=[decision(name) for name in OTHERWISE], reviews=[nameless])
        made.seen["nameless"] = made.reconciled()
        made.step(decisions=[decision(f"unnumbered{number}") for number in range(len(GAPS))])
        made.seen["unnumbered"] = made.reconciled()
        made.step(business_actions=[action(number, "another") for number in GAPS])
        made.seen["doubled"] = made.reconciled()
        yield made


def bound(field: Field, step: str) -> Any:
    found = field.seen[step].bound
    assert found is not None
    return found


def test_two_failed_attempts_under_a_blank_id_are_two(field: Field) -> None:
    rows = field.ask(
        "select sum(attempt_count), sum(succeeded_count) from facts.fct_reversals_daily"
    )
    assert rows == [(2, 0)]


def test_decisions_that_repeat_a_number_fill_no_gap(field: Field) -> None:
    # every gap is an action without its decision, and a number without one
    assert (field.seen["gaps"].n, field.seen["gaps"].n_missing) == (400, 2 * len(GAPS))
    assert 0 < bound(field, "repeated") <= bound(field, "gaps") < 1


def test_decisions_without_a_number_fill_no_gap(field: Field) -> None:
    assert 0 < bound(field, "unnumbered") <= bound(field, "nameless")


def test_an_action_that_names_two_workflows_is_still_missing_its_decision(field: Field) -> None:
    assert 0 < bound(field, "doubled") <= bound(field, "unnumbered")
    rows = field.ask("select workflow, sum(action_count) from facts.fct_actions_daily group by 1")
    assert dict(rows) == {"procurement": 400 - len(GAPS), "(unknown)": len(GAPS)}


def test_the_greatest_number_there_is_stops_no_run(field: Field) -> None:
    field.step(decisions=[numbered("huge", 2**63 - 1)])
    assert field.reconciled().bound == 0


def test_an_overturn_without_any_id_counts_against(field: Field) -> None:
    rows = field.ask(
        "select stream, reason_code, sum(unit_count) from facts.fct_unreadable"
        " where reason_code in ('label_without_decision', 'missing_key')"
        f" and landing_batch >= '{field.batches[2]}' group by all"
    )
    # those of the first batch have found their decisions
    orphans = ("labels", "label_without_decision", -len(OTHERWISE))
    assert set(rows) == {("reviews", "missing_key", 1), orphans}


@pytest.mark.parametrize("name", OTHERWISE)
def test_a_review_that_says_otherwise_later_is_no_approval(field: Field, name: str) -> None:
    rows = field.ask(
        "select sum(sign * label_count), sum(sign * wrong_label_count)"
        f" from intermediate.int_decisions__changes where decision_id = '{name}'"
        " and has_decision"
    )
    assert rows == [(1, 1)]


def test_a_column_that_is_declared_no_more_makes_all_facts_anew(field: Field) -> None:
    replace_in(field.declared, '          - {name: subject_id, data_type: "varchar"}\n', "")
    field.parse()
    field.step(reviews=[review("d0", "agree", 2)])
    incremental = field.facts()
    field.project.warehouse.unlink()
    field.prepare("build")
    assert incremental == field.facts()


def test_a_changed_mapping_makes_the_facts_of_every_batch_anew(field: Field) -> None:
    counted = "select decision_class, landing_batch, sum(decision_count) from facts.{} group by all"
    before = field.ask(counted.format("fct_decisions_daily"))
    assert len({batch for name, batch, _ in before if name == CLASSIFY}) > 1
    rules = read_seed(field.project, "class_mapping")
    moved = [r | {"decision_class": MATCH} if r["decision_class"] == CLASSIFY else r for r in rules]
    write_seed(field.project, "class_mapping", moved)
    field.prepare("build")
    wanted: Counter[tuple[str, str]] = Counter()
    for name, batch, count in before:
        wanted[MATCH if name == CLASSIFY else name, batch] += count
    found = field.ask(counted.format("fct_decisions_daily"))
    assert {(name, batch): count for name, batch, count in found} == wanted
