"""One bad JSON line per rule, between two good ones: exactly it is refused, nothing is lost.

The oracle is written by hand: text of line 2, then the reason code it must get.
"""

import gzip

import pytest

GOOD_FIRST = b'{"id":"first","at":"2026-01-02T03:04:05Z","n":1}'
GOOD_LAST = b'{"id":"last","at":"2026-01-02T03:04:06+02:00","n":3}'


def line(members: str) -> bytes:
    return ('{"id":"bad","at":"2026-01-02T03:04:05Z",' + members + "}").encode()


def timed(at: str) -> bytes:
    return b'{"id":"bad","at":' + at.encode() + b"}"


REFUSED = {
    "truncated": (b'{"id":"bad","at":"2026-01-', "invalid_json"),
    "trailing_comma": (line('"n":2,'), "invalid_json"),
    "single_quotes": (b"{'id':'bad'}", "invalid_json"),
    "two_objects": (line('"n":2') * 2, "extra_data"),
    "two_objects_lone_cr": (line('"n":2') + b"\r" + line('"n":2'), "extra_data"),
    "invalid_utf8": (b'{"id":"b\xffd"}', "invalid_utf8"),
    "surrogate_bytes": (b'{"id":"\xed\xa0\x80"}', "invalid_utf8"),
    "lone_surrogate": (line(r'"j":"\ud800"'), "lone_surrogate"),
    "lone_surrogate_undeclared": (line(r'"other":["\uDC00"]'), "lone_surrogate"),
    "bom_in_the_middle": (b"\xef\xbb\xbf" + line('"n":2'), "invalid_json"),
    "nul_escaped": (rb'{"id":"b\u0000d","at":"2026-01-02T03:04:05Z"}', "nul_character"),
    "nul_raw": (b'{"id":"b\x00d"}', "invalid_json"),
    "duplicate_key": (line('"n":2,"n":2'), "duplicate_key"),
    "duplicate_key_escaped": (line('"n":2,"\\u006e":3'), "duplicate_key"),
    "duplicate_key_undeclared": (line('"other":{"k":1,"k":1}'), "duplicate_key"),
    "nan": (line('"x":NaN'), "number_not_finite"),
    "nan_undeclared": (line('"other":NaN'), "number_not_finite"),
    "minus_infinity": (line('"x":-Infinity'), "number_not_finite"),
    "1e400": (line('"x":1e400'), "out_of_range"),
    "1e400_in_json": (line('"j":{"v":1e400}'), "number_not_finite"),
    "exponent_of_twenty_digits": (line('"x":1e99999999999999999999'), "out_of_range"),
    "bigint_over": (line('"n":9223372036854775808'), "out_of_range"),
    "integer_of_5000_digits": (line('"n":' + "9" * 5000), "out_of_range"),
    "double_over": (line('"x":1' + "0" * 400), "out_of_range"),
    "decimal_over": (line('"d":100000'), "out_of_range"),
    "decimal_rounds_over": (line('"d":99999.99995'), "out_of_range"),
    "text_as_bigint": (line('"n":"12"'), "wrong_type"),
    "fraction_as_bigint": (line('"n":1.5'), "wrong_type"),
    "whole_fraction_as_bigint": (line('"n":1.0'), "wrong_type"),
    "true_as_bigint": (line('"n":true'), "wrong_type"),
    "one_as_boolean": (line('"ok":1'), "wrong_type"),
    "text_as_double": (line('"x":"1.234,56"'), "wrong_type"),
    "text_as_decimal": (line('"d":"1.5"'), "wrong_type"),
    "number_as_varchar": (b'{"id":7,"at":"2026-01-02T03:04:05Z"}', "wrong_type"),
    "object_as_list": (line('"s":{"a":1}'), "wrong_type"),
    "text_in_nested_field": (line('"s":[{"a":1},{"a":"1"}]'), "wrong_type"),
    "null": (b"null", "not_an_object"),
    "array": (b"[1]", "not_an_object"),
    "text": (b'"x"', "not_an_object"),
    "empty_object": (b"{}", "missing_key"),
    "key_null": (b'{"id":null,"at":"2026-01-02T03:04:05Z"}', "missing_key"),
    "key_empty": (b'{"id":"","at":"2026-01-02T03:04:05Z"}', "missing_key"),
    "timestamp_absent": (b'{"id":"bad"}', "missing_timestamp"),
    "column_renamed": (b'{"id":"bad","occurred":"2026-01-02T03:04:05Z"}', "missing_timestamp"),
    "without_zone": (timed('"2026-01-02T03:04:05"'), "timestamp_without_zone"),
    "zone_25": (timed('"2026-01-02T03:04:05+25:00"'), "invalid_timestamp"),
    "infinity": (timed('"infinity"'), "invalid_timestamp"),
    "24:00": (timed('"2026-01-02T24:00:00Z"'), "invalid_timestamp"),
    "leap_second": (timed('"2026-06-30T23:59:60Z"'), "invalid_timestamp"),
    "iso_week": (timed('"2026-W01-1T03:04:05Z"'), "invalid_timestamp"),
    "basic_form": (timed('"20260102T030405Z"'), "invalid_timestamp"),
    "odd_separator": (timed('"2026-01-02_03:04:05Z"'), "invalid_timestamp"),
    "date_only": (timed('"2026-01-02"'), "invalid_timestamp"),
    "february_30": (timed('"2026-02-30T00:00:00Z"'), "invalid_timestamp"),
    "year_0001": (timed('"0001-01-01T00:00:00Z"'), "out_of_range"),
    "year_9999": (timed('"9999-12-31T23:59:59Z"'), "out_of_range"),
    "epoch_seconds": (timed("1767322800"), "wrong_type"),
    "epoch_milliseconds": (timed("1767322800000"), "wrong_type"),
    "date_with_time": (line('"day":"2026-01-02T00:00:00Z"'), "wrong_type"),
    "date_iso_week": (line('"day":"2026-W01-1"'), "wrong_type"),
    "nesting_1k": (line('"j":' + "[" * 1_000 + "]" * 1_000), "nesting_too_deep"),
    "nesting_5k": (line('"j":' + '{"a":' * 5_000 + "1" + "}" * 5_000), "nesting_too_deep"),
    "nesting_100k_open": (b"[" * 100_000, "nesting_too_deep"),
    "nesting_65": (line('"j":' + "[" * 64 + "]" * 64), "nesting_too_deep"),
    "hostile_quotes": (b'{"' + b'\\"' * 50_000, "invalid_json"),
    "line_20_mb": (b'{"id":"' + b"x" * (20 << 20) + b'"}', "line_too_long"),
    "line_100_mb": (b'{"id":"' + b"x" * (100 << 20) + b'"}', "line_too_long"),
}

