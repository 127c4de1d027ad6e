"""Weekly KPI series with a planted effect at the launch."""

from collections.abc import Iterator
from datetime import date, timedelta
from math import sqrt

from dagster_project.simulate import draw
from dagster_project.simulate.plan import BASELINE_WEEKS, KPIS, WORKFLOW, KpiPlan

COLUMNS = (
    "metric",
    "workflow",
    "decision_class",
    "segment",
    "period_start",
    "grain",
    "value",
    "unit",
    "currency",
    "n",
)


def kpi_lines(
    seed: int, launch: date, weeks: int, *, before: int = BASELINE_WEEKS
) -> Iterator[str]:
    """CSV lines without line ends, header first: ``before`` weeks, then ``weeks`` from ``launch``.

    A series holds for the whole workflow: no decision class, segment ``all``.
    """
    yield ",".join(COLUMNS)
    for kpi in KPIS:
        yield from _series(seed, kpi, launch, range(-before, weeks))


def _series(seed: int, kpi: KpiPlan, launch: date, weeks: range) -> Iterator[str]:
    rng = draw.stream(seed, "kpis", kpi.metric)
    noise = draw.normal(rng)
    for number in weeks:
        # stationary AR(1): the spread stays ``sd`` in every week
        fresh = sqrt(1 - kpi.autocorrelation**2) * draw.normal(rng)
        noise = kpi.autocorrelation * noise + fresh
        value = (kpi.before if number < 0 else kpi.after) + kpi.sd * noise
        monday = launch + timedelta(weeks=number)
        count = draw.poisson(rng, kpi.count_mean)
        cells = (kpi.metric, WORKFLOW, "", "all", monday, "week", f"{value:.2f}", kpi.unit, "")
        yield ",".join(map(str, (*cells, count)))
