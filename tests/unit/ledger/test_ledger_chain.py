"""Appending, reading and verifying the chain, and every way of damaging it."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import dagster_project.ledger.verify as verify_module
from dagster_project.ledger.anchor import anchor_line, check_anchor, write_anchor
from dagster_project.ledger.ledger import (
    Entry,
    LedgerError,
    append,
    last_line,
    read,
    verify,
)

START = datetime(2026, 1, 30, 12, tzinfo=UTC)
JANUARY, FEBRUARY = "ledger-2026-01.jsonl", "ledger-2026-02.jsonl"


EARLIER = "2026-01-01T00:00:00.000000Z"


def notes(*texts: str) -> list[Entry]:
    return [Entry("policy", text, {"text": text, "nested": {"hash": "x"}}) for text in texts]


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Eight lines, two a day over a month's end, so four in each of two files."""
    folder = tmp_path / "ledger"
    for day in range(4):
        entries = notes(f"first of day {day}", f"second of day {day}")
        append(folder, entries, actor="ada", time=START + timedelta(days=day))
    return folder


def codes(folder: Path, anchor: Path | None = None) -> set[str]:
    return {problem.code for problem in verify(folder, anchor)}


def resealed(line: dict[str, Any]) -> bytes:
    line["hash"] = verify_module.line_hash(line)
    return verify_module.encode(line) + b"\n"


