"""Disposal of the oldest months once their time is over; the chain then begins behind them.

The ``disposal`` line comes first and names what goes, with the last hash that goes; a kill between
leaves files that the next call removes.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.files import fsync_path
from dagster_project.ledger.anchor import Watch, watched
from dagster_project.ledger.inputs import drop_inputs
from dagster_project.ledger.ledger import Entry, Line, append_locked, read
from dagster_project.ledger.tail import since_last_run
from dagster_project.ledger.verify import month_files, years_before

KIND, SCOPE = "disposal", "ledger"
KEPT_INPUTS = ("inputs", "governance")


def expired_months(ledger_dir: Path, years: int, now: datetime) -> list[Path]:
    """Month files, oldest first, that end before a month that itself ended ``years`` ago or more.

    So the first line left is old enough to show that no younger one went. Never the month of the
    last run or one after it: what is in force stands there.
    """
    run, _ = since_last_run(ledger_dir)
    if run is None:
        return []
    limit = min(f"{now.astimezone(UTC):%Y-%m}", run.time[:7])
    kept_from = f"ledger-{years_before(limit, years)}.jsonl"
    ended = [path for path in month_files(ledger_dir) if path.name < kept_from]
    return ended[:-1]


def dispose_expired(
    ledger_dir: Path, years: int, *, reason: str, actor: str, time: datetime, watch: Watch
) -> Line | None:
    """Record the disposal of expired months and remove them, with the inputs that no other run
    judged by; None when nothing is due. Raises LedgerError, OSError; then call it again.
    """
    with watched(ledger_dir, watch, actor=actor, time=time):
        lines = list(read(ledger_dir))  # checks all of it: nothing that was tampered with may go
        _remove_what_was_recorded(ledger_dir, lines, time)
        months = expired_months(ledger_dir, years, time)
        if not months:
            return None
        gone = {path.name for path in months}
        end = [line for line in lines if f"ledger-{line.time[:7]}.jsonl" in gone][-1]
        body = {
            "scope": SCOPE,
            "years": years,
            "through_seq": end.seq,
            "through_hash": end.hash,
            "files": [{"name": path.name, "sha256": _digest(path)} for path in months],
            "inputs": sorted(_inputs(lines, end.seq)),
        }
        entry = Entry(KIND, reason, body)
        line = append_locked(ledger_dir, [entry], actor=actor, time=time)[-1]
        _remove_what_was_recorded(ledger_dir, [line], time)
        return line


def _inputs(lines: Iterable[Line], through_seq: int) -> set[str]:
    """Addresses that runs up to ``through_seq`` judged by, and none after."""
    old: set[str] = set()
    new: set[str] = set()
    for line in lines:
        if line.kind == "run":
            digests = line.body["digests"]
            named = {digests[name] for name in KEPT_INPUTS if name in digests}
            (old if line.seq <= through_seq else new).update(named)
    return old - new


def _remove_what_was_recorded(ledger_dir: Path, lines: Iterable[Line], now: datetime) -> None:
    for line in lines:
        if line.kind != KIND or line.body.get("scope") != SCOPE:
            continue
        left = [path for each in line.body["files"] if (path := ledger_dir / each["name"]).exists()]
        if not left:  # its inputs went too, and may have been kept again since
            continue
        drop_inputs(ledger_dir, line.body["inputs"], now=now)
        # oldest first: what is left after a kill is a whole chain that begins later
        for path in left:
            path.unlink()
        fsync_path(ledger_dir)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
