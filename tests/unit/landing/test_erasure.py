"""Erased rows keep their number, their clusters and their order; a kill at any step is finished."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from landing_world import LINES, NOON, empty_desk

from dagster_project.automation.erasing import erase
from dagster_project.contracts.sources import Column, SourceTable
from dagster_project.landing.erased_rows import EraseError, in_order
from dagster_project.landing.land import land
from dagster_project.landing.manifest import Books
from dagster_project.landing.pseudonyms import open_pseudonyms
from dagster_project.landing.verify import verify
from dagster_project.ledger.ledger import read
from dagster_project.ledger.verify import verify as verify_ledger
from dagster_project.settings import Project

TEXT = Column("note", "varchar", free=True)
DECISIONS = replace(
    LINES,
    table="decisions",
    location="data/d*",
    key="decision_id",
    timezone="UTC",
    columns=(
        Column("decision_id", "varchar", decision=True),
        Column("at", "timestamptz"),
        Column("subject_id", "varchar", pseudonym=True),
        Column("amount", "decimal(18,4)"),
        TEXT,
    ),
)
REVIEWS = replace(
    DECISIONS,
    table="reviews",
    location="data/r*",
    key="review_id",
    columns=(
        Column("review_id", "varchar"),
        Column("decision_id", "varchar", decision=True),
        Column("at", "timestamptz"),
        Column("reviewer_id", "varchar", pseudonym=True),
        TEXT,
    ),
)
AT = "2026-01-02T03:04:05Z"
STEPS = ["stage", *["replace", "entry"] * 3, "warehouse", "ledger", "finish"]


@dataclass
class Desk:
    project: Project
    sources: tuple[SourceTable, ...] = (DECISIONS, REVIEWS)

    def drop(self, name: str, *rows: dict[str, Any]) -> None:
        lines = "".join(json.dumps({"at": AT} | row) + "\n" for row in rows)
        (self.project.root / "data" / name).write_text(lines)

    def rows(self, table: str) -> list[dict[str, Any]]:
        files = sorted(self.project.landing.glob(f"desk__{table}/*.parquet"))
        found = [row for path in files for row in pq.read_table(path).to_pylist()]
        return sorted(found, key=lambda row: (row["_file_sha256"], row["_place"]))

    def erase(self, **asked: Any) -> Any:
        return erase(self.project, self.sources, actor="test", **asked)

    def bytes_of(self) -> dict[str, bytes]:
        landing = self.project.landing
        return {str(path): path.read_bytes() for path in landing.rglob("*.*") if path.is_file()}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk = Desk(empty_desk(tmp_path, monkeypatch, LINES).project)
    ann = {"subject_id": "Ann", "note": "Ann called"}
    desk.drop(
        "d1.jsonl",
        {"decision_id": "d-1", "amount": 5} | ann,
        {"decision_id": "d-2", "amount": 6, "subject_id": "Bob", "note": "kept"},
        {"decision_id": "d-3", "amount": 7} | ann,
    )
    desk.drop("d2.jsonl", {"decision_id": "d-3", "amount": 8} | ann)
    desk.drop(
        "r1.jsonl",
        {"review_id": "r-9", "decision_id": "d-1", "reviewer_id": "Eve", "note": "Ann was rude"},
        {"review_id": "r-1", "decision_id": "d-1", "reviewer_id": "Ann", "note": "by Ann"},
        {"review_id": "r-5", "decision_id": "d-2", "reviewer_id": "Eve", "note": "kept"},
        {"review_id": "r-9", "decision_id": "d-2", "reviewer_id": "Eve", "note": "shares an id"},
    )
    desk.drop("r2.jsonl", {"review_id": "r-7", "decision_id": "d-2", "note": "kept"})
    land(desk.project, desk.sources, now=NOON)
    desk.project.warehouse.parent.mkdir(parents=True)
    desk.project.warehouse.write_bytes(b"facts")
    return desk


def test_ids_become_tokens_and_free_text_goes(desk: Desk):
    before, was = desk.rows("decisions"), desk.rows("reviews")
    done = desk.erase(subject="Ann").done
    after, now = desk.rows("decisions"), desk.rows("reviews")
    assert (done.scope, done.decision_count, done.row_count, len(done.files)) == (
        "subject", 2, 6, 3,
    )  # fmt: skip
    token = {b["decision_id"]: a["decision_id"] for b, a in zip(before, after, strict=True)}
    assert token.keys() == {"d-1", "d-2", "d-3"}
    assert token["d-2"] == "d-2"
    assert all(token[name].startswith("erased_") for name in ("d-1", "d-3"))
    assert len({row["decision_id"] for row in after}) == 3
    (subject,) = {row["subject_id"] for row in after if row["decision_id"] != "d-2"}
    assert subject.startswith("psn_")
    assert subject not in {row["subject_id"] for row in before}
    assert sorted((r["amount"], r["note"]) for r in after if r["note"]) == [(6, "kept")]
    assert [row["amount"] for row in after] == [row["amount"] for row in before]
    assert [row["decision_id"] for row in now] == [token[row["decision_id"]] for row in was]
    assert [r["reviewer_id"] for r in now] == [r["reviewer_id"] for r in was]
    kept = {(b["review_id"], a["note"]) for b, a in zip(was, now, strict=True) if a["note"]}
    assert kept == {("r-5", "kept"), ("r-7", "kept"), ("r-9", "shares an id")}
    assert not desk.project.warehouse.exists()


def test_what_was_one_id_or_payload_is_one_and_the_order_stays(desk: Desk):
    before = desk.rows("decisions") + desk.rows("reviews")
    desk.erase(subject="Ann")
    after = desk.rows("decisions") + desk.rows("reviews")
    for column in ("review_id", "decision_id", "_payload_sha256"):
        erased = [
            (b[column], a[column])
            for b, a in zip(before, after, strict=True)
            if column in b and b[column] != a[column]
        ]
        assert len(erased) >= 3
        assert len(dict(erased)) == len({new for _, new in erased})
        assert [old for old, _ in sorted(erased)] == [
            old for old, _ in sorted(erased, key=lambda pair: (pair[1], pair[0]))
        ]


def test_nothing_of_the_erased_stays_in_the_landed_files(desk: Desk):
    name = open_pseudonyms(desk.project, Books(desk.project.landing)).of("Ann")
    old = [row["_payload_sha256"] for row in desk.rows("decisions") if row["subject_id"] == name]
    desk.erase(subject="Ann")
    files = [pq.read_table(path).to_pylist() for path in desk.project.landing.rglob("*.parquet")]
    about = repr([row for rows in files for row in rows if row.get("reviewer_id") != name])
    for gone in (name, "Ann", "d-1", "d-3", *old):
        assert gone not in about
    assert not list((desk.project.landing / "_erasure").iterdir())


def test_books_and_ledger_name_the_files_before_and_after(desk: Desk):
    before = {e.file_sha256: e.parquet_sha256 for e in Books(desk.project.landing)}
    erased = desk.erase(decision="d-2", reason="ticket 7")
    after = {e.file_sha256: e.parquet_sha256 for e in Books(desk.project.landing)}
    (line,) = read(desk.project.ledger)
    assert (line.kind, line.reason, line.seq) == ("disposal", "ticket 7", erased.line)
    assert len(line.body["files"]) == 3
    for file in line.body["files"]:
        assert before[file["file_sha256"]] == file["old_parquet_sha256"]
        assert after[file["file_sha256"]] == file["new_parquet_sha256"]
    assert verify(desk.project) == []
    assert verify_ledger(desk.project.ledger) == []
    assert "d-2" not in json.dumps(line.body)
    (bob,) = {row["subject_id"] for row in desk.rows("decisions") if row["amount"] == 6}
    assert bob == open_pseudonyms(desk.project, Books(desk.project.landing)).of("Bob")
    again = desk.erase(decision="d-2")
    assert (again.done, again.line) == (None, None)


@pytest.mark.parametrize("fatal", range(len(STEPS)))
def test_a_kill_before_any_step_is_finished_by_the_next_call(desk: Desk, fatal: int):
    steps: list[str] = []

    def kill(step: str) -> None:
        steps.append(step)
        if len(steps) == fatal + 1:
            raise KeyboardInterrupt(step)

    before = desk.bytes_of()
    with pytest.raises(KeyboardInterrupt):
        desk.erase(subject="Ann", on_step=kill)
    assert steps == STEPS[: fatal + 1]
    if fatal == 0:
        assert desk.bytes_of() == before
    else:
        assert any("not finished" in problem for problem in verify(desk.project))
    erased = desk.erase(subject="Ann")
    assert (erased.resumed is not None, erased.done is not None) == (fatal > 0, fatal == 0)
    assert verify(desk.project) == []
    assert [line.kind for line in read(desk.project.ledger)] == ["disposal"]
    assert not desk.project.warehouse.exists()
    names = {row["decision_id"][:6] for row in desk.rows("decisions")}
    assert names == {"d-2", "erased"}
    assert desk.erase(subject="Ann").done is None


def test_a_torn_staging_leaves_everything_as_it_was(desk: Desk, monkeypatch):
    before = desk.bytes_of()
    write = pq.ParquetWriter.write_batch
    count = iter(range(100))

    def full(self, batch):
        if next(count) == 1:
            raise OSError(28, "No space left on device")
        write(self, batch)

    monkeypatch.setattr(pq.ParquetWriter, "write_batch", full)
    with pytest.raises(OSError, match="No space"):
        desk.erase(subject="Ann")
    monkeypatch.undo()
    left = {k: v for k, v in desk.bytes_of().items() if not k.endswith(".staged")}
    assert left == before
    assert desk.erase(subject="Ann").done.row_count == 6


def test_a_damaged_file_and_a_key_that_holds_no_token_are_refused(desk: Desk):
    path = next(desk.project.landing.glob("desk__decisions/*.parquet"))
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"X")
    with pytest.raises(EraseError, match="restore it"):
        desk.erase(subject="Ann")
    path.write_bytes(content)
    numbered = replace(
        REVIEWS, columns=(replace(REVIEWS.columns[0], data_type="bigint"), *REVIEWS.columns[1:])
    )
    with pytest.raises(EraseError, match="can hold no token; declare it varchar"):
        erase(desk.project, (DECISIONS, numbered), actor="test", subject="Ann")
    assert verify(desk.project) == []


def test_rows_that_land_after_a_kill_are_erased_too(desk: Desk):
    def kill(step: str) -> None:
        if step == "warehouse":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.erase(subject="Ann", on_step=kill)
    desk.drop("d3.jsonl", {"decision_id": "d-8", "subject_id": "Ann", "amount": 1})
    land(desk.project, desk.sources, now=datetime(2026, 3, 2, tzinfo=UTC))
    erased = desk.erase(subject="Ann")
    assert (erased.resumed.row_count, erased.done.row_count) == (6, 1)
    assert [line.kind for line in read(desk.project.ledger)] == ["disposal"] * 2


def test_tokens_stand_in_the_order_of_what_they_replace():
    names = in_order({"b", "a", "é", "Z", "10", "9"}, iter("qwerty").__next__)
    assert [names[key] for key in ("10", "9", "Z", "a", "b", "é")] == sorted("qwerty")
