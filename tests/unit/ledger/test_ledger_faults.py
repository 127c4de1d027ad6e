"""Killed and concurrent writers: what was acknowledged is there, and the chain is whole."""

import errno
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from dagster_project.ledger.ledger import Entry, append, read, verify

KILLS = 20
# appends in batches of three and says, after each, which sequence number is durable
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from dagster_project.ledger.ledger import Entry, append
folder, name, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for number in range(rounds):
    entries = [Entry("policy", f"{name} {number} {part}", {"pad": "x" * 3000}) for part in range(3)]
    lines = append(folder, entries, actor=name, time=datetime.now(UTC))
    print(lines[-1].seq, lines[-1].hash, flush=True)
"""


def start(folder: Path, name: str, rounds: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(folder), name, str(rounds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_killed_writers_lose_nothing_acknowledged(tmp_path: Path) -> None:
    chance = random.Random(20)
    acknowledged: dict[int, str] = {}
    for _ in range(KILLS):
        writer = start(tmp_path, "killed", 100_000)
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(chance.random() * 0.05)
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read()
        writer.wait()
        for line in (first + rest).splitlines(keepends=True):
            if line.endswith("\n"):
                seq, digest = line.split()
                acknowledged[int(seq)] = digest
    append(tmp_path, [Entry("note", "after", {})], actor="test", time=datetime.now(UTC))
    there = {line.seq: line.hash for line in read(tmp_path)}
    assert len(acknowledged) >= KILLS
    assert {seq: there.get(seq) for seq in acknowledged} == acknowledged
    assert verify(tmp_path, None) == []


def test_two_writers_at_once_make_one_chain(tmp_path: Path) -> None:
    # enough lines that the second starts before the first ends
    writers = [start(tmp_path, name, 300) for name in ("ada", "bob")]
    assert [writer.wait() for writer in writers] == [0, 0]
    lines = list(read(tmp_path))
    assert len(lines) == 2 * 300 * 3
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
