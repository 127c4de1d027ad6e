"""The history of the gates is what the ledger recorded, with this run behind it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from compiled_company import Company
from small_company import AS_OF, CLASSIFY

from dagster_project.automation.judged_by import FLOORS
from dagster_project.automation.recorded import write_recorded
from dagster_project.ledger.anchor import Watch
from dagster_project.ledger.record import keep_inputs, record_run
from dagster_project.ledger.retention import dispose_expired
from dagster_project.names import GATES

pytestmark = pytest.mark.xdist_group("small_company")
GONE, LEFT = "procurement.of_old", "procurement.until_now"
FIRST = AS_OF - timedelta(days=30)


def record(ledger: Path, day: int, classes: Mapping[str, tuple[str, str]]) -> None:
    """A run: of each class its level, and the verdicts of its five gates by their first letters."""
    words = {"p": "pass", "f": "fail", "i": "insufficient"}
    verdicts: list[dict[str, Any]] = []
    for name, (level, letters) in classes.items():
        verdicts += [
            {
                "decision_class": name,
                "segment": "all",
                "gate": gate,
                "verdict": words[letter],
                "is_blocked": letters[:number].strip("p") != "",
                "level": level,
                "cohort_id": "of then",
                "criteria": [{"id": "fresh", "verdict": words[letter]}],
            }
            for number, (gate, letter) in enumerate(zip(GATES, letters, strict=True))
        ]
    digests = dict.fromkeys(("code", "registry", "publication", "grants"), "0")
    record_run(
        ledger,
        as_of=FIRST + timedelta(days=day),
        known_batch=f"b{day}",
        valid_until=datetime(2025, 4, 3, tzinfo=UTC),
        digests=digests | {"inputs": keep_inputs(ledger, {FLOORS: []})},
        verdicts=verdicts,
        actor="test",
        time=datetime(2025, 3, 1, tzinfo=UTC) + timedelta(days=day),
        watch=Watch(None, ledger / "publish"),
    )


def history(company: Company, ledger: Path) -> list[dict[str, Any]]:
    with company.trial() as connection, duckdb.connect() as other:
        # in a database of its own, for a transaction is open
        write_recorded(other, replace(company.project, ledger=ledger))
        rows = other.execute("from evidence.recorded_verdicts").to_arrow_table()
        connection.register("rows", rows)
        connection.execute("insert into evidence.recorded_verdicts select * from rows")
        for model in ("gate_changes", "gate_history"):
            company.rebuild(connection, model)
        return (
            connection.execute(
                "from marts.gate_history order by decision_class, segment, gate_order, from_as_of, "
                "change_number"
            )
            .to_arrow_table()
            .to_pylist()
        )


def days(row: dict[str, Any]) -> tuple[int, int | None]:
    until: date | None = row["until_as_of"]
    return (row["from_as_of"] - FIRST).days, (until - FIRST).days if until else None


@pytest.fixture(scope="module")
def told(company: Company, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Up to a limited rollout, a day on which one gate changed, a fall; two classes that end."""
    ledger = tmp_path_factory.mktemp("history")
    pilot = ("surface", "pppif")
    record(ledger, 0, {CLASSIFY: ("human_only", "ppipf"), GONE: pilot, LEFT: pilot})
    record(ledger, 1, {CLASSIFY: ("delegate", "ppppf"), GONE: pilot, LEFT: pilot})
    record(ledger, 2, {CLASSIFY: ("delegate", "ppppi"), LEFT: pilot})
    record(ledger, 3, {CLASSIFY: ("surface", "pppfi"), LEFT: pilot})
    return history(company, ledger)


