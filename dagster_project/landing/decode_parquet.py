"""Parquet into units: one per row."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.landing.reasons import UnaccountableError
from dagster_project.landing.units import Decoded, Flaw, Unit

if TYPE_CHECKING:
    import pyarrow as pa

_PROBE = Path(__file__).with_name("parquet_probe.py")
_PROBE_SECONDS = 300
_BATCH_ROWS = 5_000
_DETAIL_LENGTH = 100


def decode_parquet(path: Path, declared: frozenset[str]) -> Decoded:
    """Declared columns only, after a child process has read the whole file without harm.

    Raises UnaccountableError("parquet_unreadable").
    """
    import pyarrow as pa  # 0.2 s: only when a Parquet file is there
    import pyarrow.parquet as pq

    expected = _probe(path)
    try:
        source = pq.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        raise UnaccountableError("parquet_unreadable", type(error).__name__) from error
    names = tuple(source.schema_arrow.names)
    if len(set(names)) != len(names):
        raise UnaccountableError("duplicate_header")
    wanted = [name for name in names if name in declared]
    if not wanted:
        raise UnaccountableError("no_header")
    return Decoded(_units(source, wanted), expected, names=names)


def _probe(path: Path) -> int:
    command = [sys.executable, "-I", str(_PROBE), str(path), str(path.stat().st_size)]
    try:
        child = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=_PROBE_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise UnaccountableError("parquet_unreadable", "too slow to read") from error
    if child.returncode == 0:
        return int(child.stdout)
    last = (child.stderr.strip().splitlines() or ["killed"])[-1]
    if "decompression_bomb" in last:
        raise UnaccountableError("decompression_bomb")
    raise UnaccountableError("parquet_unreadable", last.split(":")[0][:_DETAIL_LENGTH])


def _units(source: Any, wanted: list[str]) -> Iterator[Unit]:
    place = 0
    with source:
        for batch in source.iter_batches(_BATCH_ROWS, columns=wanted, use_threads=False):
            yield from _records(_in_microseconds(batch), place)
            place += batch.num_rows


def _in_microseconds(batch: "pa.RecordBatch") -> "pa.RecordBatch":
    """Nanoseconds have no Python equal; DuckDB's TIMESTAMPTZ has none either."""
    import pyarrow as pa

    columns = [
        column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
        if pa.types.is_timestamp(column.type) and column.type.unit == "ns"
        else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _records(batch: "pa.RecordBatch", before: int) -> list[Unit]:
    """``before``: rows of earlier batches. Row by row only when a value is beyond Python."""
    try:
        return [Unit(before + row, record) for row, record in enumerate(batch.to_pylist(), 1)]
    except (ValueError, OverflowError):
        return [_record(batch.slice(row, 1), before + row + 1) for row in range(batch.num_rows)]


def _record(row: "pa.RecordBatch", place: int) -> Unit:
    try:
        return Unit(place, row.to_pylist()[0])
    except UnicodeDecodeError:
        flaw = Flaw("invalid_utf8")
    except (ValueError, OverflowError):  # such as the year 20000
        flaw = Flaw("out_of_range")
    return Unit(place, None, flaw, row.serialize().to_pybytes())
