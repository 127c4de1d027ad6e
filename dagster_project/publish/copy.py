"""Marts out of the working database: a Parquet file each, and a DuckDB copy, both read back."""

from collections.abc import Collection, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.publish.rows import UnpublishableError, columns, quoted, row_digest
from dagster_project.warehouse import WarehouseMissingError, connect

if TYPE_CHECKING:
    import duckdb

COPY_NAME = "scorecards.duckdb"
COPY_SCHEMA = "penstock"


def copy_marts(
    warehouse: Path, folder: Path, marts: Sequence[str], may_be_empty: Collection[str]
) -> dict[str, Any]:
    """Fill ``folder`` with ``parquet/<mart>.parquet`` and ``scorecards.duckdb``, audited.

    Returns mart → rows, sha256 (canonical rows), columns. Raises UnpublishableError.
    """
    if not warehouse.is_file():
        raise WarehouseMissingError(f"{warehouse}: no database yet; run `penstock run` first")
    if not marts or len(set(marts)) != len(marts):
        raise UnpublishableError(f"marts to publish: {list(marts)}")
    (folder / "parquet").mkdir()
    with closing(connect(Path(":memory:"))) as connection:
        # under its own file name: a dbt view names the database it was made in
        source = quoted(warehouse.stem)
        connection.execute(f"ATTACH {_text(str(warehouse))} AS {source} (READ_ONLY)")
        connection.execute(f"ATTACH {_text(str(folder / COPY_NAME))} AS release_copy")
        connection.execute(f"CREATE SCHEMA release_copy.{COPY_SCHEMA}")
        connection.execute("BEGIN")  # every mart from one state of the warehouse
        tables = {mart: _copy(connection, source, folder, mart) for mart in sorted(marts)}
        connection.execute("COMMIT")
        connection.execute("CHECKPOINT release_copy")
        connection.execute("DETACH release_copy")
    for mart, table in tables.items():
        if not table["rows"] and mart not in may_be_empty:
            raise UnpublishableError(f"mart {mart} is empty")
    _audit(folder, tables)
    return tables


def _copy(
    connection: "duckdb.DuckDBPyConnection", source: str, folder: Path, mart: str
) -> dict[str, Any]:
    relation = f"{source}.marts.{quoted(mart)}"
    target = f"release_copy.{COPY_SCHEMA}.{quoted(mart)}"
    count, digest = row_digest(connection, relation)
    connection.execute(f"CREATE TABLE {target} AS FROM {relation} ORDER BY ALL")
    parquet = _text(str(_parquet(folder, mart)))
    connection.execute(f"COPY {target} TO {parquet} (FORMAT parquet, COMPRESSION zstd)")
    said = _comments(connection, source, mart)
    for name, comment in said.items():
        place = f"COLUMN {target}.{quoted(name)}" if name else f"TABLE {target}"
        connection.execute(f"COMMENT ON {place} IS {_text(comment)}")
    described = [
        {"name": name, "type": kind, "comment": said.get(name)}
        for name, kind in columns(connection, relation).items()
    ]
    return {"rows": count, "sha256": digest, "columns": described}


def _comments(connection: "duckdb.DuckDBPyConnection", source: str, mart: str) -> dict[str, str]:
    """Column name → comment, where there is one; the mart's own comment under ''."""
    place = [source.strip('"'), mart]
    where = "WHERE database_name = ? AND schema_name = 'marts' AND"
    rows = connection.execute(
        f"SELECT column_name, comment FROM duckdb_columns() {where} table_name = ?"
        f" UNION ALL SELECT '', comment FROM duckdb_tables() {where} table_name = ?"
        f" UNION ALL SELECT '', comment FROM duckdb_views() {where} view_name = ?",
        place * 3,
    )
    return {name: comment for name, comment in rows.fetchall() if comment}


def _audit(folder: Path, tables: dict[str, Any]) -> None:
    """Read both copies back: same types, same rows as the source. Raises UnpublishableError."""
    with closing(connect(folder / COPY_NAME, read_only=True)) as connection:
        for mart, table in tables.items():
            expected = {column["name"]: column["type"] for column in table["columns"]}
            for relation in (
                # with the database's name: it is the schema's name too, which alone is ambiguous
                f"{Path(COPY_NAME).stem}.{COPY_SCHEMA}.{quoted(mart)}",
                f"read_parquet({_text(str(_parquet(folder, mart)))})",
            ):
                if (found := columns(connection, relation)) != expected:
                    raise UnpublishableError(f"{mart}: types {expected} became {found}")
                if row_digest(connection, relation) != (table["rows"], table["sha256"]):
                    raise UnpublishableError(f"{mart}: {relation} differs from the source")


def _parquet(folder: Path, mart: str) -> Path:
    return folder / "parquet" / f"{mart}.parquet"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
