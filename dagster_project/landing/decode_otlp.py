"""OTLP/JSON lines into units: one line is an export batch, one unit is a span or a log record."""

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from dagster_project.landing.count_otlp import count_records
from dagster_project.landing.lines import LongLine, physical_lines
from dagster_project.landing.reasons import RefusedValueError, UnaccountableError
from dagster_project.landing.strict_json import (
    Flawed,
    StrictJson,
    canonical,
    check_characters,
    find_flaw,
)
from dagster_project.landing.units import Decoded, Flaw, Unit

_SIGNALS = (
    ("resourceSpans", "scopeSpans", "spans"),
    ("resourceLogs", "scopeLogs", "logRecords"),
    # the same before scopes had that name
    ("resourceSpans", "instrumentationLibrarySpans", "spans"),
    ("resourceLogs", "instrumentationLibraryLogs", "logRecords"),
)
_AROUND = ("resource", "scope", "instrumentationLibrary")
_QUIET = (*_AROUND, "schemaUrl")
_TIMES = ("startTimeUnixNano", "endTimeUnixNano", "timeUnixNano", "observedTimeUnixNano")
_WHOLE = re.compile(r"-?[0-9]{1,20}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SPACE = b" \t\r"
_Record = dict[str, Any]


def decode_otlp(chunks: Iterator[bytes], expected: int) -> Decoded:
    """Spans and log records as flat rows: attributes are one object, times are times.

    Added are ``record_id``, ``time``, ``resource_attributes``, ``scope_name``, ``scope_version``
    and ``scope_attributes``. A line that cannot be read is as many units as it seems to hold.
    """
    return Decoded(_numbered(chunks), expected)


def _numbered(chunks: Iterator[bytes]) -> Iterator[Unit]:
    place = 0
    decoder = StrictJson()
    for number, line in enumerate(physical_lines(chunks), 1):
        if isinstance(line, LongLine):
            raise UnaccountableError("line_too_long", f"{line.byte_count} bytes")
        for record, flaw, raw in _units(decoder, line, number):
            place += 1
            yield Unit(place, record, flaw, raw)


def _units(
    decoder: StrictJson, line: bytes, number: int
) -> Iterator[tuple[_Record | None, Flaw | None, str | None]]:
    if not line.strip(_SPACE):
        yield None, None, None
        return
    try:
        records = _records(decoder.decode(line))
    except RefusedValueError as error:
        flaw = Flaw(error.reason, "", f"line {number}: {error.detail}")
        digest = hashlib.sha256(line).hexdigest()
        for _ in range(max(count_records(line), 1)):
            yield None, flaw, digest
        return
    if not records:
        yield None, None, None
    is_clean = not decoder.flaws and b"\\ud" not in line and b"\\uD" not in line
    for record, around, is_known in records:
        try:
            if not is_known:
                raise RefusedValueError("unknown_structure", "no list of OTLP has that name")
            yield _row(record, around, is_clean), None, None
        except RefusedValueError as error:
            digest = Unit(0, {"": record}).sha256()
            yield None, Flaw(error.reason, "", f"line {number}: {error.detail}"), digest


def _records(batch: Any) -> list[tuple[Any, _Record, bool]]:
    """Every record with its resource and scope, and whether it lies where OTLP has records.

    Raises RefusedValueError for another structure.
    """
    if _object(batch) and not any(top in batch for top, *_ in _SIGNALS):
        raise RefusedValueError("no_records", "neither resourceSpans nor resourceLogs")
    return [
        (record, _around(resource, scope), (top, middle, bottom) in _SIGNALS)
        for top, resources in _lists(batch)
        for resource in map(_holder, resources)
        for middle, scopes in _lists(resource)
        for scope in map(_holder, scopes)
        for bottom, records in _lists(scope)
        for record in records
    ]


def _holder(value: Any) -> _Record:
    """A resource or a scope. Raises RefusedValueError where it holds something, but in no list."""
    holder = _object(value)
    told = [value for name, value in holder.items() if name not in _QUIET]
    if any(told) and not any(records for _, records in _lists(holder)):
        raise RefusedValueError("unknown_structure", "records lie at another depth")
    return holder


def _around(resource: _Record, scope: _Record) -> _Record:
    named = scope.get("scope") or scope.get("instrumentationLibrary")
    return {"resource": resource.get("resource"), "scope": named}


def _lists(holder: _Record) -> Iterator[tuple[str, list[Any]]]:
    """Members that may hold records. Raises RefusedValueError for one that is no list but may."""
    for name, value in holder.items():
        if name in _AROUND:
            if type(value) is list:
                raise RefusedValueError("wrong_type", f"{name} is a list")
        elif any(name in path for path in _SIGNALS):
            yield name, _list(holder, name)
        elif isinstance(value, dict | Flawed) and value:
            raise RefusedValueError("unknown_structure", "an object that OTLP does not have")
        elif type(value) is list:
            yield name, value


def _row(record: Any, around: _Record, is_clean: bool) -> _Record:
    if not is_clean:
        if flaw := find_flaw([record, around]):
            raise RefusedValueError(flaw.reason)
        check_characters([record, around])
    row = dict(_object(record))
    resource, scope = _object(around["resource"] or {}), _object(around["scope"] or {})
    row["record_id"] = _record_id(row)
    for name in _TIMES:
        if name in row:
            row[name] = _time(row[name])
    row["time"] = next((row[name] for name in _TIMES if row.get(name)), None)
    row["attributes"] = _attributes(row)
    row["resource_attributes"] = _attributes(resource)
    row["scope_attributes"] = _attributes(scope)
    row["scope_name"], row["scope_version"] = scope.get("name"), scope.get("version")
    if "events" in row:
        row["events"] = [_event(_object(event)) for event in _list(row, "events")]
    return row


def _record_id(row: _Record) -> str:
    """A span is known by its ids; a log record has none, so by all that it says."""
    if "startTimeUnixNano" in row or "endTimeUnixNano" in row:
        return f"{row.get('traceId') or ''}:{row.get('spanId') or ''}"
    return hashlib.sha256(canonical(row).encode()).hexdigest()


def _event(event: _Record) -> _Record:
    return event | {
        "timeUnixNano": _time(event.get("timeUnixNano")),
        "attributes": _attributes(event),
    }


def _attributes(holder: _Record) -> _Record:
    return _members(_list(holder, "attributes"))


def _members(pairs: list[Any]) -> _Record:
    found: _Record = {}
    for pair in map(_object, pairs):
        key = pair.get("key")
        if type(key) is not str:
            raise RefusedValueError("wrong_type", "an attribute without a key")
        if key in found:
            raise RefusedValueError("duplicate_key", "an attribute is given twice")
        found[key] = _value(_object(pair.get("value") or {}))
    return found


def _value(value: _Record) -> Any:
    """The one member of an AnyValue; an empty one is null."""
    if not value:
        return None
    ((kind, content), *others) = value.items()
    if others:
        raise RefusedValueError("wrong_type", "an attribute of two types")
    if kind == "intValue":
        return _whole(content)
    if kind == "arrayValue":
        return [_value(_object(item)) for item in _list(_object(content), "values")]
    if kind == "kvlistValue":
        return _members(_list(_object(content), "values"))
    if kind == "doubleValue" and content in ("NaN", "Infinity", "-Infinity"):
        raise RefusedValueError("number_not_finite", "an attribute")
    if kind in ("stringValue", "boolValue", "doubleValue", "bytesValue"):
        return content
    raise RefusedValueError("wrong_type", "an attribute of no known type")


def _whole(value: Any) -> int:
    """64-bit integers are written as strings."""
    if type(value) is str and _WHOLE.fullmatch(value):
        value = int(value)
    if type(value) is not int:
        raise RefusedValueError("wrong_type", "no whole number")
    if not -(1 << 63) <= value < 1 << 64:
        raise RefusedValueError("out_of_range", "64 bits")
    return value


def _time(nanoseconds: Any) -> datetime | None:
    """Cut to the microsecond; 0 and absent mean unknown."""
    if nanoseconds is None or not (count := _whole(nanoseconds)):
        return None
    if count < 0:
        raise RefusedValueError("out_of_range", "before 1970")
    return _EPOCH + timedelta(microseconds=count // 1000)


def _object(value: Any) -> _Record:
    if isinstance(value, Flawed):
        raise RefusedValueError(value.reason)
    if type(value) is not dict:
        raise RefusedValueError("wrong_type", "an object is missing")
    return value


def _list(holder: _Record, name: str) -> list[Any]:
    """Empty fields are left out."""
    value = holder.get(name)
    if isinstance(value, Flawed):
        raise RefusedValueError(value.reason)
    if value is None:
        return []
    if type(value) is not list:
        raise RefusedValueError("wrong_type", f"{name} is no list")
    return value
