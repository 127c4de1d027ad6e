"""Revocations: a person takes back what the evidence grants, at once and until it is lifted.

A ``revoke`` line denies from the moment it is written. Every run line repeats those that stand, so
that a runtime needs to read no further back than the last run, and names the classes that have
taken the place of a revoked one. A lift is a ``revoke`` line that
supersedes one; it counts from the next run on.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dagster_project.ledger.anchor import Watch, watched
from dagster_project.ledger.canonical import timestamp
from dagster_project.ledger.ledger import Entry, Line, append_locked, last_line
from dagster_project.ledger.succession import Followers
from dagster_project.ledger.tail import since_last_run

KIND = "revoke"
# of a run line: revocations of classes that the registry no longer has. They deny nobody, for a
# runtime denies everything where a revocation names no class it knows; they stand if it comes back
GONE = "revoked_gone"
# written by other hands, an override takes back as well: nothing else may be read from it
DENYING = (KIND, "override")


@dataclass(frozen=True)
class Revocation:
    """``decision_class`` None: every class. ``seq``: of the line that revoked."""

    decision_class: str | None
    seq: int


def revoke(
    ledger_dir: Path,
    decision_class: str | None,
    *,
    reason: str,
    actor: str,
    time: datetime,
    watch: Watch,
) -> Line:
    """Append a revocation (None: of every class), durably. Raises LedgerError, OSError.

    A last line that is dated ahead delays no revocation: then it gets that line's time, and
    ``clock`` says what the clock said.
    """
    body: dict[str, Any] = {"decision_class": decision_class, "is_lifted": False}
    last = last_line(ledger_dir)
    if last is not None and timestamp(time) < last.time:
        body["clock"] = timestamp(time)
        time = datetime.fromisoformat(last.time)
    entry = Entry(KIND, reason, body)
    with watched(ledger_dir, watch, actor=actor, time=time):
        return append_locked(ledger_dir, [entry], actor=actor, time=time)[-1]


def lift(
    ledger_dir: Path,
    decision_class: str | None,
    *,
    reason: str,
    actor: str,
    time: datetime,
    watch: Watch,
) -> list[Line]:
    """Append one line per standing revocation of exactly this class (None: of those of every
    class); an empty list when there is none. Raises LedgerError, OSError."""
    with watched(ledger_dir, watch, actor=actor, time=time):
        body = {"decision_class": decision_class, "is_lifted": True}
        entries = [
            Entry(KIND, reason, body, supersedes=each.seq)
            for each in standing(ledger_dir)
            if each.decision_class == decision_class
        ]
        return append_locked(ledger_dir, entries, actor=actor, time=time)


def standing(ledger_dir: Path) -> list[Revocation]:
    """Revocations that no line lifted, oldest first. Raises LedgerError."""
    return still_standing(*since_last_run(ledger_dir))


def in_force(ledger_dir: Path) -> list[Revocation]:
    """What readers hold against the last run: a lift counts from the next one on. Raises
    LedgerError."""
    run, later = since_last_run(ledger_dir)
    return still_standing(run, [line for line in later if line.body.get("is_lifted") is not True])


def still_standing(run: Line | None, later: Iterable[Line]) -> list[Revocation]:
    """What the last run repeated, and what the lines after it added and lifted."""
    repeated: list[dict[str, Any]] = []
    if run:
        repeated = [*run.body.get("revoked", []), *run.body.get(GONE, [])]
    found = {Revocation(row["decision_class"], row["seq"]) for row in repeated}
    for line in later:
        if line.kind not in DENYING:
            continue
        name = line.body.get("decision_class")
        # what is no name was meant for some class, and nobody knows which
        known = name if isinstance(name, str) else None
        if line.body.get("is_lifted") is not True:
            found.add(Revocation(known, line.seq))
        elif line.supersedes is not None:
            found.discard(Revocation(known, line.supersedes))
    return sorted(found, key=_order)


def carried_on(
    found: Iterable[Revocation], heirs: Followers, classes: Collection[str]
) -> list[Revocation]:
    """The same for the ``classes`` of today: what took the place of a revoked class is revoked by
    the same line. A class that has gone without any stays as it is, until it is lifted."""
    rows = set()
    for each in found:
        names = heirs.get(each.decision_class or "", frozenset()).intersection(classes)
        rows |= {Revocation(name, each.seq) for name in names}
        if not names or each.decision_class in classes:
            rows.add(each)
    return sorted(rows, key=_order)


def in_run_line(
    rows: Iterable[Revocation], run: Line | None, had: Collection[str], classes: Collection[str]
) -> dict[str, list[dict[str, Any]]]:
    """``revoked`` and GONE of the next run line. ``had``: the classes that ``run``, the last one,
    had judged; ``classes``: those of today."""
    gone = {row["decision_class"] for row in run.body.get(GONE, [])} if run else set()
    gone = (gone | {*had}) - {*classes}
    split: dict[str, list[dict[str, Any]]] = {"revoked": [], GONE: []}
    for row in rows:
        split[GONE if row.decision_class in gone else "revoked"].append(vars(row))
    return split


def _order(row: Revocation) -> tuple[int, str]:
    return row.seq, row.decision_class or ""
