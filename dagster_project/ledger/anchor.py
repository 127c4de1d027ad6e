"""The anchor: what the ledger's length and last hash were, kept where the ledger is not.

A chain alone cannot see that its end was cut off or that all of it was written anew.
"""

import os
from pathlib import Path

from dagster_project.files import fsync_path
from dagster_project.ledger.ledger import LedgerError, Line, read
from dagster_project.ledger.verify import anchor_entry, encode


def write_anchor(anchor: Path | None, line: Line) -> None:
    """Append ``{"hash", "size"}`` of the newest line, durably (size = number of lines).

    None: no anchor is configured. Raises OSError; then the anchor is as it was.
    """
    if anchor is None:
        return
    anchor.parent.mkdir(parents=True, exist_ok=True)
    is_new = not anchor.exists()
    content = encode({"size": line.seq, "hash": line.hash}) + b"\n"
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
