"""A line that was half written when its file was taken stops counting once it is whole."""

import gzip

import pytest
from landing_world import Desk, lines
from retry_world import WITHOUT_ZONE, books, open_places

from dagster_project.landing import land as landing
from dagster_project.landing.refused import refused_units, with_refused
from dagster_project.landing.verify import verify

WHOLE = lines(1, 2, 3, 4)
HALVES = range(len(lines(1, 2)) + 1, len(lines(1, 2, 3)) - 1)


def ids(desk: Desk) -> list[str]:
    return [row["id"] for row in desk.rows()]


def grow(desk: Desk, *contents: bytes, name: str = "log.jsonl") -> list[int]:
    """The content at each landing, one after another; the places that are open at the end."""
    for content in contents:
        desk.drop(name, content)
        desk.land()
    return open_places(desk)


@pytest.mark.parametrize("cut", [HALVES[0], HALVES[len(HALVES) // 2], HALVES[-1]])
def test_a_half_line_counts_no_more_once_it_is_whole(desk: Desk, cut: int) -> None:
    assert grow(desk, WHOLE[:cut]) == [3]
    assert grow(desk, WHOLE) == []
    assert sorted(ids(desk)) == ["1", "1", "2", "2", "3", "4"]  # repeated ones are duplicates
    (old,) = with_refused(books(desk))
    (unit,) = refused_units(books(desk), old)
    (new,) = [e for e in books(desk) if e.unit_count == 4]
    assert (unit.landed_in_sha256, unit.repaired_batch) == (new.file_sha256, new.landing_batch)
    assert verify(desk.project) == []
    before = desk.entries()
    assert grow(desk, WHOLE) == []
    assert desk.entries() == before


def test_every_half_of_a_log_that_grows_slowly(desk: Desk) -> None:
    assert grow(desk, *(WHOLE[:cut] for cut in HALVES[:5]), WHOLE) == []


def test_packed_and_csv_logs(desk: Desk) -> None:
    contents = (gzip.compress(text) for text in (WHOLE[: HALVES[3]], WHOLE))
    assert grow(desk, *contents, name="log.jsonl.gz") == []
    desk.declare(format="csv", table="figures")
    rows = b"id,at,n\n1,2026-01-02T03:04:05Z,1\n2,2026-01-0"
    assert grow(desk, rows, rows + b"2T03:04:05Z,2\n") == []
    assert len(with_refused(books(desk))) == 2


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (lines(1, 2) + b'{"id"\n', lines(1, 2) + b'{"id"\n' + lines(4)),
        (lines(1, 2) + b'{"id"', lines(1, 2) + b'{"id"\n' + lines(4)),
        (lines(1, 2) + b'{"id"', lines(1, 3) + lines(3)),
        (lines(1, 2) + b'{"id"', lines(2) + lines(1) + lines(3, 4)),
        (lines(1, 2) + b'{"id"', lines(1, 2)),
        (WITHOUT_ZONE % (2, 2) + lines(3)[:-9], WITHOUT_ZONE % (2, 2) + lines(3)[:-9] + b"\n"),
        (WITHOUT_ZONE % (2, 2) + lines(3)[:-1], WITHOUT_ZONE % (2, 2) + lines(3)[:-1] + b" \n"),
    ],
    ids=[
        "ended",
        "ended later",
        "another line",
        "other lines",
        "cut off",
        "never finished",
        "was whole",
    ],
)
def test_what_is_no_half_of_a_whole_line_stays(desk: Desk, first: bytes, then: bytes) -> None:
    before = grow(desk, first)
    assert before
    assert grow(desk, then)[: len(before)] == before
    assert not [e for e in books(desk) if e.repairs]


def test_only_the_half_of_several_bad_lines(desk: Desk) -> None:
    bad = WITHOUT_ZONE % (2, 2)
    assert grow(desk, bad + WHOLE[: HALVES[0]], bad + WHOLE) == [1, 1]


def test_a_half_that_goes_on_as_nonsense_counts_as_that(desk: Desk) -> None:
    assert grow(desk, WHOLE[: HALVES[9]], WHOLE[: HALVES[9]] + b"#\n") == [3]
    (repaired,) = [e for e in books(desk) if e.repairs]
    assert repaired.repaired_count == 1


def test_another_file_with_the_same_beginning_repairs_nothing(desk: Desk) -> None:
    grow(desk, WHOLE[: HALVES[0]])
    assert grow(desk, WHOLE, name="copy.jsonl") == [3]


def test_a_kill_between_the_two_entries_is_mended(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(desk, WHOLE[: HALVES[0]])
    desk.drop("log.jsonl", WHOLE)

    def killed(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(landing, "repair_completed", killed)
        with pytest.raises(KeyboardInterrupt):
            desk.land()
    assert open_places(desk) == [3]
    desk.land()
    assert open_places(desk) == []
