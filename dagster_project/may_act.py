"""May the AI act alone on this decision class? Every doubt is a no.

One file of standard-library code that may be copied into an agent's runtime. It believes
``publish/grants.json`` only when its SHA-256 stands in the last ``run`` line of the verdict
ledger, the chain around that line is whole, and the clock lies within the run's validity.
"""

import argparse
import hashlib
import json
import os
import re
import stat
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

DELEGATED = ("delegate", "delegate_with_audit")
GENESIS = b"0" * 64
FILE_NAME = re.compile(r"ledger-\d{4}-\d\d\.jsonl")
# What follows "body" in a canonical line. Quotes inside a text are escaped, so the last HASH_KEY
# of a line is its own and never one inside body or reason.
HASH_KEY = b',"hash":"'
HASH_MEMBER_BYTES = len(HASH_KEY) + 64 + 1
LINKS = re.compile(rb',"hash":"([0-9a-f]{64})","kind":"([a-z]+)","prev":"([0-9a-f]{64})",')
MARKED = (b"run", b"revoke", b"override")
# a file changed again within one tick of the kernel's clock keeps its mtime
TICK_NS = 20_000_000


class Answer(NamedTuple):
    """``reason`` is ``granted`` or the code of the denial; ``valid_until`` is UTC ISO text."""

    allowed: bool
    reason: str
    level: str | None = None
    valid_until: str | None = None


class _DeniedError(Exception):
    def __init__(self, reason: str, level: str | None = None, until: str | None = None) -> None:
        super().__init__(reason)
        self.answer = Answer(False, reason, level, until)


class _State(NamedTuple):
    """What grants.json says once the ledger vouches for it."""

    run_time: datetime
    valid_until: datetime
    levels: Mapping[str, Mapping[str, str]]
    grants: Mapping[tuple[str, str], list[dict[str, Any]]]
    revoked: frozenset[str | None]  # None: a revocation that names no class holds for all


class _Money(NamedTuple):
    amount: Decimal | None
    currency: str | None


class _Mark(NamedTuple):
    kind: bytes
    raw: bytes


_Stamp = tuple[tuple[str, int, int, int, int], ...]
_cache: dict[tuple[str, str], tuple[_Stamp, _State]] = {}


def may_act(
    decision_class: str,
    *,
    publish: Path,
    ledger: Path,
    segment: str = "all",
    cohort: str | None = None,
    amount: Decimal | int | float | str | None = None,
    currency: str | None = None,
    now: datetime | None = None,
) -> Answer:
    """Whether ``cohort`` may act alone on ``decision_class`` in ``segment``, now. Never raises.

    ``cohort`` is the cohort id the runtime runs as; without it the answer is no. ``amount`` (in
    ``currency``) is required where the grant has a limit. The action itself is not checked here:
    the rest of the boundary is the runtime's to keep.
    """
    try:
        moment = now or datetime.now(UTC)
        texts = (decision_class, segment, cohort or "-", currency or "-")
        if not all(isinstance(text, str) and text for text in texts) or moment.tzinfo is None:
            raise _DeniedError("bad_request")
        wanted = _money(amount, currency)
        state = _trusted(Path(publish), Path(ledger))
        if moment < state.run_time:
            raise _DeniedError("clock_before_run")
        if moment > state.valid_until:
            raise _DeniedError("expired", until=_text(state.valid_until))
        grant = _find(state, decision_class, segment, cohort)
        return _within(grant, min(_time(grant["valid_until"]), state.valid_until), moment, wanted)
    except _DeniedError as denied:
        return denied.answer
    except Exception:  # whatever went wrong, the answer is no
        return Answer(False, "unreadable")


def _money(amount: object, currency: str | None) -> _Money:
    try:
        number = None if amount is None else Decimal(str(amount))
    except InvalidOperation:
        raise _DeniedError("bad_request") from None
    if number is not None and (not number.is_finite() or number < 0):
        raise _DeniedError("bad_request")
    return _Money(number, currency)


def _find(state: _State, decision_class: str, segment: str, cohort: str | None) -> dict[str, Any]:
    segments = state.levels.get(decision_class)
    if segments is None:
        raise _DeniedError("unknown_class")
    if segment not in segments:
        raise _DeniedError("unknown_segment")
    grants = state.grants.get((decision_class, segment), [])
    if not grants:
        raise _DeniedError("not_delegated", segments[segment])
    if state.revoked & {decision_class, None}:
        raise _DeniedError("revoked")
    if cohort is None:
        raise _DeniedError("cohort_required")
    matching = [grant for grant in grants if grant["cohort_id"] == cohort]
    if not matching or cohort == "*":
        raise _DeniedError("cohort_mismatch")
    if len(matching) > 1 or matching[0]["level"] not in DELEGATED:
        raise _DeniedError("unreadable")
    return matching[0]


def _within(grant: dict[str, Any], until: datetime, now: datetime, wanted: _Money) -> Answer:
    level, text = str(grant["level"]), _text(until)
    if now > until:
        raise _DeniedError("expired", level, text)
    if wanted.currency is not None and wanted.currency != grant["currency"]:
        raise _DeniedError("currency_mismatch", level, text)
    if grant["amount_limit"] is not None:
        if wanted.amount is None:
            raise _DeniedError("amount_required", level, text)
        if wanted.currency is None:
            raise _DeniedError("currency_mismatch", level, text)
        # ordering a Decimal NaN raises, which ends as `unreadable`
        if wanted.amount > Decimal(grant["amount_limit"]):
            raise _DeniedError("amount_above_limit", level, text)
    return Answer(True, "granted", level, text)


