"""The doctor names each fault and its fix, and is content only when nothing is wrong."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cli_world import TODAY, World
from conftest import Ask

REGISTRY = Path(__file__).parents[2] / "poison" / "registry" / "valid" / "seeds" / "registry"


@pytest.fixture
def sound(fresh: World) -> World:
    """A company with a valid registry, published today."""
    target = fresh.root / "seeds" / "registry"
    target.mkdir(parents=True)
    for seed in REGISTRY.glob("*.csv"):
        (target / seed.name).write_bytes(seed.read_bytes())
    fresh.publish()
    return fresh


def _checks(ask: Ask, world: World, code: int) -> dict[str, dict[str, Any]]:
    said = ask(world, "doctor", "--format", "json")
    assert said.code == code, said.out
    return {check["check"]: check for check in said.document()["checks"]}


def test_a_sound_company_has_no_problem(ask: Ask, sound: World) -> None:
    checks = _checks(ask, sound, 0)
    states = {name: check["state"] for name, check in checks.items()}
    assert states == {
        **dict.fromkeys(("python", "packages", "settings", "registry", "suites"), "ok"),
        **dict.fromkeys(("manifest", "sources", "anchor"), "warn"),
        **dict.fromkeys(("landed files", "ledger place", "ledger", "publication"), "ok"),
        **dict.fromkeys(("pseudonym key", "audit key"), "ok"),
    }
    assert all(check["fix"] for check in checks.values() if check["state"] == "warn")


def test_a_registry_problem_is_named_with_its_fix(ask: Ask, sound: World) -> None:
    people = sound.root / "seeds" / "registry" / "people.csv"
    people.write_text(people.read_text(encoding="utf-8").replace("true", "perhaps"), "utf-8")
    check = _checks(ask, sound, 1)["registry"]
    assert check["state"] == "problem"
    assert "people.csv row" in check["detail"]
    assert check["fix"]
    assert "fix: " in ask(sound, "doctor").out


def test_a_ledger_within_a_work_tree_may_be_cleaned_away(ask: Ask, sound: World) -> None:
    (sound.home.parent / ".git").mkdir()
    check = _checks(ask, sound, 0)["ledger place"]
    assert check["state"] == "warn"
    assert "git clean" in check["detail"]


def test_an_expired_publication_is_told(ask: Ask, sound: World) -> None:
    sound.publish(TODAY - timedelta(days=9))
    assert "expired" in _checks(ask, sound, 0)["publication"]["detail"]


def test_a_broken_chain_is_a_problem(ask: Ask, sound: World) -> None:
    (month,) = sound.ledger.glob("ledger-*.jsonl")
    month.write_bytes(month.read_bytes()[:-9])
    assert _checks(ask, sound, 1)["ledger"]["state"] == "problem"


def test_a_check_that_breaks_hides_no_other(ask: Ask, sound: World) -> None:
    entry = sound.home / "landing" / "_files" / "crm__decisions__0.json"
    entry.parent.mkdir(parents=True)
    entry.write_text("no JSON", encoding="utf-8")
    checks = _checks(ask, sound, 1)
    assert checks["landed files"]["state"] == "problem"
    assert checks["publication"]["state"] == "ok"


def test_text_and_json_agree(ask: Ask, sound: World) -> None:
    lines = ask(sound, "doctor", columns=300).out.splitlines()
    assert lines[-1] == "11 ok, 3 warn, 0 problem"


def test_a_broken_suite_is_a_problem(ask: Ask, sound: World) -> None:
    folder = sound.root / "expectations"
    folder.mkdir()
    (folder / "int_decisions__settled.json").write_text('{"name": "x", "expectations": []}')
    checks = _checks(ask, sound, 1)
    assert checks["suites"]["state"] == "problem"
    assert "int_decisions__settled.json" in checks["suites"]["detail"]
