"""The ``disposal`` line of landed files: what was erased or went by age, by their hashes."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from dagster_project.ledger.anchor import Watch, watched
from dagster_project.ledger.ledger import Entry, Line, append_locked, read

KIND = "disposal"


def record_disposal(
    ledger_dir: Path,
    body: Mapping[str, Any],
    *,
    reason: str,
    actor: str,
    time: datetime,
    watch: Watch,
    identity: str = "erasure",
) -> Line:
    """Append one line, durably, unless the ledger has one of ``body[identity]`` already.

    Raises LedgerError, OSError; then it may be called again.
    """
    with watched(ledger_dir, watch, actor=actor, time=time):
        for line in read(ledger_dir):
            if line.kind == KIND and line.body.get(identity) == body[identity]:
                return line
        return append_locked(ledger_dir, [Entry(KIND, reason, body)], actor=actor, time=time)[-1]
