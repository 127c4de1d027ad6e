"""A content lands once: replayed, renamed, recompressed, raced, or killed half way."""

import gzip
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pyarrow as pa
import pytest
from landing_world import NOON, lines

from dagster_project import files
from dagster_project.landing.dropped import files_beside
from dagster_project.landing.land import land
from dagster_project.landing.manifest import ManifestError
from dagster_project.landing.verify import verify


def test_replay_rename_and_recompression_land_nothing_twice(desk):
    first = desk.drop("a.jsonl", lines(1, 2))
    assert desk.statuses() == {"a.jsonl": "landed"}
    before = desk.entries()
    assert desk.land().batch is None
    first.rename(first.with_name("b.jsonl"))
    desk.drop("c.jsonl.gz", gzip.compress(lines(1, 2)))
    desk.drop("d.jsonl.zst", pa.compress(lines(1, 2), codec="zstd", asbytes=True))
    os.utime(desk.drop("e.jsonl", lines(1, 2)))
    assert set(desk.statuses().values()) == {"known"}
    assert desk.entries() == before
    assert len(desk.rows()) == 2


def test_nothing_depends_on_the_cache_of_seen_files(desk):
    desk.drop("a.jsonl", lines(1, 2))
    desk.land()
    cache = desk.project.landing / "_seen.json"
    for content in (b"", b"[]", b'{"desk__events:data/a.jsonl": [1]}', b"\xff"):
        cache.write_bytes(content)
        assert desk.statuses() == {"a.jsonl": "known"}
    assert len(desk.rows()) == 2


def test_a_file_that_grew_lands_again_as_a_whole(desk):
    desk.drop("a.jsonl", lines(1, 2))
    first = desk.land()
    desk.drop("a.jsonl", lines(1, 2, 3))
    second = desk.land()
    assert (second.totals["landed_count"], len(desk.rows())) == (3, 5)
    assert second.batch > first.batch


def test_landed_rows_stay_when_the_file_is_taken_away(desk):
    desk.drop("a.jsonl", lines(1, 2)).unlink()
    desk.drop("a.jsonl", lines(1, 2))
    desk.land()
    (desk.project.root / "data" / "a.jsonl").unlink()
    assert desk.land().files == ()
    assert len(desk.rows()) == 2


def test_the_same_content_lands_for_two_sources(desk):
    desk.drop("a.jsonl", lines(1))
    other = replace(desk.source, table="others")
    report = land(desk.project, [other, desk.source], now=NOON)
    assert [(f.table, f.status) for f in report.files] == [
        ("events", "landed"),
        ("others", "landed"),
    ]
    assert {row["_landing_batch"] for row in desk.rows()} == {report.batch}


def test_batches_increase_when_the_clock_goes_back(desk):
    desk.drop("a.jsonl", lines(1))
    assert desk.land().batch == "20260301T120100000000Z"
    desk.now = NOON - timedelta(days=30)
    desk.drop("b.jsonl", lines(2))
    assert desk.land().batch == "20260301T120100000001Z"


def test_a_time_without_zone_is_no_now(desk):
    with pytest.raises(ValueError, match="zone"):
        land(desk.project, [desk.source], now=NOON.replace(tzinfo=None))


def test_a_file_is_taken_when_it_stood_still(desk):
    desk.project = replace(desk.project, settle_seconds=60)
    path = desk.drop("a.jsonl", lines(1))
    for age, status in ((0, "waiting"), (59, "waiting"), (61, "landed")):
        moment = (desk.now + timedelta(minutes=1)).timestamp() - age
        os.utime(path, (moment, moment))
        assert desk.statuses() == {"a.jsonl": status}


def test_hidden_and_unfinished_files_are_no_files_and_those_beside_the_glob_are_named(desk):
    desk.source = replace(desk.source, location="data/**/*.jsonl*")
    for folder in ("in", ".staging", "in/.part"):
        (desk.project.root / "data" / folder).mkdir()
    for number, name in enumerate(
        ["in/a.jsonl", ".staging/b.jsonl", "in/.part/c.jsonl", ".d.jsonl", "e.jsonl.tmp"]
    ):
        desk.drop(name, lines(number))
    assert [report.file for report in desk.land().files] == ["data/in/a.jsonl"]
    desk.drop("in/a.JSON.1", b"")
    desk.drop("SOURCE.md", b"")
    beside = files_beside(desk.project.root, [desk.source])
    assert [path.name for path in beside] == ["e.jsonl.tmp", "a.JSON.1"]
    desk.source = replace(desk.source, location="data/.staging/*")
    assert [report.file for report in desk.land().files] == ["data/.staging/b.jsonl"]


def test_a_file_written_to_while_it_is_read_waits(desk, monkeypatch):
    from dagster_project.landing import envelope

    path = desk.drop("a.jsonl", lines(1))
    plain = envelope._plain

    def growing(raw, size):
        yield from plain(raw, size)
        path.write_bytes(lines(1, 2))

    monkeypatch.setattr(envelope, "_plain", growing)
    assert desk.statuses() == {"a.jsonl": "waiting"}
    monkeypatch.undo()
    assert desk.statuses() == {"a.jsonl": "landed"}
    assert len(desk.rows()) == 2


