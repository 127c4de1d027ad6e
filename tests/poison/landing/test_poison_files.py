"""Whole files that cannot be accounted for: nothing lands, the books say why, then the cure."""

import gzip
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

GOOD = b'{"id":"a","at":"2026-01-02T03:04:05Z"}\n'
PACKED = gzip.compress(GOOD * 500)
ZSTD = pa.compress(GOOD * 500, codec="zstd", asbytes=True)

# file name, content, reason; a good file of that name must then land
UNACCOUNTABLE = {
    "gz_truncated": ("a.jsonl.gz", PACKED[:-9], "truncated"),
    "gz_checksum_cut": ("a.jsonl.gz", PACKED[:-1], "truncated"),
    "gz_checksum_wrong": ("a.jsonl.gz", PACKED[:-8] + b"\0" * 8, "corrupt"),
    "gz_garbage_behind": ("a.jsonl.gz", PACKED + b"garbage", "trailing_garbage"),
    "gz_second_member_cut": ("a.jsonl.gz", PACKED + PACKED[:-4], "truncated"),
    "gz_zero_bytes": ("a.jsonl.gz", b"", "truncated"),
    "gz_is_plain": ("a.jsonl.gz", GOOD, "wrong_extension"),
    "zst_truncated": ("a.jsonl.zst", ZSTD[:-5], "truncated"),
    "zst_garbage_behind": ("a.jsonl.zst", ZSTD + b"garbage", "trailing_garbage"),
    "zst_zero_bytes": ("a.jsonl.zst", b"", "truncated"),
    "zst_is_gzip": ("a.jsonl.zst", PACKED, "wrong_extension"),
    "plain_is_gzip": ("a.jsonl", PACKED, "wrong_extension"),
    "plain_is_zstd": ("a.jsonl", ZSTD, "wrong_extension"),
    "gz_in_gz": ("a.jsonl.gz", gzip.compress(PACKED), "wrong_extension"),
    "utf16": ("a.jsonl", GOOD.decode().encode("utf-16"), "utf16"),
}


def good_content(name: str) -> bytes:
    if name.endswith(".gz"):
        return gzip.compress(GOOD)
    return pa.compress(GOOD, codec="zstd", asbytes=True) if name.endswith(".zst") else GOOD


@pytest.mark.parametrize("case", UNACCOUNTABLE)
def test_nothing_lands_and_a_good_file_of_that_name_settles_it(desk, case):
    name, content, reason = UNACCOUNTABLE[case]
    path = desk.drop(name, content)
    report = desk.land_one()
    assert (report.status, report.reason, report.landed_count) == ("unaccountable", reason, 0)
    assert (desk.landed_places(), desk.quarantined()) == ([], [])
    (bad,) = desk.entries()
    assert (bad["status"], bad["reason"]) == ("unaccountable", reason)
    os.utime(path, (1, 1))  # looks new, so it is read again
    assert desk.land_one().status == "unaccountable"  # and stays so, under the same entry
    assert desk.entries() == [bad]
    desk.drop(name, good_content(name))
    assert desk.land_one().status == "landed"
    (good,) = desk.entries()
    assert (good["status"], good["replaces"]) == ("landed", [bad["file_sha256"]])


@pytest.mark.parametrize(
    "content", [b"", b"\n \n", b'{"id":"b","at":"2026-01-02T03:04:05Z"}\n'], ids=repr
)
def test_what_a_cut_file_held_does_not_come_with_an_empty_or_another_files_content(
    desk, content
) -> None:
    other = desk.drop("other.jsonl", b'{"id":"b","at":"2026-01-02T03:04:05Z"}\n')
    assert desk.land_one().status == "landed"
    other.unlink()
    path = desk.drop("a.jsonl.gz", PACKED[:-9])
    assert desk.land_one().status == "unaccountable"
    path.write_bytes(gzip.compress(content))
    for _ in range(2):
        assert desk.land_one().status in ("landed", "known")
        assert [e["file_name"] for e in desk.entries() if e["status"] == "unaccountable"] == [
            "data/a.jsonl.gz"
        ]
    path.write_bytes(PACKED)
    assert desk.land_one().status == "landed"
    assert {entry["status"] for entry in desk.entries()} == {"landed"}


def test_a_file_that_was_damaged_in_its_place_and_restored_is_what_it_was(desk) -> None:
    path = desk.drop("a.jsonl.gz", PACKED)
    assert desk.land_one().status == "landed"
    path.write_bytes(PACKED[:-9])
    assert desk.land_one().status == "unaccountable"
    path.write_bytes(PACKED)
    assert desk.land_one().status == "known"
    assert [entry["status"] for entry in desk.entries()] == ["landed"]


def test_a_plain_file_named_gz_does_not_displace_what_landed_from_its_twin(desk):
    desk.drop("a.jsonl", GOOD)
    assert desk.land_one().status == "landed"
    desk.declare(location="data/*.gz")
    desk.drop("a.jsonl.gz", GOOD)
    assert desk.land_one().status == "unaccountable"
    assert sorted(str(entry["status"]) for entry in desk.entries()) == ["landed", "unaccountable"]
    assert desk.landed_places() == [1]


def test_a_bomb_is_refused_before_it_is_unpacked(desk):
    desk.drop("a.jsonl.gz", gzip.compress(b"\n" * (70 << 20), 1))
    assert desk.land_one().reason == "decompression_bomb"


