"""Options, help and errors are the same for every command."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_world import World
from conftest import Ask

from dagster_project.cli import release
from dagster_project.cli.words import clean, number

COMMANDS = (
    *("demo", "run", "scorecard", "explain", "inventory", "simulate", "doctor"),
    *("erase", "pseudonym", "init", "sample", "revoke", "replay"),
    *("map", "sign-off", "sign-offs", "waive", "waivers"),
    *(
        "ledger verify",
        "ledger dispose",
        "landed dispose",
        "quarantine list",
        "quarantine show",
        "quarantine retry",
    ),
    *("plan", "rails", "readiness"),
)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_the_shared_options_an_example_and_exit_codes(
    ask: Ask, published: World, command: str
) -> None:
    said = ask(published, *command.split(), "--help")
    assert said.code == 0
    words = " ".join(said.out.split())
    for word in ("--project", "--format <text|json>", "Example: penstock", "Exit codes: 0"):
        assert word in words


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_option_is_bad_input(ask: Ask, published: World, command: str) -> None:
    said = ask(published, *command.split(), "--nonsense")
    assert (said.code, said.out) == (2, "")
    assert "--nonsense" in said.err
    assert "Traceback" not in said.err


def test_every_command_is_covered_here(ask: Ask, published: World) -> None:
    listed = ask(published, "--help").out.partition("Commands:")[2].splitlines()
    names = {line.split()[0] for line in listed if line.startswith("  ") and line[2] != " "}
    assert names - {"Exit", "nothing"} == {name.split()[0] for name in COMMANDS} | {"may-act"}


def test_no_arguments_show_the_help(ask: Ask, published: World) -> None:
    said = ask(published)
    assert (said.code, said.out.startswith("Usage: penstock")) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nonsense",), "No such command"),
        (("scorecard", "--format", "xml"), "'xml'"),
        (("explain", "only-a-class"), "Missing argument 'GATE'"),
        (("run", "--as-of", "yesterday"), "is no day"),
        (("run", "--as-of", "20250803"), "is no day"),
        (("run", "--as-of", "2099-01-01"), "lies in the future"),
        (("run", "--known-at", "soon"), "is no time"),
        (("run", "--known-at", "2099-01-01T00:00:00Z"), "lies in the future"),
        (("simulate", "OUT", "--end", "2025-08-02"), "is no Sunday"),
        (("simulate", "OUT", "--end", "sunday"), "is no day"),
        (("simulate", "OUT", "--weeks", "0"), "give at least 1"),
        (("simulate", "OUT", "--weeks", "99999999"), "begin before 1970"),
        (("simulate", "OUT", "--end", "0001-01-07"), "is no day between the years"),
        (("simulate", "OUT", "--end", "9999-12-31"), "is no day between the years"),
        (("replay", "--known-at", "0001-01-01T00:00:00+14:00"), "is no time"),
        (("run", "--known-at", "9999-12-31T23:59:59-14:00"), "is no time"),
        (("simulate", "OUT", "--plant", "drifts"), "no plant 'drifts'; there are"),
        (("simulate", "OUT", "--plant", "drift", "--since", "monday"), "is no day"),
        (("scorecard", "--project", "/nowhere"), "no penstock.toml"),
    ],
)
def test_bad_input_is_one_message(
    ask: Ask, published: World, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    asked = [str(tmp_path / each) if each == "OUT" else each for each in arguments]
    said = ask(published, *asked)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("penstock: ")
    assert words in said.err
    assert "Traceback" not in said.err


def test_bad_input_is_one_document_in_json(ask: Ask, published: World) -> None:
    said = ask(published, "scorecard", "--nonsense", "--format", "json")
    assert (said.code, said.err) == (2, "")
    assert said.document()["exit_code"] == 2


def test_the_unexpected_is_one_line_and_a_traceback_in_the_log(
    ask: Ask, published: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("first\x1b[31m\nsecond")

    monkeypatch.setattr(release, "_recorded", explode)
    said = ask(published, "scorecard")
    log = published.home / "logs" / "penstock-error.log"
    assert said.code == 3
    (line,) = said.err.splitlines()
    assert line.startswith("penstock: unexpected error: RuntimeError: first\\x1b[31m second")
    assert str(log) in line
    assert "Traceback" in log.read_text(encoding="utf-8")


def test_the_traceback_is_shown_to_who_asks_for_it(
    ask: Ask, published: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_DEBUG", "1")
    monkeypatch.setattr(release, "_recorded", lambda *_: 1 / 0)
    assert "Traceback" in ask(published, "scorecard").err


def test_simulate_writes_logs_and_their_truth(ask: Ask, published: World, tmp_path: Path) -> None:
    out = tmp_path / "logs"
    said = ask(published, "simulate", str(out), "--weeks", "1", "--format", "json")
    assert said.code == 0
    assert said.document()["counts"]["decisions"] > 100
    assert "plants" not in json.loads((out / "planted_truth.json").read_text())
    asked = ("--plant", "drift", "--plant", "retries", "--since", "2025-07-31", "--weeks", "1")
    assert ask(published, "simulate", str(out), *asked).code == 0
    planted = json.loads((out / "planted_truth.json").read_text())["plants"]
    assert planted["drift"]["since"] == "2025-07-31"
    assert set(planted) == {"drift", "retries"}
    assert ask(published, "simulate", str(tmp_path)).code == 2  # holds something foreign


def _process(world: World, *arguments: str, **options: object) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "PENSTOCK_PROJECT": str(world.root),
        "PENSTOCK_HOME": str(world.home),
        **{str(name): str(value) for name, value in options.items()},
    }
    command = [sys.executable, "-m", "dagster_project.cli.entry", *arguments]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_a_reader_that_has_enough_is_no_error(published: World) -> None:
    with _process(published, "scorecard") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_a_terminal_of_ascii_gets_ascii(published: World) -> None:
    with _process(published, "scorecard", PYTHONIOENCODING="ascii", PYTHONUTF8=0) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    assert b"? pass" in out


def test_help_is_quick(published: World) -> None:
    took = []
    for _ in range(3):
        started = time.monotonic()
        with _process(published, "--help") as process:
            process.communicate(timeout=60)
        took.append(time.monotonic() - started)
    assert min(took) < 0.6


def test_control_characters_are_spelled_out() -> None:
    assert clean("a\x1b]0;b\x07\n\u202e\udc80é✓") == "a\\x1b]0;b\\x07\\n\\u202e\\udc80é✓"


def test_numbers_lose_no_digit_that_counts() -> None:
    from decimal import Decimal

    texts = [number(value) for value in (Decimal("1200.000"), Decimal("0.020"), 1000, None)]
    assert texts == ["1,200", "0.02", "1,000", "–"]
