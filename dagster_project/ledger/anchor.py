"""What remembers the ledger's length and last hash outside the ledger: the anchor and the head.

A chain alone cannot see that its end was cut off or that all of it was written anew. The anchor is
a history on another disk or host; the head lies beside the grants, for runtimes. Both hold lines
``{"hash", "size"}`` (size = number of lines), the newest last.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dagster_project.files import fsync_path, write_durably
from dagster_project.ledger.ledger import (
    Entry,
    LedgerError,
    Line,
    append_locked,
    last_line,
    locked,
    read,
)
from dagster_project.ledger.tail import last_run
from dagster_project.ledger.verify import HEAD_NAME, anchor_entry, encode


@dataclass(frozen=True)
class Watch:
    """Who remembers the ledger's end: ``anchor`` a file elsewhere, ``publish`` the folder of the
    head; None: nobody."""

    anchor: Path | None = None
    publish: Path | None = None

    @property
    def head(self) -> Path | None:
        return self.publish / HEAD_NAME if self.publish else None

    @property
    def witnesses(self) -> list[Path]:
        """Files that exist only where a ledger existed."""
        pointer = self.publish / "current.json" if self.publish else None
        return [path for path in (self.anchor, self.head, pointer) if path]


@contextmanager
def watched(ledger_dir: Path, watch: Watch, *, actor: str, time: datetime) -> Iterator[Line | None]:
    """Hold the lock on a ledger that is checked, to append to it; gives its last line.

    A torn tail is set aside first, so all lines can be read. Afterwards anchor and head are told
    of the newest line. Raises LedgerError before anything is written, OSError.
    """
    with locked(ledger_dir):
        append_locked(ledger_dir, [], actor=actor, time=time, witnesses=watch.witnesses)
        last = last_line(ledger_dir)
        _begin_anchor(ledger_dir, watch.anchor, last)
        for memory in (watch.anchor, watch.head):
            check_anchor(ledger_dir, memory, last)
        yield last
        newest = last_line(ledger_dir)
        if newest is None:
            return
        write_anchor(watch.anchor, newest)
        if watch.head:
            write_durably(watch.head, anchor_line(newest))


def anchor_change(run: Line | None, anchor: Path | None) -> list[Entry]:
    """An ``anchor`` line where the path is another one than at the last run: who takes the anchor
    away, or starts a new one, is seen."""
    before, now = run.body.get("anchor") if run else None, str(anchor) if anchor else None
    if run is None or before == now:
        return []
    reason = f"the anchor is {now or 'none'}, was {before or 'none'}"
    return [Entry("anchor", reason, {"path": now, "before": before})]


def _begin_anchor(ledger_dir: Path, anchor: Path | None, last: Line | None) -> None:
    """A new anchor starts at the end of the ledger as it is; one that runs wrote to must be there.

    Raises LedgerError.
    """
    if anchor is None or last is None or (anchor.is_file() and anchor.stat().st_size):
        return
    run = last_run(ledger_dir)
    if run is not None and run.body.get("anchor") == str(anchor):
        raise LedgerError(
            f"{anchor} is gone or empty, though the last run wrote to it: restore it, or name "
            "another file in [ledger] anchor, which is recorded"
        )
    write_anchor(anchor, last)


def anchor_line(line: Line) -> bytes:
    """What the anchor, the head and the hook are told."""
    return encode({"size": line.seq, "hash": line.hash}) + b"\n"


def write_anchor(anchor: Path | None, line: Line) -> None:
    """Append ``{"hash", "size"}`` of the newest line, durably.

    None: no anchor is configured. Raises OSError; then the anchor is as it was.
    """
    if anchor is None:
        return
    anchor.parent.mkdir(parents=True, exist_ok=True)
    is_new = not anchor.exists()
    content = anchor_line(line)
    handle = os.open(anchor, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    size = os.fstat(handle).st_size
    try:
        if os.write(handle, content) != len(content):
            raise OSError(f"{anchor}: the disk is full")
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, size)
        raise
    finally:
        os.close(handle)
    if is_new:
        fsync_path(anchor.parent)


def check_anchor(ledger_dir: Path, anchor: Path | None, last: Line | None) -> None:
    """The newest anchor must be in the chain. Raises LedgerError; no anchor yet is no fault."""
    if anchor is None or not anchor.is_file() or not (lines := anchor.read_bytes().splitlines()):
        return
    try:
        size, digest = anchor_entry(lines[-1])
    except ValueError as error:
        raise LedgerError(f"{anchor}: the last line cannot be read: {error}") from error
    if last is not None and (last.seq, last.hash) == (size, digest):
        return
    if last is None or last.seq < size:
        found = last.seq if last else 0
        raise LedgerError(f"{anchor} saw {size} lines, the ledger has {found}: restore it")
    if not any(line.seq == size and line.hash == digest for line in read(ledger_dir)):
        raise LedgerError(f"{anchor}: line {size} of the ledger was written anew: restore it")
