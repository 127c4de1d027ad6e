"""A corrected copy takes lines out of the count, and only those that it really repairs."""

import re

import pytest
from landing_world import Desk, lines
from retry_world import CUT, books, correct, entry, open_places

from dagster_project.landing.refused import refused_units
from dagster_project.landing.verify import verify

AGAIN = b'{"id":"4","at":"2026-01-02T03:04:05Z","n":%d}\n'
BAD = lines(1, 2) + CUT + lines(4) + b"nothing\n" + lines(6)


def dropped(desk: Desk, new: bytes, old: bytes = BAD) -> Desk:
    """Both files landed, the copy as it would land on another day."""
    desk.drop("old.jsonl", old)
    desk.land()
    desk.drop("new.jsonl", new)
    desk.land()
    return desk


def test_a_corrected_copy_takes_its_lines_out_of_the_count(desk: Desk) -> None:
    dropped(desk, lines(1, 2, 3, 4, 5, 6))
    landed = desk.rows()
    done = correct(desk, "old.jsonl", "new.jsonl")
    assert (done.repaired_count, done.open_count, done.problem) == (2, 0, None)
    assert desk.rows() == landed  # its rows are the copy's
    found = books(desk)
    units = list(refused_units(found, entry(desk, "old.jsonl")))
    assert {u.landed_in_sha256 for u in units} == {entry(desk, "new.jsonl").file_sha256}
    before = desk.entries()
    assert correct(desk, "old.jsonl", "new.jsonl").repaired_count == 0
    assert desk.entries() == before
    assert verify(desk.project) == []


def test_what_the_copy_does_not_repair_stays_open(desk: Desk) -> None:
    dropped(desk, lines(1, 2, 3, 4) + b"   \n" + lines(6))
    done = correct(desk, "old.jsonl", "new.jsonl")
    assert (done.repaired_count, done.open_count, done.reasons) == (1, 1, {"blank": 1})
    desk.drop("newer.jsonl", lines(1, 2, 3, 4, 5, 6))
    desk.land()
    done = correct(desk, "old.jsonl", "newer.jsonl")
    assert (done.repaired_count, done.open_count) == (1, 0)


def test_one_copy_after_another_repairs_also_what_the_first_left(desk: Desk) -> None:
    dropped(desk, lines(1, 2, 3, 4) + b"nothing\n" + lines(6))
    desk.drop("newer.jsonl", lines(1, 2, 3, 4, 5, 6))
    desk.land()
    # line 3 landed with both copies, and that is no reason to refuse it
    assert correct(desk, "old.jsonl", "newer.jsonl").open_count == 0
    assert correct(desk, "new.jsonl", "newer.jsonl").open_count == 0
    assert open_places(desk) == []


@pytest.mark.parametrize(
    ("new", "problem"),
    [
        (lines(1, 2, 3, 4, 5), "5 units, data/old.jsonl 6"),
        (lines(1, 2, 4, 6), "unit 4 of data/new.jsonl differs"),
        (lines(1, 2, 3, 4, 5, 6, 7), "7 units"),
        (lines(1, 3, 2, 4, 5, 6), "unit 2 of data/new.jsonl differs"),
        (lines(1, 2, 3, 4, 5, 7), "unit 6 of data/new.jsonl differs"),
        (lines(1, 2, 4, 4, 5, 6), "unit 3 of data/new.jsonl repeats unit 4"),
        (lines(1, 2, 3, 4, 3, 6), "unit 3 of data/new.jsonl repeats unit 5"),
        (lines(1, 2, 57, 4, 5, 6), "unit 3 of data/new.jsonl repeats unit 1 of data/other.jsonl"),
        (lines(1, 2, 48, 4, 5, 6), "unit 3 of data/new.jsonl repeats unit 3 of data/alike.jsonl"),
        (lines(1, 2) + AGAIN % 7 + lines(4, 5, 6), "unit 3 of data/new.jsonl repeats unit 4"),
        (lines(1, 2) + CUT + lines(4) + AGAIN % 9 + lines(6), "unit 5 .* repeats unit 4"),
    ],
    ids=[
        "shortened",
        "deleted",
        "longer",
        "swapped",
        "another good line",
        "copied over the bad line",
        "one record twice",
        "a record of another file",
        "a record of the same place of another file",
        "another version of a good line",
        "another version of a good line, in one place of two",
    ],
)
def test_a_copy_that_is_no_repair_is_refused_as_a_whole(
    desk: Desk, new: bytes, problem: str
) -> None:
    desk.drop("other.jsonl", lines(57))
    desk.drop("alike.jsonl", lines(41, 42, 48, 44, 45, 46))
    dropped(desk, new)
    before = desk.entries()
    with_problem = correct(desk, "old.jsonl", "new.jsonl")
    assert (with_problem.repaired_count, with_problem.open_count) == (0, 2)
    assert re.search(problem, str(with_problem.problem)), with_problem.problem
    assert desk.entries() == before


def test_a_csv_under_another_header_is_no_copy(desk: Desk) -> None:
    desk.declare(format="csv")
    dropped(
        desk,
        b"id,at,m\n1,2026-01-02T03:04:05Z,1\n3,2026-01-02T03:04:05Z,2\n",
        b"id,at,n\n1,2026-01-02T03:04:05Z,1\n2,2026-01-02T03:04:05Z,x\n",
    )
    assert "another header" in str(correct(desk, "old.jsonl", "new.jsonl").problem)
    desk.drop("right.jsonl", b"id,at,n\n1,2026-01-02T03:04:05Z,1\n2,2026-01-02T03:04:05Z,2\n")
    desk.land()
    assert correct(desk, "old.jsonl", "right.jsonl").repaired_count == 1
