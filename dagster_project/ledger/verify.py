"""Check a verdict ledger with nothing but Python: ``python verify.py LEDGER_DIR [--anchor FILE]``.

Standard library only and no import from the product, so that an auditor can run this one file.
Exit status: 0 whole, 1 problems found, 2 wrong usage. Whatever the files hold, it ends with one of
these. Longer than other files: it must stay one.
"""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

GENESIS = "0" * 64  # prev of the very first line
KINDS = frozenset(
    (
        *("run", "verdict", "signoff", "waiver", "policy"),
        *("override", "revoke", "disposal", "anchor", "note"),
    )
)
KEYS = frozenset(("seq", "prev", "time", "kind", "actor", "reason", "supersedes", "body", "hash"))
HASH = re.compile(r"[0-9a-f]{64}")
# fixed width, so that text order is time order
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
FILE_NAME = re.compile(r"ledger-\d{4}-\d\d\.jsonl", re.ASCII)
CLOCK_SLACK = timedelta(minutes=5)  # between the clock that wrote and the one that checks
LEAST_YEARS = 7  # no disposal may keep less
HEAD_NAME = "head.json"  # in the publish folder: one anchor line, the newest


class Problem(NamedTuple):
    """One fault: a code to act on, where it is (``file:line``), and what was seen."""

    code: str
    place: str
    detail: str


class LineError(ValueError):
    """One line is wrong by itself. ``code``: unreadable, not_canonical, wrong_keys, wrong_value,
    hash_mismatch."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


def month_files(ledger_dir: Path) -> list[Path]:
    """The month files, oldest first; empty when there is no folder."""
    if not ledger_dir.is_dir():
        return []
    return sorted(path for path in ledger_dir.iterdir() if FILE_NAME.fullmatch(path.name))


def encode(value: Mapping[str, Any]) -> bytes:
    """Canonical JSON of plain values: sorted keys, no blanks, UTF-8. ValueError for NaN."""
    text = json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    return text.encode("utf-8")


def line_hash(line: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON of ``line`` without its ``hash``."""
    rest = {key: value for key, value in line.items() if key != "hash"}
    return hashlib.sha256(encode(rest)).hexdigest()


def parse_line(raw: bytes) -> dict[str, Any]:
    """One line (without its newline) as a checked dict. Raises LineError."""
    line = _load(raw)
    if set(line) != KEYS:
        raise LineError("wrong_keys", f"keys are {sorted(line)}")
    if _canonical(line) != raw:
        raise LineError("not_canonical", "bytes differ from the canonical JSON of the same line")
    _check_values(line)
    if line_hash(line) != line["hash"]:
        raise LineError("hash_mismatch", f"the content hashes to {line_hash(line)}")
    return line


def begins_behind_disposal(paths: Sequence[Path]) -> bool | None:
    """Whether a ``disposal`` line says that what lay before the first line went on purpose.

    It names the last line that had to go, by number and hash: the one before the first, or, while
    its files are being removed, one that is still there. False: such a line is there, but no
    disposal of months, or the first line left is younger than the years it names; then what went
    may have been younger too.
    """
    seen: dict[int, str] = {}
    disposals: list[dict[str, Any]] = []
    first_time = ""
    for raw in (raw for path in paths for raw in _raw_lines(path)):
        try:
            line = parse_line(raw.removesuffix(b"\n"))
        except LineError:
            continue
        if not seen:
            seen[line["seq"] - 1], first_time = line["prev"], line["time"]
        seen[line["seq"]] = line["hash"]
        if line["kind"] == "disposal" and "through_seq" in line["body"]:
            disposals.append(line)
    named = [line for line in disposals if _is_named(line["body"], seen)]
    return any(_was_due(line, first_time) for line in named) if named else None


def _is_named(body: Mapping[str, Any], seen: Mapping[int, str]) -> bool:
    seq = body["through_seq"]
    return type(seq) is int and seq in seen and seen[seq] == body.get("through_hash")


def _was_due(line: Mapping[str, Any], first_time: str) -> bool:
    """The first line left lies in a month that itself ended the years before the disposal."""
    years = line["body"].get("years")
    if line["body"].get("scope") != "ledger" or type(years) is not int or years < LEAST_YEARS:
        return False
    return first_time[:7] < years_before(line["time"][:7], years)


def years_before(month: str, years: int) -> str:
    """``YYYY-MM`` that many years earlier."""
    return f"{int(month[:4]) - years:04d}{month[4:]}"


def verify(
    ledger_dir: Path,
    anchor: Path | None = None,
    publication: Path | None = None,
    *,
    now: datetime | None = None,
) -> list[Problem]:
    """Every fault of the chain; an empty list means whole.

    ``anchor``: the file of ``{"hash", "size"}`` lines written after every run (size = number of
    lines). ``publication``: a publish folder; its head.json is held against the chain as the anchor
    is, and a run line must name its grants.json and the release in use. ``now``: the clock that
    no line may be ahead of; None: this machine's.
    """
    try:
        return _verify(ledger_dir, anchor, publication, now or datetime.now(UTC))
    except OSError as error:  # a folder that cannot be listed, a file that went meanwhile
        return [Problem("unreadable", str(error.filename or ledger_dir), str(error))]


