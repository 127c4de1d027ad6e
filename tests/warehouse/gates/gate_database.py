"""Worlds in databases of their own, judged by the SQL that dbt compiled and held against the oracle."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import duckdb
import pyarrow as pa
from compiled_company import Company
from oracle import FACTS, Row, Tables

INPUTS = [
    *("landing.run_context", "landing.files", "registry.decision_classes", "registry.segments"),
    *("registry.thresholds", "registry.owners", "registry.people", "registry.sign_offs"),
    *("registry.criteria", "evidence.estimates", "evidence.data_fit"),
    *(f"facts.{fact}" for fact in FACTS),
]
LAYERS = ("intermediate", "evidence_read", "gates", "marts")


class Gates:
    """The gate models: their SQL, and empty tables of the shape that they read."""

    def __init__(self, company: Company, models: set[str]) -> None:
        compiled = [pair for layer in LAYERS for pair in company.compiled(layer)]
        wanted = {"int_run_context", *models}
        self.sql = {
            relation.split(".")[1]: (relation, sql)
            for relation, sql in compiled
            if relation.split(".")[1] in wanted
        }
        with company.trial() as connection:
            self.shapes = {
                table: connection.execute(f"select * from {table} limit 0").to_arrow_table().schema
                for table in INPUTS
            }

    @contextmanager
    def opened(self, world: Tables) -> Iterator[duckdb.DuckDBPyConnection]:
        """A database of this world alone, every model built."""
        with closing(self.open(world)) as connection:
            yield connection

    def open(self, world: Tables) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(config={"threads": 1})
        connection.execute("attach ':memory:' as penstock; use penstock; set TimeZone = 'UTC'")
        for layer in ("landing", "registry", "facts", "evidence", *LAYERS):
            connection.execute(f"create schema {layer}")
        for table, schema in self.shapes.items():
            rows = pa.Table.from_pylist(world.get(table, []), schema=schema)
            connection.register("rows", rows)
            connection.execute(f"create table {table} as select * from rows")
        connection.unregister("rows")
        for model in self.sql:
            self.build(connection, model)
        return connection

    def build(
        self, connection: duckdb.DuckDBPyConnection, model: str, sql: str | None = None
    ) -> None:
        """Again, by ``sql`` in place of its own."""
        relation, own = self.sql[model]
        connection.execute(f"create or replace table {relation} as {sql or own}")

    def rows(self, connection: duckdb.DuckDBPyConnection, model: str) -> list[Row]:
        found = connection.execute(f"select * from {self.sql[model][0]}")
        columns = [column[0] for column in found.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def difference(found: list[Row], wanted: list[Row]) -> tuple[list[Any], list[Any]]:
    """(rows too many, rows missing); with all their columns."""
    there, due = counted(found), counted(wanted)
    return list((there - due).elements()), list((due - there).elements())


def counted(rows: list[Row]) -> Counter[Any]:
    if not rows:
        return Counter()
    names = sorted(rows[0])
    assert all(len(row) == len(names) for row in rows)
    return Counter(tuple((name, row[name]) for name in names) for row in rows)
