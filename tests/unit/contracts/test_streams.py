"""The streams are defined once; docs, JSON Schema and staging say the same."""

import importlib
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project import names
from dagster_project.contracts.stream_documents import schema_text, streams_markdown
from dagster_project.contracts.streams import (
    LANDED_COLUMNS,
    STREAMS,
    Stream,
    json_schema,
    stream,
)

PRODUCT = Path(__file__).parents[3]
# jsonschema carries no types; this way mypy takes it for Any, without a silencer
Draft202012Validator = importlib.import_module("jsonschema").Draft202012Validator


def test_the_streams_are_those_that_every_room_names() -> None:
    assert tuple(found.name for found in STREAMS) == names.STREAMS


@pytest.mark.parametrize("found", STREAMS, ids=lambda found: found.name)
def test_staging_produces_the_columns_and_types_of_the_contract(found: Stream) -> None:
    macro = (PRODUCT / "dbt/macros/adapters/canonical_columns.sql").read_text(encoding="utf-8")
    block = re.search(rf'"{found.name}": {{(.*?)}}', macro, re.DOTALL)
    assert block, f"{found.name} is not in canonical_columns"
    assert re.findall(r'"(\w+)": "([^"]+)"', block[1]) == [
        (column.name, column.data_type) for column in found.columns
    ]


@pytest.mark.parametrize("found", STREAMS, ids=lambda found: found.name)
def test_every_type_is_one_of_duckdb_and_every_column_is_described(found: Stream) -> None:
    connection = duckdb.connect()
    for column in (*found.columns, *LANDED_COLUMNS):
        connection.execute(f"select cast(null as {column.data_type})")
        assert column.description.endswith(".")
    held = [column.name for column in found.columns]
    assert len(held) == len(set(held))
    assert set(found.key) <= set(held)


def test_gate_columns_are_those_an_update_may_only_fill_in() -> None:
    columns = [column for found in STREAMS for column in found.columns]
    assert {column.name for column in columns if column.is_gate_column} == {
        "decision_class",
        "amount",
        "currency",
        "route",
        "confidence",
        "verdict",
        "label",
        "score",
        "inclusion_probability",
    }


@pytest.mark.parametrize("name", names.STREAMS)
def test_the_committed_json_schema_is_the_generated_one(name: str) -> None:
    Draft202012Validator.check_schema(json_schema(name))
    committed = (PRODUCT / "docs/schemas" / f"{name}.json").read_text(encoding="utf-8")
    assert committed == schema_text(name), (
        "run python -m dagster_project.contracts.stream_documents"
    )


def test_no_other_schema_is_committed() -> None:
    assert {path.stem for path in (PRODUCT / "docs/schemas").iterdir()} == set(names.STREAMS)


def test_the_committed_page_is_the_generated_one() -> None:
    committed = (PRODUCT / "docs/streams.md").read_text(encoding="utf-8")
    assert committed == streams_markdown(), (
        "run python -m dagster_project.contracts.stream_documents"
    )


GOOD = {"decision_id": "d1", "occurred_at": "2026-03-01T09:30:00Z", "confidence": 0.9}


@pytest.mark.parametrize("change", [{}, {"confidence": None}, {"colour": "red"}, {"amount": -5.5}])
def test_a_good_decision_is_valid(change: dict[str, Any]) -> None:
    Draft202012Validator(json_schema("decisions")).validate(GOOD | change)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"decision_id": None}, "decision_id"),
        ({"decision_id": ""}, "decision_id"),
        ({"occurred_at": "2026-03-01T09:30:00"}, "occurred_at"),
        ({"occurred_at": 1795000000}, "occurred_at"),
        ({"confidence": 1.2}, "confidence"),
        ({"confidence": "0.9"}, "confidence"),
        ({"route": "auto"}, "route"),
        ({"latency_ms": 1.5}, "latency_ms"),
        ({"latency_ms": -1}, "latency_ms"),
        ({"within_boundary": "true"}, "within_boundary"),
    ],
)
def test_a_bad_decision_is_refused_at_its_field(change: dict[str, Any], place: str) -> None:
    errors = list(Draft202012Validator(json_schema("decisions")).iter_errors(GOOD | change))
    assert {error.path[0] for error in errors} == {place}


def test_a_decision_without_its_key_is_refused() -> None:
    assert list(Draft202012Validator(json_schema("decisions")).iter_errors({"action": "refund"}))


def test_an_unknown_stream_names_the_streams_there_are() -> None:
    with pytest.raises(KeyError, match="no stream 'events'; there are decisions, reviews"):
        stream("events")
