"""``make bench-landing``: landing against DuckDB's own typed reader, in the same run.

The file: JSON Lines of about 450 bytes, the native ``decisions`` stream, seeded. The named
alternative is what a script without Penstock would do: ``read_json`` with the same column types
into one zstd Parquet file. It checks nothing, counts nothing and hashes nothing.

With ``--dlt`` also against dlt, which loads the same lines into Parquet, on fewer of them.

Every measurement is a process of its own; the two take turns, and the median counts. The bars are
on elapsed seconds; processor seconds of both are printed too, for when the machine has other work.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from decision_lines import block, pack, prepare

from dagster_project.contracts.sources import Column, SourceTable
from dagster_project.contracts.streams import stream

ROOT = Path(__file__).resolve().parent.parent
RUNS = 3
LEAST_RATIO = 0.65
LEAST_RATIO_MALFORMED = 0.40
MOST_MEGABYTES = 2048
MALFORMED_EVERY = 1000
COLUMNS = tuple(Column(c.name, c.data_type) for c in stream("decisions").columns)


def main() -> int:
    options = parse()
    if options.child:
        return CHILDREN[options.child](Path(options.folder))
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        if options.big:
            return big(Path(folder), options.gigabytes)
        if options.dlt:
            return compare_dlt(Path(folder), options.dlt_lines, options.dlt)
        return compare(Path(folder), options.lines)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=3_000_000)
    parser.add_argument("--folder", help="where the files are made; three times their size")
    parser.add_argument("--big", action="store_true", help="peak memory on one large file alone")
    parser.add_argument("--gigabytes", type=float, default=10)
    parser.add_argument("--dlt", metavar="PYTHON", help="of an environment with dlt; only this")
    parser.add_argument("--dlt-lines", type=int, default=100_000)
    parser.add_argument("--child", choices=sorted(CHILDREN), help=argparse.SUPPRESS)
    return parser.parse_args()


def compare(folder: Path, lines: int) -> int:
    """Clean, malformed and gz; true to its bars."""
    clean = race(prepare(folder / "clean", lines, every=0), "clean", lines)
    print(f"RESULT landing_ratio={clean.ratio:.2f}")
    print(f"RESULT landing_ratio_cpu={clean.ratio_cpu:.2f}")
    print(f"RESULT landing_lines_per_second={lines / clean.penstock:.0f}")
    print(f"RESULT landing_peak_mb={clean.peak:.0f}", flush=True)
    packed = race(pack(folder / "clean"), "gz", lines)
    print(f"RESULT landing_ratio_gz={packed.ratio:.2f}")
    print(f"RESULT landing_ratio_gz_cpu={packed.ratio_cpu:.2f}", flush=True)
    shutil.rmtree(folder / "clean")
    broken = race(prepare(folder / "bad", lines, every=MALFORMED_EVERY), "malformed", lines)
    print(f"RESULT landing_ratio_malformed={broken.ratio:.2f}")
    print(f"RESULT landing_ratio_malformed_cpu={broken.ratio_cpu:.2f}", flush=True)
    met = clean.ratio >= LEAST_RATIO and broken.ratio >= LEAST_RATIO_MALFORMED
    return 0 if met and clean.peak <= MOST_MEGABYTES else 1


def compare_dlt(folder: Path, lines: int, python: str) -> int:
    """No bar: it does another job, with schemas that grow and a state of its own."""
    outcome = race(prepare(folder / "few", lines, every=0), "few", lines, "dlt", python)
    print(f"RESULT landing_ratio_dlt={outcome.ratio:.2f}")
    return 0


def big(folder: Path, gigabytes: float) -> int:
    """One landing of a large file."""
    lines = int(gigabytes * 1e9 / 452)
    prepare(folder, lines, every=0)
    print(f"{lines} lines, {(folder / 'data/a.jsonl').stat().st_size / 1e9:.2f} GB", flush=True)
    one = run("penstock", folder)
    print(f"penstock {one}, {one.counts}")
    print(f"RESULT landing_big_seconds={one.seconds:.1f}")
    print(f"RESULT landing_big_cpu_seconds={one.cpu:.1f}")
    print(f"RESULT landing_big_peak_mb={one.peak:.0f}")
    return 0 if one.peak <= MOST_MEGABYTES and one.counts["unit_count"] == lines else 1


# the race


@dataclass(frozen=True)
class Run:
    """One measurement. ``cpu``: processor seconds, user and system. ``peak``: MB."""

    seconds: float
    cpu: float
    peak: float
    counts: dict[str, int]

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s, {self.cpu:.2f} s of processor, {self.peak:.0f} MB"


@dataclass(frozen=True)
class Outcome:
    theirs: list[Run]
    ours: list[Run]

    @property
    def ratio(self) -> float:
        """1 is as fast as the rival."""
        return _median(run.seconds for run in self.theirs) / self.penstock

    @property
    def ratio_cpu(self) -> float:
        return _median(run.cpu for run in self.theirs) / _median(run.cpu for run in self.ours)

    @property
    def penstock(self) -> float:
        return _median(run.seconds for run in self.ours)

    @property
    def peak(self) -> float:
        return max(run.peak for run in self.ours)


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)


def race(
    folder: Path, name: str, lines: int, rival: str = "duckdb", python: str = sys.executable
) -> Outcome:
    """The two in turn."""
    outcome = Outcome([], [])
    for _ in range(RUNS):
        outcome.theirs.append(run(rival, folder, python))
        print(f"{name}: {rival} {outcome.theirs[-1]}", flush=True)
        one = run("penstock", folder)
        outcome.ours.append(one)
        print(f"{name}: penstock {one}, {one.counts}", flush=True)
        if one.counts["unit_count"] != lines:
            raise SystemExit(f"{name}: {lines} made, {one.counts['unit_count']} accounted for")
    return outcome


def run(child: str, folder: Path, python: str = sys.executable) -> Run:
    """One measurement in a process of its own."""
    command = [python, __file__, "--child", child, "--folder", str(folder)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{child} failed")
    found = json.loads(output.splitlines()[-1])
    return Run(peak=usage.ru_maxrss / 1024, **found)


class Watch:
    """Elapsed and processor seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.perf_counter(), time.process_time()

    def found(self, counts: dict[str, int]) -> None:
        """Print what ``run`` reads."""
        seconds, cpu = time.perf_counter() - self._start[0], time.process_time() - self._start[1]
        print(json.dumps({"seconds": seconds, "cpu": cpu, "counts": counts}))


