"""Design effects and evidence over many classes: published and planted numbers, one class."""

import gzip
import json
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from estimates_world import CLASS, COHORT, World

from dagster_project.evidence.estimates.bounds import log_e
from dagster_project.evidence.shown.discoveries import (
    benjamini_hochberg,
    e_benjamini_hochberg,
    smallest_level,
)
from dagster_project.evidence.shown.error_evidence import Clusters, design_effect
from dagster_project.evidence.shown.write import write_shown

RUNS = Path(__file__).resolve().parents[2] / "data" / "tau_bench" / "gpt-4o-airline.json.gz"
# Benjamini and Hochberg 1995, section 3.2: thrombolysis against none, fifteen outcomes
PUBLISHED = np.array(
    [
        *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
        *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
    ]
)


def clusters(labels: np.ndarray, wrong: np.ndarray) -> Clusters:
    sums = (labels, wrong, labels**2, wrong**2, labels * wrong)
    return Clusters(len(labels), *(int(column.sum()) for column in sums))


def test_published_discoveries() -> None:
    """Four of fifteen at 5 %, where Bonferroni finds three."""
    shuffled = np.random.default_rng(1).permutation(15)
    adjusted = np.empty(15)
    adjusted[shuffled] = benjamini_hochberg(PUBLISHED[shuffled])
    assert np.flatnonzero(adjusted <= 0.05).tolist() == [0, 1, 2, 3]
    assert adjusted[:4] == pytest.approx([0.0015, 0.003, 0.0095, 0.035625])
    assert (15 * PUBLISHED <= 0.05).sum() == 3
    assert np.all(np.diff(adjusted) >= 0)
    assert adjusted[-1] == 1
    # e-BH of 1 / p asks the same
    assert 1 / e_benjamini_hochberg(1 / PUBLISHED[::-1])[::-1] == pytest.approx(adjusted)


def test_among_what_is_found_few_are_false() -> None:
    """200 classes, a tenth of them at half the limit: of those found at q = 0.2 at most a fifth is
    bad on average, and some are found that no class has to itself."""
    random = np.random.default_rng(20_250_401)
    rate = np.where(np.arange(200) < 20, 0.0125, 0.05)
    false, alone, found = [], 0, 0
    for _ in range(300):
        wrong = random.binomial(300, rate)
        e_values = np.exp(log_e(wrong, 300, 0.05, 0.05))
        is_found = e_benjamini_hochberg(e_values) >= 5
        false.append(is_found[20:].sum() / max(is_found.sum(), 1))
        found += int(is_found[:20].sum())
        alone += int((e_values[:20] >= 200 * 5).sum())
    assert np.mean(false) <= 0.2
    assert found > 2 * alone > 0


def test_the_design_effect_of_four_trials_of_a_task() -> None:
    """pass^1 and pass^2 of the published runs say how far the trials of a task go together."""
    with gzip.open(RUNS) as log:
        runs = json.load(log)
    right = Counter({run["task_id"]: 0 for run in runs})
    right.update(run["task_id"] for run in runs if run["reward"] >= 1)
    wrong = 4 - np.array(list(right.values()))
    one, two = 0.42, 0.273333
    correlation = (two - one**2) / (one * (1 - one))
    expected = 1 + 3 * correlation
    assert expected == pytest.approx(2.19, abs=0.005)
    assert design_effect([clusters(np.full(50, 4), wrong)]) == pytest.approx(expected, abs=1e-5)


def test_a_planted_correlation_comes_out() -> None:
    """Ten decisions a subject, correlation 0.3: 1 + 9 x 0.3, in two strata that differ."""
    random = np.random.default_rng(3)
    strata = []
    for rate in (0.05, 0.3):
        scale = 1 / 0.3 - 1
        of_subject = random.beta(rate * scale, (1 - rate) * scale, 20_000)
        strata.append(clusters(np.full(20_000, 10), random.binomial(10, of_subject)))
    assert design_effect(strata) == pytest.approx(3.7, abs=0.1)


