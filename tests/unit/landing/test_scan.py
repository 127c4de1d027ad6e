"""The compiled scan against the line reader: what it takes, it reads as the very same value.

It may hand back what the line reader takes; tokens that it must not hand back are named.
"""

import itertools
import random
from collections.abc import Iterable
from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from dagster_project.contracts.column_types import parse_column_type
from dagster_project.landing.arrow_schema import arrow_type
from dagster_project.landing.columnar.columns import ShapeReader, token
from dagster_project.landing.columnar.shapes import Shape, Slot
from dagster_project.landing.reasons import RefusedValueError
from dagster_project.landing.strict_json import StrictJson
from dagster_project.landing.strict_types import Converters
from dagster_project.landing.undeclared import UndeclaredKeys

SHAPE = Shape((Slot("v", '{"v":'),), "}")
TOKENS = {
    "varchar": ['"text"', '"é € 😀"', '""', '"\x7f"', '"null"', "null"],
    "json": ['"x"', "true", "12", "-7", "null"],
    "boolean": ["true", "false", "null"],
    "tinyint": ["127", "-128", "0", "null"],
    "bigint": ["9223372036854775807", "-9223372036854775808", "1795000000000000000", "5"],
    "ubigint": ["9999999999999999999", "0"],
    "integer": ["2147483647", "-2147483648", "42"],
    "decimal(18,4)": ["99999999999999.9999", "-0.00005", "1e-05", "2.5E3", "0.12345", "7"],
    "decimal(4,4)": ["0.9999", "-0.99994", "0", "0.00005"],
    "decimal(9,0)": ["999999999", "0.5", "-1.5", "2.4999999999999999", "1e8"],
    "decimal(38,9)": ["123456789.123456789", "0.0000000005", "-1"],
    "double": ["0.1", "0.30000000000000004", "1e22", "123456789012345678", "-0.0", "4.9e-99"],
    "float": ["0.5", "16777217", "0.1", "-3.25"],
    "date": ['"1900-01-01"', '"2024-02-29"', '"2000-02-29"', '"2099-12-31"'],
    "timestamptz": [
        '"2026-01-02T03:04:05Z"',
        '"2026-01-02 23:59:59.999999+14:59"',
        '"1900-01-01T00:00:00.5-14:59"',
        '"2099-12-31T23:59:59-00:01"',
    ],
}
WRITTEN = """
    127 128 -128 -129 255 256 65535 65536 2147483647 2147483648 -2147483649 4294967295 4294967296
    9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809
    18446744073709551615 18446744073709551616 99999999999999999999 999999999999999999
    -0 -0.0 0e5 -0e5 -0E-5 00 01 -00 +1 1. .5 1.e5 1e 1e+ 1e- 1e+05 1E-99 1e99 1e100 1e400 1e-400
    0x1 1_0 NaN Infinity 99999999999999.99994 99999999999999.99995 0.99995 -0.99995
    0.00004999999999999 0.000049999999999999999999 0.5e-4 499999999999999999e-22
    999999999999999999e-19 0.9999999999999999999 9007199254740993 9007199254740992.5
    3.4028235e38 1e30 1e-30 0.1e-21
"""
BOUNDS = (
    *WRITTEN.split(),
    *(f"0.{'0' * zeros}5" for zeros in range(45)),
    *(f"1{'0' * zeros}.5" for zeros in range(25)),
)


class Column:
    """A column ``v`` of one type, read both ways."""

    def __init__(self, kind: str, may_miss: bool = True) -> None:
        parsed = parse_column_type(kind)
        made = token(parsed, is_key=False, may_miss=may_miss)
        assert made is not None
        self.stored = arrow_type(parsed)
        self.reader = ShapeReader(SHAPE, {"v": made}, {"v": self.stored})
        self.convert = Converters(None, UndeclaredKeys()).build(parsed, "v")

    def scanned(self, lines: list[bytes]) -> SimpleNamespace:
        """``numbers`` of the lines that fit and their ``values``."""
        starts = np.concatenate(([0], np.cumsum([len(line) + 1 for line in lines])))
        piece = np.frombuffer(b"".join(line + b"\n" for line in lines), np.uint8)
        read = self.reader.read(piece, starts.astype(np.int64), np.arange(len(lines)))
        numbers = read.numbers.tolist()
        assert sorted([*numbers, *read.rest.tolist()]) == list(range(len(lines)))
        values = read.columns["v"] if numbers else pa.array([], self.stored)
        values.validate(full=True)
        return SimpleNamespace(numbers=numbers, values=values)

    def check(self, tokens: Iterable[bytes | str]) -> set[int]:
        """Holds what fits against the line reader; returns which tokens fit."""
        raw = [one.encode() if isinstance(one, str) else one for one in tokens]
        lines = [b'{"v":' + one + b"}" for one in raw]
        return self.check_lines(lines)

    def check_lines(self, lines: list[bytes]) -> set[int]:
        found = self.scanned(lines)
        expected = []
        for number in found.numbers:
            try:
                expected.append(self.convert(StrictJson().record(lines[number]).get("v")))
            except RefusedValueError as error:
                pytest.fail(f"{lines[number]!r} is refused by the line reader: {error}")
        stored = pa.array(expected, self.stored).to_pylist()
        # repr: 0.0 and -0.0 are not the same
        for number, one, other in zip(found.numbers, found.values.to_pylist(), stored, strict=True):
            assert repr(one) == repr(other), lines[number]
        return set(found.numbers)


