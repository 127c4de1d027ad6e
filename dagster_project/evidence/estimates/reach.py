"""Which classes a record that a source lost may have been of."""

from typing import TYPE_CHECKING, NamedTuple

from dagster_project.names import UNKNOWN

if TYPE_CHECKING:
    import duckdb


class Reach(NamedTuple):
    """``workflows`` by source and stream, ``streams`` by source and table."""

    workflows: dict[tuple[str, str], frozenset[str]]
    streams: dict[tuple[str, str], frozenset[str]]

    def of(self, source: str, stream: str) -> frozenset[str]:
        """Workflows of which a lost record of the stream may have been."""
        return self.workflows.get((source, stream), frozenset())

    def of_table(self, source: str, table: str | None) -> frozenset[str]:
        """The same for a lost file; a table that feeds no stream may have held anything."""
        fed = self.streams.get((source, table or ""), frozenset((UNKNOWN,)))
        return frozenset().union(*(self.of(source, stream) for stream in fed))


def read_reach(connection: "duckdb.DuckDBPyConnection") -> Reach:
    """As ``int_sources__reach`` and ``int_tables__streams`` say."""
    workflows = connection.execute(
        "SELECT source, stream, list(workflow) FROM intermediate.int_sources__reach GROUP BY ALL"
    ).fetchall()
    streams = connection.execute(
        "SELECT source, source_table, list(stream) FROM intermediate.int_tables__streams"
        " GROUP BY ALL"
    ).fetchall()
    return Reach(
        {(source, stream): frozenset(names) for source, stream, names in workflows},
        {(source, table): frozenset(names) for source, table, names in streams},
    )
