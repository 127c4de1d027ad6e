"""Seeds about business numbers: what was promised, and how and when it will be looked at.

How a KPI is read (trend, season, controls, days of looking) is fixed before the launch like the
baseline: whoever may choose it afterwards finds an improvement in any series.
"""

from collections.abc import Mapping
from typing import Final

from dagster_project.contracts.registry.columns import (
    WORKFLOW_LINK,
    choice,
    currency,
    date,
    link,
    own,
    text,
)
from dagster_project.contracts.registry.problems import quoted
from dagster_project.contracts.registry.reading import Row, SeedFile
from dagster_project.contracts.registry.rows import grouped, report_order
from dagster_project.contracts.registry.schema import Kind, Seed, SeedColumn

KPI_KEY: Final = ("kpi", "workflow", "decision_class")
_ABOUT: Final = (
    own("kpi", "Metric of the `kpis` stream.", "cycle_time"),
    WORKFLOW_LINK,
    link("decision_class", "decision_classes", "Class; empty: the whole workflow.", False),
)
_FIXED: Final = date("registered_at", "Day on which it was fixed; counts only before the launch.")
KPI_REGISTRY: Final = Seed(
    "kpi_registry",
    "KPI",
    "one KPI that a workflow or a class promised to move or not to harm",
    KPI_KEY,
    (
        *_ABOUT,
        choice("kind", ("primary", "guardrail"), "Must improve, or must not get worse."),
        choice("direction", ("up", "down"), "Which way is better."),
        SeedColumn(
            "minimum_effect", Kind.NUMBER, "Smallest improvement worth it.", False, example="0.5"
        ),
        SeedColumn("margin", Kind.NUMBER, "Harm a guardrail tolerates.", False, example="0.5"),
        text("unit", "Unit of the KPI.", example="days"),
        currency("currency", "Where the unit is money.", is_required=False),
        date("baseline_start", "First day of the baseline."),
        date("baseline_end", "Last day of the baseline, before launch."),
        date("launch_date", "Day the AI began; empty: not yet.", is_required=False),
        date("registered_at", "Day on which the baseline was fixed."),
        link("owner", "people", "Who answers for the KPI."),
    ),
)
KPI_MODELS: Final = Seed(
    "kpi_models",
    "KPI model",
    "what moves one KPI without the AI",
    KPI_KEY,
    (
        *_ABOUT,
        SeedColumn("has_trend", Kind.FLAG, "Moved along a straight line before."),
        SeedColumn(
            "season_periods",
            Kind.COUNT,
            "Periods after which a season begins anew; empty: no season.",
            is_required=False,
            example="4",
        ),
        _FIXED,
    ),
)
KPI_CONTROLS: Final = Seed(
    "kpi_controls",
    "control",
    "one metric that moves as the KPI would have moved, and that the AI does not touch",
    (*KPI_KEY, "control"),
    (
        *_ABOUT,
        SeedColumn("control", Kind.NAME, "Metric of the `kpis` stream.", example="orders_shipped"),
        _FIXED,
    ),
)
KPI_LOOKS: Final = Seed(
    "kpi_looks",
    "look",
    "one day on which one KPI is judged",
    (*KPI_KEY, "look_date"),
    (
        *_ABOUT,
        date("look_date", "Periods that end on or before this day count."),
        _FIXED,
    ),
)
KPI_VALUES: Final = Seed(
    "kpi_values",
    "KPI value",
    "what one unit of one KPI is worth",
    KPI_KEY,
    (
        *_ABOUT,
        SeedColumn(
            "value_per_unit",
            Kind.MONEY,
            "Money that one unit the better way is worth in one period.",
            is_above_zero=True,
            example="400.00",
        ),
        choice("period", ("day", "week", "month"), "The period; the series must come by it."),
        currency("currency", "Currency of the value."),
        _FIXED,
        link("owner", "people", "Who answers for it."),
    ),
)


def check_kpis(files: Mapping[str, SeedFile]) -> None:
    """baseline_start < baseline_end < launch_date; effect or margin given; one primary each.

    Models, controls, looks and values speak of a registered KPI; a look is after the launch.
    """
    kpis = files[KPI_REGISTRY.name]
    for row in kpis.sound("baseline_start", "baseline_end"):
        if row.cells["baseline_end"] <= row.cells["baseline_start"]:
            report_order(kpis, row, "baseline_end", "baseline_start")
    for row in kpis.sound("baseline_end", "launch_date"):
        if row.cells["launch_date"] and row.cells["launch_date"] <= row.cells["baseline_end"]:
            report_order(kpis, row, "launch_date", "baseline_end")
    needed = {"primary": "minimum_effect", "guardrail": "margin"}
    for row in kpis.sound("kind", "minimum_effect", "margin"):
        column = needed[row.cells["kind"]]
        if not row.cells[column]:
            kpis.report(row, column, f"is empty on a {row.cells['kind']}", "declare it beforehand")
    primary = [row for row in kpis.sound("kind", *kpis.seed.key) if row.cells["kind"] == "primary"]
    for rows in grouped(primary, ("workflow", "decision_class")):
        for row in rows[1:]:
            kpis.report(
                row,
                "kind",
                f"'primary' is taken by row {rows[0].line} for the same workflow and class",
                "keep one primary KPI and make the other a guardrail",
            )
    if kpis.is_complete:
        _check_plans(kpis, files)


def _check_plans(kpis: SeedFile, files: Mapping[str, SeedFile]) -> None:
    launches = {_key(row): row.cells["launch_date"] for row in kpis.sound(*KPI_KEY, "launch_date")}
    faulty = {_key(row) for row in kpis.rows} - launches.keys()
    for seed in (KPI_MODELS, KPI_CONTROLS, KPI_LOOKS, KPI_VALUES):
        for row in files[seed.name].sound(*KPI_KEY):
            if _key(row) not in launches.keys() | faulty:
                files[seed.name].report(
                    row,
                    "kpi",
                    f"{quoted(row.cells['kpi'])} of this workflow and class is not in "
                    "kpi_registry.csv",
                    "register the KPI or correct kpi, workflow and decision_class",
                )
    for row in files[KPI_CONTROLS.name].sound("kpi", "control"):
        if row.cells["control"] == row.cells["kpi"]:
            files[KPI_CONTROLS.name].report(
                row,
                "control",
                f"{quoted(row.cells['control'])} is the KPI itself",
                "name a metric that the AI does not touch",
            )
    kinds = {_key(row): row.cells["kind"] for row in kpis.sound(*KPI_KEY, "kind")}
    for row in files[KPI_VALUES.name].sound(*KPI_KEY):
        if kinds.get(_key(row)) == "guardrail":
            files[KPI_VALUES.name].report(
                row,
                "kpi",
                f"{quoted(row.cells['kpi'])} is a guardrail: it earns nothing",
                "delete the row or give the value of the primary KPI",
            )
    looks = files[KPI_LOOKS.name]
    for row in looks.sound(*KPI_KEY, "look_date"):
        launch = launches.get(_key(row))
        if launch and row.cells["look_date"] <= launch:
            message = f"{quoted(row.cells['look_date'])} is not after launch_date {launch}"
            looks.report(row, "look_date", message, "correct launch_date or look_date")


def _key(row: Row) -> tuple[str, ...]:
    return tuple(row.cells[name] for name in KPI_KEY)