def _verify(
    ledger_dir: Path, anchor: Path | None, publication: Path | None, now: datetime
) -> list[Problem]:
    grants, head, pointer = (
        publication / name if publication else None
        for name in ("grants.json", HEAD_NAME, "current.json")
    )
    anchors, problems = _read_anchor(anchor)
    heads, unreadable = _read_anchor(head)
    walk = _Walk([(anchor, anchors), (head, heads)], [*problems, *unreadable])
    walk.paths = month_files(ledger_dir)
    for path in walk.paths:
        walk.file(path)
    problems = walk.problems
    witness = next((path for path in (anchor, head, grants, pointer) if _has_content(path)), None)
    if walk.seq == 0 and not problems and witness:
        problems.append(
            Problem("ledger_missing", str(ledger_dir), f"{witness} shows there was one")
        )
    limit = _time_text(now + CLOCK_SLACK)
    if walk.time > limit:
        problems.append(Problem("time_ahead", walk.place, f"{walk.time} is after {limit}"))
    for memory, sizes in walk.memories:
        for size in sorted(size for size in sizes if size > walk.seq):
            problems.append(Problem("truncated", str(memory), f"{size} lines once, {walk.seq} now"))
    if anchor and walk.published and not anchors:
        problems.append(Problem("anchor_missing", str(anchor), "runs are recorded, no anchor is"))
    if _has_content(grants) and not heads:
        problems.append(Problem("head_missing", str(head), "grants are published without it"))
    return problems + _unrecorded(grants, pointer, walk.published)


def _time_text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _has_content(path: Path | None) -> bool:
    return path is not None and path.is_file() and path.stat().st_size > 0


