"""Floats become decimals here, rounded outward, before anything compares or hashes them."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from math import isfinite

SIGNIFICANT_DIGITS = 9
# DECIMAL(28,9): what the evidence tables hold
SCALE = Decimal("0.000000001")
LARGEST = Decimal(10) ** 18


def round_up(value: float) -> Decimal:
    """An upper bound: the smallest 9-digit decimal that is not below ``value``."""
    return _rounded(value, ROUND_CEILING)


def round_down(value: float) -> Decimal:
    """A lower bound: the largest 9-digit decimal that is not above ``value``."""
    return _rounded(value, ROUND_FLOOR)


def round_nearest(value: float) -> Decimal:
    """A point estimate, for display."""
    return _rounded(value, ROUND_HALF_EVEN)


@lru_cache(maxsize=1 << 16)  # most cells of a company look alike
def _rounded(value: float, rounding: str) -> Decimal:
    """Raises ValueError for NaN, infinity and what DECIMAL(28,9) cannot hold."""
    if not isfinite(value):
        raise ValueError(f"{value} is no number to hold against a threshold")
    exact = Decimal(value)
    if abs(exact) >= LARGEST:
        raise ValueError(f"{value} is beyond DECIMAL(28,9)")
    if not exact:
        return Decimal(0)
    step = Decimal(1).scaleb(exact.adjusted() - SIGNIFICANT_DIGITS + 1)
    return exact.quantize(max(step, SCALE), rounding=rounding)
