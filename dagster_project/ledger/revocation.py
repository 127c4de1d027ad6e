"""Revocations: a person takes back what the evidence grants, at once and until it is lifted.

A ``revoke`` line denies from the moment it is written. Every run line repeats those that stand, so
that a runtime needs to read no further back than the last run, and names the classes that have
taken the place of a revoked one. A lift is a ``revoke`` line that
supersedes one; it counts from the next run on.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dagster_project.ledger.anchor import Watch, watched
from dagster_project.ledger.canonical import timestamp
from dagster_project.ledger.ledger import Entry, Line, append_locked, last_line
from dagster_project.ledger.succession import followers
from dagster_project.ledger.tail import since_last_run

KIND = "revoke"
# of a run line: what denies; revocations of classes that the registry no longer has, which deny
# nobody (a runtime denies everything where a revocation names no class it knows) and stand if the
# class comes back; what was lifted under one name while the same line stands under another
REVOKED, GONE, LIFTED = "revoked", "revoked_gone", "revoked_lifted"
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
    """What readers hold against the last run, without those of classes that have gone; a lift
    counts from the next run on. Raises LedgerError."""
    run, later = since_last_run(ledger_dir)
    unlifted = [line for line in later if line.body.get("is_lifted") is not True]
    gone = _repeated(run, GONE)
    return [row for row in still_standing(run, unlifted) if row not in gone]


def held_against(rows: Iterable[Revocation], classes: Collection[str]) -> list[Revocation]:
    """Whom ``rows`` deny: a name that is none of ``classes`` was meant for some class, and nobody
    knows which, so it is one of every class."""
    known = {None: None} | {name: name for name in classes}
    return [Revocation(known.get(row.decision_class), row.seq) for row in rows]


def still_standing(run: Line | None, later: Iterable[Line]) -> list[Revocation]:
    """What the last run repeated, and what the lines after it added and lifted."""
    return sorted(_settled(run, later)[0], key=_order)


def of_today(
    run: Line | None,
    later: Sequence[Line],
    changes: Sequence[Mapping[str, Any]],
    had: Collection[str],
    classes: Collection[str],
) -> dict[str, list[Revocation]]:
    """What the next run line repeats: REVOKED, GONE and LIFTED.

    What took the place of a revoked class is revoked by the same line; the class itself stays so,
    or a change that is undone would free it. ``changes``: rows of ``taxonomy_changes``; ``had``:
    the classes that ``run``, the last one, had judged; ``classes``: those of today.
    """
    rows, lifted = _settled(run, later)
    known = {row.decision_class for row in _repeated(run, GONE)} | {*had}
    for each in sorted(rows, key=_order):
        # what follows a name under which the line was lifted is not reached through it
        led_on = [row for row in changes if Revocation(row["former_class"], each.seq) not in lifted]
        names = followers(led_on).get(each.decision_class or "", frozenset()).intersection(classes)
        rows |= {Revocation(name, each.seq) for name in names} - lifted
        known |= {each.decision_class} if names else set()
    gone = {row for row in rows if row.decision_class in known - {*classes}}
    standing_lines = {row.seq for row in rows}
    found = {
        REVOKED: rows - gone,
        GONE: gone,
        LIFTED: {row for row in lifted if row.seq in standing_lines},
    }
    return {key: sorted(each, key=_order) for key, each in found.items()}


def _settled(run: Line | None, later: Iterable[Line]) -> tuple[set[Revocation], set[Revocation]]:
    """What stands, and what was lifted."""
    found, lifted = _repeated(run, REVOKED) | _repeated(run, GONE), _repeated(run, LIFTED)
    for line in later:
        if line.kind not in DENYING:
            continue
        name = line.body.get("decision_class")
        # what is no name was meant for some class, and nobody knows which
        known = name if isinstance(name, str) else None
        if line.body.get("is_lifted") is not True:
            found.add(Revocation(known, line.seq))
            continue
        ended = found & {Revocation(known, line.supersedes or 0)}
        found -= ended
        lifted |= ended
    return found, lifted


def _repeated(run: Line | None, key: str) -> set[Revocation]:
    rows = run.body.get(key, []) if run else []
    return {Revocation(row["decision_class"], row["seq"]) for row in rows}


def _order(row: Revocation) -> tuple[int, str]:
    return row.seq, row.decision_class or ""