def _unrecorded(grants: Path | None, pointer: Path | None, published: set[str]) -> list[Problem]:
    """What is published and stands in no run line."""
    problems = []
    if grants and grants.is_file():
        digest = hashlib.sha256(grants.read_bytes()).hexdigest()
        if digest not in published:
            problems.append(Problem("publication_not_in_ledger", str(grants), digest))
    if pointer and pointer.is_file():
        try:
            digest = str(json.loads(pointer.read_bytes())["manifest_sha256"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            digest = f"unreadable: {error}"
        if digest not in published:
            problems.append(Problem("publication_not_in_ledger", str(pointer), digest))
    return problems


Sizes = dict[int, str]


class _Walk:
    """One pass over all lines, carrying what the next line has to fit."""

    def __init__(self, memories: list[tuple[Path | None, Sizes]], problems: list[Problem]) -> None:
        self.memories = memories
        self.problems = problems
        self.published: set[str] = set()
        self.paths: list[Path] = []
        self.seq, self.hash, self.time, self.place = 0, GENESIS, "", ""

    def file(self, path: Path) -> None:
        if not path.is_file():  # reading a pipe would hang, a device never end
            self.problems.append(Problem("unreadable", path.name, "no regular file"))
            return
        try:
            self._lines(path)
        except OSError as error:
            self.problems.append(Problem("unreadable", path.name, str(error)))

    def _lines(self, path: Path) -> None:
        for number, raw in enumerate(_raw_lines(path), start=1):
            place = f"{path.name}:{number}"
            if not raw.endswith(b"\n"):
                self.problems.append(Problem("torn_tail", place, f"{len(raw)} bytes, no newline"))
            try:
                line = parse_line(raw.removesuffix(b"\n"))
            except LineError as error:
                self.problems.append(Problem(error.code, place, error.detail))
                if error.code != "hash_mismatch":
                    continue
                line = _load(raw.removesuffix(b"\n"))
            self._follow(line, place, path.name)

    def _follow(self, line: dict[str, Any], place: str, name: str) -> None:
        say = self.problems.append
        if self.seq == 0 and line["seq"] > 1:
            self._begin(line, place)
        if line["prev"] != self.hash:
            say(Problem("broken_link", place, f"prev {line['prev']}, before it {self.hash}"))
        if line["seq"] != self.seq + 1:
            say(Problem("seq_gap", place, f"seq {line['seq']} after {self.seq}"))
        if line["time"] < self.time:
            say(Problem("time_back", place, f"{line['time']} after {self.time}"))
        if name != f"ledger-{line['time'][:7]}.jsonl":
            say(Problem("wrong_month", place, f"time {line['time']}"))
        for memory, sizes in self.memories:
            if sizes.get(line["seq"], line["hash"]) != line["hash"]:
                say(Problem("rewritten", place, f"{memory} says {sizes[line['seq']]}"))
        self.seq, self.hash, self.time = line["seq"], line["hash"], line["time"]
        self.place = place
        if line["kind"] == "run":
            digests = line["body"].get("digests")
            if isinstance(digests, dict):
                self.published |= {str(digests.get(name)) for name in ("grants", "publication")}

    def _begin(self, line: dict[str, Any], place: str) -> None:
        """Behind a disposal the chain begins later; what is remembered of its end must agree."""
        is_due = begins_behind_disposal(self.paths)
        if is_due is None:
            return
        self.seq, self.hash = line["seq"] - 1, line["prev"]
        if not is_due:
            detail = f"lines to {self.seq} went, and {line['time']} is not old enough for that"
            self.problems.append(Problem("disposed_too_early", place, detail))
        for memory, sizes in self.memories:
            if sizes.get(self.seq, self.hash) != self.hash:
                self.problems.append(Problem("rewritten", place, f"{memory} says otherwise"))


def _raw_lines(path: Path) -> Iterator[bytes]:
    if path.is_file():
        with path.open("rb") as stream:
            yield from stream


def _read_anchor(anchor: Path | None) -> tuple[Sizes, list[Problem]]:
    """Size → hash of every anchor line; a line that cannot be read is a problem, not a gap."""
    sizes: Sizes = {}
    problems: list[Problem] = []
    if anchor is None or not anchor.is_file():
        return sizes, problems
    for number, raw in enumerate(_raw_lines(anchor), start=1):
        place = f"{anchor.name}:{number}"
        try:
            size, digest = anchor_entry(raw)
        except ValueError as error:
            problems.append(Problem("anchor_unreadable", place, str(error)))
            continue
        if sizes.setdefault(size, digest) != digest:
            problems.append(Problem("anchor_contradiction", place, f"two hashes for {size} lines"))
    return sizes, problems


def anchor_entry(raw: bytes) -> tuple[int, str]:
    """``(size, hash)`` of one anchor line. Raises ValueError."""
    entry = _load(raw)
    if set(entry) != {"size", "hash"}:
        raise ValueError("an anchor line holds size and hash")
    size, digest = entry["size"], entry["hash"]
    if type(size) is not int or size < 1 or not _is_hash(digest):
        raise ValueError("size must be a count of lines, hash 64 hex digits")
    return size, digest


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and HASH.fullmatch(value) is not None


def _canonical(line: Mapping[str, Any]) -> bytes:
    try:
        return encode(line)
    # half of a surrogate pair, written as an escape; nested deeper than can be written
    except (UnicodeEncodeError, RecursionError) as error:
        raise LineError("unreadable", str(error)) from error


def _is_time(value: object) -> bool:
    if not isinstance(value, str) or not TIME.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:  # no such day
        return False
    return True


def _load(raw: bytes) -> dict[str, Any]:
    try:
        line = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_unique, parse_float=_no, parse_constant=_no
        )
    except (ValueError, RecursionError) as error:
        raise LineError("unreadable", str(error)) from error
    if not isinstance(line, dict):
        raise LineError("unreadable", "not a JSON object")
    return line


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice")
    return found


def _no(text: str) -> None:
    raise ValueError(f"{text}: decimals are written as strings")


def _check_values(line: dict[str, Any]) -> None:
    good = {
        "seq": type(line["seq"]) is int and line["seq"] >= 1,
        "prev": _is_hash(line["prev"]),
        "hash": _is_hash(line["hash"]),
        "time": _is_time(line["time"]),
        "kind": isinstance(line["kind"], str) and line["kind"] in KINDS,
        "actor": isinstance(line["actor"], str) and bool(line["actor"]),
        "reason": isinstance(line["reason"], str) and bool(line["reason"]),
        "supersedes": line["supersedes"] is None
        or (
            type(line["supersedes"]) is type(line["seq"]) is int
            and 0 < line["supersedes"] < line["seq"]
        ),
        "body": isinstance(line["body"], dict),
    }
    wrong = sorted(key for key, is_good in good.items() if not is_good)
    if wrong:
        raise LineError("wrong_value", ", ".join(wrong))


def main(argv: list[str]) -> int:
    """Print one line per problem, or what was found whole."""
    parser = argparse.ArgumentParser(prog="verify.py", description="Check a verdict ledger.")
    parser.add_argument("ledger", type=Path)
    parser.add_argument("--anchor", type=Path, help="file of size and hash lines kept elsewhere")
    parser.add_argument("--publish", type=Path, help="publish folder to hold against the ledger")
    options = parser.parse_args(argv)
    if not options.ledger.is_dir():
        parser.error(f"{options.ledger}: no such folder")
    problems = verify(options.ledger, options.anchor, options.publish)
    for problem in problems:
        said = f"{problem.code} {problem.place} {problem.detail}\n"
        # a terminal may not know every letter of a damaged file
        sys.stdout.write(said.encode("ascii", "backslashreplace").decode("ascii"))
    if not problems:
        lines = sum(1 for path in month_files(options.ledger) for _ in _raw_lines(path))
        months = len(month_files(options.ledger))
        sys.stdout.write(f"whole: {lines} lines in {months} month files\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
