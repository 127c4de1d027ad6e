"""``make replay``: weeks of a company, each recorded, and every one of them judged again.

Late records, an empty week, a change of thresholds, an owner who leaves, an erasure and a lost file
come in between. Ends with an error when a digest does not come out, or nobody is told why.
"""

import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from company import DEMO, parse_in_process, read_seed, write_seed
from steps import AS_OF, judge, loosen_and_tighten, procurement

from dagster_project.automation.erasing import erase
from dagster_project.contracts.sources import load_sources
from dagster_project.landing.land import land
from dagster_project.landing.manifest import Books
from dagster_project.ledger.record import runs
from dagster_project.settings import Project
from dagster_project.transform.bridge import manifest_path

WEEKS = int(os.environ.get("REPLAY_WEEKS", "5"))
FIRST = AS_OF - timedelta(weeks=WEEKS - 1)
WHEN = ("occurred_at", "reviewed_at", "selected_at", "executed_at", "observed_at", "attempted_at")
# of a hundred records so many come a week late
LATE_SHARE = 7
PLACES = (
    {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "America/New_York"},
    {"PYTHONHASHSEED": "99", "LC_ALL": "C.UTF-8", "TZ": "Asia/Kolkata"},
)


@dataclass
class Outcome:
    """``kept_bytes``: what each run added to ``ledger/inputs``."""

    kept_bytes: list[int] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    from_inputs: int = 0
    from_raw: int = 0
    named: int = 0


def main() -> int:
    outcome = Outcome()
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        project = procurement(Path(folder), patch)
        shutil.rmtree(project.root / "data")
        (project.root / "data" / "procurement").mkdir(parents=True)
        for week, _ in enumerate(weeks(project)):
            outcome.kept_bytes.append(record(project, week) - sum(outcome.kept_bytes))
            print(f"week {week}: {outcome.kept_bytes[-1]:,} bytes kept", flush=True)
        from_inputs(project, Path(folder) / "elsewhere", outcome)
        from_raw(project, outcome)
        after_erasure_and_loss(project, outcome)
    for line in outcome.failures:
        print(f"FAILED {line}")
    print(f"RESULT replay_runs={WEEKS}")
    print(f"RESULT replay_equal_from_inputs={outcome.from_inputs}")
    print(f"RESULT replay_equal_from_raw={outcome.from_raw}")
    print(f"RESULT replay_causes_named={outcome.named}")
    print(f"RESULT replay_kept_kb_first={outcome.kept_bytes[0] / 1024:.0f}")
    print(f"RESULT replay_kept_kb_later={statistics.median(outcome.kept_bytes[1:]) / 1024:.0f}")
    print(f"RESULT replay_failed={len(outcome.failures)}")
    return 1 if outcome.failures else 0


def weeks(project: Project) -> Iterator[None]:
    """Drop the files of each week, with what happens in it."""
    data = project.root / "data" / "procurement"
    streams = {path: list(stream(path)) for path in (DEMO / "data" / "procurement").glob("*.gz")}
    for week in range(WEEKS):
        for path, records in streams.items():
            lines = [line for known, line in records if known == week and week != 2]
            # the third week brings nothing; its records come with the fourth
            lines += [line for known, line in records if known == 2 and week == 3]
            if lines:
                name = path.name.replace(".jsonl", f"-{week}.jsonl")
                (data / name).write_bytes(gzip.compress(b"".join(lines)))
        if week == 0:
            shutil.copyfile(DEMO / "data" / "procurement" / "kpis.csv", data / "kpis.csv")
        if week == 1:
            loosen_and_tighten(project)
        if week == 4:
            write_seed(project, "owners", gone_risk_owner(project))
        yield


