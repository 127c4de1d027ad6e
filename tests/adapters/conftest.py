"""One company that reads every adapter's source: landed and built once, asked by all tests."""

import gzip
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from company import make_company, parse_in_process, pseudonyms, run_dbt_in_process

from dagster_project import warehouse
from dagster_project.contracts.sources import load_sources
from dagster_project.landing.land import land
from dagster_project.landing.manifest import read_entries
from dagster_project.settings import Project
from dagster_project.transform.bridge import manifest_path
from dagster_project.transform.context import RunContext, write_run_context

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
DATA = HERE.parent / "data"
STREAMS = ("decisions", "reviews", "audit_sample", "outcomes", "rail_evidence")
Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="session")
def adapters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    from telemetry import write_telemetry

    with pytest.MonkeyPatch.context() as patch:
        project = adapters_company(tmp_path_factory.mktemp("adapters"), patch)
        shutil.copytree(DATA, project.root / "data")
        write_telemetry(project.root / "data" / "otlp")
        mlflow = start_mlflow(project.root / "data" / "mlflow")
        write_annotated_trace(project.root / "data" / "langfuse")
        parse_in_process(project)
        _, errors = mlflow.communicate()
        assert mlflow.returncode == 0, errors
        now = datetime.now(UTC)
        land(project, load_sources(manifest_path(project)), now=now)
        batches = [entry.landing_batch for entry in read_entries(project.landing)]
        context = RunContext(date(2026, 11, 1), max(batches))
        project.warehouse.parent.mkdir(parents=True, exist_ok=True)
        with closing(warehouse.connect(project.warehouse)) as connection:
            write_run_context(connection, context)
        assert run_dbt_in_process(project, ["build", "-s", "tag:prepare"]).success
        yield project


@pytest.fixture
def ask(adapters: Project) -> Iterator[Ask]:
    with closing(warehouse.connect(adapters.warehouse, read_only=True)) as connection:
        yield lambda query: connection.execute(query).fetchall()


@pytest.fixture
def psn(adapters: Project) -> Callable[[str], str]:
    """The pseudonym that a name landed under."""
    return pseudonyms(adapters).of


def adapters_company(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The sources and one-line staging models of ``company/``, in a project without data."""
    project = make_company(folder, monkeypatch)
    shutil.rmtree(project.root / "models" / "staging" / "procurement")
    shutil.copytree(HERE / "company", project.root, dirs_exist_ok=True)
    models = sorted(path.stem for path in project.root.glob("models/staging/*/stg_*.sql"))
    lists = "\n".join(
        f"      {stream}: [{', '.join(m for m in models if m.endswith(stream))}]"
        for stream in STREAMS
    )
    settings = project.root / "dbt_project.yml"
    text = re.sub(r"streams:\n(      .*\n)+", f"streams:\n{lists}\n", settings.read_text())
    settings.write_text(text)
    return project


def write_annotated_trace(folder: Path) -> None:
    """A real export as it looks once people have scored it; none of the bundled ones has that."""
    real = folder / "google-adk-2025-08-28.json.gz"
    document = json.loads(gzip.decompress(real.read_bytes()))
    (tool,) = (o for o in document["observations"] if o["type"] == "TOOL")
    document["trace"]["id"] = "annotated"
    for observation in document["observations"]:
        observation["traceId"] = "annotated"
    person = {"source": "ANNOTATION", "dataType": "BOOLEAN", "authorUserId": "u-1"}
    whole, single = document["trace"]["scores"]
    whole |= person | {"id": "a-1", "name": "helpful", "value": 1, "stringValue": "True"}
    single |= person | {"id": "a-2", "name": "right tool", "value": 0, "observationId": tool["id"]}
    tool["metadata"] |= {"penstock.decision.class": "greet", "penstock.confidence": 0.875}
    tool["metadata"] = json.dumps(tool["metadata"])
    (folder / "annotated.json.gz").write_bytes(gzip.compress(json.dumps(document).encode()))


def start_mlflow(folder: Path) -> subprocess.Popen[str]:
    """Writes traces meanwhile; see ``mlflow_traces.py``."""
    folder.mkdir()
    command = [sys.executable, str(HERE / "mlflow_traces.py"), str(folder)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=folder, stdout=pipe, stderr=pipe, text=True)
