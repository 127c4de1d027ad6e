"""Percentiles of latency with their bounds: published calls, exact ranks, a class by hand."""

import gzip
import json
from collections import defaultdict
from collections.abc import Sequence
from math import ceil, log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from estimates_world import CLASS, World
from scipy import stats

from dagster_project.evidence.shown.latency import (
    FAILED_BIN,
    Histograms,
    bound_rank,
    point_rank,
    value_at,
)
from dagster_project.evidence.shown.write import write_shown

CALLS = Path(__file__).resolve().parents[2] / "data" / "bfcl" / "bfcl_v4_non_live_1240_xy.jsonl.gz"


def histogram(milliseconds: Sequence[float]) -> Histograms:
    """One cell, by bins of 1 %."""
    bins = sorted(ceil(log(value) / log(1.01)) for value in milliseconds)
    count = np.arange(1, len(bins) + 1)
    return Histograms(np.array([0]), np.array(bins), count)


def calls() -> dict[str, list[tuple[bool, float]]]:
    """Per category whether each call was right, and its latency in ms."""
    found = defaultdict(list)
    with gzip.open(CALLS, "rt", encoding="utf-8") as log_:
        for call in map(json.loads, log_):
            found[call["category"]].append((call["y"] == 1, 1000 * call["metadata"]["latency"]))
    return found


@pytest.mark.parametrize(
    ("category", "n", "correct", "median"),
    [
        ("simple_python", 400, 350, 1.118),
        ("multiple", 200, 176, 1.220),
        ("parallel", 200, 174, 1.851),
        ("parallel_multiple", 200, 160, 2.043),
        ("irrelevance", 240, 199, 2.237),
    ],
)
def test_published_calls(category: str, n: int, correct: int, median: float) -> None:
    found = calls()[category]
    assert (len(found), sum(is_right for is_right, _ in found)) == (n, correct)
    cell = histogram([milliseconds for _, milliseconds in found])
    (half,) = value_at(cell, point_rank(np.array([n]), 0.5))
    # a bin is 1 % wide, and of an even number the lower middle one counts
    assert half is not None
    assert 0.99 < float(half) / 1000 / median < 1.011


@pytest.mark.parametrize(("share", "least"), [(0.95, 59), (0.99, 299)])
def test_the_fewest_decisions_that_bound_a_percentile(share: float, least: int) -> None:
    few, enough = bound_rank(np.array([least - 1, least]), share, 0.05).tolist()
    assert (few, enough) == (0, least)


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
def test_the_rank_is_the_smallest_that_covers(share: float) -> None:
    count = np.arange(1, 3000, 7)
    rank = bound_rank(count, share, 0.05)
    is_there = rank > 0
    chance = stats.binom.cdf(rank - 1, count, share)
    assert np.all(chance[is_there] >= 0.95)
    assert np.all(stats.binom.cdf(rank - 2, count, share)[is_there] < 0.95)
    assert np.all(stats.binom.cdf(count - 1, count, share)[~is_there] < 0.95)


def test_the_bound_covers_a_planted_percentile() -> None:
    truth = stats.expon.ppf(0.95)
    draws = np.sort(np.random.default_rng(5).exponential(size=(2000, 200)), axis=1)
    rank = int(bound_rank(np.array([200]), 0.95, 0.05)[0])
    covered = float((draws[:, rank - 1] >= truth).mean())
    # exact chance 0.9623, three standard errors
    assert covered == pytest.approx(stats.binom.cdf(rank - 1, 200, 0.95), abs=0.013)
    assert covered >= 0.95 - 0.015


def latencies(world: World, *bins: tuple[int, int], **row: Any) -> None:
    world.run("delete from facts.fct_latency_daily")
    for place, count in bins:
        world.run(
            "insert into facts.fct_latency_daily select distinct on (decision_class)"
            f" decision_class, segment, cohort_id, event_date, {place}, landing_batch, {count}"
            f" from facts.fct_decisions_daily where decision_class = '{CLASS}'"
        )


def shown(world: World) -> list[dict[str, Any]]:
    write_shown(world.connection)
    result = world.connection.execute("from evidence.latency_percentiles")
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def edge(place: int) -> float:
    return pytest.approx(1.01**place, rel=1e-8)


def test_a_class_by_hand(world: World) -> None:
    latencies(world, (400, 90), (500, 9), (600, 1))
    (row,) = shown(world)
    assert (row["decision_count"], row["unmeasured_count"]) == (100, 0)
    assert [float(row[name]) for name in ("p50_ms", "p95_ms", "p99_ms")] == [
        edge(400),
        edge(500),
        edge(500),
    ]
    # 99 of 100: P(Bin(100, 0.95) < 99) = 0.9629, < 98: 0.8817
    assert float(row["p95_bound_ms"]) == edge(500)
    assert row["p99_bound_ms"] is None


def test_failed_and_unmeasured_calls_are_slower_than_every_other(world: World) -> None:
    latencies(world, (400, 97), (FAILED_BIN, 2), (FAILED_BIN + 1, 1))
    (row,) = shown(world)
    assert (row["decision_count"], row["unmeasured_count"]) == (100, 1)
    assert float(row["p95_ms"]) == edge(400)
    assert (row["p95_bound_ms"], row["p99_ms"]) == (None, None)


def test_a_latency_that_cannot_be_stops_no_run(world: World) -> None:
    latencies(world, (400, 50), (4_387, 50))  # 9e18 ms
    (row,) = shown(world)
    assert (float(row["p50_ms"]), row["p95_ms"], row["p95_bound_ms"]) == (edge(400), None, None)


def test_classes_do_not_share_a_histogram(world: World) -> None:
    latencies(world, (400, 100))
    before = shown(world)
    for table in (
        "registry.decision_classes",
        "facts.fct_latency_daily",
        "facts.fct_decisions_daily",
    ):
        bins = ", latency_bin + 100 as latency_bin" if "latency" in table else ""
        world.run(
            f"insert into {table} select * replace ('w.a' as decision_class{bins}) from {table}"
        )
    rows = {row["decision_class"]: row for row in shown(world)}
    assert rows[CLASS] == before[0]
    assert float(rows["w.a"]["p95_bound_ms"]) == edge(500)


def test_without_a_decision_there_is_no_row(world: World) -> None:
    latencies(world, (400, 3), (400, -3))
    assert shown(world) == []
