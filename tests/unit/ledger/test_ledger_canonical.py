"""One text for one value; what has no single text is refused."""

import random
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from dagster_project.ledger.canonical import (
    CanonicalError,
    canonical,
    sorted_lines,
)

BERLIN = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": None, "c": True}, '{"a":null,"b":1,"c":true}'),
        (Decimal("1.500000000"), '"1.5"'),
        (Decimal("100"), '"100"'),
        (Decimal("-0.000"), '"0"'),
        (Decimal("1E+3"), '"1000"'),
        # 38 digits: more than Decimal's default context keeps
        (Decimal("12345678901234567890123456789.123456789"),) * 2,
        (date(2026, 3, 1), '"2026-03-01"'),
        (datetime(2026, 3, 1, 1, tzinfo=BERLIN), '"2026-03-01T00:00:00.000000Z"'),
        ({"ü": "\u2028\n"}, '{"ü":"\u2028\\n"}'),
        ((1, [2]), "[1,[2]]"),
    ],
)
def test_a_value_has_one_text(value: object, text: object) -> None:
    expected = text if isinstance(text, str) else f'"{text}"'
    assert canonical(value).decode() == expected


@pytest.mark.parametrize(
    "value",
    [
        0.5,
        float("nan"),
        {"a": [1, {"b": 2.0}]},
        Decimal("NaN"),
        Decimal("Infinity"),
        datetime(2026, 3, 1, tzinfo=UTC).replace(tzinfo=None),
        {1: "a"},
        {"a": {None: 1}},
        "\ud800",
        b"bytes",
        {1, 2},
    ],
)
def test_what_has_no_single_text_raises(value: object) -> None:
    with pytest.raises(CanonicalError):
        canonical(value)


def test_sorted_lines_do_not_depend_on_the_order_of_rows_but_on_their_count() -> None:
    rows = [{"n": number, "d": Decimal(number) / 8} for number in range(50)]
    shuffled = random.Random(1).sample(rows, k=len(rows))
    by_hand = sorted(canonical(row) + b"\n" for row in rows)
    assert list(sorted_lines(rows)) == list(sorted_lines(shuffled)) == by_hand
    assert list(sorted_lines([*rows, rows[0]])) == sorted([*by_hand, by_hand[0]])


@pytest.mark.parametrize("chunk_lines", [1, 7, 99, 100, 101, 1000])
def test_spilling_to_disk_gives_the_same_lines(chunk_lines: int) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [{"at": start + timedelta(hours=hour * 37 % 100)} for hour in range(100)]
    assert list(sorted_lines(iter(rows), chunk_lines)) == list(sorted_lines(rows))
