"""Killed and concurrent writers, and tampering: what was acknowledged is there, or it is seen."""

import errno
import os
import random
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from tampering import TAMPERINGS, Kept, grown, kill_writers, start_writer

from dagster_project.ledger.ledger import Entry, append, read, verify

KILLS, TRIES = 10, 12
# what a chain by itself cannot see: it is whole, only not the one that was written
ONLY_WITH_AN_ANCHOR = {"truncate", "rewrite", "edited_verdict", "old_ledger"}


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> list[Kept]:
    return grown(tmp_path_factory.mktemp("history"), 16, random.Random(1))


@pytest.mark.parametrize("name", TAMPERINGS)
def test_no_tampering_goes_unseen_beside_an_anchor(
    tmp_path: Path, history: list[Kept], name: str
) -> None:
    chance = random.Random(name)
    for _ in range(TRIES):
        tampered = TAMPERINGS[name](history, chance)
        assert tampered.months != history[-1].months
        tampered.write(tmp_path)
        assert verify(tmp_path, tmp_path / "anchor.jsonl")
        if name in ONLY_WITH_AN_ANCHOR:
            assert verify(tmp_path) == []


def test_an_untouched_ledger_raises_no_alarm(tmp_path: Path, history: list[Kept]) -> None:
    for each in history:
        each.write(tmp_path)
        assert verify(tmp_path, tmp_path / "anchor.jsonl") == []


def test_killed_writers_lose_nothing_acknowledged(tmp_path: Path) -> None:
    acknowledged = kill_writers(tmp_path, KILLS, random.Random(20))
    append(tmp_path, [Entry("note", "after", {})], actor="test", time=datetime.now(UTC))
    there = {line.seq: line.hash for line in read(tmp_path)}
    assert len(acknowledged) >= KILLS
    assert {seq: there.get(seq) for seq in acknowledged} == acknowledged
    assert verify(tmp_path, tmp_path / "anchor.jsonl") == []


def test_two_writers_at_once_make_one_chain(tmp_path: Path) -> None:
    # enough lines that the second starts before the first ends
    writers = [start_writer(tmp_path, name, 100) for name in ("ada", "bob")]
    assert [writer.wait() for writer in writers] == [0, 0]
    lines = list(read(tmp_path))
    assert len(lines) == 2 * 100 * 3
    assert verify(tmp_path, None) == []
    for name in ("ada", "bob"):  # a batch is never split
        seqs = [line.seq for line in lines if line.actor == name]
        assert all(seqs[at + 2] == seqs[at] + 2 for at in range(0, len(seqs), 3))
    changes = sum(one.actor != two.actor for one, two in pairwise(lines))
    assert changes > 1  # they did overlap


@pytest.mark.parametrize("month", [1, 2])
def test_what_the_disk_did_not_take_is_not_in_the_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, month: int
) -> None:
    entry = Entry("note", "one", {})
    [first] = append(tmp_path, [entry], actor="ada", time=datetime(2026, 1, 1, tzinfo=UTC))
    now = datetime(2026, month, 2, tzinfo=UTC)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="no space"):
            append(tmp_path, [entry], actor="ada", time=now)
    assert list(read(tmp_path)) == [first]
    append(tmp_path, [entry], actor="ada", time=now)
    assert verify(tmp_path, None) == []
