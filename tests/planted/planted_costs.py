"""Classes over and under their budget whose subjects cost the same all week and differ much."""

from collections.abc import Iterator

import duckdb
import numpy as np
import planted_company as company
from planted_clusters import SIZE, error_sums
from planted_company import Plan
from planted_figures import NAIVE, Figure, seldom

from dagster_project.evidence.estimates.bounds import Array
from dagster_project.evidence.estimates.context import Cell, Estimate
from dagster_project.evidence.estimates.costs import cost_per_decision
from dagster_project.evidence.estimates.errors import error_bounds
from dagster_project.evidence.estimates.strata import Sample

BUDGET = 0.5
ERROR = 0.02
# bounds the memory
TRIALS_AT_ONCE = 1_000_000
# true cost of a correct decision in budgets, sigma over subjects, subjects
OVER = (
    *((1.05, sigma, subjects) for sigma in (0.5, 1.0) for subjects in (100, 500, 2_000)),
    *((1.01, 1.0, subjects) for subjects in (100, 500, 2_000)),
)
# cap in budgets: one that a class keeps to, and one that its subjects break
CAP, SMALL_CAP = 20, 1.5


def costs(worlds: int, most: int = 2_000) -> Iterator[Figure]:
    """Bad classes that pass, by the rule of the product and by what was paid alone; good ones."""
    for ratio, sigma, subjects in OVER:
        if subjects <= most:
            label = f"{round(100 * ratio - 100)}_pct_over_sigma_{sigma:g}_n{subjects}"
            passed, paid = _passed(worlds, subjects, sigma, ratio, CAP)
            yield seldom(f"over_budget_{label}", passed, worlds)
            # what is left of it where subjects are many, or alike, is no bar
            is_naive = (sigma, subjects) == (1.0, 100)
            yield Figure(f"paid_alone_{label}", paid, worlds, NAIVE if is_naive else 0.0)
    passed, _ = _passed(worlds, 100, 1.0, 1.05, SMALL_CAP)
    yield seldom("over_budget_by_a_small_cap", passed, worlds)
    # all of the mean at the cap: the hardest that a share can be
    passed, _ = _passed(worlds, 500, None, 1.01, 4)
    yield seldom("over_budget_all_or_nothing", passed, worlds)
    for cap, subjects, least in ((4, 100, 0.5), (20, 500, 0.95), (20, 2_000, 0.95)):
        if subjects <= most:
            passed, _ = _passed(worlds, subjects, 1.0, 0.5, cap)
            yield Figure(f"half_the_budget_cap_{cap}_n{subjects}", passed, worlds, least)


def _passed(
    worlds: int, subjects: int, sigma: float | None, ratio: float, cap: float
) -> tuple[float, float]:
    """Shares of worlds that pass, and that would by what was paid; sigma None = 0 or the cap."""
    dice = np.random.default_rng(8)
    mean = ratio * BUDGET * (1 - ERROR)
    size = max(TRIALS_AT_ONCE // subjects, 1)
    passed = paid = 0
    for begin in range(0, worlds, size):
        count = min(size, worlds - begin)
        shape = (count, subjects)
        if sigma is None:
            drawn = cap * BUDGET * (dice.random(shape) < mean / (cap * BUDGET))
        else:
            drawn = mean * np.exp(sigma * dice.standard_normal(shape) - sigma * sigma / 2)
        sample = _sample(dice, count, subjects)
        context = company.context(count, cost_cap=cap * BUDGET)
        with priced(drawn, cap * BUDGET) as connection:
            rows = cost_per_decision(connection, context, sample, {})
        passed += sum(_is_within(row) for row in rows)
        bounds = error_bounds(context, sample, list(sample.strata), company.alphas(count), {})
        paid += int((drawn.mean(axis=1) / (1 - bounds.upper()) <= BUDGET).sum())
    return passed / worlds, paid / worlds


def _sample(dice: np.random.Generator, worlds: int, subjects: int) -> Sample:
    """Every subject drawn, with errors that hang together."""
    failures, mixed = error_sums(dice, worlds, subjects, ERROR)
    plan = Plan(subjects, 1.0, ERROR)
    sample = company.sample(
        {
            Cell(company.name(world)): [company.stratum(plan, subjects, failed)]
            for world, failed in enumerate(failures.tolist())
        }
    )
    return sample._replace(weeks=sample.weeks._replace(failures=failures, mixed=mixed))


def _is_within(row: Estimate) -> bool:
    return row.status == "ok" and row.bound is not None and float(row.bound) <= BUDGET


def priced(paid: Array, cap: float) -> duckdb.DuckDBPyConnection:
    """The tables that costs are read from: in every world (row) ten decisions of each subject
    (column), all drawn, at the cost that stands there; ``cap`` is every class's."""
    connection = duckdb.connect()
    worlds, subjects = paid.shape
    trials = {
        "world": np.repeat(np.arange(worlds), subjects),
        "subject": np.tile(np.arange(subjects), worlds),
        "cost": paid.ravel(),
    }
    connection.register("trials", trials)
    connection.execute(
        f"""
        CREATE SCHEMA facts;
        CREATE TABLE facts.fct_samples_weekly AS
        SELECT 'w.' || world AS decision_class, 'all' AS segment, '*' AS cohort_id,
            'delegated' AS route, 1.0 AS inclusion_probability, 's' || subject AS subject_key,
            DATE '2025-03-31' AS event_date, 'b' AS landing_batch, {SIZE} AS decision_count,
            {SIZE} AS selected_count,
            (cost * {SIZE})::DECIMAL(38, 9) AS selected_cost_amount
        FROM trials;
        CREATE TABLE facts.fct_decisions_daily AS
        SELECT decision_class, segment, cohort_id, event_date, landing_batch,
            sum(decision_count) AS decision_count, sum(decision_count) AS priced_count,
            sum(selected_cost_amount) AS cost_amount
        FROM facts.fct_samples_weekly GROUP BY ALL;
        CREATE TABLE estimate_scope AS
        SELECT decision_class, event_date AS end_date, event_date AS label_end,
            {cap}::DECIMAL(18, 4) AS cost_cap_amount
        FROM facts.fct_decisions_daily
        """
    )
    return connection
