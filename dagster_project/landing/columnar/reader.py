"""Pieces into typed columns, by shape; what fits none is handed back line by line."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.contracts.column_types import parse_column_type
from dagster_project.contracts.sources import SourceTable
from dagster_project.landing.arrow_schema import declared_schema, stored_schema
from dagster_project.landing.columnar.columns import Read, ShapeReader, Token, token
from dagster_project.landing.columnar.shapes import shape_of
from dagster_project.landing.lines import LongLine
from dagster_project.landing.payloads import PayloadHasher

if TYPE_CHECKING:
    import pyarrow as pa

LEAST_LINES = 64  # fewer are read faster one by one
SHAPES_CAP = 64
SLOTS_CAP = 256
_TRIES = 16  # lines per piece that are tried as a new shape
_NEWLINE = ord("\n")
_BLOCK = 1 << 17

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class TypedPiece:
    """``rows``: the declared columns of the lines ``numbers`` (from 0, ascending), with their
    payload hashes. ``odd``: lines to be read one by one. ``undeclared``: keys of the rows.
    """

    line_count: int
    numbers: Positions
    rows: "pa.RecordBatch"
    payloads: "pa.Array"
    odd: list[tuple[int, bytes | LongLine]]
    undeclared: Counter[str]


class ColumnarReader:
    """Of one source; it learns the shapes of its lines as it goes. Threads may share it."""

    def __init__(
        self,
        source: SourceTable,
        hasher: PayloadHasher,
        pseudonyms: "Callable[[pa.Array], pa.Array] | None" = None,
    ) -> None:
        self._hasher = hasher
        self._pseudonyms = pseudonyms
        self._persons = frozenset(source.persons)
        self._schema = stored_schema(source)
        self._needed = {name for name in (source.key, source.timestamp) if name}
        self._types = {field.name: field.type for field in declared_schema(source)}
        self._tokens = _tokens(source, self._needed)
        self._shapes: list[ShapeReader] = []

    def read(self, piece: bytes | LongLine) -> TypedPiece | None:
        """``piece``: whole lines, each ended by 0x0A. None: read all of it line by line.

        The rows are independent of the pieces read before; only how many are odd is not.
        """
        import pyarrow as pa

        if isinstance(piece, LongLine):
            return None
        try:
            return self._read(_Lines(piece))
        except (pa.ArrowException, ArithmeticError, LookupError, MemoryError, ValueError):
            return None  # unforeseen, so nothing here is sure

    def _read(self, lines: "_Lines") -> TypedPiece | None:
        if len(lines) < LEAST_LINES:
            return None
        typed, rest = self._sort(lines)
        if not typed:
            return None
        undeclared: Counter[str] = Counter()
        for one in typed:
            for name in one.undeclared:
                undeclared[name] += len(one.numbers)
        odd: list[tuple[int, bytes | LongLine]] = [(n, lines.line(n)) for n in rest.tolist()]
        numbers, rows = _in_order(typed)
        payloads = self._hasher.hashes(rows, is_plain=True)  # or no token had been taken
        return TypedPiece(len(lines), numbers, rows, payloads, odd, undeclared)

    def _sort(self, lines: "_Lines") -> "tuple[list[_Typed], Positions]":
        """Lines by their shape, of known shapes first; new ones are learnt from the rest."""
        rest: Positions = np.arange(len(lines))
        taken: list[_Typed] = []
        for shape in list(self._shapes):
            rest = self._take(shape, lines, rest, taken)
        at = 0
        while at < min(_TRIES, len(rest)) and len(rest) >= LEAST_LINES:
            shape_found = self._learn(lines.line(int(rest[at])))
            known = len(rest)
            if shape_found:
                rest = self._take(shape_found, lines, rest, taken)
                if known - len(rest) >= LEAST_LINES and len(self._shapes) < SHAPES_CAP:
                    self._shapes.append(shape_found)
            if len(rest) == known:
                at += 1
        return taken, rest

    def _learn(self, line: bytes) -> ShapeReader | None:
        """None if it lacks what every row needs, or has what is read line by line."""
        shape = shape_of(line)
        if shape is None or len(shape.slots) > SLOTS_CAP:
            return None
        names = {slot.name for slot in shape.slots}
        nested = self._types.keys() - self._tokens.keys()
        if not self._needed <= names or nested & names:
            return None
        return ShapeReader(shape, self._tokens, self._types)

    def _take(
        self, shape: ShapeReader, lines: "_Lines", rest: Positions, into: "list[_Typed]"
    ) -> Positions:
        """Move what fits from ``rest`` into ``into``; returns what is left."""
        import pyarrow as pa

        read = shape.read(lines.piece, lines.starts, rest)
        if len(read.numbers):
            columns = [self._stored(name, read) for name in self._types]
            rows = pa.RecordBatch.from_arrays(columns, schema=self._schema)
            into.append(_Typed(read.numbers, rows, shape.undeclared))
        return read.rest

    def _stored(self, name: str, read: Read) -> "pa.Array":
        """As landing writes it; NULL where the shape has no such key."""
        import pyarrow as pa

        column = read.columns.get(name)
        if column is None:
            return pa.nulls(len(read.numbers), self._schema.field(name).type)
        if name in self._persons and self._pseudonyms:
            return self._pseudonyms(column)
        return column


def _tokens(source: SourceTable, needed: set[str]) -> Mapping[str, Token]:
    """Of the columns that can be read here."""
    tokens = {}
    for column in source.columns:
        name, kind = column.name, parse_column_type(column.data_type)
        made = token(kind, name == source.key, name not in needed)
        if made and not source.shape.speaks_of(name):
            tokens[name] = made
    return tokens


class _Lines:
    """The lines of a piece. ``starts``: where each begins, and where the piece ends."""

    def __init__(self, piece: bytes) -> None:
        self.piece = np.frombuffer(piece, np.uint8)
        self.starts: Positions = np.concatenate(list(_starts(self.piece)))
        self._content = piece

    def __len__(self) -> int:
        return len(self.starts) - 1

    def line(self, number: int) -> bytes:
        """Without its 0x0A."""
        return self._content[self.starts[number] : self.starts[number + 1] - 1]


def _starts(piece: NDArray[np.uint8]) -> Iterator[Positions]:
    yield np.zeros(1, np.int64)
    for at in range(0, len(piece), _BLOCK):  # what is made on the way stays near
        yield np.flatnonzero(piece[at : at + _BLOCK] == _NEWLINE) + (at + 1)


class _Typed(NamedTuple):
    """Rows of one shape."""

    numbers: Positions
    rows: "pa.RecordBatch"
    undeclared: list[str]


def _in_order(typed: list[_Typed]) -> tuple[Positions, "pa.RecordBatch"]:
    """The rows of all shapes as they stand in the piece."""
    import pyarrow as pa

    if len(typed) == 1:
        return typed[0].numbers, typed[0].rows
    numbers = np.concatenate([one.numbers for one in typed])
    order = np.argsort(numbers)
    return numbers[order], pa.concat_batches([one.rows for one in typed]).take(pa.array(order))
