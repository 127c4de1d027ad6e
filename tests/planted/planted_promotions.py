"""Bad classes that are promoted, and good ones that are found, when somebody looks every day."""

from collections.abc import Iterator

import numpy as np
from planted_figures import Figure, noise, seldom
from planted_rules import LOOKS, RULES, at_every_look, daily_failures, ever_promoted, most_failures

LIMIT, BAD, GOOD = 0.05, 0.0501, 0.02
# trials by which four of five classes at half their limit are promoted, by limit
EIGHTY = {0.05: 732, 0.02: 1_912, 0.01: 3_695, 0.005: 7_400}
BLOCK = 1_000


def promotions(worlds: int) -> Iterator[Figure]:
    """Ninety looks after 40 trials each, against a limit of 5 %."""
    dice = np.random.default_rng(20250331)
    bad = daily_failures(dice, worlds, BAD)
    shares = {name: ever_promoted(bad, rule, LOOKS, LIMIT) for name, rule in RULES.items()}
    yield seldom("false_promotions_anytime", shares["anytime"], worlds)
    # the bars that the product does not use must be seen to fail
    yield Figure("false_promotions_point", shares["point"], worlds, at_least=0.85)
    yield Figure("false_promotions_wilson", shares["wilson"], worlds, at_least=0.15)
    yield Figure("false_promotions_clopper", shares["clopper_pearson"], worlds, at_least=0.15)
    good = ever_promoted(daily_failures(dice, worlds, GOOD), RULES["anytime"], LOOKS, LIMIT)
    yield Figure("true_promotions_anytime", good, worlds, at_least=0.99)


def power(worlds: int, limits: tuple[float, ...] = tuple(EIGHTY)) -> Iterator[Figure]:
    """How soon a good class is promoted, looked at after every trial."""
    dice = np.random.default_rng(20250401)
    soon = _first_pass(dice, worlds, GOOD, LIMIT, EIGHTY[LIMIT])
    found = float((soon <= EIGHTY[LIMIT]).mean())
    yield Figure(f"promoted_within_{EIGHTY[LIMIT]}_at_2pct", found, worlds, at_least=0.8)
    for limit in limits:
        predicted = EIGHTY[limit]
        first = _first_pass(dice, worlds, limit / 2, limit, 2 * predicted)
        share = float((first <= predicted).mean())
        bar = 0.8 - noise(0.8, worlds)
        yield Figure(f"promoted_within_{predicted}_at_half_limit", share, worlds, at_least=bar)
        # passes happen at the few sizes that allow one failure more, so this moves in steps
        eighty = float(np.quantile(first, 0.8, method="inverted_cdf"))
        yield Figure(f"trials_to_80pct_limit_{limit * 1000:g}_permille", eighty, worlds)


def _first_pass(
    dice: np.random.Generator, worlds: int, rate: float, limit: float, longest: int
) -> np.ndarray:
    """Trials until each world passes; ``longest`` + 1 where it does not."""
    most = most_failures(at_every_look, np.arange(1, longest + 1), limit)
    found = []
    for start in range(0, worlds, BLOCK):
        size = (min(BLOCK, worlds - start), longest)
        failures = (dice.random(size, dtype=np.float32) < rate).cumsum(axis=1, dtype=np.int16)
        passes = failures <= most.astype(np.int16)
        found.append(np.where(passes.any(axis=1), passes.argmax(axis=1) + 1, longest + 1))
    return np.concatenate(found)
