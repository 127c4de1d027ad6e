"""Append to and read the chain: one JSON Lines file per month, every line holding the hash before.

An append takes an exclusive lock, checks the last line, writes, and returns only after fsync.
"""

import fcntl
import hashlib
import mmap
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dagster_project.files import fsync_path, write_durably
from dagster_project.ledger.canonical import canonical, plain, timestamp
from dagster_project.ledger.verify import (
    GENESIS,
    KINDS,
    LineError,
    Problem,
    begins_behind_disposal,
    line_hash,
    month_files,
    parse_line,
    verify,
)

__all__ = [
    "Entry",
    "LedgerError",
    "Line",
    "Problem",
    "append",
    "append_locked",
    "last_line",
    "locked",
    "read",
    "verify",
]

STATE_NAME = "state.json"
# a writer that waited for the lock, or a clock that was set back a little
CLOCK_SLACK = timedelta(minutes=5)


class LedgerError(RuntimeError):
    """The ledger is missing, broken or ahead of the clock: nothing was written."""


@dataclass(frozen=True)
class Entry:
    """What a caller wants recorded; ``supersedes`` names the seq of the line it replaces."""

    kind: str
    reason: str
    body: Mapping[str, Any]
    supersedes: int | None = None


@dataclass(frozen=True)
class Line:
    """One line of the chain; ``time`` is UTC text of fixed width."""

    seq: int
    prev: str
    time: str
    kind: str
    actor: str
    reason: str
    supersedes: int | None
    body: dict[str, Any]
    hash: str


@contextmanager
def locked(ledger_dir: Path) -> Iterator[None]:
    """Hold the ledger's exclusive lock; freed by the kernel when the process dies."""
    ledger_dir.mkdir(parents=True, exist_ok=True)
    handle = os.open(ledger_dir / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def append(
    ledger_dir: Path,
    entries: Sequence[Entry],
    *,
    actor: str,
    time: datetime,
    witnesses: Sequence[Path] = (),
) -> list[Line]:
    """Record ``entries`` in order, durably, and return their lines.

    ``witnesses``: files that exist only where a ledger existed (the anchor, grants.json); beside
    one of them an absent or empty ledger raises. Raises LedgerError, CanonicalError, OSError.
    """
    with locked(ledger_dir):
        return append_locked(ledger_dir, entries, actor=actor, time=time, witnesses=witnesses)


def append_locked(
    ledger_dir: Path,
    entries: Sequence[Entry],
    *,
    actor: str,
    time: datetime,
    witnesses: Sequence[Path] = (),
) -> list[Line]:
    """``append`` for a caller that holds ``locked``."""
    _set_torn_tail_aside(ledger_dir, time)
    last = last_line(ledger_dir)
    if last is None:
        _refuse_new_start(ledger_dir, witnesses)
    moment = _moment(last, time)
    lines: list[Line] = []
    for entry in [*_missing_notes(ledger_dir), *entries]:
        last = _next(last, entry, actor, moment)
        lines.append(last)
    if lines:
        _write(ledger_dir / f"ledger-{moment[:7]}.jsonl", lines)
    return lines[len(lines) - len(entries) :]


def read(ledger_dir: Path) -> Iterator[Line]:
    """Every line in order, each checked against the one before. Raises LedgerError.

    A last line without newline is another writer at work, or torn: it is left out.
    """
    seq, before = 0, GENESIS
    paths = month_files(ledger_dir)
    for path in paths:
        with path.open("rb") as stream:
            for number, raw in enumerate(stream, start=1):
                if not raw.endswith(b"\n") and path == paths[-1]:
                    return
                line = parsed(raw, f"{path.name}:{number}")
                if seq == 0 and line.seq > 1 and begins_behind_disposal(paths):
                    seq, before = line.seq - 1, line.prev
                if line.prev != before or line.seq != seq + 1:
                    raise LedgerError(f"{path.name}:{number} does not follow the line before it")
                seq, before = line.seq, line.hash
                yield line


def last_line(ledger_dir: Path) -> Line | None:
    """The newest whole line, or None for an empty ledger. Raises LedgerError."""
    for path in reversed(month_files(ledger_dir)):
        start, end = _last_line_place(path)
        if end:
            with path.open("rb") as stream:
                stream.seek(start)
                return parsed(stream.read(end - start), path.name)
    return None


def parsed(raw: bytes, place: str) -> Line:
    """One raw line, checked by itself. Raises LedgerError."""
    try:
        return Line(**parse_line(raw.removesuffix(b"\n")))
    except LineError as error:
        raise LedgerError(f"{place}: {error}; run `penstock ledger verify`") from error


def _last_line_place(path: Path) -> tuple[int, int]:
    """Start and end of the last line that has its newline; (0, 0) when there is none."""
    if not path.stat().st_size:
        return 0, 0
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as view:
        end = view.rfind(b"\n") + 1
        return (view.rfind(b"\n", 0, end - 1) + 1, end) if end else (0, 0)


def _refuse_new_start(ledger_dir: Path, witnesses: Sequence[Path]) -> None:
    for witness in (*witnesses, ledger_dir / STATE_NAME):
        if witness.is_file() and witness.stat().st_size:
            raise LedgerError(
                f"{ledger_dir} is empty, but {witness} shows there was a ledger: restore it"
            )


def _moment(last: Line | None, time: datetime) -> str:
    """The time to write: never before the last line's, and never far from the given one."""
    moment = timestamp(time)
    if last is None or moment >= last.time:
        return moment
    if datetime.fromisoformat(last.time) - time > CLOCK_SLACK:
        raise LedgerError(f"the clock says {moment}, the last line {last.time}: set the clock")
    return last.time


def _next(last: Line | None, entry: Entry, actor: str, moment: str) -> Line:
    if entry.kind not in KINDS or not actor or not entry.reason:
        raise LedgerError(f"kind {entry.kind!r}, actor {actor!r}, reason {entry.reason!r}")
    seq = last.seq + 1 if last else 1
    if entry.supersedes is not None and not 0 < entry.supersedes < seq:
        raise LedgerError(f"line {seq} cannot supersede line {entry.supersedes}")
    line = {
        "seq": seq,
        "prev": last.hash if last else GENESIS,
        "time": moment,
        "kind": entry.kind,
        "actor": actor,
        "reason": entry.reason,
        "supersedes": entry.supersedes,
        "body": plain(entry.body),
    }
    canonical(line)  # raises before anything is written
    return Line(**line, hash=line_hash(line))


def _write(path: Path, lines: Sequence[Line]) -> None:
    """All lines in one go, one fsync; on an error the file gets its old length back."""
    is_new = not path.exists()
    content = b"".join(canonical(vars(line)) + b"\n" for line in lines)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    size = os.fstat(handle).st_size
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, size)
        raise
    finally:
        os.close(handle)
    if is_new:
        fsync_path(path.parent)


