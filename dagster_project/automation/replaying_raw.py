"""A recorded run made again from the landed files: facts, evidence and verdicts.

The registry is the recorded one; the mapping, the models and the bounds are those of today. Where
the digests differ, what is gone, erased, changed or written otherwise is named.
"""

import csv
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project import warehouse
from dagster_project.automation.judged_by import (
    CODE,
    FILES,
    VERDICT_TABLES,
    code_files,
    judged_by,
    registry_files,
)
from dagster_project.automation.recorded import restore_recorded
from dagster_project.automation.replaying import Replay, Rows, compared
from dagster_project.ledger.ledger import LedgerError, Line
from dagster_project.settings import Project

if TYPE_CHECKING:
    from dagster_project.landing.manifest import Books, Entry

# which build made a row, and the number of a subject, are new in every rebuild after an erasure
UNCOMPARED = frozenset({"build_id", "subject_key"})
COMPARED = ("facts.", "evidence.")
DECIDED = " ".join(f"+{name},tag:decide" for name in VERDICT_TABLES)
DbtRun = Callable[..., object]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class RawFile:
    """A landed file that is not as the run knew it. ``problem``: gone, erased, changed, unknown.

    ``disposals``: lines of the ledger that record its erasure or disposal.
    """

    source: str
    table: str
    file_sha256: str
    problem: str
    disposals: list[int]


@dataclass(frozen=True)
class ChangedTable:
    """Rows of facts or evidence that only the record has, and that only the rebuild has."""

    name: str
    only_recorded: int
    only_now: int


@dataclass(frozen=True)
class RawReplay:
    """``code``: files of product and company that are new, gone or changed since the run."""

    replay: Replay
    files: list[RawFile]
    code: list[str]
    tables: list[ChangedTable]


def replay_from_raw(
    project: Project,
    line: Line,
    folder: Path,
    *,
    run_dbt: DbtRun,
    tell: Tell = lambda _: None,
) -> RawReplay:
    """Make the run of ``line`` again in the empty ``folder``; the project's own state is only read.

    ``run_dbt(project, *arguments)`` starts dbt. Raises LedgerError, DbtFailedError, OSError, …:
    whatever a step of the daily job raises.
    """
    from dagster_project.landing.manifest import Books
    from dagster_project.ledger.inputs import read_inputs

    kept = read_inputs(project.ledger, line.body["digests"]["inputs"])
    if CODE not in kept:
        raise LedgerError(f"the kept inputs of line {line.seq} lack {CODE}")
    books = Books(project.landing)
    tell("landed files")
    files = raw_files(project, kept.get(FILES, []), line.body["known_batch"])
    staged = replace(project, root=folder / "company", home=folder / "home")
    _stage_company(project, staged, kept)
    _stage_landing(project, staged, books, line.body["known_batch"])
    _build(staged, line, kept, run_dbt, tell)
    with closing(warehouse.connect(staged.warehouse, read_only=True)) as connection:
        found = compared(connection, line, kept)
        now = _rows(*judged_by(connection, staged, line.body["known_batch"]))
    tables = _changed_tables(kept, now)
    return RawReplay(found, files, _changed_code(kept[CODE], code_files(project)), tables)


def _build(
    staged: Project, line: Line, kept: Mapping[str, Rows], run_dbt: DbtRun, tell: Tell
) -> None:
    """The steps of the daily job between landing and ledger, without dbt's data tests."""
    from dagster_project.automation.dbt_assets import rebuild_facts
    from dagster_project.evidence.data_fit.suites import load_suites
    from dagster_project.evidence.data_fit.write import write_data_fit
    from dagster_project.evidence.estimates.write import write_estimates
    from dagster_project.transform.context import RunContext, write_run_context

    context = RunContext(date.fromisoformat(line.body["as_of"]), line.body["known_batch"])
    with closing(warehouse.connect(staged.warehouse)) as connection:
        write_run_context(connection, context)
        restore_recorded(connection, kept)
    build = ("build", "--exclude-resource-type", "test", "--select")
    tell("prepare")
    rebuild_facts(staged, tell)
    run_dbt(staged, *build, "tag:prepare")
    tell("evidence")
    write_data_fit(staged.warehouse, load_suites(staged.suites))
    with closing(warehouse.connect(staged.warehouse)) as connection:
        write_estimates(connection)
    tell("decide")
    run_dbt(staged, *build, *DECIDED.split())


def _stage_company(project: Project, staged: Project, kept: Mapping[str, Rows]) -> None:
    """The company's dbt files and expectations, with the rows that the registry had then."""
    from dagster_project.transform.bridge import dbt_files

    expectations = project.suites[-1].rglob("*.json")
    for path in (*dbt_files(project.root), *expectations):
        copied = staged.root / path.relative_to(project.root)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copied)
    packages = staged.home / "dbt" / "packages"
    packages.parent.mkdir(parents=True)
    packages.symlink_to(project.home / "dbt" / "packages")
    for path in registry_files(staged):
        _write_seed(path, kept.get(f"registry.{path.stem}", []))


