"""Connection strings of databases: they stand in environment variables and nowhere else."""

import os
from collections.abc import Iterable

from dagster_project.contracts.source_query import Query
from dagster_project.contracts.sources import SourceError, SourceTable


def connection_string(query: Query) -> str:
    """What the variable holds; empty where it is not set. Never to be shown."""
    return os.environ.get(query.connection, "").strip()


def require_connections(sources: Iterable[SourceTable]) -> None:
    """Raise SourceError naming every source whose variable is not set.

    A declaration without its variable is a slip of who declared it, not a database that is away:
    it must not leave an entry in the books, which only that database could take away again.
    """
    problems = [
        f"source {source.source}.{source.table}: connection: the environment variable "
        f"{source.query.connection} is not set; set it to the connection string"
        for source in sources
        if source.query is not None and not connection_string(source.query)
    ]
    if problems:
        raise SourceError("\n".join(problems))
