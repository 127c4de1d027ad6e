"""The command, also as a file copied to where the product is not."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from may_act_world import FREE, LIMITED, World, make_world

import dagster_project.may_act as may_act_module
from dagster_project.may_act import main


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [["--help"], [], [FREE, "--segmant", "all"], [FREE, "--format", "xml"], [FREE, "twice"]],
)
def test_wrong_usage_and_help_do_not_look_like_a_grant(world: World, arguments: list[str]) -> None:
    assert main(arguments, publish=world.publish, ledger=world.ledger) == 2


def test_a_denial_exits_with_one_and_says_why(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    # the wall clock is never within the two days that this run is valid
    assert main([FREE, "--cohort", "c1"], publish=world.publish, ledger=world.ledger) == 1
    assert capsys.readouterr().out.startswith(("denied: expired", "denied: clock_before_run"))


def test_the_home_folder_is_the_default_place(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_HOME", str(world.publish.parent / "absent"))
    assert main([FREE]) == 1
    assert capsys.readouterr().out.startswith("denied: no_publication")


def test_the_command_allows_as_one_copied_file(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    world = make_world(tmp_path, now)
    copy = tmp_path / "may_act.py"
    copy.write_bytes(Path(str(may_act_module.__file__)).read_bytes())
    command = [sys.executable, "-I", "-S", str(copy), LIMITED, "--cohort", "c1"]
    command += ["--amount", "5", "--currency", "EUR", "--format", "json"]
    places = ["--publish", str(world.publish), "--ledger", str(world.ledger)]
    done = subprocess.run([*command, *places], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done
    answer = json.loads(done.stdout)
    assert (answer["allowed"], answer["reason"], answer["level"]) == (True, "granted", "delegate")
    assert datetime.fromisoformat(answer["valid_until"]) == now + timedelta(days=2)


def test_every_reason_stands_in_the_table_for_users() -> None:
    page = Path(__file__).parents[3] / "docs" / "ledger.md"
    table = page.read_text(encoding="utf-8").partition("## `may-act`")[2]
    listed = {
        word.strip(" `")
        for line in table.splitlines()
        if line.startswith("| `")
        for word in line.split("|")[1].split(",")
    }
    assert listed == set(may_act_module.REASONS)