def _set_torn_tail_aside(ledger_dir: Path, time: datetime) -> None:
    """Copy a half-written last line to ``torn-<time>.bin``, then cut it off the newest file."""
    paths = month_files(ledger_dir)
    if not paths:
        return
    path = paths[-1]
    start, end = _last_line_place(path)
    keep = start if end and _is_unparsable(path, start, end) else end
    if keep == path.stat().st_size:
        return
    with path.open("rb") as stream:
        stream.seek(keep)
        torn = stream.read()
    write_durably(_torn_name(ledger_dir, time), torn)
    if not keep:  # nothing of it was ever acknowledged
        path.unlink()
        fsync_path(ledger_dir)
        return
    os.truncate(path, keep)
    fsync_path(path)


def _torn_name(ledger_dir: Path, time: datetime) -> Path:
    while (path := ledger_dir / f"torn-{time.astimezone(UTC):%Y%m%dT%H%M%S%fZ}.bin").exists():
        time += timedelta(microseconds=1)
    return path


def _is_unparsable(path: Path, start: int, end: int) -> bool:
    with path.open("rb") as stream:
        stream.seek(start)
        raw = stream.read(end - start - 1)
    try:
        parse_line(raw)
    except LineError as error:
        # readable but wrong is tampering, not tearing: `last_line` refuses it
        return error.code == "unreadable"
    return False


def _missing_notes(ledger_dir: Path) -> list[Entry]:
    """A note for every torn file that has none yet, also when a kill came between the two."""
    torn = sorted(ledger_dir.glob("torn-*.bin"))
    if not torn:
        return []
    noted = {line.body.get("file") for line in read(ledger_dir) if line.kind == "note"}
    entries = []
    for path in torn:
        if path.name not in noted:
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            body = {"file": path.name, "byte_count": len(content), "sha256": digest}
            entries.append(Entry("note", "a torn tail was set aside", body))
    return entries
