"""Refused units that can be read now land once more, in a batch of their own, and only these."""

import gzip
import json
import re
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from landing_world import NOON, Desk, lines
from retry_world import CUT, HALF, WITHOUT_ZONE, again, books, correct, entry, open_places

from dagster_project.contracts.sources import Column
from dagster_project.landing.columnar import start
from dagster_project.landing.erase import apply, finish, stage
from dagster_project.landing.land import land
from dagster_project.landing.manifest import Books
from dagster_project.landing.refused import refused_groups
from dagster_project.landing.retry import retry
from dagster_project.landing.verify import verify


def test_a_declared_zone_brings_refused_lines_in_and_rewrites_nothing(desk: Desk) -> None:
    content = lines(1) + WITHOUT_ZONE % (2, 2) + b"\n" + CUT + lines(4)
    desk.drop("a.jsonl", content)
    first = desk.land()
    (before,) = desk.entries()
    assert desk.quarantined() == [(2, "timestamp_without_zone"), (4, "invalid_json")]
    desk.declare(timezone="Europe/Berlin")
    (done,) = again(desk)
    assert (done.repaired_count, done.open_count, done.reasons) == (1, 1, {"invalid_json": 1})
    assert done.problem is None
    (repaired,) = [row for row in desk.rows() if row["n"] == 2]
    assert (repaired["_place"], repaired["at"].isoformat()) == (2, "2026-01-02T02:04:05+00:00")
    assert repaired["_landing_batch"] > first.batch
    entries = desk.entries()
    assert before in entries
    (made,) = [e for e in entries if e != before]
    counts = ("unit_count", "landed_count", "quarantined_count", "blank_count", "repaired_count")
    assert [before[name] for name in counts] == [5, 2, 2, 1, 0]
    assert [made[name] for name in counts] == [1, 1, 0, 0, 1]
    assert made["repairs"] == before["file_sha256"]
    assert verify(desk.project) == []


def test_a_second_retry_changes_nothing(desk: Desk) -> None:
    desk.drop("a.jsonl", lines(1) + WITHOUT_ZONE % (2, 2))
    desk.land()
    desk.declare(timezone="UTC")
    again(desk)
    before = (desk.entries(), desk.rows())
    assert again(desk) == []
    assert desk.land().batch is None
    assert (desk.entries(), desk.rows()) == before
    (group,) = refused_groups(books(desk), entry(desk, "a.jsonl"))
    assert group == ("timestamp_without_zone", 1, 1, [2])


def test_what_is_repaired_later_is_a_third_batch(desk: Desk) -> None:
    desk.drop(
        "a.jsonl", WITHOUT_ZONE % (1, 1) + b'{"id":"2","at":"2026-01-02T03:04:05Z","n":1.5}\n'
    )
    desk.land()
    desk.declare(timezone="UTC")
    assert again(desk)[0].open_count == 1
    columns = tuple(Column("n", "double") if c.name == "n" else c for c in desk.source.columns)
    desk.declare(columns=columns)
    (done,) = again(desk)
    assert (done.repaired_count, done.open_count) == (1, 0)
    assert open_places(desk) == []
    batches = {row["_landing_batch"] for row in desk.rows()}
    assert len(batches) == 2
    assert len(desk.entries()) == 3


@pytest.mark.parametrize("places", [(1,), (70,), (1, 64, 150)])
def test_lines_read_by_columns_and_one_by_one_are_repaired_alike(
    desk: Desk, places: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "WORTH_LINES", 0)
    numbered = range(1, 151)
    row = '{"id":"%d","at":"2026-01-02T03:04:05%s","n":%d}\n'
    desk.drop(
        "a.jsonl", "".join(row % (n, "" if n in places else "Z", n) for n in numbered).encode()
    )
    desk.land()
    desk.declare(timezone="UTC")
    again(desk)
    assert desk.landed_places() == list(numbered)
    assert sorted(row["n"] for row in desk.rows()) == list(numbered)


