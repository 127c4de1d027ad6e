"""Payload hashes from Arrow columns, where they can be spelt as DuckDB's json_array would.

The rule of the payload's text has its home in ``write.PayloadHasher``; a test holds the two
against each other over every type. Only for rows that were read by columns: their texts hold
nothing that JSON escapes.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from dagster_project.contracts.column_types import INTEGER_BITS, TIMESTAMP, ColumnType
from dagster_project.landing.write import LONG_DIGITS

if TYPE_CHECKING:
    import pyarrow as pa

_QUOTED = frozenset({"varchar", "date"})
_BARE = frozenset({*INTEGER_BITS, "boolean", TIMESTAMP})
_PLAIN_SCALE = 6  # Arrow gives smaller decimals an exponent
_HEX = 64


def can_spell(kinds: Iterable[ColumnType]) -> bool:
    """Whether ``payload_hashes`` knows every type."""
    return all(
        kind.kind in _QUOTED | _BARE
        or (kind.kind == "decimal" and 0 < kind.scale < LONG_DIGITS >= kind.precision)
        for kind in kinds
    )


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

    fixed = "["
    for number, (name, kind) in enumerate(kinds.items()):
        fixed += "," if number else ""
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
    yield pa.scalar(fixed + "]")


def _spelt(column: "pa.Array", kind: ColumnType) -> "tuple[pa.Array, str]":
    """What stands between the quotes, and the quote. A pseudonym is text, whatever its type."""
    import pyarrow as pa

    if pa.types.is_string(column.type):
        return column, '"'
    if kind.kind == TIMESTAMP:
        return column.cast(pa.int64()).cast(pa.string()), ""
    if kind.kind == "decimal" and kind.scale > _PLAIN_SCALE:
        return _padded(column, kind.scale), ""
    return column.cast(pa.string()), '"' if kind.kind in _QUOTED else ""


def _quoted(texts: "pa.Array") -> "pa.Array":
    import pyarrow.compute as pc

    return pc.binary_join_element_wise('"', texts, '"', "")


def _padded(values: "pa.Array", scale: int) -> "pa.Array":
    """All digits of the scale, from the 64 low bits."""
    import pyarrow as pa
    import pyarrow.compute as pc

    low = np.frombuffer(values.buffers()[1], np.int64)[2 * values.offset :: 2][: len(values)]
    digits = pc.utf8_lpad(pa.array(np.abs(low)).cast(pa.string()), scale + 1, "0")
    sign = pc.if_else(pa.array(low < 0), "-", "")
    whole = pc.utf8_slice_codeunits(digits, 0, -scale)
    rest = pc.utf8_slice_codeunits(digits, -scale)
    texts = pc.binary_join_element_wise(sign, whole, ".", rest, "")
    return pc.if_else(values.is_valid(), texts, None)
