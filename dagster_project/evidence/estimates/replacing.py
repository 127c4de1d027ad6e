"""Tables of the schema ``evidence``: made if absent, their rows replaced as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dagster_project.evidence.estimates.context import Context

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, eq=False)
class Table:
    """``columns``: name → DuckDB type; the first two are as_of and known_batch."""

    name: str
    columns: Mapping[str, str]


def create_table(connection: "duckdb.DuckDBPyConnection", table: Table) -> None:
    """Make schema and table if absent; existing rows stay."""
    columns = ", ".join(f"{name} {kind}" for name, kind in table.columns.items())
    connection.execute("CREATE SCHEMA IF NOT EXISTS evidence")
    connection.execute(f"CREATE TABLE IF NOT EXISTS evidence.{table.name} ({columns})")


def replace_rows(
    connection: "duckdb.DuckDBPyConnection",
    context: Context,
    rows: Mapping[Table, Sequence[tuple[object, ...]]],
) -> None:
    """All rows of these tables (without as_of and known_batch) in one transaction."""
    connection.execute("BEGIN TRANSACTION")
    try:
        for table, found in rows.items():
            put_rows(connection, context, table, found)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def put_rows(
    connection: "duckdb.DuckDBPyConnection",
    context: Context,
    table: Table,
    rows: Sequence[tuple[object, ...]],
) -> None:
    """The same of one table, within the transaction of the caller."""
    import pyarrow as pa

    connection.execute(f"DELETE FROM evidence.{table.name}")
    names = list(table.columns)[2:]
    empty = connection.execute(f"SELECT {', '.join(names)} FROM evidence.{table.name}")
    schema = empty.to_arrow_table().schema
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    # by columns: a list of 200,000 values as a parameter takes DuckDB ten times as long
    found = pa.table(
        [pa.array(values, kind) for values, kind in zip(columns, schema.types, strict=True)],
        schema=schema,
    )
    connection.register("found_rows", found)
    connection.execute(
        f"INSERT INTO evidence.{table.name} SELECT $as_of, $known_batch, * FROM found_rows",
        {"as_of": context.as_of, "known_batch": context.known_batch},
    )
    connection.unregister("found_rows")
