"""Typed rows into Parquet: record batches, a temporary name, a hash, fsync, rename."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.contracts.sources import SourceTable
from dagster_project.files import replace_durably, sha256_file, temporary_name
from dagster_project.landing.arrow_schema import (
    declared_schema,
    landed_schema,
    quarantine_schema,
    stored_schema,
)
from dagster_project.landing.pseudonyms import Pseudonyms, check_protected, no_pseudonyms

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

BATCH_ROWS = 20_000
BATCH_BYTES = 64 << 20


@dataclass(frozen=True)
class Stamp:
    """What every row of one file carries. ``pseudonyms``: asked where a column names a person."""

    source: SourceTable
    file_name: str
    file_sha256: str
    landing_batch: str
    landed_at: datetime
    pseudonyms: Callable[[], Pseudonyms] = no_pseudonyms


class ParquetFile:
    """A Parquet file that readers see whole or not at all."""

    def __init__(self, final: Path, schema: "pa.Schema", persons: Sequence[str] = ()) -> None:
        """``persons``: columns that must hold pseudonyms."""
        import pyarrow.parquet as pq

        self._persons = persons

        final.parent.mkdir(parents=True, exist_ok=True)
        self._final = final
        self._temporary = temporary_name(final)
        self._writer = pq.ParquetWriter(self._temporary, schema, compression="zstd")

    def write(self, batch: "pa.RecordBatch") -> None:
        check_protected(batch, self._persons)
        self._writer.write_batch(batch)

    def finish(self) -> str:
        """Make it durable under its final name; returns the hex SHA-256 of its bytes."""
        self._writer.close()
        digest = sha256_file(self._temporary)
        replace_durably(self._temporary, self._final)
        return digest

    def discard(self) -> None:
        self._writer.close()
        self._temporary.unlink(missing_ok=True)


class PayloadHasher:
    """SHA-256 over the declared columns as they are stored: DuckDB's to_json of the row as struct.

    After typing, and after pseudonyms: a hash of the names would let them be guessed.

    In SQL, so that every way of landing gives the same payload the same hash.
    """

    def __init__(self) -> None:
        self._connection: DuckDBPyConnection | None = None

    def _connect(self) -> "DuckDBPyConnection":
        """Only when rows land: most calls find nothing new."""
        import duckdb

        if self._connection is None:
            self._connection = duckdb.connect(":memory:", config={"threads": 1})
            self._connection.execute("SET TimeZone='UTC'")
        return self._connection

    def hashes(self, batch: "pa.RecordBatch") -> "pa.Array":
        """One hex digest per row, in order."""
        import pyarrow as pa

        quoted = ('"' + name.replace('"', '""') + '"' for name in batch.schema.names)
        members = ", ".join(f"{name} := {name}" for name in quoted)
        relation = self._connect().from_arrow(pa.Table.from_batches([batch]))
        payload = f"sha256(cast(to_json(struct_pack({members})) AS varchar)) AS payload"
        return relation.project(payload).to_arrow_table().column(0).combine_chunks()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


class LandedRows:
    """Collects typed rows of one file and writes them batch by batch."""

    def __init__(self, final: Path, stamp: Stamp, hasher: PayloadHasher) -> None:
        self._declared = declared_schema(stamp.source)
        self._schema = landed_schema(stored_schema(stamp.source))
        self._file = ParquetFile(final, self._schema, stamp.source.persons)
        self._stamp = stamp
        self._hasher = hasher
        self._rows: list[Sequence[Any]] = []
        self._places: list[int] = []
        self._held_bytes = 0
        self.count = 0
        self.first_event: Any = None
        self.last_event: Any = None

    def add(self, place: int, row: Sequence[Any], raw_bytes: int) -> None:
        """``raw_bytes``: length of the unit, so that long ones are not held by the thousand."""
        self._rows.append(row)
        self._places.append(place)
        self._held_bytes += raw_bytes
        if len(self._rows) >= BATCH_ROWS or self._held_bytes > BATCH_BYTES:
            self.flush()

    def finish(self) -> str:
        """Hex SHA-256 of the Parquet file, which is durable now."""
        self.flush()
        return self._file.finish()

    def discard(self) -> None:
        self._file.discard()

    def flush(self) -> None:
        """Write what is held; ``count`` is right afterwards."""
        if self._rows:
            self._write(self._rows, self._places)
            self._rows, self._places, self._held_bytes = [], [], 0

    def _write(self, rows: list[Sequence[Any]], places: list[int]) -> None:
        import pyarrow as pa

        count = len(rows)
        columns = [
            pa.array(values, type=field.type)
            for field, values in zip(self._declared, zip(*rows, strict=True), strict=True)
        ]
        declared = pa.RecordBatch.from_arrays(columns, schema=self._declared)
        stamp = self._stamp
        if stamp.source.persons:
            declared = stamp.pseudonyms().protect(declared, stamp.source)
        own = [
            pa.repeat(stamp.landing_batch, count),
            pa.repeat(pa.scalar(stamp.landed_at, pa.timestamp("us", tz="UTC")), count),
            pa.repeat(stamp.file_sha256, count),
            pa.array(places, pa.int64()),
            self._hasher.hashes(declared),
        ]
        self._file.write(pa.RecordBatch.from_arrays([*declared.columns, *own], schema=self._schema))
        self._note_events(declared)
        self.count += count

    def _note_events(self, declared: "pa.RecordBatch") -> None:
        """Only a real time or date tells when; text and epoch numbers get meaning in staging."""
        import pyarrow as pa
        import pyarrow.compute as pc

        name = self._stamp.source.timestamp
        if name is None or not pa.types.is_temporal(self._declared.field(name).type):
            return
        seen = pc.min_max(declared.column(name)).as_py()
        known = [moment for moment in (self.first_event, self.last_event) if moment is not None]
        self.first_event = min([seen["min"], *known])
        self.last_event = max([seen["max"], *known])


class QuarantinedUnits:
    """Collects refused units of one file; the file is made with the first of them."""

    def __init__(self, final: Path, stamp: Stamp) -> None:
        self._final = final
        self._stamp = stamp
        self._file: ParquetFile | None = None
        self._rows: list[tuple[Any, ...]] = []
        self.reasons: dict[str, int] = {}

    @property
    def count(self) -> int:
        return sum(self.reasons.values())

    def add(self, place: int, flaw: tuple[str, str, str], unit_sha256: str) -> None:
        stamp, source = self._stamp, self._stamp.source
        where = (source.source, source.table, stamp.file_sha256, stamp.file_name, place)
        self._rows.append((*where, *flaw, unit_sha256, stamp.landing_batch, stamp.landed_at))
        self.reasons[flaw[0]] = self.reasons.get(flaw[0], 0) + 1
        if len(self._rows) >= BATCH_ROWS:
            self._flush()

    def finish(self) -> str | None:
        """Hex SHA-256 of the quarantine file, None when nothing was refused."""
        self._flush()
        return self._file.finish() if self._file else None

    def discard(self) -> None:
        if self._file:
            self._file.discard()

    def _flush(self) -> None:
        import pyarrow as pa

        if not self._rows:
            return
        schema = quarantine_schema()
        self._file = self._file or ParquetFile(self._final, schema)
        columns = zip(*self._rows, strict=True)
        arrays = [pa.array(values, type=f.type) for f, values in zip(schema, columns, strict=True)]
        self._file.write(pa.RecordBatch.from_arrays(arrays, schema=schema))
        self._rows.clear()
