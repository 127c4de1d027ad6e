"""How far two reviewers of the same decisions agree, beyond chance. Pure."""

from typing import NamedTuple


class Pairs(NamedTuple):
    """Decisions by what the first and the second reviewer said of them."""

    both_right: int
    first_wrong: int
    second_wrong: int
    both_wrong: int


class Agreement(NamedTuple):
    """``share``: 0 to 1. ``kappa``, ``ac1``: at most 1, 0 = chance; None where undefined."""

    share: float
    kappa: float | None
    ac1: float


def agreement(pairs: Pairs) -> Agreement:
    """Cohen's kappa and Gwet's AC1 of two words. 94 / 2 / 3 / 1 gives 0.95, 0.26, 0.95.

    Kappa falls where nearly everything is right, however well reviewers agree, and is undefined
    where both said one and the same word throughout; AC1 is made for that. Raises ValueError
    without a pair or for a negative count.
    """
    total = sum(pairs)
    if total <= 0 or min(pairs) < 0:
        raise ValueError(f"{pairs} are no counts of pairs")
    share = (pairs.both_right + pairs.both_wrong) / total
    first = (pairs.first_wrong + pairs.both_wrong) / total
    second = (pairs.second_wrong + pairs.both_wrong) / total
    by_chance = first * second + (1 - first) * (1 - second)
    mean = (first + second) / 2
    either = 2 * mean * (1 - mean)
    kappa = (share - by_chance) / (1 - by_chance) if by_chance < 1 else None
    return Agreement(share, kappa, (share - either) / (1 - either))