def test_two_members_are_one_file(desk):
    desk.drop("a.jsonl.gz", gzip.compress(GOOD) + gzip.compress(GOOD))
    assert (desk.land_one().status, desk.landed_places()) == ("landed", [1, 2])


def test_a_symlink_is_refused(desk, tmp_path):
    outside = tmp_path / "secret.jsonl"
    outside.write_bytes(GOOD)
    (tmp_path / "data" / "a.jsonl").symlink_to(outside)
    assert (desk.land_one().reason, desk.landed_places()) == ("symlink", [])


def test_a_linked_folder_is_refused(desk, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.jsonl").write_bytes(GOOD)
    (tmp_path / "data" / "linked").symlink_to(tmp_path / "elsewhere")
    desk.declare(location="data/linked/*")
    assert (desk.land_one().reason, desk.landed_places()) == ("symlink", [])


def test_a_link_out_of_the_project_is_refused(desk, tmp_path, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "a.jsonl").write_bytes(GOOD)
    (tmp_path / "data" / "linked").symlink_to(outside)
    desk.declare(location="data/linked/*")
    assert (desk.land_one().reason, desk.landed_places()) == ("outside_project", [])


def test_a_pipe_is_refused_without_waiting(desk, tmp_path):
    os.mkfifo(tmp_path / "data" / "a.jsonl")
    assert (desk.land_one().reason, desk.landed_places()) == ("not_a_regular_file", [])


@pytest.mark.parametrize("name", ["a\nb.jsonl", "a'b\".jsonl", "..x.jsonl", "ü — ?.jsonl", "%s;--"])
def test_odd_file_names_are_only_names(desk, name):
    desk.declare(location="data/*" if not name.startswith(".") else "data/.?x*")
    desk.drop(name, GOOD)
    if name.startswith("."):
        from dagster_project.landing.dropped import find_files

        assert find_files(desk.project.root, desk.source.location) == []
        return
    assert (desk.land_one().status, desk.landed_places()) == ("landed", [1])
    assert desk.entries()[0]["file_name"] == f"data/{name}"


def test_a_name_that_is_not_utf8_is_written_escaped(desk, tmp_path):
    (tmp_path / "data" / os.fsdecode(b"\xff.jsonl")).write_bytes(GOOD)
    desk.land_one()
    assert desk.entries()[0]["file_name"] == "data/\\xff.jsonl"


def parquet(tmp_path, table: pa.Table) -> bytes:
    path = tmp_path / "made.parquet"
    pq.write_table(table, path)
    return path.read_bytes()


def rows(**changes: object) -> pa.Table:
    moments = pa.array([1_767_322_800_000_000] * 3, pa.timestamp("us", tz="UTC"))
    columns = {"id": ["a", "b", "c"], "at": moments, "n": [1, None, 3]} | changes
    return pa.table(columns)


@pytest.fixture
def parquet_desk(desk):
    desk.declare(format="parquet")
    return desk


def test_parquet_lands_and_names_what_is_not_declared(parquet_desk, tmp_path):
    parquet_desk.drop(
        "a.parquet", parquet(tmp_path, rows(extra=[1, 2, 3], j=['{"b":1}', None, "1"]))
    )
    assert (parquet_desk.land_one().unit_count, parquet_desk.landed_places()) == (3, [1, 2, 3])
    assert parquet_desk.entries()[0]["undeclared_keys"] == {"extra": 3}


def test_parquet_gz_is_unpacked_and_the_spool_is_gone(parquet_desk, tmp_path):
    parquet_desk.drop("a.parquet.gz", gzip.compress(parquet(tmp_path, rows())))
    assert parquet_desk.land_one().landed_count == 3
    assert not list(parquet_desk.project.landing.rglob(".*"))


BAD_PARQUET_ROWS = {
    "no_zone": ({"at": pa.array([1] * 3, pa.timestamp("us"))}, "timestamp_without_zone"),
    "year_20000": ({"at": pa.array([569 * 10**15] * 3, pa.timestamp("us", "UTC"))}, "out_of_range"),
    "float_as_bigint": ({"n": [1.0, 2.0, 3.0]}, "wrong_type"),
    "nan": ({"x": [float("nan")] * 3}, "number_not_finite"),
    "json_text_broken": ({"j": ["{"] * 3}, "invalid_json"),
}


@pytest.mark.parametrize("case", BAD_PARQUET_ROWS)
def test_parquet_types_are_checked_row_by_row(parquet_desk, tmp_path, case):
    changes, reason = BAD_PARQUET_ROWS[case]
    parquet_desk.drop("a.parquet", parquet(tmp_path, rows(**changes)))
    parquet_desk.land_one()
    assert parquet_desk.quarantined() == [(1, reason), (2, reason), (3, reason)]


def test_broken_parquet_is_unaccountable(parquet_desk, tmp_path):
    whole = parquet(tmp_path, rows())
    for content, reason in (
        (whole[:-6], "parquet_unreadable"),
        (whole[:-8] + b"\xff\xff\xff\x7fPAR1", "parquet_unreadable"),
        (GOOD, "wrong_extension"),
        (b"", "wrong_extension"),
    ):
        parquet_desk.drop("a.parquet", content)
        report = parquet_desk.land_one()
        assert (report.status, report.reason) == ("unaccountable", reason)
    assert parquet_desk.landed_places() == []
