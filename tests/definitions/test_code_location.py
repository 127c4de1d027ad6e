"""The code location: light to load, every dbt node in it once, schedule and sensor there."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pytest
from company import parse_in_process

from dagster_project.automation.triggers import JOB_NAME
from dagster_project.build import ManifestMissingError, build_definitions
from dagster_project.contracts.registry.criteria import RULES
from dagster_project.contracts.streams import RAILS
from dagster_project.names import OPTIONAL_FIELDS, RUNGS
from dagster_project.settings import Project, load_project
from dagster_project.transform.bridge import manifest_path
from dagster_project.transform.macros_digest import macros_digest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    *("great_expectations", "scipy", "pandas", "numpy", "numba", "pyarrow", "statsmodels"),
    "adbc_driver_manager",
)
LAWS = {
    # a layer may read these layers and no others
    "registry": set(),
    "staging": {"landing", "registry"},  # the registry only for names of attributes
    "intermediate": {"landing", "registry", "staging", "intermediate", "facts"},
    "facts": {"landing", "registry", "staging", "intermediate"},
    "evidence_read": {"landing", "intermediate", "facts", "evidence"},
    "gates": {"registry", "intermediate", "evidence", "evidence_read", "gates"},
    "marts": {
        *("landing", "registry", "intermediate", "facts", "gates", "marts", "staging"),
        "evidence",  # what is shown and not judged
    },
}
pytestmark = pytest.mark.xdist_group("manifest")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PENSTOCK_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("PENSTOCK_PROJECT", str(ROOT / "demo"))
        project = load_project()
        with pytest.raises(ManifestMissingError, match="doctor --parse"):
            build_definitions(project)
        parse_in_process(project)
        yield project


@pytest.fixture(scope="module")
def nodes(demo: Project) -> dict[str, dict]:
    return json.loads(manifest_path(demo).read_text())["nodes"]


@pytest.fixture(scope="module")
def definitions(demo: Project) -> dg.Definitions:
    return build_definitions(demo)


def test_loading_imports_no_heavy_library(demo: Project) -> None:
    code = (
        "import sys, dagster_project.definitions as d; "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    environment = {
        **os.environ,
        "PENSTOCK_HOME": str(demo.home),
        "PENSTOCK_PROJECT": str(demo.root),
    }
    printed = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert printed.strip() == "[]"


def test_definitions_module_stays_tiny() -> None:
    lines = (ROOT / "dagster_project" / "definitions.py").read_text().splitlines()
    assert len(lines) <= 20


def test_every_dbt_node_is_an_asset_exactly_once(
    definitions: dg.Definitions, nodes: dict[str, dict]
) -> None:
    wanted = {node["name"] for node in nodes.values() if node["resource_type"] in ("model", "seed")}
    steps: dict[str, list[str]] = {}
    for asset in definitions.assets or []:
        if isinstance(asset, dg.AssetsDefinition) and asset.op.name in ("prepare", "decide"):
            for key in asset.keys:
                steps.setdefault(key.path[-1], []).append(asset.op.name)
    assert {name for name, found in steps.items() if len(found) == 1} == wanted


def test_every_dbt_data_test_is_an_asset_check(
    definitions: dg.Definitions, nodes: dict[str, dict]
) -> None:
    tests = {node["name"] for node in nodes.values() if node["resource_type"] == "test"}
    graph = definitions.resolve_asset_graph()
    checks = {key.name for key in graph.asset_check_keys}
    assert len(tests) >= 18
    assert tests <= checks


def test_every_expectation_is_an_asset_check(definitions: dg.Definitions, demo: Project) -> None:
    from dagster_project.evidence.data_fit.suites import load_suites

    checks = {key.name for key in definitions.resolve_asset_graph().asset_check_keys}
    wanted = {
        f"{suite.table}__{name}"
        for suite in load_suites(demo.suites)
        for name in suite.expectation_ids
    }
    assert len(wanted) > 10
    assert wanted <= checks


def test_layers_read_only_what_the_law_allows(nodes: dict[str, dict]) -> None:
    manifest_sources = {"landing": "landing", "evidence": "evidence"}
    broken = []
    for node in nodes.values():
        if node["resource_type"] != "model":
            continue
        layer = node["config"]["schema"]
        for parent in node["depends_on"]["nodes"]:
            if parent.startswith("source."):
                read = manifest_sources.get(parent.split(".")[2], "landing")
            else:
                read = nodes[parent]["config"]["schema"]
            if read not in LAWS[layer]:
                broken.append(f"{node['name']} ({layer}) reads {parent} ({read})")
    assert broken == []


def test_what_is_shown_reaches_no_verdict(nodes: dict[str, dict]) -> None:
    """Tables of the shown room are read by marts of their own, which nothing reads."""
    from dagster_project.evidence.shown.write import TABLES

    sources = {f"source.penstock.evidence.{table.name}" for table in TABLES}
    readers = {
        key: sources & set(node["depends_on"]["nodes"])
        for key, node in nodes.items()
        if node["resource_type"] == "model"
    }
    marts = {key for key, read in readers.items() if read}
    assert set().union(*readers.values()) == sources
    assert {nodes[key]["config"]["schema"] for key in marts} == {"marts"}
    for node in nodes.values():
        if node["resource_type"] == "model":
            assert not marts & set(node["depends_on"]["nodes"]), node["name"]


def test_decide_reads_nothing_of_single_decisions(nodes: dict[str, dict]) -> None:
    """The hand-over: decide sees facts, registry, evidence and small prepared views alone."""
    allowed = {
        "int_run_context",
        "int_thresholds__effective",
        "int_owners__active",
        "int_cohorts__seen",
        "int_workflows__sources",
        "int_sources__reach",
        "int_tables__streams",
    }
    seen = set()
    for node in nodes.values():
        if node["resource_type"] == "model" and "decide" in node["tags"]:
            for parent in node["depends_on"]["nodes"]:
                if parent.startswith("model.") and nodes[parent]["config"]["schema"] in (
                    "intermediate",
                    "staging",
                ):
                    seen.add(nodes[parent]["name"])
    assert seen - {"stg_tau2__decisions"} <= allowed


def test_job_schedule_and_sensor_exist(definitions: dg.Definitions) -> None:
    repository = definitions.get_repository_def()
    assert repository.has_job(JOB_NAME)
    assert [schedule.name for schedule in repository.schedule_defs] == ["every_morning"]
    assert [sensor.name for sensor in repository.sensor_defs if sensor.name == "new_files"]


def test_schedule_judges_the_day_before(definitions: dg.Definitions) -> None:
    from datetime import UTC, datetime

    (schedule,) = definitions.get_repository_def().schedule_defs
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(2026, 3, 5, 4, tzinfo=UTC)
    )
    result = schedule.evaluate_tick(context)
    (request,) = result.run_requests
    assert request.run_config["ops"]["landing__run_context"]["config"] == {"as_of": "2026-03-04"}


def test_sensor_asks_once_for_files_that_landing_would_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from landing_world import LINES, lines

    from dagster_project.automation.triggers import new_files_sensor
    from dagster_project.landing.land import land

    monkeypatch.delenv("PENSTOCK_HOME", raising=False)
    (tmp_path / "data").mkdir()
    (tmp_path / "penstock.toml").write_text("")
    project = load_project(tmp_path)
    sensor = new_files_sensor(project, [LINES])

    def tick(cursor: str | None = None) -> tuple[int, str | None]:
        found = sensor.evaluate_tick(dg.build_sensor_context(cursor=cursor))
        return len(found.run_requests), found.cursor or cursor

    def drop(name: str, seconds_ago: int) -> None:
        path = tmp_path / "data" / name
        path.write_bytes(lines(len(name)))
        os.utime(path, (time.time() - seconds_ago,) * 2)

    drop(".hidden.jsonl", 600)
    drop("half.jsonl.tmp", 600)
    drop("a.jsonl", 5)
    assert tick()[0] == 0  # a run would wait for it
    drop("a.jsonl", 61)
    asked, cursor = tick()
    assert asked == 1
    assert tick(cursor) == (0, cursor)
    assert [(f.file, f.status) for f in land(project, [LINES]).files] == [
        ("data/a.jsonl", "landed")  # what was asked for is in the run
    ]
    assert (tick(cursor)[0], tick()[0]) == (0, 0)
    (tmp_path / "data" / "b.jsonl").symlink_to("/nowhere")
    os.utime(tmp_path / "data" / "b.jsonl", (1, 1), follow_symlinks=False)
    asked, cursor = tick(cursor)
    assert asked == 1
    assert {f.status for f in land(project, [LINES]).files} == {"known", "unaccountable"}
    assert tick(cursor)[0] == 0


def test_macros_digest_is_the_one_of_the_files() -> None:
    settings = (ROOT / "dbt" / "dbt_project.yml").read_text()
    assert f'macros_digest: "{macros_digest(ROOT / "dbt")}"' in settings, "run `make digest`"


def test_evidence_tables_are_declared_as_python_writes_them(demo: Project) -> None:
    import duckdb

    from dagster_project.automation.recorded import write_recorded
    from dagster_project.evidence.data_fit import write as data_fit
    from dagster_project.evidence.estimates import write as estimates
    from dagster_project.evidence.shown import write as shown

    connection = duckdb.connect()
    data_fit.create_tables(connection)
    estimates.create_tables(connection)
    shown.create_tables(connection)
    write_recorded(connection, demo)
    sources = json.loads(manifest_path(demo).read_text())["sources"].values()
    for source in sources:
        if source["source_name"] != "evidence":
            continue
        written = connection.execute(
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = 'evidence' AND table_name = ? ORDER BY ordinal_position",
            [source["identifier"]],
        ).fetchall()
        declared = [(c["name"], c["data_type"].upper()) for c in source["columns"].values()]
        assert written == declared, source["identifier"]


def test_rules_that_nobody_waives_are_the_same_in_python_and_dbt() -> None:
    macro = (ROOT / "dbt" / "macros" / "verdict" / "map_criteria.sql").read_text()
    (_, rules) = macro.split("macro rules()")
    assert set(re.findall(r"'(\w+)'", rules.split("endmacro")[0])) == RULES


def test_optional_fields_are_the_same_in_python_and_dbt() -> None:
    macro = (ROOT / "dbt" / "macros" / "portable" / "optional_fields.sql").read_text()
    assert tuple(re.findall(r'"(\w+)"', macro)) == OPTIONAL_FIELDS


def test_rungs_and_rails_are_the_same_in_python_and_dbt() -> None:
    macros = (ROOT / "dbt" / "macros" / "verdict" / "rollout.sql").read_text()
    assert tuple(re.findall(r'"(\w+)"', macros)) == (*RUNGS, *RAILS)
