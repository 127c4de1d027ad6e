"""The lines of one shape as Arrow columns."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.contracts.column_types import INTEGER_BITS, TIMESTAMP, ColumnType
from dagster_project.landing.columnar.compiled import Bytes, Whole
from dagster_project.landing.columnar.scan import (
    ANY,
    BOOLEAN,
    DATE,
    DECIMAL,
    DOUBLE,
    FLOAT,
    INTEGER,
    JSON,
    LENGTH,
    MOMENT,
    NAME,
    TEXT,
    Found,
    Slots,
    gather,
    scan,
)
from dagster_project.landing.columnar.shapes import Shape
from dagster_project.landing.strict_types import integer_range

if TYPE_CHECKING:
    import pyarrow as pa

_DECIMAL_CAP = 10**18 - 1  # steps that are counted in 64 bits
_SCANNED = {
    "varchar": TEXT,
    "json": JSON,
    "double": DOUBLE,
    "float": FLOAT,
    "boolean": BOOLEAN,
    "date": DATE,
    "decimal": DECIMAL,
    TIMESTAMP: MOMENT,
    **dict.fromkeys(INTEGER_BITS, INTEGER),
}


class Token(NamedTuple):
    """What a declared column's slot may hold. ``kind``: a constant of ``scan``."""

    kind: int
    may_miss: bool
    most: int = 0
    least: int = 0
    scale: int = 0


def token(kind: ColumnType, is_key: bool, may_miss: bool) -> Token | None:
    """None for types that are read line by line."""
    scanned = _SCANNED.get(kind.kind)
    if scanned is None:
        return None
    if scanned == TEXT and is_key:
        scanned = NAME
    if scanned == INTEGER:
        least, most = integer_range(kind.kind)
        return Token(scanned, may_miss, most, -least)
    if scanned == DECIMAL:
        most = min(10**kind.precision - 1, _DECIMAL_CAP)
        return Token(scanned, may_miss, most, scale=kind.scale)
    return Token(scanned, may_miss)


class Read(NamedTuple):
    """Lines that fit, ascending, and those that do not; a column by the name of each slot."""

    numbers: Whole
    rest: Whole
    columns: "dict[str, pa.Array]"


class ShapeReader:
    """Reads the lines of one shape. Threads may share it."""

    def __init__(
        self, shape: Shape, tokens: Mapping[str, Token], types: "Mapping[str, pa.DataType]"
    ) -> None:
        """``tokens``, ``types``: of the declared columns; other keys may hold any scalar."""
        self.undeclared = [slot.name for slot in shape.slots if slot.name not in tokens]
        self._slots = _slots(shape, tokens)
        self._kept = [
            (place, slot.name, tokens[slot.name].kind, types[slot.name])
            for place, slot in enumerate(shape.slots)
            if slot.name in tokens
        ]
        self._spelt = np.array([p for p, _, kind, _ in self._kept if kind <= ANY], np.int64)

    def read(self, piece: Bytes, starts: Whole, lines: Whole) -> Read:
        """``lines``: numbers of those to try, ascending; ``starts``: of all in the piece."""
        width, count = len(self._slots.kinds), len(lines)
        values = np.empty((width, count), np.int64)
        is_there = np.empty((width, count), np.bool_)
        found = Found(np.empty(count, np.int64), values, is_there)
        rows = scan(piece, starts, lines, self._slots, found)
        numbers = found.numbers[:rows]
        rest = lines[:0] if rows == count else np.setdiff1d(lines, numbers, assume_unique=True)
        found = Found(numbers, values[:, :rows], is_there[:, :rows])
        return Read(numbers, rest, dict(self._columns(piece, found)) if rows else {})

    def _columns(self, piece: Bytes, found: Found) -> "Iterator[tuple[str, pa.Array]]":
        texts = dict(zip(self._spelt.tolist(), self._texts(piece, found), strict=True))
        for slot, name, kind, stored in self._kept:
            validity = _bits(found.is_there[slot])
            if slot in texts:
                yield name, _spelt(texts[slot], validity, stored)
            else:
                yield name, _counted(found.values[slot], validity, kind, stored)

    def _texts(self, piece: Bytes, found: Found) -> "Iterator[tuple[NDArray[np.int32], Bytes]]":
        """By slot: where texts begin and end, and their bytes."""
        rows = len(found.numbers)
        sizes = [int((found.values[slot] & LENGTH).sum()) for slot in self._spelt.tolist()]
        begins = np.concatenate(([0], np.cumsum(sizes, dtype=np.int64)))
        ends = np.zeros((len(sizes), rows + 1), np.int32)
        content = np.empty(begins[-1], np.uint8)
        gather(piece, found.values, self._spelt, begins, ends, content)
        for number, size in enumerate(sizes):
            yield ends[number], content[begins[number] : begins[number] + size]


def _slots(shape: Shape, tokens: Mapping[str, Token]) -> Slots:
    literals = [*(slot.literal.encode() for slot in shape.slots), shape.tail.encode()]
    held = [tokens.get(slot.name, Token(ANY, True)) for slot in shape.slots]
    return Slots(
        np.frombuffer(b"".join(literals), np.uint8),
        np.cumsum([len(one) for one in literals], dtype=np.int64),
        np.array([one.kind for one in held], np.int64),
        np.array([one.may_miss for one in held], np.bool_),
        np.array([one.most for one in held], np.uint64),
        np.array([one.least for one in held], np.uint64),
        np.array([one.scale for one in held], np.int64),
    )


def _bits(truths: NDArray[np.bool_]) -> "pa.Buffer | None":
    """As Arrow keeps them; None where all are true, which it takes for that."""
    import pyarrow as pa

    return None if truths.all() else pa.py_buffer(np.packbits(truths, bitorder="little"))


def _spelt(
    text: tuple[NDArray[np.int32], Bytes], validity: "pa.Buffer | None", stored: "pa.DataType"
) -> "pa.Array":
    """Text as it stands; floats from it, by way of a double, as Python stores them."""
    import pyarrow as pa

    ends, content = text
    found = pa.StringArray.from_buffers(
        len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(content), validity
    )
    if pa.types.is_floating(stored):
        return found.cast(pa.float64()).cast(stored, safe=False)
    return found


def _counted(
    values: Whole, validity: "pa.Buffer | None", kind: int, stored: "pa.DataType"
) -> "pa.Array":
    import pyarrow as pa

    if kind == BOOLEAN:
        content: NDArray[np.generic] = np.packbits(values.astype(np.bool_), bitorder="little")
    elif kind == DECIMAL:  # 128 bits, of which the upper repeat the sign
        content = np.stack((values, values >> 63), axis=1)
    else:
        content = np.ascontiguousarray(values.astype(_WIDTHS[stored.bit_width], copy=False))
    return pa.Array.from_buffers(stored, len(values), [validity, pa.py_buffer(content)])


# bits are kept as they are, so signed ones stand for unsigned too
_WIDTHS: Mapping[int, type[np.signedinteger[Any]]] = {
    8: np.int8,
    16: np.int16,
    32: np.int32,
    64: np.int64,
}
