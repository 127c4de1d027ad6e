"""Coverage of what a launch returns: series with memory, planted effect, prices and errors."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import planted_company as company
from planted_company import DAY, Plan
from planted_figures import Figure, coverage

from dagster_project.evidence.estimates.context import Window
from dagster_project.evidence.estimates.kpi_series import Kind, Known, Kpi
from dagster_project.evidence.estimates.roi import Evidence, roi_positive
from dagster_project.evidence.estimates.roi_prices import Prices, Spent, Value

PERIODS, SINCE, MEMORY, EFFECT = 104, 52, 0.3, 2.0
FIRST = date(2023, 4, 3)
LAUNCH, LOOK = FIRST + timedelta(weeks=SINCE), FIRST + timedelta(weeks=PERIODS)
PER_UNIT, PAID, PER_WEEK = 1_000.0, 40.0, 250
PLAN = Plan(9_000, 0.05, 0.05)


def returns(worlds: int) -> Iterator[Figure]:
    """One class and one KPI per world; the true return is the one planted."""
    dice = np.random.default_rng(8)
    context = company.context(worlds, limit=company.WIDE_LIMIT)
    names = [company.name(world) for world in range(worlds)]
    window = Window(end=DAY, weeks_start=DAY, weeks_end=DAY, weeks=company.WEEKS, label_end=DAY)
    context = replace(context, windows=dict.fromkeys(names, window))
    sample = company.sample(company.strata(dice, [PLAN], worlds))
    drawn = dice.poisson(PER_WEEK * company.WEEKS, worlds).tolist()
    spent = {
        name: {"*": Spent(count, count, PAID * company.WEEKS, count)}
        for name, count in zip(names, drawn, strict=True)
    }
    values = {("hours", "w", name): Value(PER_UNIT, "week", "") for name in names}
    evidence = Evidence(context, Prices(values, spent, {}, {}), sample, {})
    rows = roi_positive(evidence, _series(dice, names), [_kpi(name) for name in names])
    assert {row.status for row in rows} == {"ok"}
    lost = company.ERROR_COST * PER_WEEK * PLAN.error
    true = PER_UNIT * EFFECT - PAID - lost
    for side, is_covered in (
        ("lower", [float(row.bound or 0) <= true for row in rows]),
        ("upper", [float(row.refuting_bound or 0) >= true for row in rows]),
    ):
        yield coverage(f"cover_return_{side}", float(np.mean(is_covered)), worlds)


def _kpi(name: str) -> Kpi:
    return Kpi(
        kpi="hours",
        workflow="w",
        kpi_class=name,
        kind="primary",
        is_up=True,
        minimum=0.0,
        margin=None,
        unit="hours",
        currency="",
        baseline_start=FIRST,
        launch_date=LAUNCH,
        has_model=True,
        has_trend=False,
        season=0,
        controls=(),
        looks=1,
        look_date=LOOK,
        next_look=None,
    )


def _series(dice: np.random.Generator, names: list[str]) -> Known:
    noise = dice.normal(size=(PERIODS, len(names)))
    for place in range(1, PERIODS):
        noise[place] = MEMORY * noise[place - 1] + np.sqrt(1 - MEMORY**2) * noise[place]
    noise[SINCE:] += EFFECT
    starts = [FIRST + timedelta(weeks=place) for place in range(PERIODS)]
    return {
        ("hours", "w", name): {
            Kind("week", "hours", ""): dict(zip(starts, column.tolist(), strict=True))
        }
        for name, column in zip(names, noise.T, strict=True)
    }
