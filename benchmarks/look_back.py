"""``make bench-look-back``: what a day costs after 30 and after 365 days of 100,000 decisions each.

Landed files are written as landing writes them, without the parsing in between: what is measured
is the heavy lane (``dbt run`` of the facts) when one more day lands. The alternative in the same
run is the rebuild of everything, which is what a model without a change log would cost every day.

The bar is on CPU seconds, both cores together: wall clock also tells what else the machine does.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from dagster_project.contracts.sources import SourceTable, load_sources
from dagster_project.landing.arrow_schema import declared_schema, landed_schema
from dagster_project.landing.manifest import Books, Entry
from dagster_project.settings import Project, load_project
from dagster_project.transform.bridge import dbt_environment, ensure_manifest, manifest_path

ROOT = Path(__file__).resolve().parent.parent
FIRST_DAY = date(2024, 8, 5)
DECISIONS = 100_000
REVIEWS = 5_000
WARM_DAYS = 3  # one more day, three times: the median counts
MOST_RATIO = 1.25

# what each stream says of a decision; every other declared column is NULL
DECISION = {
    "decision_id": "id",
    "occurred_at": "moment",
    "workflow": "'procurement'",
    "subject_id": "'s' || (n % 40000)",
    "region": "['EU', 'US', 'APAC'][1 + n % 3]",
    "agent_id": "'agent'",
    "agent_version": "'1'",
    "model": "'kestrel-2-2025-01'",
    "prompt_version": "'p1'",
    "tool_schema_version": "'t1'",
    "policy_version": "'policy'",
    "action": "['classify_vendor_request', 'match_vendor_category'][1 + n % 2]",
    "route": "'delegated'",
    "confidence": "round(0.5 + (n % 50) / 100.0, 2)",
    "confidence_method": "'model_probability'",
    "amount": "(n % 1000)::DECIMAL(18, 4)",
    "currency": "'USD'",
    "latency_ms": "200 + n % 3000",
    "input_tokens": "900",
    "output_tokens": "90",
    "status": "'ok'",
    "within_boundary": "TRUE",
}
SAMPLE = {
    "decision_id": "id",
    "selected_at": "moment + INTERVAL 1 HOUR",
    "inclusion_probability": "[0.25, 0.15][1 + n % 2]",
}
REVIEW = {
    "review_id": "'r' || id",
    "decision_id": "id",
    "reviewer_id": "'rev-heron'",
    "reviewed_at": "moment + INTERVAL 3 DAY",
    "handling_seconds": "60 + n % 90",
    "verdict": "CASE WHEN n % 97 = 0 THEN 'overturn' ELSE 'agree' END",
    "is_blind": "TRUE",
    "is_seeded_error": "FALSE",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, nargs="+", default=[30, 365])
    parser.add_argument("--folder", type=Path, help="keep the state here instead of a new folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        os.environ["PENSTOCK_HOME"] = str(options.folder or made)
        os.environ["PENSTOCK_PROJECT"] = str(ROOT / "demo")
        project = load_project()
        ensure_manifest(project)
        medians, landed = {}, 0
        for days in sorted(options.days):
            while landed < days:
                upto = min(landed + 30, days)
                for day in range(landed, upto):
                    land_day(project, day)
                landed = upto
                rebuild, cpu = prepare(project)
                print(f"{landed} days: {rebuild:.1f} s, {cpu:.1f} CPU s for the last", flush=True)
            costs = []
            for _ in range(WARM_DAYS):
                land_day(project, landed)
                landed += 1
                costs.append(prepare(project))
            wall, medians[days] = map(statistics.median, zip(*costs, strict=True))
            print(f"RESULT day_{days}_seconds={wall:.2f}")
            print(f"RESULT day_{days}_cpu_seconds={medians[days]:.2f}", flush=True)
    ratio = medians[max(medians)] / medians[min(medians)]
    print(f"RESULT look_back_ratio={ratio:.2f}")
    return 0 if ratio <= MOST_RATIO else 1


def land_day(project: Project, day: int) -> None:
    """The files of one day as landing leaves them: 100,000 decisions, and what was reviewed."""
    tables = {item.table: item for item in load_sources(manifest_path(project))}
    books = Books(project.landing)
    batch = datetime.combine(FIRST_DAY + timedelta(day + 1), datetime.min.time(), UTC)
    chosen = f"n < {REVIEWS}"
    write(books, tables["decisions"], day, batch, DECISION, "TRUE")
    write(books, tables["audit_sample"], day, batch, SAMPLE, chosen)
    if day >= 3:
        write(books, tables["reviews"], day - 3, batch, REVIEW, chosen)


def write(
    books: Books,
    table: SourceTable,
    day: int,
    batch: datetime,
    values: dict[str, str],
    where: str,
) -> None:
    name = batch.strftime("%Y%m%dT%H%M%S%fZ")
    digest = f"{day:08x}{table.table.encode().hex():0<56}"[:64]
    path = books.parquet_path(table.relation, digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    own = {
        "_landing_batch": f"'{name}'",
        "_landed_at": f"TIMESTAMPTZ '{batch.isoformat()}'",
        "_file_sha256": f"'{digest}'",
        "_place": "n",
        "_payload_sha256": "sha256(id)",
    }
    fields = landed_schema(declared_schema(table)).names
    kinds = {column.name: column.data_type for column in table.columns}
    columns = ", ".join(
        f'({own[field]}) AS "{field}"'
        if field in own
        else f'CAST({values.get(field, "NULL")} AS {kinds[field]}) AS "{field}"'
        for field in fields
    )
    first = FIRST_DAY + timedelta(day)
    connection = duckdb.connect(config={"threads": 2})
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(
        f"COPY (SELECT {columns} FROM (SELECT range AS n, md5('{day} ' || range)[:20] AS id, "
        f"TIMESTAMPTZ '{first} 00:00:00+00' + to_milliseconds(range * 800) AS moment "
        f"FROM range({DECISIONS})) WHERE {where}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
    )
    rows = DECISIONS if where == "TRUE" else REVIEWS
    books.add(
        Entry(
            table.source,
            table.table,
            f"{table.table}-{day}.jsonl",
            digest,
            path.stat().st_size,
            "landed",
            batch.isoformat(),
            name,
            unit_count=rows,
            landed_count=rows,
            first_event_at=f"{first}T00:00:00+00:00",
            last_event_at=f"{first}T23:59:59+00:00",
        )
    )


def prepare(project: Project) -> tuple[float, float]:
    """Seconds and CPU seconds of one `dbt run` of the facts, the start of the process included."""
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet"]
    is_new = not project.warehouse.exists()
    verb, leave_out = ("build", ["--exclude-resource-type", "test"]) if is_new else ("run", [])
    begin, before = time.perf_counter(), cpu_seconds()
    done = subprocess.run(
        [*command, verb, "-s", "+config.schema:facts", *leave_out],
        env=dbt_environment(project),
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stdout[-2000:] + done.stderr[-2000:])
    if os.environ.get("PENSTOCK_BENCH_STEPS"):
        results = json.loads((project.dbt_target / "run_results.json").read_text())["results"]
        slow = sorted(results, key=lambda item: -item["execution_time"])[:6]
        for item in slow:
            print(f"   {item['unique_id']:60} {item['execution_time']:.2f} s")
    return time.perf_counter() - begin, cpu_seconds() - before


def cpu_seconds() -> float:
    """Of all processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
