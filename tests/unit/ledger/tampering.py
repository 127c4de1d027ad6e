"""An anchored ledger, and every way of tampering with it; for the tests and ``make tamper``."""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from dagster_project.ledger.anchor import Watch
from dagster_project.ledger.ledger import Entry
from dagster_project.ledger.record import record_run
from dagster_project.ledger.verify import encode, line_hash, month_files

START = datetime(2026, 1, 20, 6, tzinfo=UTC)
CLASSES = ("crm.tag", "crm.route", "finance.refund")
DIGESTS = dict.fromkeys(("inputs", "code", "registry", "publication", "grants"), "0" * 64)
# appends in batches of three and says, after each, which line is durable
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from dagster_project.ledger.anchor import Watch, watched
from dagster_project.ledger.ledger import Entry, append_locked
folder, name, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for number in range(rounds):
    entries = [Entry("policy", f"{name} {number} {part}", {"pad": "x" * 3000}) for part in range(3)]
    now = datetime.now(UTC)
    with watched(folder, Watch(folder / "anchor.jsonl"), actor=name, time=now):
        lines = append_locked(folder, entries, actor=name, time=now)
    print(lines[-1].seq, lines[-1].hash, flush=True)
"""

Lines = list[dict[str, Any]]


@dataclass(frozen=True)
class Kept:
    """A ledger as bytes per month file, and its anchor."""

    months: dict[str, bytes]
    anchor: bytes

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for path in month_files(folder):
            path.unlink()
        for name, content in self.months.items():
            (folder / name).write_bytes(content)
        (folder / "anchor.jsonl").write_bytes(self.anchor)

    def lines(self) -> list[bytes]:
        return b"".join(self.months[name] for name in sorted(self.months)).splitlines()


def run(folder: Path, number: int, chance: random.Random, watch: Watch) -> None:
    """One day's run, with a few verdicts that change."""
    verdicts = [
        {
            "decision_class": name,
            "segment": "all",
            "gate": "data_fit",
            "verdict": chance.choice(("pass", "fail", "stale")),
            "is_blocked": False,
            "level": "surface",
            "cohort_id": "c1",
            "criteria": [{"id": "fresh", "verdict": "pass"}],
        }
        for name in CLASSES
    ]
    record_run(
        folder,
        as_of=date(2026, 1, 19) + timedelta(days=number),
        known_batch="20260330T050000000000Z",
        valid_until=START + timedelta(days=number + 2),
        digests=DIGESTS,
        verdicts=verdicts,
        actor="run:test",
        time=START + timedelta(days=number),
        watch=watch,
        events=[Entry("policy", "looser", {"n": number})] if chance.random() < 0.2 else (),
    )


def kept(folder: Path) -> Kept:
    months = {path.name: path.read_bytes() for path in month_files(folder)}
    return Kept(months, (folder / "anchor.jsonl").read_bytes())


def grown(folder: Path, runs: int, chance: random.Random) -> list[Kept]:
    """The ledger after each of its runs; more than twelve reach the next month."""
    history = []
    for number in range(runs):
        run(folder, number, chance, Watch(folder / "anchor.jsonl"))
        history.append(kept(folder))
    return history


def bit_flip(history: list[Kept], chance: random.Random) -> Kept:
    months = {name: bytearray(content) for name, content in history[-1].months.items()}
    content = months[chance.choice(sorted(months))]
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return Kept({name: bytes(each) for name, each in months.items()}, history[-1].anchor)


def _by_line(change: Callable[[list[bytes], random.Random], list[bytes]]) -> "Tampering":
    def tamper(history: list[Kept], chance: random.Random) -> Kept:
        return _filed(change(history[-1].lines(), chance), history[-1].anchor)

    return tamper


def _delete(lines: list[bytes], chance: random.Random) -> list[bytes]:
    place = chance.randrange(len(lines) - 1)
    return lines[:place] + lines[place + 1 :]


def _insert(lines: list[bytes], chance: random.Random) -> list[bytes]:
    """A line that fits what is before it, with a hash of its own."""
    place = chance.randrange(1, len(lines))
    before = json.loads(lines[place - 1])
    forged = before | {"seq": before["seq"] + 1, "prev": before["hash"], "reason": "put in"}
    return [*lines[:place], encode(forged | {"hash": line_hash(forged)}), *lines[place:]]


def _swap(lines: list[bytes], chance: random.Random) -> list[bytes]:
    """Of one month: across two, filing them by month would put them back."""
    months = [json.loads(raw)["time"][:7] for raw in lines]
    place = chance.choice([at for at in range(len(lines) - 1) if months[at] == months[at + 1]])
    return [*lines[:place], lines[place + 1], lines[place], *lines[place + 2 :]]


def _duplicate(lines: list[bytes], chance: random.Random) -> list[bytes]:
    place = chance.randrange(len(lines))
    return [*lines[:place], lines[place], *lines[place:]]


