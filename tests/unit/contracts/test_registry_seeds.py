"""Seeds, their dbt types, their page and the product's criteria say the same."""

import csv
from pathlib import Path
from typing import Any

import pytest
import yaml

from dagster_project.contracts.registry.criteria import ALL_LEVELS, CRITERIA, CRITERIA_SEED, RULES
from dagster_project.contracts.registry.document import registry_markdown
from dagster_project.contracts.registry.problems import Problem, quoted
from dagster_project.contracts.registry.schema import Seed
from dagster_project.contracts.registry.tables import SEEDS
from dagster_project.names import GATES, LEVELS

PRODUCT = Path(__file__).parents[3]


def declared_seeds(path: Path) -> dict[str, dict[str, Any]]:
    """Seeds of a dbt properties file, by name."""
    declared = yaml.safe_load(path.read_text(encoding="utf-8"))["seeds"]
    return {seed["name"]: seed for seed in declared}


def typed(seed: Seed) -> dict[str, str]:
    return {column.name: column.kind.data_type for column in seed.columns}


def criteria_rows() -> list[dict[str, str]]:
    with (PRODUCT / "dbt/seeds/criteria.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_committed_page_is_the_generated_one() -> None:
    committed = (PRODUCT / "docs/registry.md").read_text(encoding="utf-8")
    assert committed == registry_markdown(), (
        "run python -m dagster_project.contracts.registry.document"
    )


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.name)
def test_the_demo_loads_every_seed_with_the_types_it_is_checked_for(seed: Seed) -> None:
    declared = declared_seeds(PRODUCT / "demo/seeds/registry/_registry.yml")
    assert declared[seed.name]["config"]["column_types"] == typed(seed)


def test_the_product_loads_its_criteria_with_types_and_describes_every_column() -> None:
    declared = declared_seeds(PRODUCT / "dbt/seeds/_seeds.yml")[CRITERIA_SEED.name]
    assert declared["config"]["column_types"] == typed(CRITERIA_SEED)
    assert declared["config"]["schema"] == "registry"
    assert declared["description"].startswith("One row per criterion")
    assert [column["name"] for column in declared["columns"]] == list(CRITERIA_SEED.header)
    assert all(column["description"] for column in declared["columns"])


def test_there_are_31_criteria_in_the_order_of_the_gates() -> None:
    rows = criteria_rows()
    assert [len(CRITERIA[gate]) for gate in GATES] == [4, 8, 8, 7, 4]
    assert [row["criterion_id"] for row in rows] == [
        name for gate in GATES for name in CRITERIA[gate]
    ]
    assert [(row["gate_order"], row["criterion_order"]) for row in rows] == [
        (str(gate), str(place + 1))
        for gate, members in enumerate(CRITERIA.values(), 1)
        for place in range(len(members))
    ]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("gate", GATES)
def test_every_gate_keeps_two_criteria_for_every_level(gate: str, level: str) -> None:
    due = [
        row["criterion_id"]
        for row in criteria_rows()
        if row["gate"] == gate and {ALL_LEVELS, level} & set(row["applies_to"].split("|"))
    ]
    assert len(due) >= 2


def test_a_signature_and_a_count_of_problems_leave_no_room() -> None:
    by_id = {row["criterion_id"]: row for row in criteria_rows()}
    assert set(by_id) >= RULES
    for name in ("signed_by_business", "signed_by_risk", "boundary_defined", "baseline_fixed"):
        assert (by_id[name]["comparison"], by_id[name]["threshold"]) == ("at_least", "1")
    for name in ("expectations_met", "accounted", "telemetry_plausible", "guardrails_held"):
        assert (by_id[name]["comparison"], by_id[name]["threshold"]) == ("at_most", "0")


def test_a_criterion_is_judged_per_segment_where_a_segment_can_hide() -> None:
    assert {row["criterion_id"] for row in criteria_rows() if row["scope"] == "segment"} == {
        "accuracy",
        "latency",
        "confidence_quality",
        "required_data_present",
        "boundary_respected",
    }


def test_a_problem_without_row_or_column_is_still_a_sentence() -> None:
    problem = Problem("seeds/registry/people.csv", 0, "", "", "is missing", "provide it")
    assert str(problem) == "seeds/registry/people.csv: is missing; provide it"


def test_a_hostile_cell_is_shown_harmless_and_short() -> None:
    assert quoted("\x1b[2Jx\u202e") == "'\\x1b[2Jx\\u202e'"
    assert len(quoted("y" * 1000)) == 62
