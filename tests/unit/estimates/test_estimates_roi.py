"""What a launch is worth a week, less what it costs."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from estimates_world import AS_OF, CLASS, WORKFLOW, World, healthy_world
from kpi_rows import BEFORE, FIRST, add_kpi

from dagster_project.evidence.estimates.autonomy_fit import value_at_risk
from dagster_project.evidence.estimates.context import Estimate
from dagster_project.evidence.estimates.detections import read_detections
from dagster_project.evidence.estimates.kpi_effects import kpi_effects, not_zero
from dagster_project.evidence.estimates.kpi_series import Kind, Known, read_known, read_kpis
from dagster_project.evidence.estimates.registry import read_context
from dagster_project.evidence.estimates.roi import Evidence, roi_positive
from dagster_project.evidence.estimates.roi_prices import read_prices
from dagster_project.evidence.estimates.strata import read_sample
from dagster_project.evidence.estimates.workflow_fit import read_volumes

OTHER = "w.other"
# 70 decisions a week at 0.1; 40 reviews of 6 minutes in four weeks at 50 an hour
AGENTS, LABOUR = 7, 50


@pytest.fixture(scope="module")
def module_world() -> Iterator[World]:
    """Hours fell by 10 since the launch, each worth 100 a week; people cost 50 an hour."""
    made = healthy_world()
    made.run("delete from registry.kpi_registry; delete from facts.fct_kpis")
    add_kpi(made, "hours", "primary", -10)
    made.add("registry.kpi_values", **value_of("hours"))
    price = {"hourly_cost_amount": 50, "currency": "USD"}
    made.add("registry.labour_prices", review_pool="pool", valid_from=BEFORE, **price)
    made.add(
        "facts.fct_reviews_daily",
        review_pool="pool",
        event_date=AS_OF - timedelta(8),
        review_count=40,
        seeded_count=0,
        seeded_detected_count=0,
        timed_count=40,
        handling_seconds=40 * 360,
        handling_seconds_squared=0,
    )
    yield made
    made.connection.close()


@pytest.fixture
def paid(module_world: World) -> Iterator[World]:
    """The same, in a transaction of which nothing stays."""
    module_world.connection.begin()
    yield module_world
    module_world.connection.rollback()
    module_world.is_changed = True


def value_of(kpi: str, **row: Any) -> dict[str, Any]:
    about = {"kpi": kpi, "workflow": WORKFLOW, "registered_at": BEFORE}
    return about | {"value_per_unit": 100, "period": "week", "currency": "USD"} | row


def add_class(world: World, name: str, **row: Any) -> None:
    changes = ", ".join(f"{value!r} as {column}" for column, value in row.items())
    world.run(
        "insert into registry.decision_classes select * replace "
        f"('{name}' as decision_class, {changes}) from registry.decision_classes limit 1"
    )


def add_other(world: World, **row: Any) -> None:
    """A second class of the workflow in which nothing is decided and an error costs nothing."""
    add_class(world, OTHER, **{"error_cost_amount": 0, "alpha_weight": 0} | row)
    world.run(
        "update registry.decision_classes set alpha_weight = 0.5;"
        f"insert into facts.fct_decisions_daily select * replace ('{OTHER}' as decision_class)"
        " from facts.fct_decisions_daily where event_date < '2025-03-03';"
        f"insert into facts.fct_samples_weekly select * replace ('{OTHER}' as decision_class)"
        " from facts.fct_samples_weekly;"
        f"insert into facts.fct_watermarks select * replace ('{OTHER}' as decision_class)"
        " from facts.fct_watermarks"
    )


def evidence_of(world: World) -> Evidence:
    connection = world.connection
    context = read_context(connection)
    sample, found = read_sample(connection, context), read_detections(connection, context)
    return Evidence(context, read_prices(connection, context), sample, found)


def returns(world: World, known: Known | None = None) -> dict[str, Estimate]:
    """The row of every class."""
    evidence = evidence_of(world)
    series = read_known(world.connection, evidence.context) if known is None else known
    rows = roi_positive(evidence, series, read_kpis(world.connection, evidence.context))
    return {row.decision_class: row for row in rows}


def limits(row: Estimate) -> list[float]:
    return [float(each or 0) for each in (row.estimate, row.bound, row.refuting_bound)]


def test_value_less_agents_reviews_and_losses_each_at_half_of_alpha(paid: World) -> None:
    paid.run(
        "update registry.criteria set alpha = 0.025"
        " where criterion_id in ('kpi_improved', 'value_at_risk');"
        "update registry.kpi_registry set minimum_effect = 0"
    )
    context, _, sample, detections = evidence_of(paid)
    volumes = read_volumes(paid.connection, context)
    kpis, known = read_kpis(paid.connection, context), read_known(paid.connection, context)
    (effect, _), row = kpi_effects(context, kpis, known), returns(paid)[CLASS]
    (loss,) = value_at_risk(context, sample, detections, volumes)
    whole = zip(limits(row), limits(effect), limits(loss), strict=True)
    for found, gain, lost in whole:
        assert found == pytest.approx(100 * gain - AGENTS - LABOUR - lost, abs=1e-5)
    estimate, bound, refuting = limits(row)
    assert 0 < bound < estimate < refuting
    assert limits(loss)[1] > 50
    assert (row.status, row.n, row.alpha) == ("ok", 52, Decimal("0.025"))
    assert row.evidence_newest_date == AS_OF - timedelta(1)
    assert (row.reason or "").startswith("USD a week: value 9")


def test_a_return_of_nothing_is_not_positive() -> None:
    assert not_zero(0.0) == -1e-9
    assert (not_zero(2.0), not_zero(-3.0)) == (2.0, -3.0)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("delete from registry.kpi_registry", "no primary kpi"),
        ("update registry.kpi_registry set kind = 'guardrail'", "no primary kpi"),
        ("delete from registry.kpi_values", "no value of hours from before"),
        ("update registry.kpi_values set registered_at = '2024-09-30'", "no value of hours"),
        (f"update registry.kpi_values set decision_class = '{CLASS}'", "no value of hours"),
        ("update registry.kpi_values set period = 'day'", "by the week, its value by the day"),
        ("delete from registry.kpi_looks", "no look at hours"),
        ("update registry.decision_classes set alpha_weight = 0.7", "52 periods, 58 are needed"),
        ("delete from facts.fct_decisions_daily where event_date < '2025-03-17'", "2 of 4"),
        (
            "update facts.fct_decisions_daily set priced_count = 9 where event_date = '2025-03-04'",
            "1 decisions without a price",
        ),
        (
            "insert into facts.fct_decisions_daily by name (select 'w.one' as decision_class,"
            " 'all' as segment, 'w' as workflow, 3 as decision_count, 0 as priced_count,"
            " 'delegated' as route, '2' as landing_batch)",
            "3 decisions without a price",
        ),
        ("delete from registry.labour_prices", "no labour price of pool on 2025-03-03"),
        ("update registry.labour_prices set valid_from = '2025-03-04'", "no labour price of pool"),
        ("update facts.fct_reviews_daily set timed_count = 39", "1 of 40 reviews without"),
        (
            "update facts.fct_reviews_daily set timed_count = 39, review_pool = '(unknown)'",
            "(unknown): 1 of 40 reviews without",
        ),
        ("update registry.labour_prices set currency = 'EUR'", "w.one in USD; pool in EUR"),
        ("update registry.kpi_values set currency = 'EUR'", "hours in EUR; w.one in USD"),
        ("update registry.decision_classes set currency = null", "w.one in no currency"),
        ("update registry.decision_classes set error_cost_amount = null", "error cost missing"),
        ("delete from facts.fct_samples_weekly", "w.one: no labels"),
        ("update registry.decision_classes set label_outcome = ''", "reviewer detection unknown"),
        (
            "insert into facts.fct_unreadable by name (select 's' as source, 'reviews' as stream,"
            " '20250401T000000000000Z' as landing_batch, '20250401' as unit_batch,"
            " 2 as unit_count)",
            "0 decisions and 2 reviews that nobody can read",
        ),
    ],
)
def test_what_is_missing_leaves_it_insufficient(paid: World, spoil: str, reason: str) -> None:
    paid.run(spoil)
    row = returns(paid)[CLASS]
    assert (row.status, row.bound, row.refuting_bound) == ("insufficient", None, None)
    assert reason in (row.reason or "")
    assert row.n_missing > 0


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (
            "update registry.criteria set threshold = null where criterion_id = 'accuracy'",
            "w.one: accuracy threshold missing",
        ),
        (
            "update registry.criteria set comparison = 'at_most'"
            " where criterion_id = 'roi_positive'",
            "comparison is not at_least",
        ),
        (
            "update facts.fct_decisions_daily set priced_count = 11"
            " where event_date = '2025-03-04'",
            "w.one: impossible counts",
        ),
    ],
)
def test_what_cannot_be_evaluated_is_an_error(paid: World, spoil: str, reason: str) -> None:
    paid.run(spoil)
    row = returns(paid)[CLASS]
    assert (row.status, row.bound) == ("error", None)
    assert reason in (row.reason or "")


@pytest.mark.parametrize(
    ("later", "per_week"),
    [("2025-03-20", 80), ("2025-03-31", 50), ("2024-05-01", 80), ("2024-01-01", 50)],
)
def test_the_highest_wage_of_the_weeks_counts(paid: World, later: str, per_week: int) -> None:
    before = returns(paid)[CLASS].bound
    price = {"hourly_cost_amount": 80, "currency": "USD"}
    paid.add("registry.labour_prices", review_pool="pool", valid_from=later, **price)
    assert before - returns(paid)[CLASS].bound == pytest.approx(per_week - LABOUR, abs=1e-5)


def test_reviews_by_nobody_known_are_paid_for(paid: World) -> None:
    before = returns(paid)[CLASS].bound
    paid.run("update facts.fct_reviews_daily set review_pool = null, event_date = null")
    assert returns(paid)[CLASS].bound == before


def test_one_value_stands_against_the_costs_of_all_its_classes(paid: World) -> None:
    add_other(paid)
    alone = returns(paid)
    assert alone[CLASS].bound == alone[OTHER].bound > 0
    costs = {"decision_count": 1, "cost_amount": 4000, "priced_count": 1}
    paid.decisions(date(2025, 3, 5), decision_class=OTHER, **costs)
    both = returns(paid)
    assert both[CLASS].bound == both[OTHER].bound < 0
    assert alone[CLASS].estimate - both[CLASS].estimate == pytest.approx(1000, abs=1e-5)


def test_a_class_is_held_to_the_worse_of_its_own_and_its_workflows_return(paid: World) -> None:
    add_other(paid)
    add_kpi(paid, "own", "primary", 10, decision_class=OTHER)
    for table in ("registry.kpi_models", "registry.kpi_looks"):
        paid.run(f"update {table} set decision_class = '{OTHER}' where kpi = 'own'")
    paid.run(f"update facts.fct_kpis set decision_class = '{OTHER}' where metric = 'own'")
    assert returns(paid)[OTHER].reason == "no value of own from before its launch"
    paid.add("registry.kpi_values", **value_of("own", decision_class=OTHER))
    found = returns(paid)
    assert found[OTHER].status == "insufficient"
    assert "80 are needed" in (found[OTHER].reason or "")
    assert found[CLASS].bound > 0


def test_people_who_decide_alone_lose_nothing_to_the_ai(paid: World) -> None:
    add_other(paid, declared_level="human_only", error_cost_amount=60000)
    paid.run("delete from facts.fct_samples_weekly where decision_class = 'w.other'")
    paid.decisions(date(2025, 3, 5), decision_class=OTHER, route="human")
    assert returns(paid)[CLASS].bound > 0
    paid.decisions(date(2025, 3, 5), decision_class=OTHER, route="surfaced", decision_count=1)
    assert returns(paid)[CLASS].reason == "w.other: no labels"
    paid.sample("o", date(2025, 3, 5), decision_class=OTHER)
    assert returns(paid)[CLASS].bound < -10000


def test_each_cohort_of_these_weeks_has_its_own_bound(paid: World) -> None:
    before = returns(paid)[CLASS].bound
    paid.decisions(date(2025, 3, 24), cohort_id="c2", decision_count=40)
    assert returns(paid)[CLASS].reason == "w.one: no labels"
    paid.sample("n", date(2025, 3, 5), cohort_id="c2")
    # 10 a week of which next to nothing is known
    assert returns(paid)[CLASS].bound < before - 10 * 15


def test_a_value_by_the_day_is_seven_a_week(paid: World) -> None:
    paid.run("update registry.kpi_values set period = 'day'")
    weekly = read_known(paid.connection, read_context(paid.connection))
    ((key, kinds),) = weekly.items()
    (values,) = kinds.values()
    days = {start + timedelta(day): value for start, value in values.items() for day in range(7)}
    days[AS_OF] = days[AS_OF - timedelta(1)]
    assert min(days) == FIRST
    row = returns(paid, {key: {Kind("day", "hours", ""): days}})[CLASS]
    assert row.status == "ok", row.reason
    assert (row.reason or "").startswith("USD a week: value 6,")
