"""A recorded run is judged again to the byte: after late data, after a change of the registry, from
a copied ledger, under another locale; what was changed or is gone is named."""

import gzip
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from company import run_dbt_in_process
from steps import AS_OF, Judged

from dagster_project.automation.judged_by import MODELS
from dagster_project.automation.replaying import NoSuchRunError, Replay, choose_run, replay
from dagster_project.automation.replaying_raw import raw_files, replay_from_raw
from dagster_project.contracts.sources import load_sources
from dagster_project.files import sha256_file
from dagster_project.landing.land import land
from dagster_project.landing.manifest import Books
from dagster_project.ledger.inputs import keep_inputs, read_inputs
from dagster_project.ledger.ledger import LedgerError, Line
from dagster_project.ledger.record import runs
from dagster_project.settings import Project
from dagster_project.transform.bridge import manifest_path

pytestmark = pytest.mark.xdist_group("flow")


def first_run(project: Project) -> Line:
    return next(line for line, _ in runs(project.ledger))


@pytest.fixture(scope="module")
def kept(loosened: Judged) -> dict[str, Any]:
    """What the first run judged by; of large facts a few rows, which say who built them."""
    address = first_run(loosened.project).body["digests"]["inputs"]
    rows = read_inputs(loosened.project.ledger, address)
    return {name: rows[name][:5] if len(rows[name]) > 3000 else rows[name] for name in rows}


@pytest.fixture
def judged_by(loosened: Judged, kept: dict[str, Any], tmp_path: Path):
    """The replay of the first run as if one row of one table had said otherwise."""
    ledger = tmp_path / "ledger"
    shutil.copytree(loosened.project.ledger, ledger)
    line = first_run(loosened.project)

    def spoilt(table: str, column: str, value: Callable[[str], str], **named: str) -> Replay:
        rows = [dict(row) for row in kept[table]]
        (row,) = (row for row in rows if named.items() <= row.items())
        row[column] = value(row[column])
        address = keep_inputs(ledger, kept | {table: rows})
        body = {**line.body, "digests": {**line.body["digests"], "inputs": address}}
        return replay(ledger, replace(line, body=body))

    return spoilt


