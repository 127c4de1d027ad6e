"""Payload hashes from the tokens themselves, where they spell what DuckDB's to_json would.

The rule of the payload's text has its home in ``write.PayloadHasher``; a test holds the two
against each other over every type. Text, whole numbers, booleans and dates that are read by
columns are written by DuckDB as they stood in the line; times and decimals are written anew;
for all other types this module gives nothing and DuckDB is asked.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from dagster_project.contracts.column_types import INTEGER_BITS, TIMESTAMP, ColumnType
from dagster_project.landing.columnar.shapes import Found, Shape
from dagster_project.landing.columnar.tokens import cut_texts

if TYPE_CHECKING:
    import pyarrow as pa

    from dagster_project.landing.columnar.positions import Piece

_AS_WRITTEN = frozenset({*INTEGER_BITS, "varchar", "boolean", "date"})
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_ .-]+\Z")
_DOUBLE_DIGITS = 15  # up to so many, DuckDB writes a decimal as the double it is
_PLAIN_SCALE = 6  # smaller doubles get an exponent
_LONG_DIGITS = 18  # a decimal of so many digits is a 64-bit number
_HEX = 64


def can_spell(kinds: dict[str, ColumnType]) -> bool:
    """Whether ``payload_parts`` knows every type."""
    return all(
        _PLAIN_NAME.match(name)
        and (
            kind.kind in _AS_WRITTEN
            or kind.kind == TIMESTAMP
            or (kind.kind == "decimal" and _spells_decimal(kind.precision, kind.scale))
        )
        for name, kind in kinds.items()
    )


def _spells_decimal(precision: int, scale: int) -> bool:
    if precision <= _DOUBLE_DIGITS:
        return 0 < scale <= min(precision, _PLAIN_SCALE)
    return 0 < scale < precision <= _LONG_DIGITS


def payload_hashes(parts: "Iterable[pa.Array | pa.Scalar]") -> "pa.Array":
    """Hex SHA-256 per line, of the text that ``payload_parts`` gives it.

    Of no meaning for lines that may not land.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pc.binary_join_element_wise(*parts, "", null_handling="replace", null_replacement="")
    count = len(texts)
    _, offsets, content = texts.buffers()
    ends = np.frombuffer(offsets, np.int32, count + 1).tolist()
    view = memoryview(content)
    sha256 = hashlib.sha256
    digests = [sha256(view[start:end]).digest() for start, end in pairwise(ends)]
    written = pa.py_buffer(b"".join(digests).hex().encode())
    places = np.arange(0, _HEX * (count + 1), _HEX, dtype=np.int32)
    return pa.StringArray.from_buffers(count, pa.py_buffer(places), written)


def payload_parts(
    piece: "Piece",
    shape: Shape,
    found: Found,
    kinds: dict[str, ColumnType],
    made: "dict[str, pa.Array]",
    persons: frozenset[str],
) -> "Iterator[pa.Array | pa.Scalar]":
    """Text that all lines of ``found`` share, and columns of text, in the order of ``kinds``.

    Neighbours in the line stay together.
    """
    import pyarrow as pa

    slots = {slot.name: number for number, slot in enumerate(shape.slots)}
    fixed, first, last = "{", -1, -1  # of the run of slots that is open
    for number, (name, kind) in enumerate(kinds.items()):
        key = ("," if number else "") + json.dumps(name) + ":"
        slot = slots.get(name, -1)
        is_written = kind.kind in _AS_WRITTEN and slot >= 0 and name not in persons
        follows = first >= 0 and slot == last + 1
        if is_written and follows and shape.slots[slot].literal == key.encode():
            last = slot
            continue
        if first >= 0:
            yield cut_texts(piece, found.places[first].begins, found.places[last].ends)
            first = -1
        fixed += key
        if slot < 0:
            fixed += "null"
            continue
        yield pa.scalar(fixed)
        fixed = ""
        if is_written:
            first = last = slot
        elif name in persons:
            yield _quoted(made[name])
        else:
            spell = _moments if kind.kind == TIMESTAMP else _decimals(kind)
            yield spell(made[name])
    if first >= 0:
        yield cut_texts(piece, found.places[first].begins, found.places[last].ends)
    yield pa.scalar(fixed + "}")


def _quoted(pseudonyms: "pa.Array") -> "pa.Array":
    """Nothing in a pseudonym needs an escape."""
    import pyarrow.compute as pc

    return pc.binary_join_element_wise('"', pseudonyms, '"', "").fill_null("null")


def _moments(values: "pa.Array") -> "pa.Array":
    """``"2026-01-02 03:04:05.5+00"``: no zeros at the end of the fraction."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = values.cast(pa.timestamp("us")).cast(pa.string())  # six digits, no zone
    texts = pc.utf8_rtrim(pc.utf8_rtrim(texts, "0"), ".")
    quoted = pc.binary_join_element_wise('"', texts, '+00"', "")
    return quoted.fill_null("null")


def _decimals(kind: ColumnType) -> "Callable[[pa.Array], pa.Array]":
    def spell(values: "pa.Array") -> "pa.Array":
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
        return texts.fill_null("null")

    return spell


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
