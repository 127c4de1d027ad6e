"""A company that begins: `penstock init`, a run without data, a second source without Python."""

import json
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from company import ROOT, run_dbt_in_process
from steps import Judged, judge, land_all, note_what_landed, passing

from dagster_project.automation.sample_assets import SAMPLE
from dagster_project.automation.verdict_assets import RELEASE
from dagster_project.build import build_definitions
from dagster_project.contracts.audit_draw import Draw
from dagster_project.contracts.sources import SourceError
from dagster_project.settings import Project, load_project
from dagster_project.transform.bridge import DbtFailedError, run_dbt

pytestmark = pytest.mark.xdist_group("new_project")

PENSTOCK = str(Path(sys.executable).with_name("penstock"))
DECLARED = ROOT / "tests/adapters/company/models/staging/langfuse/_langfuse__sources.yml"
# three calls of tools: of the actions get_pun_, get_one_liner_ and get_dad_joke_suggestion
EXPORT = ROOT / "tests/data/langfuse/pydantic-ai-tools-2025-12-04.json.gz"
STAGING_LINE = (
    '{{ penstock.langfuse_decisions(source("langfuse", "observations"), workflow="refunds", '
    'route="delegated") }}\n'
)
DECISION = {
    "decision_id": "d-1",
    "occurred_at": "2025-12-04T09:15:00Z",
    "workflow": "refunds",
    "action": "classify_request",
    "route": "delegated",
}


