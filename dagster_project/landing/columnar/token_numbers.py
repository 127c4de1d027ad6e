"""Tokens of numbers."""

import numpy as np

from dagster_project.landing.columnar.compiled import NO, Bytes, Signed, compiled

_MINUS, _PLUS, _POINT, _E = ord("-"), ord("+"), ord("."), ord("e")
_TEN = np.uint64(10)
POWERS = np.array([10**power for power in range(19)], np.uint64)
_MOST_DIGITS = 18  # of a decimal: so many fit into 64 bits, with room to round
_MOST_WRITTEN = 30  # digits of what Arrow reads: far from the ends of a float


@compiled
def is_digit(byte: int) -> bool:
    return 48 <= byte <= 57


@compiled
def digits(p: Bytes, i: int, magnitude: np.uint64, count: int) -> tuple[int, np.uint64, int]:
    """Behind the digits, with them appended to ``magnitude``, and its significant digits.

    More than 19 of these overflow: callers look at the count.
    """
    while is_digit(p[i]):
        magnitude = magnitude * _TEN + np.uint64(p[i] - 48)
        if count or p[i] != 48:
            count += 1
        i += 1
    return i, magnitude, count


@compiled
def _whole(p: Bytes, i: int) -> tuple[int, np.uint64, int]:
    """A whole number without sign, of one spelling."""
    first = p[i]
    end, magnitude, count = digits(p, i, np.uint64(0), 0)
    if end == i or (first == 48 and end > i + 1):
        end = NO
    return end, magnitude, count


@compiled
def integer(p: Bytes, i: int, most: np.uint64, least: np.uint64) -> tuple[int, Signed]:
    """Up to ``most``, and down to minus ``least``; the value's 64 bits, signed or not."""
    is_negative = p[i] == _MINUS
    end, magnitude, count = _whole(p, i + is_negative)
    if count > 19 or magnitude > (least if is_negative else most):
        end = NO
    value = np.int64(magnitude)
    return end, -value if is_negative else value


@compiled
def _exponent(p: Bytes, i: int) -> tuple[int, Signed]:
    """``e`` and up to two digits, or nothing."""
    if p[i] | 32 != _E:
        return i, 0
    i += 1
    is_negative = p[i] == _MINUS
    if is_negative or p[i] == _PLUS:
        i += 1
    end, magnitude, _ = digits(p, i, np.uint64(0), 0)
    if not 0 < end - i < 3:
        return NO, 0
    power = np.int64(magnitude)
    return end, -power if is_negative else power


@compiled
def _number(p: Bytes, i: int) -> tuple[int, np.uint64, int, Signed]:
    """Without sign. Its digits as one whole number, how many count, how many are places."""
    i, magnitude, count = _whole(p, i)
    if i == NO:
        return NO, magnitude, 0, 0
    places = 0
    if p[i] == _POINT:
        start = i + 1
        i, magnitude, count = digits(p, start, magnitude, count)
        places = i - start
        if not 0 < places <= _MOST_WRITTEN:
            return NO, magnitude, 0, 0
    i, power = _exponent(p, i)
    return i, magnitude, count, places - power


@compiled
def decimal(p: Bytes, i: int, scale: int, most: np.uint64) -> tuple[int, Signed]:
    """In steps of 10 to the minus ``scale``, half a step away from zero; at most ``most``."""
    is_negative = p[i] == _MINUS
    i, magnitude, count, places = _number(p, i + is_negative)
    if i == NO or count > _MOST_DIGITS:
        return NO, 0
    if places > scale:
        magnitude = _rounded(magnitude, places - scale)
    elif magnitude:
        if scale - places > _MOST_DIGITS or magnitude > most // POWERS[scale - places]:
            return NO, 0
        magnitude *= POWERS[scale - places]
    if magnitude > most:
        return NO, 0
    value = np.int64(magnitude)
    return i, -value if is_negative else value


@compiled
def _rounded(magnitude: np.uint64, drop: Signed) -> np.uint64:
    """Without its last digits. ``magnitude``: below 10 to the 18th, so nothing is left of 19."""
    if drop > _MOST_DIGITS:
        return np.uint64(0)
    step = POWERS[drop]
    steps = magnitude // step
    rest = magnitude - steps * step
    return np.uint64(steps + np.uint64(rest >= step - rest))


@compiled
def floating(p: Bytes, i: int, may_scale: bool) -> int:
    """What Arrow reads as the nearest double, far from its ends. ``may_scale``: an exponent."""
    is_negative = p[i] == _MINUS
    start = i + is_negative
    i, _, count, _ = _number(p, start)
    if i == NO or count > _MOST_WRITTEN:
        return NO
    is_whole = True
    for at in range(start, i):
        if p[at] == _POINT:
            is_whole = False
        elif p[at] | 32 == _E and not may_scale:
            return NO
    # -0 is the whole number 0, and no negative double
    return NO if is_whole and is_negative and p[start] == 48 else i
