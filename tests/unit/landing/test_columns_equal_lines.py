"""Read by columns or line by line: the same rows, hashes, quarantine and counts.

The reference is the plain loop over physical lines, put together here; it shares the strict
JSON decoder and the converters with what it is held against, but no bytes are looked at twice.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest

from dagster_project.contracts.column_types import parse_column_type
from dagster_project.contracts.sources import Column, SourceTable
from dagster_project.landing import lines as lines_module
from dagster_project.landing.columnar import reader as reader_module
from dagster_project.landing.columnar.payloads import can_spell
from dagster_project.landing.columnar.reader import ColumnarReader
from dagster_project.landing.decode_json import LineReader
from dagster_project.landing.lines import cut_pieces, physical_lines
from dagster_project.landing.pour import Sinks, pour
from dagster_project.landing.strict_types import NAMES_CAP, UndeclaredKeys
from dagster_project.landing.typing_rows import RowTyper
from dagster_project.landing.units import Decoded
from dagster_project.landing.write import LandedRows, PayloadHasher, QuarantinedUnits, Stamp

COLUMNS = (
    Column("id", "varchar"),
    Column("at", "timestamptz"),
    Column("text", "varchar"),
    Column("flag", "boolean"),
    Column("tiny", "tinyint"),
    Column("big", "bigint"),
    Column("unsigned", "ubigint"),
    Column("small", "usmallint"),
    Column("money", "decimal(18,4)"),
    Column("cost", "decimal(18,9)"),
    Column("share", "decimal(4,4)"),
    Column("confidence", "decimal(9,6)"),
    Column("fee", "decimal(15,2)"),
    Column("rate", "decimal(15,12)"),
    Column("wide", "decimal(38,9)"),
    Column("whole", "decimal(9,0)"),
    Column("day", "date"),
)
MORE = (
    Column("ratio", "double"),
    Column("single", "float"),
    Column("any", "json"),
    Column("list", "bigint[]"),
)
SPELT = tuple(c for c in COLUMNS if c.name not in ("rate", "wide", "whole"))
SOURCE = SourceTable(
    "desk", "events", "jsonl", "data/*", "", "id", "at", None, False, "never", SPELT
)
GOOD = {
    "id": ['"a"', '"ü€"', '"x y"', '"\u2028"', '":"', '"{}[],"'],
    "at": [
        '"2026-01-02T03:04:05Z"',
        '"2026-01-02 03:04:05.5Z"',
        '"1999-12-31T23:59:59.120+05:30"',
        '"2099-12-31T23:59:59.999999-12:00"',
        '"1900-01-01T00:00:00+14:00"',
        '"2026-02-28T10:00:00.000100Z"',
    ],
    "text": ['"some text"', "null", '""', '"\u007f"', '"it\'s, fine: {really}"', '"null"', '"12"'],
    "flag": ["true", "false", "null"],
    "tiny": ["-128", "127", "0", "null"],
    "big": ["1", "-1", "999999999999999999", "9223372036854775807", "-9223372036854775808", "null"],
    "unsigned": ["0", "12", "18446744073709551615", "null"],
    "small": ["65535", "0", "null"],
    "money": [
        "12.5",
        "-0.01",
        "0",
        "0.0000",
        "12.34565",
        "-12.34565",
        "1e3",
        "99999999999999.9999",
    ],
    "cost": ["0", "0.000000001", "-0.0000005", "12.000000001", "0.1234567891", "null", "1e-7"],
    "share": ["0.5", "0", "-0.9999", "0.00005", "0.99994"],
    "confidence": ["0.25", "0.999260", "1", "0", "-12.5", "0.000001", "0.1234565", "null", "9e-05"],
    "fee": ["12.5", "-0.01", "100", "1234567890123.45", "0", "0.00", "10.10", "null"],
    "rate": ["0.5", "0.000000000001", "0.00001", "-0.0000012", "999.999999999999", "100", "0.0001"],
    "wide": ["1234567890123456789.123456789", "0.0000000001", "0.1", "null", "-7"],
    "whole": ["1", "-1", "1.5", "2.5", "-0.5", "999999999", "null"],
    "day": ['"2026-02-28"', '"1900-01-01"', "null"],
    "ratio": ["0.1", "1e300", "5e-324", "-0", "-0.0", "1", "null", "1e15", "0.30000000000000004"],
    "single": ["0.5", "3.4e38", "16777217", "0.1", "null", "1e-50"],
    "any": ['"x"', "1", "-0", "1.50", "true", "null", '{"b":1,"a":[2]}', '"ü"', "[]"],
    "list": ["null", "[1,2]", "[]"],
}
BAD = (
    *('"12"', "1.5", "true", "NaN", "Infinity", "-Infinity", "1e400", "nan", "inf", "00", "01"),
    *("+1", ".5", "1.", "0x1F", "-", "- 1", "1 2", "", "{", "{}", "[]", "nul", "nulll", "True"),
    *('"', '""', '"a', 'a"', '"a"b"', '"a""b"', '"\\u0000"', '"\\ud800"', '"\\u0041"', '"\\""'),
    *('"\\', '"a\tb"', '"a","id":"b"', '1,"big":2', '"2026-02-30T00:00:00Z"', '"infinity"'),
    *('"2026-01-02T03:04:05"', '"2026-01-02T03:04:05+25:00"', '"2026-01-02T24:00:00Z"'),
    *('"2026-01-02T03:04:60Z"', '"0001-01-01T00:00:00Z"', '"2026-01-02"', '"2026-W01-1"'),
    *('"2026-01-02T03:04:05.1234567Z"', '"2026-01-02T03:04Z"', '"2026-01-02T03:04:05z"'),
    *("99999999999999999999", "-99999999999999999999", "128", "-129", "65536", "100000000000000"),
    *(
        "0.99999",
        "-0.99995",
        "999999999.5",
        "1e-400",
        "1E5",
        "9" * 400,
        "9" * 5000,
        "null ",
        " null",
        "\x7f",
    ),
    *('{"id":"x","id":"y"}', "[" * 70 + "]" * 70, "1.0", "-0", "1e0", "\u0661", '"\u2028'),
)


def value(dice: random.Random, name: str, badness: float) -> str:
    return dice.choice(BAD) if dice.random() < badness else dice.choice(GOOD[name])


def record(dice: random.Random, source: SourceTable, badness: float) -> str:
    """One line: members in order, sometimes fewer, more, doubled, moved or spaced."""
    names = [column.name for column in source.columns if column.name in GOOD]
    if dice.random() < 0.15:
        names.remove(dice.choice(names))
    members = [f'"{name}":{value(dice, name, badness)}' for name in names]
    if dice.random() < 0.1:
        members.insert(dice.randrange(len(members)), '"extra":' + dice.choice(["1", '"x"', "1.5"]))
    if dice.random() < badness:
        members.append(dice.choice(members))
    if dice.random() < badness:
        members.append('"\\u0061t":"2026-01-02T03:04:05Z"')
    if dice.random() < 0.1:
        dice.shuffle(members)
    comma = ", " if dice.random() < 0.1 else ","
    return "{" + comma.join(members) + "}"


def mutated(dice: random.Random, line: bytes) -> bytes:
    """A byte taken out, put in, changed; a cut; a doubled part."""
    at, to = sorted((dice.randrange(len(line) + 1), dice.randrange(len(line) + 1)))
    byte = bytes([dice.choice(b'",:{}[]\\ \r\t\x00\xff\xc3n0e-.' + bytes([dice.randrange(256)]))])
    return dice.choice(
        [
            line[:at] + line[at + 1 :],
            line[:at] + byte + line[at:],
            line[:at] + byte + line[at + 1 :],
            line[:at],
            line[:to] + line[at:],
            line + line,
            b"",
            b" " * 3,
        ]
    )


def content(seed: int, source: SourceTable, count: int, badness: float) -> bytes:
    dice = random.Random(seed)
    made = []
    for _ in range(count):
        line = record(dice, source, badness / 10).encode()
        made.append(mutated(dice, line) if dice.random() < badness else line)
    if dice.random() < 0.2:
        made[0] = b"\xef\xbb\xbf" + made[0]
    return b"\n".join(made) + (b"\n" if dice.random() < 0.5 else b"")


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
        return self.result(pour(decoded, self.source, sinks, self.hasher))

    def line_by_line(self, raw: bytes, chunk: int) -> dict:
        units = LineReader().units(enumerate(physical_lines(chunked(raw, chunk))), 0)
        decoded = Decoded(units, 0)
        typer = RowTyper(self.source, decoded, self.undeclared)
        sinks = Sinks(typer, self.landed, self.refused, self.undeclared)
        return self.result(pour(decoded, self.source, sinks, self.hasher))


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
    spelt = {column.name for column in SPELT} | {name}
    few = [
        "{" + ",".join(f'"{k}":{v}' for k, v in (base | {name: t}).items() if k in spelt) + "}"
        for t in (*GOOD[name], *BAD)
    ]
    (tmp_path / "again").mkdir()
    compare(tmp_path / "again", SOURCE, "\n".join(few * 2).encode())


def test_both_ways_of_hashing_are_compared():
    kinds = {c.name: parse_column_type(c.data_type) for c in SPELT}
    assert can_spell(kinds)
    for unsure in ("decimal(38,9)", "decimal(15,12)", "decimal(9,0)", "double", "json"):
        assert not can_spell(kinds | {"unsure": parse_column_type(unsure)})


def test_clean_lines_are_read_by_columns(tmp_path):
    raw = "\n".join(json.dumps({"id": f"{n}", "at": "2026-01-02T03:04:05Z"}) for n in range(500))
    typed = ColumnarReader(SOURCE, lambda rows: rows.column(0)).read(raw.encode() + b"\n")
    assert typed is not None
    assert (len(typed.numbers), typed.odd) == (500, [])


@pytest.mark.parametrize("source", [SOURCE, WIDE, FLAT])
def test_lines_with_every_type_are_read_by_columns(source):
    """Otherwise the comparisons above would compare line by line with itself."""
    names = [column.name for column in source.columns]
    lines = [
        "{" + ",".join(f'"{name}":{GOOD[name][0]}' for name in names) + "}\n" for _ in range(200)
    ]
    typed = ColumnarReader(source, PayloadHasher().hashes).read("".join(lines).encode())
    assert typed is not None
    assert (len(typed.numbers), typed.odd) == (200, [])


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


@pytest.mark.usefixtures("_few_lines")
def test_names_of_undeclared_keys_are_capped_alike(tmp_path):
    start = '{"id":"a","at":"2026-01-02T03:04:05Z"'
    lines = [f'{start},"k{number % (NAMES_CAP + 9)}":1}}' for number in range(3_000)]
    result = compare(tmp_path, SOURCE, "\n".join(sorted(lines)).encode())
    assert len(result["undeclared"]) == NAMES_CAP + 1