def test_a_gate_has_an_interval_for_every_state_it_was_in(told: list[dict[str, Any]]) -> None:
    rows = [
        row
        for row in told
        if (row["decision_class"], row["segment"], row["gate"]) == (CLASSIFY, "all", GATES[3])
    ]
    assert [
        (*days(row), row["verdict"], row["is_blocked"], row["stage"], row["effective_level"])
        for row in rows[:3]
    ] == [
        (0, 1, "pass", True, "build", "human_only"),
        (1, 3, "pass", False, "limited_rollout", "delegate"),
        (3, 30, "fail", False, "pilot", "surface"),
    ]
    assert [row["changed"] for row in rows[:3]] == [
        "first verdict",
        "is_blocked true to false, effective_level human_only to delegate, "
        "stage build to limited_rollout",
        "verdict pass to fail, effective_level delegate to surface, stage limited_rollout to pilot",
    ]
    assert [row["open_criteria"] for row in rows[:3]] == [None, None, "fresh fail"]
    assert rows[2]["from_run_line"] > rows[1]["from_run_line"] > rows[0]["from_run_line"] > 0
    # this run, judged from the landed rows, has no line yet
    (now,) = rows[3:]
    assert (now["from_as_of"], now["until_as_of"], now["from_run_line"]) == (AS_OF, None, None)
    assert "cohort_id of then to " in now["changed"]


def test_a_stage_that_another_gate_reached_is_told_of_every_gate(
    told: list[dict[str, Any]],
) -> None:
    rows = [
        (*days(row), row["verdict"], row["stage"])
        for row in told
        if (row["decision_class"], row["segment"], row["gate"]) == (CLASSIFY, "all", GATES[0])
    ]
    assert rows[:3] == [
        (0, 1, "pass", "build"),
        (1, 3, "pass", "limited_rollout"),
        (3, 30, "pass", "pilot"),
    ]


def test_a_class_that_is_no_longer_due_has_an_end(told: list[dict[str, Any]]) -> None:
    ends = [(row["decision_class"], *days(row)) for row in told if row["stage"] == "pilot"]
    assert [row for row in ends if row[0] == GONE] == [(GONE, 0, 2)] * 5
    assert [row for row in ends if row[0] == LEFT] == [(LEFT, 0, 30)] * 5  # this run is day 30


def test_what_is_in_force_is_the_scorecard(company: Company, told: list[dict[str, Any]]) -> None:
    with company.trial() as connection:
        card = connection.execute(
            "select decision_class, segment, gate, card.verdict, card.is_blocked, map.stage, "
            "map.effective_level, list_sort(string_split(card.open_criteria, ', ')) "
            "from marts.gate_scorecard as card "
            "join marts.autonomy_map as map using (decision_class, segment)"
        ).fetchall()
    names = ("decision_class", "segment", "gate", "verdict", "is_blocked", "stage")
    in_force = [
        (*(row[name] for name in (*names, "effective_level")), criteria_of(row))
        for row in told
        if row["until_as_of"] is None
    ]
    assert sorted(in_force, key=str) == sorted(card, key=str)


def criteria_of(row: dict[str, Any]) -> list[str] | None:
    """The names alone, in order of the alphabet."""
    if row["open_criteria"] is None:
        return None
    return sorted(each.split(" ")[0] for each in row["open_criteria"].split(", "))


def test_a_verdict_older_than_the_ledger_begins_with_the_oldest_run_that_is_left(
    company: Company, tmp_path: Path
) -> None:
    unchanged = {CLASSIFY: ("surface", "pppif")}
    # the month before the first that is kept is due, and so is that one
    for day in (-3000, -2700, 9):
        record(tmp_path, day, unchanged)
    given = {"reason": "old", "actor": "test", "watch": Watch(None, tmp_path / "publish")}
    assert dispose_expired(tmp_path, 7, time=datetime(2025, 3, 31, tzinfo=UTC), **given)
    with duckdb.connect() as connection:
        write_recorded(connection, replace(company.project, ledger=tmp_path))
        rows = connection.execute(
            "select distinct as_of, verdict from evidence.recorded_verdicts where gate = $1",
            [GATES[3]],
        ).fetchall()
    assert rows == [(FIRST + timedelta(days=-2700), "insufficient")]
