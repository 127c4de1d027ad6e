"""``make bench-landing``: landing against DuckDB's own typed reader, in the same run.

The file: JSON Lines of about 450 bytes, the native ``decisions`` stream, seeded. The named
alternative is what a script without Penstock would do: ``read_json`` with the same column types
into one zstd Parquet file. It checks nothing, counts nothing and hashes nothing.

Every measurement is a process of its own; the two take turns, and the median counts.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dagster_project.contracts.sources import Column, SourceTable
from dagster_project.contracts.streams import stream

RUNS = 3
LEAST_RATIO = 0.65
LEAST_RATIO_MALFORMED = 0.40
MOST_MEGABYTES = 2048
MALFORMED_EVERY = 1000
BLOCK_LINES = 20_000
START = datetime(2026, 1, 1, tzinfo=UTC)
COLUMNS = tuple(Column(c.name, c.data_type) for c in stream("decisions").columns)


def main() -> int:
    options = parse()
    if options.child:
        return CHILDREN[options.child](Path(options.folder))
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        if options.big:
            return big(Path(folder), options.gigabytes)
        return compare(Path(folder), options.lines)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=3_000_000)
    parser.add_argument("--folder", help="where the files are made; three times their size")
    parser.add_argument("--big", action="store_true", help="peak memory on one large file alone")
    parser.add_argument("--gigabytes", type=float, default=10)
    parser.add_argument("--child", choices=sorted(CHILDREN), help=argparse.SUPPRESS)
    return parser.parse_args()


def compare(folder: Path, lines: int) -> int:
    """Clean, malformed and gz; true to its bars."""
    clean = race(prepare(folder / "clean", lines, every=0), "clean", lines)
    print(f"RESULT landing_ratio={clean.ratio:.2f}")
    print(f"RESULT landing_lines_per_second={lines / clean.penstock:.0f}")
    print(f"RESULT landing_peak_mb={clean.peak:.0f}", flush=True)
    packed = race(pack(folder / "clean"), "gz", lines)
    print(f"RESULT landing_ratio_gz={packed.ratio:.2f}", flush=True)
    shutil.rmtree(folder / "clean")
    broken = race(prepare(folder / "bad", lines, every=MALFORMED_EVERY), "malformed", lines)
    print(f"RESULT landing_ratio_malformed={broken.ratio:.2f}", flush=True)
    loaded = dlt_seconds(folder / "bad")
    if loaded is not None:
        print(f"RESULT dlt_seconds={loaded:.1f}")
    met = clean.ratio >= LEAST_RATIO and broken.ratio >= LEAST_RATIO_MALFORMED
    return 0 if met and clean.peak <= MOST_MEGABYTES else 1


def big(folder: Path, gigabytes: float) -> int:
    """One landing of a large file."""
    lines = int(gigabytes * 1e9 / 452)
    prepare(folder, lines, every=0)
    print(f"{lines} lines, {(folder / 'data/a.jsonl').stat().st_size / 1e9:.2f} GB", flush=True)
    seconds, peak, counts = run("penstock", folder)
    print(f"penstock {seconds:.1f} s, {peak:.0f} MB, {counts}")
    print(f"RESULT landing_big_seconds={seconds:.1f}")
    print(f"RESULT landing_big_peak_mb={peak:.0f}")
    return 0 if peak <= MOST_MEGABYTES and counts["unit_count"] == lines else 1


# the race


@dataclass(frozen=True)
class Outcome:
    duckdb: float
    penstock: float
    peak: float

    @property
    def ratio(self) -> float:
        """1 is as fast as DuckDB alone."""
        return self.duckdb / self.penstock


def race(folder: Path, name: str, lines: int) -> Outcome:
    """The two in turn."""
    theirs, ours, peaks = [], [], []
    for _ in range(RUNS):
        seconds, peak, _ = run("duckdb", folder)
        theirs.append(seconds)
        print(f"{name}: duckdb {seconds:.2f} s, {peak:.0f} MB", flush=True)
        seconds, peak, counts = run("penstock", folder)
        ours.append(seconds)
        peaks.append(peak)
        print(f"{name}: penstock {seconds:.2f} s, {peak:.0f} MB, {counts}", flush=True)
        if counts["unit_count"] != lines:
            raise SystemExit(f"{name}: {lines} lines made, {counts['unit_count']} accounted for")
    return Outcome(statistics.median(theirs), statistics.median(ours), max(peaks))


def run(child: str, folder: Path) -> tuple[float, float, dict[str, int]]:
    """Seconds, peak MB and counts of one measurement in a process of its own."""
    command = [sys.executable, __file__, "--child", child, "--folder", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{child} failed")
    found = json.loads(output.splitlines()[-1])
    return found["seconds"], usage.ru_maxrss / 1024, found["counts"]


def penstock(folder: Path) -> int:
    """Land the file on an empty state folder; a tiny file before it loads the libraries."""
    from dagster_project.landing.land import land
    from dagster_project.settings import load_project

    os.environ.pop("PENSTOCK_HOME", None)
    shutil.rmtree(folder / ".penstock", ignore_errors=True)
    (folder / "penstock.toml").write_text("[landing]\nsettle_seconds = 0\n")
    (folder / "data/warm.jsonl").write_bytes(b"".join(block(0, 200, 0)))
    project = load_project(folder)
    land(project, [source("data/warm.jsonl")])
    start = time.perf_counter()
    report = land(project, [source("data/a.jsonl*")])
    took = time.perf_counter() - start
    print(json.dumps({"seconds": took, "counts": report.totals}))
    shutil.rmtree(folder / ".penstock")
    return 0


def duckdb_alone(folder: Path) -> int:
    """With malformed lines it needs ``ignore_errors``, and then loses them without a word."""
    import duckdb

    columns = ", ".join(f"{column.name}: '{column.data_type}'" for column in COLUMNS)
    (path,) = folder.glob("data/a.jsonl*")
    reader = f"read_json('{path}', format = 'newline_delimited', columns = {{{columns}}}, "
    reader += f"ignore_errors = {str(folder.name == 'bad').lower()})"
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    start = time.perf_counter()
    connection.execute(
        f"COPY (SELECT * FROM {reader}) TO '{folder}/out.parquet' (FORMAT parquet, CODEC zstd)"
    )
    took = time.perf_counter() - start
    print(json.dumps({"seconds": took, "counts": {}}))
    (folder / "out.parquet").unlink()
    return 0


def dlt_seconds(folder: Path) -> float | None:
    """dlt on the same file, if it is installed: lines read as text, parsed, into Parquet."""
    try:
        import dlt
    except ImportError:
        print("dlt is not installed: left out")
        return None

    def rows() -> Iterator[dict]:
        with (folder / "data/a.jsonl").open("rb") as stream:
            for line in stream:
                try:
                    yield json.loads(line)
                except ValueError:
                    continue

    start = time.perf_counter()
    pipeline = dlt.pipeline(
        "landing_bench",
        pipelines_dir=str(folder / "dlt"),
        destination=dlt.destinations.filesystem(bucket_url=(folder / "out").as_uri()),
        dataset_name="bench",
    )
    pipeline.run(rows(), table_name="decisions", loader_file_format="parquet")
    return time.perf_counter() - start


CHILDREN: dict[str, Callable[[Path], int]] = {"duckdb": duckdb_alone, "penstock": penstock}


# the file


def source(location: str) -> SourceTable:
    return SourceTable(
        source="bench",
        table="decisions",
        format="jsonl",
        location=location,
        record_path="",
        key="decision_id",
        timestamp="occurred_at",
        timezone=None,
        undated=False,
        updates="never",
        columns=COLUMNS,
    )


def prepare(folder: Path, lines: int, every: int) -> Path:
    """``data/a.jsonl``; one line in ``every`` malformed, evenly spread."""
    (folder / "data").mkdir(parents=True)
    with (folder / "data/a.jsonl").open("wb") as stream:
        for first in range(0, lines, BLOCK_LINES):
            stream.writelines(block(first, min(BLOCK_LINES, lines - first), every))
    return folder


def pack(folder: Path) -> Path:
    """The same content as gz alone."""
    packer = zlib.compressobj(6, wbits=31)
    path = folder / "data/a.jsonl"
    with path.open("rb") as plain, Path(f"{path}.gz").open("wb") as packed:
        while chunk := plain.read(1 << 20):
            packed.write(packer.compress(chunk))
        packed.write(packer.flush())
    path.unlink()
    return folder


def block(first: int, count: int, every: int) -> Iterator[bytes]:
    """Lines ``first`` to ``first + count``; the same whatever the blocks are."""
    dice = random.Random(first)
    for number in range(first, first + count):
        line = decision(number, dice)
        if every and number % every == every // 2:
            line = BREAKS[number // every % len(BREAKS)](line)
        yield line.encode() + b"\n"


def decision(number: int, dice: random.Random) -> str:
    """What an agent's log looks like: names repeat, ids and numbers do not."""
    moment = START + timedelta(milliseconds=1_731 * number)
    agent = AGENTS[dice.randrange(len(AGENTS))]
    action = ACTIONS[dice.randrange(len(ACTIONS))]
    money = f'{dice.randrange(100, 5_000_000) / 100},"currency":"USD"'
    return (
        f'{{"decision_id":"d-{number:012x}","occurred_at":"{moment:%Y-%m-%dT%H:%M:%S}.'
        f'{number * 731 % 1000:03d}Z","workflow":"procurement",'
        f'"subject_id":"vendor-{dice.randrange(90_000):05d}",'
        f'"region":"{REGIONS[dice.randrange(3)]}",{agent},"action":"{action}",'
        f'"route":"{"delegated" if dice.random() < 0.8 else "surfaced"}",'
        f'"confidence":{dice.randrange(1_000_000) / 1_000_000},'
        f'"confidence_method":"model_probability",'
        f'"amount":{money if number % 4 else NO_MONEY},'
        f'"latency_ms":{dice.randrange(120, 9_000)},"input_tokens":{dice.randrange(200, 9_000)},'
        f'"output_tokens":{dice.randrange(20, 900)},"status":"ok"}}'
    )


NO_MONEY = 'null,"currency":null'
REGIONS = ("EMEA", "AMER", "APAC")
ACTIONS = ("match_invoice", "match_vendor_category", "approve_request", "classify_request")
AGENTS = tuple(
    f'"agent_id":"{name}-agent","agent_version":"{version}","model":"{model}",'
    f'"policy_version":"policy-{policy}"'
    for name, version, model, policy in (
        ("procurement", "3.2.0", "kestrel-2-2025-01", 7),
        ("procurement", "3.2.1", "kestrel-2-2025-06", 8),
        ("invoice", "1.0.4", "heron-1-2025-03", 8),
    )
)
BREAKS: tuple[Callable[[str], str], ...] = (
    lambda line: line[: len(line) // 2],
    lambda line: line.replace('"latency_ms":', '"latency_ms":"slow",'),
    lambda line: line.replace('Z","workflow"', '","workflow"'),
    lambda line: line.replace('"input_tokens":', '"input_tokens":1.5,"x":'),
    lambda line: line[:-1] + ',"status":"ok"}',
)

if __name__ == "__main__":
    sys.exit(main())
