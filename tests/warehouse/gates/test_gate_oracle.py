"""The gates' SQL against a naive gate in plain Python, and laws over whole worlds."""

from collections import Counter
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from compiled_company import Company
from deviations import GOOD, deviations, verdicts
from gate_database import Gates
from hand_built import cases
from hand_built_edges import CONTEXT
from laws import LAWS, broken, the_same
from oracle import judge_world
from oracle_criteria import criterion_verdict
from registry_mutants import survivors
from test_criterion_verdict import case
from worlds import world

pytestmark = pytest.mark.xdist_group("small_company")
WORLDS = 6
LAW_SEED = 3  # a world in which every law has something to change


@pytest.fixture(scope="module")
def gates(company: Company) -> Gates:
    return Gates(company)


def test_the_verdict_is_the_oracles_for_every_row_three_steps_from_a_pass() -> None:
    rows = deviations(3)
    found = verdicts(case("criterion_verdict"), rows)
    wanted = [criterion_verdict(row) for row in rows]
    assert len(rows) > 13_000
    assert found == wanted
    assert min(Counter(wanted).values()) > 20


def test_what_nobody_knows_never_makes_a_pass() -> None:
    rows = deviations(2)
    unknown = [row | {name: None} for name in GOOD for row in rows]
    found = verdicts(case("criterion_verdict"), rows + unknown)
    before, after = found[: len(rows)] * len(GOOD), found[len(rows) :]
    names = [name for name in GOOD for _ in rows]
    made = {n for n, old, new in zip(names, before, after, strict=True) if old != new == "pass"}
    # their absence says something: nothing was loosened, nothing is refuted, a fact of one day
    assert made == {"loosened_from", "refuting_bound", "window_start"}


def test_the_gates_agree_with_the_oracle_on_random_worlds(gates: Gates) -> None:
    seen: Counter[str] = Counter()
    for seed in range(WORLDS):
        tables = world(seed)
        assert gates.differing(tables) == [], f"world {seed}"
        seen.update(row["verdict"] for row in judge_world(tables)["gate_verdicts"])
        seen.update(row["effective_level"] for row in judge_world(tables)["gate_levels"])
    words = ["pass", "fail", "stale", "insufficient", "error", "not_applicable"]
    assert min(seen[word] for word in [*words, "human_only", "surface", "delegate"]) > 0


def test_the_gate_models_agree_with_the_oracle_on_hand_built_rows(gates: Gates) -> None:
    run = {"landing.run_context": [CONTEXT]}
    with closing(gates.open(run, ("int_run_context",))) as connection:
        for model, inputs, rows in cases():
            for table, given in inputs.items():
                gates.put(connection, table, given)
            own = gates.sql[model][1]
            assert gates.rows(connection, model, own) == gates.wanted(connection, model, rows), (
                model
            )
            for table in inputs:
                gates.put(connection, table, [])


def test_a_gate_of_which_nothing_is_due_or_one_word_is_unknown_is_an_error(gates: Gates) -> None:
    tables = world(1)
    with gates.opened(tables) as connection:
        for change in ("gate = 'data_fit'", "gate = 'production_fit'"):
            word = "'not_applicable'" if "data" in change else "null"
            connection.execute(f"update gates.gate_verdicts set verdict = {word} where {change}")
        connection.execute(
            "update gates.gate_verdicts set verdict = 'passed' where criterion_id = 'volume_floor'"
        )
        connection.execute(
            "update gates.gate_verdicts set verdict = 'fail' where criterion_id = 'pain_measured'"
        )
        gates.build(connection, "gate_ladder")
        found = connection.execute(
            "select distinct gate, verdict from gates.gate_ladder "
            "where gate in ('workflow_fit', 'data_fit', 'production_fit')"
        ).fetchall()
    assert sorted(found) == [
        ("data_fit", "error"),
        ("production_fit", "error"),
        ("workflow_fit", "error"),
    ]


def test_no_change_of_a_world_breaks_a_law(gates: Gates) -> None:
    wrong, changed = broken(gates, world(LAW_SEED), Random(LAW_SEED))
    assert wrong == []
    assert {name for name, law in LAWS.items() if law.allows is not the_same} == set(+changed)


def test_no_fault_in_a_row_of_criteria_or_thresholds_is_accepted(tmp_path: Path) -> None:
    count, alive = survivors(tmp_path, every=40)
    assert count > 25
    assert alive == []