def stream(path: Path) -> Iterator[tuple[int, bytes]]:
    """(the week in which it lands, line) of every record."""
    for number, line in enumerate(gzip.decompress(path.read_bytes()).splitlines(keepends=True)):
        row = json.loads(line)
        day = date.fromisoformat(next(row[name] for name in WHEN if row.get(name))[:10])
        week = max(0, -(-(day - FIRST).days // 7)) + (number % 100 < LATE_SHARE)
        yield min(week, WEEKS - 1), line


def gone_risk_owner(project: Project) -> list[dict[str, str]]:
    rows = read_seed(project, "owners")
    for row in rows:
        if (row["workflow"], row["role"]) == ("procurement", "risk"):
            row["valid_until"] = (AS_OF - timedelta(days=1)).isoformat()
    return rows


def record(project: Project, week: int) -> int:
    """Land, judge and record; the bytes that the ledger keeps since the first run."""
    parse_in_process(project)
    land(project, load_sources(manifest_path(project)), now=datetime.now(UTC))
    judge(replace(project, as_of=FIRST + timedelta(weeks=week)))
    return sum(path.stat().st_size for path in (project.ledger / "inputs").rglob("*.*"))


def from_inputs(project: Project, elsewhere: Path, outcome: Outcome) -> None:
    """Every run from a copy of the ledger alone, in two places by turns."""
    shutil.copytree(project.ledger, elsewhere / "ledger")
    for (line, _), place in zip(runs(project.ledger), cycle(PLACES), strict=False):
        asked = ("--ledger", "ledger", "--run", str(line.seq))
        code, answer = penstock(*asked, folder=elsewhere, place=place)
        check(outcome, code == 0 and answer["is_equal"], f"from inputs: {answer}")
        outcome.from_inputs += code == 0


def from_raw(project: Project, outcome: Outcome) -> None:
    """Every run from landed files, in two places by turns, with dbt in processes of its own."""
    for (line, _), place in zip(runs(project.ledger), cycle(PLACES), strict=False):
        code, answer = raw(project, line.seq, place)
        rest = [answer.get(name) for name in ("files", "code", "tables")]
        check(outcome, code == 0 and rest == [[], [], []], f"from raw: {answer}")
        outcome.from_raw += code == 0


def after_erasure_and_loss(project: Project, outcome: Outcome) -> None:
    """An erasure changes no verdict and is named; a lost file does, and is named too."""
    last = [line.seq for line, _ in runs(project.ledger)][-1]
    sources = load_sources(manifest_path(project))
    done = erase(project, sources, actor="campaign", decision="cv-20250203-0073")
    code, answer = raw(project, last, PLACES[0])
    files = answer.get("files", [])
    is_named = {(f["problem"], *f["disposals"]) for f in files} == {("erased", done.line)}
    check(outcome, code == 0 and is_named, f"after an erasure: {answer}")
    books = Books(project.landing)
    lost = next(entry for entry in books if entry.table == "reviews")
    books.parquet_path(lost.relation, lost.file_sha256).unlink()
    code, answer = raw(project, last, PLACES[0])
    gone = {f["file_sha256"] for f in answer.get("files", []) if f["problem"] == "gone"}
    is_told = bool(answer.get("differences")) and any(
        table["name"] == "facts.fct_reviews_daily" for table in answer.get("tables", [])
    )
    check(outcome, code == 1 and gone == {lost.file_sha256} and is_told, f"a lost file: {answer}")
    outcome.named = int(is_named) + int(gone == {lost.file_sha256})
    code, answer = penstock("--run", str(last), folder=project.root, place=PLACES[1])
    check(outcome, code == 0, f"from inputs after a loss: {answer}")


def check(outcome: Outcome, is_met: bool, what: str) -> None:
    print(f"{'ok' if is_met else 'FAILED'} {what[:100]}", flush=True)
    if not is_met:
        outcome.failures.append(what)


def raw(project: Project, line: int, place: dict[str, str]) -> tuple[int, dict[str, Any]]:
    return penstock("--from-raw", "--run", str(line), folder=project.root, place=place)


def penstock(*arguments: str, folder: Path, place: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """(exit code, the document) of ``penstock replay``."""
    command = [sys.executable, "-m", "dagster_project.cli.entry", "replay", "--format", "json"]
    done = subprocess.run(
        [*command, *arguments],
        cwd=folder,
        env=os.environ | place,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout)


if __name__ == "__main__":
    sys.exit(main())
