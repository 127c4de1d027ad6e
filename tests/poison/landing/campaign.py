"""``make poison``: every class of bad lines and files, mutated lines, both ways of reading.

Prints its counts; ends with an error when a unit is lost, misjudged or read differently by
columns and line by line. The tests run a small version.
"""

import gzip
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from json_suite import CASES, REFUSED
from landing_world import EVENTS
from poison_lines import BLANK, CLASSES, LANDED, Dice, good

from dagster_project.landing.columnar import reader, start
from dagster_project.landing.land import land
from dagster_project.settings import load_project

VARIANTS = 20
MUTATED = 100_000
BLOCK = 5_000
ONE_BY_ONE = 1 << 60
Outcome = dict[int, str]


def main() -> int:
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        lines = classes(Path(folder) / "classes", VARIANTS, wrong)
        print(f"{len(CLASSES)} classes of lines x {VARIANTS}: {lines} lines", flush=True)
        lines += suite(Path(folder) / "suite", wrong)
        print(f"{len(CASES)} cases of JSON parsing", flush=True)
        made = files(Path(folder) / "files", VARIANTS, wrong)
        print(f"{len(FILES)} classes of files x {VARIANTS}: {made} files", flush=True)
        seen: Counter[str] = Counter()
        for block in range(MUTATED // BLOCK):
            seen += mutated(Path(folder) / f"mutated{block}", block, BLOCK, wrong)
            print(f"{seen.total()} mutated lines: {dict(seen.most_common())}", flush=True)
        lines += seen.total()
    print(*(f"WRONG {sentence}\n" for sentence in wrong[:50]), sep="", end="")
    print(f"RESULT poison_classes={len(CLASSES) + len(FILES)}")
    print(f"RESULT poison_cases={len(CASES)}")
    print(f"RESULT poison_files={made}")
    print(f"RESULT poison_lines={lines}")
    print(f"RESULT poison_wrong={len(wrong)}")
    print(f"RESULT poison_lost={sum('lost' in sentence for sentence in wrong)}")
    return 1 if wrong else 0


def classes(folder: Path, variants: int, wrong: list[str]) -> int:
    """All classes in one file, each bad line among good ones of one shape."""
    dice = random.Random(1)
    lines: list[tuple[bytes, str, str]] = []
    for name, (make, outcome) in CLASSES.items():
        for _ in range(variants):
            lines.append((good(dice), "good", LANDED))
            lines.append((make(dice), name, outcome))
    dice.shuffle(lines)
    lines.insert(0, (good(dice), "good", LANDED))  # a BOM in the first line is none of the classes
    judge(folder, lines, wrong)
    return len(lines)


def suite(folder: Path, wrong: list[str]) -> int:
    """The cases of ``json_suite`` among good lines."""
    dice = random.Random(2)
    lines = [(good(dice), "good", LANDED) for _ in range(200)]
    for name, (line, outcome) in CASES.items():
        lines += [(line, name, outcome), (good(dice), "good", LANDED)]
    judge(folder, lines, wrong)
    return len(lines)


def judge(folder: Path, lines: list[tuple[bytes, str, str]], wrong: list[str]) -> None:
    """Every line's outcome against its oracle."""
    found = both_ways(folder, [line for line, _, _ in lines], wrong)
    for place, (_, name, expected) in enumerate(lines, 1):
        got = found.get(place, "lost")
        if got != expected and not (expected == REFUSED and got not in (LANDED, BLANK, "lost")):
            wrong.append(f"{name}, line {place}: {expected} expected, {got}")


def mutated(folder: Path, seed: int, count: int, wrong: list[str]) -> Counter[str]:
    """Outcomes of ``count`` damaged lines, among as many good ones.

    What lands must be an object with single keys to Python's own reader.
    """
    dice = random.Random(1000 + seed)
    lines = [(good(dice), False) for _ in range(count)]
    lines += [(damage(dice, good(dice)).replace(b"\n", b" "), True) for _ in range(count)]
    dice.shuffle(lines)
    found = both_ways(folder, [line for line, _ in lines], wrong)
    seen: Counter[str] = Counter()
    for place, (line, is_damaged) in enumerate(lines, 1):
        got = found.get(place, "lost")
        if got == "lost" or (got == LANDED and not is_single(line)):
            wrong.append(f"mutated {seed}, line {place}: {got}: {line!r}")
        if not is_damaged and got != LANDED:
            wrong.append(f"mutated {seed}, line {place}: a good line was {got}")
        seen[got] += is_damaged
    return +seen


def is_single(line: bytes) -> bool:
    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in members}) != len(members):
            raise ValueError("twice")
        return dict(members)

    def refuse(text: str) -> None:
        raise ValueError(text)

    try:
        record = json.loads(line, object_pairs_hook=pairs, parse_constant=refuse)
        return isinstance(record["id"], str) and isinstance(record["at"], str)
    except (ValueError, KeyError, TypeError):
        return line.startswith(b"\xef\xbb\xbf")


