"""The DuckDB types a raw column may have, parsed once into a plain tree.

Refused: types without a zone (a time must say when), without an Arrow equal (HUGEINT), and
those whose text form is ambiguous (BLOB, INTERVAL, ENUM, MAP, …): declare varchar or json.
"""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType

INTEGER_BITS = {
    "tinyint": 8,
    "smallint": 16,
    "integer": 32,
    "bigint": 64,
    "utinyint": 8,
    "usmallint": 16,
    "uinteger": 32,
    "ubigint": 64,
}
SCALARS = frozenset({*INTEGER_BITS, "boolean", "float", "double", "varchar", "date"})
TIMESTAMP = "timestamp with time zone"
_HINTS = {
    "hugeint": "use decimal(38,0)",
    "uhugeint": "use decimal(38,0)",
    "map": "use json",
    "array": "use a list such as bigint[]",
}


class ColumnTypeError(ValueError):
    """A column type that DuckDB does not know or that landing does not take; names the fix."""


@dataclass(frozen=True)
class ColumnType:
    """``kind``: a word of SCALARS, TIMESTAMP, json, decimal, list or struct.

    ``fields``: struct members in order; a list has one member named ``child``.
    """

    kind: str
    precision: int = 0
    scale: int = 0
    fields: tuple[tuple[str, "ColumnType"], ...] = ()


@cache
def parse_column_type(data_type: str) -> ColumnType:
    """Parse DuckDB type text, e.g. ``struct(amount double)[]``. Raises ColumnTypeError."""
    import duckdb  # 0.1 s: only when declarations are read

    try:
        parsed = duckdb.type(data_type)
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        raise ColumnTypeError(f"DuckDB does not know {data_type!r} ({first})") from error
    return _tree(parsed)


def paths_of(kind: ColumnType, wanted: str, path: str) -> list[str]:
    """Where values of a kind stand in a column: its name, and members below it joined by dots."""
    if kind.kind == wanted:
        return [path]
    below = "" if kind.kind == "list" else "."
    return [
        found
        for name, member in kind.fields
        for found in paths_of(member, wanted, f"{path}{below}{name if below else ''}")
    ]


def _tree(parsed: "DuckDBPyType") -> ColumnType:
    kind = parsed.id
    if str(parsed) == "JSON":  # its id is varchar
        return ColumnType("json")
    if kind in SCALARS or kind == TIMESTAMP:
        return ColumnType(kind)
    if kind == "decimal":
        sizes: dict[str, Any] = dict(parsed.children)
        return ColumnType(kind, precision=int(sizes["precision"]), scale=int(sizes["scale"]))
    if kind in ("list", "struct"):
        members: list[tuple[str, Any]] = list(parsed.children)
        return ColumnType(kind, fields=tuple((name, _tree(member)) for name, member in members))
    if kind.startswith("timestamp"):
        raise ColumnTypeError(f"{parsed} has no zone; use timestamptz, or varchar to keep text")
    hint = _HINTS.get(kind, "use varchar")
    raise ColumnTypeError(f"{parsed} cannot land; {hint}")
