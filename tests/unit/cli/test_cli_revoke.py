"""``penstock revoke`` and its way back, the anchor hook, and how may-act speaks."""

import json
import shutil
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_world import COHORT, DELEGATED, HOSTILE, World
from conftest import Ask

from dagster_project.ledger.ledger import Entry, append
from dagster_project.ledger.record import read
from dagster_project.ledger.revocation import in_force, standing

MAY_ACT = ("may-act", DELEGATED, "--amount", "100", "--currency", "EUR", "--cohort", COHORT)
BECAUSE = ("--reason", "case 4711")


def settings(world: World, **ledger: object) -> None:
    """penstock.toml with these keys under [ledger]."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in ledger.items()]
    text = "\n".join(['[project]\nname = "company"', "[ledger]", *lines])
    (world.root / "penstock.toml").write_text(text, encoding="utf-8")


def wait_until(is_so: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not is_so() and time.monotonic() < end:
        time.sleep(0.02)
    return is_so()


@pytest.fixture
def own(published: World, tmp_path: Path) -> World:
    """The published company, copied: for changing."""
    shutil.copytree(published.root, tmp_path / "company")
    shutil.copytree(published.home, tmp_path / "home", symlinks=True)
    return World(tmp_path / "company", tmp_path / "home")


def test_a_revocation_holds_from_now_on_and_a_lift_from_the_next_run_on(
    ask: Ask, own: World
) -> None:
    assert ask(own, *MAY_ACT).code == 0
    said = ask(own, "revoke", DELEGATED, *BECAUSE)
    assert (said.code, "revoked, from now on" in said.out) == (0, True)
    *_, line = read(own.ledger)
    found = (line.kind, line.reason, line.body["decision_class"])
    assert found == ("revoke", "case 4711", DELEGATED)
    assert line.actor.startswith("user:")
    assert ask(own, *MAY_ACT).out.startswith("denied: revoked")
    listed = ask(own, "revoke", "--format", "json").document()
    assert listed == {"lines": [], "standing": [{"decision_class": DELEGATED, "seq": line.seq}]}
    assert ask(own, "revoke", HOSTILE, "--lift", *BECAUSE).code == 1
    said = ask(own, "revoke", DELEGATED, "--lift", *BECAUSE)
    assert (said.code, "from the next run on" in said.out) == (0, True)
    listed = ask(own, "revoke").out
    assert f"lifted, from the next run on  {DELEGATED}" in listed  # as `map` says
    assert "no revocation stands" not in listed
    assert ask(own, *MAY_ACT).out.startswith("denied: revoked")
    assert ask(own, "ledger", "verify").code == 0


def test_no_answer_calls_a_revoked_class_delegated(ask: Ask, own: World) -> None:
    (seq,) = ask(own, "revoke", DELEGATED, *BECAUSE, "--format", "json").document()["lines"]
    (row, *_) = ask(own, "map", DELEGATED, "--format", "json").document()["map"]
    reason = f"revoked, ledger line {seq}"
    assert (row["effective_level"], row["effective_reason"]) == ("human_only", reason)
    assert reason in ask(own, "map").out
    for arguments in ((), (DELEGATED,)):
        said = " ".join(ask(own, "scorecard", *arguments).out.split())
        assert f"effective human_only; {reason}" in said
    found = ask(own, "scorecard", "--format", "json").document()["classes"]
    assert {row["effective_level"] for row in found} == {"human_only"}
    assert ask(own, "revoke", DELEGATED, "--lift", *BECAUSE).code == 0
    assert reason in ask(own, "map").out  # as long as may-act denies
    own.runs += 9  # of the copied ones
    own.publish()
    assert reason not in ask(own, "map").out
    assert ask(own, "revoke", "--all", *BECAUSE).code == 0
    assert "revoked, ledger line" in ask(own, "scorecard").out


def test_a_terminal_of_another_encoding_keeps_nobody_from_revoking(
    ask: Ask, own: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "j\udcf6rg")
    said = ask(own, "revoke", DELEGATED, "--reason", "St\udcf6rung")
    assert (said.code, "revoked, from now on" in said.out) == (0, True)
    *_, line = read(own.ledger)
    assert (line.reason, line.actor) == (r"St\udcf6rung", r"user:j\udcf6rg")
    assert ask(own, *MAY_ACT).out.startswith("denied: revoked")
    assert ask(own, "ledger", "verify").code == 0


def test_a_revocation_of_a_name_that_nobody_knows_is_shown_for_every_class(
    ask: Ask, own: World
) -> None:
    entry = Entry("revoke", "by hand", {"decision_class": f"{DELEGATED} "})
    (line,) = append(own.ledger, [entry], actor="eve", time=datetime.now(UTC))
    for _ in range(2):  # since the run, then repeated by one
        found = ask(own, "map", "--format", "json").document()["map"]
        assert {row["revoked_by_line"] for row in found} == {line.seq}
        assert ask(own, *MAY_ACT).out.startswith("denied: revoked")
        own.runs += 9  # of the copied ones
        own.publish()


def test_a_revoked_class_that_has_gone_denies_nobody(ask: Ask, own: World) -> None:
    renamed = DELEGATED + " of old"
    entry = Entry("run", "verdicts", {"revoked_gone": [{"decision_class": renamed, "seq": 1}]})
    append(own.ledger, [entry], actor="run:test", time=datetime.now(UTC))
    assert in_force(own.ledger) == []
    assert [each.decision_class for each in standing(own.ledger)] == [renamed]


def test_before_the_first_run_there_is_nothing_to_revoke(ask: Ask, fresh: World) -> None:
    assert ask(fresh, "revoke", DELEGATED, *BECAUSE).code == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((DELEGATED,), "--reason"),
        ((DELEGATED, "--reason", " "), "--reason"),
        ((DELEGATED, "--all", *BECAUSE), "CLASS or --all"),
        (BECAUSE, "CLASS or --all"),
        (("--lift",), "CLASS or --all"),
        (("classify_request", *BECAUSE), f"did you mean {DELEGATED}"),
    ],
)
def test_a_revocation_that_would_hold_nothing_is_bad_input(
    ask: Ask, published: World, arguments: tuple[str, ...], words: str
) -> None:
    before = len(list(read(published.ledger)))
    said = ask(published, "revoke", *arguments)
    assert (said.code, said.out) == (2, "")
    assert words in said.err
    assert len(list(read(published.ledger))) == before


def test_a_ledger_that_cannot_be_written_says_how_to_stop_the_agents(ask: Ask, own: World) -> None:
    (own.home / "publish" / "head.json").write_text("{")
    said = ask(own, "revoke", "--all", *BECAUSE)
    assert said.code == 3
    assert f"delete {own.home / 'publish' / 'grants.json'}" in said.err
    assert ask(own, *MAY_ACT).out.startswith("denied: unreadable")


def test_the_hook_gets_the_newest_line_and_its_failure_is_seen(ask: Ask, own: World) -> None:
    told = own.home / "told"
    keep = f"import sys; open({str(told)!r}, 'w').write(sys.stdin.read())"
    settings(own, hook=[sys.executable, "-c", keep])
    assert ask(own, "revoke", DELEGATED, *BECAUSE).code == 0
    *_, line = read(own.ledger)
    assert json.loads(told.read_text()) == {"size": line.seq, "hash": line.hash}
    settings(own, hook=[sys.executable, "-c", "import sys; sys.exit('no route; $HOME')"])
    said = ask(own, "revoke", "--all", *BECAUSE)
    assert said.code == 3
    assert "ended with 1: no route; $HOME" in said.err
    assert "revoked, from now on" in said.out  # it holds all the same
    settings(own, hook=[str(own.home / "absent")])
    assert "cannot be started" in ask(own, "revoke", "--all", *BECAUSE).err


def test_a_hook_that_hangs_is_killed_with_what_it_started(ask: Ask, own: World) -> None:
    started = own.home / "started"
    script = f"sleep 99 & echo $! > {started}; sleep 99"
    settings(own, hook=["sh", "-c", script], hook_seconds=2)
    said = ask(own, "revoke", "--all", *BECAUSE)
    assert (said.code, "killed after 2 s" in said.err) == (3, True)
    process = Path("/proc", started.read_text().strip(), "stat")
    assert wait_until(lambda: not process.exists() or process.read_text().split()[2] == "Z")


@pytest.mark.parametrize("hook", ["sh -c x", [1], [""]])
def test_a_hook_that_is_no_list_of_texts_is_bad_input(ask: Ask, fresh: World, hook: object) -> None:
    settings(fresh, hook=hook)
    said = ask(fresh, "revoke")
    assert (said.code, "[ledger] hook must be" in said.err) == (2, True)


def test_may_act_holds_the_ledger_against_the_configured_anchor(ask: Ask, own: World) -> None:
    anchor = own.home / "anchor.jsonl"
    settings(own, anchor=str(anchor))
    assert ask(own, *MAY_ACT).out.startswith("denied: no_anchor")
    ask(own, "revoke", DELEGATED, *BECAUSE)
    assert ask(own, *MAY_ACT).out.startswith("denied: revoked")
    kept = Path(anchor).read_bytes().splitlines(keepends=True)
    assert len(kept) == 2  # where the ledger ended when the anchor began, and now
    (month,) = own.ledger.glob("ledger-*.jsonl")
    lines = month.read_bytes().splitlines(keepends=True)
    month.write_bytes(b"".join(lines[:-1]))
    (own.home / "publish" / "head.json").write_bytes(kept[0])
    assert ask(own, *MAY_ACT).out.startswith("denied: ledger_behind")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "CLASS"),
        ((DELEGATED, "--nonsense"), "--nonsense"),
        ((DELEGATED, "--format", "xml"), "xml"),
        ((DELEGATED, "--coho", "x"), "--coho"),
    ],
)
def test_may_act_speaks_of_bad_input_as_every_command(
    ask: Ask, published: World, arguments: tuple[str, ...], words: str
) -> None:
    said = ask(published, "may-act", *arguments)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("penstock: ")
    assert words in said.err
    assert "(see --help)" in said.err
    said = ask(published, "may-act", *arguments[:1], "--nonsense", "--format=json")
    assert (said.code, said.document()["exit_code"]) == (2, 2)


def test_may_act_help_names_an_example_and_exit_codes(ask: Ask, published: World) -> None:
    said = ask(published, "may-act", "--help")
    words = " ".join(said.out.split())
    assert said.code == 2
    for word in ("Example: penstock may-act", "Exit codes: 0 allowed", "--project"):
        assert word in words
