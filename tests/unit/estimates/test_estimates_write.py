"""The run as a whole: thresholds in force, registry faults, replacement in one transaction."""

from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from estimates_world import CLASS, COHORT, World

from dagster_project.evidence.estimates import write
from dagster_project.evidence.estimates.context import COMPARISONS
from dagster_project.evidence.estimates.makers import MAKERS, Facts
from dagster_project.evidence.estimates.registry import RunContextError, read_context
from dagster_project.evidence.estimates.write import create_tables, write_estimates


def _override(world: World, name: str | None, threshold: str, day: str) -> None:
    world.add(
        "registry.thresholds",
        criterion_id="accuracy",
        decision_class=name,
        threshold=Decimal(threshold),
        effective_from=date.fromisoformat(day),
    )


def test_every_criterion_with_a_maker_has_a_row_and_no_other_has(world: World) -> None:
    report = write_estimates(world.connection)
    assert set(report.by_criterion) == set(COMPARISONS)
    assert "signed_by_risk" not in report.by_criterion
    assert report.row_count == len(COMPARISONS)
    assert report.class_count == 1


def test_each_maker_makes_the_rows_of_its_criteria_and_needs_no_other_before_it(
    world: World,
) -> None:
    write_estimates(world.connection)
    rows = world.connection.execute("select * exclude (as_of, known_batch) from evidence.estimates")
    written = {row[0]: row for row in rows.fetchall()}
    context = read_context(world.connection)
    for criteria, make in MAKERS.items():
        alone = {row.criterion_id: tuple(row) for row in make(Facts(world.connection, context))}
        assert alone == {criterion: written.pop(criterion) for criterion in criteria}
    assert written == {}


def test_every_row_that_is_not_plain_says_why(world: World) -> None:
    write_estimates(world.connection)
    silent = world.connection.execute(
        "select criterion_id from evidence.estimates"
        " where (status <> 'ok' or coalesce(n_needed, 1) > 0) and reason is null"
    ).fetchall()
    assert silent == []


def test_class_override_beats_company_default_beats_product_default(world: World) -> None:
    assert world.estimate("accuracy")["threshold_used"] == Decimal("0.05")
    _override(world, None, "0.04", "2025-01-01")
    assert world.estimate("accuracy")["threshold_used"] == Decimal("0.04")
    _override(world, CLASS, "0.03", "2024-01-01")
    assert world.estimate("accuracy")["threshold_used"] == Decimal("0.03")
    _override(world, CLASS, "0.02", "2025-03-31")
    assert world.estimate("accuracy")["threshold_used"] == Decimal("0.02")
    _override(world, CLASS, "0.01", "2025-04-01")
    assert world.estimate("accuracy")["threshold_used"] == Decimal("0.02")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (
            "insert into registry.thresholds values ('accuracy', null, null, '2025-01-01')",
            "missing",
        ),
        ("insert into registry.thresholds values ('accuracy', null, 1, '2025-01-01')", "outside"),
        (
            "insert into registry.thresholds values ('accuracy', null, .1, '2025-01-01'),"
            " ('accuracy', null, .2, '2025-01-01')",
            "doubled",
        ),
        ("insert into registry.criteria select * from registry.criteria", "doubled"),
        ("update registry.criteria set comparison = 'at_least'", "comparison"),
        ("update registry.criteria set alpha = 0", "alpha"),
        ("update registry.decision_classes set alpha_weight = null", "alpha weight"),
        ("update registry.decision_classes set alpha_weight = 1.5", "alpha weight"),
    ],
)
def test_a_faulty_threshold_is_an_error_without_numbers(
    world: World, spoil: str, reason: str
) -> None:
    world.run(spoil)
    row = world.estimate("accuracy")
    assert row["status"] == "error"
    assert reason in row["reason"]
    assert row["estimate"] is row["bound"] is row["refuting_bound"] is None


def test_shares_of_alpha_that_exceed_one_are_scaled_down(world: World) -> None:
    world.run(
        "insert into registry.decision_classes"
        " select * replace ('w.two' as decision_class) from registry.decision_classes"
    )
    assert world.estimate("accuracy")["alpha"] == Decimal("0.0125")


