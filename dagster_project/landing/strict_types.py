"""Values against declared DuckDB types: accepted as they are, or refused; never coerced.

A converter takes a decoded value and gives what Arrow stores, or raises RefusedValueError.
None is always NULL. Numbers come as int or Decimal (JSON, CSV) or float (Parquet).
"""

import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import partial
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from dagster_project.contracts.column_types import INTEGER_BITS, TIMESTAMP, ColumnType
from dagster_project.contracts.source_shape import Shape
from dagster_project.landing.reasons import RefusedValueError
from dagster_project.landing.shaping import cut_text, name_persons, read_nested_text, select_keys
from dagster_project.landing.strict_json import Flawed, canonical
from dagster_project.landing.undeclared import UndeclaredKeys

Converter = Callable[[Any], Any]
# clocks that were never set write 1601 or 0001; units mistaken (s for ms) land after 2100
FIRST_YEAR, LAST_YEAR = 1900, 2099
FLOAT_MAX = 3.4028234663852886e38
# up to so much is stored as 0
_VANISHING = {"float": 2.0**-150, "double": 0.0}
_DECIMALS = Context(prec=80)
_KINDS = {
    bool: "true or false",
    int: "a whole number",
    Decimal: "a fraction",
    float: "a fraction",
    str: "text",
    dict: "an object",
    list: "a list",
    datetime: "a time",
    date: "a date",
}


class Converters:
    """Builds converters. ``timezone`` is the zone of times written without one, or None.

    ``pseudonym`` is needed where ``shape`` names persons.
    """

    def __init__(
        self,
        timezone: str | None,
        undeclared: UndeclaredKeys,
        shape: Shape | None = None,
        pseudonym: Callable[[str], str] | None = None,
    ) -> None:
        self._zone = ZoneInfo(timezone) if timezone else None
        self._undeclared = undeclared
        self._shape = shape or Shape()
        self._pseudonym = pseudonym

    def build(self, kind: ColumnType, path: str) -> Converter:
        """The converter of one column or nested field; ``path`` names it in messages."""
        convert = self._build(kind, path)
        if kind.kind == "json" and self._shape.has_keys(path):
            convert = select_keys(convert, self._shape, path, self._undeclared.add, self._pseudonym)
        if (length := self._shape.prefix(path)) and kind.kind == "varchar":
            convert = cut_text(convert, length)
        if kind.kind == "varchar" and path in self._shape.persons:
            convert = name_persons(convert, path, self._pseudonym)
        if self._shape.nested_text and (kind.fields or kind.kind == "json"):
            convert = read_nested_text(convert, kind.kind == "json")
        return convert

    def _build(self, kind: ColumnType, path: str) -> Converter:
        if kind.fields:
            return self._build_nested(kind, path)
        if kind.kind in INTEGER_BITS:
            return _integer(kind.kind, path)
        if kind.kind == "decimal":
            return _decimal(kind, path)
        if kind.kind == TIMESTAMP:
            return _timestamp(path, self._zone)
        return _PLAIN[kind.kind](path)

    def _build_nested(self, kind: ColumnType, path: str) -> Converter:
        if kind.kind == "list":
            return _list(self.build(kind.fields[0][1], path), path)
        members = [(name, self.build(c, f"{path}.{name}")) for name, c in kind.fields]
        return _struct(members, path, self._undeclared)


def _wrong(path: str, declared: str, value: Any) -> NoReturn:
    if isinstance(value, Flawed):
        raise RefusedValueError(value.reason, path)
    if isinstance(value, float) and not math.isfinite(value):
        raise RefusedValueError("number_not_finite", path)
    found = _KINDS.get(type(value), "another type")
    raise RefusedValueError("wrong_type", f"{path}: {declared} declared, {found} found")


def _is_nan(value: Any) -> bool:
    return type(value) is float and math.isnan(value)


def _boolean(path: str) -> Converter:
    def convert(value: Any) -> Any:
        if value is None or value is True or value is False:
            return value
        _wrong(path, "boolean", value)

    return convert


def _text(path: str) -> Converter:
    def convert(value: Any) -> Any:
        if type(value) is str:
            if "\0" in value:
                raise RefusedValueError("nul_character", path)
            return value
        if value is None:
            return None
        _wrong(path, "varchar", value)

    return convert


def _json(value: Any) -> Any:
    return None if value is None else canonical(value)


def integer_range(kind: str) -> tuple[int, int]:
    """Lowest and highest value of a DuckDB integer type."""
    bits = INTEGER_BITS[kind]
    if kind.startswith("u"):
        return 0, (1 << bits) - 1
    return -(1 << (bits - 1)), (1 << (bits - 1)) - 1


