"""The doctor names each fault and its fix, and is content only when nothing is wrong."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cli_world import TODAY, World
from conftest import Ask
from landing_world import LINES
from postgres_server import free_port

from dagster_project.contracts.source_query import Query
from dagster_project.landing.land import land
from dagster_project.settings import load_project
from dagster_project.transform import bridge

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


def _declare(world: World, **meta: Any) -> None:
    """A manifest with one source that nothing reads."""
    target = world.home / "dbt" / "target"
    target.mkdir(parents=True, exist_ok=True)
    column = {"name": "metric", "data_type": "varchar"}
    sources = {
        f"source.acme.{name}.kpis": {
            "resource_type": "source",
            "source_name": name,
            "name": "kpis",
            "identifier": f"{name}__kpis",
            "original_file_path": f"models/{name}.yml",
            "config": {"meta": {"penstock": {"key": "metric", "undated": True} | meta}},
            "columns": {"metric": column},
        }
        for name in ("crm", "erp")
    }
    document = {"nodes": {}, "sources": sources, "child_map": {}}
    (target / "manifest.json").write_text(json.dumps(document), encoding="utf-8")


def test_every_problem_of_the_sources_has_a_line_of_its_own(ask: Ask, sound: World) -> None:
    _declare(sound, format="jsonl", location="data/*")
    said = ask(sound, "doctor", "--format", "json").document()["checks"]
    found = [check["detail"] for check in said if check["check"] == "sources"]
    assert [text.split(":")[0] for text in found] == ["models/crm.yml", "models/erp.yml"]
    assert "\\n" not in ask(sound, "doctor").out


def test_a_run_without_a_variable_of_a_database_ends_before_it_begins(
    ask: Ask, sound: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KPI_DATABASE", raising=False)
    monkeypatch.setattr(bridge, "ensure_manifest", bridge.manifest_path)
    _declare(sound, format="postgres", connection="KPI_DATABASE", location="kpi.monthly")
    said = ask(sound, "run")
    assert said.code == 2, said.err
    assert said.err.count("environment variable KPI_DATABASE is not set") == 2
    assert not (sound.home / "landing").exists()


def test_an_entry_of_a_database_is_not_to_be_delivered_again(ask: Ask, sound: World) -> None:
    rows = replace(LINES, format="postgres", query=Query("KPI_DATABASE", "kpi.monthly", ""))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PENSTOCK_HOME", str(sound.home))
        patch.setenv("KPI_DATABASE", f"host=127.0.0.1 port={free_port()} dbname=x user=x")
        project = load_project(sound.root)
        (report,) = land(project, [rows]).files
    assert report.status == "unaccountable"
    said = ask(sound, "doctor", "--format", "json").document()["checks"]
    (odd,) = [check for check in said if "cannot be accounted for" in check["detail"]]
    assert "the database" in odd["fix"]


def test_a_long_finding_is_set_in_where_it_is_wrapped(ask: Ask, sound: World) -> None:
    lines = ask(sound, "doctor", columns=60).out.splitlines()
    assert len(lines) > 30
    assert all(line[0] in "✓~✗ " for line in lines[:-1])