def test_every_run_comes_out_again_elsewhere_from_a_copy_of_the_ledger_alone(
    loosened: Judged, baseline: Judged, tmp_path: Path
) -> None:
    shutil.copytree(loosened.project.ledger, tmp_path / "copied")
    strange = {
        **{name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ},
        **{"PYTHONHASHSEED": "7", "LC_ALL": "C", "TZ": "America/New_York"},
    }
    command = ["-m", "dagster_project.cli.entry", "replay", "--ledger", "copied"]
    done = subprocess.run(
        [sys.executable, *command, "--format", "json"],
        cwd=tmp_path,
        env=strange,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    answer = json.loads(done.stdout)
    newest = loosened.recorded.digest
    assert (answer["is_equal"], answer["digest"], answer["notes"]) == (True, newest, [])
    # before the registry was changed
    found = replay(tmp_path / "copied", first_run(loosened.project))
    assert found.digest == found.recorded == baseline.recorded.digest != newest


def test_what_is_judged_otherwise_is_named(judged_by) -> None:
    row = {
        "decision_class": "procurement.terminate_supplier",
        "segment": "all",
        "criterion_id": "latency",
    }
    found = judged_by("evidence.estimates", "bound", lambda _: "0.000000001", **row)
    assert not found.is_equal
    (named,) = (each for each in found.differences if "latency" in each.key)
    assert named.key == "procurement.terminate_supplier all production_fit latency"
    assert named.columns["bound"][1] == "0.000000001"


def test_other_sql_of_the_newest_run_is_said(judged_by) -> None:
    found = judged_by(MODELS, "sql", lambda sql: f"{sql} -- as it was", relation="gates.gate_due")
    assert found.is_equal
    assert found.notes == ["the newest run judges by other SQL: gates.gate_due"]


def test_kept_sql_reads_no_file_of_this_machine(judged_by, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of this machine")

    def spying(sql: str) -> str:
        return f"select * from read_text('{secret}'), ({sql})"

    with pytest.raises(LedgerError, match="cannot be judged again") as refused:
        judged_by(MODELS, "sql", spying, relation="gates.gate_due")
    assert "disabled by configuration" in str(refused.value)


def test_the_newest_run_that_fits_is_chosen_and_else_the_nearest_are_named(
    loosened: Judged,
) -> None:
    ledger = loosened.project.ledger
    lines = [line for line, _ in runs(ledger)]
    assert choose_run(ledger) == choose_run(ledger, as_of=AS_OF) == lines[-1]
    assert choose_run(ledger, run=str(lines[0].seq)) == lines[0]
    known = datetime.now(UTC)
    assert choose_run(ledger, as_of=AS_OF, known_at=known) == lines[-1]
    with pytest.raises(NoSuchRunError) as none:
        choose_run(ledger, as_of=date(2025, 8, 1))
    assert len(none.value.nearest) == len(lines)
    assert none.value.nearest[0].startswith(f"as of 2025-08-03, known batch {known:%Y}")
    with pytest.raises(NoSuchRunError):
        choose_run(ledger, known_at=datetime(2025, 8, 3, tzinfo=UTC))


@pytest.fixture(scope="module")
def late(loosened: Judged, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """After the second run every review landed once more, and now each was overturned."""
    folder = tmp_path_factory.mktemp("late")
    for part in ("landing", "ledger", "dbt", "keys"):
        shutil.copytree(loosened.project.home / part, folder / "home" / part, symlinks=True)
    shutil.copytree(loosened.project.root, folder / "company")
    root, home = folder / "company", folder / "home"
    project = replace(loosened.project, root=root, home=home, ledger=home / "ledger")
    path = root / "data" / "procurement" / "reviews.jsonl.gz"
    rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    overturned = "".join(
        json.dumps(row | {"review_id": f"late-{row['review_id']}", "verdict": "overturn"}) + "\n"
        for row in rows
    )
    path.with_name("reviews-late.jsonl.gz").write_bytes(gzip.compress(overturned.encode()))
    report = land(project, load_sources(manifest_path(project)), now=datetime.now(UTC))
    assert report.totals["landed_files"] == 1
    return project


def test_from_landed_files_a_run_before_late_data_and_before_the_registry_comes_out_again(
    late: Project, baseline: Judged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In another time zone, with another number of threads."""

    def run_dbt(project: Project, *arguments: str) -> None:
        assert run_dbt_in_process(project, arguments).success

    line = first_run(late)
    project = replace(late, threads=4)
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        found = replay_from_raw(project, line, tmp_path / "raw", run_dbt=run_dbt)
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    assert found.replay.digest == found.replay.recorded == baseline.recorded.digest
    assert (found.files, found.code, found.tables) == ([], [], [])


def test_landed_files_that_are_gone_erased_or_changed_are_named(
    late: Project, kept: dict[str, Any], tmp_path: Path
) -> None:
    shutil.copytree(late.landing, tmp_path / "home" / "landing")
    project = replace(late, home=tmp_path / "home")
    known, batch = kept["landing.files"], first_run(late).body["known_batch"]
    assert raw_files(project, known, batch) == []
    books = Books(project.landing)
    gone, changed, erased = (
        next(e for e in books if e.table == table and e.landing_batch <= batch)
        for table in ("business_actions", "decisions", "audit_sample")
    )
    books.parquet_path(gone.relation, gone.file_sha256).unlink()
    path = books.parquet_path(changed.relation, changed.file_sha256)
    path.write_bytes(path.read_bytes()[:-1])
    path = books.parquet_path(erased.relation, erased.file_sha256)
    path.write_bytes(b"anonymous")
    books.add(replace(erased, parquet_sha256=sha256_file(path), disposals=["an erasure"]))
    found = raw_files(project, known, batch)
    assert {(file.table, file.file_sha256, file.problem) for file in found} == {
        ("business_actions", gone.file_sha256, "gone"),
        ("decisions", changed.file_sha256, "changed"),
        ("audit_sample", erased.file_sha256, "erased"),
    }
