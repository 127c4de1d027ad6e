"""May the AI act alone on this decision class? Every doubt is a no.

One file of standard-library code that may be copied into an agent's runtime. It believes
``publish/grants.json`` only when its SHA-256 stands in the last ``run`` line of the verdict
ledger, the chain around that line is whole and ends no earlier than the anchor and
``publish/head.json`` remember, and the clock lies within the run's validity.

Longer than other files: it must stay one.
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
from typing import Any, NamedTuple, NoReturn

DELEGATED = ("delegate", "delegate_with_audit")
GENESIS = b"0" * 64
FILE_NAME = re.compile(r"ledger-\d{4}-\d\d\.jsonl", re.ASCII)
# What follows "body" in a canonical line. Quotes inside a text are escaped, so the last HASH_KEY
# of a line is its own and never one inside body or reason.
HASH_KEY = b',"hash":"'
HASH_MEMBER_BYTES = len(HASH_KEY) + 64 + 1
LINKS = re.compile(rb',"hash":"([0-9a-f]{64})","kind":"([a-z]+)","prev":"([0-9a-f]{64})",')
HASH = re.compile(r"[0-9a-f]{64}")
# as Decimal writes numbers; it also reads "1_000" and digits of other scripts, which are a doubt
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(E[+-]?[0-9]+)?", re.IGNORECASE)
# "time" is the last key of a line, and a quote inside a text is escaped
NEWEST_TIME = re.compile(rb'"time":"([^"\\]+)"}\n\Z')
MARKED = (b"run", b"revoke", b"override")
REASONS = {
    "granted": "the evidence lets this cohort act alone",
    "unknown_class": "no published map names this class",
    "unknown_segment": "the class has no such segment",
    "not_delegated": "the level is lower than delegation",
    "revoked": "taken back by a person",
    "cohort_required": "evidence belongs to a cohort; name the one that runs",
    "cohort_mismatch": "the evidence belongs to another cohort",
    "amount_required": "the grant has a limit; name the amount",
    "amount_above_limit": "the amount is above the limit",
    "currency_mismatch": "the grant is in another currency, or none was named",
    "expired": "no run has renewed it in time",
    "clock_before_run": "this clock is behind the run's",
    "ledger_ahead": "the ledger's last line is dated after this clock",
    "no_publication": "no grants.json is published",
    "no_ledger": "there is no ledger, or it is empty",
    "no_head": "the publish folder has no head.json",
    "no_anchor": "the anchor that is configured is gone or empty",
    "ledger_behind": "anchor or head remember a line that the ledger does not have",
    "not_in_ledger": "grants.json is not what the last run published",
    "ledger_broken": "the chain is damaged, or a writer is at work; ask again",
    "unreadable": "a file is there that cannot be understood",
    "bad_request": "the question cannot be understood",
}
# anchor and head hold lines of about 90 bytes; the newest is the last
MEMORY_BYTES = 4096
TIME_BYTES = 64  # "time" with its newline has 40
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
    newest_time: datetime  # of the ledger's last line
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


class _Proof(NamedTuple):
    """The last run line, marked lines after it, the time of the last line of all, and the hashes
    of all lines that were checked."""

    run: bytes
    later: list[_Mark]
    newest_time: str
    hashes: set[bytes]


_Stamp = tuple[tuple[str, int, int, int, int], ...]
_cache: dict[tuple[str, str, str], tuple[_Stamp, _State]] = {}


def may_act(
    decision_class: str,
    *,
    publish: Path,
    ledger: Path,
    anchor: Path | None = None,
    segment: str = "all",
    cohort: str | None = None,
    amount: Decimal | int | float | str | None = None,
    currency: str | None = None,
    now: datetime | None = None,
) -> Answer:
    """Whether ``cohort`` may act alone on ``decision_class`` in ``segment``, now. Never raises.

    ``anchor``: the file that ``[ledger] anchor`` names, where there is one. ``cohort``: the cohort
    id the runtime runs as; without it the answer is no. ``amount`` (in ``currency``) is required
    where the grant has a limit. The action itself is not checked here:
    the rest of the boundary is the runtime's to keep.
    """
    try:
        moment = now or datetime.now(UTC)
        texts = (decision_class, segment, cohort or "-", currency or "-")
        if not all(isinstance(text, str) and text for text in texts) or moment.tzinfo is None:
            raise _DeniedError("bad_request")
        wanted = _money(amount, currency)
        state = _trusted(Path(publish), Path(ledger), Path(anchor) if anchor else None)
        if moment < state.run_time:
            raise _DeniedError("clock_before_run")
        if moment > state.valid_until:
            raise _DeniedError("expired", until=_text(state.valid_until))
        grant = _find(state, decision_class, segment, cohort)
        if moment < state.newest_time:
            raise _DeniedError("ledger_ahead")
        return _within(grant, min(_time(grant["valid_until"]), state.valid_until), moment, wanted)
    except _DeniedError as denied:
        return denied.answer
    except Exception:  # whatever went wrong, the answer is no
        return Answer(False, "unreadable")


def _money(amount: object, currency: str | None) -> _Money:
    try:
        number = None if amount is None else _number(str(amount))
    except (InvalidOperation, ValueError):  # the latter also of an integer of 4,300 digits
        raise _DeniedError("bad_request") from None
    if number is not None and number < 0:
        raise _DeniedError("bad_request")
    return _Money(number, currency)


def _number(text: str) -> Decimal:
    """Raises ValueError, InvalidOperation, TypeError."""
    if not NUMBER.fullmatch(text):
        raise ValueError(text)
    return Decimal(text)


def _find(state: _State, decision_class: str, segment: str, cohort: str | None) -> dict[str, Any]:
    segments = state.levels.get(decision_class)
    if segments is None:
        raise _DeniedError("unknown_class")
    if segment not in segments:
        raise _DeniedError("unknown_segment")
    if state.revoked & {decision_class, None}:
        raise _DeniedError("revoked")
    grants = state.grants.get((decision_class, segment), [])
    if not grants:
        raise _DeniedError("not_delegated", segments[segment])
    if cohort is None:
        raise _DeniedError("cohort_required")
    matching = [grant for grant in grants if grant["cohort_id"] == cohort]
    if not matching or cohort == "*":
        raise _DeniedError("cohort_mismatch")
    # the published map and the grant must agree
    levels = {matching[0]["level"], segments[segment]}
    if len(matching) > 1 or not levels <= {*DELEGATED}:
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
        # a limit that is no number raises, which ends as `unreadable`
        if wanted.amount > _number(grant["amount_limit"]):
            raise _DeniedError("amount_above_limit", level, text)
    return Answer(True, "granted", level, text)


def _trusted(publish: Path, ledger: Path, anchor: Path | None) -> _State:
    """The state of all files, checked; kept while inode, size and times stay the same."""
    grants = publish / "grants.json"
    needed = [(grants, "no_publication"), (publish / "head.json", "no_head")]
    needed += [(anchor, "no_anchor")] if anchor else []
    stamp = _stamp(needed, ledger)
    key = (str(publish), str(ledger), str(anchor))
    kept = _cache.get(key)
    if kept and kept[0] == stamp:
        return kept[1]
    # before the ledger, which only grows: what they remember must be in it
    remembered = {_newest_hash(path) for path, _ in needed[1:]}
    proof = _last_run(ledger, [entry[0] for entry in stamp[len(needed) :]])
    if remembered - proof.hashes:
        raise _DeniedError("ledger_behind")
    content = grants.read_bytes()
    recorded = _json(proof.run)["body"]["digests"]["grants"]
    if hashlib.sha256(content).hexdigest() != recorded:
        raise _DeniedError("not_in_ledger")
    state = _read_grants(content, proof)
    settled = max(entry[3] for entry in stamp) < time.time_ns() - TICK_NS
    if settled and _stamp(needed, ledger) == stamp:
        _cache[key] = (stamp, state)
    return state


def _stamp(needed: Sequence[tuple[Path, str]], ledger: Path) -> _Stamp:
    """Name, inode, size, mtime, ctime of the needed files and every month file, oldest first."""
    for path, reason in needed:
        if not path.is_file() or not path.stat().st_size:
            raise _DeniedError(reason)
    entries = ledger.iterdir() if ledger.is_dir() else ()
    months = sorted(path for path in entries if FILE_NAME.fullmatch(path.name))
    stats = [(path.name, path.stat()) for path in (*(path for path, _ in needed), *months)]
    if not sum(found.st_size for _, found in stats[len(needed) :]):
        raise _DeniedError("no_ledger")
    if not all(stat.S_ISREG(found.st_mode) for _, found in stats):  # reading a pipe would hang
        raise _DeniedError("unreadable")
    return tuple((n, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for n, s in stats)


def _newest_hash(path: Path) -> bytes:
    """The hash on the last line of an anchor or a head."""
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - MEMORY_BYTES))
        entry = _json(stream.read().splitlines()[-1])
    if set(entry) != {"hash", "size"} or not HASH.fullmatch(entry["hash"]):
        raise _DeniedError("unreadable")
    found: bytes = entry["hash"].encode()
    return found


def _json(content: bytes) -> Any:
    """Raises ValueError also for a key that stands twice: other readers may take the other one."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(found := dict(pairs)) != len(pairs):
            raise ValueError("a key appears twice")
        return found

    return json.loads(content, object_pairs_hook=unique)


