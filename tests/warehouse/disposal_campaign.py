"""Landed rows go by age: facts stay, a rebuild replaces only what can be made again, and what
comes later for a decision that went helps nobody. ``make disposal``; five builds take a minute.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from growing_company import GrowingCompany
from small_company import AS_OF, CLASSIFY, LANDED
from unclear_records import decision, review

from dagster_project import warehouse
from dagster_project.automation.disposing import DisposalError, Disposed, dispose_landed
from dagster_project.automation.erasing import erase
from dagster_project.automation.landing_assets import MISSING
from dagster_project.automation.replaying_raw import raw_files
from dagster_project.contracts.sources import load_sources
from dagster_project.landing.erased_rows import EraseError
from dagster_project.landing.manifest import Books
from dagster_project.landing.verify import verify
from dagster_project.ledger.anchor import Watch
from dagster_project.ledger.ledger import read
from dagster_project.ledger.record import record_run
from dagster_project.transform.bridge import manifest_path
from dagster_project.transform.rebuild import missing_frozen

LATER = LANDED + timedelta(days=183, minutes=30)  # 183 days after the first batch alone
FILES = 'select source, "table", file_sha256, parquet_sha256, status from landing.files'
Facts = dict[str, Counter[tuple[Any, ...]]]


@dataclass
class Told:
    """``facts``: as they were, then after each step."""

    company: GrowingCompany
    trial: Disposed
    done: Disposed
    again: Disposed
    gone: list[tuple[str, str, str]]
    refused: str
    facts: dict[str, Facts] = field(default_factory=dict)
    sums: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)


def sums(company: GrowingCompany) -> list[tuple[Any, ...]]:
    """Decisions, unreadable ones, and labels without a decision; reviews."""
    return company.ask(
        "select (select sum(decision_count) from facts.fct_decisions_daily where segment = 'all'),"
        " (select sum(sign) from intermediate.int_decisions__changes"
        "  where has_decision and is_conflict),"
        " (select sum(unit_count) from facts.fct_unreadable"
        "  where reason_code = 'label_without_decision'),"
        " (select sum(review_count) from facts.fct_reviews_daily where review_pool <> '(unknown)')"
    )


def facts(company: GrowingCompany) -> Facts:
    """Without which build made them."""
    names = company.ask(
        "select table_name from information_schema.tables where table_schema = 'facts'"
    )
    return {
        name: Counter(company.ask(f"select * exclude (build_id) from facts.{name}"))
        for (name,) in names
        if name != "fct_sequences"
    }


def dispose(company: GrowingCompany, *, is_trial: bool = False) -> Disposed:
    given = {"actor": "test", "reason": "old", "now": LATER, "is_trial": is_trial}
    return dispose_landed(company.project, **given)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with pytest.MonkeyPatch.context() as patch:
        company = GrowingCompany(tmp_path_factory.mktemp("old"), patch)
        company.parse()
        old = [decision("one"), decision("two")]
        first = review("one", "agree", 1)
        company.step(decisions=old, reviews=[first])
        company.step(decisions=[decision("three")], reviews=[review("two", "agree", 2)])
        company.step(decisions=[decision("four")], reviews=[review("three", "agree", 2)])
        with pytest.raises(DisposalError) as refused:
            dispose(company)
        record_run(
            company.project.ledger,
            as_of=AS_OF,
            known_batch=company.batches[-1],
            valid_until=LANDED + timedelta(days=9),
            digests=dict.fromkeys(
                ("inputs", "code", "registry", "publication", "grants"), "0" * 64
            ),
            verdicts=[],
            actor="run:1",
            time=LANDED + timedelta(hours=9),
            watch=Watch(),
        )
        before = facts(company)
        known = company.ask(FILES)
        trial = dispose(company, is_trial=True)
        done, again = dispose(company), dispose(company)
        names = ("source", "table", "file_sha256", "parquet_sha256", "status")
        rows = [dict(zip(names, row, strict=True)) for row in known]
        raw = raw_files(company.project, rows, company.batches[-1])
        gone = [(file.table, file.problem, str(len(file.disposals))) for file in raw]
        found = Told(company, trial, done, again, gone, str(refused.value), {"before": before})
        found.sums["before"] = sums(company)
        company.prepare("run")
        found.facts["run again"] = facts(company)
        with closing(warehouse.connect(company.project.warehouse)) as connection:
            # as after a change of the models
            connection.execute("update intermediate.made_batches set build_id = 'earlier'")
        company.prepare("run")
        found.facts["made anew"] = facts(company)
        # the same once more under another file, then what is new for decisions that went
        company.step(
            decisions=[*old, decision("five")], reviews=[first, review("five", "agree", 1)]
        )
        found.sums["repeated"] = sums(company)
        company.step(
            decisions=[decision("one", latency_ms=1)],
            reviews=[review("two", "overturn", 5), replace_verdict(first)],
        )
        found.sums["contradicted"] = sums(company)
        yield found


def replace_verdict(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"verdict": "overturn"}


def frozen(told: Told) -> set[str]:
    return {e.landing_batch for e in Books(told.company.project.landing) if e.is_frozen}


def test_only_what_is_old_enough_and_was_judged_goes(told: Told) -> None:
    assert told.refused == "not all of it was judged by a recorded run; run `penstock run`"
    assert told.trial == replace(told.done, line=None)
    assert told.done.batches == told.company.batches[:1]
    assert (told.again.batches, told.again.line) == ([], None)
    (line,) = (line for line in read(told.company.project.ledger) if line.kind == "disposal")
    assert (line.seq, line.body["row_count"], line.body["days"]) == (told.done.line, 3, 183)
    assert [file["parquet_sha256"] for file in line.body["files"]] == [
        file.parquet_sha256 for file in told.done.files
    ]


def test_entries_and_counts_stay_and_say_what_is_frozen(told: Told) -> None:
    books = Books(told.company.project.landing)
    first, second, *_ = told.company.batches
    assert frozen(told) == {first, second}  # the second brought a label of a decision that went
    for entry in books:
        path = books.parquet_path(entry.relation, entry.file_sha256)
        assert entry.is_disposed == (entry.landing_batch == first) == (not path.exists())
    assert sum(entry.landed_count for entry in books if entry.is_disposed) == 3
    assert verify(told.company.project) == []


def test_the_files_that_went_are_named_with_the_line(told: Told) -> None:
    assert sorted(told.gone) == [("decisions", "gone", "1"), ("reviews", "gone", "1")]


@pytest.mark.parametrize("step", ["run again", "made anew"])
def test_facts_outlive_the_rows(told: Told, step: str) -> None:
    before = told.facts["before"]
    assert {name: told.facts[step][name] - before[name] for name in before} == {
        name: Counter() for name in before
    }
    assert {name: before[name] - told.facts[step][name] for name in before} == {
        name: Counter() for name in before
    }


def test_a_repetition_of_what_went_changes_nothing(told: Told) -> None:
    (before,), (after,) = told.sums["before"], told.sums["repeated"]
    # decision five and its review
    assert after == (before[0] + 1, *before[1:3], before[3] + 1)


def test_what_is_new_for_a_decision_that_went_counts_against(told: Told) -> None:
    (before,), (after,) = told.sums["repeated"], told.sums["contradicted"]
    decisions, conflicts, orphans, reviews = (
        (now or 0) - (then or 0) for now, then in zip(after, before, strict=True)
    )
    assert (decisions, conflicts) == (0, 1)
    assert orphans == 1  # the overturn of two; that of one hangs on the decision in conflict
    assert reviews == 1  # the contradicted review is nobody's work


def test_a_warehouse_without_the_frozen_facts_is_missed(told: Told) -> None:
    project = replace(told.company.project, home=told.company.project.root / "elsewhere")
    missing = missing_frozen(project, frozen(told))
    assert missing == told.company.batches[:2]
    assert "restore it from its backup" in MISSING.format(missing[0])


def test_rows_in_a_frozen_batch_are_not_erased_under_its_facts(told: Told) -> None:
    project = told.company.project
    with pytest.raises(EraseError, match="frozen"):
        erase(project, load_sources(manifest_path(project)), actor="test", decision="three")
    assert project.warehouse.is_file()


def test_a_renaming_that_does_not_reach_the_frozen_facts_is_seen(told: Told) -> None:
    outdated = "select * from intermediate.int_classes__outdated_facts"
    assert told.company.ask(outdated) == []
    with closing(warehouse.connect(told.company.project.warehouse)) as connection:
        connection.begin()
        connection.execute(
            "insert into registry.taxonomy_changes by name select $1 as former_class, "
            "$1 || '_now' as decision_class, 'renamed' as kind, "
            "date '2025-03-30' as effective_from",
            [CLASSIFY],
        )
        found = connection.execute(outdated).fetchall()
        connection.rollback()
    assert found == [(f"{CLASSIFY}_now", f"disposed facts bear its former name {CLASSIFY}")]


def test_an_erasure_elsewhere_leaves_the_frozen_facts_and_forgets_the_others(told: Told) -> None:
    project = told.company.project
    erased = erase(project, load_sources(manifest_path(project)), actor="test", decision="four")
    assert erased.done is not None
    made = told.company.ask("select distinct landing_batch from intermediate.made_batches")
    assert {batch for (batch,) in made} == frozen(told)


class Tally:
    """A plugin of pytest that counts."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.failed:
            self.outcomes[report.outcome] += 1


def main() -> int:
    """Every test above, in this process."""
    tally = Tally()
    code = pytest.main([__file__, "-q", "-n", "0", "-p", "no:cacheprovider"], plugins=[tally])
    print(f"RESULT disposal_laws_held={tally.outcomes['passed']}")
    print(f"RESULT disposal_failed={tally.outcomes['failed']}")
    return 0 if code == 0 and tally.outcomes["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
