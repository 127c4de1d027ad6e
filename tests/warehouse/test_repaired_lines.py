"""A refused line counts against its class until it is repaired, and in what was known before, on.

Two ways in one file: a line without a zone, for which a zone is declared later, and a line that was
cut, which a corrected copy mends. Built after every batch, then once more as a whole.
"""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from company import make_company, parse_in_process, run_dbt_in_process
from small_company import AS_OF, CLASSIFY, LANDED, MATCH, leave_support_out, replace_in
from unclear_records import decision

from dagster_project import warehouse
from dagster_project.contracts.sources import SourceTable, load_sources
from dagster_project.evidence.estimates.registry import read_context
from dagster_project.landing.corrected import retry_corrected
from dagster_project.landing.land import land
from dagster_project.landing.manifest import Books
from dagster_project.landing.retry import Retried, retry
from dagster_project.settings import Project
from dagster_project.transform.bridge import manifest_path
from dagster_project.transform.context import RunContext, write_run_context

pytestmark = pytest.mark.xdist_group("repairs")
NAMES = ("one", "without-zone", "three", "cut", "five")
FACTS = ("fct_decisions_daily", "fct_unreadable")
MARTS = ("refused_units", "data_accounting", "decision_class_sources")
CONTEXT = ("borrowed_evidence", "planning_errors")  # what is read beside the facts
LANE = [*(f"+{name}" for name in FACTS), *CONTEXT]


@dataclass
class Repairs:
    """``batches``: as landed, as repaired by the declaration, as repaired by the copy."""

    project: Project
    batches: list[str] = field(default_factory=list)
    done: list[Retried] = field(default_factory=list)
    facts: list[dict[str, Counter[tuple[Any, ...]]]] = field(default_factory=list)

    def sources(self) -> list[SourceTable]:
        parse_in_process(self.project)
        return load_sources(manifest_path(self.project))

    def drop(self, name: str, lines: list[str]) -> None:
        content = "".join(line + "\n" for line in lines).encode()
        folder = self.project.root / "data" / "procurement"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"decisions-{name}.jsonl.gz").write_bytes(gzip.compress(content))

    def know(self, batch: str) -> None:
        with closing(warehouse.connect(self.project.warehouse)) as connection:
            write_run_context(connection, RunContext(AS_OF, batch))

    def build(self, verb: str, *selected: str) -> None:
        arguments = [verb, "-s", *selected]
        arguments += ["--exclude-resource-type", "test"] if verb == "build" else []
        assert run_dbt_in_process(self.project, arguments).success

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with closing(warehouse.connect(self.project.warehouse, read_only=True)) as connection:
            return connection.execute(query).fetchall()

    def step(self) -> None:
        """Build what the books know now; the registry is the same at every step."""
        verb = "run" if self.batches else "build"
        self.batches.append(max(entry.newest_batch for entry in Books(self.project.landing)))
        self.know(self.batches[-1])
        self.build(verb, *LANE)

    def lost(self, batch: str) -> tuple[int, int]:
        """Unreadable decisions of two classes, as known with ``batch``."""
        self.know(batch)
        with closing(warehouse.connect(self.project.warehouse)) as connection:
            context = read_context(connection)
        lost = [context.lost(name) for name in (CLASSIFY, MATCH)]
        assert [each.recent_decisions for each in lost] == [each.decisions for each in lost]
        return (lost[0].decisions, lost[1].decisions)

    def all_facts(self) -> dict[str, Counter[tuple[Any, ...]]]:
        return {name: Counter(self.ask(f"select * from facts.{name}")) for name in FACTS}