def _last_run(ledger: Path, names: Sequence[str]) -> _Proof:
    """The last run line and the marks after it, the chain checked from that line's month on."""
    marks: list[_Mark] = []
    hashes: set[bytes] = set()
    newest = ""
    for place in range(len(names) - 1, -1, -1):
        content = (ledger / names[place]).read_bytes()
        if content and not newest:
            found = NEWEST_TIME.search(content, max(0, len(content) - TIME_BYTES))
            newest = found[1].decode() if found else ""
        marks = [*_month(content, _last_hash(ledger, names[:place]), hashes), *marks]
        runs = [index for index, mark in enumerate(marks) if mark.kind == b"run"]
        if runs:
            return _Proof(marks[runs[-1]].raw, marks[runs[-1] + 1 :], newest, hashes)
    raise _DeniedError("not_in_ledger")


def _month(content: bytes, prev: bytes, hashes: set[bytes]) -> list[_Mark]:
    """The lines of the kinds in MARKED. Every line must follow the one before, ``prev`` first,
    and its bytes without the hash member must hash to what it says, which joins ``hashes``."""
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
        hashes.add(prev)
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


def _read_grants(content: bytes, proof: _Proof) -> _State:
    recorded, published = _json(proof.run), _json(content)
    if published["version"] != 1 or type(published["version"]) is not int:
        raise _DeniedError("unreadable")
    grants: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for grant in published["grants"]:
        grants.setdefault((grant["decision_class"], grant["segment"]), []).append(grant)
    until = (recorded["body"]["valid_until"], published["valid_until"])
    return _State(
        run_time=_time(recorded["time"]),
        newest_time=_time(proof.newest_time),
        valid_until=min(_time(text) for text in until),
        levels=published["levels"],
        grants=grants,
        revoked=_revoked(recorded["body"]["revoked"], proof.later, published["levels"]),
    )


