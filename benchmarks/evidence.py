"""``make bench-evidence``: every evidence row of 2,000 classes × 5 segments × 3 cohorts.

The facts lie in one DuckDB file: per class 180 days, a cohort every 60, ten decisions a day in
five regions, two of them reviewed; the newest 30 classes have a stratum without probability, every
40th class errs in one of five. What is measured is ``write_estimates``: reading the facts, all
makers and the write. The alternative in the same run is the naive one: point rates by one SQL
query over the same facts, which bounds nothing, counts no cohort's alpha and knows no alarm.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/unit/estimates"))

RUNS = 3
MOST_SECONDS = 20
MOST_MEGABYTES = 1024
DAYS = 180
# per class and day; the region says in which segment the row counts again
SEGMENT_ROWS = """
(SELECT 'all' AS segment, 1.0 AS share
 UNION ALL SELECT 'region=r' || range, 0.2 FROM range(5))
"""
CLASSES = "(SELECT 'w.c' || lpad(range::VARCHAR, 5, '0') AS name, range AS number FROM range({n}))"
DAY_ROWS = f"(SELECT range AS day, 'c' || range // 60 AS cohort FROM range({DAYS}))"

FACTS = """
INSERT INTO facts.fct_decisions_daily BY NAME
SELECT fact.* REPLACE (class.name AS decision_class, part.segment AS segment,
        calendar.cohort AS cohort_id, DATE '2025-01-06' - {days} + 84 + calendar.day::INT
            AS event_date,
        (10 * part.share)::BIGINT AS decision_count, (10 * part.share)::BIGINT AS clean_count,
        (10 * part.share)::BIGINT AS audit_complete_count,
        (10 * part.share)::BIGINT AS priced_count, (part.share)::DECIMAL(38, 9) AS cost_amount)
FROM (SELECT * FROM facts.fct_decisions_daily LIMIT 1) AS fact,
    {classes} AS class, {calendar} AS calendar, {parts} AS part;

INSERT INTO facts.fct_latency_daily BY NAME
SELECT decision_class, segment, cohort_id, event_date, 400 + 20 * bin AS latency_bin,
    landing_batch, decision_count // 2 AS decision_count
FROM facts.fct_decisions_daily, (SELECT unnest([0, 5]) AS bin);

INSERT INTO facts.fct_samples_weekly BY NAME
SELECT fact.* REPLACE (class.name AS decision_class, part.segment AS segment,
        calendar.cohort AS cohort_id, DATE '2025-01-06' - {days} + 84 + calendar.day::INT
            AS event_date,
        CASE WHEN class.number >= {n} - 30 AND calendar.day % 9 = 0 THEN NULL
            WHEN calendar.day % 7 = 0 THEN 0.5 ELSE 0.2 END AS inclusion_probability,
        's' || calendar.day || '.' || place AS subject_key,
        40 + (calendar.day + place * 13) % 60 AS confidence_bin,
        (CASE WHEN part.segment = 'all' THEN 5 ELSE 1 END)::BIGINT AS decision_count,
        (class.number % 40 = 0 AND (calendar.day + place) % 5 = 0)::BIGINT AS wrong_count)
FROM (SELECT * FROM facts.fct_samples_weekly LIMIT 1) AS fact,
    {classes} AS class, {calendar} AS calendar, (SELECT range AS place FROM range(2)),
    {parts} AS part
WHERE part.segment IN ('all', 'region=r' || (calendar.day + place) % 5);

