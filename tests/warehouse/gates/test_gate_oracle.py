"""The gates' SQL against a naive gate in plain Python, and laws over whole worlds."""

import itertools
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from compiled_company import Company
from gate_database import Gates
from hand_built import CONTEXT, cases
from oracle import Tables, judge_world
from oracle_criteria import Row, badness, criterion_verdict
from registry_mutants import survivors
from test_criterion_verdict import case
from worlds import world

pytestmark = pytest.mark.xdist_group("small_company")
WORLDS = 20
AS_OF = date(2025, 3, 31)
DAY = timedelta(days=1)
GOOD: Row = {
    "as_of": AS_OF,
    "is_applicable": True,
    "threshold": Decimal("0.5"),
    "threshold_count": 1,
    "build_count": 1,
    "evidence_count": 1,
    "other_cohort_count": 0,
    "status": "ok",
    "comparison": "at_most",
    "threshold_used": Decimal("0.5"),
    "bound": Decimal("0.5"),
    "refuting_bound": None,
    "n": 1,
    "evidence_newest_date": AS_OF,
    "window_start": None,
    "loosened_from": None,
    "max_age_days": 28,
}
ODD: dict[str, list[object]] = {
    "is_applicable": [False, None],
    "threshold": [None, Decimal("0.4")],
    "threshold_count": [None, 0, 2],
    "build_count": [None, 0, 2],
    "evidence_count": [None, 2],
    "other_cohort_count": [1, 2],
    "status": [None, "insufficient", "stale", "error", "passed"],
    "comparison": [None, "at_least", "odd"],
    "threshold_used": [None, Decimal("0.4")],
    "bound": [None, Decimal("0.499999999"), Decimal("0.500000001")],
    "refuting_bound": [Decimal("0.5"), Decimal("0.499999999"), Decimal("0.500000001")],
    "n": [None, 0, -1, 2],
    "evidence_newest_date": [None, AS_OF + DAY, AS_OF - 28 * DAY, AS_OF - 29 * DAY],
    "window_start": [AS_OF - 10 * DAY],
    "loosened_from": [AS_OF - 10 * DAY, AS_OF - 9 * DAY, AS_OF, AS_OF + DAY],
    "max_age_days": [None, 0],
}


@pytest.fixture(scope="module")
def gates(company: Company) -> Gates:
    return Gates(company, set(judge_world(world(0))))


def deviations(most: int) -> list[Row]:
    """A row that proves a pass, with up to ``most`` things changed, in every way."""
    return [
        GOOD | dict(zip(names, values, strict=True))
        for count in range(most + 1)
        for names in itertools.combinations(ODD, count)
        for values in itertools.product(*(ODD[name] for name in names))
    ]


def test_the_verdict_is_the_oracles_for_every_row_three_steps_from_a_pass() -> None:
    rows = deviations(3)
    table = pa.Table.from_pylist([row | {"row": number} for number, row in enumerate(rows)])
    connection = duckdb.connect()
    connection.register("given", table)
    verdict = case("criterion_verdict")
    found = connection.execute(f"select {verdict} from given order by row").fetchall()
    wanted = [criterion_verdict(row) for row in rows]
    assert len(rows) > 15_000
    assert [word for (word,) in found] == wanted
    assert min(Counter(wanted).values()) > 20


def test_the_gates_agree_with_the_oracle_on_random_worlds(gates: Gates) -> None:
    seen: Counter[str] = Counter()
    for seed in range(WORLDS):
        tables = world(seed)
        assert gates.differing(tables) == [], f"world {seed}"
        seen.update(row["verdict"] for row in judge_world(tables)["gate_verdicts"])
        seen.update(row["effective_level"] for row in judge_world(tables)["gate_levels"])
    words = ["pass", "fail", "stale", "insufficient", "error", "not_applicable"]
    assert min(seen[word] for word in [*words, "human_only", "surface", "delegate"]) > 0


@pytest.mark.parametrize("number", range(5))
def test_a_gate_model_agrees_with_the_oracle_on_hand_built_rows(gates: Gates, number: int) -> None:
    model, inputs, rows = list(cases())[number]
    connection = gates.open(inputs | {"landing.run_context": [CONTEXT]}, ("int_run_context",))
    own = gates.sql[model][1]
    assert gates.rows(connection, model, own) == gates.wanted(connection, model, rows)


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


def test_no_fault_in_a_row_of_criteria_or_thresholds_is_accepted(tmp_path: Path) -> None:
    count, alive = survivors(tmp_path, every=16)
    assert count > 60
    assert alive == []