def _integer(kind: str, path: str) -> Converter:
    lowest, highest = integer_range(kind)

    def convert(value: Any) -> Any:
        if type(value) is int:
            if lowest <= value <= highest:
                return value
            raise RefusedValueError("out_of_range", f"{path}: {kind}")
        if value is None:
            return None
        _wrong(path, kind, value)

    return convert


def _double(kind: str, path: str) -> Converter:
    largest, vanishing = FLOAT_MAX if kind == "float" else math.inf, _VANISHING[kind]

    def convert(value: Any) -> Any:
        if value is None:
            return None
        if type(value) not in (Decimal, int, float) or _is_nan(value):
            _wrong(path, kind, value)
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        is_lost = abs(number) <= vanishing and value != 0
        if -largest <= number <= largest and math.isfinite(number) and not is_lost:
            return number
        raise RefusedValueError("out_of_range", f"{path}: {kind}")

    return convert


def _decimal(kind: ColumnType, path: str) -> Converter:
    step = Decimal(1).scaleb(-kind.scale)
    limit = Decimal(10) ** (kind.precision - kind.scale)
    name = f"decimal({kind.precision},{kind.scale})"

    def convert(value: Any) -> Any:
        if value is None:
            return None
        if type(value) is float and math.isfinite(value):
            value = Decimal(repr(value))
        if type(value) not in (Decimal, int):
            _wrong(path, name, value)
        exact = Decimal(value)
        if -limit < exact < limit:
            rounded = exact.quantize(step, ROUND_HALF_UP, _DECIMALS)  # as DuckDB rounds
            if -limit < rounded < limit:
                return rounded
        raise RefusedValueError("out_of_range", f"{path}: {name}")

    return convert


def _list(convert_item: Converter, path: str) -> Converter:
    def convert(value: Any) -> Any:
        if type(value) is list:
            return [convert_item(item) for item in value]
        if value is None:
            return None
        _wrong(path, "list", value)

    return convert


def _struct(
    members: list[tuple[str, Converter]], path: str, undeclared: UndeclaredKeys
) -> Converter:
    names = frozenset(name for name, _ in members)

    def convert(value: Any) -> Any:
        if type(value) is dict:
            get = value.get
            if not names.issuperset(value):
                for name in value.keys() - names:
                    undeclared.add(f"{path}.{name}")
            return {name: convert_member(get(name)) for name, convert_member in members}
        if value is None:
            return None
        _wrong(path, "struct", value)

    return convert


def _timestamp(path: str, zone: ZoneInfo | None) -> Converter:
    def convert(value: Any) -> Any:
        if value is None:
            return None
        if type(value) is str:
            value = _read_timestamp(value, path)
        elif not isinstance(value, datetime):
            _wrong(path, "timestamptz", value)
        if value.tzinfo is None:
            if zone is None:
                raise RefusedValueError("timestamp_without_zone", path)
            value = value.replace(tzinfo=zone)
            if value.utcoffset() != value.replace(fold=1).utcoffset():
                raise RefusedValueError("ambiguous_timestamp", path)
        if FIRST_YEAR <= value.year <= LAST_YEAR:
            return value if value.tzinfo is UTC else value.astimezone(UTC)
        raise RefusedValueError("out_of_range", f"{path}: year")

    return convert


def _read_timestamp(text: str, path: str) -> datetime:
    """``YYYY-MM-DDThh:mm…``: fromisoformat also takes week dates, basic forms, bare dates."""
    if len(text) >= 16 and text[4] == text[7] == "-" and text[10] in "T " and text[13] == ":":
        try:
            parsed = datetime.fromisoformat(text)
        except ValueError:
            pass
        else:
            if text[11:13] != "24":  # the end of a day: newer Pythons take it, 3.11 does not
                return parsed
    raise RefusedValueError("invalid_timestamp", path)


def _date(path: str) -> Converter:
    def convert(value: Any) -> Any:
        if value is None:
            return None
        if type(value) is str and len(value) == 10 and value[4] == value[7] == "-":
            try:
                value = date.fromisoformat(value)
            except ValueError:
                raise RefusedValueError("invalid_timestamp", path) from None
        if type(value) is not date:
            _wrong(path, "date", value)
        if FIRST_YEAR <= value.year <= LAST_YEAR:
            return value
        raise RefusedValueError("out_of_range", f"{path}: year")

    return convert


_PLAIN: dict[str, Callable[[str], Converter]] = {
    "boolean": _boolean,
    "varchar": _text,
    "date": _date,
    "json": lambda _: _json,
    "double": partial(_double, "double"),
    "float": partial(_double, "float"),
}