def _trusted(publish: Path, ledger: Path) -> _State:
    """The state of both files, checked; kept while inode, size and times stay the same."""
    grants = publish / "grants.json"
    stamp = _stamp(grants, ledger)
    key = (str(publish), str(ledger))
    kept = _cache.get(key)
    if kept and kept[0] == stamp:
        return kept[1]
    run, later = _last_run(ledger, [entry[0] for entry in stamp[1:]])
    content = grants.read_bytes()
    recorded = json.loads(run)["body"]["digests"]["grants"]
    if hashlib.sha256(content).hexdigest() != recorded:
        raise _DeniedError("not_in_ledger")
    state = _read_grants(content, run, later)
    settled = max(entry[3] for entry in stamp) < time.time_ns() - TICK_NS
    if settled and _stamp(grants, ledger) == stamp:
        _cache[key] = (stamp, state)
    return state


def _stamp(grants: Path, ledger: Path) -> _Stamp:
    """Name, inode, size, mtime, ctime of grants.json and every month file, oldest first."""
    if not grants.is_file():
        raise _DeniedError("no_publication")
    entries = ledger.iterdir() if ledger.is_dir() else ()
    months = sorted(path for path in entries if FILE_NAME.fullmatch(path.name))
    stats = [(path.name, path.stat()) for path in (grants, *months)]
    if not sum(found.st_size for _, found in stats[1:]):
        raise _DeniedError("no_ledger")
    if not all(stat.S_ISREG(found.st_mode) for _, found in stats):  # reading a pipe would hang
        raise _DeniedError("unreadable")
    return tuple((n, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for n, s in stats)


def _last_run(ledger: Path, names: Sequence[str]) -> tuple[bytes, list[_Mark]]:
    """The last run line and the marks after it, the chain checked from that line's month on."""
    marks: list[_Mark] = []
    for place in range(len(names) - 1, -1, -1):
        content = (ledger / names[place]).read_bytes()
        marks = [*_month(content, _last_hash(ledger, names[:place])), *marks]
        runs = [index for index, mark in enumerate(marks) if mark.kind == b"run"]
        if runs:
            return marks[runs[-1]].raw, marks[runs[-1] + 1 :]
    raise _DeniedError("not_in_ledger")


def _month(content: bytes, prev: bytes) -> list[_Mark]:
    """The lines of the kinds in MARKED. Every line must follow the one before, ``prev`` first,
    and its bytes without the hash member must hash to what it says."""
    marks: list[_Mark] = []
    view, start = memoryview(content), 0
    while start < len(content):
        end = content.find(b"\n", start)
        place = content.rfind(HASH_KEY, start, end)
        found = LINKS.match(content, place, end) if end > 0 < place else None
        if found is None or found[3] != prev:  # also torn, or a writer at work
            raise _DeniedError("ledger_broken")
        digest = hashlib.sha256(view[start:place])
        digest.update(view[place + HASH_MEMBER_BYTES : end])
        prev = found[1]
        if digest.hexdigest().encode() != prev:
            raise _DeniedError("ledger_broken")
        if found[2] in MARKED:
            marks.append(_Mark(found[2], content[start:end]))
        start = end + 1
    return marks


def _last_hash(ledger: Path, names: Sequence[str]) -> bytes:
    """What the first line of the month after ``names`` must name as the hash before it."""
    for name in reversed(names):
        if content := (ledger / name).read_bytes():
            found = LINKS.match(content, max(0, content.rfind(HASH_KEY)))
            return found[1] if found else b""
    return GENESIS


def _read_grants(content: bytes, run: bytes, later: Sequence[_Mark]) -> _State:
    recorded, published = json.loads(run), json.loads(content)
    if published["version"] != 1:
        raise _DeniedError("unreadable")
    grants: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for grant in published["grants"]:
        grants.setdefault((grant["decision_class"], grant["segment"]), []).append(grant)
    until = (recorded["body"]["valid_until"], published["valid_until"])
    return _State(
        run_time=_time(recorded["time"]),
        valid_until=min(_time(text) for text in until),
        levels=published["levels"],
        grants=grants,
        revoked=frozenset(json.loads(mark.raw)["body"].get("decision_class") for mark in later),
    )


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise _DeniedError("unreadable")
    return moment


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def main(argv: Sequence[str], *, publish: Path | None = None, ledger: Path | None = None) -> int:
    """The command. Exit status 0 allowed, 1 denied, 2 wrong usage (also after ``--help``: nothing
    but a grant may look like one)."""
    home = Path(os.environ.get("PENSTOCK_HOME") or ".penstock")
    parser = argparse.ArgumentParser(prog="penstock may-act", description=__doc__)
    parser.add_argument("decision_class", metavar="CLASS")
    parser.add_argument("--segment", default="all", help="for example region=EU (default: all)")
    parser.add_argument("--cohort", help="the cohort id the agent runs as; without it: denied")
    parser.add_argument("--amount", help="money at stake, a decimal; needs --currency")
    parser.add_argument("--currency", help="for example EUR")
    parser.add_argument("--publish", type=Path, default=publish or home / "publish")
    parser.add_argument("--ledger", type=Path, default=ledger or home / "ledger")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    try:
        options = vars(parser.parse_args(argv))
    except SystemExit:
        return 2
    style = options.pop("format")
    answer = may_act(**options)
    if style == "json":
        said = json.dumps({"decision_class": options["decision_class"], **answer._asdict()})
    else:
        until = f" until {answer.valid_until}" if answer.valid_until else ""
        level = f" ({answer.level}{until})" if answer.level else until
        said = f"{'allowed' if answer.allowed else 'denied'}: {answer.reason}{level}"
    sys.stdout.write(f"{said}\n")
    return 0 if answer.allowed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
