"""Verification bias: what is reviewed is not what is decided.

Confidence ~ Beta(8, 2); a decision is wrong with probability 0.35 (1 - confidence) + 0.01. Below
0.7 it is surfaced and reviewed; of the others one in twenty is drawn for audit, and one wrong
decision in ten leads to a complaint. N = 10,000 decisions.
"""

from collections.abc import Iterator

import numpy as np
import planted_company as company
from planted_company import Plan
from planted_figures import NAIVE, Figure, seldom
from planted_rules import RULES

from dagster_project.evidence.estimates.bounds import Whole
from dagster_project.evidence.estimates.errors import error_bounds

N, SURFACED_BELOW, AUDIT, COMPLAINTS = 10_000, 0.7, 0.05, 0.1
# 0.35 × (1 - 8/10) + 0.01
TRUTH = 0.08
LOOKS = 90


def verification(worlds: int) -> Iterator[Figure]:
    """Rates by who is counted, then how often a rate that is right on average passes a bad class"""
    dice = np.random.default_rng(21)
    surfaced, wrong_surfaced, wrong_alone = _decided(dice, worlds)
    alone = N - surfaced
    drawn = dice.binomial(alone, AUDIT)
    wrong_drawn = dice.hypergeometric(wrong_alone, alone - wrong_alone, drawn)
    known = wrong_surfaced + dice.binomial(wrong_alone, COMPLAINTS)
    yield _rate("rate_truth", (wrong_surfaced + wrong_alone) / N, 0.079, 0.081)
    yield _rate("rate_all_labels_as_they_are", known / N, 0.0, TRUTH - 0.04)
    yield _rate("rate_reviewed_only", wrong_surfaced / surfaced, TRUTH + 0.04, 1.0)
    counts = (surfaced, wrong_surfaced, alone, drawn, wrong_drawn)
    yield from _product(worlds, counts)
    yield from _plugged_in(worlds)


def _decided(dice: np.random.Generator, worlds: int, decisions: int = N) -> list[Whole]:
    """Surfaced, and wrong among the surfaced and among the others, per world."""
    counts = []
    for _ in range(worlds):
        confidence = dice.beta(8, 2, decisions)
        is_wrong = dice.random(decisions) < 0.35 * (1 - confidence) + 0.01
        is_surfaced = confidence < SURFACED_BELOW
        wrong = int((is_wrong & is_surfaced).sum())
        counts.append((int(is_surfaced.sum()), wrong, int(is_wrong.sum()) - wrong))
    return list(np.array(counts).T)


def _rate(name: str, rates: np.ndarray, low: float, high: float) -> Figure:
    return Figure(name, float(rates.mean()), len(rates), low, high)


def _product(worlds: int, counts: tuple[Whole, ...]) -> Iterator[Figure]:
    """The same logs as two strata of the product."""
    strata = {}
    for world, each in enumerate(zip(*(count.tolist() for count in counts), strict=True)):
        surfaced, wrong, alone, drawn, wrong_drawn = each
        strata[company.Cell(company.name(world))] = [
            company.stratum(Plan(alone, AUDIT, 0.0), drawn, wrong_drawn),
            company.stratum(Plan(surfaced, 1.0, 0.0), surfaced, wrong),
        ]
    context = company.context(worlds, limit=company.WIDE_LIMIT)
    alpha = company.alphas(worlds)
    errors = error_bounds(context, company.sample(strata), list(strata), alpha, {})
    rates = [rate or 0.0 for rate in errors.cells.rate()]
    spread = float(np.std(rates))
    # bias within the noise of a mean over so many worlds
    slack = 3 * spread / np.sqrt(worlds)
    yield _rate("rate_horvitz_thompson", np.array(rates), TRUTH - slack, TRUTH + slack)
    yield Figure("rate_horvitz_thompson_sd", spread, worlds)
    missed = float((errors.upper() < TRUTH).mean())
    yield seldom("error_bound_below_truth", missed, worlds)


def _plugged_in(worlds: int) -> Iterator[Figure]:
    """The weighted rate, read as so many failures among all labels, against its own truth.

    Ninety looks after N / 90 decisions each; the limit lies 0.1 points below the true 8 %.
    """
    dice = np.random.default_rng(22)
    limit = TRUTH - 0.001
    confidence = dice.beta(8, 2, 1_000_000)
    is_surfaced = confidence < SURFACED_BELOW
    error = 0.35 * (1 - confidence) + 0.01
    low, high = error[is_surfaced].mean(), error[~is_surfaced].mean()
    size = (worlds, LOOKS)
    decided = N // LOOKS
    surfaced = dice.binomial(decided, is_surfaced.mean(), size)
    drawn = dice.binomial(decided - surfaced, AUDIT)
    wrong = dice.binomial(surfaced, low).cumsum(axis=1), dice.binomial(drawn, high).cumsum(axis=1)
    surfaced, drawn = surfaced.cumsum(axis=1), drawn.cumsum(axis=1)
    total = decided * np.arange(1, LOOKS + 1)
    weight = surfaced / total
    rate = weight * wrong[0] / np.maximum(surfaced, 1)
    rate = rate + (1 - weight) * np.where(drawn > 0, wrong[1] / np.maximum(drawn, 1), 1.0)
    labels = (surfaced + drawn).astype(float)
    rule = RULES["anytime"]
    for name, n in (("labels", labels), ("decisions", total + 0.0 * labels)):
        passes = rule(rate * n, n, limit)
        found = float(passes.any(axis=1).mean())
        yield Figure(f"false_passes_rate_plugged_in_as_{name}", found, worlds, at_least=NAIVE)
        last = float(passes[:, -1].mean())
        yield Figure(f"false_passes_rate_plugged_in_as_{name}_one_look", last, worlds)
