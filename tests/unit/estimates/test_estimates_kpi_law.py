"""A law: a KPI period that is dropped never improves what is said of a class. All subsets."""

from estimates_world import AS_OF, BATCH, World

from dagster_project.evidence.estimates.registry import read_context
from dagster_project.evidence.estimates.workflow_fit import pain_measured, read_volumes

# nine weeks before the launch, then periods that do not count or contradict themselves
WEEKS = 9
ODD = {
    9: ("week", "date '2024-10-21'", "'days'", 5, 1),  # another unit
    10: ("week", "date '2024-10-14'", "'hours'", 5, 2),  # two values in one batch
    11: ("month", "date '2024-11-01'", "'hours'", 5, 1),
}
PERIODS = WEEKS + len(ODD)


def one_class_per_subset(world: World) -> None:
    """Class number n, in a workflow of its own, has exactly the periods of n's bits."""
    world.run("delete from facts.fct_kpis; delete from facts.fct_decisions_daily")
    world.run("delete from registry.criteria where criterion_id <> 'pain_measured'")
    for table in ("registry.decision_classes", "registry.kpi_registry"):
        own = "'c' || n as decision_class, " if "classes" in table else ""
        world.run(f"create temp table one as from {table}; delete from {table}")
        world.run(
            f"insert into {table} select * exclude (n) replace ({own}'w' || n as workflow)"
            f" from one, range(1 << {PERIODS}) bits(n); drop table one"
        )
    world.run(
        "insert into facts.fct_decisions_daily by name select 'c' || n as decision_class,"
        f" 'w' || n as workflow, 'all' as segment, date '{AS_OF}' - day::int as event_date,"
        f" 10 as decision_count, 0 as failed_count, 0 as unreadable_count,"
        f" '{BATCH}' as landing_batch"
        f" from range(1 << {PERIODS}) bits(n), range(0, 35, 7) days(day)"
    )
    odd = ", ".join(
        f"({place}, '{grain}', {begin}, {unit}, {value}, {count})"
        for place, (grain, begin, unit, value, count) in ODD.items()
    )
    world.run(
        f"with kpis(place, grain, begin, unit, value, value_count) as (values {odd} union all"
        " select place, 'week', date '2024-12-30' - (7 * place)::int, 'hours', 5, 1"
        f" from range({WEEKS}) weeks(place))"
        " insert into facts.fct_kpis by name select 'hours' as metric, 'w' || n as workflow,"
        " 'all' as segment, begin as period_start, grain, unit, value, value_count,"
        f" '{BATCH}' as landing_batch from kpis, range(1 << {PERIODS}) bits(n)"
        " where (n >> place) & 1 = 1"
    )


def test_a_dropped_kpi_period_never_improves(world: World) -> None:
    one_class_per_subset(world)
    connection = world.connection
    context = read_context(connection)
    rows = pain_measured(connection, context, read_volumes(connection, context))
    found = {int(row.decision_class[1:]): row for row in rows}
    assert len(found) == 1 << PERIODS
    assert sum(row.bound is not None for row in rows) == (WEEKS + 1) * 2 ** len(ODD)
    for kept, row in found.items():
        for place in range(PERIODS):
            without = found[kept & ~(1 << place)]
            assert without.n <= row.n, (kept, place)
            assert without.bound is None or row.bound is not None, (kept, place)
            assert (without.bound or 0) <= (row.bound or 0), (kept, place)
