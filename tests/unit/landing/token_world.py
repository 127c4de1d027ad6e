"""Lines for the comparison of both ways of reading: good tokens, bad tokens, random damage."""

import random

from dagster_project.contracts.sources import Column, SourceTable

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
        '"2024-02-29T00:00:00-14:59"',
        '"2000-02-29T00:00:00+23:59"',
    ],
    "text": ['"some text"', "null", '""', '"\u007f"', '"it\'s, fine: {really}"', '"null"', '"12"'],
    "flag": ["true", "false", "null"],
    "tiny": ["-128", "127", "0", "null"],
    "big": ["1", "-1", "999999999999999999", "9223372036854775807", "-9223372036854775808", "null"],
    "unsigned": ["0", "12", "18446744073709551615", "null"],
    "small": ["65535", "9999", "10000", "0", "null"],
    "money": [
        "12.5",
        "-0.01",
        "0",
        "0.0000",
        "12.34565",
        "-12.34565",
        "1e3",
        "99999999999999.9999",
        "12345678901.2345",
        "12345678901234.5678",
        "0.00014989",
        "0.000150000000001",
    ],
    "cost": ["0", "0.000000001", "-0.0000005", "12.000000001", "0.1234567891", "null", "1e-7"],
    "share": ["0.5", "0", "-0.9999", "0.00005", "0.99994"],
    "confidence": [
        *("0.25", "0.999260", "1", "0", "-12.5", "0.000001", "0.1234565", "null", "9e-05"),
        *("0.1234564999999", "0.12345650000001", "0.8718273645546372", "999.9999996", "99.9999996"),
    ],
    "fee": ["12.5", "-0.01", "100", "1234567890123.45", "0", "0.00", "10.10", "null"],
    "rate": ["0.5", "0.000000000001", "0.00001", "-0.0000012", "999.999999999999", "100", "0.0001"],
    "wide": ["0.1", "1234567890123456789.123456789", "0.0000000001", "null", "-7"],
    "whole": ["1", "-1", "1.5", "2.5", "-0.5", "999999999", "null"],
    "day": ['"2026-02-28"', '"1900-01-01"', '"2024-02-29"', '"2026-12-31"', "null"],
    "ratio": [
        *("0.1", "1e300", "5e-324", "-0", "-0.0", "1", "null", "1e15", "0.30000000000000004"),
        *("1.7e+99", "-4.9e-9"),
    ],
    "single": ["0.5", "3.4e38", "16777217", "0.1", "null", "1e-45"],
    "any": ['"x"', "1", "-0", "1.50", "true", "null", '{"b":1,"a":[2]}', '"ü"', "[]"],
    "list": ["null", "[1,2]", "[]"],
}
BAD = (
    *('"12"', "1.5", "true", "NaN", "Infinity", "-Infinity", "1e400", "nan", "inf", "00", "01"),
    *("+1", ".5", "1.", "0x1F", "-", "- 1", "1 2", "", "{", "{}", "[]", "nul", "nulll", "True"),
    *(
        '" "',
        '"\u00a0"',
        '"\u200b\u2028"',
        '"',
        '""',
        '"a',
        'a"',
        '"a"b"',
        '"a""b"',
        '"\\u0000"',
        '"\\ud800"',
        '"\\u0041"',
        '"\\""',
    ),
    *('"\\', '"a\tb"', '"a","id":"b"', '1,"big":2', '"2026-02-30T00:00:00Z"', '"infinity"'),
    *('"2026-01-02T03:04:05"', '"2026-01-02T03:04:05+25:00"', '"2026-01-02T24:00:00Z"'),
    *('"1900-02-29T00:00:00Z"', '"2026-04-31"', '"1900-02-29"', '"2023-02-29"', '"2026-13-01"'),
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
