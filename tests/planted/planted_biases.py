"""Ways to count labels that pass bad classes, beside the way that the product counts them.

Every design is fixed here and not fitted to a result. A class is *bad* at a true error just over
the limit of 5 %; false passes are the share of worlds that pass at one of ninety looks or more.
"""

from collections.abc import Iterator

import numpy as np
import planted_company as company
from planted_company import Plan
from planted_figures import ALPHA, NAIVE, Figure, coverage, seldom
from planted_promotions import BAD, GOOD, LIMIT
from planted_rules import DAYS, LOOKS, PER_DAY, RULES, daily_failures, ever_promoted

from dagster_project.evidence.estimates.bounds import (
    Flags,
    Whole,
    clopper_pearson,
    log_e_under,
    registered_prior,
)
from dagster_project.evidence.estimates.errors import error_bounds

ANYTIME = RULES["anytime"]
# a wrong decision shows itself after 7 days on average; a right one is confirmed the next day
WRONG_LABEL_DAYS, LABEL_DELAY = 7.0, 28
# one review in ten of a wrong decision is left undone; of right ones, none
SKIPPED = 0.1
CLUSTER, ICC = 10, 0.3
# of classes with these clusters at 2 % against 5 %, after 360 subjects
POWER = 0.9
BETS = (0.02, *(place / 10 for place in range(1, 10)))
WINDOW = 28


def biases(worlds: int) -> Iterator[Figure]:
    """False passes by how labels are counted."""
    yield from _maturity(worlds)
    yield from _skipped(worlds)
    yield from _clusters(worlds)
    yield from _weights(worlds)
    yield from _window(worlds)


def _maturity(worlds: int) -> Iterator[Figure]:
    dice = np.random.default_rng(11)
    failed = dice.binomial(PER_DAY, BAD, size=(worlds, DAYS))
    seen = np.zeros((worlds, DAYS), dtype=np.int64)
    for day in range(DAYS):
        # of a day's wrong decisions, how many show themselves within so many days
        left = failed[:, day].copy()
        for later in range(day + 1, DAYS):
            shown = dice.binomial(left, 1 - np.exp(-1 / WRONG_LABEL_DAYS))
            seen[:, later] += shown
            left -= shown
    right = np.cumsum(PER_DAY - failed, axis=1)
    right = np.concatenate([np.zeros((worlds, 1), dtype=np.int64), right[:, :-1]], axis=1)
    wrong = seen.cumsum(axis=1)
    share = _ever_by_counts(wrong, right + wrong)
    yield Figure("false_passes_labels_as_they_arrive", share, worlds, at_least=NAIVE)
    # a day enters with all its decisions; those still without a label count as wrong
    mature = failed[:, : DAYS - LABEL_DELAY].cumsum(axis=1)
    sizes = LOOKS[: DAYS - LABEL_DELAY]
    share = ever_promoted(mature, ANYTIME, sizes, LIMIT)
    yield seldom("false_passes_mature_days", share, worlds)


def _ever_by_counts(wrong: Whole, labelled: Whole) -> float:
    """Where every world has its own number of labels at a look."""
    rows, place = np.unique(
        np.stack([wrong.ravel(), labelled.ravel()]), axis=1, return_inverse=True
    )
    some = rows[1] > 0
    passes = some & ANYTIME(rows[0].astype(float), np.maximum(rows[1], rows[0]) + 0.0, LIMIT)
    return float(passes[place.ravel()].reshape(wrong.shape).any(axis=1).mean())


def _skipped(worlds: int) -> Iterator[Figure]:
    dice = np.random.default_rng(12)
    failed = dice.binomial(PER_DAY, BAD, size=(worlds, DAYS))
    undone = dice.binomial(failed, SKIPPED)
    wrong = (failed - undone).cumsum(axis=1)
    share = _ever_by_counts(wrong, LOOKS - undone.cumsum(axis=1))
    yield Figure("false_passes_skipped_reviews_left_out", share, worlds, at_least=NAIVE)
    # selected and not reviewed is a failure
    share = ever_promoted(failed.cumsum(axis=1), ANYTIME, LOOKS, LIMIT)
    yield seldom("false_passes_skipped_reviews_failed", share, worlds)


