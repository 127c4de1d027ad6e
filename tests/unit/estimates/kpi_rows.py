"""A KPI with a planted effect, as it is registered and as it lands."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
from estimates_world import AS_OF, WORKFLOW, World

FIRST = date(2024, 4, 1)  # a Monday, 52 weeks before AS_OF
LAUNCH = date(2024, 9, 30)
BEFORE = date(2024, 3, 1)


def noise(dice: np.random.Generator, count: int, memory: float) -> npt.NDArray[np.float64]:
    values = dice.normal(size=count + 30)
    for place in range(1, len(values)):
        values[place] += memory * values[place - 1]
    return values[30:]


def add_kpi(
    world: World, metric: str, kind: str, effect: float, direction: str = "down", **row: Any
) -> None:
    """52 weeks of noise about 70 with ``effect`` after the launch, and what was registered."""
    about = {"kpi": metric, "workflow": WORKFLOW}
    world.add(
        "registry.kpi_registry",
        **about
        | {
            "kind": kind,
            "direction": direction,
            "minimum_effect": Decimal(4),
            "margin": Decimal(2),
            "unit": "hours",
            "baseline_start": FIRST,
            "baseline_end": LAUNCH - timedelta(1),
            "launch_date": LAUNCH,
            "registered_at": BEFORE,
        }
        | row,
    )
    world.add("registry.kpi_models", **about, has_trend=False, registered_at=BEFORE)
    world.add("registry.kpi_looks", **about, look_date=AS_OF, registered_at=BEFORE)
    values = 70 + noise(np.random.default_rng(5), 52, 0.3)
    for place, value in enumerate(values):
        start = FIRST + timedelta(7 * place)
        world.add(
            "facts.fct_kpis",
            metric=metric,
            workflow=WORKFLOW,
            segment="all",
            period_start=start,
            grain="week",
            unit="hours",
            value=Decimal(str(round(value + effect * (start >= LAUNCH), 4))),
            value_count=1,
        )