@pytest.fixture(scope="module")
def repairs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repairs]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("repairs")
        project = make_company(folder, patch, as_of=AS_OF.isoformat())
        leave_support_out(project)
        made = Repairs(project)
        good = [json.dumps(decision(name)) for name in NAMES]
        lines = [*good]
        lines[1] = lines[1].replace("+00:00", "")
        lines[3] = lines[3][:40]
        made.drop("old", lines)
        project.warehouse.parent.mkdir(parents=True, exist_ok=True)
        land(project, made.sources(), now=LANDED)
        made.step()

        declared = project.root / "models" / "staging" / "procurement" / "_procurement__sources.yml"
        location = "location: data/procurement/decisions*.jsonl.gz\n"
        replace_in(declared, location, location + "              timezone: UTC\n")
        later = LANDED + timedelta(hours=1)
        made.done += retry(project, made.sources(), now=later)
        made.step()

        made.drop("corrected", [lines[0], lines[1], lines[2], good[3], lines[4]])
        latest = LANDED + timedelta(hours=2)
        sources = load_sources(manifest_path(project))
        land(project, sources, now=latest)
        copy = {entry.file_name: entry for entry in Books(project.landing) if not entry.repairs}
        old, new = (copy[f"data/procurement/decisions-{n}.jsonl.gz"] for n in ("old", "corrected"))
        made.done.append(retry_corrected(project, sources, old, new, now=latest))
        made.step()
        made.facts.append(made.all_facts())
        project.warehouse.unlink()
        made.know(made.batches[-1])
        made.build("build", "+config.schema:facts", "+config.schema:intermediate", *CONTEXT, *MARTS)
        made.facts.append(made.all_facts())
        yield made


def test_each_way_repairs_its_line(repairs: Repairs) -> None:
    assert [(d.repaired_count, d.open_count, d.problem) for d in repairs.done] == [
        (1, 1, None),
        (1, 0, None),
    ]


def test_a_refused_line_counts_against_every_class_until_it_is_repaired(repairs: Repairs) -> None:
    assert [repairs.lost(batch) for batch in repairs.batches] == [(2, 2), (1, 1), (0, 0)]


def test_repaired_decisions_count_from_their_repair_on_and_once(repairs: Repairs) -> None:
    for batch, count in zip(repairs.batches, (3, 4, 5), strict=True):
        rows = repairs.ask(
            "select sum(decision_count), sum(unreadable_count) from facts.fct_decisions_daily "
            f"where segment = 'all' and landing_batch <= '{batch}'"
        )
        assert rows == [(count, 0)]


def test_day_by_day_and_rebuild_give_the_same_facts(repairs: Repairs) -> None:
    incremental, rebuilt = repairs.facts
    assert sum(incremental["fct_unreadable"].values()) == 4
    assert incremental == rebuilt


def test_the_marts_show_repaired_units_apart_as_known_then(repairs: Repairs) -> None:
    found = {}
    for batch in (repairs.batches[1], repairs.batches[2]):
        repairs.know(batch)
        repairs.build("run", *MARTS)
        found[batch] = repairs.ask(
            "select reason_code, unit_count, repaired_count, open_count, first_open_places "
            "from marts.refused_units order by 1"
        )
    one = ("timestamp_without_zone", 1, 1, 0, None)
    assert list(found.values()) == [
        [("invalid_json", 1, 0, 1, "4"), one],
        [("invalid_json", 1, 1, 0, None), one],
    ]
    accounts = repairs.ask(
        "select unit_count, landed_count, quarantined_count, blank_count, repaired_count, "
        "is_accounted, repairs_file_sha256 is not null from marts.data_accounting "
        "order by landing_batch, unit_count desc"
    )
    assert accounts == [
        (5, 3, 2, 0, 2, True, False),
        (1, 1, 0, 0, 0, True, True),
        (5, 5, 0, 0, 0, True, False),
        (0, 0, 0, 0, 0, True, True),
    ]


def test_the_source_is_named_for_every_class_it_serves(repairs: Repairs) -> None:
    rows = repairs.ask(
        "select decision_class, is_mapped from marts.decision_class_sources "
        "where source = 'procurement'"
    )
    assert {(CLASSIFY, True), (MATCH, True)} <= set(rows)
    assert len(rows) == 4


def test_a_repair_without_its_entry_in_the_books_is_none(repairs: Repairs) -> None:
    query = "select place from landing.quarantine where repaired_batch is not null order by 1"
    assert repairs.ask(query) == [(2,), (4,)]
    (entry,) = [e for e in Books(repairs.project.landing) if e.corrected_by]
    path = repairs.project.landing / "_files" / f"{entry.relation}__{entry.file_sha256}.json"
    hidden = path.rename(path.with_suffix(".hidden"))
    try:
        repairs.build("run", "int_run_context")  # every run reads the books anew
        assert repairs.ask(query) == [(2,)]
    finally:
        hidden.rename(path)
