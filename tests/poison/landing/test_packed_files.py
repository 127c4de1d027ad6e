"""Every format lands as gzip and as zstd; a bit that flipped in a Parquet file does not."""

import gzip
import json
from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from landing_world import Desk

from dagster_project.contracts.source_shape import Shape
from dagster_project.contracts.sources import Column

MOMENT = "2026-01-02T03:04:05Z"
RECORD = {"id": "a", "at": MOMENT, "n": 1}
NANOSECONDS = 1_767_323_045_000_000_000
SPAN = {"traceId": "t", "spanId": "s", "startTimeUnixNano": str(NANOSECONDS)}
PACKED = {
    ".gz": gzip.compress,
    ".zst": lambda content: pa.compress(content, codec="zstd", asbytes=True),
}


def parquet(table: pa.Table, **options: object) -> bytes:
    written = BytesIO()
    pq.write_table(table, written, **options)
    return written.getvalue()


def rows(count: int) -> pa.Table:
    moments = pa.array([NANOSECONDS // 1000] * count, pa.timestamp("us", tz="UTC"))
    return pa.table({"id": [f"k{n:05d}" for n in range(count)], "at": moments, "n": range(count)})


CONTENT = {
    "jsonl": json.dumps(RECORD).encode() + b"\n",
    "json": json.dumps({"data": [RECORD]}).encode(),
    "csv": b"id,at,n\na,2026-01-02T03:04:05Z,1\n",
    "otlp": json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [SPAN]}]}]}).encode(),
    "parquet": parquet(rows(1)),
}
TELEMETRY = {
    "key": "record_id",
    "timestamp": "time",
    "columns": (Column("record_id", "varchar"), Column("time", "timestamptz")),
    "shape": Shape(),
}


@pytest.mark.parametrize("suffix", PACKED)
@pytest.mark.parametrize("form", CONTENT)
def test_every_format_lands_packed(desk: Desk, form: str, suffix: str) -> None:
    desk.declare(format=form, record_path="data" if form == "json" else "")
    if form == "otlp":
        desk.declare(**TELEMETRY)
    desk.drop(f"a.{form}{suffix}", PACKED[suffix](CONTENT[form]))
    report = desk.land_one()
    assert (report.status, report.unit_count, report.landed_count) == ("landed", 1, 1)
    (row,) = desk.rows()
    assert row[desk.source.timestamp].isoformat() == "2026-01-02T03:04:05+00:00"


def test_a_bit_that_flipped_in_a_page_with_its_checksum_is_seen(desk: Desk) -> None:
    desk.declare(format="parquet")
    plain = {"compression": "NONE", "use_dictionary": False}
    content = parquet(rows(100), **plain, write_page_checksum=True)
    assert content.count(b"k00050") == 1
    desk.drop("a.parquet", content.replace(b"k00050", b"k00051"))
    report = desk.land_one()
    assert (report.status, report.reason) == ("unaccountable", "parquet_unreadable")