def damage(dice: Dice, line: bytes) -> bytes:
    for _ in range(dice.randint(1, 3)):
        at, to = sorted((dice.randrange(len(line) + 1), dice.randrange(len(line) + 1)))
        byte = bytes([dice.choice(b'",:{}[]\\ \r\t\x00\xff\xc3n0e-.' + dice.randbytes(4))])
        line = dice.choice(
            [
                line[:at] + line[at + 1 :],
                line[:at] + byte + line[at:],
                line[:at] + byte + line[at + 1 :],
                line[:at] + line[at:to] + line[at:],
                line[:at] + line[to:],
            ]
        )
    return line


def both_ways(folder: Path, lines: list[bytes], wrong: list[str]) -> Outcome:
    """Outcome by place, read by columns; the other way must give the same."""
    content = b"\n".join(lines) + b"\n"
    found = []
    for least in (2, ONE_BY_ONE):
        with least_lines(least):
            found.append(outcome(folder / str(least), content, wrong))
    if found[0] != found[1]:
        wrong.append(f"{folder.name}: by columns and line by line differ")
    outcomes: Outcome = {row["_place"]: LANDED for row in found[0]["landed"]}
    for row in found[0]["quarantined"]:
        if outcomes.setdefault(row["place"], row["reason_code"]) == LANDED:
            wrong.append(f"{folder.name}: line {row['place']} landed and quarantined")
    for place, line in enumerate(lines, 1):
        if not line.strip(b" \t\r"):
            outcomes.setdefault(place, BLANK)
    if len(outcomes) != found[0]["counts"][0]:
        wrong.append(f"{folder.name}: {found[0]['counts']} counted, {len(outcomes)} found: lost")
    return outcomes


@contextmanager
def least_lines(number: int) -> Iterator[None]:
    """Fewer lines than this in a piece are read one by one."""
    before = reader.LEAST_LINES, start.WORTH_LINES
    reader.LEAST_LINES, start.WORTH_LINES = number, 0
    try:
        yield
    finally:
        reader.LEAST_LINES, start.WORTH_LINES = before


def outcome(folder: Path, content: bytes, wrong: list[str]) -> dict[str, Any]:
    """Rows, quarantine and counts of one landing."""
    project = company(folder)
    (folder / "data/a.jsonl").write_bytes(content)
    (report,) = land(project, [EVENTS], now=datetime(2026, 3, 1, tzinfo=UTC)).files
    counts = (
        report.unit_count,
        report.landed_count,
        report.quarantined_count,
        report.blank_count,
    )
    if counts[0] != sum(counts[1:]) or counts[0] != content.count(b"\n"):
        wrong.append(f"{folder}: {counts} do not add up: lost")
    (entry,) = (project.landing / "_files").glob("*.json")
    return {
        "counts": counts,
        "landed": rows(project.landing, "desk__events/*.parquet"),
        "quarantined": rows(project.landing, "_quarantine/*.parquet"),
        "undeclared": json.loads(entry.read_bytes())["undeclared_keys"],
    }


def rows(landing: Path, pattern: str) -> list[dict[str, Any]]:
    return [row for path in landing.glob(pattern) for row in pq.read_table(path).to_pylist()]


def company(folder: Path) -> Any:
    os.environ.pop("PENSTOCK_HOME", None)
    (folder / "data").mkdir(parents=True)
    (folder / "penstock.toml").write_text("[landing]\nsettle_seconds = 0\n")
    return load_project(folder)


def packed(dice: Dice) -> bytes:
    return gzip.compress(many(dice))


