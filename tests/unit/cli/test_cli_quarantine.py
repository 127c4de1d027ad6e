"""``penstock quarantine``: what was refused is named, never shown, and taken out once repaired."""

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_world import World
from company import make_company, parse_in_process
from conftest import Ask

from dagster_project.contracts.sources import load_sources
from dagster_project.landing.land import land
from dagster_project.landing.reasons import FILE_REASONS, UNIT_REASONS
from dagster_project.settings import load_project
from dagster_project.transform.bridge import manifest_path

pytestmark = pytest.mark.xdist_group("cli_quarantine")
NAME = "ann.example@customers.example"
FOLDER = Path("data") / "procurement"


def row(number: int) -> str:
    moment = f"2026-01-02T03:04:{number:02d}Z"
    return json.dumps({"decision_id": f"d-{number}", "occurred_at": moment, "subject_id": NAME})


LINES = [row(1), row(2)[:60], row(3), row(4).replace("2026", "soon"), row(5)]


def drop(world: World, name: str, lines: list[str]) -> None:
    """As a file that stood still for long."""
    path = world.root / FOLDER / name
    path.write_text("".join(line + "\n" for line in lines))
    os.utime(path, (1, 1))


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Five decisions, of which two cannot be read, and a file that is none."""
    with pytest.MonkeyPatch.context() as patch:
        project = make_company(tmp_path_factory.mktemp("refused"), patch)
        settings = project.root / "penstock.toml"
        text = settings.read_text().replace("settle_seconds = 0", "settle_seconds = 60")
        settings.write_text(text)
        project = load_project(project.root)
        world = World(project.root, project.home)
        (project.root / FOLDER).mkdir(parents=True)
        sources = project.root / "models/staging/procurement/_procurement__sources.yml"
        sources.write_text(sources.read_text().replace(".jsonl.gz", ".jsonl*"))
        drop(world, "decisions-1.jsonl", LINES)
        drop(world, "reviews.jsonl.gz", ["no gzip"])
        parse_in_process(project)
        land(project, load_sources(manifest_path(project)), now=datetime.now(UTC))
        return world


@pytest.fixture
def world(landed: World, tmp_path: Path) -> World:
    """Its own state and its own dropped files."""
    shutil.copytree(landed.home, tmp_path / "home", symlinks=True)
    for path in (landed.root / FOLDER).glob("*corrected*"):
        path.unlink()
    return World(landed.root, tmp_path / "home")


def test_the_list_names_file_reason_places_and_the_fix(ask: Ask, world: World) -> None:
    said = ask(world, "quarantine", "list")
    assert said.code == 0
    assert "procurement.decisions  data/procurement/decisions-1.jsonl" in said.out
    assert "invalid_json  1 refused; places 2" in said.out
    assert "invalid_timestamp  1 refused; places 4" in said.out
    assert UNIT_REASONS["invalid_timestamp"] in said.out
    assert "reviews.jsonl.gz  cannot be accounted for" in said.out
    assert "against their classes: 2; repaired: 0; unaccountable files: 1" in said.out


def test_the_list_may_be_narrowed(ask: Ask, world: World) -> None:
    def listed(*arguments: str) -> tuple[list[str], list[str]]:
        document = ask(world, "quarantine", "list", *arguments, "--format", "json").document()
        files = document["unaccountable_files"]
        assert [each["fix"] for each in files] == [FILE_REASONS[each["reason"]] for each in files]
        return [u["reason"] for u in document["units"]], [each["table"] for each in files]

    both = ["invalid_json", "invalid_timestamp"]
    assert listed() == (both, ["reviews"])
    assert listed("--source", "procurement") == (both, ["reviews"])
    assert listed("--source", "procurement.reviews") == ([], ["reviews"])
    assert listed("--reason", "invalid_json") == (["invalid_json"], [])
    assert listed("--file", "decisions-1.jsonl") == (both, [])


def test_show_names_every_unit_and_never_its_content(ask: Ask, world: World) -> None:
    said = ask(world, "quarantine", "show", "decisions-1.jsonl")
    assert said.code == 0
    assert "2  invalid_json" in said.out
    assert "4  invalid_timestamp occurred_at" in said.out
    document = ask(
        world, "quarantine", "show", "decisions-1.jsonl", "--place", "4", "--format", "json"
    ).document()
    (unit,) = document["units"]
    assert (unit["place"], unit["repaired_batch"]) == (4, None)
    assert len(unit["unit_sha256"]) == 64
    assert NAME not in said.out + json.dumps(document)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("list", "--source", "procurment"), "did you mean procurement or"),
        (("list", "--reason", "invalid_jsn"), "or invalid_json"),
        (("show", "decisions-2.jsonl"), "did you mean"),
        (("show", "decisions-1.jsonl", "--place", "3"), "no unit at place 3"),
        (("retry", "nothing.jsonl"), "no file"),
        (("retry", "--with", "decisions-1.jsonl"), "name it before"),
        (("retry", "decisions-1.jsonl", "--with", "nothing.jsonl"), "no file"),
    ],
)
def test_what_is_not_there_is_bad_input(
    ask: Ask, world: World, arguments: tuple[str, ...], hint: str
) -> None:
    said = ask(world, "quarantine", *arguments)
    assert (said.code, said.out) == (2, "")
    assert hint in said.err


@pytest.mark.parametrize("arguments", [("list",), ("show", "a"), ("retry",)])
def test_nothing_landed_is_nothing_yet(ask: Ask, fresh: World, arguments: tuple[str]) -> None:
    assert ask(fresh, "quarantine", *arguments).code == 4


def test_what_cannot_be_read_today_either_stays_open(ask: Ask, world: World) -> None:
    said = ask(world, "quarantine", "retry")
    assert said.code == 1
    assert "0 repaired, 2 open: invalid_json 1, invalid_timestamp 1" in said.out


def test_a_corrected_copy_is_landed_and_taken_over_once(ask: Ask, world: World) -> None:
    drop(world, "decisions-corrected.jsonl", [row(number) for number in range(1, 6)])
    arguments = ("quarantine", "retry", "decisions-1.jsonl", "--with", "decisions-corrected.jsonl")
    document = ask(world, *arguments, "--format", "json").document()
    assert (document["repaired_count"], document["open_count"]) == (2, 0)
    again = ask(world, *arguments)
    assert (again.code, again.out) == (0, "no refused unit is open\n")
    assert "repaired: 2;" in ask(world, "quarantine", "list").out
    assert "repaired with" in ask(world, "quarantine", "show", "decisions-1.jsonl").out


def test_a_copy_with_a_line_less_repairs_nothing_and_says_why(ask: Ask, world: World) -> None:
    drop(world, "decisions-corrected.jsonl", [row(number) for number in (1, 3, 5)])
    said = ask(
        *(world, "quarantine", "retry", "decisions-1.jsonl"),
        *("--with", "decisions-corrected.jsonl"),
    )
    assert said.code == 1
    assert "0 repaired, 2 open" in said.out
    assert "not repaired: " in said.out


def test_a_copy_that_was_dropped_just_now_waits(ask: Ask, world: World) -> None:
    drop(world, "decisions-corrected.jsonl", [row(number) for number in range(1, 6)])
    os.utime(world.root / FOLDER / "decisions-corrected.jsonl")
    said = ask(
        *(world, "quarantine", "retry", "decisions-1.jsonl"),
        *("--with", "decisions-corrected.jsonl"),
    )
    assert (said.code, said.out) == (2, "")
    assert "settling" in said.err
