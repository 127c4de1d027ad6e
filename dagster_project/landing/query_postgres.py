"""Rows of a PostgreSQL table, view or query, read in one read-only snapshot through ADBC.

The server writes every value as text and says its type; so infinities and dates before Christ
reach the strict types as they are, instead of as some number. No text of the driver or the
server goes further than this file: it repeats parts of a connection string that it cannot parse.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from dagster_project.contracts.source_connections import connection_string
from dagster_project.contracts.source_query import Query
from dagster_project.contracts.sources import SourceTable
from dagster_project.landing.reasons import UnaccountableError
from dagster_project.landing.units import Decoded, Unit

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection, Cursor

ROWS_CAP = 1_000_000  # held in memory to be put in order: about 1 GB at 20 columns
CONNECT_SECONDS = 10
_TYPE = b"POSTGRESQL:type"
# one snapshot for rows and count, and texts that do not depend on the server's settings
_SESSION = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL DateStyle = 'ISO, YMD'",
    "SET LOCAL extra_float_digits = 1",
    "SET LOCAL client_encoding = 'UTF8'",
)
_STATES = {
    "42P01": "no such table or view",
    "42703": "a declared column is not there",
    "42501": "permission denied",
    "42601": "the query is no valid SELECT",
    "25006": "the query tried to write",
    "57014": "took longer than [landing] query_seconds",
}
Row = list[str | None]
Read = Callable[[str], Any]


@dataclass(frozen=True)
class Fetched:
    """All rows in one order, whatever order the server gave them in.

    ``lines``: each row as canonical JSON; ``expected``: what the server counted.
    """

    names: tuple[str, ...]
    types: tuple[str, ...]
    lines: list[bytes]
    expected: int

    @property
    def sha256(self) -> str:
        """Of names, types and rows: the same content has the same digest."""
        digest = hashlib.sha256(json.dumps([self.names, self.types]).encode())
        for line in self.lines:
            digest.update(b"\n" + line)
        return digest.hexdigest()

    @property
    def byte_count(self) -> int:
        return sum(len(line) + 1 for line in self.lines)

    def decoded(self) -> Decoded:
        return Decoded(self._units(), self.expected, names=self.names)

    def _units(self) -> Iterator[Unit]:
        reads = [_READS.get(kind, str) for kind in self.types]
        for place, line in enumerate(self.lines, 1):
            cells = zip(self.names, reads, json.loads(line), strict=True)
            record = {name: None if text is None else read(text) for name, read, text in cells}
            yield Unit(place, record, None, line)


def fetch(source: SourceTable, seconds: int) -> Fetched:
    """The declared columns of every row. ``seconds``: how long a statement may take.

    Raises UnaccountableError: then nothing is known about the rows.
    """
    from adbc_driver_manager import dbapi

    if source.query is None:
        raise ValueError(f"{source.relation}: not a query")
    try:
        with closing(_connect(source.query)) as connection, connection.cursor() as cursor:
            for statement in (*_SESSION, f"SET LOCAL statement_timeout = {seconds * 1000:d}"):
                cursor.execute(statement)
            return _read(cursor, source, source.query)
    except dbapi.Error as error:
        reason = _STATES.get(error.sqlstate or "", f"SQLSTATE {error.sqlstate or 'unknown'}")
        raise UnaccountableError("query_failed", reason) from None
    except UnicodeDecodeError:
        raise UnaccountableError("query_failed", "text that is not UTF-8") from None


def _connect(query: Query) -> "Connection":
    """Raises UnaccountableError("unreachable"); its text says nothing of the connection."""
    from adbc_driver_manager import dbapi
    from adbc_driver_postgresql import dbapi as postgres

    string = connection_string(query)
    if not string:  # libpq would take its own defaults
        raise UnaccountableError("unreachable", f"{query.connection} is not set")
    try:
        connection: Connection = postgres.connect(_patient(string))
    except dbapi.Error as error:
        refused = "authentication" in str(error) or "password" in str(error)
        problem = "login refused" if refused else "no connection"
        raise UnaccountableError("unreachable", f"{query.connection}: {problem}") from None
    return connection


def _patient(string: str) -> str:
    """libpq waits for ever unless told otherwise."""
    if "connect_timeout" in string:
        return string
    if "://" not in string:
        return f"{string} connect_timeout={CONNECT_SECONDS}"
    return f"{string}{'&' if '?' in string else '?'}connect_timeout={CONNECT_SECONDS}"


def _read(cursor: "Cursor", source: SourceTable, query: Query) -> Fetched:
    names = tuple(column.name for column in source.columns)
    columns = [_quoted(name) for name in names]
    rows = f"({query.text}\n) AS source" if query.text else _quoted(*query.relation.split("."))
    cursor.execute(f"SELECT count(*) FROM {rows}")
    (expected,) = cursor.fetchone() or (0,)
    if expected > ROWS_CAP:
        raise UnaccountableError("too_many_rows", f"{expected} rows, {ROWS_CAP} at most")
    cursor.execute(f"SELECT {', '.join(columns)} FROM {rows} LIMIT 0")
    schema = cursor.fetch_arrow_table().schema
    types = tuple((field.metadata or {}).get(_TYPE, b"text").decode() for field in schema)
    texts = ", ".join(f"CAST({column} AS text)" for column in columns)
    cursor.execute(f"SELECT {texts} FROM {rows}")
    lines: list[bytes] = []
    for batch in cursor.fetch_record_batch():
        lines += map(_line, zip(*(column.to_pylist() for column in batch.columns), strict=True))
    return Fetched(names, types, sorted(lines), expected)


def _quoted(*names: str) -> str:
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def _line(row: tuple[str | None, ...]) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()


def _number(text: str) -> Any:
    """NaN and infinities become what the strict types refuse as not finite."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    return value if value.is_finite() else float(value)


# values of all other types are text, as the server writes them
_READS: dict[str, Read] = {
    **dict.fromkeys(("int2", "int4", "int8"), int),
    **dict.fromkeys(("numeric", "float4", "float8"), _number),
    "bool": lambda text: text == "true",
}
