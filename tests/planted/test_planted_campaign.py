"""The campaign of planted worlds, small; and that its bars can be missed."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
import planted_coverage
import planted_rules
import pytest
from planted_biases import biases
from planted_certificates import certificates, over_time, segments
from planted_clusters import clusters
from planted_costs import costs
from planted_coverage import counts, coverages, errors, looks, money, rates, reviews
from planted_figures import Figure, coverage
from planted_promotions import power, promotions
from planted_verification import verification
from scipy import stats

from dagster_project.evidence.estimates import certificate, error_cells, review_queues
from dagster_project.evidence.estimates import costs as product_costs
from dagster_project.evidence.estimates import detections as product_detections
from dagster_project.evidence.estimates.bounds import Array
from dagster_project.evidence.estimates.context import Context
from dagster_project.evidence.estimates.cost_trials import MeanCost
from dagster_project.evidence.estimates.history import History

WORLDS = 1_000
# what is badly wrong shows in fewer
FEW = 200
Section = Callable[[int], Iterator[Figure]]


@pytest.mark.parametrize(
    "section",
    # each world of the verification section draws 10,000 decisions
    [
        *(coverages, promotions, partial(power, limits=(0.05,))),
        *(lambda _: verification(300), biases, lambda _: certificates(FEW // 2)),
        lambda _: clusters(FEW),
        lambda _: costs(FEW, most=500),
    ],
    ids=[
        *("coverage", "looks", "power", "verification", "biases", "certificates", "clusters"),
        "costs",
    ],
)
def test_every_bar_of_a_small_campaign_is_met(section: Section) -> None:
    figures = list(section(WORLDS))
    assert [figure for figure in figures if not figure.is_met] == []
    assert len({figure.name for figure in figures}) == len(figures) > 2


def test_bars_of_few_worlds_leave_room_for_honest_bounds() -> None:
    """A bar of 94 % over 1,000 worlds would fail a bound that covers 95 % in 6.7 % of runs."""
    assert stats.binom(1_000, 0.95).cdf(939) == pytest.approx(0.067, abs=5e-4)
    bar = coverage("", 1.0, 1_000).at_least
    assert bar == pytest.approx(0.929, abs=5e-4)
    assert stats.binom(1_000, 0.95).cdf(np.ceil(1_000 * bar) - 1) < 0.0025
    assert coverage("", 1.0, 10_000).at_least == pytest.approx(0.9435, abs=5e-5)


def missed(figures: Iterator[Figure]) -> set[str]:
    return {figure.name for figure in figures if not figure.is_met}


def test_a_rate_in_place_of_the_bound_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(planted_rules.RULES, "anytime", planted_rules.RULES["clopper_pearson"])
    assert missed(promotions(WORLDS)) == {"false_promotions_anytime"}


def test_a_bound_at_a_larger_alpha_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planted_coverage, "ALPHA", 0.3)
    found = missed(chain(rates(FEW), looks(FEW), counts(FEW)))
    for family in ("clopper_lower", "clopper_upper", "poisson_lower", "poisson_upper", "90_looks"):
        assert any(family in name for name in found), family


def test_rates_in_place_of_bounds_are_caught_in_every_product(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        error_cells, "upper_under", lambda k, n, prior, alpha, mixed: k / np.maximum(n, 1)
    )
    found = missed(chain(errors(FEW), money(FEW)))
    for name in ("error_upper_large_outcomes", "value_at_risk_one", "cost_per_decision_route"):
        assert f"cover_{name}" in found


@pytest.mark.parametrize("spoilt", ["paid", "above"])
def test_costs_without_their_bound_are_caught(monkeypatch: pytest.MonkeyPatch, spoilt: str) -> None:
    means = product_costs.mean_costs

    def unbounded(*asked: Any) -> list[MeanCost]:
        if spoilt == "paid":
            return [item._replace(upper=0.0, reason=None) for item in means(*asked)]
        return [item._replace(upper=item.upper or 0.0) for item in means(*asked)]

    monkeypatch.setattr(product_costs, "mean_costs", unbounded)
    found = missed(costs(FEW, most=100))
    assert "over_budget_by_a_small_cap" in found
    assert ("over_budget_1_pct_over_sigma_1_n100" in found) == (spoilt == "paid")


def test_forgotten_reviewers_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        product_detections, "anytime_lower", lambda k, n, floor, alpha: np.ones(len(k))
    )
    assert missed(errors(FEW)) == {"cover_error_upper_large_reviews"}


def test_mean_review_times_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review_queues, "normal_quantile", lambda alpha: 0.0)
    monkeypatch.setattr(
        planted_coverage, "poisson_upper", lambda count, weeks, alpha: count / weeks
    )
    assert len(missed(reviews(FEW))) == 4


def test_a_decider_that_takes_the_newest_weeks_alone_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def newest(history: History, spans: certificate.Spans, alpha: Array) -> Array:
        end = np.full(len(spans.cell), history.weeks)
        return history.cut(spans.cell, spans.start, end).upper(alpha[spans.cell])

    monkeypatch.setattr(certificate, "_best", newest)
    assert missed(over_time(FEW)) == {"good_proofs_lost_in_26_weeks"}


def test_a_decider_without_alarms_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = History.alarms

    def silent(history: History) -> certificate.Alarms:
        found = heard(history)
        return found._replace(is_alarm=found.is_alarm & False)

    monkeypatch.setattr(History, "alarms", silent)
    assert missed(over_time(FEW)) == {"still_promoted_5_weeks_after"}


def test_segments_at_the_whole_alpha_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Context.alpha
    monkeypatch.setattr(Context, "alpha", lambda context, *cell: 12 * whole(context, *cell))
    assert missed(segments(FEW)) == {"false_promotions_of_12_segments"}
