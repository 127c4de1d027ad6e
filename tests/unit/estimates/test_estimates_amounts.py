"""Bands of amounts: each with its own bound, and why no cumulative limit decides."""

from decimal import Decimal

import numpy as np
from estimates_world import CLASS, COHORT, World

from dagster_project.contracts.numbers import round_up
from dagster_project.evidence.estimates.bounds import anytime_upper
from dagster_project.evidence.estimates.write import write_estimates

BANDS = (0.01, 0.01, 0.12, 0.01)
RUNS, DECISIONS, LIMIT, ALPHA = 200, 5000, 0.05, 0.05


def limited(world: World, *limits: int) -> None:
    for limit in limits:
        world.add("registry.amount_limits", decision_class=CLASS, amount_limit=limit)
    world.run("insert into facts.fct_amounts_weekly by name from facts.fct_samples_weekly")
    world.run("update facts.fct_amounts_weekly set segment = 'amount=100.0000'")


def bands(world: World) -> list[tuple]:
    write_estimates(world.connection)
    return world.connection.execute(
        "select amount_limit, cohort_id, n, bound, alpha, status, weekly_decision_count, "
        "weekly_other_count from evidence.amount_bands order by amount_limit"
    ).fetchall()


def test_a_band_has_its_own_bound_at_the_whole_alpha(world: World) -> None:
    limited(world, 100, 500)
    world.run("update facts.fct_samples_weekly set wrong_count = 1")  # no other table decides
    (first, second) = bands(world)
    bound = round_up(float(anytime_upper(0, 78, 0.05, 0.025)))
    alpha = Decimal("0.025000")  # 0.05 of the class's first cohort
    assert first[:6] == (100, COHORT, 78, bound, alpha, "ok")
    assert first[6:] == (70, 0)
    assert second[:6] == (500, COHORT, 0, 1, alpha, "insufficient")
    assert second[6:] == (0, 0)


def test_what_lies_beyond_or_nowhere_counts_as_the_rest(world: World) -> None:
    limited(world, 50, 100)
    world.run(
        "insert into facts.fct_amounts_weekly by name select * replace ('amount=(above)' as "
        "segment) from facts.fct_samples_weekly"
    )
    assert [row[6:] for row in bands(world)] == [(0, 140), (70, 70)]


def test_one_decision_of_unknown_amount_weighs_in_every_band(world: World) -> None:
    limited(world, 100)
    ((_, _, _, before, *_),) = bands(world)
    world.run(
        "update facts.fct_amounts_weekly set segment = 'amount=(unknown)' where subject_key = 'p5'"
    )
    ((_, _, _, after, *_),) = bands(world)
    # ten decisions with error 1, and the one that was drawn of them failed
    worse = 10 / 780 + 770 / 780 * float(anytime_upper(1, 78, 0.05, 0.025))
    assert after == round_up(worse) > before


def test_without_limits_there_are_no_bands(world: World) -> None:
    assert bands(world) == []


def test_the_largest_cumulative_limit_would_take_the_bad_band_in() -> None:
    """Planted 1, 1, 12 and 1 %: together 3.75 %, and below 5 % once there is enough of them."""
    dice = np.random.default_rng(7)
    wrong = dice.binomial(DECISIONS, BANDS, size=(RUNS, 4))
    own = anytime_upper(wrong, DECISIONS, LIMIT, ALPHA) <= LIMIT
    together = (
        anytime_upper(wrong.cumsum(axis=1), DECISIONS * np.arange(1, 5), LIMIT, ALPHA) <= LIMIT
    )
    walked = np.logical_and.accumulate(own, axis=1).sum(axis=1)
    largest = np.where(together, np.arange(1, 5), 0).max(axis=1)
    assert (largest == 4).all()
    assert (walked == 2).all()
