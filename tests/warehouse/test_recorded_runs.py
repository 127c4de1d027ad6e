"""What the ledger holds of the last run binds the next, whatever the registry says of the past."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from compiled_company import Company
from small_company import AS_OF, CLASSIFY, MATCH
from test_gate_rules import add_evidence
from test_governed_levels import pass_all_but

from dagster_project.automation.governance import governance_queries
from dagster_project.automation.judged_by import FLOORS, fetch
from dagster_project.automation.recorded import write_recorded
from dagster_project.contracts.registry.tables import SEED_FOLDER, SEEDS
from dagster_project.ledger.anchor import Watch
from dagster_project.ledger.canonical import plain
from dagster_project.ledger.governance import IN_FORCE, registry_events
from dagster_project.ledger.ledger import LedgerError
from dagster_project.ledger.record import keep_inputs, record_run
from dagster_project.ledger.revocation import lift, revoke
from dagster_project.settings import Project

pytestmark = pytest.mark.xdist_group("small_company")
EARLY = date(2025, 1, 1)
JUDGED = ("gate_floors", "gate_due", "gate_measured", "gate_verdicts")
STRICT = [(MATCH, 0.02, EARLY)]
# the registry of the next run, which says that it had always been so
REWRITTEN: dict[str, list[tuple[str | None, float, date]]] = {
    "edited in place": [(MATCH, 0.04, EARLY)],
    "deleted": [],
}
Thresholds = Sequence[tuple[str | None, float, date]]


def verdict(
    company: Company,
    thresholds: Thresholds,
    ledger: Path,
    *,
    renamed: str = "",
    is_absent: bool = False,
) -> tuple[str, list[dict[str, Any]]]:
    """Of clean evidence seen from 12 March on; and what a run would record."""
    project = replace(company.project, ledger=ledger)
    with company.trial() as connection:
        connection.execute("delete from registry.thresholds")
        for name, threshold, day in thresholds:
            connection.execute(
                "insert into registry.thresholds by name select 'accuracy' as criterion_id, "
                "$1 as decision_class, $2 as threshold, $3 as effective_from",
                [name, threshold, day],
            )
        if renamed:
            connection.execute(
                "insert into registry.taxonomy_changes by name select $1 as former_class, "
                "$2 as decision_class, 'renamed' as kind",
                [renamed, MATCH],
            )
        if is_absent:
            connection.execute(
                "delete from registry.decision_classes where decision_class = $1", [MATCH]
            )
        take_over(connection, project)
        in_force = thresholds[-1][1] if thresholds else 0.05  # the product's
        add_evidence(connection, "accuracy", threshold_used=in_force)
        for model in JUDGED:
            company.rebuild(connection, model)
        (found,) = connection.execute(
            "select verdict from gates.gate_verdicts where decision_class = $1 "
            "and segment = 'region=EU' and criterion_id = 'accuracy'",
            [MATCH],
        ).fetchone() or ("none",)
        floors = connection.execute("from gates.gate_floors").to_arrow_table().to_pylist()
        return found, floors


def take_over(connection: duckdb.DuckDBPyConnection, project: Project) -> None:
    """As the run does before it judges; in a database of its own, for a transaction is open."""
    with duckdb.connect() as other:
        write_recorded(other, project)
        for table in ("recorded_thresholds", "recorded_levels", "recorded_revocations"):
            rows = other.execute(f"from evidence.{table}").to_arrow_table()
            connection.register("rows", rows)
            connection.execute(f"insert into evidence.{table} select * from rows")
            connection.unregister("rows")


def record(ledger: Path, floors: list[dict[str, Any]], as_of: date = AS_OF) -> None:
    kept = keep_inputs(ledger, {FLOORS: floors})
    row = {"decision_class": CLASSIFY, "segment": "all", "gate": "data_fit", "verdict": "fail"}
    row |= {"is_blocked": False, "cohort_id": "c", "criteria": [{"id": "fresh", "verdict": "fail"}]}
    gates = [row | {"level": "surface"}, row | {"gate": "value_fit", "level": "human_only"}]
    record_run(
        ledger,
        as_of=as_of,
        known_batch="b",
        valid_until=datetime(2025, 4, 3, tzinfo=UTC),
        digests=dict.fromkeys(("code", "registry", "publication", "grants"), "0")
        | {"inputs": kept},
        verdicts=gates,
        actor="test",
        time=datetime.now(UTC),
        watch=Watch(None, ledger / "publish"),
    )


@pytest.mark.parametrize("change", REWRITTEN)
def test_a_loosening_that_is_dated_back_reaches_no_earlier_evidence(
    company: Company, tmp_path: Path, change: str
) -> None:
    found, floors = verdict(company, STRICT, tmp_path)
    assert found == "pass"
    record(tmp_path, floors)
    found, floors = verdict(company, REWRITTEN[change], tmp_path)
    assert found == "stale"
    record(tmp_path, floors)  # the looser one is now the last that was recorded
    found, floors = verdict(company, REWRITTEN[change], tmp_path)
    assert found == "stale"


def test_as_strict_a_threshold_as_ever_leaves_the_evidence_as_it_is(
    company: Company, tmp_path: Path
) -> None:
    record(tmp_path, verdict(company, STRICT, tmp_path)[1])
    record(tmp_path, verdict(company, REWRITTEN["edited in place"], tmp_path)[1])
    assert verdict(company, STRICT, tmp_path)[0] == "pass"
    assert verdict(company, [(MATCH, 0.01, EARLY)], tmp_path)[0] == "pass"


def test_a_class_is_bound_by_what_was_recorded_under_its_former_name(
    company: Company, tmp_path: Path
) -> None:
    floors = verdict(company, STRICT, tmp_path)[1]
    for row in floors:
        row["decision_class"] += " of old"
    record(tmp_path, floors)
    loose = REWRITTEN["edited in place"]
    assert verdict(company, loose, tmp_path, renamed=f"{MATCH} of old")[0] == "stale"


def test_a_renaming_that_is_undone_sheds_no_threshold(company: Company, tmp_path: Path) -> None:
    record(tmp_path, verdict(company, STRICT, tmp_path)[1])
    for _ in range(2):
        floors = floors_while_renamed(company, tmp_path, f"{MATCH} anew")
        record(tmp_path, floors)
    assert verdict(company, REWRITTEN["edited in place"], tmp_path)[0] == "stale"
    assert verdict(company, STRICT, tmp_path)[0] == "pass"


def floors_while_renamed(company: Company, ledger: Path, name: str) -> list[dict[str, Any]]:
    """What a run records while MATCH has another ``name``, under as strict a threshold."""
    with company.trial() as connection:
        for change in (
            f"update registry.decision_classes set decision_class = '{name}' "
            f"where decision_class = '{MATCH}'",
            "delete from registry.thresholds",
            "insert into registry.thresholds by name select 'accuracy' as criterion_id, "
            f"'{name}' as decision_class, 0.02 as threshold, date '{EARLY}' as effective_from",
            f"insert into registry.taxonomy_changes by name select '{MATCH}' as former_class, "
            f"'{name}' as decision_class, 'renamed' as kind",
        ):
            connection.execute(change)
        take_over(connection, replace(company.project, ledger=ledger))
        company.rebuild(connection, "gate_floors")
        return connection.execute("from gates.gate_floors").to_arrow_table().to_pylist()


def test_a_class_that_was_not_there_for_a_run_comes_back_under_what_bound_it(
    company: Company, tmp_path: Path
) -> None:
    record(tmp_path, verdict(company, STRICT, tmp_path)[1])
    found, floors = verdict(company, STRICT, tmp_path, is_absent=True)
    assert found == "none"
    record(tmp_path, floors)
    record(tmp_path, verdict(company, STRICT, tmp_path, is_absent=True)[1])
    found, floors = verdict(company, REWRITTEN["edited in place"], tmp_path)
    assert found == "stale"
    record(tmp_path, floors)
    assert verdict(company, REWRITTEN["edited in place"], tmp_path)[0] == "stale"
    assert verdict(company, STRICT, tmp_path)[0] == "pass"


def test_the_ledger_is_told_that_a_class_came_back_with_a_looser_threshold(
    company: Company,
) -> None:
    kept = []
    for change in (
        f"delete from registry.decision_classes where decision_class = '{MATCH}'",
        "insert into registry.thresholds by name select 'accuracy' as criterion_id, "
        f"'{MATCH}' as decision_class, 0.04 as threshold, date '2025-01-01' as effective_from",
    ):
        with company.trial() as connection:
            connection.execute("delete from registry.thresholds")
            connection.execute(change)
            connection.execute("delete from evidence.recorded_thresholds")
            connection.execute(
                "insert into evidence.recorded_thresholds "
                "values ($1, 'accuracy', 0.02, 0.02, null)",
                [MATCH],
            )
            company.rebuild(connection, "gate_floors")
            queries = governance_queries(connection)
            # no file of the registry changes without a line
            assert queries.keys() == {seed.name for seed in SEEDS} | {IN_FORCE}
            rows = fetch(connection, queries[IN_FORCE])
            kept.append({IN_FORCE: [plain(row) for row in rows]})
    told = [event.reason for event in registry_events(*kept, {})]
    assert told == [f"{MATCH} accuracy loosened: threshold 0.02 to 0.04"]


def test_the_level_that_was_in_force_is_the_lowest_of_what_the_lines_say(
    company: Company, tmp_path: Path
) -> None:
    record(tmp_path, [])
    with duckdb.connect() as connection:
        write_recorded(connection, replace(company.project, ledger=tmp_path))
        levels = connection.execute("from evidence.recorded_levels").fetchall()
    assert levels == [(CLASSIFY, "all", "human_only")]


@pytest.mark.parametrize("name", [CLASSIFY, None])
def test_while_it_is_revoked_no_class_is_published_as_delegated(
    company: Company, tmp_path: Path, name: str | None
) -> None:
    record(tmp_path, [])
    said = {"actor": "test", "time": datetime.now(UTC), "reason": "case 4711"}
    watch = Watch(None, tmp_path / "publish")
    line = revoke(tmp_path, name, watch=watch, **said)
    assert in_force_after(company, tmp_path) == [
        ("human_only", f"revoked, ledger line {line.seq}", line.seq),
        ("human_only", f"revoked, ledger line {line.seq}", line.seq)
        if name is None
        else ("delegate_with_audit", "as declared", None),
    ]
    lift(tmp_path, name, watch=watch, **said)
    assert in_force_after(company, tmp_path) == [
        ("delegate", "as declared", None),
        ("delegate_with_audit", "as declared", None),
    ]


@pytest.mark.parametrize("kind", ["renamed", "split"])
def test_what_took_the_place_of_a_revoked_class_is_revoked_in_the_run_that_finds_it(
    company: Company, tmp_path: Path, kind: str
) -> None:
    record(tmp_path, [])
    said = {"actor": "test", "time": datetime.now(UTC), "reason": "case 4711"}
    line = revoke(tmp_path, "procurement.older", watch=Watch(None, tmp_path / "publish"), **said)
    registry = tmp_path / SEED_FOLDER
    shutil.copytree(company.project.root / SEED_FOLDER, registry)
    with (registry / "taxonomy_changes.csv").open("a") as stream:
        stream.write(f"procurement.older,procurement.later,{kind},v1,2025-03-01,p1,test\n")
        stream.write(f"procurement.later,{MATCH},renamed,v1,2025-03-30,p1,test\n")
    revoked = ("human_only", f"revoked, ledger line {line.seq}", line.seq)
    renamed = Company(replace(company.project, root=tmp_path), company.manifest)
    assert in_force_after(renamed, tmp_path) == [("delegate", "as declared", None), revoked]


def test_a_revocation_of_a_name_that_nobody_knows_is_published_for_every_class(
    company: Company, tmp_path: Path
) -> None:
    record(tmp_path, [])
    said = {"actor": "test", "time": datetime.now(UTC), "reason": "case 4711"}
    line = revoke(tmp_path, f"{MATCH} ", watch=Watch(None, tmp_path / "publish"), **said)
    revoked = ("human_only", f"revoked, ledger line {line.seq}", line.seq)
    assert in_force_after(company, tmp_path) == [revoked, revoked]


def in_force_after(company: Company, ledger: Path) -> list[tuple[str, str, int | None]]:
    """Of CLASSIFY and MATCH, when all gates up to the fourth pass: level, why, ledger line."""
    with company.trial() as connection:
        pass_all_but(connection)
        connection.execute("update gates.gate_amount_bands set is_supported = true")
        take_over(connection, replace(company.project, ledger=ledger))
        for model in ("gate_ladder", "gate_levels", "autonomy_map"):
            company.rebuild(connection, model)
        return connection.execute(
            "select effective_level, effective_reason, revoked_by_line from marts.autonomy_map "
            "where segment = 'all' and list_contains($1, decision_class) order by decision_class",
            [[CLASSIFY, MATCH]],
        ).fetchall()


def test_without_what_the_last_run_kept_nothing_is_judged(company: Company, tmp_path: Path) -> None:
    record(tmp_path, [{"decision_class": MATCH}])
    (kept,) = (tmp_path / "inputs" / "parts").iterdir()
    kept.unlink()
    with duckdb.connect() as connection, pytest.raises(LedgerError, match="floors is gone"):
        write_recorded(connection, replace(company.project, ledger=tmp_path))
