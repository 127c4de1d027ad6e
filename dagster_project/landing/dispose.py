"""Landed rows that are old enough go, by whole landing batches; entries and refused units stay.

The entry is marked before its rows go, so that a kill leaves rows that nobody reads any more
(``Books.mend`` removes them), never an entry that misses its rows.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dagster_project.files import fsync_path
from dagster_project.landing.manifest import LANDED, Books, Entry, batch_time


@dataclass(frozen=True)
class DisposedFile:
    """One landed file that goes: hex SHA-256 of its content and of its Parquet, and its rows."""

    relation: str
    file_sha256: str
    parquet_sha256: str
    row_count: int


def due_batches(books: Books, days: int, now: datetime) -> list[str]:
    """Batches, oldest first, that landed ``days`` ago or earlier and still hold rows."""
    until = now - timedelta(days=days)
    return sorted(
        {e.landing_batch for e in with_rows(books) if batch_time(e.landing_batch) <= until}
    )


def with_rows(books: Books) -> list[Entry]:
    """Landed entries whose rows have not gone."""
    return [e for e in books if e.status == LANDED and not e.is_disposed]


def files_of(books: Books, batches: Collection[str]) -> list[DisposedFile]:
    """What of ``batches`` still holds rows, in a fixed order."""
    found = [
        DisposedFile(e.relation, e.file_sha256, str(e.parquet_sha256), e.landed_count)
        for e in with_rows(books)
        if e.landing_batch in batches
    ]
    return sorted(found, key=lambda file: (file.relation, file.file_sha256))


def dispose(books: Books, disposal: str, gone: Collection[str], frozen: Collection[str]) -> None:
    """Mark the entries of both kinds of batches, then remove the rows of those that are ``gone``.

    May be repeated. Raises OSError.
    """
    for entry in list(books):
        is_gone = entry.landing_batch in gone
        if not is_gone and entry.landing_batch not in frozen:
            continue
        names = sorted({*entry.disposals, disposal}) if is_gone else entry.disposals
        is_disposed = entry.is_disposed or (is_gone and entry.status == LANDED)
        marked = replace(entry, is_frozen=True, is_disposed=is_disposed, disposals=names)
        if marked != entry:
            books.add(marked)
    _remove(books, (e for e in books if e.is_disposed))


def _remove(books: Books, entries: Iterable[Entry]) -> None:
    for entry in entries:
        path = books.parquet_path(entry.relation, entry.file_sha256)
        if path.exists():
            path.unlink()
            fsync_path(path.parent)
