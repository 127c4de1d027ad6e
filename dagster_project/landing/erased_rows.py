"""Which landed rows an erasure means, and what they become."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.contracts.column_types import parse_column_type
from dagster_project.contracts.sources import SourceTable
from dagster_project.files import fsync_path
from dagster_project.landing.manifest import LANDED, Books, Entry

if TYPE_CHECKING:
    import pyarrow as pa

PAYLOAD = "_payload_sha256"
_REVIEWER = "reviewer_id"  # the registry says who reviews; whom a row is about is another column
Names = dict[str, str]


class EraseError(RuntimeError):
    """The erasure cannot be done, or cannot be finished; nothing was changed, or see the text."""


@dataclass(frozen=True)
class Found:
    """``keys``: of the rows to erase, by relation. Rows that share one get the same token."""

    subject: str
    decisions: set[str]
    keys: dict[str, set[str]]


@dataclass(frozen=True)
class Tokens:
    ids: Names
    payloads: Names
    subjects: Names


def in_order(values: Iterable[str], make: Callable[[], str]) -> Names:
    """A random token for each, in the order of the values: models break ties by id and payload."""
    ordered = sorted(values, key=str.encode)
    tokens: set[str] = set()
    while len(tokens) < len(ordered):
        tokens.add(make())
    return dict(zip(ordered, sorted(tokens), strict=True))


def tokens(found: Found, tables: "Sequence[ErasedTable]") -> Tokens:
    """New random names for whatever of ``found`` stands in the tables."""
    payloads: set[str] = set()
    for table in tables:
        payloads |= table.payloads(found)
    return Tokens(
        in_order(found.decisions.union(*found.keys.values()), lambda: f"erased_{_random()}"),
        in_order(payloads, lambda: _random() + _random()),
        {found.subject: f"psn_{_random()}{_random()}"} if found.subject else {},
    )


def _random() -> str:
    return secrets.token_hex(16)


def keys_by_relation(
    tables: "Sequence[ErasedTable]", subject: str, decisions: set[str]
) -> dict[str, set[str]]:
    keys = {}
    for table in tables:
        found = table.keys_of(subject, decisions)
        if found:
            keys[table.source.relation] = found
    return keys


class ErasedTable:
    """The landed files of one source table that can name a decision or a person."""

    def __init__(self, books: Books, source: SourceTable) -> None:
        self._books = books
        self.source = source
        self._persons = [c.name for c in source.columns if c.pseudonym and c.name != _REVIEWER]
        self._decisions = [c.name for c in source.columns if c.decision]
        self._ids = {*self._decisions, source.key} - set(self._persons)
        self._free = {c.name for c in source.columns if c.free}
        relevant = bool(self._persons or self._decisions)
        self.entries = [e for e in books if relevant and _is_of(e, source) and not e.is_disposed]

    def decisions_of(self, subject: str) -> set[str]:
        return self._values(self._decisions, lambda rows: self._is_erased(rows, subject, set()))

    def keys_of(self, subject: str, decisions: set[str]) -> set[str]:
        """Keys of the rows to erase. Raises EraseError where a key can hold no token."""
        key = self.source.key
        if key not in self._ids:
            return set()
        keys = self._values([key], lambda rows: self._is_erased(rows, subject, decisions))
        column = next(c for c in self.source.columns if c.name == key)
        if keys and parse_column_type(column.data_type).kind != "varchar":
            raise EraseError(
                f"{self.source.relation}: its key {key} is {column.data_type}, which can hold no "
                "token; declare it varchar"
            )
        return keys

    def payloads(self, found: Found) -> set[str]:
        return self._values([PAYLOAD], lambda rows: self._is_touched(rows, found))

    def rewrite(self, path: Path, found: Found, to: Tokens, staged: Path) -> int:
        """Write the rows of ``path`` anew if any of them changes; how many do."""
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        touched = (self._is_touched(rows, found) for rows in self._read(path, None))
        count = sum(pc.sum(flags).as_py() or 0 for flags in touched)
        if not count:
            return 0
        schema = pq.read_schema(path)
        with pq.ParquetWriter(staged, schema, compression="zstd") as writer:
            for rows in self._read(path, schema.names):
                writer.write_batch(self._anonymous(rows, found, to))
        fsync_path(staged)
        return int(count)

    def _anonymous(self, rows: "pa.RecordBatch", found: Found, to: Tokens) -> "pa.RecordBatch":
        import pyarrow as pa
        import pyarrow.compute as pc

        touched = self._is_touched(rows, found)
        erased = self._is_erased(rows, found.subject, found.decisions)

        def changed(name: str, column: "pa.Array") -> "pa.Array":
            if name == PAYLOAD:
                return _renamed(column, to.payloads, touched)
            if name in self._persons:
                return _renamed(column, to.subjects, erased)
            if name in self._ids:
                return _renamed(column, to.ids, touched)
            if name in self._free:
                return pc.if_else(erased, pa.scalar(None, column.type), column)
            return column

        columns = map(changed, rows.schema.names, rows.columns)
        return pa.RecordBatch.from_arrays(list(columns), schema=rows.schema)

    def _values(self, columns: list[str], choose: "Callable[[pa.RecordBatch], Any]") -> set[str]:
        found: set[Any] = set()
        for entry in self.entries:
            path = self._books.parquet_path(entry.relation, entry.file_sha256)
            for rows in self._read(path, None):
                chosen = rows.filter(choose(rows))
                for name in set(columns) & set(chosen.schema.names):
                    found.update(chosen.column(name).unique().to_pylist())
        return {str(value) for value in found if value is not None}

    def _read(self, path: Path, columns: list[str] | None) -> "Iterator[pa.RecordBatch]":
        """Batches of the columns that tell which rows are meant, or of ``columns``."""
        import pyarrow.parquet as pq

        with pq.ParquetFile(path) as file:
            wanted = columns or [*self._persons, *self._decisions, self.source.key, PAYLOAD]
            there = [name for name in file.schema_arrow.names if name in wanted]
            yield from file.iter_batches(columns=there, use_threads=False)

    def _is_erased(self, rows: "pa.RecordBatch", subject: str, decisions: set[str]) -> "pa.Array":
        """Rows about the subject, or about one of the decisions."""
        chosen = _none(rows)
        for name in self._persons if subject else ():
            chosen = _or(chosen, rows, name, {subject})
        for name in self._decisions:
            chosen = _or(chosen, rows, name, decisions)
        return chosen

    def _is_touched(self, rows: "pa.RecordBatch", found: Found) -> "pa.Array":
        chosen = self._is_erased(rows, found.subject, found.decisions)
        return _or(chosen, rows, self.source.key, found.keys.get(self.source.relation, set()))


def _is_of(entry: Entry, source: SourceTable) -> bool:
    return entry.status == LANDED and entry.relation == source.relation


def _none(rows: "pa.RecordBatch") -> "pa.Array":
    import pyarrow as pa

    return pa.repeat(False, rows.num_rows)


def _or(chosen: "pa.Array", rows: "pa.RecordBatch", name: str, values: set[str]) -> "pa.Array":
    import pyarrow as pa
    import pyarrow.compute as pc

    if not values or name not in rows.schema.names:
        return chosen
    column = rows.column(name).cast(pa.string())
    return pc.or_(chosen, pc.is_in(column, pa.array(sorted(values), pa.string())))


def _renamed(column: "pa.Array", to: Names, where: "pa.Array") -> "pa.Array":
    import pyarrow as pa
    import pyarrow.compute as pc

    if not to:
        return column
    old, new = (pa.array(each, pa.string()) for each in zip(*to.items(), strict=True))
    place = pc.index_in(column.cast(pa.string()), old)
    renamed = pc.coalesce(pc.take(new, place), column.cast(pa.string()))
    return pc.if_else(where, renamed, column)
