"""What a campaign of planted worlds measures, and the bar each figure has to meet."""

from math import inf, sqrt
from typing import NamedTuple

ALPHA = 0.05
# rules that the product does not use must be seen to pass bad classes at least this often
NAIVE = 0.08


class Figure(NamedTuple):
    """A share (or count) over ``n`` worlds; met when it lies within both bars. No bar: shown."""

    name: str
    value: float
    n: int
    at_least: float = -inf
    at_most: float = inf

    @property
    def is_met(self) -> bool:
        return self.at_least <= self.value <= self.at_most

    @property
    def bar(self) -> str:
        low = f" >= {self.at_least:.4g}" if self.at_least > -inf else ""
        high = f" <= {self.at_most:.4g}" if self.at_most < inf else ""
        return low + high or " none"


def noise(share: float, worlds: int) -> float:
    """Three standard errors of a share over ``worlds``: 0.0065 at 95 % and 10,000."""
    return 3 * sqrt(share * (1 - share) / worlds)


def coverage(name: str, is_covered: float, worlds: int) -> Figure:
    """Coverage of a 95 % bound: nominal or above, within Monte-Carlo error."""
    return Figure(name, float(is_covered), worlds, 1 - ALPHA - noise(ALPHA, worlds))


def seldom(name: str, share: float, worlds: int) -> Figure:
    """How often a bad class passes: alpha at most, within Monte-Carlo error."""
    return Figure(name, float(share), worlds, at_most=ALPHA + noise(ALPHA, worlds))