TAKEN = {
    "nesting_64": line('"j":' + "[" * 63 + "]" * 63),
    "many_brackets_flat": line('"j":[' + "[]," * 500 + "[]]"),
    "brackets_in_text": line('"j":"' + "[" * 1_000 + '"'),
    "u2028": line('"j":"a\u2028b"'),
    "surrogate_pair": line(r'"j":"\ud83d\ude00"'),
    "crlf": line('"n":2') + b"\r",
    "removed_column": b'{"id":"bad","at":"2026-01-02T03:04:05Z"}',
    "added_column": line('"new":{"deep":[1,2]}'),
    "nulls": line('"n":null,"x":null,"d":null,"ok":null,"day":null,"s":null,"j":null'),
    "whole_number_as_double": line('"x":2,"d":2'),
    "integer_of_5000_digits_as_text": line('"j":"' + "9" * 5000 + '"'),
    "nanoseconds": timed('"2026-01-02 03:04:05.123456789+00:00"'),
    "formula": b'{"id":"=1+1","at":"2026-01-02T03:04:05Z"}',
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_line_and_only_it_is_quarantined(desk, name):
    bad, reason = REFUSED[name]
    desk.drop("a.jsonl", b"\n".join([GOOD_FIRST, bad, GOOD_LAST]) + b"\n")
    report = desk.land_one()
    assert (report.status, report.unit_count) == ("landed", 3)
    assert desk.quarantined() == [(2, reason)]
    assert desk.landed_places() == [1, 3]


@pytest.mark.parametrize("name", TAKEN)
def test_an_odd_but_right_line_lands(desk, name):
    desk.drop("a.jsonl", b"\n".join([GOOD_FIRST, TAKEN[name], GOOD_LAST]) + b"\n")
    report = desk.land_one()
    assert (report.status, report.unit_count, desk.quarantined()) == ("landed", 3, [])
    assert desk.landed_places() == [1, 2, 3]


# content, then units, landed, quarantined, blank
SHAPES = {
    "empty": (b"", (0, 0, 0, 0)),
    "whitespace": (b"  \n\t\n \r\n", (3, 0, 0, 3)),
    "bom_only": (b"\xef\xbb\xbf", (1, 0, 0, 1)),
    "bom_then_line": (b"\xef\xbb\xbf" + GOOD_FIRST + b"\n", (1, 1, 0, 0)),
    "no_final_newline": (GOOD_FIRST + b"\n" + GOOD_LAST, (2, 2, 0, 0)),
    "blank_between": (GOOD_FIRST + b"\n\n" + GOOD_LAST + b"\n", (3, 2, 0, 1)),
    "crlf": (GOOD_FIRST + b"\r\n" + GOOD_LAST + b"\r\n", (2, 2, 0, 0)),
    "lone_cr": (GOOD_FIRST + b"\r" + GOOD_LAST, (1, 0, 1, 0)),
    "object_over_lines": (GOOD_FIRST.replace(b",", b",\n") + b"\n", (3, 0, 3, 0)),
    "nul_file": (b"\0" * 100, (1, 0, 1, 0)),
    "next_line_character": (b'{"id":"a\xc2\x85b","at":"2026-01-02T03:04:05Z"}', (1, 1, 0, 0)),
}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("packed", [False, True])
def test_units_are_physical_lines(desk, name, packed):
    content, expected = SHAPES[name]
    desk.drop("a.jsonl.gz" if packed else "a.jsonl", gzip.compress(content) if packed else content)
    report = desk.land_one()
    counts = (
        report.unit_count,
        report.landed_count,
        report.quarantined_count,
        report.blank_count,
    )
    assert (report.status, counts) == ("landed", expected)
    assert len(desk.landed_places()) == expected[1]
    assert len(desk.quarantined()) == expected[2]


def test_a_batch_boundary_inside_the_file_loses_nothing(desk):
    lines = [GOOD_FIRST.replace(b"first", b"%d" % i) for i in range(45_000)]
    lines[20_000] = b"broken"
    desk.drop("a.jsonl", b"\n".join(lines))
    report = desk.land_one()
    assert (report.unit_count, report.landed_count) == (45_000, 44_999)
    assert desk.quarantined() == [(20_001, "invalid_json")]
    assert desk.landed_places() == [*range(1, 20_001), *range(20_002, 45_001)]
