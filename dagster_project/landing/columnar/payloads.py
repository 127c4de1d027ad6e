"""Payload hashes from Arrow columns, where they can be spelt as DuckDB's to_json would.

The rule of the payload's text has its home in ``write.PayloadHasher``; a test holds the two
against each other over every type. Only for rows that were read by columns: their texts hold
nothing that JSON escapes.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from dagster_project.contracts.column_types import INTEGER_BITS, TIMESTAMP, ColumnType

if TYPE_CHECKING:
    import pyarrow as pa

_QUOTED = frozenset({"varchar", "date"})
_BARE = frozenset({*INTEGER_BITS, "boolean"})
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_ .-]+\Z")
_DOUBLE_DIGITS = 15  # up to so many, DuckDB writes a decimal as the double it is
_PLAIN_SCALE = 6  # smaller doubles get an exponent
_LONG_DIGITS = 18  # a decimal of so many digits is a 64-bit number
_HEX = 64


def can_spell(kinds: Mapping[str, ColumnType]) -> bool:
    """Whether ``payload_hashes`` knows every type."""
    return all(
        _PLAIN_NAME.match(name)
        and (
            kind.kind in _QUOTED | _BARE | {TIMESTAMP}
            or (kind.kind == "decimal" and _spells_decimal(kind.precision, kind.scale))
        )
        for name, kind in kinds.items()
    )


def _spells_decimal(precision: int, scale: int) -> bool:
    if precision <= _DOUBLE_DIGITS:
        return 0 < scale <= min(precision, _PLAIN_SCALE)
    return 0 < scale < precision <= _LONG_DIGITS


def payload_hashes(rows: "pa.RecordBatch", kinds: Mapping[str, ColumnType]) -> "pa.Array":
    """Hex SHA-256 per row. ``kinds``: the declared types of the columns."""
    import pyarrow.compute as pc

    parts = list(_parts(rows, kinds))
    texts = pc.binary_join_element_wise(
        *parts, "", null_handling="replace", null_replacement="null"
    )
    return _hashes(texts)


def _hashes(texts: "pa.Array") -> "pa.Array":
    import pyarrow as pa

    count = len(texts)
    _, offsets, content = texts.buffers()
    ends = np.frombuffer(offsets, np.int32, count + 1).tolist()
    view = memoryview(content)
    sha256 = hashlib.sha256
    digests = [sha256(view[start:end]).digest() for start, end in pairwise(ends)]
    written = pa.py_buffer(b"".join(digests).hex().encode())
    places = np.arange(0, _HEX * (count + 1), _HEX, dtype=np.int32)
    return pa.StringArray.from_buffers(count, pa.py_buffer(places), written)


def _parts(
    rows: "pa.RecordBatch", kinds: Mapping[str, ColumnType]
) -> "Iterator[pa.Array | pa.Scalar]":
    """Text that all rows share, and columns of text; NULL stands for null."""
    import pyarrow as pa

    fixed = "{"
    for number, (name, kind) in enumerate(kinds.items()):
        fixed += ("," if number else "") + json.dumps(name) + ":"
        column = rows.column(name)
        if column.null_count == len(column):
            fixed += "null"
            continue
        text, quote = _spelt(column, kind)
        if quote and text.null_count:
            text, quote = _quoted(text), ""
        yield pa.scalar(fixed + quote)
        yield text
        fixed = quote
    yield pa.scalar(fixed + "}")


def _spelt(column: "pa.Array", kind: ColumnType) -> "tuple[pa.Array, str]":
    """What stands between the quotes, and the quote. A pseudonym is text, whatever its type."""
    import pyarrow as pa

    if pa.types.is_string(column.type):
        return column, '"'
    if kind.kind == TIMESTAMP:
        return _moments(column), '"'
    if kind.kind == "decimal":
        return _decimals(column, kind), ""
    return column.cast(pa.string()), '"' if kind.kind in _QUOTED else ""


def _quoted(texts: "pa.Array") -> "pa.Array":
    import pyarrow.compute as pc

    return pc.binary_join_element_wise('"', texts, '"', "")


def _moments(values: "pa.Array") -> "pa.Array":
    """``2026-01-02 03:04:05.5+00``: no zeros at the end of the fraction."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = values.cast(pa.timestamp("us")).cast(pa.string())  # six digits, no zone
    texts = pc.utf8_rtrim(pc.utf8_rtrim(texts, "0"), ".")
    return pc.binary_join_element_wise(texts, "+00", "")


def _decimals(values: "pa.Array", kind: ColumnType) -> "pa.Array":
    """All digits of the scale, or as few as a double needs."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = values.cast(pa.string())
    if pc.any(pc.match_substring(texts, "E")).as_py():  # Arrow's way with small numbers
        texts = _padded(values, kind.scale)
    if kind.precision <= _DOUBLE_DIGITS:
        texts = pc.utf8_rtrim(texts, "0")
        whole = pc.ends_with(texts, ".")
        texts = pc.if_else(whole, pc.binary_join_element_wise(texts, "0", ""), texts)
    return texts


def _padded(values: "pa.Array", scale: int) -> "pa.Array":
    import pyarrow as pa
    import pyarrow.compute as pc

    low = np.frombuffer(values.buffers()[1], np.int64)[2 * values.offset :: 2][: len(values)]
    digits = pc.utf8_lpad(pa.array(np.abs(low)).cast(pa.string()), scale + 1, "0")
    sign = pc.if_else(pa.array(low < 0), "-", "")
    whole = pc.utf8_slice_codeunits(digits, 0, -scale)
    rest = pc.utf8_slice_codeunits(digits, -scale)
    texts = pc.binary_join_element_wise(sign, whole, ".", rest, "")
    return pc.if_else(values.is_valid(), texts, None)
