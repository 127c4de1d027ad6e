"""The ``disposal`` line: what was erased, by the hashes of the files before and after."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from dagster_project.ledger.anchor import check_anchor, write_anchor
from dagster_project.ledger.ledger import Entry, Line, append_locked, last_line, locked, read

KIND = "disposal"


def record_disposal(
    ledger_dir: Path,
    body: Mapping[str, Any],
    *,
    reason: str,
    actor: str,
    time: datetime,
    anchor: Path | None,
    witnesses: Sequence[Path] = (),
) -> Line:
    """Append one line, durably, unless the ledger has one of ``body["erasure"]`` already.

    Raises LedgerError, OSError; then it may be called again.
    """
    beside = [*witnesses, anchor] if anchor else list(witnesses)
    with locked(ledger_dir):
        # sets a torn tail aside, so that all lines can be read
        append_locked(ledger_dir, [], actor=actor, time=time, witnesses=beside)
        check_anchor(ledger_dir, anchor, last_line(ledger_dir))
        for line in read(ledger_dir):
            if line.kind == KIND and line.body.get("erasure") == body["erasure"]:
                break
        else:
            entry = Entry(KIND, reason, body)
            line = append_locked(ledger_dir, [entry], actor=actor, time=time)[-1]
        # of the newest line: after a kill others may have followed
        newest = last_line(ledger_dir)
        write_anchor(anchor, newest or line)
    return line
