"""KPIs as they were registered, and their series as they are known: one value per period."""

import calendar
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from dagster_project.evidence.estimates.context import Context

if TYPE_CHECKING:
    import duckdb

_GRAINS = {"daily": "day", "weekly": "week", "monthly": "month"}


class Kpi(NamedTuple):
    """One row of ``kpi_registry`` with what was fixed before its launch.

    ``kpi_class`` empty: of the whole workflow. ``looks``: days fixed for looking, all of them.
    ``look_date``: the newest of these up to today. ``has_model``: trend and season were fixed.
    """

    kpi: str
    workflow: str
    kpi_class: str
    kind: str
    is_up: bool
    minimum: float | None
    margin: float | None
    unit: str
    currency: str
    baseline_start: date
    launch_date: date | None
    has_model: bool
    has_trend: bool
    season: int
    controls: tuple[str, ...]
    looks: int
    look_date: date | None
    next_look: date | None

    def is_about(self, workflow: str, name: str) -> bool:
        """Whether it was promised for this class."""
        return self.workflow == workflow and self.kpi_class in ("", name)


class Series(NamedTuple):
    """``values``, of each control too, and which periods lie after the launch; (T) each.

    ``grain``: day, week or month.
    """

    values: npt.NDArray[np.float64]
    controls: list[npt.NDArray[np.float64]]
    is_after: npt.NDArray[np.bool_]
    first: date
    last: date
    grain: str


class SeriesError(ValueError):
    """The series is not there as it was registered; the text says which period."""


class Kind(NamedTuple):
    """What makes values of one metric comparable."""

    grain: str
    unit: str
    currency: str


# None: not one clear number
Values = dict[date, float | None]
Known = dict[tuple[str, str, str], dict[Kind, Values]]


def read_kpis(connection: "duckdb.DuckDBPyConnection", context: Context) -> list[Kpi]:
    """What was fixed on the day of the launch or later counts for nothing."""
    rows = connection.execute(
        """
        WITH own AS (
            SELECT *, coalesce(decision_class, '') AS kpi_class FROM registry.kpi_registry
        ),
        models AS (
            SELECT own.kpi, own.workflow, own.kpi_class, model.has_trend, model.season_periods
            FROM own JOIN registry.kpi_models AS model
                ON model.kpi = own.kpi AND model.workflow = own.workflow
                AND coalesce(model.decision_class, '') = own.kpi_class
                AND model.registered_at < own.launch_date
        ),
        controls AS (
            SELECT own.kpi, own.workflow, own.kpi_class,
                list(control.control ORDER BY control.control) AS names
            FROM own JOIN registry.kpi_controls AS control
                ON control.kpi = own.kpi AND control.workflow = own.workflow
                AND coalesce(control.decision_class, '') = own.kpi_class
                AND control.registered_at < own.launch_date
            GROUP BY ALL
        ),
        looks AS (
            SELECT own.kpi, own.workflow, own.kpi_class, count(*)::BIGINT AS looks,
                max(look.look_date) FILTER (look.look_date <= $as_of) AS look_date,
                min(look.look_date) FILTER (look.look_date > $as_of) AS next_look
            FROM own JOIN registry.kpi_looks AS look
                ON look.kpi = own.kpi AND look.workflow = own.workflow
                AND coalesce(look.decision_class, '') = own.kpi_class
                AND look.registered_at < own.launch_date AND look.look_date > own.launch_date
            GROUP BY ALL
        )
        SELECT kpi, workflow, kpi_class, own.kind, own.direction = 'up',
            own.minimum_effect::DOUBLE, own.margin::DOUBLE, own.unit, coalesce(own.currency, ''),
            own.baseline_start, own.launch_date, models.has_trend IS NOT NULL,
            coalesce(models.has_trend, FALSE), coalesce(models.season_periods, 0)::BIGINT,
            coalesce(controls.names, []), coalesce(looks.looks, 0), looks.look_date,
            looks.next_look
        FROM own
        LEFT JOIN models USING (kpi, workflow, kpi_class)
        LEFT JOIN controls USING (kpi, workflow, kpi_class)
        LEFT JOIN looks USING (kpi, workflow, kpi_class)
        ORDER BY kpi, workflow, kpi_class
        """,
        {"as_of": context.as_of},
    ).fetchall()
    controls = Kpi._fields.index("controls")
    return [
        Kpi._make((*row[:controls], tuple(row[controls]), *row[controls + 1 :])) for row in rows
    ]


