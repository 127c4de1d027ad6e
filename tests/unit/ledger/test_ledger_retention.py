"""Months whose time is over go; the chain that is left is whole, and says so."""

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from dagster_project.ledger.anchor import Watch
from dagster_project.ledger.canonical import canonical
from dagster_project.ledger.inputs import keep_inputs
from dagster_project.ledger.ledger import Entry, LedgerError, Line, append, read, verify
from dagster_project.ledger.record import record_run
from dagster_project.ledger.retention import (
    dispose_expired,
    expired_months,
    remove_what_was_recorded,
)
from dagster_project.ledger.verify import encode

YEARS = 7
NOW = datetime(2033, 3, 31, 6, tzinfo=UTC)
OLD, KEPT = ["ledger-2025-12.jsonl", "ledger-2026-01.jsonl"], "ledger-2026-02.jsonl"


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A run in each of five months; three judged by the same, the last seven years on."""
    folder = tmp_path / "ledger"
    months = (2025, 12, 1), (2026, 1, 2), (2026, 2, 2), (2026, 3, 2), (2033, 3, 3)
    for year, month, rows in months:
        address = keep_inputs(folder, {"evidence": [{"n": rows}]})
        digests = dict.fromkeys(("inputs", "code", "registry", "publication", "grants"), address)
        record_run(
            folder,
            as_of=date(year, month, 1),
            known_batch="20260101T000000000000Z",
            valid_until=datetime(year, month, 9, tzinfo=UTC),
            digests=digests,
            verdicts=[],
            actor="run:1",
            time=datetime(year, month, 2, tzinfo=UTC),
            watch=watch(tmp_path),
        )
    return folder


def sha256_of(row: dict[str, int]) -> str:
    """Of a part with this row."""
    return hashlib.sha256(canonical(row) + b"\n").hexdigest()


def watch(folder: Path) -> Watch:
    return Watch(folder / "anchor.jsonl", folder / "publish")


def dispose(ledger: Path, now: datetime = NOW) -> Line | None:
    given = {"reason": "old", "actor": "user:ada", "watch": watch(ledger.parent)}
    return dispose_expired(ledger, YEARS, time=now, **given)


@pytest.mark.parametrize(
    ("now", "names"),
    [
        (datetime(2033, 3, 31, tzinfo=UTC), OLD),
        (datetime(2033, 4, 1, tzinfo=UTC), OLD),  # the last run's own month counts, not today
        (datetime(2033, 2, 28, tzinfo=UTC), OLD[:1]),
        (datetime(2033, 1, 31, tzinfo=UTC), []),
    ],
)
def test_a_month_goes_when_all_of_it_is_old_enough(
    ledger: Path, now: datetime, names: list[str]
) -> None:
    assert [path.name for path in expired_months(ledger, YEARS, now)] == names


def problems(ledger: Path) -> set[str]:
    """Codes of what is found beside the anchor, on the day of the disposal."""
    return {each.code for each in verify(ledger, ledger.parent / "anchor.jsonl", now=NOW)}


def test_what_went_is_recorded_and_the_rest_is_whole(ledger: Path) -> None:
    inputs = {path.name for path in (ledger / "inputs").glob("*/")}
    line = dispose(ledger)
    assert line is not None
    assert (line.kind, line.body["through_seq"]) == ("disposal", 2)
    assert [entry["name"] for entry in line.body["files"]] == OLD
    gone = inputs - {path.name for path in (ledger / "inputs").glob("*/")}
    assert [*gone] == line.body["inputs"]
    parts = {path.name.partition(".")[0] for path in (ledger / "inputs" / "parts").iterdir()}
    assert parts == {sha256_of({"n": 2}), sha256_of({"n": 3})}
    assert sorted(path.name for path in ledger.glob("*.jsonl")) == [
        KEPT,
        "ledger-2026-03.jsonl",
        "ledger-2033-03.jsonl",
    ]
    assert [each.seq for each in read(ledger)] == [3, 4, 5, 6]
    assert problems(ledger) == set()
    assert dispose(ledger) is None


def test_a_month_that_goes_without_a_line_is_missed(ledger: Path) -> None:
    dispose(ledger)
    (ledger / KEPT).unlink()
    assert problems(ledger) >= {"broken_link", "seq_gap"}
    with pytest.raises(LedgerError, match="does not follow"):
        list(read(ledger))


def test_a_line_that_names_another_hash_vouches_for_nothing(ledger: Path) -> None:
    for name in OLD:
        (ledger / name).unlink()
    entry = Entry("disposal", "x", {"through_seq": 2, "through_hash": "a" * 64})
    append(ledger, [entry], actor="eve", time=NOW)
    assert "seq_gap" in problems(ledger)


@pytest.mark.parametrize(
    ("body", "first_left", "when"),
    [
        ({}, 3, NOW),  # says neither of what nor how old
        ({"scope": "ledger", "years": 6}, 3, NOW),
        ({"scope": "ledger", "years": 7}, 4, NOW),  # of the month seven years ago
        ({"scope": "ledger", "years": 7}, 5, NOW),
        ({"scope": "ledger", "years": 7}, 5, NOW.replace(year=2041)),  # as if it were time
        ({"scope": "ledger", "years": 10**9}, 3, NOW),
        ({"scope": "erasure", "years": 7}, 3, NOW),
    ],
)
def test_a_line_by_hand_is_no_leave_to_cut_the_past(
    ledger: Path, body: dict[str, object], first_left: int, when: datetime
) -> None:
    gone = [line for line in read(ledger) if line.seq < first_left]
    body = {**body, "through_seq": gone[-1].seq, "through_hash": gone[-1].hash}
    append(ledger, [Entry("disposal", "x", body)], actor="eve", time=when)
    assert problems(ledger) == ({"time_ahead"} if when > NOW else set())
    for line in gone:
        (ledger / f"ledger-{line.time[:7]}.jsonl").unlink()
    assert problems(ledger) == {"time_ahead" if when > NOW else "disposed_too_early"}
    if when <= NOW:
        with pytest.raises(LedgerError, match="does not follow"):
            list(read(ledger))


def test_what_went_is_not_other_than_the_anchor_remembers(ledger: Path) -> None:
    dispose(ledger)
    (ledger.parent / "anchor.jsonl").write_bytes(encode({"hash": "a" * 64, "size": 2}))
    assert "rewritten" in problems(ledger)


@pytest.mark.parametrize("left", [1, 2])
def test_a_disposal_that_a_kill_stopped_is_completed(ledger: Path, left: int) -> None:
    copies = {name: (ledger / name).read_bytes() for name in OLD}
    dispose(ledger)
    for name in OLD[-left:]:
        (ledger / name).write_bytes(copies[name])
    assert problems(ledger) == set()
    assert dispose(ledger) is None
    assert not any((ledger / name).exists() for name in OLD)


def test_nothing_is_disposed_of_from_a_ledger_that_was_tampered_with(ledger: Path) -> None:
    path = ledger / KEPT
    path.write_bytes(path.read_bytes().replace(b"verdicts as of", b"Verdicts as of"))
    with pytest.raises(LedgerError):
        dispose(ledger)
    assert all((ledger / name).exists() for name in OLD)


def test_inputs_that_are_kept_again_stay(ledger: Path) -> None:
    line = dispose(ledger)
    assert line is not None
    again = keep_inputs(ledger, {"evidence": [{"n": 1}]})
    assert [again] == line.body["inputs"]
    dispose(ledger)
    manifest = ledger / "inputs" / again / "manifest.json"
    assert manifest.is_file()


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("../victim.txt", {}),
        (KEPT, {}),  # recorded as it is, and not due
        (OLD[0], {"years": 1}),
        (OLD[0], {"years": None}),
        (OLD[0], {"files": [{"name": OLD[0], "sha256": "0" * 64}]}),
        (OLD[0], {"files": [OLD[0]]}),
        (OLD[0], {"files": None}),
    ],
)
def test_a_line_by_hand_removes_nothing(
    ledger: Path, name: str, changes: dict[str, object]
) -> None:
    (ledger.parent / "victim.txt").write_bytes(b"mine")
    content = (ledger / name).read_bytes()
    file = {"name": name, "sha256": hashlib.sha256(content).hexdigest()}
    body = {"scope": "ledger", "years": YEARS, "files": [file], "inputs": [], **changes}
    append(ledger, [Entry("disposal", "x", body)], actor="eve", time=NOW)
    before = sorted(ledger.parent.rglob("*"))
    remove_what_was_recorded(ledger, list(read(ledger)), NOW)
    assert sorted(ledger.parent.rglob("*")) == before


def test_inputs_go_only_with_the_months_that_named_them(ledger: Path) -> None:
    newest = list(read(ledger))[-1].body["digests"]["inputs"]
    victim = ledger / "victim"
    victim.mkdir()
    content = (ledger / OLD[0]).read_bytes()
    file = {"name": OLD[0], "sha256": hashlib.sha256(content).hexdigest()}
    body = {"scope": "ledger", "years": YEARS, "files": [file]}
    body |= {"inputs": [newest, "../victim", "", 7]}
    append(ledger, [Entry("disposal", "x", body)], actor="eve", time=NOW)
    remove_what_was_recorded(ledger, list(read(ledger)), NOW)
    assert not (ledger / OLD[0]).exists()
    assert (ledger / "inputs" / newest / "manifest.json").is_file()
    assert victim.is_dir()
