"""What a payload's hash is made over: all columns, and no two rows alike that are not."""

import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product

import pyarrow as pa
import pytest

from dagster_project.landing.payloads import PayloadHasher


@pytest.fixture
def hasher():
    made = PayloadHasher()
    yield made
    made.close()


def batch(**columns: pa.Array) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def test_the_text_of_every_type_stays_what_it_is(hasher):
    """Files that landed with an earlier version are compared with those of this one."""
    moment = datetime(2026, 1, 2, 3, 4, 5, 60, UTC)
    nested = {"b": [1, None], "a": 'x"y'}
    rows = batch(
        text=pa.array(["é\\ \x1f\0"]),
        at=pa.array([moment], pa.timestamp("us", tz="UTC")),
        day=pa.array([date(1999, 12, 31)]),
        yes=pa.array([True]),
        count=pa.array([-(2**63)], pa.int64()),
        money=pa.array([Decimal("-0.5")], pa.decimal128(18, 4)),
        share=pa.array([Decimal("0.000001")], pa.decimal128(6, 6)),
        cost=pa.array([Decimal("0.000000001")], pa.decimal128(38, 9)),
        ratio=pa.array([1e-9]),
        single=pa.array([0.1], pa.float32()),
        nothing=pa.nulls(1, pa.string()),
        nested=pa.array([nested]),
        empty=pa.array([""]),
    )
    texts = [
        "é\\\\ \\s\\n",
        "1767323045000060",
        "1999-12-31",
        "true",
        "-9223372036854775808",
        "-0.5000",
        "0.000001",
        "1E-9",
        "1e-9",
        "0.1",
        "\0",
        '{"b":[1,null],"a":"x\\\\"y"}',
        "",
    ]
    wanted = hashlib.sha256("\x1f".join(texts).encode()).hexdigest()
    assert hasher.hashes(rows).to_pylist() == [wanted]
    assert hasher.hashes(rows.slice(0, 0)).to_pylist() == []


def test_only_equal_rows_share_a_hash(hasher):
    odd = [None, "", "a", "\0", "\\", "\\n", "\\s", "\x1f", "a\x1f", "\x1fa", "\\\x1f", "\x1f\0"]
    pairs = list(product(odd, odd))
    first, second = (pa.array(texts, pa.string()) for texts in zip(*pairs, strict=True))
    rows = batch(first=first, none=pa.nulls(len(pairs)), second=second)
    hashes = hasher.hashes(rows).to_pylist()
    assert len(set(hashes)) == len(pairs)
    # neither neighbours nor empty columns beside it matter to a row
    alone = [hasher.hashes(rows.slice(n, 1)).to_pylist()[0] for n in range(len(pairs))]
    assert alone == hashes


def test_plain_text_has_nothing_to_escape(hasher):
    rows = batch(first=pa.array(["a", None, "ü€😀"]), second=pa.array([1, 2, None]))
    assert hasher.hashes(rows, is_plain=True).equals(hasher.hashes(rows))
