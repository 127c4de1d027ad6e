"""CSV (RFC 4180, comma, UTF-8, header) into units of text cells."""

import csv
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from dagster_project.contracts.column_types import INTEGER_BITS, ColumnType
from dagster_project.landing.lines import LINE_CAP, LongLine, physical_lines
from dagster_project.landing.reasons import UnaccountableError
from dagster_project.landing.strict_json import StrictJson
from dagster_project.landing.units import Decoded, Flaw, Unit

_WHOLE = re.compile(r"-?[0-9]+\Z")
_FRACTION = re.compile(r"-?[0-9]+(\.[0-9]+)?\Z")
_SCIENTIFIC = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?\Z")
DIGITS_CAP = 400  # no column can hold more
_BOOLEANS = {"true": True, "false": False}


def decode_csv(chunks: Iterator[bytes], expected: int, declared: frozenset[str]) -> Decoded:
    """One unit per record after the header. An empty cell is NULL.

    Raises UnaccountableError when header, quotes or encoding make records uncountable; while
    the units are read, too.
    """
    records = _Records(chunks)
    header = _header(records, declared)
    return Decoded(_row_units(records, header), expected, names=tuple(header), is_text=True)


def text_cell(kind: ColumnType) -> Callable[[str | None], Any]:
    """A cell as the value that JSON would have carried; raises RefusedValueError."""
    if kind.kind in INTEGER_BITS:
        return _reader(_WHOLE, int)
    if kind.kind == "decimal":
        return _reader(_FRACTION, Decimal)
    if kind.kind in ("double", "float"):
        return _reader(_SCIENTIFIC, Decimal)
    if kind.kind == "boolean":
        return lambda cell: None if cell is None else _BOOLEANS.get(cell.lower(), cell)
    if kind.kind in ("json", "struct", "list"):
        return nested_text
    return lambda cell: cell


def _reader(form: re.Pattern[str], make: Callable[[str], Any]) -> Callable[[str | None], Any]:
    def read(cell: str | None) -> Any:
        """Text of another form stays text, which the strict type then refuses."""
        if cell is None or not form.match(cell) or len(cell) > DIGITS_CAP:
            return cell
        return make(cell)

    return read


def nested_text(cell: Any) -> Any:
    """JSON text inside a cell, parsed; what is no text stays. Raises RefusedValueError."""
    return StrictJson().value(cell.encode()) if isinstance(cell, str) else cell


class _Records:
    """csv.reader over physical lines, which keeps the bytes and the encoding of each record."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._lines = physical_lines(chunks)
        self._reader = csv.reader(self._texts(), strict=True)
        self.raw: list[bytes] = []
        self.is_utf8 = True

    def _texts(self) -> Iterator[str]:
        for line in self._lines:
            if isinstance(line, LongLine):
                raise UnaccountableError("line_too_long", f"{line.byte_count} bytes")
            self.raw.append(line)
            try:
                yield line.decode() + "\n"
            except UnicodeDecodeError:
                self.is_utf8 = False
                yield line.decode(errors="surrogateescape") + "\n"

    def next(self) -> list[str] | None:
        """The next record's cells, None at the end. Raises csv.Error, UnaccountableError."""
        self.raw.clear()
        self.is_utf8 = True
        # the limit is the whole process's: set for this record alone
        limit = csv.field_size_limit(LINE_CAP)
        try:
            return next(self._reader, None)
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise UnaccountableError("unclosed_quote") from error
            raise
        finally:
            csv.field_size_limit(limit)


def _header(records: _Records, declared: frozenset[str]) -> list[str]:
    try:
        header = records.next() or []
    except csv.Error as error:
        raise UnaccountableError("invalid_header", str(error)) from error
    if not records.is_utf8 or any("\0" in name for name in header):
        raise UnaccountableError("invalid_header")
    if not declared.intersection(header):
        line = ",".join(header)
        for name, character in (("semicolon", ";"), ("tab", "\t"), ("bar", "|")):
            if declared.intersection(cell.strip('" ') for cell in line.split(character)):
                raise UnaccountableError("wrong_delimiter", f"the fields are separated by a {name}")
        raise UnaccountableError("no_header")
    if len(set(header)) != len(header):
        raise UnaccountableError("duplicate_header")
    return header


def _row_units(records: _Records, header: list[str]) -> Iterator[Unit]:
    width, place = len(header), 0
    while True:
        flaw = None
        try:
            cells = records.next()
        except csv.Error as error:
            cells, flaw = [], Flaw("invalid_csv", "", str(error))
        if cells is None:
            return
        place += 1
        if flaw is None and not any(cell.strip() for cell in cells) and len(cells) <= 1:
            yield Unit(place, None)
            continue
        if flaw is None and not records.is_utf8:
            flaw = Flaw("invalid_utf8")
        if flaw is None and len(cells) != width:
            flaw = Flaw("ragged_row", "", f"{len(cells)} fields, {width} in the header")
        raw = b"\n".join(records.raw)
        if flaw is None:
            yield Unit(place, dict(zip(header, (c or None for c in cells), strict=True)), None, raw)
        else:
            yield Unit(place, None, flaw, raw)
