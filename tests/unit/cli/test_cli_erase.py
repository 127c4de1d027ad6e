"""``penstock erase`` and ``pseudonym``: told a name, they never repeat it."""

import io
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_world import World
from company import make_company, parse_in_process
from conftest import Ask

from dagster_project.contracts.sources import load_sources
from dagster_project.landing.land import land
from dagster_project.ledger.ledger import read
from dagster_project.transform.bridge import manifest_path

pytestmark = pytest.mark.xdist_group("cli_erase")
NAME = "ann.example@customers.example"


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One decision about somebody, landed."""
    with pytest.MonkeyPatch.context() as patch:
        project = make_company(tmp_path_factory.mktemp("erase"), patch)
        data = project.root / "data" / "procurement"
        data.mkdir(parents=True)
        row = {"decision_id": "d-77", "occurred_at": "2026-01-02T03:04:05Z", "subject_id": NAME}
        (data / "decisions.jsonl").write_text(json.dumps(row) + "\n")
        sources = project.root / "models/staging/procurement/_procurement__sources.yml"
        sources.write_text(sources.read_text().replace(".jsonl.gz", ".jsonl"))
        parse_in_process(project)
        land(project, load_sources(manifest_path(project)), now=datetime.now(UTC))
        return World(project.root, project.home)


@pytest.fixture
def world(landed: World, tmp_path: Path) -> World:
    shutil.copytree(landed.home, tmp_path / "home", symlinks=True)
    return World(landed.root, tmp_path / "home")


def test_a_name_from_stdin_is_erased_once_and_not_repeated(
    ask: Ask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(NAME + "\n"))
    said = ask(world, "erase", "--subject", "-", "--reason", "ticket 7", "--format", "json")
    assert said.code == 0
    assert said.document()["erased"]["row_count"] == 1
    assert NAME not in said.out + said.err
    (line,) = read(world.ledger)
    assert (line.kind, line.reason, line.actor[:5]) == ("disposal", "ticket 7", "user:")
    again = ask(world, "erase", "--subject", NAME)
    assert (again.code, again.out) == (1, "nothing of it has landed\n")
    assert ask(world, "erase", "--finish").code == 0


def test_a_pseudonym_is_printed_and_may_be_erased_by(
    ask: Ask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{NAME}\n\nrev-heron\n"))
    said = ask(world, "pseudonym")
    first, second = said.out.splitlines()
    assert first.startswith("psn_")
    assert first != second
    monkeypatch.setattr("sys.stdin", io.StringIO(first))
    assert ask(world, "pseudonym", "--format", "json").document() == {"pseudonyms": [first]}
    assert ask(world, "erase", "--subject", first).code == 0


@pytest.mark.parametrize(
    "arguments",
    [(), ("--subject", "a", "--decision", "b"), ("--subject", " "), ("--finish", "--subject", "a")],
)
def test_one_id_is_wanted(ask: Ask, world: World, arguments: tuple[str, ...]) -> None:
    assert ask(world, "erase", *arguments).code == 2


def test_a_lost_key_is_named_by_its_place(ask: Ask, world: World) -> None:
    (world.home / "keys" / "pseudonym.key").unlink()
    said = ask(world, "erase", "--subject", NAME)
    assert said.code == 2
    assert "pseudonym.key holds no key: restore it" in said.err
    assert "problem pseudonym key: " in ask(world, "doctor", columns=300).out
    assert NAME not in said.err


def test_the_doctor_wants_the_key_closed_to_others(ask: Ask, world: World) -> None:
    said = ask(world, "doctor", columns=300).out
    assert "ok      pseudonym key: the one that rows were landed with" in said
    (world.home / "keys" / "pseudonym.key").chmod(0o644)
    assert "problem pseudonym key: others may read it" in ask(world, "doctor", columns=300).out


def test_before_anything_has_landed_there_is_nothing_to_erase(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "penstock.toml").write_text("")
    said = ask(World(tmp_path, tmp_path / "home"), "erase", "--decision", "d-1")
    assert said.code == 4
