"""``penstock replay``: which run, what went wrong, and what is said of the outcome."""

from datetime import timedelta

import pytest
from cli_world import TODAY, World
from conftest import Ask

from dagster_project.automation.replaying import Difference, Replay
from dagster_project.automation.replaying_raw import ChangedTable, RawFile, RawReplay
from dagster_project.cli import replay
from dagster_project.ledger.ledger import Line


def test_without_a_ledger_or_such_a_run_there_is_nothing_yet(
    ask: Ask, published: World, fresh: World
) -> None:
    said = ask(fresh, "replay")
    assert (said.code, said.out) == (4, "")
    assert "there is no ledger" in said.err
    day = (TODAY - timedelta(days=9)).isoformat()
    said = ask(published, "replay", "--as-of", day, "--format", "json")
    assert said.code == 4
    (nearest,) = said.document()["details"]
    assert nearest.startswith(f"there is: as of {TODAY}, known batch 20250803T000000000000Z, line ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--as-of", "yesterday"), "is no day"),
        (("--known-at", "soon"), "is no time"),
        (("--from-raw", "--ledger", "copy"), "not --ledger"),
    ],
)
def test_bad_input_is_said(
    ask: Ask, published: World, arguments: tuple[str, ...], words: str
) -> None:
    said = ask(published, "replay", *arguments)
    assert (said.code, said.out) == (2, "")
    assert words in said.err


def test_what_cannot_be_believed_is_refused(ask: Ask, fresh: World) -> None:
    fresh.publish()
    said = ask(fresh, "replay")
    assert said.code == 1
    assert "nothing was replayed: the kept inputs of line" in said.err
    said = ask(fresh, "replay", "--ledger", str(fresh.ledger))
    assert said.code == 1
    (month,) = fresh.ledger.glob("ledger-*.jsonl")
    month.write_bytes(month.read_bytes().replace(b'"verdict":"fail"', b'"verdict":"pass"', 1))
    said = ask(fresh, "replay")
    assert said.code == 1
    assert "the ledger is not to be believed" in said.err


def test_every_cause_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    body = {"as_of": "2025-08-03", "known_batch": "b1"}
    line = Line(7, "", "", "run", "run:abc", "r", None, body, "")
    differences = [Difference("gate_criteria", "a all fresh", {"verdict": ("pass", "fail")})] * 21
    found = Replay(line, "0" * 64, "1" * 64, differences, ["judged by DuckDB 1 then, by 2 now"])
    raw = RawReplay(
        found,
        [RawFile("crm", "decisions", "2" * 64, "erased", [12])],
        [f"company/models/m{number}.sql" for number in range(30)],
        [ChangedTable("facts.fct_kpis", 1200, 3)],
    )
    replay._print(found, raw)
    words = " ".join(capsys.readouterr().out.split())
    for said in (
        "✗ not the same as of 2025-08-03, known batch b1, line 7, run abc",
        "gate_criteria: a all fresh: verdict pass → fail",
        "and 1 other rows",
        "judged by DuckDB 1 then, by 2 now",
        f"landed file erased: crm decisions {'2' * 64}, line 12",
        "other code: company/models/m19.sql",
        "and 10 other files of code",
        "other rows: facts.fct_kpis: 1,200 only then, 3 only now",
    ):
        assert said in words
    assert "m20.sql" not in words
