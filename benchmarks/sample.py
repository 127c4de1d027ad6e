"""What a draw of the audit sample costs: one pass over all decisions, whatever was drawn before.

    make bench-sample

A change log of made-up decisions (one class, rate 15 %), drawn once with nothing published and once
more with everything published. Prints seconds and peak memory; exit 0 when both draws agree.
"""

import resource
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from dagster_project import warehouse
from dagster_project.sampling import draw_sample
from dagster_project.settings import Project, load_project

DECISIONS = 1_000_000
BATCH = "20260301T040000000000Z"
TABLES = f"""
CREATE SCHEMA intermediate; CREATE SCHEMA landing; CREATE SCHEMA registry;
CREATE VIEW intermediate.int_run_context AS SELECT '{BATCH}' AS known_batch;
CREATE TABLE registry.decision_classes AS SELECT 'refunds.classify' AS decision_class;
CREATE TABLE landing.files AS
    SELECT '{BATCH}' AS landing_batch, TIMESTAMPTZ '2026-03-01 04:00:00+00' AS landed_at;
CREATE TABLE intermediate.int_decisions__changes AS
    SELECT 'decision-' || range AS decision_id, '{BATCH}' AS landing_batch, 1::BIGINT AS sign,
        true AS has_decision, false AS is_conflict, 'refunds.classify' AS decision_class,
        'delegated' AS route, 0.15::DECIMAL(9, 6) AS inclusion_probability, 0 AS sample_count
    FROM range({DECISIONS});
"""


def made(folder: Path) -> Project:
    """A project whose warehouse holds the decisions."""
    (folder / "penstock.toml").write_text('[sample]\nfolder = "data"\n')
    project = load_project(folder)
    project.sample_key.create()
    with closing(warehouse.connect(project.warehouse)) as connection:
        connection.execute(TABLES)
    return project


def main() -> int:
    """Draw twice and say what it took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = made(folder)
        counts, seconds = [], []
        for _ in range(2):
            started = time.monotonic()
            drawn = draw_sample(project, folder / "data")
            seconds.append(time.monotonic() - started)
            counts.append((drawn.total("drawn"), drawn.total("waiting")))
            print(f"{DECISIONS:,} decisions: {seconds[-1]:.1f} s, drawn and waiting {counts[-1]}")
    print(f"RESULT sample_decisions={DECISIONS}")
    print(f"RESULT sample_first_seconds={seconds[0]:.1f}")
    print(f"RESULT sample_again_seconds={seconds[1]:.1f}")
    print(f"RESULT sample_peak_mb={resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10}")
    is_same = counts[0][1] == counts[1][0] == 0 and counts[0][0] == counts[1][1]
    return 0 if is_same else 1


if __name__ == "__main__":
    sys.exit(main())