def test_segments_that_may_be_delegated_alone_share_the_alpha_of_their_class(world: World) -> None:
    """Of several dimensions none is delegated before `all`; `all` passes only if every one does."""

    def alphas() -> dict[str, Decimal]:
        write_estimates(world.connection)
        rows = "select segment, alpha from evidence.estimates where criterion_id = 'accuracy'"
        return dict(world.connection.execute(rows).fetchall())

    region = {"workflow": "w", "segment_dimension": "region", "is_delegated_alone": True}
    for value in ("EU", "US"):
        world.add("registry.segments", **region, segment_value=value)
        world.sample(value, date(2025, 3, 3), days=14, segment=f"region={value}")
    whole, half = Decimal("0.025"), Decimal("0.0125")
    assert alphas() == {"all": whole, "region=EU": half, "region=US": half}
    before = world.estimate("accuracy", segment="region=EU")["bound"]
    # one that is delegated with the others or not takes no part, and keeps the whole
    later = region | {"is_delegated_alone": None, "segment_value": "later"}
    world.add("registry.segments", **later)
    shares = {"all": whole, "region=EU": half, "region=US": half, "region=later": whole}
    assert alphas() == shares
    world.run("delete from registry.segments where segment_value = 'later'")
    world.add("registry.segments", **region, segment_value="JP")
    assert world.estimate("accuracy", segment="region=EU")["bound"] > before
    team = {"workflow": "w", "segment_dimension": "team", "segment_value": "one"}
    world.add("registry.segments", **team, is_delegated_alone=True)
    assert set(alphas().values()) == {whole}


def test_every_criterion_of_a_class_with_outdated_disposed_facts_is_an_error(world: World) -> None:
    reason = "disposed facts bear its former name w.old"
    world.add("intermediate.int_classes__outdated_facts", decision_class=CLASS, reason=reason)
    world.estimate("accuracy", cohort=COHORT)
    found = world.connection.execute(
        "select distinct status, reason, bound, refuting_bound from evidence.estimates"
    ).fetchall()
    assert found == [("error", reason, None, None)]


def test_impossible_counts_are_an_error_of_their_row_only(world: World) -> None:
    world.run("update facts.fct_decisions_daily set audit_complete_count = 11")
    row = world.estimate("audit_complete")
    assert (row["status"], row["reason"], row["bound"]) == ("error", "impossible counts", None)
    assert world.estimate("boundary_respected")["status"] == "ok"


def test_a_class_twice_or_no_run_stops_with_a_name(world: World) -> None:
    world.run("insert into registry.decision_classes select * from registry.decision_classes")
    with pytest.raises(RunContextError, match=r"w\.one twice"):
        write_estimates(world.connection)
    world.run("delete from landing.run_context")
    with pytest.raises(RunContextError, match="holds 0 rows"):
        write_estimates(world.connection)


def test_rows_of_the_last_run_are_replaced(world: World) -> None:
    write_estimates(world.connection)
    world.run("update landing.run_context set as_of = '2025-04-02'")
    report = write_estimates(world.connection)
    days = world.connection.execute("select as_of, count(*) from evidence.estimates group by 1")
    assert days.fetchall() == [(date(2025, 4, 2), report.row_count)]


def test_a_failed_write_keeps_the_old_rows(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = write_estimates(world.connection).row_count

    def doubtful(*_: Any) -> tuple[list[Any], list[Any]]:
        good = world.connection.execute("select 1").fetchone()
        return [tuple(good or ()) * 19], []

    monkeypatch.setattr(write, "compute_estimates", doubtful)
    with pytest.raises(pa.ArrowException):
        write_estimates(world.connection)
    kept = world.connection.execute("select count(*) from evidence.estimates").fetchone()
    assert kept == (before,)


def test_the_same_facts_in_another_order_give_the_same_rows(world: World) -> None:
    world.decisions(date(2025, 3, 31), cohort_id="c0")
    write_estimates(world.connection)
    first = world.connection.execute("from evidence.estimates").fetchall()
    for table in ("fct_decisions_daily", "fct_samples_weekly", "fct_latency_daily"):
        world.run(f"create table shuffled as from facts.{table} order by hash(event_date)")
        world.run(f"drop table facts.{table}; create table facts.{table} as from shuffled")
        world.run("drop table shuffled")
    write_estimates(world.connection)
    assert world.connection.execute("from evidence.estimates").fetchall() == first


def test_an_empty_company_writes_no_rows(world: World) -> None:
    world.run("delete from registry.decision_classes")
    assert write_estimates(world.connection).row_count == 0


def test_create_tables_keeps_rows(world: World) -> None:
    count = write_estimates(world.connection).row_count
    create_tables(world.connection)
    kept = world.connection.execute("select count(*) from evidence.estimates").fetchone()
    assert kept == (count,)
