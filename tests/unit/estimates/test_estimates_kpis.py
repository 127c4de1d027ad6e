"""Effects of a launch: published series, planted effects, and series that are not there."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from estimates_world import AS_OF, CLASS, World
from kpi_rows import add_kpi, noise

from dagster_project.evidence.estimates.placebo import design, launch_effect

DATA = Path(__file__).resolve().parents[2] / "data" / "causal_impact"

Rows = pd.DataFrame


def published(
    name: str, series: str, controls: list[str], is_after: Callable[[Rows], Any], plus: float = 0.0
) -> tuple[float, float, float]:
    """Estimate and both shares; ``plus`` is added after the launch."""
    separator = " " if name == "volks_data" else ","
    rows = pd.read_csv(DATA / f"{name}.csv", sep=separator)
    after = np.asarray(is_after(rows), bool)
    values = rows[series].to_numpy(float) + plus * after
    explained = design(len(rows), controls=[rows[each].to_numpy(float) for each in controls])
    found = launch_effect(values, explained, after, 0.05)
    return found.estimate, found.rises, found.falls


@pytest.mark.parametrize(
    ("found", "estimate", "share", "is_up"),
    [
        (("google_data", "y", ["x1", "x2"], lambda rows: rows.index >= 61), 27.0209, 0.011, True),
        (
            (
                "comparison_data",
                "CHANGED",
                ["NOT_CHANGED_1", "NOT_CHANGED_2", "NOT_CHANGED_3"],
                lambda rows: rows["DATE"] >= "2019-07-15",
            ),
            -544.87,
            0.21,
            False,
        ),
        (
            ("volks_data", "VolksWagen", ["BMW", "Allianz"], lambda r: r["Date"] >= "2015-09-20"),
            -54.67,
            0.003,
            False,
        ),
        (("arma_data", "y", ["X"], lambda rows: rows.index >= 70, 1.0), 0.97, 0.03, True),
        (("arma_data", "y", ["X"], lambda rows: rows.index >= 70), -0.03, 0.56, True),
        (
            ("basque", "Basque", ["another"], lambda rows: rows["date"] >= "1976-01-01"),
            -0.7768,
            0.070,
            False,
        ),
    ],
)
def test_published_series(found: Any, estimate: float, share: float, is_up: bool) -> None:
    effect, rises, falls = published(*found)
    places = len(str(estimate).partition(".")[2])
    assert round(effect, places) == estimate
    places = len(str(share).partition(".")[2])
    assert round(rises if is_up else falls, places) == share


def test_a_launch_without_effect_is_seldom_shown_and_a_real_one_mostly() -> None:
    dice = np.random.default_rng(11)
    after = np.arange(52) >= 26
    false, true = 0, 0
    for _ in range(200):
        values = noise(dice, 52, 0.6)
        shown = [
            launch_effect(values + effect * after, design(52), after, 0.05).lower > 0
            for effect in (0.0, 4.0)
        ]
        false, true = false + shown[0], true + shown[1]
    assert false <= 20  # published 1.1 to 7.7 %; 10 % of 200
    assert true >= 150


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"after": 45}, "1 periods after"),
        ({"after": 15}, "1 periods before"),
        ({"nan": 3}, "no number"),
        ({"control": True}, "tell trend"),
        ({"season": 30}, "tell trend"),
    ],
)
def test_what_cannot_be_said(change: dict[str, Any], says: str) -> None:
    values = np.arange(52, dtype=float)
    if place := change.get("nan"):
        values[place] = np.nan
    controls = [np.ones(52)] if change.get("control") else []
    explained = design(52, season=change.get("season", 0), controls=controls)
    with pytest.raises(ValueError, match=says):
        launch_effect(values, explained, np.arange(52) >= change.get("after", 26), 0.05)


# the makers


@pytest.fixture
def kpi_world(world: World) -> World:
    """The healthy world with one KPI that fell by 10 since the launch, and one guardrail."""
    world.run("delete from registry.kpi_registry; delete from facts.fct_kpis")
    add_kpi(world, "hours", "primary", -10)
    add_kpi(world, "complaints", "guardrail", -1)
    return world


def test_an_effect_beyond_the_minimum_is_shown(kpi_world: World) -> None:
    row = kpi_world.estimate("kpi_improved")
    assert (row["status"], row["n"], row["method"]) == ("ok", 52, "placebo_shifts")
    assert 5 < row["estimate"] < 7  # 10 less the minimum of 4
    assert 0 < row["bound"] <= row["estimate"] <= row["refuting_bound"]
    assert row["evidence_newest_date"] == AS_OF - timedelta(1)
    held = kpi_world.estimate("guardrails_held")
    assert (held["status"], held["bound"], held["estimate"]) == ("ok", 0, 0)


def test_an_effect_below_its_minimum_does_not_reach_0(kpi_world: World) -> None:
    kpi_world.run("update registry.kpi_registry set minimum_effect = 30 where kpi = 'hours'")
    row = kpi_world.estimate("kpi_improved")
    assert row["bound"] < 0 < row["refuting_bound"]


def test_the_wrong_way_is_refuted(kpi_world: World) -> None:
    kpi_world.run("update registry.kpi_registry set direction = 'up'")
    row = kpi_world.estimate("kpi_improved")
    assert row["bound"] <= row["refuting_bound"] < 0


def test_a_harmed_guardrail_is_counted(kpi_world: World) -> None:
    kpi_world.run("delete from registry.kpi_registry where kind = 'guardrail'")
    add_kpi(kpi_world, "worse", "guardrail", 10)
    held = kpi_world.estimate("guardrails_held")
    assert (held["estimate"], held["bound"], held["refuting_bound"]) == (1, 1, 1)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("delete from registry.kpi_registry", "no primary kpi"),
        ("update registry.kpi_registry set launch_date = null", "no launch date"),
        ("delete from registry.kpi_models", "no model of hours"),
        ("update registry.kpi_models set registered_at = '2024-09-30'", "no model of hours"),
        ("delete from registry.kpi_looks", "no look at hours"),
        ("update registry.kpi_looks set registered_at = '2024-10-01'", "no look at hours"),
        ("update registry.kpi_looks set look_date = '2025-04-01'", "first look at hours on 2025"),
        ("delete from facts.fct_kpis", "hours: 0 series"),
        ("update facts.fct_kpis set unit = 'days'", "hours: 0 series"),
        ("update facts.fct_kpis set currency = 'EUR' where value > 70", "hours has no one"),
        ("update facts.fct_kpis set grain = 'month' where period_start > '2025-01-01'", "hours: 2"),
        ("update facts.fct_kpis set grain = 'quarter'", "the grain quarter"),
        ("delete from facts.fct_kpis where period_start = '2024-06-03'", "period from 2024-06-03"),
        ("delete from facts.fct_kpis where period_start = '2025-03-24'", "period from 2025-03-24"),
        ("delete from facts.fct_kpis where period_start = '2024-04-01'", "begins after"),
        ("update facts.fct_kpis set value = null where period_start = '2024-06-03'", "2024-06-03"),
        ("update facts.fct_kpis set value_count = 2 where period_start = '2024-06-03'", "06-03"),
        ("update facts.fct_kpis set landing_batch = '9'", "hours: 0 series"),
        ("update facts.fct_kpis set segment = 'region=EU'", "hours: 0 series"),
        (
            "update facts.fct_kpis set period_start = '2024-06-04' "
            "where period_start = '2024-06-03'",
            "2024-06-04",
        ),
        (
            "insert into registry.kpi_controls values ('hours', 'w', null, 'x', '2024-03-01')",
            "x: 0 series",
        ),
        ("update registry.kpi_models set season_periods = 30", "tell trend"),
        ("update registry.decision_classes set alpha_weight = 0.3", "52 periods, 67 are needed"),
        (
            "insert into registry.kpi_looks select kpi, workflow, decision_class, "
            "look_date - 7 * n::int, registered_at from registry.kpi_looks, range(1, 3) t(n)",
            "52 periods, 60 are needed at 3 looks",
        ),
        ("update registry.kpi_registry set launch_date = '2025-02-10'", "1 periods after"),
        ("update registry.kpi_registry set launch_date = '2024-07-15'", "1 periods before"),
    ],
)
def test_what_is_missing_leaves_it_insufficient(kpi_world: World, spoil: str, reason: str) -> None:
    kpi_world.run(spoil)
    row = kpi_world.estimate("kpi_improved")
    assert (row["status"], row["bound"], row["refuting_bound"]) == ("insufficient", None, None)
    assert reason in row["reason"]


def test_a_control_that_moves_alike_takes_the_effect_away(kpi_world: World) -> None:
    add_kpi(kpi_world, "market", "guardrail", -10)
    kpi_world.run(
        "delete from registry.kpi_registry where kpi = 'market';"
        "update facts.fct_kpis set value = value + (hash(period_start) % 7)::decimal(9, 4) / 10 "
        "where metric = 'market';"
        "insert into registry.kpi_controls values ('hours', 'w', null, 'market', '2024-03-01')"
    )
    row = kpi_world.estimate("kpi_improved")
    assert row["status"] == "ok"
    assert row["bound"] < 0


def test_a_class_is_held_to_the_worse_of_its_own_and_its_workflows_kpi(kpi_world: World) -> None:
    add_kpi(kpi_world, "own", "primary", 10, decision_class=CLASS)
    for table in ("registry.kpi_models", "registry.kpi_looks"):
        kpi_world.run(f"update {table} set decision_class = '{CLASS}' where kpi = 'own'")
    kpi_world.run(f"update facts.fct_kpis set decision_class = '{CLASS}' where metric = 'own'")
    assert kpi_world.estimate("kpi_improved")["refuting_bound"] < 0


def test_values_of_another_workflow_are_not_taken(kpi_world: World) -> None:
    kpi_world.run("update facts.fct_kpis set workflow = 'other'")
    assert kpi_world.estimate("kpi_improved")["status"] == "insufficient"