@pytest.mark.parametrize("kind", TOKENS)
def test_usual_tokens_are_read_by_the_scan(kind):
    tokens = TOKENS[kind]
    assert Column(kind).check(tokens) == set(range(len(tokens)))


@pytest.mark.parametrize("kind", TOKENS)
def test_every_change_of_one_byte_reads_the_same_or_is_handed_back(kind):
    dice = random.Random(kind)
    column = Column(kind)
    for written in TOKENS[kind]:
        line = b'{"v":' + written.encode() + b"}"
        lines = [line[:at] + bytes([b]) + line[at + 1 :] for at, b in places(line)]
        lines += [line[:at] + line[at + 1 :] for at in range(len(line))]
        lines += [line[:at] for at in range(len(line))]
        lines += [line[:at] + bytes([b]) + line[at:] for at, b in places(line) if b in b'",}0 e.-']
        dice.shuffle(lines)  # what fits stands between what does not
        column.check_lines(lines)


def places(line: bytes) -> Iterable[tuple[int, int]]:
    return ((at, b) for at in range(len(line)) for b in range(256) if b != 10 and b != line[at])


@pytest.mark.parametrize("kind", [k for k in TOKENS if k not in ("varchar", "date", "timestamptz")])
def test_numbers_at_every_bound_read_the_same_or_are_handed_back(kind):
    dice = random.Random(kind)
    Column(kind).check([*BOUNDS, *(number(dice) for _ in range(3_000))])


def number(dice: random.Random) -> str:
    whole = str(dice.randrange(10 ** dice.randrange(1, 20)))
    fraction = "".join(dice.choice("0123456789") for _ in range(dice.randrange(20)))
    if dice.random() < 0.3:
        fraction = fraction[:4] + dice.choice(["5", "49", "50", "51", "4999999", "5000001"])
    exponent = dice.choice("eE") + dice.choice(["", "+", "-"]) + str(dice.randrange(25))
    return (
        dice.choice(["", "-"])
        + whole
        + (f".{fraction}" if dice.random() < 0.8 else "")
        + (exponent if dice.random() < 0.3 else "")
    )


def test_a_number_the_line_reader_refuses_is_never_read():
    refused = ["128", "-129", "1.5", "true", '"1"', "1e2", "-0.5", "[1]", "{}", "01", "nan"]
    assert Column("tinyint").check(refused) == set()
    assert Column("decimal(4,4)").check(["1", "0.99995", "-1e0", "1e-1x", '"0.1"']) == set()
    assert Column("bigint", may_miss=False).check(["null"]) == set()


def test_every_day_of_two_hundred_years_is_read_and_no_other():
    first = date(1900, 1, 1)
    days = [first + timedelta(number) for number in range(73_049)]
    assert days[-1] == date(2099, 12, 31)
    found = Column("date").scanned([f'{{"v":"{day}"}}'.encode() for day in days])
    assert found.values.to_pylist() == days
    numbers = itertools.product((1899, 1900, 2000, 2023, 2024, 2100), range(14), range(33))
    others = [f"{y:04d}-{m:02d}-{d:02d}" for y, m, d in numbers]
    fits = Column("date").check(f'"{other}"' for other in others)
    expected = {n for n, other in enumerate(others) if is_day(other) and other[:2] != "18"}
    assert fits == expected - {n for n, other in enumerate(others) if other[:4] == "2100"}


def is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def test_clocks_and_zones_are_read_alike():
    days = ("1900-01-01", "2024-02-29", "2026-07-31", "2099-12-31")
    clocks = [
        f"{h:02d}:{m:02d}:{s:02d}" for h in range(26) for m, s in ((0, 60), (59, 59), (60, 0))
    ]
    fractions = ("", ".", ".5", ".120", ".999999", ".000001", ".1234567")
    signed = itertools.product("+-", range(17), (0, 1, 30, 59, 60))
    zones = ["Z", "z", "", *(f"{sign}{h:02d}:{m:02d}" for sign, h, m in signed), "+05", "+0530"]
    dice = random.Random(7)
    every = [
        f'"{dice.choice(days)}{dice.choice("TTT t")}{clock}{dice.choice(fractions)}{zone}"'
        for clock, zone in itertools.product(clocks, zones)
    ]
    assert len(Column("timestamptz").check(every)) > 1_000


def test_only_well_formed_utf8_is_text():
    some = (0x22, 0x5C, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0)
    inside = [
        *(bytes(two) for two in itertools.product(range(256), repeat=2)),
        *(bytes(three) for three in itertools.product(range(0xDF, 0xF1), some, some)),
        *(bytes(four) for four in itertools.product(range(0xEF, 0xF6), some, some, some)),
    ]
    inside = [one for one in inside if b"\n" not in one]
    found = Column("varchar").scanned([b'{"v":"' + one + b'"}' for one in inside])
    assert found.numbers == [number for number, one in enumerate(inside) if is_text(one)]
    assert found.values.to_pylist() == [inside[number].decode() for number in found.numbers]


def is_text(raw: bytes) -> bool:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return False
    return not any(character < " " or character in '"\\' for character in text)
