"""The gates' SQL against a naive gate in plain Python, and laws over whole worlds."""

from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from compiled_company import Company
from deviations import AS_OF, GOOD, deviations, verdicts
from gate_database import Gates
from hand_built import cases
from hand_built_edges import CONTEXT
from law_changes import settled
from laws import LAWS, broken, the_same
from oracle import judge_world
from oracle_criteria import WORST_FIRST, Row, criterion_verdict
from registry_mutants import survivors
from test_criterion_verdict import case
from world_shares import REACHABLE, reached
from worlds import world

pytestmark = pytest.mark.xdist_group("small_company")
WORLDS = (0, 1, 28, 47)  # every word, level and rung is among them
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
    for seed in WORLDS:
        tables = world(seed)
        judged = judge_world(tables)
        assert gates.differing(tables, judged) == [], f"world {seed}"
        seen.update(row["verdict"] for row in judged["gate_verdicts"])
        seen.update(reached(tables, judged))
    wanted = [name for name in REACHABLE if name.split()[0] in ("level", "rung")]
    assert [name for name in (*WORST_FIRST, *wanted) if not seen[name]] == []


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


WEAK: Row = CONTEXT | {
    "criterion_id": "confidence_quality",
    "declared_level": "surface",
    "scope": "segment",
    "verdict": "fail",
    "own_verdict": "fail",
    "status": "ok",
    "n": 9,
    "evidence_newest_date": AS_OF - timedelta(days=28),
    "max_age_days": 28,
    "threshold_count": 1,
    "reason": "weak",
}
# a test known to be weak supports `surface`; what follows is not known, or not asked
NOT_KNOWN: dict[str, Row] = {
    "too long ago": {"evidence_newest_date": AS_OF - timedelta(days=29)},
    "tomorrow": {"evidence_newest_date": AS_OF + timedelta(days=1)},
    "on a day nobody knows": {"evidence_newest_date": None},
    "of any age": {"max_age_days": None},
    "of nothing": {"n": 0},
    "of unknown many": {"n": None},
    "in a word nobody knows": {"status": "odd"},
    "without a word": {"status": None},
    "for more autonomy": {"declared_level": "delegate"},
    "of another criterion": {"criterion_id": "accuracy"},
    "and unknown itself": {"own_verdict": "insufficient"},
}


def test_a_weak_test_supports_surface_while_it_is_known_in_every_segment(gates: Gates) -> None:
    beside: dict[str, Row] = {
        "known weak": {},
        "good": {"verdict": "pass", "own_verdict": "pass"},
        "unknown": {"verdict": "insufficient", "own_verdict": "insufficient"},
        "stale": {"verdict": "stale", "own_verdict": "stale"},
    }
    rows = [
        WEAK | change | {"decision_class": f"weak {name}", "segment": segment}
        for name, change in ({"and known": {}} | NOT_KNOWN).items()
        for segment in ("region=EU", "all")
    ]
    for name, other in beside.items():
        one = WEAK | {"decision_class": f"beside {name}"}
        rows += [one | {"segment": "all"}, one | other | {"segment": "region=EU"}]
    with closing(gates.open({"gates.gate_measured": rows}, ("gate_verdicts",))) as connection:
        found = connection.execute(
            "select decision_class from gates.gate_verdicts "
            "where segment = 'all' and verdict = 'pass'"
        ).fetchall()
    assert sorted(name for (name,) in found) == [
        *("beside good", "beside known weak", "weak and known")
    ]


def test_no_change_of_a_world_breaks_a_law(gates: Gates) -> None:
    wrong, changed = broken(gates, settled(world(LAW_SEED)), Random(LAW_SEED))
    assert wrong == []
    assert {name for name, law in LAWS.items() if law.allows is not the_same} == set(+changed)


def test_no_fault_in_a_row_of_criteria_or_thresholds_is_accepted(tmp_path: Path) -> None:
    count, alive = survivors(tmp_path, every=40)
    assert count > 25
    assert alive == []
