"""A source that exports records again: a later version fills in, and changes nothing of a gate."""

from contextlib import closing
from typing import Any

import pytest
from compiled_company import Company
from versioned_records import ACTION, RECLASSED, VERSIONED

from dagster_project import warehouse

pytestmark = pytest.mark.xdist_group("small_company")
CHANGES = "intermediate.int_decisions__changes"
ATTACHED = "intermediate.int_records__attached"


def test_the_latest_version_counts_and_a_changed_gate_column_is_a_conflict(
    company: Company,
) -> None:
    with closing(warehouse.connect(company.project.warehouse, read_only=True)) as connection:
        rows = connection.execute(
            f"select decision_id, is_conflict, latency_ms, amount, decision_class from {CHANGES}"
            f" where sign = 1 and decision_id in {(*VERSIONED,)}"
        ).fetchall()
    found = {name: None if conflict else tuple(rest) for name, conflict, *rest in rows}
    wanted: dict[str, Any] = {
        name: (*counts, f"procurement.{ACTION}") if counts else None
        for name, (_, counts) in VERSIONED.items()
    }
    assert found == wanted


def test_a_class_that_changes_is_nobody_s(company: Company) -> None:
    with closing(warehouse.connect(company.project.warehouse, read_only=True)) as connection:
        rows = connection.execute(
            f"select decision_class from {CHANGES} where decision_id = '{RECLASSED}'"
        ).fetchall()
    assert rows == [("(unknown)",)]


# the label that each version of a record gives → how often the decision is labelled and wrong
LABELS = {
    "filled in": ([None, "correct"], (1, 0)),
    "filled in as wrong": ([None, "incorrect"], (1, 1)),
    "not yet": ([None, None], (0, 0)),
    "unchanged": (["correct", "correct"], (1, 0)),
    "changed": (["incorrect", "correct"], (1, 1)),
    "emptied": (["incorrect", None], (1, 1)),
    "emptied of an approval": (["correct", None], (1, 1)),
}


@pytest.mark.parametrize("case", LABELS)
def test_a_label_may_be_filled_in_and_not_be_changed(company: Company, case: str) -> None:
    labels, wanted = LABELS[case]
    with company.trial() as connection:
        versions = " union all ".join(
            f"select * replace ({number} as version, '{number}' as payload_sha256,"
            f" nullif('{label or ''}', '') as label) from {ATTACHED}"
            " where record_id = 'review:agreed-after agree 1'"
            for number, label in enumerate(labels)
        )
        connection.execute(
            f"create table records as {versions} union all from {ATTACHED} where kind = 'sample'"
        )
        connection.execute(f"create or replace view {ATTACHED} as from records")
        company.rebuild(connection, "int_decisions__changes")
        found = connection.execute(
            f"select label_count, wrong_label_count from {CHANGES}"
            " where decision_id = 'agreed-after' and sign = 1"
        ).fetchall()
    assert found == [wanted]