def _revoked(
    repeated: Sequence[Mapping[str, Any]], later: Sequence[_Mark], levels: Mapping[str, Any]
) -> frozenset[str | None]:
    """What the run repeats and what was revoked since; a lift counts from the next run on.

    A name that the map does not hold was meant for some class, and nobody knows which.
    """
    since = [_json(mark.raw)["body"] for mark in later]
    rows = [*repeated, *(body for body in since if body.get("is_lifted") is not True)]
    names = [row.get("decision_class") for row in rows]
    return frozenset(name if name in levels else None for name in names)


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise _DeniedError("unreadable")
    return moment


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class _UsageError(Exception):
    pass


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _UsageError(message)


def main(
    argv: Sequence[str],
    *,
    publish: Path | None = None,
    ledger: Path | None = None,
    anchor: Path | None = None,
) -> int:
    """The command. Exit status 0 allowed, 1 denied, 2 wrong usage (also after ``--help``: nothing
    but a grant may look like one)."""
    parser = _parser(publish, ledger, anchor)
    try:
        options = vars(parser.parse_args(argv))
    except SystemExit:  # after --help
        return 2
    except _UsageError as error:
        return _wrong_usage(f"{error} (see --help)", "json" in argv or "--format=json" in argv)
    style = options.pop("format")
    answer = may_act(**options)
    if style == "json":
        explained = {**answer._asdict(), "meaning": REASONS[answer.reason]}
        said = json.dumps({"decision_class": options["decision_class"], **explained})
    else:
        word = "until" if answer.allowed else "at"
        until = f" {word} {answer.valid_until}" if answer.valid_until else ""
        level = f" ({answer.level}{until})" if answer.level else until
        word = "allowed" if answer.allowed else "denied"
        said = f"{word}: {answer.reason}{level}: {REASONS[answer.reason]}"
    sys.stdout.write(f"{said}\n")
    return 0 if answer.allowed else 1


def _parser(publish: Path | None, ledger: Path | None, anchor: Path | None) -> _Parser:
    home = Path(os.environ.get("PENSTOCK_HOME") or ".penstock")
    parser = _Parser(
        prog="penstock may-act",
        description="Answer a runtime: may it act alone? A doubt is a no.",
        epilog="Example: penstock may-act crm.tag_lead --cohort ID. Exit codes: 0 allowed, "
        "1 denied, 2 bad input or --help. `penstock` also takes --project, as every command.",
        allow_abbrev=False,
    )
    parser.add_argument("decision_class", metavar="CLASS")
    parser.add_argument("--segment", default="all", help="such as region=EU (default: all)")
    parser.add_argument("--cohort", help="the cohort id the agent runs as; without it: denied")
    parser.add_argument("--amount", help="money at stake, a decimal; needs --currency")
    parser.add_argument("--currency", help="such as EUR")
    parser.add_argument("--publish", type=Path, default=publish or home / "publish")
    parser.add_argument("--ledger", type=Path, default=ledger or home / "ledger")
    parser.add_argument("--anchor", type=Path, default=anchor, help="as [ledger] anchor says")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    return parser


def _wrong_usage(message: str, as_json: bool) -> int:
    if as_json:
        sys.stdout.write(json.dumps({"error": message, "details": [], "exit_code": 2}) + "\n")
    else:
        sys.stderr.write(f"penstock: {message}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
