"""Pieces into typed columns, by shape; what fits none is handed back line by line."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dagster_project.contracts.column_types import parse_column_type
from dagster_project.contracts.sources import SourceTable
from dagster_project.landing.arrow_schema import stored_schema
from dagster_project.landing.columnar.columns import ColumnMaker, column_maker, scalars
from dagster_project.landing.columnar.payloads import can_spell, payload_hashes, payload_parts
from dagster_project.landing.columnar.positions import Mask, Piece, Positions
from dagster_project.landing.columnar.shapes import Found, Shape, shape_of
from dagster_project.landing.columnar.tokens import Tokens
from dagster_project.landing.lines import LongLine

if TYPE_CHECKING:
    import pyarrow as pa

LEAST_LINES = 64  # fewer are read faster one by one
SHAPES_CAP = 64
_TRIES = 16  # lines per piece that are tried as a new shape


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
        hash_rows: "Callable[[pa.RecordBatch], pa.Array]",
        pseudonyms: "Callable[[pa.Array], pa.Array] | None" = None,
    ) -> None:
        self._hash = hash_rows
        self._pseudonyms = pseudonyms
        self._persons = frozenset(source.persons)
        self._schema = stored_schema(source)
        self._kinds = {c.name: parse_column_type(c.data_type) for c in source.columns}
        self._is_spelt = can_spell(self._kinds)
        self._makers: dict[str, ColumnMaker | None] = {
            name: None if source.shape.speaks_of(name) else column_maker(kind)
            for name, kind in self._kinds.items()
        }
        self._needed = {name for name in (source.key, source.timestamp) if name}
        self._key = source.key
        self._shapes: list[Shape] = []

    def read(self, piece: bytes | LongLine) -> TypedPiece | None:
        """``piece``: whole lines, each ended by 0x0A. None: read all of it line by line.

        The rows are independent of the pieces read before; only how many are odd is not.
        """
        import pyarrow as pa

        if isinstance(piece, LongLine):
            return None
        try:
            return self._read(Piece(piece))
        except (pa.ArrowException, ArithmeticError, LookupError, ValueError):
            return None  # unforeseen, so nothing here is sure

    def _read(self, whole: Piece) -> TypedPiece | None:
        if len(whole) < LEAST_LINES:
            return None
        typed: list[_Typed] = []
        undeclared: Counter[str] = Counter()
        odd: Mask = np.ones(len(whole), np.bool_)
        plain = whole.plain_lines()
        piece = whole if plain.all() else whole.only(plain)
        numbers = np.flatnonzero(plain)
        for shape, found in self._sort(piece):
            one = self._type(piece, shape, found)
            if not len(one.numbers):
                continue
            typed.append(one._replace(numbers=numbers[one.numbers]))
            odd[typed[-1].numbers] = False
            for slot in shape.slots:
                if slot.name not in self._kinds:
                    undeclared[slot.name] += len(one.numbers)
        if not typed:
            return None
        left: list[tuple[int, bytes | LongLine]] = [
            (number, whole.line(number)) for number in np.flatnonzero(odd).tolist()
        ]
        return TypedPiece(len(whole), *_in_order(typed), left, undeclared)

    def _sort(self, piece: Piece) -> list[tuple[Shape, Found]]:
        """Lines by their shape, of known shapes first; new ones are learnt from the rest."""
        rest: Positions = np.arange(len(piece))
        sorted_lines: list[tuple[Shape, Found]] = []
        for shape in list(self._shapes):
            rest = self._take(shape, piece, rest, sorted_lines)
        at = 0
        while at < min(_TRIES, len(rest)) and len(rest) >= LEAST_LINES:
            shape_found = shape_of(piece.line(int(rest[at])))
            known = len(rest)
            if shape_found and self._is_readable(shape_found):
                rest = self._take(shape_found, piece, rest, sorted_lines)
                if known - len(rest) >= LEAST_LINES and len(self._shapes) < SHAPES_CAP:
                    self._shapes.append(shape_found)
            if len(rest) == known:
                at += 1
        return sorted_lines

    def _take(
        self, shape: Shape, piece: Piece, rest: Positions, into: list[tuple[Shape, Found]]
    ) -> Positions:
        found = shape.find(piece, rest)
        if not len(found.lines):
            return rest
        into.append((shape, found))
        return np.setdiff1d(rest, found.lines, assume_unique=True)

    def _is_readable(self, shape: Shape) -> bool:
        """Has what every row needs, and nothing that is read line by line."""
        names = {slot.name for slot in shape.slots}
        nested = {name for name, maker in self._makers.items() if maker is None}
        return self._needed <= names and not nested & names

    def _type(self, piece: Piece, shape: Shape, found: Found) -> "_Typed":
        """Rows of the lines about which every slot is sure."""
        import pyarrow as pa

        count = len(found.lines)
        sure: Mask = np.ones(count, np.bool_)
        quotes = np.full(count, 2 * len(shape.slots))
        made: dict[str, pa.Array] = {}
        for slot, place in zip(shape.slots, found.places, strict=True):
            tokens = Tokens(piece, place)
            maker = self._makers.get(slot.name)
            if maker is None:
                sure &= scalars(tokens)
            else:
                made[slot.name], fine = maker(tokens)
                if slot.name in self._persons and self._pseudonyms:
                    made[slot.name] = self._pseudonyms(made[slot.name])
                sure &= fine
                if slot.name in self._needed:
                    sure &= ~tokens.is_null
                if slot.name == self._key:
                    sure &= ~tokens.is_string | (tokens.lengths > 2)
            quotes += 2 * tokens.is_string
        # every token that is a string has two; so with this sum none has more
        if count < len(piece) or quotes.sum() != piece.quote_count:
            sure &= quotes == piece.quote_counts[found.lines]
        arrays = [
            made[name] if name in made else pa.nulls(count, self._schema.field(name).type)
            for name in self._kinds
        ]
        rows = pa.RecordBatch.from_arrays(arrays, schema=self._schema)
        if not self._is_spelt:
            rows = rows.filter(pa.array(sure))
            return _Typed(found.lines[sure], rows, self._hash(rows))
        parts = payload_parts(piece, shape, found, self._kinds, made, self._persons)
        payloads = payload_hashes(parts)
        if sure.all():
            return _Typed(found.lines, rows, payloads)
        keep = pa.array(sure)
        return _Typed(found.lines[sure], rows.filter(keep), payloads.filter(keep))


class _Typed(NamedTuple):
    """Rows of one shape."""

    numbers: Positions
    rows: "pa.RecordBatch"
    payloads: "pa.Array"


def _in_order(typed: list[_Typed]) -> _Typed:
    """The rows of all shapes as they stand in the piece."""
    import pyarrow as pa

    if len(typed) == 1:
        return typed[0]
    numbers = np.concatenate([one.numbers for one in typed])
    order = np.argsort(numbers)
    at = pa.array(order)
    rows = pa.concat_batches([one.rows for one in typed]).take(at)
    payloads = pa.concat_arrays([one.payloads for one in typed]).take(at)
    return _Typed(numbers[order], rows, payloads)