def read_known(connection: "duckdb.DuckDBPyConnection", context: Context) -> Known:
    """All periods of all metrics by (metric, workflow, class) and kind, as known by now.

    A period is clear with one value, one unit and one currency in all that is known of it.
    """
    rows = connection.execute(
        """
        SELECT metric, workflow, coalesce(decision_class, '') AS kpi_class, grain, period_start,
            CASE WHEN count(DISTINCT value) = 1 AND max(value_count) = 1 AND count(value) = count(*)
                AND count(DISTINCT (coalesce(unit, ''), coalesce(currency, ''))) = 1
                THEN min(value)::DOUBLE END,
            min(coalesce(unit, '')), min(coalesce(currency, ''))
        FROM facts.fct_kpis
        WHERE landing_batch <= $known AND coalesce(segment, 'all') = 'all'
        GROUP BY metric, workflow, kpi_class, grain, period_start
        """,
        {"known": context.known_batch},
    ).fetchall()
    known: Known = {}
    for metric, workflow, kpi_class, grain, start, value, unit, currency in rows:
        kinds = known.setdefault((metric, workflow, kpi_class), {})
        kind = Kind(_GRAINS.get(grain, grain), unit, currency)
        kinds.setdefault(kind, {})[start] = value
    return known


def series_of(kpi: Kpi, launch: date, look: date, known: Known) -> Series:
    """Every period from the baseline's first to the last that ended by ``look``.

    Raises SeriesError: a period is missing or unclear, of the KPI or of a control.
    """
    own = known.get((kpi.kpi, kpi.workflow, kpi.kpi_class), {})
    grain, values = _only(
        kpi.kpi, {k: v for k, v in own.items() if k[1:] == (kpi.unit, kpi.currency)}
    )
    starts = _periods(kpi, look, grain, values)
    controls = []
    for control in kpi.controls:
        found = known.get((control, kpi.workflow, kpi.kpi_class), {})
        _, of_control = _only(control, {k: v for k, v in found.items() if k.grain == grain})
        controls.append(_values(control, of_control, starts))
    return Series(
        _values(kpi.kpi, values, starts),
        controls,
        # a period in which the launch lies is after it: it can only make the effect smaller
        np.array([_next(start, grain) > launch for start in starts]),
        starts[0],
        _next(starts[-1], grain) - timedelta(1),
        grain,
    )


def _only(metric: str, kinds: dict[Kind, Values]) -> tuple[str, Values]:
    if len(kinds) != 1:
        raise SeriesError(f"{metric}: {len(kinds)} series in the registered unit, one is needed")
    ((kind, values),) = kinds.items()
    if kind.grain not in _GRAINS.values():
        raise SeriesError(f"{metric}: the grain {kind.grain} is not known")
    return kind.grain, values


def _periods(kpi: Kpi, look: date, grain: str, values: Values) -> list[date]:
    there = sorted(start for start in values if start >= kpi.baseline_start)
    if not there or _next(kpi.baseline_start, grain) <= there[0]:
        raise SeriesError(f"{kpi.kpi} begins after the baseline's start {kpi.baseline_start}")
    starts = [there[0]]
    while _next(_next(starts[-1], grain), grain) - timedelta(1) <= look:
        starts.append(_next(starts[-1], grain))
    if astray := sorted(set(there[: len(starts)]) - set(starts)):
        raise SeriesError(f"{kpi.kpi} has a {grain} that begins on {astray[0]}")
    return starts


def _values(metric: str, values: Values, starts: list[date]) -> npt.NDArray[np.float64]:
    found = [values.get(start) for start in starts]
    for start, value in zip(starts, found, strict=True):
        if value is None:
            raise SeriesError(f"{metric} has no one value for the period from {start}")
    return np.array(found, dtype=np.float64)


def _next(start: date, grain: str) -> date:
    if grain == "month":
        days = calendar.monthrange(start.year, start.month)[1]
        return start + timedelta(days)
    return start + timedelta(7 if grain == "week" else 1)
