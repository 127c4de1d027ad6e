"""Canonical rows of one relation in DuckDB, and their digest.

Every value is rendered by its column's type: decimals as text without trailing zeros, dates and
timestamps as ISO UTC text. A type without one rendering (DOUBLE; HUGEINT, which Parquet stores
as DOUBLE) is refused.
"""

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

PLAIN = ("VARCHAR", "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "VARCHAR[]")
# made once: json.dumps makes an encoder per call, which takes longer than a row does
ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
BATCH_ROWS = 10_000


class UnpublishableError(ValueError):
    """The relation cannot be published; the text names the column or the rule."""


def columns(connection: "duckdb.DuckDBPyConnection", relation: str) -> dict[str, str]:
    """Column name → DuckDB type, in the relation's order. ``relation`` is quoted SQL."""
    return {row[0]: row[1] for row in connection.execute(f"DESCRIBE FROM {relation}").fetchall()}


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def row_digest(connection: "duckdb.DuckDBPyConnection", relation: str) -> tuple[int, str]:
    """Row count and hex SHA-256 over canonical JSON lines in total order (every column, by name).

    Equal for equal rows in any order, from a table, a view or ``read_parquet(...)``.
    Raises UnpublishableError.
    """
    types = dict(sorted(columns(connection, relation).items()))
    rendered = ", ".join(_rendered(name, kind) for name, kind in types.items())
    result = connection.execute(f"SELECT {rendered} FROM {relation} ORDER BY ALL NULLS FIRST")
    digest, count = hashlib.sha256(), 0
    while batch := result.fetchmany(BATCH_ROWS):
        for row in batch:
            line = ENCODE(dict(zip(types, row, strict=True)))
            digest.update(line.encode("utf-8") + b"\n")
        count += len(batch)
    return count, digest.hexdigest()


def _rendered(name: str, kind: str) -> str:
    column = quoted(name)
    if kind in PLAIN:
        return column
    if kind.startswith("DECIMAL"):
        text = f"CAST({column} AS VARCHAR)"
        return (
            f"CASE WHEN contains({text}, '.') THEN rtrim(rtrim({text}, '0'), '.') ELSE {text} END"
        )
    if kind == "DATE":
        return f"strftime({column}, '%Y-%m-%d')"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({column}, '%Y-%m-%dT%H:%M:%S.%fZ')"
    raise UnpublishableError(f"column {name} is {kind}: publish integers, DECIMAL, text or times")
