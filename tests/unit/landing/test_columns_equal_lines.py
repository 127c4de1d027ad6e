"""Read by columns or line by line: the same rows, hashes, quarantine and counts.

The reference is the plain loop over physical lines, put together here; it shares the strict
JSON decoder and the converters with what it is held against, but no bytes are looked at twice.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest
from token_world import BAD, COLUMNS, GOOD, MORE, SOURCE, content

from dagster_project.contracts.sources import SourceTable
from dagster_project.landing import lines as lines_module
from dagster_project.landing.columnar import reader as reader_module
from dagster_project.landing.columnar import start as start_module
from dagster_project.landing.columnar.reader import SLOTS_CAP, ColumnarReader
from dagster_project.landing.decode_json import LineReader
from dagster_project.landing.lines import cut_pieces, physical_lines
from dagster_project.landing.payloads import PayloadHasher
from dagster_project.landing.pour import Sinks, pour
from dagster_project.landing.typing_rows import RowTyper
from dagster_project.landing.undeclared import NAMES_CAP, UndeclaredKeys
from dagster_project.landing.units import Decoded
from dagster_project.landing.write import LandedRows, Stamp
from dagster_project.landing.write_refused import QuarantinedUnits


class Landing:
    """One way of landing into a folder, and what lies there afterwards."""

    def __init__(self, folder, source: SourceTable) -> None:
        moment = datetime(2026, 3, 1, tzinfo=UTC)
        self.stamp = Stamp(source, "a.jsonl", "f" * 64, "20260301T000000000000Z", moment)
        self.folder = folder
        self.hasher = PayloadHasher()
        self.undeclared = UndeclaredKeys()
        self.landed = LandedRows(folder / "landed.parquet", self.stamp, self.hasher)
        self.refused = QuarantinedUnits(folder / "refused.parquet", self.stamp)
        self.source = source

    def result(self, blanks: int) -> dict:
        self.landed.finish()
        self.refused.finish()
        self.hasher.close()
        refused = self.folder / "refused.parquet"
        return {
            "blanks": blanks,
            "counts": (self.landed.count, self.refused.count),
            "events": (self.landed.first_event, self.landed.last_event),
            "reasons": self.refused.reasons,
            "undeclared": dict(self.undeclared.counts),
            "rows": [repr(r) for r in pq.read_table(self.folder / "landed.parquet").to_pylist()],
            "quarantine": pq.read_table(refused).to_pylist() if refused.exists() else [],
        }

    def by_columns(self, raw: bytes, chunk: int) -> dict:
        decoded = Decoded(iter(()), 0, pieces=cut_pieces(chunked(raw, chunk), 1 << 14))
        typer = RowTyper(self.source, decoded, self.undeclared)
        sinks = Sinks(typer, self.landed, self.refused, self.undeclared)
        return self.result(pour(decoded, self.stamp, sinks, self.hasher))

    def line_by_line(self, raw: bytes, chunk: int) -> dict:
        units = LineReader().units(enumerate(physical_lines(chunked(raw, chunk))), 0)
        decoded = Decoded(units, 0)
        typer = RowTyper(self.source, decoded, self.undeclared)
        sinks = Sinks(typer, self.landed, self.refused, self.undeclared)
        return self.result(pour(decoded, self.stamp, sinks, self.hasher))


def chunked(raw: bytes, size: int) -> Iterator[bytes]:
    return (raw[at : at + size] for at in range(0, len(raw), size))


def compare(tmp_path, source: SourceTable, raw: bytes, chunk: int = 1 << 20) -> dict:
    fast = Landing(tmp_path / "fast", source).by_columns(raw, chunk)
    slow = Landing(tmp_path / "slow", source).line_by_line(raw, chunk)
    for part, expected in slow.items():
        assert fast[part] == expected, part
    counted = fast["blanks"] + sum(fast["counts"])
    assert counted == raw.count(b"\n") + (not raw.endswith(b"\n"))
    return fast


@pytest.fixture(autouse=True)
def _by_columns(monkeypatch):
    """However few lines there are."""
    monkeypatch.setattr(start_module, "WORTH_LINES", 0)


@pytest.fixture
def _few_lines(monkeypatch):
    monkeypatch.setattr(reader_module, "LEAST_LINES", 2)


WIDE = replace(SOURCE, columns=COLUMNS)
NESTED = replace(SOURCE, columns=COLUMNS + MORE)
FLAT = replace(SOURCE, columns=COLUMNS + MORE[:3])
ZONED = replace(SOURCE, timezone="Europe/Berlin")
KEYED = replace(SOURCE, key="big", timestamp=None, undated=True)


@pytest.mark.usefixtures("_few_lines")
@pytest.mark.parametrize("badness", [0.0, 0.02, 0.3])
@pytest.mark.parametrize("source", [SOURCE, WIDE, FLAT, NESTED, ZONED, KEYED])
def test_random_lines_give_the_same_either_way(tmp_path, source, badness):
    raw = content(seed_of(source, badness), source, 1_200, badness)
    compare(tmp_path, source, raw)


def seed_of(source: SourceTable, badness: float) -> int:
    return len(source.columns) * 1000 + int(badness * 100) + len(source.key)


@pytest.mark.parametrize("name", GOOD)
def test_every_value_in_every_column_gives_the_same_either_way(tmp_path, monkeypatch, name):
    """Each value alone among good lines, so that one is not hidden behind another."""
    monkeypatch.setattr(reader_module, "LEAST_LINES", 2)
    base = {column.name: GOOD[column.name][0] for column in NESTED.columns if column.name != "list"}
    lines = []
    for number, token in enumerate((*GOOD[name], *BAD)):
        members = base | {"id": f'"{number}"'} | {name: token}
        good = base | {"id": f'"good {number}"'}
        lines += [
            "{" + ",".join(f'"{key}":{text}' for key, text in one.items()) + "}"
            for one in (good, members)
        ]
    raw = "\n".join(lines).encode()
    compare(tmp_path, FLAT, raw)


@pytest.mark.parametrize("token", ["1234567890123.4567", "90071992547409.93", "0.00005"])
def test_a_decimal_keeps_the_digits_that_no_double_holds(tmp_path, token):
    line = f'{{"id":"a","at":"2026-01-02T03:04:05Z","money":{token}}}\n'
    result = compare(tmp_path, SOURCE, line.encode() * 100)
    assert result["counts"] == (100, 0)


def test_clean_lines_are_read_by_columns(tmp_path):
    raw = "\n".join(json.dumps({"id": f"{n}", "at": "2026-01-02T03:04:05Z"}) for n in range(500))
    typed = ColumnarReader(SOURCE, PayloadHasher()).read(raw.encode() + b"\n")
    assert typed is not None
    assert (len(typed.numbers), typed.odd) == (500, [])


@pytest.mark.parametrize("source", [SOURCE, WIDE, FLAT])
def test_lines_with_every_type_are_read_by_columns(source):
    """Otherwise the comparisons above would compare line by line with itself."""
    names = [column.name for column in source.columns]
    lines = [
        "{" + ",".join(f'"{name}":{GOOD[name][0]}' for name in names) + "}\n" for _ in range(200)
    ]
    typed = ColumnarReader(source, PayloadHasher()).read("".join(lines).encode())
    assert typed is not None
    assert (len(typed.numbers), typed.odd) == (200, [])


@pytest.mark.parametrize("name", [column.name for column in FLAT.columns])
def test_no_value_keeps_other_lines_from_being_read_by_columns(name):
    base = {column.name: GOOD[column.name][0] for column in FLAT.columns}
    tokens = [GOOD[name][0]] * 100 + [*GOOD[name], *BAD]
    lines = [
        "{" + ",".join(f'"{key}":{text}' for key, text in (base | {name: one}).items()) + "}\n"
        for one in tokens
    ]
    typed = ColumnarReader(FLAT, PayloadHasher()).read("".join(lines).encode())
    assert typed is not None
    assert set(range(100)) <= set(typed.numbers.tolist())


@pytest.mark.usefixtures("_few_lines")
def test_places_stay_right_over_pieces_long_lines_and_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr(lines_module, "LINE_CAP", 50_000)
    good = b'{"id":"a","at":"2026-01-02T03:04:05Z"}'
    long = good[:-1] + b',"text":"' + b"x" * 60_000 + b'"}'
    near = good[:-1] + b',"text":"' + b"x" * 40_000 + b'"}'
    raw = b"\n".join([good] * 700 + [long] + [good] * 300 + [near, b"", good, long])
    for chunk in (777, 1 << 12, 30_000):
        (tmp_path / str(chunk)).mkdir()
        result = compare(tmp_path / str(chunk), SOURCE, raw, chunk)
        assert result["reasons"] == {"line_too_long": 2}
        assert [row["place"] for row in result["quarantine"]] == [701, 1005]


@pytest.mark.parametrize("width", [SLOTS_CAP, SLOTS_CAP + 1])
def test_lines_of_many_keys_give_the_same_either_way(tmp_path, width):
    keys = "".join(f',"k{number}":{number}' for number in range(width - 2))
    raw = f'{{"id":"a","at":"2026-01-02T03:04:05Z"{keys}}}\n'.encode() * 100
    by_columns = ColumnarReader(SOURCE, PayloadHasher()).read(raw)
    assert (by_columns is None) == (width > SLOTS_CAP)
    undeclared = compare(tmp_path, SOURCE, raw)["undeclared"]
    assert sum(undeclared.values()) == 100 * (width - 2)


@pytest.mark.usefixtures("_few_lines")
def test_names_of_undeclared_keys_are_capped_alike(tmp_path):
    start = '{"id":"a","at":"2026-01-02T03:04:05Z"'
    lines = [f'{start},"k{number % (NAMES_CAP + 9)}":1}}' for number in range(3_000)]
    result = compare(tmp_path, SOURCE, "\n".join(sorted(lines)).encode())
    assert len(result["undeclared"]) == NAMES_CAP + 1
