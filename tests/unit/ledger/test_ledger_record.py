"""The record of a run: what changed, the run line last, the cache, the anchor, the inputs."""

import gzip
import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dagster_project.ledger.anchor import Watch
from dagster_project.ledger.canonical import CanonicalError
from dagster_project.ledger.inputs import read_table
from dagster_project.ledger.ledger import STATE_NAME, Entry, LedgerError, append, read, verify
from dagster_project.ledger.record import (
    RunRecord,
    keep_inputs,
    last_run,
    latest_verdicts,
    read_inputs,
    record_run,
    runs,
)

DAY = datetime(2026, 3, 30, 6, tzinfo=UTC)
DIGESTS = dict.fromkeys(("inputs", "code", "registry", "publication", "grants"), "0" * 64)
CRITERION = {
    "id": "accuracy",
    "estimate": Decimal("0.01"),
    "bound": Decimal("0.019"),
    "n": 900,
    "threshold": Decimal("0.02"),
    "verdict": "pass",
}


def verdict(name: str, gate: str = "data_fit", **changes: object) -> dict[str, Any]:
    row = {
        "decision_class": name,
        "segment": "all",
        "gate": gate,
        "verdict": "pass",
        "is_blocked": False,
        "level": "surface",
        "cohort_id": "c1",
        "criteria": [CRITERION],
    }
    return row | changes


def record(folder: Path, verdicts: list[dict[str, Any]], day: int = 0, **changes: Any) -> RunRecord:
    given: dict[str, Any] = {
        "as_of": date(2026, 3, 29),
        "known_batch": "20260330T050000000000Z",
        "valid_until": DAY + timedelta(days=day + 2),
        "digests": DIGESTS,
        "actor": "penstock",
        "time": DAY + timedelta(days=day),
        "watch": Watch(folder.parent / "anchor.jsonl"),
    }
    return record_run(folder, verdicts=verdicts, **(given | changes))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


def kinds(folder: Path) -> list[str]:
    return [line.kind for line in read(folder)]


def test_the_first_run_writes_every_verdict_then_the_run_line(folder: Path) -> None:
    done = record(folder, [verdict("b"), verdict("a", verdict="fail")])
    *verdicts, run = read(folder)
    assert kinds(folder) == ["verdict", "verdict", "run"]
    assert (done.run_seq, done.run_hash) == (run.seq, run.hash)
    assert done.changed == [
        ("a", "all", "data_fit", None, "fail"),
        ("b", "all", "data_fit", None, "pass"),
    ]
    assert run.body["digests"] == DIGESTS
    assert run.body["counts"] == {"fail": 1, "pass": 1}
    assert run.body["verdict_lines"] == 2
    assert run.body["valid_until"] == "2026-04-01T06:00:00.000000Z"
    criterion = CRITERION | {"estimate": "0.01", "bound": "0.019", "threshold": "0.02"}
    assert verdicts[0].body["criteria"] == [criterion]
    assert verdicts[0].body["as_of"] == "2026-03-29"
    assert verify(folder, folder.parent / "anchor.jsonl") == []


def test_the_anchor_gets_a_line_per_run(folder: Path) -> None:
    for day in range(3):
        last = record(folder, [verdict("a")], day)
    lines = (folder.parent / "anchor.jsonl").read_text().splitlines()
    assert len(lines) == 3
    assert json.loads(lines[-1]) == {"size": last.run_seq, "hash": last.run_hash}


@pytest.mark.parametrize(
    ("changes", "pair"),
    [
        ({}, None),
        ({"criteria": [CRITERION | {"n": 901}]}, None),
        ({"verdict": "stale"}, ("pass", "stale")),
        ({"is_blocked": True}, ("pass", "pass")),
        ({"level": "delegate"}, ("pass", "pass")),
        ({"cohort_id": "c2"}, ("pass", "pass")),
    ],
)
@pytest.mark.parametrize("cache", ["kept", "lost", "forged"])
def test_only_what_changed_is_written(
    folder: Path, changes: dict[str, Any], pair: tuple[str, str] | None, cache: str
) -> None:
    record(folder, [verdict("a"), verdict("b")])
    state = folder / STATE_NAME
    if cache == "lost":
        state.write_bytes(b"")
    if cache == "forged":  # would hide the change, or invent one
        rows = json.loads(state.read_bytes())
        rows[1] |= {name: value for name, value in changes.items() if name in rows[1]}
        rows[0]["verdict"] = "fail"
        state.write_text(json.dumps(rows))
    done = record(folder, [verdict("a"), verdict("b", **changes)], 1)
    assert done.changed == ([("b", "all", "data_fit", *pair)] if pair else [])
    lines = list(read(folder))
    assert len(lines) == (5 if pair else 4)
    if pair:
        assert lines[3].supersedes == 2