def zstd(dice: Dice) -> bytes:
    return bytes(pa.compress(many(dice), codec="zstd", asbytes=True))


def many(dice: Dice) -> bytes:
    return b"".join(good(dice) + b"\n" for _ in range(dice.randint(50, 150)))


def cut_off(make: Callable[[Dice], bytes], least: int) -> Callable[[Dice], bytes]:
    def made(dice: Dice) -> bytes:
        whole = make(dice)
        return whole[: dice.randrange(least, len(whole) - 1)]

    return made


FILES: dict[str, tuple[str, Callable[[Dice], bytes], str]] = {
    "gz_truncated": ("a.jsonl.gz", cut_off(packed, 3), "truncated"),
    "gz_second_member_cut": (
        "a.jsonl.gz",
        lambda d: packed(d) + cut_off(packed, 3)(d),
        "truncated",
    ),
    "gz_garbage_behind": (
        "a.jsonl.gz",
        lambda d: packed(d) + b"x" + d.randbytes(9),
        "trailing_garbage",
    ),
    "gz_checksum_wrong": ("a.jsonl.gz", lambda d: packed(d)[:-8] + b"\0" * 8, "corrupt"),
    "gz_of_nothing": ("a.jsonl.gz", lambda d: b"", "truncated"),
    "gz_is_plain": ("a.jsonl.gz", many, "wrong_extension"),
    "gz_is_zstd": ("a.jsonl.gz", zstd, "wrong_extension"),
    "zst_truncated": ("a.jsonl.zst", cut_off(zstd, 9), "truncated"),
    "zst_garbage_behind": (
        "a.jsonl.zst",
        lambda d: zstd(d) + b"x" + d.randbytes(9),
        "trailing_garbage",
    ),
    "zst_is_gz": ("a.jsonl.zst", packed, "wrong_extension"),
    "zst_of_nothing": ("a.jsonl.zst", lambda d: b"", "truncated"),
    "plain_is_gz": ("a.jsonl", packed, "wrong_extension"),
    "plain_is_zip": ("a.jsonl", lambda d: b"PK\x03\x04" + many(d), "wrong_extension"),
    "plain_is_parquet": ("a.jsonl", lambda d: b"PAR1" + many(d), "wrong_extension"),
    "utf16_little": (
        "a.jsonl",
        lambda d: b"\xff\xfe" + many(d).decode().encode("utf-16-le"),
        "utf16",
    ),
    "utf16_big": ("a.jsonl", lambda d: b"\xfe\xff" + many(d).decode().encode("utf-16-be"), "utf16"),
    "two_members": ("a.jsonl.gz", lambda d: packed(d) + packed(d), LANDED),
    "gz": ("a.jsonl.gz", packed, LANDED),
    "zst": ("a.jsonl.zst", zstd, LANDED),
    "bom": ("a.jsonl", lambda d: b"\xef\xbb\xbf" + many(d), LANDED),
    "no_final_newline": ("a.jsonl", lambda d: many(d)[:-1], LANDED),
    "crlf": ("a.jsonl", lambda d: many(d).replace(b"\n", b"\r\n"), LANDED),
}


def files(folder: Path, variants: int, wrong: list[str]) -> int:
    """Whole files: all of it lands, or nothing and the books say why."""
    dice = random.Random(3)
    for name, (file_name, make, expected) in FILES.items():
        for number in range(variants):
            home = folder / name / str(number)
            project = company(home)
            (home / "data" / file_name).write_bytes(make(dice))
            source = replace(EVENTS, location=f"data/{file_name}")
            (report,) = land(project, [source], now=datetime(2026, 3, 1, tzinfo=UTC)).files
            got = report.reason or report.status
            landed = len(rows(project.landing, "desk__events/*.parquet"))
            if got != expected or landed != report.landed_count:
                wrong.append(f"{name} {number}: {expected} expected, {got}; {landed} rows")
            if expected == LANDED and not landed == report.unit_count >= 50:
                wrong.append(f"{name} {number}: {landed} of {report.unit_count} landed: lost")
    return len(FILES) * variants


if __name__ == "__main__":
    began = time.perf_counter()
    status = main()
    print(f"{time.perf_counter() - began:.0f} s")
    sys.exit(status)
