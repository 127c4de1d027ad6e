"""CSV and JSON documents: bad records are quarantined, uncountable files land nothing."""

import json

import pytest

HEAD = b"id,at,n,d,ok,j\n"
ROW = b"a,2026-01-02T03:04:05Z,1,1234.56,true,[1]\n"


def row(**cells: str) -> bytes:
    values = {"id": "b", "at": "2026-01-02T03:04:05Z", "n": "1", "d": "1", "ok": "", "j": ""}
    return ",".join((values | cells).values()).encode() + b"\n"


@pytest.fixture
def csv_desk(desk):
    desk.declare(format="csv")
    return desk


REFUSED = {
    "too_many_fields": (ROW[:-1] + b",x\n", "ragged_row"),
    "too_few_fields": (b"a,2026-01-02T03:04:05Z\n", "ragged_row"),
    "semicolons": (b"a;2026-01-02T03:04:05Z;1;1;true;1\n", "ragged_row"),
    "decimal_comma": (row(d='"1.234,56"'), "wrong_type"),
    "thousands": (row(d='"1,234.56"'), "wrong_type"),
    "currency_sign": (row(d="$5"), "wrong_type"),
    "decimal_exponent": (row(d="1e3"), "wrong_type"),
    "decimal_nan": (row(d="NaN"), "wrong_type"),
    "fraction_as_bigint": (row(n="1.0"), "wrong_type"),
    "space_before_number": (row(n=" 1"), "wrong_type"),
    "arabic_digits": (row(n="\u0661"), "wrong_type"),
    "yes_as_boolean": (row(ok="yes"), "wrong_type"),
    "bigint_over": (row(n="9223372036854775808"), "out_of_range"),
    "no_zone": (row(at="2026-01-02 03:04:05"), "timestamp_without_zone"),
    "local_time": (row(at="01/02/2026 03:04"), "invalid_timestamp"),
    "broken_json": (row(j="{"), "invalid_json"),
    "empty_key": (row(id=""), "missing_key"),
    "invalid_utf8": (b"\xff" + ROW, "invalid_utf8"),
    "text_behind_quote": (b'"a"b' + ROW[1:], "invalid_csv"),
    "lone_cr": (b"a\rb" + ROW[1:], "invalid_csv"),
    "nul": (b"a\0b" + ROW[1:], "nul_character"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_row_and_only_it_is_quarantined(csv_desk, case):
    bad, reason = REFUSED[case]
    csv_desk.drop("a.csv", HEAD + ROW + bad + ROW)
    report = csv_desk.land_one()
    assert (report.status, report.unit_count) == ("landed", 3)
    assert csv_desk.quarantined() == [(2, reason)]
    assert csv_desk.landed_places() == [1, 3]


# content, then units, landed, blank
TAKEN = {
    "quoted_newline": (HEAD + b'"a\nb"' + ROW[1:] + ROW, (2, 2, 0)),
    "quoted_comma_and_quote": (HEAD + b'"a,""b"""' + ROW[1:], (1, 1, 0)),
    "crlf": ((HEAD + ROW + ROW).replace(b"\n", b"\r\n"), (2, 2, 0)),
    "bom": (b"\xef\xbb\xbf" + HEAD + ROW, (1, 1, 0)),
    "no_final_newline": (HEAD + ROW + ROW[:-1], (2, 2, 0)),
    "blank_lines": (HEAD + b"\n" + ROW + b"  \n", (3, 1, 2)),
    "header_only": (HEAD, (0, 0, 0)),
    "formula": (HEAD + b"=1+1" + ROW[1:], (1, 1, 0)),
    "columns_moved": (b"at,id\n2026-01-02T03:04:05Z,a\n", (1, 1, 0)),
}


@pytest.mark.parametrize("case", TAKEN)
def test_records_are_counted_with_their_quotes(csv_desk, case):
    content, expected = TAKEN[case]
    csv_desk.drop("a.csv", content)
    report = csv_desk.land_one()
    assert (report.unit_count, report.landed_count, report.blank_count) == expected
    assert report.status == "landed"


UNACCOUNTABLE = {
    "empty": (b"", "no_header"),
    "no_header": (ROW * 2, "no_header"),
    "semicolon": (HEAD.replace(b",", b";") + ROW.replace(b",", b";"), "wrong_delimiter"),
    "tab": (HEAD.replace(b",", b"\t") + ROW.replace(b",", b"\t"), "wrong_delimiter"),
    "utf16": ((HEAD + ROW).decode().encode("utf-16"), "utf16"),
    "utf16_no_bom": ((HEAD + ROW).decode().encode("utf-16-le"), "invalid_header"),
    "duplicate_header": (b"id,at,id\n1,2,3\n", "duplicate_header"),
    "unclosed_quote": (HEAD + ROW + b'"a' + ROW[1:], "unclosed_quote"),
    "stray_quotes": (HEAD + b'5"' + ROW + b'6"' + ROW, "count_mismatch"),
    "line_20_mb": (HEAD + b"x" * (20 << 20), "line_too_long"),
}


@pytest.mark.parametrize("case", UNACCOUNTABLE)
def test_a_csv_that_cannot_be_counted_lands_nothing(csv_desk, case):
    content, reason = UNACCOUNTABLE[case]
    csv_desk.drop("a.csv", content)
    report = csv_desk.land_one()
    assert (report.status, report.reason) == ("unaccountable", reason)
    assert (csv_desk.landed_places(), csv_desk.quarantined()) == ([], [])


@pytest.fixture
def document_desk(desk):
    desk.declare(format="json", record_path="run.items")
    return desk


def document(*items: str) -> bytes:
    head = '{"title":"items [1, 2]","run":{"n":[[1],2],"items":['
    return (head + ",".join(items) + "]}}").encode()


ITEM = '{"id":"a","at":"2026-01-02T03:04:05Z","j":[{"items":[1,{"x":","}]}]}'

BAD_ITEMS = {
    "duplicate_key": (ITEM[:-1] + ',"n":1,"n":1}', "duplicate_key"),
    "deep_duplicate_key": ('{"o":[{"k":1,"k":1}]}', "duplicate_key"),
    "nan": (ITEM[:-1] + ',"other":NaN}', "number_not_finite"),
    "lone_surrogate": (ITEM[:-1] + r',"other":"\ud800"}', "lone_surrogate"),
    "huge_integer": (ITEM[:-1] + ',"other":' + "1" * 5000 + "}", "out_of_range"),
    "wrong_type": (ITEM[:-1] + ',"n":"1"}', "wrong_type"),
    "null": ("null", "not_an_object"),
    "list": ("[1,2]", "not_an_object"),
    "text": ('"],["', "not_an_object"),
    "empty": ("{}", "missing_key"),
}


@pytest.mark.parametrize("case", BAD_ITEMS)
def test_a_bad_element_and_only_it_is_quarantined(document_desk, case):
    bad, reason = BAD_ITEMS[case]
    document_desk.drop("a.json", document(ITEM, bad, ITEM))
    report = document_desk.land_one()
    assert (report.status, report.unit_count) == ("landed", 3)
    assert document_desk.quarantined() == [(2, reason)]
    assert document_desk.landed_places() == [1, 3]


BAD_DOCUMENTS = {
    "empty": (b"", "invalid_document"),
    "whitespace": (b" \n", "invalid_document"),
    "cut": (document(ITEM)[:-4], "invalid_document"),
    "two_documents": (document(ITEM) * 2, "invalid_document"),
    "invalid_utf8": (document(ITEM).replace(b"title", b"\xff"), "invalid_document"),
    "nesting_100k": (b"[" * 100_000, "invalid_document"),
    "record_path_missing": (b'{"run":{}}', "record_path_missing"),
    "record_path_an_object": (b'{"run":{"items":{}}}', "record_path_missing"),
    "top_level_array": (b"[]", "record_path_missing"),
    "record_path_twice": (b'{"run":{"items":[],"items":[]}}', "ambiguous_document"),
}


@pytest.mark.parametrize("case", BAD_DOCUMENTS)
def test_a_document_that_cannot_be_read_lands_nothing(document_desk, case):
    content, reason = BAD_DOCUMENTS[case]
    document_desk.drop("a.json", content)
    report = document_desk.land_one()
    assert (report.status, report.reason) == ("unaccountable", reason)
    assert document_desk.landed_places() == []


def test_an_empty_array_is_zero_units(document_desk):
    document_desk.drop("a.json", document())
    assert (document_desk.land_one().status, document_desk.land_one().status) == ("landed", "known")


def test_a_top_level_array_needs_no_record_path(desk):
    desk.declare(format="json")
    desk.drop("a.json", json.dumps([json.loads(ITEM)] * 3, indent=2).encode())
    assert (desk.land_one().unit_count, desk.landed_places()) == (3, [1, 2, 3])
