"""Arrow schemas of what landing writes."""

from typing import TYPE_CHECKING

from dagster_project.contracts.column_types import TIMESTAMP, ColumnType, parse_column_type
from dagster_project.contracts.sources import SourceTable

if TYPE_CHECKING:
    import pyarrow as pa

QUARANTINE_COLUMNS = (
    "source",
    "table",
    "file_sha256",
    "file_name",
    "place",
    "reason_code",
    "column_name",
    "detail",
    "unit_sha256",
    "landing_batch",
    "landed_at",
)

REPAIRED_COLUMNS = (
    "source",
    "table",
    "file_sha256",
    "place",
    "landed_in_sha256",
    "repair_sha256",
    "landing_batch",
    "landed_at",
)


def declared_schema(source: SourceTable) -> "pa.Schema":
    """The declared columns; a json column is text that holds canonical JSON."""
    import pyarrow as pa

    columns = source.columns
    return pa.schema([(c.name, arrow_type(parse_column_type(c.data_type))) for c in columns])


def stored_schema(source: SourceTable) -> "pa.Schema":
    """The declared columns as they are written: pseudonyms are text, whatever they stand for."""
    import pyarrow as pa

    persons = set(source.persons)
    declared = declared_schema(source)
    return pa.schema([pa.field(f.name, pa.string()) if f.name in persons else f for f in declared])


def landed_schema(declared: "pa.Schema") -> "pa.Schema":
    """Declared columns plus where and when each row landed."""
    import pyarrow as pa

    own = [
        ("_landing_batch", pa.string()),
        ("_landed_at", pa.timestamp("us", tz="UTC")),
        ("_file_sha256", pa.string()),
        ("_place", pa.int64()),
        ("_payload_sha256", pa.string()),
    ]
    return pa.schema([*declared, *(pa.field(name, kind) for name, kind in own)])


def quarantine_schema() -> "pa.Schema":
    """One row per refused unit: where it is and why, and its hash; never its bytes."""
    return _own_schema(QUARANTINE_COLUMNS)


def repaired_schema() -> "pa.Schema":
    """One row per refused unit that can be read now: where it was refused, and where it landed.

    ``repair_sha256``: the entry that vouches for the row.
    """
    return _own_schema(REPAIRED_COLUMNS)


def _own_schema(names: tuple[str, ...]) -> "pa.Schema":
    import pyarrow as pa

    kinds = {"place": pa.int64(), "landed_at": pa.timestamp("us", tz="UTC")}
    return pa.schema([(name, kinds.get(name, pa.string())) for name in names])


def arrow_type(kind: ColumnType) -> "pa.DataType":
    """How values of a declared type are stored."""
    import pyarrow as pa

    if kind.kind == "decimal":
        return pa.decimal128(kind.precision, kind.scale)
    if kind.kind == "list":
        return pa.list_(arrow_type(kind.fields[0][1]))
    if kind.kind == "struct":
        return pa.struct([(name, arrow_type(member)) for name, member in kind.fields])
    return {
        "boolean": pa.bool_(),
        "tinyint": pa.int8(),
        "smallint": pa.int16(),
        "integer": pa.int32(),
        "bigint": pa.int64(),
        "utinyint": pa.uint8(),
        "usmallint": pa.uint16(),
        "uinteger": pa.uint32(),
        "ubigint": pa.uint64(),
        "float": pa.float32(),
        "double": pa.float64(),
        "varchar": pa.string(),
        "json": pa.string(),
        "date": pa.date32(),
        TIMESTAMP: pa.timestamp("us", tz="UTC"),
    }[kind.kind]