def say(folder: Path, *arguments: str) -> Any:
    """What one command of the real program answers in JSON, run in ``folder``."""
    said = subprocess.run(
        [PENSTOCK, *arguments, "--format", "json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    return json.loads(said.stdout)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judged]:
    """A new project, judged while nothing was dropped."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PENSTOCK_HOME", raising=False)
        patch.delenv("PENSTOCK_PROJECT", raising=False)
        folder = tmp_path_factory.mktemp("begun")
        say(folder, "init", "acme")
        project = load_project(folder / "acme")
        land_all(project)
        yield judge(project, tests=True)


def published(project: Project, query: str) -> list[tuple[Any, ...]]:
    """Rows of the published copy."""
    (copy,) = (project.publish / "current").resolve().glob("*.duckdb")
    with duckdb.connect(str(copy), read_only=True) as connection:
        return connection.execute(query).fetchall()


def add_langfuse(project: Project) -> None:
    """Exactly the steps of docs/start.md: YAML, one line, the name in `vars`, a mapping row."""
    folder = project.root / "models" / "staging" / "langfuse"
    folder.mkdir(parents=True)
    declared = yaml.safe_load(DECLARED.read_text(encoding="utf-8"))
    (source,) = declared["sources"]
    source["tables"] = [each for each in source["tables"] if each["name"] == "observations"]
    (folder / DECLARED.name).write_text(yaml.safe_dump(declared), encoding="utf-8")
    (folder / "stg_langfuse__decisions.sql").write_text(STAGING_LINE, encoding="utf-8")
    replace(
        project.root / "dbt_project.yml",
        "[stg_agent__decisions]",
        "[stg_agent__decisions, stg_langfuse__decisions]",
    )
    with (project.root / "seeds/registry/class_mapping.csv").open("a", encoding="utf-8") as rows:
        rows.write(
            "langfuse.get_pun_suggestion:1,langfuse,refunds,action,get_pun_suggestion,,,"
            "refunds.classify_request,2020-01-01,v1\n"
        )
    (project.root / "data" / "langfuse").mkdir()
    shutil.copy(EXPORT, project.root / "data" / "langfuse")


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path} does not hold {old!r} once"
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_without_data_nothing_passes(begun: Judged) -> None:
    assert len(begun.gates) == 10
    assert set(begun.gates.values()) == {"insufficient"}
    assert not passing(begun.criteria)
    query = "SELECT DISTINCT effective_level FROM penstock.autonomy_map"
    assert published(begun.project, query) == [("human_only",)]


def test_the_doctor_finds_no_problem(begun: Judged) -> None:
    said = say(begun.project.root, "doctor")
    assert said["is_sound"]
    states = {check["check"]: check["state"] for check in said["checks"]}
    assert {states[name] for name in ("settings", "registry", "suites", "ledger")} == {"ok"}


def test_dagster_loads_the_code_location(begun: Judged) -> None:
    project = begun.project
    workspace = yaml.safe_load((project.root / "workspace.yaml").read_text(encoding="utf-8"))
    (location,) = workspace["load_from"]
    named = project.root / location["python_file"]["relative_path"]
    definitions = runpy.run_path(str(named))["defs"]
    assert {job.name for job in definitions.resolve_all_job_defs()} >= {"daily_verdicts"}


def test_no_file_names_a_place_of_this_machine(begun: Judged) -> None:
    project = begun.project
    places = [str(ROOT), str(project.root), str(Path.home()), sys.prefix]
    for path in project.root.rglob("*"):
        if path.is_file() and ".penstock" not in path.parts and path.name != "package-lock.yml":
            text = path.read_text(encoding="utf-8")
            assert not [place for place in places if place in text], path


def test_a_second_source_is_counted_without_python(
    begun: Judged,
) -> None:
    project = begun.project
    add_langfuse(project)
    # files are dropped a moment ago, and a test does not wait a minute
    with (project.root / "penstock.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n[landing]\nsettle_seconds = 0\n")
    line = json.dumps(DECISION) + "\n"
    (project.root / "data/agent/decisions-2025-12-04.jsonl").write_text(line, encoding="utf-8")
    project = load_project(project.root)
    land_all(project)
    found = judge(project)
    assert len(found.gates) == 10
    assert "pass" not in found.gates.values()
    assert published(
        project,
        "SELECT decision_class, is_declared, decision_count FROM penstock.decision_inventory "
        "ORDER BY ALL",
    ) == [
        ("(undeclared)", False, 2),
        ("refunds.classify_request", True, 2),
        ("refunds.pay_refund", True, 0),
    ]


@pytest.fixture
def spoilt(begun: Judged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The new project with the second source, ready to be spoilt; parsed anew by the test."""
    project = begun.project
    monkeypatch.delenv("PENSTOCK_HOME", raising=False)
    say(tmp_path, "init", "acme")
    made = load_project(tmp_path / "acme")
    add_langfuse(made)
    # what dbt knows already of the product need not be parsed again
    shutil.copytree(project.home / "dbt", made.home / "dbt", symlinks=True)
    return made


def refusal(project: Project) -> str:
    """Why the declared sources cannot be used."""
    assert run_dbt_in_process(project, ["parse"]).success
    with pytest.raises(SourceError) as caught:
        build_definitions(project)
    return str(caught.value)


def test_what_is_declared_wrongly_is_named_with_file_key_and_fix(spoilt: Project) -> None:
    declaration = spoilt.root / "models/staging/langfuse" / DECLARED.name
    file = f"models/staging/langfuse/{DECLARED.name}: source langfuse.observations: "
    replace(declaration, "format: json\n", "format: langfuse\n")
    message = refusal(spoilt)
    assert message.startswith(file + "format: unknown format 'langfuse'; use one of jsonl, json")
    replace(declaration, "format: langfuse\n", "format: json\n")
    replace(declaration, "key: id\n", "key: observation_id\n")
    message = refusal(spoilt)
    assert message == (file + "key: 'observation_id' is no declared column; add it under columns")


def test_a_model_that_no_stream_reads_is_refused(spoilt: Project) -> None:
    settings = spoilt.root / "dbt_project.yml"
    staging = "models/staging/langfuse/stg_langfuse__decisions.sql"
    replace(settings, ", stg_langfuse__decisions]", "]")
    message = refusal(spoilt)
    assert message.startswith(f"{staging}: no stream reads model stg_langfuse__decisions")
    assert "dbt_project.yml under vars: penstock: streams:" in message
    assert "`decisions: [stg_langfuse__decisions]`" in message
    # a stream that there is not reads nothing
    replace(settings, "decisions]\n", "decisions]\n      decision: [stg_langfuse__decisions]\n")
    assert refusal(spoilt) == message
    (spoilt.root / staging).unlink()
    replace(settings, "      decision: [stg_langfuse__decisions]\n", "")
    unread = refusal(spoilt)
    assert unread.startswith(
        f"models/staging/langfuse/{DECLARED.name}: source langfuse.observations: no model reads it"
    )


def test_a_name_without_a_model_is_named_where_it_stands(spoilt: Project) -> None:
    replace(
        spoilt.root / "dbt_project.yml", ", stg_langfuse__decisions]", ", stg_langfuse__decision]"
    )
    with pytest.raises(DbtFailedError) as caught:
        run_dbt(spoilt, "parse", "--quiet")
    assert (
        "dbt_project.yml: vars: penstock: streams: names stg_langfuse__decision, "
        "and there is no such model" in str(caught.value)
    )


def fenced(page: str, language: str, word: str) -> str:
    """The one block of ``language`` on a page of the docs that holds ``word``, as one types it."""
    blocks = re.findall(rf"^( *)```{language}\n(.*?)^ *```", page, re.DOTALL | re.MULTILINE)
    (found,) = [(indent, body) for indent, body in blocks if word in body]
    return re.sub(rf"^{found[0]}", "", found[1], flags=re.MULTILINE)


def declare_the_draw(project: Project) -> Project:
    """The steps of docs/start.md that let Penstock draw, with rates from the year 2020 on."""
    page = (ROOT / "docs/start.md").read_text(encoding="utf-8")
    folder = project.root / "models" / "staging" / "penstock"
    folder.mkdir()
    declared = fenced(page, "yaml", "drawn__audit_sample")
    (folder / "_penstock__sources.yml").write_text(declared, encoding="utf-8")
    line = fenced(page, "sql", "audit_sample")
    (folder / "stg_drawn__audit_sample.sql").write_text(line, encoding="utf-8")
    streams = "    streams:\n"
    added = streams + "      audit_sample: [stg_drawn__audit_sample]\n"
    replace(project.root / "dbt_project.yml", streams, added)
    settings = project.root / "penstock.toml"
    text = settings.read_text(encoding="utf-8") + fenced(page, "toml", "[sample]")
    quick = "" if "[landing]" in text else "\n[landing]\nsettle_seconds = 0\n"
    settings.write_text(text + quick, encoding="utf-8")
    rates = project.root / "seeds/registry/audit_rates.csv"
    rates.write_text(re.sub(r"20\d\d-\d\d-\d\d", "2020-01-01", rates.read_text()))
    return load_project(project.root)


def test_what_penstock_draws_lands_with_the_next_run_and_is_drawn_once(begun: Judged) -> None:
    project = declare_the_draw(begun.project)
    names = [f"drawn-{number:02d}" for number in range(60)]
    lines = [json.dumps(DECISION | {"decision_id": name}) + "\n" for name in names]
    (project.root / "data/agent/decisions-2.jsonl").write_text("".join(lines), encoding="utf-8")
    build = ["build", "-s", "+fct_samples_weekly", "+int_run_context", "int_decisions__changes"]
    land_all(project)
    note_what_landed(project)
    assert run_dbt_in_process(project, build).success
    key = say(project.root, "sample", "--new-key")["key_file"]
    said = say(project.root, "sample")
    draw = Draw(bytes.fromhex(Path(key).read_text()))
    drawn = {name for name in names if draw.selects(name, 0.25)}
    rows = [json.loads(line) for line in Path(said["file"]).read_text().splitlines()]
    # of what landed before, another key draws other decisions
    assert {row["decision_id"] for row in rows} & set(names) == drawn
    land_all(project)
    note_what_landed(project)
    assert run_dbt_in_process(project, build).success
    with duckdb.connect(str(project.warehouse), read_only=True) as connection:
        ((selected, probability),) = connection.execute(
            "SELECT sum(selected_count), min(inclusion_probability) FROM facts.fct_samples_weekly "
            "WHERE decision_class = 'refunds.classify_request' AND segment = 'all'"
        ).fetchall()
    assert (selected, str(probability)) == (len(rows), "0.250000")
    again = say(project.root, "sample")
    counts = again["classes"]["refunds.classify_request"]
    assert (again["file"], counts["landed"], counts["waiting"]) == (None, len(rows), 0)
    # the daily job does the same, and the release waits for it
    graph = build_definitions(project).resolve_asset_graph()
    assert SAMPLE in graph.get(RELEASE).parent_keys
