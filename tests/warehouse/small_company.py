"""A small company, landed and built once; what its tests change, they change in a transaction.

It claims more than it may: a list of criteria of its own beside the product's, and passes that hold
for 400 days.
"""

import csv
import gzip
import json
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from company import make_company, parse_in_process, read_seed, run_dbt_in_process, write_seed
from compiled_company import Company

from dagster_project import warehouse
from dagster_project.contracts.sources import load_sources
from dagster_project.landing.land import land
from dagster_project.settings import PRODUCT_ROOT, Project
from dagster_project.transform.bridge import manifest_path
from dagster_project.transform.context import RunContext, write_run_context

AS_OF = date(2025, 3, 31)
LANDED = datetime(2025, 3, 31, 20, tzinfo=UTC)
CLASSIFY = "procurement.classify_vendor_request"
MATCH = "procurement.match_vendor_category"  # the registry limits its amount to 50000
CRITERIA = PRODUCT_ROOT.parent / "dbt" / "seeds" / "criteria.csv"
Records = dict[str, list[dict[str, Any]]]


def build(folder: Path, patch: pytest.MonkeyPatch, records: Records) -> Company:
    project = make_company(folder, patch, as_of=AS_OF.isoformat())
    leave_support_out(project)
    claim_more_than_allowed(project)
    take_lines_without_a_time(project)
    take_records_again(project)
    data = project.root / "data" / "procurement"
    data.mkdir(parents=True)
    for stream, rows in records.items():
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (data / f"{stream}.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    parse_in_process(project)
    report = land(project, load_sources(manifest_path(project)), now=LANDED)
    assert report.totals["quarantined_count"] == report.totals["waiting_files"] == 0
    project.warehouse.parent.mkdir(parents=True, exist_ok=True)
    with closing(warehouse.connect(project.warehouse)) as connection:
        write_run_context(connection, RunContext(AS_OF, report.batch))
    command = ["build", "--exclude-resource-type", "test"]
    assert run_dbt_in_process(project, command, keeps_manifest=True).success
    return Company(project, json.loads(manifest_path(project).read_text()))


def leave_support_out(project: Project) -> None:
    """The workflow whose source is not there: 64 classes that no test here looks at."""
    for seed in (project.root / "seeds" / "registry").glob("*.csv"):
        rows = read_seed(project, seed.stem)
        own = [
            row
            for row in rows
            if row.get("workflow") != "support"
            and not (row.get("decision_class") or "").startswith("support.")
        ]
        write_seed(project, seed.stem, own)


def claim_more_than_allowed(project: Project) -> None:
    """A list of criteria of the company's own, and a long validity."""
    with CRITERIA.open(newline="", encoding="utf-8") as stream:
        criteria = list(csv.DictReader(stream))
    with (project.root / "seeds" / "criteria.csv").open("w", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, criteria[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(row | {"comparison": "at_most", "threshold": 9} for row in criteria)
    replace_in(
        project.root / "dbt_project.yml", "  penstock:\n", "  penstock:\n    pass_valid_days: 400\n"
    )


def take_lines_without_a_time(project: Project) -> None:
    """Else landing refuses such a decision, and the models never see one."""
    sources = project.root / "models" / "staging" / "procurement" / "_procurement__sources.yml"
    replace_in(sources, "timestamp: occurred_at\n", "undated: true\n")


def take_records_again(project: Project) -> None:
    """A number that no other record has stands in for a version."""
    sources = project.root / "models" / "staging" / "procurement" / "_procurement__sources.yml"
    updates = "undated: true\n              updates: {version: sequence_number}\n"
    replace_in(sources, "undated: true\n", updates)


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
