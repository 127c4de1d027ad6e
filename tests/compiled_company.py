"""A company whose models tests run again by the SQL that dbt compiled, without dbt."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

from dagster_project import warehouse
from dagster_project.settings import Project


@dataclass(frozen=True)
class Company:
    """``manifest``: dbt's, with the SQL that it ran for every model."""

    project: Project
    manifest: dict[str, Any]

    @contextmanager
    def trial(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The warehouse in a transaction of which nothing stays."""
        with closing(warehouse.connect(self.project.warehouse)) as connection:
            connection.begin()
            yield connection
            connection.rollback()

    def rebuild(self, connection: duckdb.DuckDBPyConnection, models: str) -> None:
        """A layer or one model again, by the SQL that dbt compiled."""
        for relation, sql in self.compiled(models):
            connection.execute(f"create or replace table {relation} as {sql}")

    def compiled(self, models: str) -> list[tuple[str, str]]:
        """(relation, SQL) of what dbt built, parents first."""
        nodes = {
            key: node
            for key, node in self.manifest["nodes"].items()
            if node["resource_type"] == "model"
            and models in (node["schema"], node["name"])
            and node.get("compiled_code")
        }
        found: dict[str, tuple[str, str]] = {}
        while len(found) < len(nodes):
            for key, node in nodes.items():
                parents = nodes.keys() & set(node["depends_on"]["nodes"])
                if key not in found and parents <= found.keys():
                    found[key] = (f"{node['schema']}.{node['name']}", node["compiled_code"])
        return list(found.values())