def test_events_come_first_and_shift_no_number(folder: Path) -> None:
    record(folder, [verdict("a")])
    events = [Entry("policy", "looser", {}), Entry("signoff", "signed", {})]
    record(folder, [verdict("a", verdict="fail")], 1, events=events)
    record(folder, [verdict("a")], 2)
    lines = list(read(folder))
    assert [line.kind for line in lines[2:6]] == ["policy", "signoff", "verdict", "run"]
    assert [line.supersedes for line in lines if line.kind == "verdict"] == [None, 1, 5]
    assert [[own.seq for own in owned] for _, owned in runs(folder)] == [[1], [5], [7]]


def test_a_verdict_no_longer_due_is_withdrawn_and_written_anew_when_it_returns(
    folder: Path,
) -> None:
    record(folder, [verdict("a"), verdict("b")])
    assert record(folder, [verdict("a")], 1).changed == [("b", "all", "data_fit", "pass", None)]
    assert [row["decision_class"] for row in latest_verdicts(folder)] == ["a"]
    (folder / STATE_NAME).unlink()
    assert [row["decision_class"] for row in latest_verdicts(folder)] == ["a"]
    back = record(folder, [verdict("a"), verdict("b")], 2)
    assert back.changed == [("b", "all", "data_fit", None, "pass")]


def test_verdicts_of_a_run_that_died_count_for_nothing(folder: Path) -> None:
    record(folder, [verdict("a", verdict="fail")])
    body = verdict("a", criteria=[])
    append(folder, [Entry("verdict", "of a dead run", body)], actor="penstock", time=DAY)
    (folder / STATE_NAME).write_bytes(b"")
    assert [row["verdict"] for row in latest_verdicts(folder)] == ["fail"]
    done = record(folder, [verdict("a")], 1)
    assert done.changed == [("a", "all", "data_fit", "fail", "pass")]
    [_, (run, own)] = runs(folder)
    assert [line.seq for line in own] == [4]
    assert last_run(folder) == run


def test_a_torn_tail_does_not_shift_the_numbers_that_are_superseded(folder: Path) -> None:
    record(folder, [verdict("a")])
    with next(folder.glob("*.jsonl")).open("ab") as stream:
        stream.write(b'{"actor"')
    record(folder, [verdict("a", verdict="fail")], 1)
    record(folder, [verdict("a")], 2)
    lines = list(read(folder))
    assert [line.kind for line in lines] == ["verdict", "run", "note"] + ["verdict", "run"] * 2
    assert [line.supersedes for line in lines if line.kind == "verdict"] == [None, 1, 4]


def test_the_last_run_is_found_behind_later_lines_and_an_earlier_month(folder: Path) -> None:
    done = record(folder, [verdict("a")])
    later = DAY + timedelta(days=5)
    tricky = Entry("note", 'says ,"kind":"run", itself', {"hash": "", "kind": "run", "prev": ""})
    append(folder, [tricky], actor="ada", time=later)
    found = last_run(folder)
    assert found is not None
    assert found.hash == done.run_hash


@pytest.mark.parametrize("gone", ["ledger", "tail", "all but the state"])
def test_nothing_is_recorded_over_a_ledger_that_lost_lines(folder: Path, gone: str) -> None:
    record(folder, [verdict("a")])
    record(folder, [verdict("a", verdict="fail")], 1)
    path = next(folder.glob("*.jsonl"))
    watch = Watch(folder.parent / "anchor.jsonl")
    if gone == "tail":
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-2]))
    else:
        path.unlink()
    if gone == "all but the state":
        watch = Watch()
    else:
        (folder / STATE_NAME).unlink()
    with pytest.raises(LedgerError, match="restore"):
        record(folder, [verdict("a")], 2, watch=watch)


@pytest.mark.parametrize(
    "wrong",
    [
        [verdict("a"), verdict("a")],
        [verdict("a", verdict="passed")],
        [verdict("a", gate="other_fit")],
        [verdict("a", criteria=[])],
        [verdict("a", is_blocked=None)],
        [verdict("a", criteria=[CRITERION | {"bound": 0.019}])],
        [{key: value for key, value in verdict("a").items() if key != "level"}],
    ],
)
def test_a_wrong_verdict_records_nothing(folder: Path, wrong: list[dict[str, Any]]) -> None:
    with pytest.raises(ValueError, match=r"verdict|is_blocked|float"):
        record(folder, [verdict("0"), *wrong])
    assert not folder.exists() or kinds(folder) == []


def test_a_run_without_a_digest_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="grants"):
        record(folder, [verdict("a")], digests={"code": "0"})


TABLES: dict[str, list[dict[str, Any]]] = {
    "facts.fct_decisions_daily": [
        {"event_date": date(2026, 3, day), "cost_amount": Decimal(day) / 4} for day in (2, 1)
    ],
    "registry": [],
}