def _clusters(worlds: int) -> Iterator[Figure]:
    dice = np.random.default_rng(13)
    wrong = _clustered(dice, worlds, BAD)
    decisions = wrong.sum(axis=2).cumsum(axis=1)
    share = ever_promoted(decisions, ANYTIME, LOOKS, LIMIT)
    yield Figure("false_passes_clusters_ignored", share, worlds, at_least=NAIVE)
    sizes = (PER_DAY // CLUSTER) * np.arange(1, DAYS + 1)
    trials = (wrong > 0).sum(axis=2).cumsum(axis=1)
    share = ever_promoted(trials, ANYTIME, sizes, LIMIT)
    yield seldom("false_passes_subjects_failed_by_any", share, worlds)
    yield seldom("false_passes_subject_shares", _ever(_by_shares(wrong)), worlds)
    yield seldom("false_passes_ten_bets", _ever(_by_ten_bets(wrong)), worlds)
    # one look at all of them: what proves a fail
    seen = np.floor(wrong.sum(axis=(1, 2)) / CLUSTER)
    lower, _ = clopper_pearson(seen, wrong.shape[1] * wrong.shape[2], ALPHA)
    yield coverage("cover_subject_shares_lower", float((lower <= BAD).mean()), worlds)
    for rate in (GOOD, 0.005):
        good = _clustered(dice, worlds, rate)
        label = f"{rate * 1000:g}_permille"
        share = ever_promoted((good > 0).sum(axis=2).cumsum(axis=1), ANYTIME, sizes, LIMIT)
        yield Figure(f"true_passes_subjects_failed_by_any_{label}", share, worlds)
        share = _ever(_by_shares(good))
        yield Figure(f"true_passes_subject_shares_{label}", share, worlds, at_least=POWER)
        yield Figure(f"true_passes_ten_bets_{label}", _ever(_by_ten_bets(good)), worlds)


def _ever(passes: Flags) -> float:
    return float(passes.any(axis=1).mean())


def _by_shares(wrong: Whole) -> Flags:
    """The product's own: a subject is one trial that fails by the share of its decisions."""
    share = wrong / CLUSTER
    failed = share.sum(axis=2).cumsum(axis=1)
    mixed = (share * (1 - share)).sum(axis=2).cumsum(axis=1)
    trials = np.broadcast_to(wrong.shape[2] * np.arange(1.0, DAYS + 1), failed.shape)
    prior = registered_prior(np.full(failed.shape, LIMIT))
    found = log_e_under(failed, trials, np.full(failed.shape, LIMIT), prior, mixed)
    return np.asarray(found >= -np.log(ALPHA))


def _by_ten_bets(wrong: Whole) -> Flags:
    """Every share as it is, and not three sums of them, under a prior of ten bets f.

    E = mean over f of the product of 1 + (1 - f) / (1 - limit) x (limit - share).
    """
    log_e = np.full(wrong.shape[:2], -np.inf)
    for bet in BETS:
        gain = np.log1p((1 - bet) / (1 - LIMIT) * (LIMIT - np.arange(CLUSTER + 1) / CLUSTER))
        log_e = np.logaddexp(log_e, gain[wrong].sum(axis=2).cumsum(axis=1))
    return np.asarray(log_e - np.log(len(BETS)) >= -np.log(ALPHA))


def _clustered(dice: np.random.Generator, worlds: int, rate: float) -> Whole:
    """Wrong of CLUSTER decisions, worlds × days × subjects; correlation ICC within a subject."""
    spread = (1 - ICC) / ICC
    shape = (worlds, DAYS, PER_DAY // CLUSTER)
    return dice.binomial(CLUSTER, dice.beta(rate * spread, (1 - rate) * spread, shape))


def _weights(worlds: int) -> Iterator[Figure]:
    """All of the easy tenth is reviewed, a fiftieth of the hard rest: together 5.45 % wrong."""
    dice = np.random.default_rng(14)
    plans = [Plan(36_000, 0.02, 0.06), Plan(4_000, 1.0, 0.005)]
    assert company.truth(plans) > LIMIT
    strata = company.strata(dice, plans, worlds)
    drawn = np.array([sum(item.trials for item in own) for own in strata.values()])
    wrong = np.array([sum(item.failures for item in own) for own in strata.values()])
    share = float(ANYTIME(wrong + 0.0, drawn + 0.0, LIMIT).mean())
    yield Figure("false_passes_reviews_unweighted", share, worlds, at_least=NAIVE)
    context = company.context(worlds)
    bounds = error_bounds(context, company.sample(strata), list(strata), company.alphas(worlds), {})
    share = float((bounds.upper() <= LIMIT).mean())
    yield seldom("false_passes_strata", share, worlds)


def _window(worlds: int) -> Iterator[Figure]:
    for days in (DAYS, 365):
        dice = np.random.default_rng(15)
        total = daily_failures(dice, worlds, BAD, days)
        sizes = PER_DAY * np.arange(1, days + 1)
        window = total.copy()
        window[:, WINDOW:] -= total[:, :-WINDOW]
        share = ever_promoted(window, ANYTIME, np.minimum(sizes, PER_DAY * WINDOW), LIMIT)
        bar = ALPHA if days > DAYS else -np.inf
        yield Figure(f"false_passes_sliding_window_{days}_days", share, worlds, at_least=bar)
        share = ever_promoted(total, ANYTIME, sizes, LIMIT)
        yield seldom(f"false_passes_never_trimmed_{days}_days", share, worlds)
