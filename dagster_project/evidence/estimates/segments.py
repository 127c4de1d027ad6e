"""Which segments a class has, and which of them may be delegated alone."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dagster_project.names import ALL_SEGMENT

if TYPE_CHECKING:
    import duckdb

# by class
Segments = dict[str, tuple[str, ...]]


def read_segments(connection: "duckdb.DuckDBPyConnection") -> Segments:
    """The declared segments of every class, in which it has to prove itself."""
    rows = connection.execute(
        "SELECT decision_class, segment_dimension || '=' || segment_value "
        "FROM registry.segments JOIN registry.decision_classes USING (workflow) ORDER BY 1, 2"
    ).fetchall()
    return grouped(rows)


def read_all_segments(
    connection: "duckdb.DuckDBPyConnection", known: dict[str, object]
) -> Segments:
    """Those that are declared, and those that were logged."""
    rows = connection.execute(
        """
        SELECT class.decision_class,
            declared.segment_dimension || '=' || declared.segment_value AS segment
        FROM registry.segments AS declared JOIN registry.decision_classes AS class USING (workflow)
        UNION
        SELECT decision_class, segment FROM facts.fct_decisions_daily
        WHERE landing_batch <= $known AND event_date <= $as_of
        ORDER BY 1, 2
        """,
        known,
    ).fetchall()
    return grouped((name, segment) for name, segment in rows if segment not in (None, ALL_SEGMENT))


def read_parts(connection: "duckdb.DuckDBPyConnection") -> dict[tuple[str, str], int]:
    """Into how many parts the alpha of a class goes, by class and segment: its segments that may
    be delegated alone, where there is one dimension. Of several dimensions none may."""
    rows = connection.execute(
        """
        WITH declared AS (
            SELECT decision_class, segment_dimension || '=' || segment_value AS segment,
                coalesce(is_delegated_alone, FALSE) AS is_alone,
                count(*) FILTER (is_delegated_alone) OVER (PARTITION BY decision_class) AS parts,
                min(segment_dimension) OVER (PARTITION BY decision_class)
                    = max(segment_dimension) OVER (PARTITION BY decision_class) AS is_one
            FROM registry.segments JOIN registry.decision_classes USING (workflow)
        )
        SELECT decision_class, segment, parts FROM declared WHERE is_alone AND is_one
        """
    ).fetchall()
    return {(name, segment): count for name, segment, count in rows}


def grouped(rows: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Values by name, in their order."""
    found: dict[str, list[str]] = {}
    for name, value in rows:
        found.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in found.items()}
