"""Worlds in databases of their own, judged by the SQL that dbt compiled, beside the oracle."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import duckdb
import pyarrow as pa
from compiled_company import Company
from hand_built_edges import SHOWN
from oracle import FACTS, judge_world
from oracle_criteria import Row, Tables
from worlds import world

INPUTS = [
    *("landing.run_context", "landing.files", "registry.decision_classes", "registry.segments"),
    *("registry.thresholds", "registry.owners", "registry.people", "registry.sign_offs"),
    *("registry.criteria", "registry.amount_limits", "registry.audit_rates"),
    *("registry.waivers", "registry.taxonomy_changes"),
    *("registry.workflows", "registry.review_pools", "registry.expansion_steps"),
    *("registry.rails", "registry.operating_funding"),
    *("evidence.estimates", "evidence.data_fit", "evidence.amount_bands"),
    *("evidence.confidence", "evidence.reliability", "evidence.agreement"),
    *("evidence.latency_percentiles", "evidence.error_evidence"),
    *("evidence.recorded_thresholds", "evidence.recorded_levels"),
    "evidence.recorded_revocations",
    *(f"facts.{fact}" for fact in FACTS),
]
LAYERS = ("intermediate", "evidence_read", "gates", "marts")
# a join without its condition ends here, not in the machine's memory or on its disk
SMALL = {"threads": 1, "memory_limit": "1GB", "max_temp_directory_size": "0B"}


class Gates:
    """The models that the oracle knows: their SQL, and empty tables of the shape that they read."""

    def __init__(self, company: Company) -> None:
        compiled = [pair for layer in LAYERS for pair in company.compiled(layer)]
        wanted = {"int_run_context", *judge_world(world(0)), *SHOWN}
        self.sql = {
            relation.split(".")[1]: (relation, sql)
            for relation, sql in compiled
            if relation.split(".")[1] in wanted
        }
        with company.trial() as connection:
            self.shapes = {
                table: connection.execute(f"select * from {table} limit 0").to_arrow_table().schema
                for table in (*INPUTS, *(relation for relation, _ in self.sql.values()))
            }

    @contextmanager
    def opened(self, tables: Tables) -> Iterator[duckdb.DuckDBPyConnection]:
        """A database of this world alone, every model built."""
        with closing(self.open(tables)) as connection:
            yield connection

    def open(
        self, tables: Tables, models: Iterable[str] | None = None
    ) -> duckdb.DuckDBPyConnection:
        """The same; the caller closes it. ``models``: only these are built."""
        connection = duckdb.connect(config=SMALL)
        connection.execute("attach ':memory:' as penstock; use penstock; set TimeZone = 'UTC'")
        for layer in ("landing", "registry", "facts", "evidence", *LAYERS):
            connection.execute(f"create schema {layer}")
        built = tuple(self.sql) if models is None else tuple(models)
        for table in self.shapes.keys() - {self.sql[model][0] for model in built}:
            self.put(connection, table, tables.get(table, []))
        for model in built:
            self.build(connection, model)
        return connection

    def put(self, connection: duckdb.DuckDBPyConnection, table: str, rows: list[Row]) -> None:
        """A table that models read, in place of what it was."""
        connection.register("rows", pa.Table.from_pylist(rows, schema=self.shapes[table]))
        connection.execute(f"create or replace table {table} as select * from rows")
        connection.unregister("rows")

    def differing(self, tables: Tables, judged: Tables) -> list[str]:
        """Models that do not hold what the oracle ``judged``."""
        with self.opened(tables) as connection:
            return [
                model
                for model, rows in judged.items()
                if self.rows(connection, model) != self.wanted(connection, model, rows)
            ]

    def build(
        self, connection: duckdb.DuckDBPyConnection, model: str, sql: str | None = None
    ) -> None:
        """Again, by ``sql`` in place of its own."""
        relation, own = self.sql[model]
        connection.execute(f"create or replace table {relation} as {sql or own}")

    def rows(
        self,
        connection: duckdb.DuckDBPyConnection,
        model: str,
        sql: str | None = None,
        most: int | None = None,
    ) -> Counter[Any]:
        """What it holds, or what ``sql`` in its place would; of too many rows only ``most``."""
        query = sql or f"select * from {self.sql[model][0]}"
        found = connection.execute(query if most is None else f"from ({query}) limit {most}")
        names = tuple(column[0] for column in found.description or ())
        return Counter((names, *row) for row in found.fetchall())

    def wanted(
        self, connection: duckdb.DuckDBPyConnection, model: str, rows: list[Row]
    ) -> Counter[Any]:
        """Rows of the oracle in the same form; what it does not say is NULL."""
        found = connection.execute(f"select * from {self.sql[model][0]} limit 0")
        names = tuple(column[0] for column in found.description or ())
        assert all(row.keys() <= set(names) for row in rows), (model, names)
        return Counter((names, *(row.get(name) for name in names)) for row in rows)
