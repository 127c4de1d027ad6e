"""Tokens of dates and moments."""

import numpy as np

from dagster_project.landing.columnar.compiled import NO, Bytes, Signed, compiled
from dagster_project.landing.columnar.token_numbers import POWERS, digits, is_digit
from dagster_project.landing.columnar.token_texts import QUOTE

_MINUS, _PLUS, _POINT, _COLON, _SPACE, _T, _Z = map(ord, "-+.: TZ")
_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)
_MICROSECONDS = 1_000_000


@compiled
def _pair(p: Bytes, i: int, before: int) -> tuple[int, Signed]:
    """Two digits behind the byte ``before``."""
    if p[i] != before or not is_digit(p[i + 1]) or not is_digit(p[i + 2]):
        return NO, 0
    return i + 3, (np.int64(p[i + 1]) - 48) * 10 + np.int64(p[i + 2]) - 48


@compiled
def _day(p: Bytes, i: int) -> tuple[int, Signed]:
    """A quote and ``YYYY-MM-DD`` of the years 1900 to 2099; days since 1970."""
    i, century = _pair(p, i, QUOTE)
    if i == NO or not is_digit(p[i]) or not is_digit(p[i + 1]):
        return NO, 0
    year = century * 100 + (np.int64(p[i]) - 48) * 10 + np.int64(p[i + 1]) - 48
    i, month = _pair(p, i + 2, _MINUS)
    if i == NO or not 1 <= month <= 12 or not 1900 <= year <= 2099:
        return NO, 0
    i, day = _pair(p, i, _MINUS)
    is_leap = year % 4 == 0 and year != 1900
    if i == NO or not 1 <= day <= _DAYS[month - 1] + (month == 2 and is_leap):
        return NO, 0
    return i, _days_since_1970(year, month, day)


@compiled
def _days_since_1970(year: Signed, month: Signed, day: Signed) -> Signed:
    """Years begin in March here: a leap day is their last, of every fourth from 1904 on."""
    years = year - (month < 3) - 1900
    in_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return years * 365 + max(years, 0) // 4 + in_year - 25_508  # from 1900-03-01


@compiled
def date(p: Bytes, i: int) -> tuple[int, Signed]:
    i, days = _day(p, i)
    return (i + 1 if i != NO and p[i] == QUOTE else NO), days


@compiled
def moment(p: Bytes, i: int) -> tuple[int, Signed]:
    """``YYYY-MM-DD``, T or a space, ``hh:mm:ss``, up to six places, a zone. Microseconds UTC."""
    i, days = _day(p, i)
    if i == NO or (p[i] != _T and p[i] != _SPACE):
        return NO, 0
    i, hour = _pair(p, i, p[i])
    if i == NO or hour > 23:
        return NO, 0
    i, minute = _pair(p, i, _COLON)
    if i == NO or minute > 59:
        return NO, 0
    i, second = _pair(p, i, _COLON)
    if i == NO or second > 59:
        return NO, 0
    i, fraction = _microseconds(p, i)
    if i == NO:
        return NO, 0
    i, offset = _offset(p, i)
    if i == NO or p[i] != QUOTE:
        return NO, 0
    seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second
    return i + 1, seconds * _MICROSECONDS + fraction


@compiled
def _microseconds(p: Bytes, i: int) -> tuple[int, Signed]:
    """A point and one to six digits, or nothing."""
    if p[i] != _POINT:
        return i, 0
    start = i + 1
    i, magnitude, _ = digits(p, start, np.uint64(0), 0)
    if not 0 < i - start < 7:
        return NO, 0
    return i, np.int64(magnitude * POWERS[6 - (i - start)])


@compiled
def _offset(p: Bytes, i: int) -> tuple[int, Signed]:
    """``Z``, or hours up to 14 and minutes; in minutes."""
    sign = p[i]
    if sign == _Z:
        return i + 1, 0
    if sign != _MINUS and sign != _PLUS:
        return NO, 0
    i, hours = _pair(p, i, sign)
    if i == NO or hours > 14:
        return NO, 0
    i, minutes = _pair(p, i, _COLON)
    if i == NO or minutes > 59:
        return NO, 0
    total = hours * 60 + minutes
    return i, -total if sign == _MINUS else total
