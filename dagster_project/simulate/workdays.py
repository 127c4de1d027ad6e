"""Working days, business hours, and how a time is written in the streams."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random

OPENING_HOUR = 8
BUSINESS_HOURS = 10
_SATURDAY = 5
_MILLISECONDS_A_DAY = BUSINESS_HOURS * 3_600_000


def working_days(first: date, last: date) -> Iterator[date]:
    """Monday to Friday from ``first`` to ``last``, both included."""
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        if day.weekday() < _SATURDAY:
            yield day


def later_working_day(day: date, count: int) -> date:
    """The ``count``-th working day after ``day``."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < _SATURDAY
    return day


def in_business_hours(rng: Random, day: date) -> datetime:
    """A moment between 08:00 and 18:00 UTC, uniform, in whole milliseconds."""
    opening = datetime.combine(day, time(OPENING_HOUR), UTC)
    return opening + timedelta(milliseconds=int(rng.random() * _MILLISECONDS_A_DAY))


def after(moment: datetime, seconds: float) -> datetime:
    """``seconds`` later, in whole milliseconds."""
    return moment + timedelta(milliseconds=round(seconds * 1000))


def written(moment: datetime) -> str:
    """``2025-02-03T08:00:00.000Z``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
