"""Landed rows go by whole batches; what stays says so, also after a kill."""

from datetime import timedelta

from landing_world import Desk, lines

from dagster_project.landing.dispose import dispose, due_batches, files_of
from dagster_project.landing.manifest import Books
from dagster_project.landing.reports import KNOWN
from dagster_project.landing.verify import verify

DAYS = 183


def landed(desk: Desk) -> list[str]:
    """Three batches, the second 90 days after the first, the third a minute later."""
    batches = []
    for number, days in enumerate((0, 90, 0)):
        desk.now += timedelta(days=days)
        desk.drop(f"{number}.jsonl", lines(number, number + 10))
        batches.append(desk.land().batch or "")
    return batches


def test_only_batches_that_are_old_enough_are_due(desk: Desk) -> None:
    first, second, third = landed(desk)
    books = Books(desk.project.landing)
    on_the_day = desk.now + timedelta(days=DAYS)
    assert due_batches(books, DAYS, on_the_day) == [first, second, third]
    assert due_batches(books, DAYS, on_the_day - timedelta(seconds=1)) == [first, second]
    assert due_batches(books, DAYS, on_the_day - timedelta(days=90)) == [first]


def test_rows_go_and_entries_stay_and_say_so(desk: Desk) -> None:
    first, second, third = landed(desk)
    books = Books(desk.project.landing)
    (file,) = files_of(books, [first])
    dispose(books, "d1", [first], {first, second})
    found = {e.landing_batch: e for e in Books(desk.project.landing)}
    flags = {batch: (e.is_disposed, e.is_frozen) for batch, e in found.items()}
    assert flags == {first: (True, True), second: (False, True), third: (False, False)}
    assert (found[first].landed_count, found[first].disposals) == (2, ["d1"])
    assert found[first].parquet_sha256 == file.parquet_sha256
    assert not books.parquet_path(file.relation, file.file_sha256).exists()
    assert verify(desk.project) == []
    # the file is still there, and known
    assert [report.status for report in desk.land().files] == [KNOWN] * 3
    assert due_batches(books, 0, desk.now) == [second, third]


def test_rows_that_a_kill_left_are_removed_by_the_next_landing(desk: Desk) -> None:
    first, *_ = landed(desk)
    books = Books(desk.project.landing)
    (file,) = files_of(books, [first])
    path = books.parquet_path(file.relation, file.file_sha256)
    content = path.read_bytes()
    dispose(books, "d1", [first], {first})
    path.write_bytes(content)
    desk.land()
    assert not path.exists()
    assert list(path.parent.glob("*.orphan")) == []


def test_rows_that_go_without_a_disposal_are_missed(desk: Desk) -> None:
    first, *_ = landed(desk)
    books = Books(desk.project.landing)
    (file,) = files_of(books, [first])
    books.parquet_path(file.relation, file.file_sha256).unlink()
    assert "missing" in "".join(verify(desk.project))