INSERT INTO facts.fct_reversals_daily
SELECT name, DATE '2025-03-01', landing_batch, 20, 20, 5, 5
FROM {classes}, (SELECT any_value(landing_batch) AS landing_batch FROM facts.fct_decisions_daily);
INSERT INTO facts.fct_watermarks BY NAME
SELECT fact.* REPLACE (class.name AS decision_class)
FROM facts.fct_watermarks AS fact, {classes} AS class;
INSERT INTO registry.decision_classes BY NAME
SELECT base.* REPLACE (class.name AS decision_class, 1.0 / {n} AS alpha_weight)
FROM registry.decision_classes AS base, {classes} AS class;
INSERT INTO registry.segments SELECT 'w', 'region', 'r' || range, TRUE FROM range(5);
"""
NAIVE = """
CREATE TABLE naive AS
SELECT decision_class, segment, cohort_id, sum(wrong_count) / sum(selected_count) AS error_rate
FROM facts.fct_samples_weekly GROUP BY ALL
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--classes", type=int, default=2000)
    parser.add_argument("--child", choices=sorted(CHILDREN), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        return CHILDREN[options.child](options.file)
    with tempfile.TemporaryDirectory() as folder:
        return race(Path(folder) / "world.duckdb", options.classes)


def race(path: Path, classes: int) -> int:
    """The two in turn, each in a process of its own; true to its bars."""
    build(path, classes)
    ours, theirs, peaks = [], [], []
    for _ in range(RUNS):
        seconds, peak, counts = run("naive", path)
        theirs.append(seconds)
        print(f"naive rates {seconds:.2f} s, {peak:.0f} MB, {counts}", flush=True)
        seconds, peak, counts = run("penstock", path)
        ours.append(seconds)
        peaks.append(peak)
        print(f"penstock {seconds:.2f} s, {peak:.0f} MB, {counts}", flush=True)
    took = statistics.median(ours)
    print(f"RESULT evidence_seconds={took:.2f}")
    print(f"RESULT evidence_peak_mb={max(peaks):.0f}")
    print(f"RESULT evidence_to_naive_ratio={took / statistics.median(theirs):.0f}")
    return 0 if took <= MOST_SECONDS and max(peaks) <= MOST_MEGABYTES else 1


def build(path: Path, classes: int) -> None:
    """The tests' healthy class, multiplied."""
    import duckdb
    from estimates_world import MODELS_READ, healthy_world, own_view

    world = healthy_world().connection
    # views that read views are exported in any order
    for model in reversed(MODELS_READ):
        world.execute(f"DROP VIEW intermediate.{model}")
    values = {
        "classes": CLASSES.format(n=classes),
        "calendar": DAY_ROWS,
        "parts": SEGMENT_ROWS,
        "days": DAYS,
        "n": classes,
    }
    with tempfile.TemporaryDirectory() as folder:
        world.execute(f"EXPORT DATABASE '{folder}' (FORMAT parquet)")
        with duckdb.connect(str(path)) as connection:
            connection.execute(f"IMPORT DATABASE '{folder}'")
            for model in MODELS_READ:
                connection.execute(own_view(model))
            connection.execute(FACTS.format(**values))
            connection.execute("DELETE FROM registry.decision_classes WHERE alpha_weight = 1")
            for table in ("decisions_daily", "latency_daily", "samples_weekly"):
                (rows,) = connection.sql(f"SELECT count(*) FROM facts.fct_{table}").fetchone()
                print(f"fct_{table}: {rows} rows", flush=True)


def run(child: str, path: Path) -> tuple[float, float, dict[str, int]]:
    """Seconds, peak MB and counts of one measurement."""
    command = [sys.executable, __file__, "--child", child, "--file", str(path)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{child} failed")
    found = json.loads(output.splitlines()[-1])
    return found["seconds"], usage.ru_maxrss / 1024, found["counts"]


def penstock(path: Path) -> int:
    import duckdb

    from dagster_project.evidence.estimates.write import write_estimates

    with duckdb.connect(str(path), config={"threads": 2, "memory_limit": "512MB"}) as connection:
        start = time.perf_counter()
        report = write_estimates(connection)
        took = time.perf_counter() - start
    print(json.dumps({"seconds": took, "counts": {"rows": report.row_count, **report.by_status}}))
    return 0


def naive(path: Path) -> int:
    import duckdb

    with duckdb.connect(str(path), config={"threads": 2}) as connection:
        start = time.perf_counter()
        connection.execute("DROP TABLE IF EXISTS naive").execute(NAIVE)
        took = time.perf_counter() - start
        (rows,) = connection.sql("SELECT count(*) FROM naive").fetchone()
    print(json.dumps({"seconds": took, "counts": {"rows": rows}}))
    return 0


CHILDREN: dict[str, Callable[[Path], int]] = {"naive": naive, "penstock": penstock}


if __name__ == "__main__":
    sys.exit(main())
