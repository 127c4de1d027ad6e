"""A SQLAlchemy dialect that lets Great Expectations evaluate inside DuckDB.

duckdb_engine 0.17 hands out results that live in the connection's one cursor. Great
Expectations fetches them after it has given the connection back, and every value metric fails
with ``list index out of range``. Here each result is read into memory when the statement ends;
they are sums, counts and at most 20 example values, never a table.

Imports SQLAlchemy and duckdb_engine: import it inside functions.
"""

from pathlib import Path
from typing import Any, Final

from duckdb_engine import ConnectionWrapper, Dialect
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg2 import PGExecutionContext_psycopg2
from sqlalchemy.engine import URL
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.engine.interfaces import ReflectedColumn, ReflectedPrimaryKeyConstraint
from sqlalchemy.types import NullType

from dagster_project.evidence.data_fit.relation import open_views, quoted

DRIVER: Final = "penstock"


class BufferedContext(PGExecutionContext_psycopg2):
    """Fetches every row before the cursor can be reused."""

    def post_exec(self) -> None:
        # nothing of the parent's: it logs notices, which only Postgres has
        if self.cursor.description:
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(self.cursor)


class BufferedDialect(Dialect):
    """``duckdb+penstock:///<file>?views=<statements>``: read-only, UTC, fully buffered."""

    name = "duckdb"
    driver = DRIVER
    supports_statement_cache = False
    execution_ctx_cls = BufferedContext

    def connect(self, *_args: Any, **params: Any) -> Any:
        """Through the warehouse's own door, so that time zone and options are the same."""
        path = Path(params["database"])
        return ConnectionWrapper(open_views(path, params["url_config"]["views"]))

    def get_columns(
        self, connection: Any, table_name: str, schema: str | None = None, **_options: Any
    ) -> list[ReflectedColumn]:
        """Names only: reflection through Postgres' catalogue breaks on SQLAlchemy 2.1."""
        place = f"{quoted(schema)}." if schema else ""
        rows = connection.exec_driver_sql(f"describe {place}{quoted(str(table_name))}")
        return [
            {"name": row[0], "type": NullType(), "nullable": True, "default": None} for row in rows
        ]

    def get_pk_constraint(self, *_args: Any, **_options: Any) -> ReflectedPrimaryKeyConstraint:
        """The warehouse declares none."""
        return {"constrained_columns": [], "name": None}


def connection_string(path: Path, statements: str) -> str:
    """The URL under which SQLAlchemy opens ``path`` with the temporary views in it."""
    registry.register(f"duckdb.{DRIVER}", __name__, BufferedDialect.__name__)
    url = URL.create(f"duckdb+{DRIVER}", database=str(path), query={"views": statements})
    return url.render_as_string(hide_password=False)
