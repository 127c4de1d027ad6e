"""What landed rows and manifest entries hold: types, stamps, payload hashes, allow-lists."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import duckdb
import pytest
from landing_world import lines

from dagster_project.contracts.sources import Column
from dagster_project.landing.decode_json import decode_document
from dagster_project.landing.undeclared import NAME_LENGTH, NAMES_CAP, OTHER_NAMES

RECORD = {
    "id": "a",
    "at": "2026-01-02T03:04:05.678901+02:00",
    "flag": True,
    "tiny": -128,
    "big": 2**63 - 1,
    "unsigned": 2**64 - 1,
    "ratio": 0.1,
    "single": 0.5,
    "money": 12.34565,
    "wide": 1234567890123456789.123456789,
    "day": "2026-01-02",
    "any": {"b": [1, 2.50, None], "a": "ü"},
    "list": ["x", None],
    "deep": [{"n": 1, "text": "never landed", "part": {"v": None}}],
}
TYPES = {
    "id": "VARCHAR",
    "at": "TIMESTAMP WITH TIME ZONE",
    "flag": "BOOLEAN",
    "tiny": "TINYINT",
    "big": "BIGINT",
    "unsigned": "UBIGINT",
    "ratio": "DOUBLE",
    "single": "FLOAT",
    "money": "DECIMAL(18,4)",
    "wide": "DECIMAL(38,9)",
    "day": "DATE",
    "list": "VARCHAR[]",
    "deep": "STRUCT(n BIGINT, part STRUCT(v DOUBLE))[]",
}


def typed(desk):
    columns = tuple(Column(name, kind) for name, kind in TYPES.items())
    desk.source = replace(desk.source, columns=(*columns, Column("any", "json")))
    text = json.dumps(RECORD).replace("1.2345678901234568e+18", "1234567890123456789.123456789")
    desk.drop("a.jsonl", text.encode())
    desk.land()
    (row,) = desk.rows()
    return row


def test_values_keep_every_digit_and_undeclared_ones_stay_out(desk):
    row = typed(desk)
    assert {name: row[name] for name in RECORD} == RECORD | {
        "at": datetime(2026, 1, 2, 1, 4, 5, 678901, tzinfo=UTC),
        "money": Decimal("12.3457"),
        "wide": Decimal("1234567890123456789.123456789"),
        "day": date(2026, 1, 2),
        "any": '{"a":"ü","b":[1,2.5,null]}',
        "deep": [{"n": 1, "part": {"v": None}}],
    }
    assert desk.entries()[0]["undeclared_keys"] == {"deep.text": 1}


def test_parquet_types_are_the_declared_ones(desk):
    typed(desk)
    files = str(desk.project.landing / "desk__events" / "*.parquet")
    described = duckdb.execute("DESCRIBE SELECT * FROM read_parquet(?)", [files]).fetchall()
    found = {name: kind for name, kind, *_ in described}
    assert found == TYPES | {
        "any": "VARCHAR",
        "_landing_batch": "VARCHAR",
        "_landed_at": "TIMESTAMP WITH TIME ZONE",
        "_file_sha256": "VARCHAR",
        "_place": "BIGINT",
        "_payload_sha256": "VARCHAR",
    }


def test_the_entry_and_the_stamps_tell_where_rows_come_from(desk):
    content = lines(7, 3) + b"\n" + b"bad\n"
    desk.drop("a.jsonl", content)
    batch = desk.land().batch
    (entry,) = desk.entries()
    digest = hashlib.sha256(content).hexdigest()
    known = {
        "source": "desk",
        "table": "events",
        "file_name": "data/a.jsonl",
        "byte_count": len(content),
        "file_sha256": digest,
        "status": "landed",
        "reason": None,
        "unit_count": 4,
        "landed_count": 2,
        "quarantined_count": 1,
        "blank_count": 1,
        "first_event_at": "2026-01-02T03:04:03+00:00",
        "last_event_at": "2026-01-02T03:04:07+00:00",
        "landed_at": "2026-03-01T12:01:00+00:00",
        "landing_batch": batch,
    }
    assert {name: entry[name] for name in known} == known
    first, second = desk.rows()
    assert (first["_place"], second["_place"]) == (1, 2)
    assert (first["_file_sha256"], first["_landing_batch"]) == (digest, batch)
    assert first["_landed_at"] == desk.now


def test_the_payload_hash_is_of_typed_declared_columns_only(desk):
    same = [
        '{"id":"a","at":"2026-01-02T03:04:05Z","n":1}',
        '{"n":1, "at":"2026-01-02T05:04:05+02:00", "id":"\\u0061", "extra":9}',
    ]
    other = [
        '{"id":"a","at":"2026-01-02T03:04:05Z"}',
        '{"id":"a","at":"2026-01-02T03:04:06Z","n":1}',
    ]
    desk.drop("a.jsonl", "\n".join(same + other).encode())
    desk.land()
    hashes = [row["_payload_sha256"] for row in desk.rows()]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3
    payload = b"a\x1f1767323045000000\x1f1"
    assert hashes[0] == hashlib.sha256(payload).hexdigest()


@pytest.mark.parametrize("odd", [[0], [7, 8, 299], [299], range(1, 300, 4)])
def test_rows_that_were_read_one_by_one_stand_at_their_places(desk, odd):
    """A key with an escape is no reason to refuse a line, but none of the shape of the others."""
    key = dict.fromkeys(odd, "i\\u0064")
    many = [
        f'{{"{key.get(n, "id")}":"{n}","at":"2026-01-02T03:04:05Z","n":{n}}}' for n in range(300)
    ]
    desk.drop("a.jsonl", "\n".join(many).encode())
    desk.land()
    assert [(row["_place"], row["n"]) for row in desk.rows()] == [(n + 1, n) for n in range(300)]


def test_quarantine_names_place_column_and_hash_but_holds_no_data(desk):
    import pyarrow.parquet as pq

    bad = b'{"id":"secret","at":"2026-01-02T03:04:05Z","n":"secret"}'
    desk.drop("a.jsonl", lines(1) + bad)
    desk.land()
    (path,) = (desk.project.landing / "_quarantine").glob("*.parquet")
    (row,) = pq.read_table(path).to_pylist()
    assert row["unit_sha256"] == hashlib.sha256(bad).hexdigest()
    assert (row["place"], row["reason_code"], row["column_name"]) == (2, "wrong_type", "n")
    assert row["detail"] == "n: bigint declared, text found"
    assert (row["source"], row["table"], row["file_name"]) == ("desk", "events", "data/a.jsonl")
    assert row["landed_at"] == desk.now
    assert b"secret" not in path.read_bytes()


def test_a_declared_zone_reads_times_without_one_and_no_others(desk):
    desk.source = replace(desk.source, timezone="Europe/Berlin")
    desk.drop(
        "a.jsonl",
        b'{"id":"a","at":"2026-07-01T12:00:00"}\n{"id":"b","at":"2026-07-01T12:00:00Z"}',
    )
    desk.land()
    first, second = desk.rows()
    assert second["at"] - first["at"] == timedelta(hours=2)


def test_an_undated_source_needs_no_time(desk):
    desk.source = replace(desk.source, timestamp=None, undated=True)
    desk.drop("a.jsonl", b'{"id":"a"}\n')
    assert desk.land().totals["landed_count"] == 1
    assert desk.entries()[0]["first_event_at"] is None


def test_names_of_undeclared_keys_are_capped(desk):
    keys = ",".join(f'"k{number:03d}":1' for number in range(NAMES_CAP + 50))
    start = '{"id":"a","at":"2026-01-02T03:04:05Z",'
    desk.drop("a.jsonl", f'{start}{keys},"{"x" * 500}":1}}'.encode())
    desk.land()
    undeclared = desk.entries()[0]["undeclared_keys"]
    assert len(undeclared) == NAMES_CAP + 1
    assert undeclared[OTHER_NAMES] == 51
    assert max(map(len, undeclared)) <= NAME_LENGTH


BENCHMARK = {
    "timestamp": "2025-08-01T15:53:26.301478",
    "simulations": [
        {
            "id": "s1",
            "timestamp": "2025-08-01T15:53:41.684372",
            "duration": 14,
            "info": "of the record, not of the envelope",
            "reward_info": {"reward": 1.0, "db_check": None},
            "messages": [
                {
                    "role": "assistant",
                    "content": "Hi",
                    "turn_idx": 0,
                    "cost": 0,
                    "tool_calls": None,
                },
                {
                    "role": "assistant",
                    "turn_idx": 1,
                    "timestamp": "2025-08-01T15:53:28.554945",
                    "cost": 0.001308,
                    "usage": {"completion_tokens": 51, "prompt_tokens": 450},
                    "tool_calls": [
                        {"id": "c1", "name": "refund", "arguments": {"amount": 12, "x": ["y"]}},
                        {
                            "id": "c2",
                            "name": "book",
                            "arguments": {"payment_methods": [{"amount": 3.5}, {"amount": None}]},
                        },
                    ],
                },
            ],
        },
        {"id": "s2", "timestamp": "2025-08-01T16:00:00", "messages": None},
    ],
    "info": {"agent_info": {"llm": "gpt", "llm_args": {"t": 0.0}}, "num_trials": 1},
}
MESSAGES = (
    "struct(role varchar, turn_idx bigint, timestamp varchar, cost double, "
    "usage struct(prompt_tokens bigint, completion_tokens bigint), "
    "tool_calls struct(id varchar, name varchar, "
    "arguments struct(amount double, payment_methods struct(amount double)[]))[])[]"
)


def land_benchmark(desk):
    desk.source = replace(
        desk.source,
        format="json",
        record_path="simulations",
        timestamp="timestamp",
        timezone="UTC",
        columns=(
            Column("id", "varchar"),
            Column("timestamp", "timestamptz"),
            Column("duration", "double"),
            Column("reward_info", "json"),
            Column("info", "struct(agent_info struct(llm varchar))", from_envelope=True),
            Column("messages", MESSAGES),
        ),
    )
    desk.drop("a.json", json.dumps(BENCHMARK, indent=2).encode())
    desk.land()
    return desk.rows()


def test_a_benchmark_document_lands_through_its_nested_allow_list(desk):
    first, second = land_benchmark(desk)
    assert first["info"] == second["info"] == {"agent_info": {"llm": "gpt"}}
    assert first["reward_info"] == '{"db_check":null,"reward":1.0}'
    assert first["duration"] == 14.0
    hello, calls = first["messages"]
    assert (hello["cost"], hello["tool_calls"], hello["usage"]) == (0.0, None, None)
    assert calls["timestamp"] == "2025-08-01T15:53:28.554945"
    assert calls["usage"] == {"prompt_tokens": 450, "completion_tokens": 51}
    assert [call["arguments"] for call in calls["tool_calls"]] == [
        {"amount": 12.0, "payment_methods": None},
        {"amount": None, "payment_methods": [{"amount": 3.5}, {"amount": None}]},
    ]
    assert (second["messages"], second["duration"]) == (None, None)


def test_what_the_allow_list_leaves_out_is_named(desk):
    land_benchmark(desk)
    assert desk.entries()[0]["undeclared_keys"] == {
        "(envelope).timestamp": 1,
        "info": 1,
        "info.agent_info.llm_args": 2,
        "info.num_trials": 2,
        "messages.content": 1,
        "messages.tool_calls.arguments.x": 1,
    }


def test_decoding_names_units_without_types():
    decoded = decode_document(iter([b'{"a":{"b":[{"n":1},2]}}']), "a.b")
    assert decoded.expected == 2
    assert [unit.record for unit in decoded.units] == [{"n": 1}, None]
