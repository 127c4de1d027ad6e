"""The record of one run: a ``verdict`` line for what changed, then the ``run`` line.

A run's lines are written together, the ``run`` line last; it says how many verdict lines directly
before it are its own. Verdict lines that no run line covers come from a run that died: they
count for nothing.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from dagster_project.files import write_durably
from dagster_project.ledger.anchor import Watch, anchor_change, watched
from dagster_project.ledger.canonical import canonical, plain
from dagster_project.ledger.inputs import keep_inputs, read_inputs
from dagster_project.ledger.ledger import STATE_NAME, Entry, Line, append_locked, read
from dagster_project.ledger.revocation import of_today
from dagster_project.ledger.tail import last_run, since_last_run
from dagster_project.names import GATES, VERDICTS

__all__ = [
    "RunRecord",
    "keep_inputs",
    "last_run",
    "latest_verdicts",
    "read_inputs",
    "record_run",
    "runs",
]

DIGESTS = frozenset({"inputs", "code", "registry", "publication", "grants"})
KEY = ("decision_class", "segment", "gate")
COMPARED = ("verdict", "is_blocked", "level", "cohort_id")

Key = tuple[str, str, str]
State = dict[Key, dict[str, Any]]


@dataclass(frozen=True)
class RunRecord:
    """Where the run stands, and what changed: (class, segment, gate, old, new verdict).

    old is None for a first verdict, new is None for one no longer due; they are equal when only
    is_blocked, level or cohort changed.
    """

    run_seq: int
    run_hash: str
    changed: list[tuple[str, str, str, str | None, str | None]]


def record_run(
    ledger_dir: Path,
    *,
    as_of: date,
    known_batch: str,
    valid_until: datetime,
    digests: Mapping[str, str],
    verdicts: Sequence[Mapping[str, Any]],
    actor: str,
    time: datetime,
    watch: Watch,
    events: Sequence[Entry] = (),
    taxonomy: Sequence[Mapping[str, Any]] = (),
) -> RunRecord:
    """Record a run durably, then tell anchor and head.

    ``verdicts``: one dict per due class x segment x gate with decision_class, segment, gate,
    verdict, is_blocked, level, cohort_id, criteria (list of dicts id, estimate, bound, n,
    threshold, verdict); decimals, no floats. ``digests``: inputs, code, registry, publication,
    grants. ``events``: what changed in the registry; written first. ``taxonomy``:
    rows of ``taxonomy_changes``, for revocations. Raises ValueError, LedgerError, OSError.
    """
    due = _checked(verdicts)
    if DIGESTS - digests.keys():
        raise ValueError(f"digests lack {sorted(DIGESTS - digests.keys())}")
    with watched(ledger_dir, watch, actor=actor, time=time) as last:
        run, later = since_last_run(ledger_dir)
        events = [*anchor_change(run, watch.anchor), *events]
        before = _state(ledger_dir)
        judged = {"as_of": as_of, "known_batch": known_batch}
        entries = _changed_entries(before, due, judged)
        after = _after(before, due, entries, (last.seq if last else 0) + len(events) + 1)
        body = {**judged, "valid_until": valid_until, "digests": dict(digests)}
        body |= _counted(before, due, entries, after)
        had, classes = {key[0] for key in before}, {key[0] for key in due}
        revoked = of_today(run, later, taxonomy, had, classes)
        body |= {key: [vars(row) for row in rows] for key, rows in revoked.items()}
        body["anchor"] = str(watch.anchor) if watch.anchor else None
        written = [*events, *entries, Entry("run", f"verdicts as of {as_of}", body)]
        line = append_locked(ledger_dir, written, actor=actor, time=time)[-1]
        write_durably(ledger_dir / STATE_NAME, _state_bytes(after))
    return RunRecord(line.seq, line.hash, _changes(before, due, entries))


def runs(ledger_dir: Path) -> Iterator[tuple[Line, list[Line]]]:
    """Every run line with its own verdict lines, oldest first. Raises LedgerError."""
    pending: list[Line] = []
    for line in read(ledger_dir):
        if line.kind == "verdict":
            pending.append(line)
            continue
        if line.kind == "run":
            count = line.body.get("verdict_lines", 0)
            yield line, pending[max(0, len(pending) - count) :]
        pending = []


def latest_verdicts(ledger_dir: Path) -> list[dict[str, Any]]:
    """The verdicts in force: KEY and COMPARED columns and the seq of their line, sorted by KEY."""
    return _rows(_state(ledger_dir))


def _checked(verdicts: Sequence[Mapping[str, Any]]) -> State:
    due: State = {}
    for given in verdicts:
        verdict = plain(given)
        if missing := {*KEY, *COMPARED, "criteria"} - verdict.keys():
            raise ValueError(f"a verdict lacks {', '.join(sorted(missing))}: {verdict}")
        key: Key = (verdict["decision_class"], verdict["segment"], verdict["gate"])
        if key in due:
            raise ValueError(f"two verdicts for {key}")
        if verdict["verdict"] not in VERDICTS or verdict["gate"] not in GATES:
            raise ValueError(f"{key}: no such gate or verdict: {verdict['verdict']}")
        if not isinstance(verdict["is_blocked"], bool):
            raise ValueError(f"{key}: is_blocked must be true or false")
        if not verdict["criteria"]:
            raise ValueError(f"{key}: a verdict without the criteria it stands on")
        due[key] = verdict
    return due


def _changed_entries(before: State, due: State, judged: Mapping[str, Any]) -> list[Entry]:
    entries = []
    for key, verdict in sorted(due.items()):
        old = before.get(key)
        changes = [
            f"{name}: {old[name]} to {verdict[name]}" if old else f"{name}: {verdict[name]}"
            for name in COMPARED
            if old is None or old[name] != verdict[name]
        ]
        if changes:
            reason = "; ".join(changes) if old else f"first verdict: {verdict['verdict']}"
            seq = old["seq"] if old else None
            entries.append(Entry("verdict", reason, {**verdict, **judged}, seq))
    return entries


def _counted(before: State, due: State, entries: Sequence[Entry], after: State) -> dict[str, Any]:
    return {
        "counts": dict(Counter(verdict["verdict"] for verdict in due.values())),
        "verdict_lines": len(entries),
        "withdrawn": sorted(before.keys() - due.keys()),
        "state_sha256": hashlib.sha256(_state_bytes(after)).hexdigest(),
    }


def _key(row: Mapping[str, Any]) -> Key:
    return row["decision_class"], row["segment"], row["gate"]


def _held(verdict: Mapping[str, Any], seq: int) -> dict[str, Any]:
    return {name: verdict[name] for name in (*KEY, *COMPARED)} | {"seq": seq}


def _after(before: State, due: State, entries: Sequence[Entry], first_seq: int) -> State:
    after = {key: row for key, row in before.items() if key in due}
    for seq, entry in enumerate(entries, start=first_seq):
        after[_key(entry.body)] = _held(entry.body, seq)
    return after


def _changes(
    before: State, due: State, entries: Sequence[Entry]
) -> list[tuple[str, str, str, str | None, str | None]]:
    keys = [_key(entry.body) for entry in entries] + sorted(before.keys() - due.keys())
    return [
        (*key, before.get(key, {}).get("verdict"), due.get(key, {}).get("verdict")) for key in keys
    ]


def _rows(state: State) -> list[dict[str, Any]]:
    return [row for _, row in sorted(state.items())]


def _state_bytes(state: State) -> bytes:
    return canonical(_rows(state))


def _state(ledger_dir: Path) -> State:
    """The verdicts in force: from the cache when the last run line vouches for it, else read."""
    run = last_run(ledger_dir)
    if run is None:
        return {}
    cache = ledger_dir / STATE_NAME
    content = cache.read_bytes() if cache.is_file() else b""
    if hashlib.sha256(content).hexdigest() == run.body.get("state_sha256"):
        return {_key(row): row for row in json.loads(content)}
    state: State = {}
    for line, verdict_lines in runs(ledger_dir):
        state |= {_key(own.body): _held(own.body, own.seq) for own in verdict_lines}
        for key in line.body.get("withdrawn", []):
            state.pop(tuple(key), None)
    return state