def penstock(folder: Path) -> int:
    """Land the file on an empty state folder; one before it loads libraries and compiled code."""
    from dagster_project.landing.columnar.start import WORTH_LINES
    from dagster_project.landing.land import land
    from dagster_project.settings import load_project

    os.environ.pop("PENSTOCK_HOME", None)
    shutil.rmtree(folder / ".penstock", ignore_errors=True)
    (folder / "penstock.toml").write_text("[landing]\nsettle_seconds = 0\n")
    (folder / "data/warm.jsonl").write_bytes(b"".join(block(0, WORTH_LINES, 0)))
    project = load_project(folder)
    land(project, [source("data/warm.jsonl")])
    watch = Watch()
    report = land(project, [source("data/a.jsonl*")])
    watch.found(report.totals)
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
    watch = Watch()
    connection.execute(
        f"COPY (SELECT * FROM {reader}) TO '{folder}/out.parquet' (FORMAT parquet, CODEC zstd)"
    )
    watch.found({})
    (folder / "out.parquet").unlink()
    return 0


def dlt_alone(folder: Path) -> int:
    """Its own reader of JSON Lines, its own types, into Parquet files."""
    import dlt
    from dlt.sources.filesystem import filesystem, read_jsonl

    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    watch = Watch()
    pipeline = dlt.pipeline(
        "landing_bench",
        pipelines_dir=str(folder / "dlt"),
        destination=dlt.destinations.filesystem(bucket_url=(folder / "out").as_uri()),
        dataset_name="bench",
    )
    lines = filesystem((folder / "data").as_uri(), file_glob="a.jsonl") | read_jsonl()
    pipeline.run(lines.with_name("decisions"), loader_file_format="parquet")
    watch.found(pipeline.last_trace.last_normalize_info.row_counts)
    for made in ("dlt", "out"):
        shutil.rmtree(folder / made)
    return 0


CHILDREN: dict[str, Callable[[Path], int]] = {
    "duckdb": duckdb_alone,
    "penstock": penstock,
    "dlt": dlt_alone,
}


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


if __name__ == "__main__":
    sys.exit(main())