def test_single_decisions_have_a_design_effect_of_one() -> None:
    assert design_effect([clusters(np.ones(50, int), np.arange(50) % 2)]) == pytest.approx(1)
    assert design_effect([clusters(np.ones(50, int), np.zeros(50, int))]) is None
    assert design_effect([]) is None
    # one subject of 30 decisions, 7 wrong, says nothing about others
    assert design_effect([clusters(np.array([30]), np.array([7]))]) is None
    # all subjects alike: less variance than chance has, exactly none
    assert design_effect([clusters(np.full(9, 30), np.full(9, 7))]) == 0


def test_the_smallest_level_is_found_from_above() -> None:
    truth = np.array([0.03, 1e-9, 0.7, 2.0])
    found = smallest_level(lambda alpha: alpha >= truth, 4)
    assert np.all(found[:3] >= truth[:3])
    assert found[:3] == pytest.approx(truth[:3], rel=0.03)
    assert found[3] == 1


def shown(world: World) -> dict[str, dict[str, Any]]:
    write_shown(world.connection)
    result = world.connection.execute("from evidence.error_evidence")
    names = [column[0] for column in result.description]
    rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    return {row["decision_class"]: row for row in rows}


def test_a_class_alone_has_the_e_value_of_its_trials(world: World) -> None:
    row = shown(world)[CLASS]
    # one label a day from 6 January to 24 March, none wrong
    assert (row["cohort_id"], row["labelled_count"], row["trial_count"]) == (COHORT, 78, 78)
    assert row["accuracy_limit"] == Decimal("0.05")
    evidence = float(np.exp(log_e(0, 78, 0.05, 0.05)))
    assert float(row["e_value"]) == pytest.approx(evidence, rel=0.03)
    assert float(row["e_value"]) <= evidence
    # proven first, and still today: nothing but clean trials came
    assert float(row["p_value"]) == pytest.approx(1 / evidence, rel=0.03)
    assert (row["p_adjusted"], row["e_adjusted"]) == (row["p_value"], row["e_value"])
    assert (row["design_effect"], row["effective_count"]) == (None, None)


def test_subjects_that_are_all_alike_have_no_effective_number(world: World) -> None:
    """Nothing is divided by a variance of none."""
    world.run("delete from facts.fct_samples_weekly")
    for subject in ("a", "b", "c"):
        many = {"selected_count": 30, "labelled_count": 30, "wrong_count": 7}
        world.sample(subject, date(2025, 2, 3), **many)
    row = shown(world)[CLASS]
    assert (row["trial_count"], row["design_effect"], row["effective_count"]) == (3, 0, None)


def test_what_was_proven_counts_for_p_and_not_for_e(world: World) -> None:
    before = shown(world)[CLASS]
    newest = "event_date >= '2025-03-24'"
    world.run(f"update facts.fct_samples_weekly set wrong_count = 1 where {newest}")
    after = shown(world)[CLASS]
    assert after["e_value"] < before["e_value"] / 5
    assert float(after["p_value"]) < 0.05
    assert after["e_value"] < 20
    assert float(after["design_effect"]) == pytest.approx(1)


def test_a_class_without_evidence_weighs_on_the_others_alone(world: World) -> None:
    before = shown(world)[CLASS]
    for table in ("registry.decision_classes", "facts.fct_decisions_daily"):
        world.run(f"insert into {table} select * replace ('w.a' as decision_class) from {table}")
    rows = shown(world)
    assert (rows["w.a"]["p_value"], rows["w.a"]["e_value"]) == (1, 0)
    assert (rows["w.a"]["p_adjusted"], rows["w.a"]["e_adjusted"]) == (1, 0)
    assert {name: rows[CLASS][name] for name in ("p_value", "e_value")} == {
        name: before[name] for name in ("p_value", "e_value")
    }
    assert float(rows[CLASS]["p_adjusted"]) == pytest.approx(2 * float(before["p_value"]))
    assert float(rows[CLASS]["e_adjusted"]) == pytest.approx(float(before["e_value"]) / 2)
