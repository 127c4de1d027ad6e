"""The one door to the working DuckDB database."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.settings import SettingsError

if TYPE_CHECKING:
    import duckdb


MEMORY_VARIABLE = "PENSTOCK_MEMORY_GB"
DEFAULT_MEMORY_GB = 4  # of DuckDB; beyond it, it writes to disk


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
    connection.execute(f"SET memory_limit='{memory_gigabytes()}GB'")
    if threads:
        connection.execute(f"SET threads={int(threads)}")
    return connection


def memory_gigabytes() -> int:
    """What one database may hold in memory. Raises SettingsError unless it is a whole number."""
    asked = os.environ.get(MEMORY_VARIABLE) or str(DEFAULT_MEMORY_GB)
    if not asked.isdecimal() or not int(asked):
        raise SettingsError(f"{MEMORY_VARIABLE}={asked}: give whole gigabytes, 1 or more")
    return int(asked)
