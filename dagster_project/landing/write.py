"""Typed rows into Parquet: record batches, a temporary name, a hash, fsync, rename."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.contracts.sources import SourceTable
from dagster_project.files import replace_durably, sha256_file, temporary_name
from dagster_project.landing.arrow_schema import (
    declared_schema,
    landed_schema,
    stored_schema,
)
from dagster_project.landing.payloads import PayloadHasher
from dagster_project.landing.pseudonyms import Pseudonyms, check_protected, no_pseudonyms
from dagster_project.landing.side_thread import SideThread

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

BATCH_ROWS = 20_000
BATCH_BYTES = 64 << 20
FEW_ROWS = 50
GROUP_ROWS = 122_880  # a row group of DuckDB's size, so that readers can share a file


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

    def __init__(
        self,
        final: Path,
        schema: "pa.Schema",
        unlike: frozenset[str] = frozenset(),
        persons: Sequence[str] = (),
    ) -> None:
        """``unlike``: columns whose values hardly repeat, so that no dictionary is tried.

        ``persons``: columns that must hold pseudonyms.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._persons = persons
        final.parent.mkdir(parents=True, exist_ok=True)
        self._final = final
        self._temporary = temporary_name(final)
        # of numbers and times a dictionary is made in vain
        alike = [f.name for f in schema if pa.types.is_string(f.type) and f.name not in unlike]
        self._writer = pq.ParquetWriter(
            self._temporary, schema, compression="zstd", use_dictionary=alike
        )
        self._writing = SideThread(behind=1)

    def write(self, batches: "list[pa.RecordBatch]") -> None:
        """As one row group, while the next is read."""
        import pyarrow as pa

        for batch in batches:
            check_protected(batch, self._persons)
        table = pa.Table.from_batches(batches)
        self._writing.do(lambda: self._writer.write_table(table, row_group_size=len(table)))

    def finish(self) -> str:
        """Make it durable under its final name; returns the hex SHA-256 of its bytes."""
        self._writing.finish()
        self._writer.close()
        digest = sha256_file(self._temporary)
        replace_durably(self._temporary, self._final)
        return digest

    def discard(self) -> None:
        self._writing.stop()
        try:
            self._writer.close()
        finally:  # a disk that is full fails here once more
            self._temporary.unlink(missing_ok=True)


def _merged(rows: "pa.RecordBatch", others: "pa.RecordBatch") -> "pa.RecordBatch":
    """Both by place; either is in order. Few others cut ``rows``, which costs less than sorting."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(others) > FEW_ROWS:
        both = pa.concat_batches([rows, others])
        return both.take(pc.sort_indices(both, [("_place", "ascending")]))
    cuts = np.searchsorted(rows.column("_place"), others.column("_place")).tolist()
    parts = [rows.slice(0, cuts[0])]
    for number, (start, end) in enumerate(pairwise([*cuts, len(rows)])):
        parts += [others.slice(number, 1), rows.slice(start, end - start)]
    return pa.concat_batches(parts)


class LandedRows:
    """Collects typed rows of one file and writes them row group by row group."""

    def __init__(self, final: Path, stamp: Stamp, hasher: PayloadHasher) -> None:
        self._declared = declared_schema(stamp.source)
        self._schema = landed_schema(stored_schema(stamp.source))
        unlike = frozenset({stamp.source.key, "_place", "_payload_sha256"})
        self._file = ParquetFile(final, self._schema, unlike, stamp.source.persons)
        self._stamp = stamp
        self._stamps: list[pa.Array] = []
        self._hasher = hasher
        self._rows: list[Sequence[Any]] = []
        self._places: list[int] = []
        self._held_bytes = 0
        self._ready: list[pa.RecordBatch] = []
        self._ready_bytes = 0
        self.count = 0
        self.first_event: Any = None
        self.last_event: Any = None

    def add(self, place: int, row: Sequence[Any], raw_bytes: int) -> None:
        """``raw_bytes``: length of the unit, so that long ones are not held by the thousand."""
        self._rows.append(row)
        self._places.append(place)
        self._held_bytes += raw_bytes
        if len(self._rows) >= BATCH_ROWS or self._held_bytes > BATCH_BYTES:
            self._keep(self._settled())

    def add_typed(
        self, places: "NDArray[np.int64]", rows: "pa.RecordBatch", payloads: "pa.Array"
    ) -> None:
        """Many rows at once, persons as pseudonyms, sorted in among those added since the last."""
        import pyarrow as pa

        batch = self._stamped(rows, pa.array(places), payloads)
        self._keep(_merged(batch, self._settled()) if self._rows else batch)

    def finish(self) -> str:
        """Hex SHA-256 of the Parquet file, which is durable now."""
        self.flush()
        return self._file.finish()

    def discard(self) -> None:
        self._file.discard()

    def flush(self) -> None:
        """Write what is held; ``count`` is right afterwards."""
        if self._rows:
            self._keep(self._settled())
        self._write()

    def _settled(self) -> "pa.RecordBatch":
        """The rows that came one by one, by columns."""
        import pyarrow as pa

        columns = [
            pa.array(values, type=field.type)
            for field, values in zip(self._declared, zip(*self._rows, strict=True), strict=True)
        ]
        rows = pa.RecordBatch.from_arrays(columns, schema=self._declared)
        if self._stamp.source.persons:
            rows = self._stamp.pseudonyms().protect(rows, self._stamp.source)
        places = pa.array(self._places, pa.int64())
        self._rows, self._places, self._held_bytes = [], [], 0
        return self._stamped(rows, places, self._hasher.hashes(rows))

    def _stamped(
        self, rows: "pa.RecordBatch", places: "pa.Array", payloads: "pa.Array"
    ) -> "pa.RecordBatch":
        import pyarrow as pa

        self._note_events(rows)
        own = [*self._repeated(len(rows)), places, payloads]
        return pa.RecordBatch.from_arrays([*rows.columns, *own], schema=self._schema)

    def _repeated(self, count: int) -> "list[pa.Array]":
        """What all rows of the file carry; made once for the largest batch."""
        import pyarrow as pa

        if not self._stamps or len(self._stamps[0]) < count:
            stamp = self._stamp
            moment = pa.scalar(stamp.landed_at, pa.timestamp("us", tz="UTC"))
            values = (stamp.landing_batch, moment, stamp.file_sha256)
            self._stamps = [pa.repeat(value, count) for value in values]
        return [column.slice(0, count) for column in self._stamps]

    def _keep(self, batch: "pa.RecordBatch") -> None:
        self._ready.append(batch)
        self._ready_bytes += batch.nbytes
        self.count += len(batch)
        if sum(map(len, self._ready)) >= GROUP_ROWS or self._ready_bytes > BATCH_BYTES:
            self._write()

    def _write(self) -> None:
        if self._ready:
            self._file.write(self._ready)
            self._ready, self._ready_bytes = [], 0

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