def test_without_the_original_nothing_is_repaired(desk: Desk) -> None:
    path = desk.drop("a.jsonl", WITHOUT_ZONE % (1, 1))
    desk.land()
    path.rename(desk.project.root / "elsewhere.jsonl")
    desk.drop("a.jsonl", lines(9))
    desk.declare(timezone="UTC")
    (done,) = again(desk)
    assert (done.repaired_count, done.open_count) == (0, 1)
    assert "not in data/* any more" in str(done.problem)
    (desk.project.root / "elsewhere.jsonl").rename(path.with_name("b.jsonl"))
    assert again(desk)[0].repaired_count == 1


def test_other_units_of_the_same_bytes_are_no_repair(desk: Desk) -> None:
    good = {"id": "1", "at": "2026-01-02T03:04:05Z", "n": 1}
    document = {"old": [good, {**good, "n": "x"}], "new": [good, {**good, "id": "9"}]}
    desk.declare(format="json", record_path="old")
    desk.drop("a.json", json.dumps(document).encode())
    desk.land()
    desk.declare(record_path="new")
    (done,) = again(desk)
    assert "other units" in str(done.problem)
    assert (len(desk.rows()), done.open_count) == (1, 1)


def test_a_kill_before_the_entry_leaves_the_units_open(desk: Desk, monkeypatch) -> None:
    desk.drop("a.jsonl", lines(1) + WITHOUT_ZONE % (2, 2))
    desk.land()
    desk.declare(timezone="UTC")
    with monkeypatch.context() as patch:
        patch.setattr(Books, "add", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            again(desk)
    assert open_places(desk) == [2]
    assert again(desk)[0].repaired_count == 1
    assert sorted(row["n"] for row in desk.rows()) == [1, 2]
    assert verify(desk.project) == []


def test_retries_beside_landing_double_nothing(desk: Desk) -> None:
    for number in range(6):
        desk.drop(f"{number}.jsonl", lines(number) + WITHOUT_ZONE % (10 + number, 10 + number))
    desk.land()
    desk.declare(timezone="UTC")
    for number in range(6, 9):
        desk.drop(f"{number}.jsonl", lines(number))
    arguments = (desk.project, [desk.source])
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(work, *arguments, now=NOON) for work in (retry, land, retry, land)]
        found = [call.result() for call in calls]
    assert sorted(len(done) for done in found[::2]) == [0, 6]
    assert sorted(row["n"] for row in desk.rows()) == [*range(9), *range(10, 16)]
    assert open_places(desk) == []


def test_verify_sees_a_changed_list_of_repaired_units(desk: Desk) -> None:
    desk.drop("a.jsonl", WITHOUT_ZONE % (1, 1))
    desk.land()
    desk.declare(timezone="UTC")
    again(desk)
    (listed,) = (desk.project.landing / "_repaired").glob("*.parquet")
    listed.write_bytes(b"")
    (problem,) = verify(desk.project)
    assert listed.name in problem


def test_keys_that_nobody_declared_are_counted_in_a_retry_too(desk: Desk) -> None:
    desk.drop("a.jsonl", b'{"id":"1","at":"2026-01-02T03:04:05","n":1,"more":2}\n')
    desk.land()
    desk.declare(timezone="UTC")
    again(desk)
    (made,) = [e for e in desk.entries() if e["repairs"]]
    assert made["undeclared_keys"] == {"more": 1}


def test_persons_of_repaired_lines_land_as_pseudonyms(desk: Desk) -> None:
    columns = (*desk.source.columns, Column("subject_id", "varchar", pseudonym=True))
    desk.declare(columns=columns)
    row = b'{"id":"%d","at":"2026-01-02T03:04:05%s","subject_id":"ann"}\n'
    desk.drop("a.jsonl", row % (1, b"Z") + row % (2, b""))
    desk.land()
    desk.declare(timezone="UTC")
    again(desk)
    (first, second) = desk.rows()
    assert first["subject_id"] == second["subject_id"]
    assert first["subject_id"].startswith("psn_")
    assert len({e["pseudonym_key"] for e in desk.entries()}) == 1


