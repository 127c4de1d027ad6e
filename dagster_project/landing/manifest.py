"""The books of landing: one JSON entry per file, written last, so that it vouches for the rest."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dagster_project.files import fsync_path, write_durably

LANDED = "landed"
UNACCOUNTABLE = "unaccountable"
PARSER_VERSION = "3"
_STAMP = "%Y%m%dT%H%M%S%fZ"


class ManifestError(ValueError):
    """An entry that cannot be read; it was edited by hand or the disk lost it."""


@dataclass(frozen=True)
class Entry:
    """One file of one source table. Times are ISO 8601 text in UTC.

    ``file_sha256`` and ``byte_count`` are of the decompressed content; for a file that
    cannot be opened the hash is of ``raw:`` plus the hash of its raw bytes.
    ``replaces``: unaccountable contents this file once had. ``pseudonym_key``: which key the
    pseudonyms were made with (``Pseudonyms.key_id``), None where no column names a person.
    ``confirmed_batch``: the call that found the content again where it had been unaccountable.
    ``disposals``: erasures that rows of it went through, as the ledger names them.
    ``repairs``: content whose refused units this entry repairs; it is no file then, but a retry:
    it holds the units that can be read now, or none where ``corrected_by`` names the content of
    the corrected file in which they landed.
    ``is_disposed``: its rows went by age, entry and refused units stay. ``is_frozen``: of a landing
    batch that went, or that touches decisions of one: its facts cannot be made again.
    """

    source: str
    table: str
    file_name: str
    file_sha256: str
    byte_count: int
    status: str
    landed_at: str
    landing_batch: str
    reason: str | None = None
    detail: str | None = None
    parquet_sha256: str | None = None
    quarantine_sha256: str | None = None
    unit_count: int = 0
    landed_count: int = 0
    quarantined_count: int = 0
    blank_count: int = 0
    first_event_at: str | None = None
    last_event_at: str | None = None
    parser_version: str = PARSER_VERSION
    undeclared_keys: dict[str, int] = field(default_factory=dict)
    quarantine_reasons: dict[str, int] = field(default_factory=dict)
    replaces: list[str] = field(default_factory=list)
    pseudonym_key: str | None = None
    disposals: list[str] = field(default_factory=list)
    confirmed_batch: str | None = None
    repairs: str | None = None
    repaired_count: int = 0
    repaired_sha256: str | None = None
    corrected_by: str | None = None
    is_disposed: bool = False
    is_frozen: bool = False

    @property
    def newest_batch(self) -> str:
        """The last landing call that wrote this entry."""
        return max(self.landing_batch, self.confirmed_batch or "")

    @property
    def relation(self) -> str:
        return f"{self.source}__{self.table}"


class Books:
    """All entries under ``landing/_files``, plus where their Parquet lies."""

    def __init__(self, landing: Path) -> None:
        self.landing = landing
        self._entries: dict[tuple[str, str], Entry] = {}
        self.reload()

    def reload(self) -> None:
        """As they are on disk now. Raises ManifestError."""
        self._entries = {(e.relation, e.file_sha256): e for e in read_entries(self.landing)}

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries.values()))

    def find(self, relation: str, file_sha256: str) -> Entry | None:
        return self._entries.get((relation, file_sha256))

    def stale(self, relation: str, file_name: str, file_sha256: str) -> list[Entry]:
        """Unaccountable entries of that file name, other than of this content."""
        return [
            entry
            for entry in self
            if entry.status == UNACCOUNTABLE
            and (entry.relation, entry.file_name) == (relation, file_name)
            and entry.file_sha256 != file_sha256
        ]

    def add(self, entry: Entry, *, settles: bool = False) -> None:
        """Write ``entry`` durably, then drop what it replaces; a kill in between is mended.

        ``settles``: this content has now been found under its name, in place of others.
        """
        name = entry.file_name
        stale = self.stale(entry.relation, name, entry.file_sha256) if settles else []
        replaces = sorted({*entry.replaces, *(other.file_sha256 for other in stale)})
        entry = replace(entry, replaces=replaces)
        text = json.dumps(asdict(entry), indent=1, ensure_ascii=True)
        write_durably(self._entry_path(entry), text.encode())
        self._entries[(entry.relation, entry.file_sha256)] = entry
        self._drop(stale)

    def parquet_path(self, relation: str, file_sha256: str) -> Path:
        return self.landing / relation / f"{file_sha256}.parquet"

    def quarantine_path(self, relation: str, file_sha256: str) -> Path:
        return self.landing / "_quarantine" / f"{relation}__{file_sha256}.parquet"

    def repaired_path(self, relation: str, file_sha256: str) -> Path:
        return self.landing / "_repaired" / f"{relation}__{file_sha256}.parquet"

    def retries(self, entry: Entry) -> list[Entry]:
        """Entries that repair refused units of ``entry``."""
        return [e for e in self if (e.relation, e.repairs) == (entry.relation, entry.file_sha256)]

    def mend(self) -> None:
        """Clear up after a killed call: temporary files, replaced entries, rows without entry.

        The last are set aside as ``.orphan``, not deleted: the books may be what was lost.
        """
        for leftover in self.landing.rglob(".*.tmp"):
            leftover.unlink()
        landed = [entry for entry in self if entry.status == LANDED]
        for entry in landed:
            if entry.is_disposed:
                self.parquet_path(entry.relation, entry.file_sha256).unlink(missing_ok=True)
        kept = {self.parquet_path(e.relation, e.file_sha256) for e in landed}
        kept |= {self.quarantine_path(e.relation, e.file_sha256) for e in landed}
        kept |= {self.repaired_path(e.relation, e.file_sha256) for e in landed}
        for path in self.landing.glob("*/*.parquet"):
            if path not in kept:
                path.rename(path.with_suffix(".orphan"))
        for entry in landed:
            replaced = (self.find(entry.relation, digest) for digest in entry.replaces)
            self._drop([old for old in replaced if old and old.status == UNACCOUNTABLE])

    def next_batch(self, now: datetime) -> str:
        """UTC stamp, after every batch in the books even when the clock went back."""
        stamp = now.astimezone(UTC)
        last = max((entry.newest_batch for entry in self), default=None)
        if last is not None:
            stamp = max(stamp, batch_time(last) + timedelta(microseconds=1))
        return stamp.strftime(_STAMP)

    def _entry_path(self, entry: Entry) -> Path:
        return self.landing / "_files" / f"{entry.relation}__{entry.file_sha256}.json"

    def _drop(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            path = self._entry_path(entry)
            path.unlink(missing_ok=True)
            fsync_path(path.parent)
            self._entries.pop((entry.relation, entry.file_sha256), None)


def batch_time(batch: str) -> datetime:
    """The moment a landing batch is named after."""
    return datetime.strptime(batch, _STAMP).replace(tzinfo=UTC)


def read_entries(landing: Path) -> list[Entry]:
    """Every manifest entry, by file name. Raises ManifestError."""
    names = {known.name for known in fields(Entry)}
    entries = []
    for path in sorted((landing / "_files").glob("*.json")):
        try:
            raw = json.loads(path.read_bytes())
            entries.append(Entry(**{key: value for key, value in raw.items() if key in names}))
            batch_time(entries[-1].landing_batch)
        except (ValueError, TypeError, AttributeError) as error:
            raise ManifestError(f"{path}: not a manifest entry ({error}); restore it") from error
    return entries
