"""OTLP/JSON lines: every span is landed or quarantined, also on lines that nobody can read."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.contracts.source_shape import Shape
from dagster_project.contracts.sources import Column
from dagster_project.landing.count_otlp import OtlpCounter, count_records
from dagster_project.landing.decode_otlp import decode_otlp


def span(number: int, **changes) -> dict:
    whole = {
        "traceId": "t",
        "spanId": str(number),
        "startTimeUnixNano": "1760000000000000000",
        "attributes": [{"key": "a", "value": {"intValue": "1"}}],
        "links": [{"traceId": "t", "spanId": "x"}],
    }
    return whole | changes


def batch(*spans: dict, resource: dict | None = None) -> bytes:
    scopes = [{"scope": {"name": "s"}, "spans": list(spans)}, {"spans": []}]
    return json.dumps(
        {"resourceSpans": [{"resource": resource or {}, "scopeSpans": scopes}]}
    ).encode()


def attribute(**value: object) -> dict:
    return {"attributes": [{"key": "a", "value": value}]}


@pytest.fixture
def telemetry(desk):
    columns = (
        Column("record_id", "varchar"),
        Column("startTimeUnixNano", "timestamptz"),
        Column("attributes", "json"),
    )
    desk.declare(
        format="otlp",
        key="record_id",
        timestamp="startTimeUnixNano",
        columns=columns,
        shape=Shape(keys=(("attributes", ("a",)),)),
    )
    return desk


def test_lines_are_counted_by_what_they_hold(telemetry) -> None:
    lines = [
        batch(span(1), span(2)),
        b"",
        b'{"resourceSpans":[]}',
        b"{}",
        batch(span(3), span(4), span(5))[:-3],  # cut: three spans that nobody can read
        b'{"resourceMetrics":[{}]}',
        b"not json",
        batch(span(6), 7, span(8)),
    ]
    telemetry.drop("traces.jsonl", b"\n".join(lines))
    report = telemetry.land_one()
    assert (report.unit_count, report.landed_count, report.blank_count) == (13, 4, 3)
    assert report.quarantine_reasons == {"invalid_json": 4, "no_records": 1, "wrong_type": 1}


def renamed(content: bytes, old: str, new: str) -> bytes:
    return content.replace(f'"{old}"'.encode(), f'"{new}"'.encode())


UNKNOWN = {
    "snake case": renamed(batch(span(2), span(3)), "scopeSpans", "scope_spans"),
    "capital": renamed(batch(span(2), span(3)), "spans", "Spans"),
    "logs among spans": renamed(batch(span(2), span(3)), "spans", "logRecords"),
    "metrics beside no spans": b'{"resourceSpans":[],"resourceMetrics":[{"scopeMetrics":'
    b'[{"metrics":[{"name":"m"},{"name":"n"}]}]}]}',
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_records_in_a_list_of_no_known_name_are_counted_and_refused(telemetry, name) -> None:
    telemetry.drop("traces.jsonl", batch(span(1)) + b"\n" + UNKNOWN[name] + b"\n")
    report = telemetry.land_one()
    assert (report.unit_count, report.landed_count, report.blank_count) == (3, 1, 0)
    assert report.quarantine_reasons == {"unknown_structure": 2}


def test_an_object_of_no_known_name_costs_its_line(telemetry) -> None:
    odd = [
        renamed(batch(span(2)), "scope", "wrapper"),
        b'{"resourceSpans":[{"scopeSpans":{"spans":[{}]}}]}',
        b'{"resourceSpans":[{"spans":[{"traceId":"t","kind":1},{"traceId":"u"}]}]}',
        batch(span(3)).replace(b'"resource": {}', b'"resource": [{"a": [{"b": [1, 2]}]}]'),
    ]
    telemetry.drop("traces.jsonl", b"\n".join(odd) + b"\n")
    report = telemetry.land_one()
    assert (report.landed_count, report.blank_count) == (0, 0)
    assert report.quarantine_reasons == {"unknown_structure": 2, "wrong_type": 3}


def test_spans_from_before_scopes_are_spans(telemetry) -> None:
    telemetry.drop("t.jsonl", renamed(batch(span(1)), "scopeSpans", "instrumentationLibrarySpans"))
    assert telemetry.land_one().landed_count == 1


SPANS = {
    "attribute twice": (
        {"attributes": attribute(boolValue=True)["attributes"] * 2},
        "duplicate_key",
    ),
    "not a number": (attribute(doubleValue="NaN"), "number_not_finite"),
    "two types": (attribute(intValue="1", stringValue="1"), "wrong_type"),
    "unknown type": (attribute(moonValue=1), "wrong_type"),
    "fraction as integer": (attribute(intValue="1.5"), "wrong_type"),
    "beyond 64 bits": (attribute(intValue=str(1 << 64)), "out_of_range"),
    "before 1970": ({"startTimeUnixNano": "-1"}, "out_of_range"),
    "no time": ({"startTimeUnixNano": "0"}, "missing_timestamp"),
    "time as text": ({"startTimeUnixNano": "today"}, "wrong_type"),
    "attributes as object": ({"attributes": {"a": 1}}, "wrong_type"),
}


@pytest.mark.parametrize("name", SPANS)
def test_a_bad_span_costs_only_itself(telemetry, name) -> None:
    changes, reason = SPANS[name]
    telemetry.drop("traces.jsonl", batch(span(1), span(2, **changes), span(3)))
    report = telemetry.land_one()
    assert report.quarantine_reasons == {reason: 1}
    assert report.landed_count == 2


def test_a_bad_resource_costs_all_its_spans(telemetry) -> None:
    twice = {"attributes": attribute(boolValue=True)["attributes"] * 2}
    telemetry.drop("traces.jsonl", batch(span(1), span(2), resource=twice))
    assert telemetry.land_one().quarantine_reasons == {"duplicate_key": 2}
    key_twice = batch(span(1), span(2)).replace(b'"scopeSpans"', b'"scopeSpans": [], "scopeSpans"')
    telemetry.drop("traces.jsonl", key_twice)
    assert telemetry.land_one().quarantine_reasons == {"duplicate_key": 2}


def test_a_line_over_the_cap_makes_the_file_unaccountable(telemetry) -> None:
    long = batch(span(1, name="x" * (17 << 20)))
    telemetry.drop("traces.jsonl", batch(span(2)) + b"\n" + long + b"\n")
    report = telemetry.land_one()
    assert (report.status, report.reason) == ("unaccountable", "line_too_long")


def test_attributes_that_are_not_listed_stay_out(telemetry) -> None:
    other = {"key": "gen_ai.input.messages", "value": {"stringValue": "words"}}
    telemetry.drop("traces.jsonl", batch(span(1, attributes=[other])))
    telemetry.land_one()
    (entry,) = telemetry.entries()
    assert entry["undeclared_keys"]["attributes.gen_ai.input.messages"] == 1


TWO_BATCHES = batch(span(1), span(2)) + b"\n" + batch(span(3, name='"spans":[{},{}]')) + b"\n"


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    place=st.integers(0, len(TWO_BATCHES) - 1),
    byte=st.sampled_from(b'{}[],:"\\\n 0x\xff\x00'),
    cut=st.integers(0, 60),
    chunk=st.integers(1, 200),
)
def test_both_counts_agree_on_damaged_lines(place, byte, cut, chunk) -> None:
    batches = TWO_BATCHES if place % 2 else renamed(TWO_BATCHES, "scopeSpans", "scope_spans")
    damaged = batches[:place] + bytes([byte]) + batches[place + 1 :]
    damaged = damaged[: len(damaged) - cut]
    chunks = [damaged[start : start + chunk] for start in range(0, len(damaged), chunk)]
    counter = OtlpCounter()
    for piece in chunks:
        counter.feed(piece)
    units = list(decode_otlp(iter(chunks), counter.units()).units)
    assert [unit.place for unit in units] == list(range(1, counter.units() + 1))


def test_keys_may_be_escaped_and_text_may_look_like_spans() -> None:
    assert count_records(batch(span(1), span(2)).replace(b"spans", rb"\u0073pans")) == 2
    assert count_records(TWO_BATCHES.splitlines()[1]) == 1
