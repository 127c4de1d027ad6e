"""A small warehouse with three clean classes, real DuckDB and the real product suites."""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.evidence.data_fit.suites import Suite, load_suites
from dagster_project.evidence.data_fit.write import ClassFit

ROOT = Path(__file__).parents[3]
FOLDERS = (ROOT / "expectations", ROOT / "demo" / "expectations")
CLEAN = """
create schema landing; create schema registry; create schema intermediate;
create table landing.run_context as
    select date '2026-03-31' as as_of, '20260401T000000000000Z' as known_batch;
create table registry.decision_classes (decision_class varchar, required_fields varchar);
insert into registry.decision_classes values
    ('a.one', 'confidence;latency_ms'), ('a.two', null), ('b.three', 'latency_ms');
create table intermediate.int_data_fit__class_profile as
    select decision_class, 'w' as workflow, date '2026-03-03' as window_start,
        date '2026-03-30' as window_end, 100::bigint as decision_count,
        0.1::decimal(9,6) as confidence_min, 1::decimal(9,6) as confidence_max,
        0::bigint as latency_ms_min, 86400000::bigint as latency_ms_max,
        0::bigint as input_tokens_min, 0::bigint as output_tokens_min,
        0::decimal(18,9) as cost_amount_min, 0::decimal(18,4) as amount_min,
        1::bigint as currency_distinct_count, 0::bigint as route_invalid_count,
        timestamptz '2026-03-30 12:00:00+00' as newest_event_at
    from registry.decision_classes;
create table intermediate.int_decisions__settled as
    select c.decision_class || '-' || i as decision_id,
        timestamptz '2026-03-30 12:00:00+00' as occurred_at, c.decision_class,
        'delegated' as route, 'ok' as status, 0.5::decimal(9,6) as confidence,
        10::decimal(18,4) as amount, 250::bigint as latency_ms,
        '20260331T000000000000Z' as landing_batch, true as is_current
    from registry.decision_classes as c, range(40) as r(i);
"""


@dataclass(frozen=True)
class World:
    path: Path

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(duckdb.connect(str(self.path))) as connection:
            return connection.execute(statement).fetchall()

    def fits(self) -> dict[str, dict[str, Any]]:
        """evidence.data_fit by class."""
        columns = [f.name for f in fields(ClassFit)][1:]
        rows = self.sql(f"select decision_class, {', '.join(columns)} from evidence.data_fit")
        return {row[0]: dict(zip(columns, row[1:], strict=True)) for row in rows}

    def failing(self) -> dict[str, list[str]]:
        return {c: [i for i in fit["failing"].split(",") if i] for c, fit in self.fits().items()}


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path / "warehouse" / "penstock.duckdb")
    world.path.parent.mkdir()
    world.sql(CLEAN)
    return world


@pytest.fixture(scope="session")
def suites() -> tuple[Suite, ...]:
    return load_suites(FOLDERS)


@pytest.fixture
def one_suite(tmp_path: Path) -> Callable[..., Suite]:
    """A suite of guards plus the given expectations, read from a real file."""

    def make(
        table: str, columns: list[str], *expectations: dict[str, Any], minimum: int = 1
    ) -> Suite:
        entries = [
            entry(
                "expect_table_row_count_to_be_between", "t_rows", per_class=False, min_value=minimum
            ),
            entry(
                "expect_table_columns_to_match_set",
                "t_columns",
                per_class=False,
                column_set=["decision_class", *columns],
                exact_match=False,
            ),
            *expectations,
        ]
        meta = {"schema": "intermediate", "grain": "row", "rows": "all"}
        ids = [e["meta"]["id"] for e in entries]
        text = {"name": "trial", "meta": meta | {"expected_ids": ids}, "expectations": entries}
        folder = tmp_path / "suites"
        folder.mkdir(exist_ok=True)
        (folder / f"{table}.json").write_text(json.dumps(text))
        (suite,) = load_suites([folder])
        return suite

    return make


def entry(
    expectation_type: str, name: str, *, per_class: bool = True, **kwargs: Any
) -> dict[str, Any]:
    meta = {"id": name, "severity": "required", "owner": "o", "reason": "r"}
    return {"type": expectation_type, "kwargs": kwargs, "meta": meta | {"per_class": per_class}}


@pytest.fixture(name="entry")
def entry_fixture() -> Callable[..., dict[str, Any]]:
    return entry
