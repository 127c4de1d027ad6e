"""The rows a suite looks at, and what DuckDB itself says about them.

Great Expectations skips missing values and passes on none at all, so the facts that decide
whether a result means anything are counted here, apart from it: rows per class, and missing
and NaN values per class and tested column.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project import warehouse
from dagster_project.evidence.data_fit.model import CLASS_COLUMN, Suite

if TYPE_CHECKING:
    import duckdb

# A row of unknown cell counts in, and so does one whose batch is missing.
_CURRENT = (
    "is_current is distinct from false and (landing_batch is null or landing_batch <= "
    "(select known_batch from landing.run_context))"
)


@dataclass(frozen=True)
class TableFacts:
    """``missing[column]`` and ``not_a_number[column]``: classes with at least one such value
    (None: rows without a class). ``class_rows``: rows per class. ``columns``: the table's."""

    row_count: int
    class_rows: dict[str | None, int]
    missing: dict[str, frozenset[str | None]]
    not_a_number: dict[str, frozenset[str | None]]
    columns: frozenset[str]


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def view_name(suite: Suite) -> str:
    """The temporary view that holds the suite's rows in a connection of ours."""
    return f"{suite.table}__rows"


def view_sql(suites: Iterable[Suite]) -> str:
    """Statements that make the temporary views; they live and die with one connection."""
    return "".join(
        f"create or replace temp view {quoted(view_name(suite))} as "
        f"select * from {quoted(suite.schema)}.{quoted(suite.table)}"
        f"{f' where {_CURRENT}' if suite.rows == 'current' else ''};"
        for suite in suites
    )


def open_views(path: Path, statements: str) -> "duckdb.DuckDBPyConnection":
    """A read-only connection with the views in it: a check can never change what it checks."""
    connection = warehouse.connect(path, read_only=True)
    try:
        connection.execute(statements)
    except BaseException:
        connection.close()
        raise
    return connection


def count_facts(connection: "duckdb.DuckDBPyConnection", suite: Suite) -> TableFacts:
    """One scan of the suite's view. Raises duckdb.Error if it has no class column."""
    view = quoted(view_name(suite))
    types = {row[0]: row[1] for row in connection.execute(f"describe {view}").fetchall()}
    tested = {column for expectation in suite.expectations for column in expectation.columns}
    columns = sorted(tested & set(types))
    counts = "".join(
        f", count(*) filter (where {quoted(c)} is null), {_nan_count(c, types[c])}" for c in columns
    )
    rows = connection.execute(
        f"select {quoted(CLASS_COLUMN)}::varchar, count(*){counts} from {view} group by 1"
    ).fetchall()
    return TableFacts(
        row_count=sum(row[1] for row in rows),
        class_rows={row[0]: row[1] for row in rows},
        missing=_classes_with(rows, columns, 2),
        not_a_number=_classes_with(rows, columns, 3),
        columns=frozenset(types),
    )


def _nan_count(column: str, sql_type: str) -> str:
    """Only floating point holds NaN, which DuckDB sorts above every limit."""
    if sql_type not in ("DOUBLE", "FLOAT"):
        return "0"
    return f"count(*) filter (where isnan({quoted(column)}))"


def _classes_with(
    rows: list[tuple[Any, ...]], columns: list[str], offset: int
) -> dict[str, frozenset[str | None]]:
    return {
        column: frozenset(row[0] for row in rows if row[offset + 2 * number] > 0)
        for number, column in enumerate(columns)
    }


def failing_rows_per_class(
    connection: "duckdb.DuckDBPyConnection", query: str
) -> dict[str | None, int]:
    """Failing rows per class, of the query that Great Expectations made for the failing rows."""
    body = query.strip().rstrip(";")
    rows = connection.execute(
        f"select {quoted(CLASS_COLUMN)}::varchar, count(*) from ({body}) as failing group by 1"
    ).fetchall()
    return {row[0]: row[1] for row in rows}
