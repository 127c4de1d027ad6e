"""Pieces into typed columns, by shape; what fits none is handed back line by line."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.contracts.column_types import parse_column_type
from dagster_project.contracts.sources import SourceTable
from dagster_project.landing.arrow_schema import stored_schema
from dagster_project.landing.columnar.shapes import Shape, shape_of
from dagster_project.landing.columnar.tokens import ANY, NAME, TEXT, token_pattern
from dagster_project.landing.lines import LongLine
from dagster_project.landing.payloads import PayloadHasher

if TYPE_CHECKING:
    import pyarrow as pa

LEAST_LINES = 64  # fewer are read faster one by one
SHAPES_CAP = 64
# patterns of more keys no longer fit into what RE2 keeps: slower than one by one
SLOTS_CAP = 64
_TRIES = 16  # lines per piece that are tried as a new shape
_NEWLINE = ord("\n")

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
        self._types = {column.name: column.data_type for column in source.columns}
        kinds = {name: parse_column_type(kind) for name, kind in self._types.items()}
        self._needed = {name for name in (source.key, source.timestamp) if name}
        self._tokens: dict[str, str] = {}
        for name, kind in kinds.items():
            pattern = None if source.shape.speaks_of(name) else token_pattern(kind)
            if pattern == TEXT and name == source.key:
                pattern = NAME
            if pattern is not None:
                self._tokens[name] = pattern if name in self._needed else f"{pattern}|null"
        self._shapes: list[Shape] = []

    def read(self, piece: bytes | LongLine) -> TypedPiece | None:
        """``piece``: whole lines, each ended by 0x0A. None: read all of it line by line.

        The rows are independent of the pieces read before; only how many are odd is not.
        """
        import duckdb
        import pyarrow as pa

        if isinstance(piece, LongLine):
            return None
        try:
            return self._read(piece)
        except (pa.ArrowException, duckdb.Error, ArithmeticError, LookupError, ValueError):
            return None  # unforeseen, so nothing here is sure

    def _read(self, piece: bytes) -> TypedPiece | None:
        lines = _Lines(piece)
        if len(lines) < LEAST_LINES:
            return None
        typed = [self._type(shape, lines, numbers) for shape, numbers in self._sort(lines)]
        if not typed:
            return None
        rest = np.ones(len(lines), np.bool_)
        undeclared: Counter[str] = Counter()
        for one in typed:
            rest[one.numbers] = False
            for name in one.undeclared:
                undeclared[name] += len(one.numbers)
        odd: list[tuple[int, bytes | LongLine]] = [
            (number, lines.line(number)) for number in np.flatnonzero(rest).tolist()
        ]
        numbers, rows = _in_order(typed)
        payloads = self._hasher.hashes(rows, is_plain=True)  # or no pattern had taken them
        return TypedPiece(len(lines), numbers, rows, payloads, odd, undeclared)

    def _sort(self, lines: "_Lines") -> list[tuple[Shape, Positions]]:
        """Lines by their shape, of known shapes first; new ones are learnt from the rest."""
        rest: Positions = np.arange(len(lines))
        taken: list[tuple[Shape, Positions]] = []
        for shape in list(self._shapes):
            rest = self._take(shape, lines, rest, taken)
        at = 0
        while at < min(_TRIES, len(rest)) and len(rest) >= LEAST_LINES:
            shape_found = shape_of(lines.line(int(rest[at])))
            known = len(rest)
            if shape_found and self._is_readable(shape_found):
                rest = self._take(shape_found, lines, rest, taken)
                if known - len(rest) >= LEAST_LINES and len(self._shapes) < SHAPES_CAP:
                    self._shapes.append(shape_found)
            if len(rest) == known:
                at += 1
        return taken

    def _take(
        self,
        shape: Shape,
        lines: "_Lines",
        rest: Positions,
        into: list[tuple[Shape, Positions]],
    ) -> Positions:
        """Move what fits from ``rest`` into ``into``; returns what is left."""
        import pyarrow.compute as pc

        pattern = shape.pattern(self._tokens, f"{ANY}|null")
        matched = pc.match_substring_regex(lines.at(rest), pattern)
        fits: NDArray[np.bool_] = matched.to_numpy(zero_copy_only=False)
        if not fits.any():
            return rest
        into.append((shape, rest[fits]))
        return rest[~fits]

    def _is_readable(self, shape: Shape) -> bool:
        """Has what every row needs, and nothing that is read line by line."""
        if len(shape.slots) > SLOTS_CAP:
            return False
        names = {slot.name for slot in shape.slots}
        nested = self._types.keys() - self._tokens.keys()
        return self._needed <= names and not nested & names

    def _type(self, shape: Shape, lines: "_Lines", numbers: Positions) -> "_Typed":
        """The values of lines that fit. Raises duckdb.Error rather than leave a value out."""
        import pyarrow as pa

        wanted = {slot.name: self._types.get(slot.name, "json") for slot in shape.slots}
        chosen = pa.table({"line": lines.at(numbers)})
        structure = json.dumps(wanted, ensure_ascii=False).replace("'", "''")
        with self._hasher.connection() as connection:
            relation = connection.from_arrow(chosen)
            read = relation.project(f"unnest(from_json_strict(line, '{structure}'))")
            found = read.to_arrow_table().combine_chunks()
        if len(found) != len(numbers) or found.column_names != list(wanted):
            raise ValueError("not one row per line")
        columns = [self._stored(name, found) for name in self._types]
        rows = pa.RecordBatch.from_arrays(columns, schema=self._schema)
        return _Typed(numbers, rows, wanted.keys() - self._types.keys())

    def _stored(self, name: str, found: "pa.Table") -> "pa.Array":
        """As landing writes it; NULL where the shape has no such key."""
        import pyarrow as pa

        kind = self._schema.field(name).type
        if name not in found.column_names:
            return pa.nulls(len(found), kind)
        (column,) = found.column(name).chunks
        if name in self._persons and self._pseudonyms:
            return self._pseudonyms(column)
        return column if column.type == kind else column.cast(kind)


class _Lines:
    """The lines of a piece as Arrow text, each with its 0x0A."""

    def __init__(self, piece: bytes) -> None:
        import pyarrow as pa

        ends = np.flatnonzero(np.frombuffer(piece, np.uint8) == _NEWLINE) + 1
        self._offsets = np.concatenate(([0], ends)).astype(np.int32)
        self._piece = piece
        buffers = (pa.py_buffer(self._offsets), pa.py_buffer(piece))
        self._texts = pa.StringArray.from_buffers(len(ends), *buffers)

    def __len__(self) -> int:
        return len(self._texts)

    def line(self, number: int) -> bytes:
        """Without its 0x0A."""
        return self._piece[self._offsets[number] : self._offsets[number + 1] - 1]

    def at(self, numbers: Positions) -> "pa.Array":
        """Broken UTF-8 is possible; it fits no pattern."""
        import pyarrow as pa

        return self._texts if len(numbers) == len(self) else self._texts.take(pa.array(numbers))


class _Typed(NamedTuple):
    """Rows of one shape."""

    numbers: Positions
    rows: "pa.RecordBatch"
    undeclared: set[str]


def _in_order(typed: list[_Typed]) -> tuple[Positions, "pa.RecordBatch"]:
    """The rows of all shapes as they stand in the piece."""
    import pyarrow as pa

    if len(typed) == 1:
        return typed[0].numbers, typed[0].rows
    numbers = np.concatenate([one.numbers for one in typed])
    order = np.argsort(numbers)
    return numbers[order], pa.concat_batches([one.rows for one in typed]).take(pa.array(order))