def test_an_erasure_reaches_rows_that_a_retry_landed(desk: Desk) -> None:
    desk.declare(columns=(*desk.source.columns, Column("subject_id", "varchar", pseudonym=True)))
    row = b'{"id":"%d","at":"2026-01-02T03:04:05%s","subject_id":"ann"}\n'
    desk.drop("a.jsonl", row % (1, b"Z") + row % (2, b""))
    desk.land()
    desk.declare(timezone="UTC")
    again(desk)
    found = books(desk)
    erasure = stage(found, [desk.source], subject=desk.rows()[0]["subject_id"])
    assert erasure is not None
    assert erasure.row_count == 2
    apply(found, erasure)
    finish(desk.project.landing)
    assert {row["id"][:7] for row in desk.rows()} == {"erased_"}
    assert verify(desk.project) == []
    assert open_places(desk) == []


def test_a_damaged_list_of_an_earlier_retry_stops_the_next(desk: Desk) -> None:
    desk.drop("a.jsonl", WITHOUT_ZONE % (1, 1) + HALF)
    desk.land()
    desk.declare(timezone="UTC")
    again(desk)
    (listed,) = (desk.project.landing / "_repaired").glob("*.parquet")
    listed.unlink()
    (done,) = again(desk)
    assert "is missing" in str(done.problem)
    assert len(desk.rows()) == 1


def test_rows_of_a_table_that_is_gone_stay_refused(desk: Desk) -> None:
    desk.drop("a.jsonl", WITHOUT_ZONE % (1, 1))
    desk.land()
    (done,) = retry(desk.project, [], now=desk.now)
    assert (done.open_count, "declared any more" in str(done.problem)) == (1, True)


OTHERS = {
    "csv": b"id,at,n\n1,2026-01-02T03:04:05,1\n2,2026-01-02T03:04:05Z,2\n",
    "json": b'[{"id":"1","at":"2026-01-02T03:04:05"},{"id":"2","at":"2026-01-02T03:04:05Z"}]',
}


@pytest.mark.parametrize("style", OTHERS)
def test_other_formats_are_read_again(desk: Desk, style: str) -> None:
    desk.declare(format=style)
    desk.drop(f"a.{style}.gz", gzip.compress(OTHERS[style]))
    desk.land()
    desk.declare(timezone="UTC")
    assert again(desk)[0].open_count == 0
    assert sorted(row["id"] for row in desk.rows()) == ["1", "2"]


@pytest.mark.parametrize("style", OTHERS)
def test_other_formats_are_corrected_by_a_copy(desk: Desk, style: str) -> None:
    desk.declare(format=style)
    desk.drop(f"old.{style}", OTHERS[style])
    desk.land()
    desk.drop(f"new.{style}", re.sub(rb"(04:05)([^Z])", rb"\1Z\2", OTHERS[style]))
    desk.drop(f"worse.{style}", re.sub(rb'"?2"?,', b"7,", OTHERS[style]))
    desk.land()
    assert correct(desk, f"old.{style}", f"worse.{style}").problem
    done = correct(desk, f"old.{style}", f"new.{style}")
    assert (done.repaired_count, done.open_count, done.problem) == (1, 0, None)


def test_rows_of_parquet_are_read_again(desk: Desk) -> None:
    desk.declare(format="parquet")
    moments = ["2026-01-02T03:04:05", "2026-01-02T03:04:05Z"]
    table = pa.table({"id": ["1", "2"], "at": moments, "later": ["x", "y"]})
    pq.write_table(table, desk.drop("a.parquet", b""))
    desk.land()
    # a further column is read by now, so the row has another hash
    table_columns = (*desk.source.columns, Column("later", "varchar"))
    desk.declare(timezone="UTC", columns=table_columns)
    assert again(desk)[0].open_count == 0
    assert sorted(row["id"] for row in desk.rows()) == ["1", "2"]


def test_an_unaccountable_file_of_the_same_name_stays_one(desk: Desk) -> None:
    content = WITHOUT_ZONE % (1, 1)
    desk.drop("a.jsonl", content)
    desk.land()
    desk.drop("a.jsonl", b"\xff\xfe{\0}\0")
    desk.drop("b.jsonl", content)
    assert "unaccountable" in desk.statuses().values()
    desk.declare(timezone="UTC")
    assert again(desk)[0].repaired_count == 1
    assert "unaccountable" in [e["status"] for e in desk.entries()]