def _truncate(lines: list[bytes], chance: random.Random) -> list[bytes]:
    return lines[: chance.randrange(1, len(lines))]


def _rewrite(lines: list[bytes], chance: random.Random) -> list[bytes]:
    """Every line anew under another actor, and a few more at the end."""
    old = [json.loads(raw) | {"actor": f"run:{chance.random()}"} for raw in lines]
    more = [dict(old[-1]) for _ in range(chance.randrange(3))]
    return _resealed(old + more)


def _edit_verdict(lines: list[bytes], chance: random.Random) -> list[bytes]:
    """A verdict turned into a pass, and everything after it sealed anew."""
    loaded = [json.loads(raw) for raw in lines]
    bad = [
        line["body"]
        for line in loaded
        if line["kind"] == "verdict" and line["body"]["verdict"] != "pass"
    ]
    chance.choice(bad)["verdict"] = "pass"
    return _resealed(loaded)


def _clock_back(lines: list[bytes], chance: random.Random) -> list[bytes]:
    """Everything from a line on dated a day earlier, and sealed anew."""
    loaded = [json.loads(raw) for raw in lines]
    for line in loaded[chance.randrange(1, len(loaded)) :]:
        moment = datetime.fromisoformat(line["time"]) - timedelta(days=1)
        line["time"] = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return _resealed(loaded)


def old_ledger(history: list[Kept], chance: random.Random) -> Kept:
    return Kept(chance.choice(history[:-1]).months, history[-1].anchor)


def two_writers(history: list[Kept], chance: random.Random) -> Kept:
    """A second writer that saw an earlier end and did not wait: its line comes last."""
    lines = history[-1].lines()
    seen = json.loads(lines[chance.randrange(len(lines) - 1)])
    forged = json.loads(lines[-1]) | {"seq": seen["seq"] + 1, "prev": seen["hash"]}
    forged["supersedes"] = None
    last = encode(forged | {"hash": line_hash(forged)})
    return _filed([*lines, last], history[-1].anchor)


def forged_disposal(history: list[Kept], chance: random.Random) -> Kept:
    """The oldest lines cut out, behind a line at the end that says they went on purpose."""
    lines = history[-1].lines()
    place, last = chance.randrange(1, len(lines)), json.loads(lines[-1])
    end, ahead = json.loads(lines[place - 1]), chance.choice((0, 20))
    body = {"through_seq": end["seq"], "through_hash": end["hash"]}
    body |= chance.choice(({}, {"scope": "ledger", "years": 7, "files": [], "inputs": []}))
    forged = last | {"seq": last["seq"] + 1, "prev": last["hash"], "kind": "disposal"}
    forged |= {"body": body, "supersedes": None}
    forged["time"] = f"{int(last['time'][:4]) + ahead}{last['time'][4:]}"
    told = encode(forged | {"hash": line_hash(forged)})
    return _filed([*lines[place:], told], history[-1].anchor)


def _resealed(lines: Lines) -> list[bytes]:
    prev, sealed = "0" * 64, []
    for seq, line in enumerate(lines, start=1):
        line |= {"seq": seq, "prev": prev}
        line["hash"] = prev = line_hash(line)
        sealed.append(encode(line))
    return sealed


def _filed(lines: list[bytes], anchor: bytes) -> Kept:
    """Every line in the file of its month."""
    months: dict[str, bytes] = {}
    for raw in lines:
        name = f"ledger-{json.loads(raw)['time'][:7]}.jsonl"
        months[name] = months.get(name, b"") + raw + b"\n"
    return Kept(months, anchor)


Tampering = Callable[[list[Kept], random.Random], Kept]
TAMPERINGS: dict[str, Tampering] = {
    "bit_flip": bit_flip,
    "delete": _by_line(_delete),
    "insert": _by_line(_insert),
    "swap": _by_line(_swap),
    "duplicate": _by_line(_duplicate),
    "truncate": _by_line(_truncate),
    "rewrite": _by_line(_rewrite),
    "edited_verdict": _by_line(_edit_verdict),
    "old_ledger": old_ledger,
    "clock_back": _by_line(_clock_back),
    "two_writers": two_writers,
    "forged_disposal": forged_disposal,
}


def start_writer(folder: Path, name: str, rounds: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(folder), name, str(rounds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def kill_writers(folder: Path, kills: int, chance: random.Random) -> dict[int, str]:
    """Start a writer and kill it, again and again; seq → hash of what it said was durable."""
    acknowledged: dict[int, str] = {}
    for _ in range(kills):
        writer = start_writer(folder, "killed", 100_000)
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(chance.random() * 0.05)
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read()
        writer.wait()
        for line in (first + rest).splitlines(keepends=True):
            if line.endswith("\n"):
                seq, digest = line.split()
                acknowledged[int(seq)] = digest
    return acknowledged
