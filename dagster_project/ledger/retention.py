"""Disposal of the oldest months once their time is over; the chain then begins behind them.

The ``disposal`` line comes first and names what goes, with the last hash that goes; a kill between
leaves files that the next call removes.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dagster_project.files import fsync_path
from dagster_project.ledger.anchor import Watch, watched
from dagster_project.ledger.inputs import KEPT_INPUTS, drop_inputs
from dagster_project.ledger.ledger import Entry, Line, append_locked, read
from dagster_project.ledger.tail import since_last_run
from dagster_project.ledger.verify import LEAST_YEARS, month_files, years_before

KIND, SCOPE = "disposal", "ledger"


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
        remove_what_was_recorded(ledger_dir, lines, time)
        months = expired_months(ledger_dir, years, time)
        if not months:
            return None
        old, left = _split(lines, months)
        end = old[-1]
        body = {
            "scope": SCOPE,
            "years": years,
            "through_seq": end.seq,
            "through_hash": end.hash,
            "files": [{"name": path.name, "sha256": _digest(path)} for path in months],
            "inputs": sorted(_named(old) - _named(left)),
        }
        entry = Entry(KIND, reason, body)
        line = append_locked(ledger_dir, [entry], actor=actor, time=time)[-1]
        remove_what_was_recorded(ledger_dir, [*lines, line], time)
        return line


def _split(lines: Iterable[Line], months: Iterable[Path]) -> tuple[list[Line], list[Line]]:
    """Those of ``months``, and all others."""
    names = {path.name for path in months}
    parts: tuple[list[Line], list[Line]] = ([], [])
    for line in lines:
        parts[f"ledger-{line.time[:7]}.jsonl" not in names].append(line)
    return parts


def _named(lines: Iterable[Line]) -> set[str]:
    """Addresses of what the runs among ``lines`` judged by."""
    found = [line.body["digests"] for line in lines if line.kind == "run"]
    return {digests[name] for digests in found for name in KEPT_INPUTS if name in digests}


def remove_what_was_recorded(ledger_dir: Path, lines: Sequence[Line], now: datetime) -> None:
    """Finish every disposal that ``lines``, which are all of the ledger, tell of.

    The caller holds the lock. Raises LedgerError, OSError; then call it again.
    """
    for line in lines:
        if line.kind != KIND or line.body.get("scope") != SCOPE:
            continue
        months = _recorded_months(ledger_dir, line.body, now)
        if not months:  # its inputs went too, and may have been kept again since
            continue
        recorded = {each for each in line.body.get("inputs", ()) if isinstance(each, str)}
        drop_inputs(ledger_dir, recorded - _named(_split(lines, months)[1]), now=now)
        # oldest first: what is left after a kill is a whole chain that begins later
        for path in months:
            path.unlink()
        fsync_path(ledger_dir)


def _recorded_months(ledger_dir: Path, body: Mapping[str, Any], now: datetime) -> list[Path]:
    """What is due anyway and as the line says: who wrote it by hand removes nothing else."""
    years, files = body.get("years"), body.get("files")
    if type(years) is not int or years < LEAST_YEARS or not isinstance(files, list):
        return []
    recorded = [(each.get("name"), each.get("sha256")) for each in files if isinstance(each, dict)]
    due = expired_months(ledger_dir, years, now)
    return [path for path in due if (path.name, _digest(path)) in recorded]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