def test_lines_are_chained_over_months_and_read_back(ledger: Path) -> None:
    lines = list(read(ledger))
    assert [path.name for path in sorted(ledger.glob("*.jsonl"))] == [JANUARY, FEBRUARY]
    assert [line.seq for line in lines] == list(range(1, 9))
    assert [line.prev for line in lines] == ["0" * 64, *(line.hash for line in lines[:-1])]
    assert lines[4].time == "2026-02-01T12:00:00.000000Z"
    assert verify(ledger, None) == []
    raw = json.loads((ledger / FEBRUARY).read_bytes().splitlines()[0])
    assert set(raw) == {
        *("seq", "prev", "time", "kind", "actor", "reason", "supersedes", "body", "hash")
    }
    content = {key: value for key, value in raw.items() if key != "hash"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert raw["hash"] == hashlib.sha256(text.encode()).hexdigest()


Lines = list[bytes]
TAMPERINGS: dict[str, tuple[Callable[[Lines], Lines], str]] = {
    "a word of the text": (lambda x: [x[0].replace(b"first", b"First"), *x[1:]], "hash_mismatch"),
    "a bit of the braces": (lambda x: [b"\x7f" + x[0][1:], *x[1:]], "unreadable"),
    "a blank put in": (lambda x: [x[0].replace(b',"seq"', b', "seq"'), *x[1:]], "not_canonical"),
    "a key twice": (lambda x: [x[0].replace(b"{", b'{"actor":"ada",', 1), *x[1:]], "unreadable"),
    "a line deleted": (lambda x: [x[0], *x[2:]], "seq_gap"),
    "a line inserted": (
        lambda x: [x[0], resealed({**json.loads(x[0]), "seq": 2, "prev": "f" * 64}), *x[1:]],
        "broken_link",
    ),
    "two lines swapped": (lambda x: [x[1], x[0], *x[2:]], "broken_link"),
    "a line twice": (lambda x: [x[0], x[0], *x[1:]], "seq_gap"),
    "a line resealed": (
        lambda x: [resealed({**json.loads(x[0]), "reason": "better"}), *x[1:]],
        "broken_link",
    ),
    "an unknown kind": (
        lambda x: [resealed({**json.loads(x[0]), "kind": "verdikt"}), *x[1:]],
        "wrong_value",
    ),
    "a further key": (lambda x: [resealed({**json.loads(x[0]), "z": 1}), *x[1:]], "wrong_keys"),
    "a float": (
        lambda x: [resealed({**json.loads(x[0]), "body": {"a": 0.5}}), *x[1:]],
        "unreadable",
    ),
    "a torn end": (lambda x: [*x[:-1], x[-1][:-9]], "torn_tail"),
    "time going back": (
        lambda x: [*x[:-1], resealed({**json.loads(x[-1]), "time": EARLIER})],
        "time_back",
    ),
}


@pytest.mark.parametrize("name", TAMPERINGS)
@pytest.mark.parametrize("month", [JANUARY, FEBRUARY])
def test_tampering_is_found(ledger: Path, name: str, month: str) -> None:
    change, code = TAMPERINGS[name]
    lines = (ledger / month).read_bytes().splitlines(keepends=True)
    changed = change(list(lines))
    assert changed != lines
    (ledger / month).write_bytes(b"".join(changed))
    assert code in codes(ledger)
    if code not in ("torn_tail", "time_back"):  # `read` leaves these to `verify`
        with pytest.raises(LedgerError):
            list(read(ledger))


def test_every_flipped_bit_of_a_line_is_found(ledger: Path) -> None:
    path = ledger / JANUARY
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        flipped = bytearray(content)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(flipped)
        assert verify(ledger, None), f"bit {place % 8} of byte {place}"


def test_a_missing_month_breaks_the_link(ledger: Path) -> None:
    (ledger / JANUARY).unlink()
    assert codes(ledger) == {"broken_link", "seq_gap"}


def test_a_line_in_another_month_is_found(ledger: Path) -> None:
    (ledger / JANUARY).rename(ledger / "ledger-2025-12.jsonl")
    assert codes(ledger) == {"wrong_month"}


def anchored(ledger: Path, tmp_path: Path) -> Path:
    anchor = tmp_path / "anchor.jsonl"
    for line in read(ledger):
        if line.seq % 2 == 0:
            write_anchor(anchor, line)
    return anchor


def test_only_the_anchor_sees_a_cut_off_end(ledger: Path, tmp_path: Path) -> None:
    anchor = anchored(ledger, tmp_path)
    assert verify(ledger, anchor) == []
    lines = (ledger / FEBRUARY).read_bytes().splitlines(keepends=True)
    (ledger / FEBRUARY).write_bytes(b"".join(lines[:-1]))
    assert codes(ledger) == set()
    assert codes(ledger, anchor) == {"truncated"}
    with pytest.raises(LedgerError, match="restore"):
        check_anchor(ledger, anchor, last_line(ledger))


def test_only_the_anchor_sees_a_full_rewrite(ledger: Path, tmp_path: Path) -> None:
    anchor = anchored(ledger, tmp_path)
    texts = [line.reason for line in read(ledger)]
    other = tmp_path / "other"
    for number, text in enumerate(texts):
        time = START + timedelta(days=number // 2)
        append(other, notes(text.replace("day", "DAY")), actor="ada", time=time)
    assert codes(other) == set()
    assert codes(other, anchor) == {"rewritten"}
    append(other, notes("longer now"), actor="ada", time=START + timedelta(days=9))
    with pytest.raises(LedgerError, match="written anew"):
        check_anchor(other, anchor, last_line(other))


def test_a_damaged_anchor_is_a_problem(ledger: Path, tmp_path: Path) -> None:
    anchor = anchored(ledger, tmp_path)
    anchor.write_bytes(anchor.read_bytes() + b'{"size": 9')
    assert codes(ledger, anchor) == {"anchor_unreadable"}


NESTED = b"[" * 100_000


@pytest.mark.parametrize(
    ("code", "damage"),
    [
        ("unreadable", lambda folder: (folder / "ledger-2027-01.jsonl").mkdir()),
        ("unreadable", lambda folder: os.mkfifo(folder / "ledger-2027-01.jsonl")),
        ("unreadable", lambda folder: (folder / "ledger-2027-01.jsonl").symlink_to("nowhere")),
        ("unreadable", lambda folder: (folder / "ledger-2027-01.jsonl").write_bytes(NESTED)),
        ("anchor_unreadable", lambda folder: (folder.parent / "anchor").write_bytes(NESTED)),
        ("anchor_unreadable", lambda folder: anchor_twice(folder.parent / "anchor")),
        ("publication_not_in_ledger", lambda folder: pointed(folder.parent / "publish")),
        ("unreadable", lambda folder: forged(folder, reason="\ud800")),
        ("wrong_value", lambda folder: forged(folder, time="2027-02-30T06:00:00.000000Z")),
        ("head_missing", lambda folder: forged(folder, kind="run", body={"digests": "x"})),
    ],
)
def test_what_cannot_be_read_is_a_problem_and_never_an_error(
    ledger: Path, code: str, damage: Callable[[Path], object]
) -> None:
    (ledger.parent / "publish").mkdir()
    (ledger.parent / "publish" / "grants.json").write_text("{}")
    damage(ledger)
    problems = verify(ledger, ledger.parent / "anchor", ledger.parent / "publish")
    assert code in {problem.code for problem in problems}


def test_a_disposal_of_no_number_vouches_for_nothing(ledger: Path) -> None:
    (ledger / JANUARY).unlink()
    forged(ledger, kind="disposal", body={"through_seq": [1], "through_hash": {}})
    assert "seq_gap" in {problem.code for problem in verify(ledger)}


ODD = (None, True, -1, 10**400, "", "x", "\ud800", [], [[1]], {}, {"a": [{}]})


@pytest.mark.parametrize("kind", ["note", "run", "disposal"])
def test_whatever_a_line_holds_is_found_and_never_an_error(ledger: Path, kind: str) -> None:
    """Well chained lines of odd values: in a key, in what a run or a disposal says."""
    (last,) = (ledger / FEBRUARY).read_bytes().splitlines()[-1:]
    line = json.loads(last)
    named = ("digests", "through_seq", "through_hash", "scope", "years", "files")
    bodies = [{name: odd} for name in named for odd in ODD]
    whole = {"through_seq": line["seq"], "through_hash": line["hash"], "scope": "ledger"}
    bodies += [{**whole, "years": odd} for odd in ODD]
    changes = [{key: odd} for key in sorted(verify_module.KEYS) for odd in ODD]
    (ledger / JANUARY).unlink()
    for change in [*changes, *({"body": body} for body in bodies)]:
        (ledger / FEBRUARY).write_bytes(last + b"\n")
        forged(ledger, **{"kind": kind, **change})
        assert verify(ledger), change  # January is gone


@pytest.mark.parametrize("odd", ["x", None, [1]])
def test_a_line_that_supersedes_and_has_no_number_is_a_problem(ledger: Path, odd: object) -> None:
    forged(ledger, seq=odd, supersedes=1)
    assert "wrong_value" in codes(ledger)


def test_a_folder_that_cannot_be_read_is_a_problem(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(self: Path) -> list[Path]:
        raise PermissionError(13, "no", str(self))

    monkeypatch.setattr(Path, "iterdir", refused)
    assert codes(ledger) == {"unreadable"}


def test_letters_no_terminal_knows_are_printed_all_the_same(
    ledger: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    publish = ledger.parent / "publish"
    publish.mkdir()
    (publish / "current.json").write_text('{"manifest_sha256": "\\ud800"}')
    assert verify_module.main([str(ledger), "--publish", str(publish)]) == 1
    assert r"current.json \ud800" in capfd.readouterr().out


def forged(ledger: Path, **changes: object) -> None:
    """One more line that is well chained, whatever it says."""
    path = sorted(ledger.glob("*.jsonl"))[-1]
    last = json.loads(path.read_bytes().splitlines()[-1])
    line = {**last, "seq": last["seq"] + 1, "prev": last["hash"], **changes}
    del line["hash"]
    content = json.dumps(line, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    line["hash"] = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
    text = json.dumps(line, sort_keys=True, separators=(",", ":"))
    path.write_bytes(path.read_bytes() + text.encode() + b"\n")


def anchor_twice(path: Path) -> None:
    path.write_text('{"hash":"' + "0" * 64 + '","size":1,"size":2}\n')


def pointed(publish: Path) -> None:
    (publish / "current.json").write_bytes(NESTED)


@pytest.mark.parametrize("leave_empty_file", [True, False])
def test_an_empty_ledger_beside_an_anchor_is_no_new_start(
    ledger: Path, tmp_path: Path, leave_empty_file: bool
) -> None:
    anchor = anchored(ledger, tmp_path)
    for path in ledger.glob("*.jsonl"):
        path.unlink()
        if leave_empty_file:
            path.touch()
    assert codes(ledger) == set()
    assert codes(ledger, anchor) == {"ledger_missing", "truncated"}
    with pytest.raises(LedgerError, match="restore"):
        append(ledger, notes("new"), actor="ada", time=START, witnesses=[anchor])
    assert append(ledger, notes("new"), actor="ada", time=START)[0].seq == 1


def test_a_publication_that_the_ledger_does_not_name_is_a_problem(
    ledger: Path, tmp_path: Path
) -> None:
    publish = tmp_path / "publish"
    publish.mkdir()
    (publish / "grants.json").write_bytes(b"{}")
    write_head(ledger, publish)
    (publish / "current.json").write_bytes(b"{}")
    found = verify(ledger, None, publish)
    assert {problem.code for problem in found} == {"publication_not_in_ledger"}
    assert [Path(problem.place).name for problem in found] == ["grants.json", "current.json"]
    found = verify(tmp_path / "none", None, publish)
    assert {"ledger_missing", "publication_not_in_ledger"} <= {problem.code for problem in found}


def write_head(ledger: Path, publish: Path) -> None:
    line = last_line(ledger)
    assert line is not None
    (publish / "head.json").write_bytes(anchor_line(line))


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (None, "head_missing"),
        (b"{}", "anchor_unreadable"),
        (b'{"hash":"%s","size":9}' % (b"a" * 64), "truncated"),
        (b'{"hash":"%s","size":8}' % (b"a" * 64), "rewritten"),
    ],
)
def test_the_head_is_held_against_the_chain(
    ledger: Path, tmp_path: Path, head: bytes | None, code: str
) -> None:
    (tmp_path / "grants.json").write_bytes(b"{}")
    (tmp_path / "head.json").write_bytes(head or b"")
    assert code in {problem.code for problem in verify(ledger, None, tmp_path)}
    write_head(ledger, tmp_path)
    found = {problem.code for problem in verify(ledger, None, tmp_path)}
    assert found == {"publication_not_in_ledger"}


@pytest.mark.parametrize("tail", [b'{"actor":"ada","bo', b"\x00" * 40, b'{"actor":"ad\n'])
def test_a_torn_tail_is_kept_and_noted(ledger: Path, tail: bytes) -> None:
    with (ledger / FEBRUARY).open("ab") as stream:
        stream.write(tail)
    now = START + timedelta(days=5)
    [line] = append(ledger, notes("after"), actor="ada", time=now)
    torn = next(iter(ledger.glob("torn-*.bin")))
    assert torn.read_bytes() == tail
    *_, note, last = read(ledger)
    assert last == line
    assert note.kind == "note"
    digest = hashlib.sha256(tail).hexdigest()
    assert note.body == {"file": torn.name, "byte_count": len(tail), "sha256": digest}
    assert verify(ledger, None) == []


def test_a_torn_file_whose_note_a_kill_prevented_is_noted_later(ledger: Path) -> None:
    (ledger / "torn-20260202T120000000000Z.bin").write_bytes(b"{")
    append(ledger, [], actor="ada", time=START + timedelta(days=5))
    append(ledger, [], actor="ada", time=START + timedelta(days=6))
    assert [line.kind for line in read(ledger)][8:] == ["note"]


def test_a_torn_first_line_leaves_an_empty_ledger(tmp_path: Path) -> None:
    (tmp_path / JANUARY).write_bytes(b'{"actor"')
    append(tmp_path, notes("first"), actor="ada", time=START)
    assert [line.kind for line in read(tmp_path)] == ["note", "policy"]
    assert verify(tmp_path, None) == []


def test_a_damaged_last_line_is_not_taken_for_a_torn_one(ledger: Path) -> None:
    path = ledger / FEBRUARY
    path.write_bytes(path.read_bytes().replace(b"second of day 3", b"second of day 7"))
    with pytest.raises(LedgerError, match="hash_mismatch"):
        append(ledger, notes("after"), actor="ada", time=START + timedelta(days=5))
    assert not list(ledger.glob("torn-*"))


def test_the_clock_may_not_go_back(ledger: Path) -> None:
    last = last_line(ledger)
    assert last is not None
    newest = START + timedelta(days=3)
    with pytest.raises(LedgerError, match="clock"):
        append(ledger, notes("early"), actor="ada", time=newest - timedelta(minutes=6))
    [line] = append(ledger, notes("a bit"), actor="ada", time=newest - timedelta(minutes=4))
    assert line.time == last.time
    assert verify(ledger, None) == []


@pytest.mark.parametrize(
    ("entry", "actor"),
    [
        (Entry("opinion", "why", {}), "ada"),
        (Entry("note", "", {}), "ada"),
        (Entry("note", "why", {}), ""),
        (Entry("note", "why", {}, supersedes=10), "ada"),
        (Entry("note", "why", {"rate": 0.5}), "ada"),
        (Entry("note", "\ud800", {}), "ada"),
    ],
)
def test_a_wrong_entry_writes_nothing(ledger: Path, entry: Entry, actor: str) -> None:
    before = (ledger / FEBRUARY).read_bytes()
    with pytest.raises((LedgerError, ValueError)):
        append(ledger, [*notes("good"), entry], actor=actor, time=START + timedelta(days=3))
    assert (ledger / FEBRUARY).read_bytes() == before


def test_verify_runs_alone_with_the_standard_library(ledger: Path, tmp_path: Path) -> None:
    alone = tmp_path / "verify.py"
    alone.write_bytes(Path(str(verify_module.__file__)).read_bytes())

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-S", str(alone), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    anchor = anchored(ledger, tmp_path)
    whole = run(ledger, "--anchor", anchor)
    assert (whole.returncode, whole.stdout) == (0, "whole: 8 lines in 2 month files\n")
    (ledger / FEBRUARY).unlink()
    cut = run(ledger, "--anchor", anchor)
    assert cut.returncode == 1
    assert cut.stdout.startswith("truncated")
    assert run(tmp_path / "absent").returncode == 2
