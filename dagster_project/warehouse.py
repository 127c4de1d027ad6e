"""The one door to the working DuckDB database."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


class WarehouseMissingError(FileNotFoundError):
    """There is no working database yet; run the pipeline first."""


def connect(
    path: Path, *, read_only: bool = False, threads: int | None = None
) -> "duckdb.DuckDBPyConnection":
    """Open ``path`` in UTC. ``threads`` None leaves DuckDB's own choice (all cores)."""
    import duckdb  # 0.1 s: only when a database is really opened

    if read_only and not path.is_file():
        raise WarehouseMissingError(f"{path}: no database yet; run `penstock run` first")
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(str(path), read_only=read_only)
    connection.execute("SET TimeZone='UTC'")
    if threads:
        connection.execute(f"SET threads={int(threads)}")
    return connection
