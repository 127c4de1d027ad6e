"""One retry of one file, while it is written: an entry of its own, in a batch of its own.

Nothing that landed before is changed, so a view of an earlier time still counts the units as
refused. Written like a file: rows, then the list of repaired units, then the entry that vouches
for both.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Self

from dagster_project.contracts.sources import SourceTable
from dagster_project.landing.land_file import Survey, entry_of_rows
from dagster_project.landing.manifest import Books, Entry, batch_time
from dagster_project.landing.payloads import PayloadHasher
from dagster_project.landing.pseudonyms import Pseudonyms
from dagster_project.landing.write import LandedRows, Stamp
from dagster_project.landing.write_refused import RepairedUnits


class RetryError(ValueError):
    """Nothing of the file was repaired; the text says why and what to do."""


@dataclass(frozen=True)
class Call:
    """What all retries of one call share, while it holds the lock of landing."""

    books: Books
    batch: str
    hasher: PayloadHasher
    pseudonyms: Callable[[], Pseudonyms]


class Repair:
    """``rows``: units that can be read now. ``units``: which refused units no longer count.

    ``corrected_by``: content in which their rows have landed; without it they land here.
    """

    def __init__(
        self, call: Call, old: Entry, source: SourceTable, corrected_by: str | None = None
    ) -> None:
        number = len(call.books.retries(old)) + 1
        name = hashlib.sha256(f"retry:{old.file_sha256}:{number}".encode()).hexdigest()
        moment = batch_time(call.batch)
        stamp = Stamp(source, old.file_name, name, call.batch, moment, call.pseudonyms)
        books = call.books
        self._books, self._old, self._stamp = books, old, stamp
        self._corrected_by = corrected_by
        self.rows = LandedRows(books.parquet_path(old.relation, name), stamp, call.hasher)
        path = books.repaired_path(old.relation, name)
        self.units = RepairedUnits(path, stamp, old.file_sha256, corrected_by or name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        """What was not finished leaves nothing."""
        self.rows.discard()
        self.units.discard()

    def finish(self, undeclared: Mapping[str, int] | None = None) -> None:
        """Make it count; nothing where nothing was repaired. ``undeclared``: keys left out."""
        if not self.units.count:
            return
        self.rows.flush()
        stamp, survey = self._stamp, Survey(self._stamp.file_sha256, 0, None)
        parquet_sha256, repaired_sha256 = self.rows.finish(), self.units.finish()
        entry = replace(
            entry_of_rows(stamp, survey, self.rows, parquet_sha256),
            unit_count=self.rows.count,
            repairs=self._old.file_sha256,
            repaired_count=self.units.count,
            repaired_sha256=repaired_sha256,
            corrected_by=self._corrected_by,
            undeclared_keys=dict(sorted((undeclared or {}).items())),
        )
        self._books.add(entry)
