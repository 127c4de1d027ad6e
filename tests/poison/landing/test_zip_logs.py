"""Zip logs: limits hold, nothing is unpacked to disk, and a bad sample costs only itself."""

import io
import json
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.contracts.sources import Column
from dagster_project.landing.decode_inspect import decode_inspect
from dagster_project.landing.reasons import UnaccountableError

HEADER = json.dumps({"eval": {"task": "t"}}).encode()


def archive(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as made:
        for name, content in members:
            made.writestr(name, content)
    return stream.getvalue()


@pytest.fixture
def logs(desk):
    columns = (Column("id", "json"), Column("eval", "struct(task varchar)", from_envelope=True))
    desk.declare(format="inspect", key="id", timestamp=None, undated=True, columns=columns)
    return desk


def test_a_bad_sample_is_quarantined_and_the_others_land(logs) -> None:
    members = [("header.json", HEADER)]
    members += [(f"samples/{n}_epoch_1.json", b'{"id":%d}' % n) for n in (1, 2, 3)]
    members[2] = ("samples/2_epoch_1.json", b'{"id":2,"id":2}')
    members += [("summaries.json", b"[]"), ("samples/deeper/x.json", b"{}")]
    logs.drop("log.eval", archive(*members))
    report = logs.land_one()
    assert (report.unit_count, report.landed_count, report.quarantined_count) == (3, 2, 1)
    assert logs.quarantined() == [(2, "duplicate_key")]


def test_a_log_that_is_still_written_has_its_header_in_the_journal(logs) -> None:
    logs.drop("log.eval", archive(("_journal/start.json", HEADER)))
    assert logs.land_one().unit_count == 0


WHOLE = archive(("header.json", HEADER), ("samples/1.json", b'{"id":1}'))
# the compressed bytes of the first member begin after its name
DAMAGED = WHOLE[:45] + bytes([WHOLE[45] ^ 0xFF]) + WHOLE[46:]
ENCRYPTED = bytearray(WHOLE)
ENCRYPTED[WHOLE.index(b"PK\x01\x02") + 8] |= 1
FILES = {
    "truncated": (WHOLE[:-30], "corrupt"),
    "damaged": (DAMAGED, "corrupt"),
    "no header": (archive(("samples/1.json", b"{}")), "record_path_missing"),
    "header is no object": (archive(("header.json", b"[]")), "invalid_document"),
    "traversal": (archive(("header.json", HEADER), ("../x.json", b"{}")), "unsafe_member"),
    "absolute": (archive(("header.json", HEADER), ("/x.json", b"{}")), "unsafe_member"),
    "encrypted": (bytes(ENCRYPTED), "encrypted"),
    "method": (archive(("header.json", HEADER), method=zipfile.ZIP_BZIP2), "corrupt"),
    "bomb": (archive(("header.json", b" " * (65 << 20) + HEADER)), "decompression_bomb"),
    "hidden sample": (b"PK\x03\x04 stub " + WHOLE, "count_mismatch"),
}


@pytest.mark.parametrize("name", FILES)
def test_an_archive_that_cannot_be_trusted_lands_nothing(logs, name: str) -> None:
    content, reason = FILES[name]
    logs.drop("log.eval", content)
    report = logs.land_one()
    assert (report.status, report.reason) == ("unaccountable", reason)
    assert logs.landed_places() == []


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused(logs) -> None:
    logs.drop("log.eval", archive(("header.json", HEADER), ("header.json", HEADER)))
    assert logs.land_one().reason == "ambiguous_document"


def test_other_formats_still_refuse_a_zip(desk) -> None:
    desk.drop("log.jsonl", WHOLE)
    assert desk.land_one().reason == "wrong_extension"


@settings(max_examples=400, deadline=None)
@given(place=st.integers(0, len(WHOLE) - 1), byte=st.integers(0, 255), cut=st.integers(0, 25))
def test_damage_is_never_more_than_a_refusal(place: int, byte: int, cut: int) -> None:
    damaged = WHOLE[:place] + bytes([byte]) + WHOLE[place + 1 :]
    damaged = damaged[: len(damaged) - cut]
    try:
        decoded = decode_inspect(iter([damaged]))
        units = list(decoded.units)
    except UnaccountableError:
        return
    if len(units) == decoded.expected:
        assert [unit.record for unit in units] == [{"id": 1}]
