"""The lists of refused and of repaired units: one Parquet file each per entry of the books."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.landing.arrow_schema import quarantine_schema, repaired_schema
from dagster_project.landing.write import BATCH_ROWS, ParquetFile, Stamp

if TYPE_CHECKING:
    import pyarrow as pa


class _UnitList:
    """Rows of one schema; the file is made with the first of them."""

    def __init__(self, final: Path, schema: "pa.Schema") -> None:
        self._final = final
        self._schema = schema
        self._file: ParquetFile | None = None
        self._rows: list[tuple[Any, ...]] = []

    def add(self, row: tuple[Any, ...]) -> None:
        self._rows.append(row)
        if len(self._rows) >= BATCH_ROWS:
            self._flush()

    def finish(self) -> str | None:
        """Hex SHA-256 of the file, None without rows."""
        self._flush()
        return self._file.finish() if self._file else None

    def discard(self) -> None:
        if self._file:
            self._file.discard()

    def _flush(self) -> None:
        import pyarrow as pa

        if not self._rows:
            return
        self._file = self._file or ParquetFile(self._final, self._schema)
        columns = zip(*self._rows, strict=True)
        pairs = zip(self._schema, columns, strict=True)
        arrays = [pa.array(values, type=field.type) for field, values in pairs]
        self._file.write([pa.RecordBatch.from_arrays(arrays, schema=self._schema)])
        self._rows.clear()


class QuarantinedUnits:
    """Collects refused units of one file."""

    def __init__(self, final: Path, stamp: Stamp) -> None:
        self._list = _UnitList(final, quarantine_schema())
        self._stamp = stamp
        self.reasons: dict[str, int] = {}

    @property
    def count(self) -> int:
        return sum(self.reasons.values())

    def add(self, place: int, flaw: tuple[str, str, str], unit_sha256: str) -> None:
        stamp, source = self._stamp, self._stamp.source
        where = (source.source, source.table, stamp.file_sha256, stamp.file_name, place)
        self._list.add((*where, *flaw, unit_sha256, stamp.landing_batch, stamp.landed_at))
        self.reasons[flaw[0]] = self.reasons.get(flaw[0], 0) + 1

    def finish(self) -> str | None:
        """Hex SHA-256 of the quarantine file, None when nothing was refused."""
        return self._list.finish()

    def discard(self) -> None:
        self._list.discard()


class RepairedUnits:
    """Collects the refused units of the content ``file_sha256`` that one retry repairs.

    ``stamp``: of the retry. ``landed_in``: SHA-256 of the entry that holds their rows.
    """

    def __init__(self, final: Path, stamp: Stamp, file_sha256: str, landed_in: str) -> None:
        self._list = _UnitList(final, repaired_schema())
        self._stamp = stamp
        self._file_sha256 = file_sha256
        self._landed_in = landed_in
        self.count = 0

    def add(self, place: int) -> None:
        stamp, source = self._stamp, self._stamp.source
        where = (source.source, source.table, self._file_sha256, place, self._landed_in)
        self._list.add((*where, stamp.file_sha256, stamp.landing_batch, stamp.landed_at))
        self.count += 1

    def finish(self) -> str | None:
        """Hex SHA-256 of the list, None when nothing was repaired."""
        return self._list.finish()

    def discard(self) -> None:
        self._list.discard()