BATCHES = [
    (batch, "facts.fct_reviews_daily", {"landing_batch": batch, "review_count": 3})
    for batch in ("20260228T060000000000Z", "20260301T060000000000Z", "20260302T060000000000Z")
]


def parts(folder: Path) -> set[str]:
    return {path.name for path in (folder / "inputs" / "parts").iterdir()}


def part_of(folder: Path, line: bytes) -> Path:
    """The kept part that holds ``line``."""
    files = (folder / "inputs" / "parts").iterdir()
    (found,) = [path for path in files if line in gzip.decompress(path.read_bytes())]
    return found


def test_inputs_are_kept_once_under_the_digest_of_their_rows(folder: Path) -> None:
    address = keep_inputs(folder, TABLES)
    kept = folder / "inputs" / address
    stamps = {path: path.stat().st_mtime_ns for path in (kept, *(folder / "inputs").rglob("*"))}
    turned = {name: reversed(rows) for name, rows in reversed(TABLES.items())}
    assert keep_inputs(folder, turned) == address
    assert sorted(path.name for path in (folder / "inputs").iterdir()) == [address, "parts"]
    files = [path for path in stamps if path.is_file() or path == kept]
    assert [path.stat().st_mtime_ns for path in files] == [stamps[path] for path in files]
    path = part_of(folder, b'"2026-03-01"')
    lines = gzip.decompress(path.read_bytes())
    assert lines.startswith(b'{"cost_amount":"0.25","event_date":"2026-03-01"}\n')
    assert path.name == hashlib.sha256(lines).hexdigest() + ".jsonl.gz"
    assert path.read_bytes()[3:8] == bytes(5)  # no name, mtime 0
    assert read_inputs(folder, address)["facts.fct_decisions_daily"][1] == {
        "cost_amount": "0.5",
        "event_date": "2026-03-02",
    }
    assert read_table(folder, address, "registry") == []


def test_a_new_batch_adds_itself_and_the_list_of_its_month(folder: Path) -> None:
    before = keep_inputs(folder, TABLES, BATCHES[:2])
    first = parts(folder)
    after = keep_inputs(folder, TABLES, BATCHES)
    assert len(parts(folder) - first) == 2
    assert first < parts(folder)
    for address, batches in ((before, BATCHES[:2]), (after, BATCHES)):
        found = read_inputs(folder, address)
        assert found["facts.fct_reviews_daily"] == [row for _, _, row in batches]
        assert len(found["facts.fct_decisions_daily"]) == 2


def test_other_rows_have_another_address(folder: Path) -> None:
    address = keep_inputs(folder, TABLES)
    assert keep_inputs(folder, TABLES | {"registry": [{"a": 1}]}) != address
    assert keep_inputs(folder, {"registry": []}) != address
    assert keep_inputs(folder, TABLES, BATCHES) != address


def test_inputs_that_cannot_be_kept_have_no_address(folder: Path) -> None:
    with pytest.raises(CanonicalError):
        keep_inputs(folder, {"evidence": [{"a": 1}, {"a": 0.5}]})
    with pytest.raises(CanonicalError):
        keep_inputs(folder, TABLES, [("20260228T060000000000Z", "facts", {"a": 0.5})])
    with pytest.raises(ValueError, match="table names"):
        keep_inputs(folder, {"../evil": []})
    assert [path.name for path in (folder / "inputs").iterdir()] == ["parts"]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b'"event_date"', "facts.fct_decisions_daily"),
        (b'"review_count"', "batch 20260302T060000000000Z"),
        (b'"batch":"20260302', "the list of batches of 202603"),
    ],
)
def test_kept_inputs_that_are_gone_damaged_or_others_are_named(
    folder: Path, line: bytes, name: str
) -> None:
    address = keep_inputs(folder, TABLES, BATCHES[2:])
    path = part_of(folder, line)
    content = path.read_bytes()
    path.write_bytes(gzip.compress(gzip.decompress(content).replace(b"2", b"3", 1)))
    with pytest.raises(LedgerError, match=f"{name} of the kept inputs was changed"):
        read_inputs(folder, address)
    damaged = bytearray(content)
    damaged[len(content) // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(LedgerError, match=f"{name} of the kept inputs"):
        read_inputs(folder, address)
    path.unlink()
    with pytest.raises(LedgerError, match=f"{name} is gone from the kept inputs"):
        read_inputs(folder, address)


def test_a_manifest_that_is_gone_or_not_its_address_is_not_read(folder: Path) -> None:
    address = keep_inputs(folder, TABLES)
    path = folder / "inputs" / address / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"rows":2', b'"rows":1'))
    with pytest.raises(LedgerError, match="not what its address says"):
        read_inputs(folder, address)
    path.unlink()
    with pytest.raises(LedgerError, match="are gone"):
        read_inputs(folder, address)
    with pytest.raises(LedgerError, match="no address"):
        read_inputs(folder, "../parts")