def _write_seed(path: Path, rows: Rows) -> None:
    """Under today's header: what has a column too little or too many then shows in the code."""
    with path.open(newline="", encoding="utf-8-sig") as stream:
        header = next(csv.reader(stream))
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, header, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _cell(row.get(name)) for name in header} for row in rows)


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _stage_landing(project: Project, staged: Project, books: "Books", known_batch: str) -> None:
    """Links to what had landed by then and is as its entry says."""
    from dagster_project.landing.manifest import Books
    from dagster_project.landing.pseudonyms import open_pseudonyms
    from dagster_project.landing.registered import write_reviewers
    from dagster_project.landing.verify import verify_entry

    links = Books(staged.landing)
    for entry in books:
        is_gone = entry.is_disposed or verify_entry(books, entry)
        if entry.landing_batch > known_batch or is_gone:
            continue
        where = (entry.relation, entry.file_sha256)
        for path, link in (
            (books.parquet_path(*where), links.parquet_path(*where)),
            (books.quarantine_path(*where), links.quarantine_path(*where)),
            (books.repaired_path(*where), links.repaired_path(*where)),
        ):
            if path.is_file():
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(path)
        links.add(replace(entry, is_frozen=False))  # nothing is made there yet
    write_reviewers(staged, open_pseudonyms(project, books))


def raw_files(project: Project, known: Rows, known_batch: str) -> list[RawFile]:
    """What landed up to ``known_batch`` and is not as ``known`` (rows of landing.files) has it."""
    from dagster_project.landing.manifest import Books

    books = Books(project.landing)
    disposals = _disposals(project)
    recorded = {(f"{row['source']}__{row['table']}", row["file_sha256"]): row for row in known}
    entries = {(e.relation, e.file_sha256): e for e in books if e.landing_batch <= known_batch}
    found = []
    for key in sorted(recorded.keys() | entries.keys()):
        if problem := _problem(books, recorded.get(key), entries.get(key)):
            source, _, table = key[0].partition("__")
            found.append(RawFile(source, table, key[1], problem, disposals.get(key[1], [])))
    return found


def _problem(books: "Books", row: Mapping[str, Any] | None, entry: "Entry | None") -> str | None:
    from dagster_project.landing.verify import verify_entry

    if row is None:
        return "unknown"
    if entry is None:
        return "gone"
    if (
        entry.status == "landed"
        and not books.parquet_path(entry.relation, entry.file_sha256).is_file()
    ):
        return "gone"
    if entry.parquet_sha256 != row["parquet_sha256"] and entry.disposals:
        return "erased"
    is_same = (entry.parquet_sha256, entry.status) == (row["parquet_sha256"], row["status"])
    return "changed" if not is_same or verify_entry(books, entry) else None


def _disposals(project: Project) -> dict[str, list[int]]:
    """SHA-256 of a file → the ledger's lines that dispose of it or of rows in it."""
    from dagster_project.ledger.disposal import KIND
    from dagster_project.ledger.ledger import read

    found: dict[str, list[int]] = {}
    for line in read(project.ledger):
        if line.kind == KIND:
            for file in line.body.get("files", []):
                found.setdefault(str(file.get("file_sha256")), []).append(line.seq)
    return found


def _changed_code(then: Rows, now: Rows) -> list[str]:
    before = {row["path"]: row["sha256"] for row in then}
    after = {row["path"]: row["sha256"] for row in now}
    return sorted(
        path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
    )


def _rows(
    tables: Mapping[str, Iterable[Mapping[str, Any]]],
    batches: Iterator[tuple[str, str, dict[str, Any]]],
) -> dict[str, list[Mapping[str, Any]]]:
    """As ``read_inputs`` gives them."""
    found = {name: list(rows) for name, rows in tables.items()}
    for _, name, row in batches:
        found.setdefault(name, []).append(row)
    return found


def _changed_tables(kept: Mapping[str, Rows], now: Mapping[str, Rows]) -> list[ChangedTable]:
    found = []
    for name in sorted(kept.keys() | now.keys()):
        if name.startswith(COMPARED):
            then, after = _counted(kept.get(name, [])), _counted(now.get(name, []))
            if then != after:
                only_then, only_now = (then - after).total(), (after - then).total()
                found.append(ChangedTable(name, only_then, only_now))
    return found


def _counted(rows: Rows) -> Counter[bytes]:
    from dagster_project.ledger.canonical import canonical

    return Counter(
        canonical({name: row[name] for name in row if name not in UNCOMPARED}) for row in rows
    )
