"""Erasure: rows of a person or a decision are made anonymous where they lie in landed Parquet.

Ids become random tokens, free columns NULL; no row, count, cluster or order of ids is lost, so that
a rebuild gives the facts that it gave before. In two halves, so that a kill leaves the old state or
one that ``apply`` finishes: ``stage`` writes the new files and, last, a journal; ``apply`` puts
them in place and can be repeated. The journal holds hashes and counts, no id and no token.
"""

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from dagster_project.contracts.sources import SourceTable
from dagster_project.files import fsync_path, replace_durably, sha256_file, write_durably
from dagster_project.landing.erased_rows import (
    ErasedTable,
    EraseError,
    Found,
    keys_by_relation,
    tokens,
)
from dagster_project.landing.manifest import Books, Entry

FOLDER = "_erasure"
JOURNAL = "journal.json"
FROZEN = (
    "rows of it lie in landing batch {batch}, whose facts are frozen and know them by their old "
    "ids: nothing was changed; `penstock landed dispose` takes them once that batch is old enough"
)


@dataclass(frozen=True)
class ErasedFile:
    """One landed file: hex SHA-256 of its Parquet before and after, and how many rows changed."""

    relation: str
    file_sha256: str
    old_parquet_sha256: str
    new_parquet_sha256: str
    row_count: int


@dataclass(frozen=True)
class Erasure:
    """``scope``: subject or decision. What the ledger's ``disposal`` line holds."""

    erasure: str
    scope: str
    decision_count: int = 0
    row_count: int = 0
    files: list[ErasedFile] = field(default_factory=list)


def pending(landing: Path) -> Erasure | None:
    """An erasure that was begun and not finished."""
    path = landing / FOLDER / JOURNAL
    if not path.is_file():
        return None
    raw = json.loads(path.read_bytes())
    return Erasure(**raw | {"files": [ErasedFile(**each) for each in raw["files"]]})


def stage(
    books: Books, sources: Sequence[SourceTable], *, subject: str = "", decision: str = ""
) -> Erasure | None:
    """Write the new files and the journal; None when nothing of it has landed.

    ``subject``: a pseudonym; ``decision``: an id. Nothing that was landed has changed yet.
    Raises EraseError, OSError.
    """
    folder = books.landing / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob("*.staged"):
        leftover.unlink()
    tables = [ErasedTable(books, source) for source in sources]
    for entry in (entry for table in tables for entry in table.entries):
        _check_intact(books, entry)
    decisions = {decision} if decision else set()
    for table in tables if subject else ():
        decisions |= table.decisions_of(subject)
    found = Found(subject, decisions, keys_by_relation(tables, subject, decisions))
    names = tokens(found, tables)
    files = []
    for table in tables:
        for entry in table.entries:
            staged = _staged(folder, entry.relation, entry.file_sha256)
            path = books.parquet_path(entry.relation, entry.file_sha256)
            if count := table.rewrite(path, found, names, staged):
                if entry.is_frozen:
                    raise EraseError(FROZEN.format(batch=entry.landing_batch))
                files.append(_file(entry, staged, count))
    if not files:
        return None
    erasure = Erasure(
        secrets.token_hex(16),
        "subject" if subject else "decision",
        len(decisions),
        sum(file.row_count for file in files),
        files,
    )
    write_durably(folder / JOURNAL, json.dumps(asdict(erasure)).encode())
    return erasure


def apply(books: Books, erasure: Erasure, on_step: Callable[[str], None] = lambda _: None) -> None:
    """Put the staged files in place, each with its entry. May be repeated after a kill.

    Raises EraseError when a file is neither staged nor in place.
    """
    for file in erasure.files:
        final = books.parquet_path(file.relation, file.file_sha256)
        staged = _staged(books.landing / FOLDER, file.relation, file.file_sha256)
        if staged.is_file():
            on_step("replace")
            replace_durably(staged, final)
        if sha256_file(final) != file.new_parquet_sha256:
            raise EraseError(f"{final} is not what the erasure wrote: restore it, then erase again")
        entry = books.find(file.relation, file.file_sha256)
        if entry is None:
            raise EraseError(f"{final} has lost its entry in the books: restore it")
        on_step("entry")
        done = sorted({*entry.disposals, erasure.erasure})
        books.add(replace(entry, parquet_sha256=file.new_parquet_sha256, disposals=done))


def finish(landing: Path) -> None:
    """The erasure is complete, and recorded: forget the journal."""
    path = landing / FOLDER / JOURNAL
    path.unlink(missing_ok=True)
    fsync_path(path.parent)


def _staged(folder: Path, relation: str, file_sha256: str) -> Path:
    return folder / f"{relation}__{file_sha256}.staged"


def _check_intact(books: Books, entry: Entry) -> None:
    path = books.parquet_path(entry.relation, entry.file_sha256)
    if not path.is_file() or sha256_file(path) != entry.parquet_sha256:
        raise EraseError(f"{path} is not as it was written; restore it, then erase again")


def _file(entry: Entry, staged: Path, count: int) -> ErasedFile:
    old, new = str(entry.parquet_sha256), sha256_file(staged)
    return ErasedFile(entry.relation, entry.file_sha256, old, new, count)