def test_a_file_changed_between_survey_and_decoding_waits(desk, monkeypatch):
    from dagster_project.landing import land as calls

    path = desk.drop("a.jsonl", lines(1, 2))
    survey_file = calls.survey_file

    def survey_then_change(*arguments):
        survey = survey_file(*arguments)
        path.write_bytes(lines(3, 4))  # as many units, so only the looks tell
        return survey

    monkeypatch.setattr(calls, "survey_file", survey_then_change)
    assert desk.statuses() == {"a.jsonl": "waiting"}
    assert (desk.rows(), desk.entries()) == ([], [])


def test_two_calls_at_once_land_it_once(desk):
    for number in range(8):
        desk.drop(f"{number}.jsonl", lines(*range(number + 1)))
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(land, desk.project, [desk.source], now=NOON) for _ in range(2)]
        reports = [call.result() for call in calls]
    assert sorted(r.totals["landed_files"] for r in reports) == [0, 8]
    assert sorted(r.totals["known_files"] for r in reports) == [0, 8]
    assert len(desk.rows()) == sum(range(1, 9))


class Killed(BaseException):
    """Stands for the process that is no more."""


def test_a_kill_at_any_rename_leaves_all_or_nothing(desk, monkeypatch):
    desk.drop("a.jsonl", lines(1, 2) + b"bad\n")
    rename = os.replace
    for survived in range(4):  # rows, quarantine, manifest entry, cache
        calls = iter(range(9))

        def replace_or_die(source, target, calls=calls, survived=survived):
            if next(calls) == survived:
                raise Killed
            rename(source, target)

        monkeypatch.setattr(files.os, "replace", replace_or_die)
        with pytest.raises(Killed):
            desk.land()
        monkeypatch.undo()
        monkeypatch.delenv("PENSTOCK_HOME", raising=False)
        assert len(desk.rows()) == (2 if survived == 3 else 0)
    assert desk.statuses() == {"a.jsonl": "known"}
    assert verify(desk.project) == []
    (entry,) = desk.entries()
    assert (entry["landed_count"], entry["quarantined_count"]) == (2, 1)


def test_leftovers_of_a_killed_call_are_cleared_and_rows_nobody_vouches_for_set_aside(desk):
    desk.drop("a.jsonl", lines(1))
    desk.land()
    folder = desk.project.landing / "desk__events"
    (folder / ".x.parquet.123.tmp").write_bytes(b"half")
    (folder / "feed.parquet").write_bytes(b"whole, but without an entry")
    desk.land()
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted([f"{desk.entries()[0]['file_sha256']}.parquet", "feed.orphan"])


def test_a_broken_entry_stops_landing(desk):
    desk.drop("a.jsonl", lines(1))
    desk.land()
    (entry,) = (desk.project.landing / "_files").glob("*.json")
    entry.write_text("{}")
    with pytest.raises(ManifestError, match=entry.name):
        desk.land()


def test_verify_sees_a_flipped_bit_and_a_missing_file(desk):
    desk.drop("a.jsonl", lines(1))
    desk.drop("b.jsonl", lines(2) + b"bad\n")
    desk.land()
    assert verify(desk.project) == []
    (quarantine,) = (desk.project.landing / "_quarantine").glob("*.parquet")
    first, second = (desk.project.landing / "desk__events").glob("*.parquet")
    content = bytearray(first.read_bytes())
    content[len(content) // 2] ^= 1
    first.write_bytes(content)
    second.unlink()
    quarantine.write_bytes(b"")
    problems = verify(desk.project)
    assert len(problems) == 3
    assert any("missing" in text and second.name in text for text in problems)
    assert any("not as it was" in text and first.name in text for text in problems)
    assert any("_quarantine" in text for text in problems)


def test_an_unchanged_bad_file_is_tried_again_under_a_new_declaration(desk):
    desk.drop("a.csv", b"a,b\n1,2\n")
    desk.source = replace(desk.source, format="csv")
    assert desk.statuses() == {"a.csv": "unaccountable"}
    desk.source = replace(desk.source, key="a", timestamp=None, undated=True)
    desk.source = replace(desk.source, columns=(replace(desk.source.columns[0], name="a"),))
    assert desk.statuses() == {"a.csv": "landed"}
    assert [entry["status"] for entry in desk.entries()] == ["landed"]


def test_on_file_is_called_for_every_file_and_the_report_adds_up(desk):
    desk.drop("a.jsonl", lines(1, 2) + b"\nbad\n")
    desk.drop("b.jsonl.gz", b"no gzip")
    seen = []
    report = desk.land(seen.append)
    assert tuple(seen) == report.files
    assert report.totals == {
        "landed_files": 1,
        "known_files": 0,
        "waiting_files": 0,
        "unaccountable_files": 1,
        "unit_count": 4,
        "landed_count": 2,
        "quarantined_count": 1,
        "blank_count": 1,
    }
    assert report.files[0].quarantine_reasons == {"invalid_json": 1}
