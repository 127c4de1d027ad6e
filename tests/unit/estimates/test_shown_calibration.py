"""Calibration: published data sets, exact decomposition, and what chance does to an ECE."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from dagster_project.evidence.shown.calibration import (
    Groups,
    brier_score,
    calibration_error,
    effective_count,
    expected_error,
    reliability_curve,
    single_labels,
)

FORECASTS = Path(__file__).resolve().parents[2] / "data" / "forecasts_538"


def forecasts(league: str) -> tuple[Groups, int]:
    """Decided games, and how many games there are."""
    with gzip.open(FORECASTS / f"{league}_games.csv.gz", "rt", encoding="utf-8") as stream:
        games = list(csv.DictReader(stream))
    won = [(float(g["prob1"]), int(g["prob1_outcome"])) for g in games if "." not in _outcome(g)]
    return single_labels(*zip(*won, strict=True)), len(games)


def grouped(rows: list[tuple[int, float, float, int]], weight: float = 1.0) -> Groups:
    """(tenth, confidence, outcome, labels)"""
    tenth, confidence, is_right, labels = (np.array(column) for column in zip(*rows, strict=True))
    return Groups(tenth, confidence, confidence**2, is_right, np.full(len(rows), weight), labels)


def _outcome(game: dict[str, str]) -> str:
    return game["prob1_outcome"]


@pytest.mark.parametrize(
    ("league", "games", "decided", "brier", "ece"),
    [("nba", 8886, 8886, 0.214654, 0.048352), ("nfl", 1889, 1882, 0.220826, 0.032302)],
)
def test_published_forecasts(
    league: str, games: int, decided: int, brier: float, ece: float
) -> None:
    groups, count = forecasts(league)
    assert (count, groups.labels.sum()) == (games, decided)
    assert brier_score(groups).brier == pytest.approx(brier, abs=5e-7)
    assert expected_error(groups) == pytest.approx(ece, abs=5e-7)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_parts_of_the_score_add_up_exactly(weighted: bool) -> None:
    chance = np.random.default_rng(1)
    confidence = chance.random(400)
    right = chance.random(400) < confidence**2
    groups = single_labels(confidence, right, chance.choice([1, 4, 20], 400) if weighted else 1.0)
    score = brier_score(groups)
    direct = np.average((confidence - right) ** 2, weights=groups.weight)
    assert score.brier == pytest.approx(direct, abs=1e-12)
    parts = score.reliability - score.resolution + score.uncertainty + score.within_bin
    assert parts == pytest.approx(score.brier, abs=1e-12)
    assert abs(score.within_bin) > 1e-4  # without it they do not


@pytest.mark.parametrize(
    ("labels", "ece"), [(50, 0.099), (100, 0.071), (200, 0.051), (500, 0.032), (2000, 0.016)]
)
def test_a_perfect_agent_shows_an_error_by_chance(labels: int, ece: float) -> None:
    chance = np.random.default_rng(labels)
    found = []
    for _ in range(400):
        confidence = chance.beta(8, 2, labels)
        found.append(expected_error(single_labels(confidence, chance.random(labels) < confidence)))
    assert np.mean(found) == pytest.approx(ece, abs=0.0025)
    groups = single_labels(confidence, chance.random(labels) < confidence)
    error = calibration_error(groups)
    assert error.by_chance == pytest.approx(ece, rel=0.2)
    assert error.ece == pytest.approx(expected_error(groups))


def test_the_interval_holds_a_gap_that_is_there() -> None:
    chance = np.random.default_rng(3)
    held = 0
    for right in chance.binomial(400, 0.45, 200):
        error = calibration_error(grouped([(6, 0.65, 1.0, right), (6, 0.65, 0.0, 400 - right)]))
        assert error.lower <= error.ece <= error.upper
        held += error.lower <= 0.2 <= error.upper
    assert held >= 178  # 95 % of 200, less four standard errors


def test_the_interval_is_the_same_every_time_and_for_every_order() -> None:
    chance = np.random.default_rng(4)
    groups = single_labels(chance.random(60), chance.random(60) < 0.5)
    assert calibration_error(groups) == calibration_error(groups)


def test_grouped_labels_give_the_numbers_of_single_ones() -> None:
    single = single_labels([0.9] * 8 + [0.2] * 2, [1] * 6 + [0] * 2 + [0, 1], 4.0)
    groups = grouped([(9, 0.9, 1.0, 6), (9, 0.9, 0.0, 2), (2, 0.2, 0.0, 1), (2, 0.2, 1.0, 1)], 4.0)
    assert brier_score(groups) == pytest.approx(brier_score(single))
    assert expected_error(groups) == pytest.approx(expected_error(single))
    assert effective_count(groups) == effective_count(single) == 10
    for mine, other in zip(reliability_curve(groups), reliability_curve(single), strict=True):
        assert mine == pytest.approx(other)


def test_a_label_that_was_drawn_seldom_weighs_more() -> None:
    # 1 of 4 wrong where everything is drawn, 1 of 2 wrong where one in ten is
    groups = single_labels([0.9] * 6, [1, 1, 1, 0, 1, 0], [1.0] * 4 + [10.0] * 2)
    curve = reliability_curve(groups)
    assert curve.accuracy.tolist() == pytest.approx([13 / 24])
    assert expected_error(groups) == pytest.approx(0.9 - 13 / 24)
    assert effective_count(groups) == pytest.approx(24**2 / 204)


def test_the_curve_has_wilson_intervals_and_the_last_tenth_is_closed() -> None:
    curve = reliability_curve(single_labels([1.0] * 20 + [0.0], [1] * 18 + [0, 0] + [0]))
    assert curve.tenth.tolist() == [0, 9]
    assert curve.labels.tolist() == [1, 20]
    assert (curve.lower[1], curve.upper[1]) == pytest.approx((0.698966, 0.972134), abs=5e-7)


@pytest.mark.parametrize(
    ("confidence", "right", "weight"),
    [(1.1, 1, 1), (float("nan"), 1, 1), (0.5, 2, 1), (0.5, 1, 0), (0.5, 1, float("inf"))],
)
def test_what_is_no_label_is_refused(confidence: float, right: float, weight: float) -> None:
    with pytest.raises(ValueError, match=r"outside|positive"):
        single_labels([confidence], [right], [weight])
